# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# System calls that fail, are interrupted, do less than they were asked for: no crash, no wrong answer with status 0, a
# message, no descriptor left, and -o's old file stays. Some of each of many runs; soak_system_calls.bats has all.

@test "a system call that fails" {
  [ "$(uname -m)" = x86_64 ] || skip "x86-64 alone"
  [ -z "$MEMSH_SANITIZE" ] || skip "sanitizers do not work when they are traced"
  timeout 20 "$MEMSH_HELPERS/failing_call" list "$BATS_TEST_TMPDIR/report" /bin/true || skip "nothing can be traced here"
  python3 "$MEMSH_TESTS/every_system_call.py" --step 211
}
