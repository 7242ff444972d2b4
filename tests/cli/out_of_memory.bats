# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# Memory that runs out: no abort, no wrong answer with status 0, a message, and -o's old file stays. Some allocations of
# each of many runs; soak_out_of_memory.bats takes all of them.

setup() {
  [ -z "${MEMSH_SANITIZE:-}" ] || skip "sanitizers have a malloc of their own"
  command -v "${CC:-cc}" || skip "there is no compiler"
}

@test "an allocation that fails, other than those of Lua, which asks again" {
  python3 "$MEMSH_TESTS/every_allocation.py" --own --step 61
}

@test "an allocation that fails, and all after it" {
  python3 "$MEMSH_TESTS/every_allocation.py" --step 797 --forever
}
