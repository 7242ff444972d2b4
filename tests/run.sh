#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds memsh and runs its tests; installs what they need (as root or through sudo).
#
#   sh tests/run.sh [CTEST-ARG...]            the everyday tests, or those that ctest is told: -L lua, -R stat
#   sh tests/run.sh fuzz [SECONDS [NAME...]]  each fuzz target (or those named) for so long (60)
#   sh tests/run.sh soak [CTEST-ARG...]       the long ones
#   sh tests/run.sh outside [CTEST-ARG...]    Prometheus, databases...: real programs that take what memsh writes
#   sh tests/run.sh coverage [CTEST-ARG...]   which lines and branches of each room the everyday tests reach
#   sh tests/run.sh mutants [ARG...]          faults put into parsers and expressions, and whether a test notices
#   sh tests/run.sh analyzers [NAME...]       gcc -fanalyzer, clang-tidy, valgrind: tests/analysis/analyzers.sh
#   sh tests/run.sh machines [ARCH...]        other machines, cross-built, under qemu-user: tests/machines.sh
#   sh tests/run.sh kernels [KERNEL...] [FILE...]  tests on other kernels, booted by QEMU: tests/kernels.sh
#   sh tests/run.sh bench [--quick] [NAME...]  the measurements, or those named; they print numbers
#
# CC=clang, MEMSH_SANITIZE=address,undefined, MEMSH_WERROR=ON, MEMSH_BUILD_TYPE=Debug: as they say,
# each in a build directory of its own.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$root/scripts/packages.sh"

usage() {
  sed -n '/^#   sh/s/^#   //p' "$root/tests/run.sh"
}

# build-test, build-test-clang, build-test-address-undefined, ...
build_dir() {
  name=build-$1
  [ -z "${CC:-}" ] || name=$name-$(basename "$CC")
  [ -z "${MEMSH_SANITIZE:-}" ] || name=$name-$(echo "$MEMSH_SANITIZE" | tr , -)
  [ -z "${MEMSH_BUILD_TYPE:-}" ] || name=$name-$MEMSH_BUILD_TYPE
  echo "$root/$name"
}

# build DIR TARGET [CMAKE-OPTION...]. A debug build is optimised a little: a sanitized one would take several times
# as long otherwise.
build() {
  dir=$1 target=$2
  shift 2
  type=Release
  [ -z "${MEMSH_SANITIZE:-}" ] || type=Debug
  build_in "$dir" "$target" "-DCMAKE_BUILD_TYPE=${MEMSH_BUILD_TYPE:-$type}" "-DCMAKE_C_FLAGS_DEBUG=-O1 -g" \
    "-DMEMSH_SANITIZE=${MEMSH_SANITIZE:-}" "-DMEMSH_WERROR=${MEMSH_WERROR:-OFF}" -DMEMSH_TESTS=ON -DMEMSH_UNIT_TESTS=ON "$@"
}

# ctest's closing lines come last, what was skipped and why comes before them.
closing_last() {
  awk -v reasons="$1" '
    /^[0-9]+% tests passed/ { closing = 1 }
    /^The following tests did not run/ { skipped = 1 }
    /^The following tests FAILED/ { skipped = 0 }
    skipped { if ($0 != "") print; next }
    closing { tail = tail $0 "\n"; next }
    { print; fflush() }
    END {
      while ((getline line < reasons) > 0) print "SKIP " line
      printf "\n%s", tail
    }'
}

# run_tests KIND CTEST-ARG...: KIND is a configuration of ctest (see tests/CMakeLists.txt)
run_tests() {
  kind=$1
  shift
  need_build
  need_tests
  install_missing
  dir=$(build_dir test)
  build "$dir" all
  MEMSH_SKIPPED=$dir/skipped
  export MEMSH_SKIPPED
  : >"$MEMSH_SKIPPED"
  rm -f "$dir/status"
  {
    ctest --test-dir "$dir" -C "$kind" --parallel "$(nproc)" --output-on-failure --no-label-summary \
      --no-tests=error "$@" || echo $? >"$dir/status"
  } | closing_last "$MEMSH_SKIPPED"
  give_back "$dir"
  [ ! -s "$dir/status" ] || exit "$(cat "$dir/status")"
}

# bench ARG...: see tests/bench/bench.py
bench() {
  need_build
  need_tests
  install_missing
  dir=$(build_dir test)
  build "$dir" all
  # The distribution's Python is the one that has the distribution's psutil.
  python=/usr/bin/python3
  [ -x "$python" ] || python=python3
  MEMSH=$dir/memsh MEMSH_HELPERS=$dir/tests/helpers "$python" "$root/tests/bench/bench.py" "$@"
}

