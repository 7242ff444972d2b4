# SPDX-License-Identifier: GPL-3.0-or-later
# Every system call of many runs fails once in each way that it may: see system_calls.bats.

@test "a system call that fails" {
  [ "$(uname -m)" = x86_64 ] || skip "x86-64 alone"
  python3 "$MEMSH_TESTS/every_system_call.py"
}
