# SPDX-License-Identifier: GPL-3.0-or-later
# The manual page has every option and every field, and is clean roff.

page() {
  "$MEMSH" -e 'io.write(require("memsh.help.manpage").page(require "memsh.options"))'
}

@test "every option of --help is in it" {
  page >"$BATS_TEST_TMPDIR/memsh.1"
  local options
  mapfile -t options < <("$MEMSH" --help | sed -nE 's/^  ( *-.*)/\1/; T; s/([^ ])  .*/\1/; p' | grep -oE -- '(^| )--?[a-zA-Z][a-z-]*' | tr -d ' ')
  [ "${#options[@]}" -ge 15 ]
  for option in "${options[@]}"; do
    grep -qF -- "\\fB${option//-/\\-}\\fR" "$BATS_TEST_TMPDIR/memsh.1"
  done
}

@test "every command of the prompt is in it" {
  page >"$BATS_TEST_TMPDIR/memsh.1"
  "$MEMSH" -e 'for _, name in ipairs(require("memsh.prompt.commands").names) do print(name) end' >"$BATS_TEST_TMPDIR/commands"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/commands")" -ge 13 ]
  while IFS= read -r name; do
    grep -q "^\\\\fB:$name" "$BATS_TEST_TMPDIR/memsh.1"
  done <"$BATS_TEST_TMPDIR/commands"
}

@test "every field is in it" {
  page >"$BATS_TEST_TMPDIR/memsh.1"
  local fields
  mapfile -t fields < <("$MEMSH" -e 'local core = require "memsh.core"
    for _, kind in ipairs { "process", "mapping", "system" } do
      for _, field in ipairs(core.fields(kind)) do print(field.name) end
    end')
  [ "${#fields[@]}" -ge 150 ]
  for field in "${fields[@]}" uss mem_percent; do
    grep -q "^\\\\fB$field\\\\fR" "$BATS_TEST_TMPDIR/memsh.1"
  done
}

@test "it renders without a warning" {
  command -v groff >/dev/null || skip "there is no groff"
  page >"$BATS_TEST_TMPDIR/memsh.1"
  run bash -c 'groff -man -ww -Tutf8 -z "$1" 2>&1' - "$BATS_TEST_TMPDIR/memsh.1"
  [ "$status" = 0 ]
  [ "$output" = "" ]
}
