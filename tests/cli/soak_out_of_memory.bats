# SPDX-License-Identifier: GPL-3.0-or-later
# Memory that runs out at every single allocation of many runs: see out_of_memory.bats.

setup() {
  [ -z "${MEMSH_SANITIZE:-}" ] || skip "sanitizers have a malloc of their own"
  command -v "${CC:-cc}" || skip "there is no compiler"
}

@test "an allocation that fails" {
  python3 "$MEMSH_TESTS/every_allocation.py"
}
