# SPDX-License-Identifier: GPL-3.0-or-later
# The questions that :examples and the README answer, answered right: beside other code that reads the same files.

@test "every question has the answer that the files give" {
  python3 "$MEMSH_TESTS/helpers/questions.py" prepare "$BATS_TEST_TMPDIR/root"
  python3 "$MEMSH_TESTS/helpers/questions.py" check "$BATS_TEST_TMPDIR/root"
}
