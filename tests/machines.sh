#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds memsh for other machines, runs its unit tests there and compares its answers with this machine's:
#   sh tests/machines.sh [ARCH...]        of i386 armhf arm64 s390x riscv64 ppc64el; without a name, all of them
# "There" is qemu-user, and for i386 this machine's kernel where it takes its programs. Needs Debian's cross compilers and a mirror ($MIRROR); the libraries of each machine are unpacked
# below $MEMSH_MACHINES, where they stay for the next run, or else in a temporary directory (300 MB each).
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/scripts/packages.sh"
mirror=${MIRROR:-http://deb.debian.org/debian}
libraries=libc6-dev,libc-bin,liblua5.4-dev,libreadline-dev,libpcre2-dev,libsqlite3-dev,libzstd-dev,libseccomp-dev,libcmocka-dev
jobs=${MEMSH_JOBS:-$(nproc)}
failed=0

if [ -n "${MEMSH_MACHINES:-}" ]; then
  mkdir -p "$MEMSH_MACHINES"
  work=$(CDPATH='' cd -- "$MEMSH_MACHINES" && pwd -P)
else
  work=$(mktemp -d /var/tmp/memsh-machines.XXXXXX)
  trap 'rm -rf --one-file-system "$work"' EXIT
  trap 'exit 130' INT TERM
fi

# know ARCH: the names that it has for Debian's compiler, qemu, and the first release that has it
know() {
  release=bookworm
  case $1 in
    i386) triplet=i686-linux-gnu compiler=i686-linux-gnu processor=i386 ;;
    armhf) triplet=arm-linux-gnueabihf compiler=arm-linux-gnueabihf processor=arm ;;
    arm64) triplet=aarch64-linux-gnu compiler=aarch64-linux-gnu processor=aarch64 ;;
    s390x) triplet=s390x-linux-gnu compiler=s390x-linux-gnu processor=s390x ;;
    riscv64) triplet=riscv64-linux-gnu compiler=riscv64-linux-gnu processor=riscv64 release=trixie ;;
    ppc64el) triplet=powerpc64le-linux-gnu compiler=powerpc64le-linux-gnu processor=ppc64le ;;
    *) die "No such machine: $1 (i386 armhf arm64 s390x riscv64 ppc64el)" ;;
  esac
  libdir=$(echo "$triplet" | sed s/i686/i386/)
  sysroot=$work/$1/root
  build=$work/$1/build
  loader=$sysroot/lib/ld-linux.so.2
}

# The words that run a program of the machine. This machine's own kernel needs none but finds the libraries in the
# program, so env does.
emulator() {
  if [ "$1" = i386 ] && "$loader" --version >/dev/null 2>&1; then
    echo env
  else
    echo "qemu-$processor-static -L $sysroot"
  fi
}

# The C library is the root's, not that of the cross compiler, which may be older; and what runs without an emulator
# finds it there, too, as its libraries do theirs (which a RUNPATH would not do).
linked_to_root() {
  printf '%s' "-B$sysroot/usr/lib/$libdir"
  if [ "$(emulator "$1")" = env ]; then
    printf ' %s' "-Wl,--dynamic-linker=$loader,--disable-new-dtags,-rpath,$sysroot/lib/$libdir:$sysroot/usr/lib/$libdir"
  fi
}

# Links that begin with / would leave the root. Newer releases leave it to another package to make /lib one.
keep_links_inside() {
  [ -e "$1/lib" ] || ln -s usr/lib "$1/lib"
  find "$1" -type l -lname '/*' | while read -r link; do
    target=$(readlink "$link")
    ln -sfn "$1$target" "$link"
  done
}

furnish() {
  [ -e "$sysroot.whole" ] && return
  mkdir -p "$work/$1"
  rm -rf --one-file-system "$sysroot"
  mmdebstrap --quiet --variant=extract --skip=check/empty --architectures="$1" --include="$libraries" "$release" \
    "$sysroot" "$mirror" >"$work/$1/root.log" 2>&1 || return
  keep_links_inside "$sysroot"
  rm -rf "${sysroot:?}/dev" # this machine's terminals serve the emulator
  : >"$sysroot.whole"
}

# configure ARCH DIRECTORY CMAKE-OPTION...
configure() {
  arch=$1 directory=$2
  shift 2
  PKG_CONFIG_SYSROOT_DIR=$sysroot PKG_CONFIG_LIBDIR=$sysroot/usr/lib/$libdir/pkgconfig:$sysroot/usr/share/pkgconfig \
    cmake -S "$root" -B "$directory" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMEMSH_WERROR=ON \
    -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$processor" -DCMAKE_C_COMPILER="$compiler-gcc" \
    -DCMAKE_LIBRARY_ARCHITECTURE="$libdir" -DCMAKE_SYSROOT="$sysroot" \
    -DCMAKE_EXE_LINKER_FLAGS="$(linked_to_root "$arch")" "$@" >"$directory.log" 2>&1
}

