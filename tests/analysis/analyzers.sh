#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What finds faults without a promise to compare with:
#   sh tests/analysis/analyzers.sh [gcc|tidy|valgrind]...        without a name, all of them
# gcc: -fanalyzer, all paths through each file; what it says of a function in known.tsv is not said again.
# tidy: clang-tidy, with the checks of .clang-tidy. valgrind: unit tests and one-liners under memcheck, with leaks.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
. "$root/scripts/packages.sh"
here=$root/tests/analysis
failed=0

# Programs of ours that valgrind can run: it has no seccomp, no Landlock and no openat2, and brings a malloc of its own,
# so that none fails; what measures hanging threads, CPU time and address spaces would measure it.
under_valgrind="field_contract glob kmsg listing_check output_bar output_cell output_escape output_record
  output_roundtrip output_screen output_sink output_writer pages pages_buildid pages_footprint pool procfs_errno
  procfs_keyval procfs_kind procfs_limits procfs_listing procfs_lists procfs_reader procfs_stat reader_churn
  reader_deleted_file recording recording_faults shell_embedded shmem siphash streaming_sums sysfs text visibility"

# configure DIR CMAKE-OPTION...
configure() {
  dir=$1
  shift
  mkdir -p "$dir"
  forget_stale_cache "$dir"
  [ -f "$dir/CMakeCache.txt" ] || set -- -G "$(generator)" "$@"
  cmake -S "$root" -B "$dir" "$@" >"$dir/configure.log" 2>&1 || {
    cat "$dir/configure.log" >&2
    die "memsh could not be configured"
  }
}

# The names of our files, one a line.
sources() {
  (cd "$root" && git ls-files 'src/*.c')
}

# Each warning as "FILE FUNCTION [-WARNING]", one a line.
gcc_warnings() {
  awk -v root="$root/" '
    / In function / { name = $0; sub(/.* In function [^a-zA-Z_]*/, "", name); sub(/[^a-zA-Z0-9_].*/, "", name) }
    /warning: .*\[-W/ {
      file = $1; sub(/:.*/, "", file); sub(root, "", file)
      kind = $0; sub(/.*\[-W/, "[-W", kind)
      print file "\t" name "\t" kind
    }' "$1" | sort -u
}

analyze_gcc() {
  dir=$root/build-analyzer
  configure "$dir" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS_DEBUG=-O0 -fanalyzer" \
    -DMEMSH_TESTS=OFF
  LC_ALL=C cmake --build "$dir" --clean-first --target ms_shell --parallel "$(nproc)" >"$dir/build.log" 2>&1 || {
    cat "$dir/build.log" >&2
    die "memsh could not be built"
  }
  gcc_warnings "$dir/build.log" >"$dir/warnings"
  grep -v '^#' "$here/known.tsv" | cut -f 1-3 | sort >"$dir/known"
  new=$(comm -23 "$dir/warnings" "$dir/known")
  say "gcc -fanalyzer: $(wc -l <"$dir/warnings") warnings, of which $(comm -12 "$dir/warnings" "$dir/known" | wc -l) are known"
  [ -z "$new" ] || {
    say "$new"
    say "All of it is in $dir/build.log"
    failed=1
  }
}

analyze_tidy() {
  dir=$root/build-tidy
  configure "$dir" -DCMAKE_C_COMPILER=clang -DMEMSH_TESTS=OFF
  if (cd "$root" && sources | grep -v '^src/embed/' | xargs -P "$(nproc)" -n 8 clang-tidy -p "$dir" --quiet) \
    >"$dir/tidy.log" 2>/dev/null; then
    say "clang-tidy: $(sources | wc -l) files, no warning"
  else
    cat "$dir/tidy.log" >&2
    failed=1
  fi
}

memcheck() {
  valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect \
    --errors-for-leak-kinds=definite,indirect --fair-sched=yes "$@" </dev/null >"$dir/valgrind.out" 2>"$dir/valgrind.log"
}

# What it says of a program that fails for another reason is valgrind's, too: the tests themselves are not judged here.
check() {
  what=$1
  shift
  status=0
  memcheck "$@" || status=$?
  [ "$status" != 99 ] || {
    say "valgrind: $what"
    cat "$dir/valgrind.log" >&2
    failed=1
  }
}

analyze_valgrind() {
  dir=$root/build-valgrind
  build_in "$dir" all -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_C_FLAGS_DEBUG=-O1 -g" -DMEMSH_TESTS=ON -DMEMSH_UNIT_TESTS=ON
  count=0
  for name in $under_valgrind; do
    check "unit/$name" "$dir/tests/unit/test_$name"
    count=$((count + 1))
  done
  while read -r format code; do
    check "$code" "$dir/memsh" -s "$root/tests/fixtures/full" --reports "$root/scripts" -f "$format" -e "$code"
    count=$((count + 1))
  done <"$here/one_liners"
  say "valgrind: $count programs"
}

need_build
[ $# -gt 0 ] || set -- gcc tidy valgrind
for name; do
  case $name in
    gcc) has gcc gcc ;;
    tidy) has clang clang && has clang-tidy clang-tidy ;;
    valgrind) has valgrind valgrind && need_tests ;;
    *) die "No such analyzer: $name (gcc tidy valgrind)" ;;
  esac
done
install_missing
for name; do
  case $name in
    gcc) analyze_gcc ;;
    tidy) analyze_tidy ;;
    valgrind) analyze_valgrind ;;
  esac
done
exit "$failed"
