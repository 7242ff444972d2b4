# SPDX-License-Identifier: GPL-3.0-or-later
# src/README.md says what an addition costs.

@test "a field, a file, a verb, a function, a format, a unit, a report, a command: added to a copy, each in its few places" {
  command -v cmake >/dev/null || skip "there is no cmake"
  python3 "$MEMSH_TESTS/docs/edits.py" "$BATS_TEST_TMPDIR"
}
