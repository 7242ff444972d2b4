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
libraries=libc6-dev,liblua5.4-dev,libreadline-dev,libpcre2-dev,libsqlite3-dev,libzstd-dev,libseccomp-dev,libcmocka-dev
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

# The words that run a program of the machine.
emulator() {
  if [ "$1" = i386 ] && "$loader" --version >/dev/null 2>&1; then
    echo "$loader --library-path $sysroot/lib/$libdir:$sysroot/usr/lib/$libdir"
  else
    echo "qemu-$processor-static -L $sysroot"
  fi
}

# Links that begin with / would leave the root.
keep_links_inside() {
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
  : >"$sysroot.whole"
}

configure() {
  PKG_CONFIG_SYSROOT_DIR=$sysroot PKG_CONFIG_LIBDIR=$sysroot/usr/lib/$libdir/pkgconfig:$sysroot/usr/share/pkgconfig \
    cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DMEMSH_WERROR=ON -DMEMSH_UNIT_TESTS=ON \
    -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="$processor" -DCMAKE_C_COMPILER="$compiler-gcc" \
    -DCMAKE_LIBRARY_ARCHITECTURE="$libdir" -DCMAKE_SYSROOT="$sysroot" \
    "-DCMAKE_CROSSCOMPILING_EMULATOR=$(emulator "$1" | tr ' ' ';')" >"$work/$1/configure.log" 2>&1
}

compile() {
  cmake --build "$build" --parallel "$jobs" -- -k 0 >"$work/$1/build.log" 2>&1
}

run_tests() {
  ctest --test-dir "$build" -L '^(unit|fuzz|lua)$' -E "$elsewhere" --parallel "$jobs" --output-on-failure \
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
  configure "$1" || { bad "$1" configured configure.log && return; }
  compile "$1" || { bad "$1" "built without a warning" build.log && return; }
  say "$1: built without a warning"
  if run_tests "$1"; then say "$1: unit tests passed"; else bad "$1" "unit tests" tests.log; fi
  if compare "$1"; then say "$1: the same answers"; else bad "$1" "the same answers" answers.diff; fi
}

# What qemu-user does not emulate.
elsewhere='^unit/(confine|confine_kernel)$'

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
build_in "$work/here/build" memsh -DCMAKE_BUILD_TYPE=Release -DMEMSH_TESTS=OFF
rm -rf "$work/here/answers"
python3 "$root/tests/answers.py" "$work/here/answers" "$MEMSH"
say "skipped: $elsewhere (qemu-user has no seccomp filters), and all that looks at a live /proc: it is the host's"
for arch; do
  machine "$arch"
done
exit "$failed"
