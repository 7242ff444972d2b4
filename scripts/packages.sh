# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What the set-up scripts share. To be read with `.`; not a script of its own.
#
#   need_build; need_tests; need_lints      note what is missing
#   install_missing                         installs it (apt-get, as root or through sudo)
#   build_in DIR TARGETS [CMAKE-OPTION...]  configures and builds
#
# What is there is found by looking for the thing itself, so that nothing is asked of apt, and no network is
# needed, once it is there, and so that it does not matter which way it came.

: "${root:?set it to the top of the project before reading this file}"
PATH=$PATH:/usr/sbin:/sbin
missing=

say() {
  printf '%s\n' "$*" >&2
}

die() {
  say "$*"
  exit 1
}

# has COMMAND PACKAGE
has() {
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

# has_library PKG-CONFIG-NAME PACKAGE
has_library() {
  { command -v pkg-config && pkg-config --exists "$1"; } >/dev/null 2>&1 || missing="$missing $2"
}

need_build() {
  { command -v "${CC:-cc}" >/dev/null 2>&1 && echo '#include <stdlib.h>' | "${CC:-cc}" -E - >/dev/null 2>&1; } ||
    case ${CC:-cc} in
      clang*) missing="$missing $CC libc6-dev" ;;
      *) missing="$missing gcc libc6-dev" ;;
    esac
  has cmake cmake
  command -v make >/dev/null 2>&1 || has ninja ninja-build
  has pkg-config pkg-config
  has_library lua5.4 liblua5.4-dev
  has_library readline libreadline-dev
  has_library libpcre2-8 libpcre2-dev
  has_library sqlite3 libsqlite3-dev
  has_library libzstd libzstd-dev
  has_library libseccomp libseccomp-dev
}

need_tests() {
  has_library cmocka libcmocka-dev
  has bats bats
  has tmux tmux
  has expect expect
  has python3 python3
  has ps procps
  has smem smem
  /usr/bin/python3 -c 'import psutil' 2>/dev/null || missing="$missing python3-psutil"
  has groff groff-base
  has swapon mount
  has lua5.4 lua5.4
  has capsh libcap2-bin
  has cron cron
  has jq jq
  has sqlite3 sqlite3
  has mkfs.btrfs btrfs-progs
}

# Clang's runtime libraries are not part of its package.
need_clang() {
  has clang clang
  echo 'int main(void) { return 0; }' | clang -x c -fsanitize=address,undefined -o /dev/null - 2>/dev/null ||
    missing="$missing libclang-rt-dev"
}

need_lints() {
  has clang-format clang-format
  has luacheck lua-check
  has shellcheck shellcheck
  has pyflakes3 pyflakes3
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

install_missing() {
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null 2>&1 ||
    die "Please install these first (the names are Debian's):$missing"
  [ "$(id -u)" = 0 ] || command -v sudo >/dev/null 2>&1 ||
    die "Some packages are missing, and installing them needs root. As root, run: apt-get install$missing"
  say "Installing:$missing"
  # Without the network an update fails, yet what a medium or the cache holds can be installed.
  as_root apt-get -q update >&2 || say "The lists of packages could not be updated; trying with those there are."
  # The names are words to be split.
  # shellcheck disable=SC2086
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends $missing >&2 ||
    die "Installing failed; memsh needs:$missing"
  missing=
}

# A build directory that came here with a moved or copied tree still names the old place: cmake refuses it.
forget_stale_cache() {
  [ -f "$1/CMakeCache.txt" ] || return 0
  grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$1/CMakeCache.txt" ||
    rm -rf "$1/CMakeCache.txt" "$1/CMakeFiles"
}

generator() {
  if command -v ninja >/dev/null 2>&1; then
    echo Ninja
  else
    echo "Unix Makefiles"
  fi
}

# Who runs `sudo sh ...` in a checkout of their own wants to remove what it made.
give_back() {
  if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ] && [ -n "${SUDO_GID:-}" ]; then
    chown -R "$SUDO_UID:$SUDO_GID" "$1"
  fi
}

build_in() {
  dir=$1 targets=$2
  shift 2
  mkdir -p "$dir" || die "Cannot make $dir"
  [ -w "$dir" ] || die "Cannot write to $dir"
  forget_stale_cache "$dir"
  if [ ! -f "$dir/CMakeCache.txt" ]; then
    set -- -G "$(generator)" "$@"
  fi
  # cmake talks a page when all is well; it is worth showing only when it is not.
  if ! cmake -S "$root" -B "$dir" "$@" >"$dir/configure.log" 2>&1; then
    cat "$dir/configure.log" >&2
    give_back "$dir"
    die "memsh could not be configured"
  fi
  # The targets are words to be split.
  # shellcheck disable=SC2086
  cmake --build "$dir" --target $targets --parallel "$(nproc)" >"$dir/build.log" 2>&1 || {
    # Without the lines of progress.
    sed '/^\[ *[0-9][0-9/%]*\] /d' "$dir/build.log" >&2
    give_back "$dir"
    die "memsh could not be built"
  }
  grep -A5 'warning:' "$dir/build.log" >&2 || :
  give_back "$dir"
}
