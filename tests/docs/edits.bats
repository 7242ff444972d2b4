# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# src/README.md says what an addition costs.

@test "what the table of additions names, added to a copy, each in its few places" {
  [ -z "${MEMSH_SANITIZE:-}" ] || skip "it builds a copy of its own, without sanitizers"
  command -v cmake >/dev/null || skip "there is no cmake"
  python3 "$MEMSH_TESTS/docs/edits.py" "$BATS_TEST_TMPDIR"
}
