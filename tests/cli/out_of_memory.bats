# SPDX-License-Identifier: GPL-3.0-or-later
# Memory that runs out at the Nth allocation: no abort, no wrong answer with status 0, and -o's old file stays.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  [ -z "${MEMSH_SANITIZE:-}" ] || skip "sanitizers have a malloc of their own"
  cat >failing.c <<C
#include "$MEMSH_TESTS/unit/failing_malloc.h"
__attribute__((constructor)) static void arm(void)
{
    const char *at = getenv("FAIL_AT");
    until_failure = at ? atol(at) : -1;
}
C
  "${CC:-cc}" -shared -fPIC -O1 -o failing.so failing.c || skip "there is no compiler"
}

# failing N ARG...: memsh whose allocation N fails. Sets status, output.
failing() {
  run --separate-stderr env FAIL_AT="$1" LD_PRELOAD="$PWD/failing.so" "$MEMSH" "${@:2}"
}

# What -e 1 needs at all, and some of what is beyond it.
moments() {
  seq 0 7 1400
}

@test "-e 1: the answer, or an error" {
  for moment in $(moments); do
    failing "$moment" -e 1
    { [ "$status" = 0 ] && [ "$output" = 1 ]; } || { [ "$status" -gt 0 ] && [ "$status" -lt 128 ] && [ -z "$output" ]; } || {
      echo "$moment: $status '$output' $stderr"
      return 1
    }
  done
}

@test "an expression that memory runs out for is no empty answer" {
  for moment in $(moments); do
    failing "$moment" -s "$MEMSH_FIXTURES/full" -f json -e 'procs:count()'
    { [ "$status" = 0 ] && [ "$(jq .value <<<"$output")" = 8 ]; } || { [ "$status" -gt 0 ] && [ "$status" -lt 128 ]; } || {
      echo "$moment: $status '$output' $stderr"
      return 1
    }
  done
}

@test "--check: 3, or the verdict" {
  for moment in $(moments); do
    failing "$moment" -s "$MEMSH_FIXTURES/full" --check -e 'audit "x":warn(procs:where"pid == 1":show"pid", "first"):done()'
    { [ "$status" = 1 ] && [[ "$output" == "X WARNING - first: 1 "* ]]; } || [ "$status" = 3 ] || {
      echo "$moment: $status '$output' $stderr"
      return 1
    }
  done
}

@test "-o: the new file whole, or the old one" {
  for moment in $(moments); do
    echo old >out
    failing "$moment" -s "$MEMSH_FIXTURES/full" -o out -f csv -e 'procs:show"pid":top(2)'
    if [ "$status" = 0 ]; then [ "$(tr -d '\r' <out)" = "$(printf 'pid\n1\n412')" ]; else [ "$(cat out)" = old ] && [ "$status" -lt 128 ]; fi || {
      echo "$moment: $status '$(cat out)' $stderr"
      return 1
    }
    [ -z "$(find . -name '.out.*')" ]
  done
}
