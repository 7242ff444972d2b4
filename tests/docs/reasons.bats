# SPDX-License-Identifier: GPL-3.0-or-later
# Reasons are a closed list, that of src/base/reason.h: help has them all, each with its meaning, and an answer says how
# often it met which.

reasons() {
  sed -n 's/^ *X(MS_[A-Z_]*, "\([a-z_]*\)", .*/\1/p' "$MEMSH_ROOT/src/base/reason.h"
}

@test "help\"reasons\" lists each reason there is, and no other" {
  [ "$(reasons | wc -l)" -gt 8 ]
  listed=$("$MEMSH" -e 'help"reasons"' | sed '1,/The reasons:$/d; /^  example:/,$d' | awk '{ print $1 }')
  diff <(reasons | sort) <(sort <<<"$listed")
  for reason in $(reasons); do
    meaning=$(sed -n "s/^ *X(MS_[A-Z_]*, \"$reason\", \"\(.*\)\").*/\1/p" "$MEMSH_ROOT/src/base/reason.h")
    [[ "$("$MEMSH" -e "help'$reason'")" == *"$reason"*"$meaning"* ]]
  done
}

@test "each reason is counted by its name, and has a place among the worst" {
  for reason in $(reasons); do
    cat >"$BATS_TEST_TMPDIR/counted.lua" <<LUA
local seen = require "memsh.exec.coverage".new()
for _, reason in ipairs { "gone", "$reason", "denied", "$reason" } do seen:undecide(1, reason) end
print(seen:text())
LUA
    run "$MEMSH" -s "$MEMSH_FIXTURES/full" "$BATS_TEST_TMPDIR/counted.lua"
    echo "$output"
    [[ "$output" == *"$reason"* ]]
  done
}
