#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds memsh with musl without a warning and compares its answers with those of the usual build, which is made for it:
#   [MEMSH=build/memsh] sh tests/musl.sh
# Debian has no libraries for musl: they are built from its sources, which $MIRROR has, below $MEMSH_MACHINES/musl, where
# they stay for the next run, or else in a temporary directory.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/scripts/packages.sh"
mirror=${MIRROR:-http://deb.debian.org/debian}
jobs=${MEMSH_JOBS:-$(nproc)}

if [ -n "${MEMSH_MACHINES:-}" ]; then
  mkdir -p "$MEMSH_MACHINES/musl"
  work=$(CDPATH='' cd -- "$MEMSH_MACHINES/musl" && pwd -P)
else
  work=$(mktemp -d /var/tmp/memsh-musl.XXXXXX)
  trap 'rm -rf --one-file-system "$work"' EXIT
  trap 'exit 130' INT TERM
fi
prefix=$work/prefix

# The machine's own lists of packages stay as they are.
sources() {
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/source"
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm main" >"$work/apt/sources.list"
  cat >"$work/apt/conf" <<END
Dir::Etc::sourcelist "$work/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$work/apt/lists";
Dir::Cache "$work/apt/cache";
APT::Sandbox::User "root";
END
  (
    export APT_CONFIG="$work/apt/conf"
    cd "$work/source"
    apt-get -qq update
    apt-get -qq source lua5.4 ncurses readline pcre2 libseccomp libzstd sqlite3
  )
}

# in_build NAME: makes the directory for what is built of that source and goes there. $source is where it is.
in_build() {
  source=$(echo "$work/source/$1"-[0-9]*/)
  mkdir -p "$work/libraries/$1"
  cd "$work/libraries/$1"
}

# says NAME VERSION LIBRARIES: how pkg-config finds it
says() {
  printf 'Name: %s\nDescription: %s\nVersion: %s\nLibs: -L%s/lib %s\nCflags: -isystem %s/include\n' \
    "$1" "$1" "$2" "$prefix" "$3" "$prefix" >"$prefix/lib/pkgconfig/$1.pc"
}

# compile FILE...: into objects here
compile() {
  # The words of CFLAGS are to be split.
  # shellcheck disable=SC2086
  musl-gcc $CFLAGS "$@"
}

kernel_headers() {
  mkdir -p "$prefix/include" "$prefix/lib/pkgconfig"
  for headers in linux asm-generic; do
    ln -sfn "/usr/include/$headers" "$prefix/include/$headers"
  done
  ln -sfn "/usr/include/$(musl-gcc -dumpmachine)/asm" "$prefix/include/asm"
}

lua() {
  in_build lua5.4
  cp "$source"/src/*.[ch] .
  rm -f lua.c luac.c
  echo '#define DEB_HOST_MULTIARCH "musl"' >lua5.4-deb-multiarch.h
  compile -DLUA_USE_POSIX -DLUA_USE_DLOPEN -c ./*.c
  ar rcs "$prefix/lib/liblua.a" ./*.o
  cp lua.h luaconf.h lualib.h lauxlib.h lua5.4-deb-multiarch.h "$prefix/include"
  says lua5.4 5.4 "-llua -lm"
}

terminal() {
  in_build ncurses
  "$source/configure" --prefix="$prefix" --without-cxx --without-cxx-binding --without-progs --without-tests \
    --without-manpages --without-ada --without-debug --with-termlib --disable-db-install \
    --with-terminfo-dirs=/etc/terminfo:/lib/terminfo:/usr/share/terminfo
  make -j"$jobs" libs && make install.libs install.includes
  in_build readline
  "$source/configure" --prefix="$prefix" --disable-shared --with-curses bash_cv_termcap_lib=libtinfo
  make -j"$jobs" static && make install-static install-headers
  says readline 8.2 "-lreadline -ltinfo"
}

others() {
  for library in pcre2 libseccomp; do
    in_build "$library"
    "$source/configure" --prefix="$prefix" --disable-shared --enable-jit
    make -j"$jobs" && make install
  done
  in_build libzstd
  cp -R "$source"/lib/* .
  make -j"$jobs" libzstd.a ZSTD_LEGACY_SUPPORT=0
  cp libzstd.a "$prefix/lib"
  cp zstd.h zstd_errors.h "$prefix/include"
  says libzstd 1.5 -lzstd
  in_build sqlite3
  "$source/configure" --prefix="$prefix" --disable-shared --disable-tcl --disable-readline --disable-load-extension
  make sqlite3.c sqlite3.h
  compile -DSQLITE_THREADSAFE=1 -c sqlite3.c
  ar rcs "$prefix/lib/libsqlite3.a" sqlite3.o
  cp sqlite3.h "$prefix/include"
  says sqlite3 3.40 "-lsqlite3 -lm"
}

libraries() {
  [ -e "$prefix.whole" ] && return
  sources
  kernel_headers
  (
    CC=musl-gcc CFLAGS="-O1 -fPIC -isystem $prefix/include" LDFLAGS=-L$prefix/lib
    export CC CFLAGS LDFLAGS
    lua
    terminal
    others
  )
  : >"$prefix.whole"
}

# tell WHAT COMMAND...: with the end of what it wrote where it fails
tell() {
  what=$1
  shift
  "$@" >"$work/log" 2>&1 & # so that what fails in it ends it
  wait $! || {
    tail -n 40 "$work/log" >&2
    die "musl: $what: FAILED"
  }
  say "musl: $what"
}

build() {
  PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig cmake -S "$root" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DMEMSH_WERROR=ON -DMEMSH_TESTS=OFF -DCMAKE_C_COMPILER=musl-gcc -DCMAKE_C_FLAGS="-isystem $prefix/include"
  cmake --build "$work/build" --parallel "$jobs" -- -k 0
}

answers() {
  rm -rf "$work/answers"
  mkdir -p "$work/answers/musl" "$work/answers/here"
  python3 "$root/tests/answers.py" "$work/answers/here/all" "$MEMSH"
  python3 "$root/tests/answers.py" "$work/answers/musl/all" "$work/build/memsh"
  diff -r "$work/answers/here" "$work/answers/musl"
}

# What is opened, mapped and asked in restricted mode is another matter with each C library.
restricted() {
  for name in here musl; do
    "$([ $name = here ] && echo "$MEMSH" || echo "$work/build/memsh")" --restricted -s "$root/tests/fixtures/full" \
      -f csv -o "$work/answers/$name.csv" -e 'print(procs:show"pid rss")'
  done
  cmp "$work/answers/here.csv" "$work/answers/musl.csv"
}

need_build
need_tests
has musl-gcc musl-tools
has ninja ninja-build
has gperf gperf
has tclsh tcl
has dpkg-source dpkg-dev
install_missing
if [ -z "${MEMSH:-}" ]; then
  MEMSH=$work/here/memsh
  build_in "$work/here" memsh -DCMAKE_BUILD_TYPE=Release -DMEMSH_TESTS=OFF
fi
MEMSH_ROOT=$root PYTHONDONTWRITEBYTECODE=1
export MEMSH MEMSH_ROOT PYTHONDONTWRITEBYTECODE
tell "libraries from Debian's sources" libraries
tell "built without a warning" build
tell "the same answers" answers
tell "restricted mode" restricted