compile() {
  cmake --build "$1" --parallel "$jobs" -- -k 0 >"$1.log" 2>&1
}

build_to_run() {
  configure "$1" "$build" -DMEMSH_UNIT_TESTS=ON "-DCMAKE_CROSSCOMPILING_EMULATOR=$(emulator "$1" | tr ' ' ';')" &&
    compile "$build"
}

# Without an emulator this machine's memsh makes the manual pages and definitions: they are the same as its own.
build_not_to_run() {
  if configure "$1" "$build-alone" -DMEMSH_TESTS=OFF; then
    echo "error: nothing can make the manual pages, and cmake did not say so" >>"$build-alone.log"
    return 1
  fi
  configure "$1" "$build-alone" -DMEMSH_TESTS=OFF -DMEMSH_HOST="$MEMSH" && compile "$build-alone" || return
  for page in memsh.1 memsh-language.7 memsh-fields.7 memsh-reports.7 library/memsh.lua luacheck-std.lua; do
    cmp "$work/here/build/$page" "$build-alone/$page" >>"$build-alone.log" 2>&1 || return
  done
}

# qemu-user has no seccomp filters (unit/confine_filter runs them itself) and no openat2, shows a /proc/self of its own
# instead of the kernel's, is slower than a limit of CPU time allows, and does not emulate what a test of Lua starts.
run_tests() {
  kinds='^(unit|fuzz|lua)$' missing_there='^$'
  if [ "$(emulator "$1")" != env ]; then
    kinds='^(unit|fuzz)$' missing_there=$not_emulated
  fi
  ctest --test-dir "$build" -L "$kinds" -E "$missing_there" --parallel "$jobs" --output-on-failure \
    --no-label-summary --no-tests=error >"$work/$1/tests.log" 2>&1
}

compare() {
  rm -rf "$work/$1/answers"
  # The words are to be split.
  # shellcheck disable=SC2046
  python3 "$root/tests/answers.py" "$work/$1/answers" $(emulator "$1") "$build/memsh" &&
    diff -r "$work/here/answers" "$work/$1/answers" >"$work/$1/answers.diff"
}

# bad ARCH WHAT LOG: what went wrong is at the end of the log
bad() {
  failed=1
  say "$1: $2: FAILED, see $work/$1/$3:"
  grep -E 'warning:|error:|\*\*\*|^[<>] |FAIL' "$work/$1/$3" >"$work/$1/faults" || tail -n 20 "$work/$1/$3" >"$work/$1/faults"
  tail -n 40 "$work/$1/faults" >&2
}

machine() {
  know "$1"
  furnish "$1" || { bad "$1" "libraries from Debian" root.log && return; }
  build_to_run "$1" || { bad "$1" "built without a warning" build.log && return; }
  say "$1: built without a warning"
  if run_tests "$1"; then say "$1: unit tests passed"; else bad "$1" "unit tests" tests.log; fi
  if compare "$1"; then say "$1: the same answers"; else bad "$1" "the same answers" answers.diff; fi
}

not_emulated='^unit/(confine|confine_kernel|procfs_source|pages|pages_buildid_mapping|regex)$'

[ $# -gt 0 ] || set -- i386 armhf arm64 s390x riscv64 ppc64el
need_build
need_tests
has mmdebstrap mmdebstrap
has ninja ninja-build
for arch; do
  know "$arch"
  has "$compiler-gcc" "gcc-$(echo "$compiler" | tr _ -) libc6-dev-$arch-cross"
  has "qemu-$processor-static" qemu-user-static
done
install_missing

MEMSH=$work/here/build/memsh MEMSH_ROOT=$root PYTHONDONTWRITEBYTECODE=1
export MEMSH MEMSH_ROOT PYTHONDONTWRITEBYTECODE
build_in "$work/here/build" all -DCMAKE_BUILD_TYPE=Release -DMEMSH_TESTS=OFF
rm -rf "$work/here/answers"
python3 "$root/tests/answers.py" "$work/here/answers" "$MEMSH"
say "skipped under qemu-user: $not_emulated (see run_tests), tests of Lua (they start memsh)"
say "skipped everywhere: what looks at a live /proc, which is this machine's"
for arch; do
  machine "$arch"
done
know "$1"
if build_not_to_run "$1"; then say "$1: built without an emulator"; else bad "$1" "built without an emulator" build-alone.log; fi
exit "$failed"