# run_counted CTEST-ARG...: one kind of test. The first memsh makes the files of counts, which those that run as
# another user write to, too.
run_counted() {
  find "$dir" -name '*.gcno' -execdir chmod a+rwx . ';'
  (umask 0 && "$dir/memsh" -e 1 >/dev/null)
  LUA_LINES=$lines LD_PRELOAD=$lines.so:$dir/last_counts.so GCOV_ERROR_FILE=/dev/null \
    ctest --test-dir "$dir" -C everyday --parallel "$(nproc)" --no-label-summary "$@" ||
    say "Some tests failed: what they would have reached is not counted."
  python3 "$root/tests/analysis/coverage.py" --take "$root" "$dir"
}

coverage() {
  MEMSH_BUILD_TYPE=Coverage
  need_build
  need_tests
  install_missing
  dir=$(build_dir test)
  lines=$dir/lua_lines
  ends='-Wl,-u,__gcov_dump,-u,__gcov_reset,--export-dynamic-symbol=__gcov_dump,--export-dynamic-symbol=__gcov_reset'
  build "$dir" all "-DCMAKE_C_FLAGS_COVERAGE=-O0 -g --coverage -fprofile-update=atomic" "-DCMAKE_EXE_LINKER_FLAGS=$ends"
  find "$dir" -name '*.gcda' -delete
  rm -f "$dir/reached.json"
  python3 "$root/tests/analysis/lua_lines.py" "$root" "$lines"
  # The words of pkg-config are to be split.
  # shellcheck disable=SC2046
  cc -shared -fPIC -O2 $(pkg-config --cflags lua5.4) -o "$lines.so" "$root/tests/analysis/lua_lines.c"
  cc -shared -fPIC -O2 -o "$dir/last_counts.so" "$root/tests/analysis/last_counts.c"
  # Those two let calls fail that write counts, too, which spoils them.
  for kind in unit fuzz lua docs cli repl live; do
    run_counted -L "^$kind\$" -E '^cli/(system_calls|out_of_memory)$' "$@"
  done
  give_back "$dir"
  python3 "$root/tests/analysis/coverage.py" "$root" "$dir" "$lines"
}

# A directory of its own, as it must be one of ninja.
mutants() {
  need_build
  need_tests
  has ninja ninja-build
  install_missing
  dir=$(build_dir mutants)
  build "$dir" all
  python3 "$root/tests/analysis/mutants.py" "$root" "$dir" "$@"
}

# A finding is kept beside the corpus; it belongs into it once it is understood.
fuzz() {
  seconds=${1:-60}
  [ $# -eq 0 ] || shift
  CC=clang
  export CC
  need_build
  need_clang
  install_missing
  : "${MEMSH_SANITIZE:=address,undefined}"
  dir=$(build_dir fuzz)
  build "$dir" fuzzers -DMEMSH_FUZZ=ON
  [ $# -gt 0 ] || set -- "$root"/tests/fuzz/fuzz_*.c
  failed=0
  for name; do
    name=$(basename "$name" .c)
    name=${name#fuzz_}
    corpus=$root/tests/fuzz/corpus/$name
    grown=$dir/corpus/$name
    mkdir -p "$grown" "$dir/found"
    say "fuzz_$name for $seconds seconds"
    "$dir/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
      -verbosity=0 "-artifact_prefix=$dir/found/$name-" "$grown" "$corpus" >"$dir/fuzz_$name.log" 2>&1 || {
      tail -n 60 "$dir/fuzz_$name.log" >&2
      failed=1
    }
    sed -n 's/^stat::number_of_executed_units: */  runs: /p' "$dir/fuzz_$name.log" >&2
  done
  give_back "$dir"
  [ "$failed" = 0 ] || die "Something was found; the inputs are in $dir/found"
}

case ${1:-} in
  -h | --help) usage ;;
  fuzz)
    shift
    fuzz "$@"
    ;;
  soak)
    shift
    run_tests soak -L '^soak$' "$@"
    ;;
  outside)
    shift
    run_tests outside -L '^outside$' "$@"
    ;;
  coverage)
    shift
    coverage "$@"
    ;;
  mutants)
    shift
    mutants "$@"
    ;;
  analyzers)
    shift
    sh "$root/tests/analysis/analyzers.sh" "$@"
    ;;
  machines)
    shift
    sh "$root/tests/machines.sh" "$@"
    ;;
  kernels)
    shift
    sh "$root/tests/kernels.sh" "$@"
    ;;
  bench)
    shift
    bench "$@"
    ;;
  *) run_tests everyday "$@" ;;
esac
