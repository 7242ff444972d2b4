# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# The manual pages have every option, field, verb and report, and are clean roff.

# page [NAME]
page() {
  "$MEMSH" -e 'io.write(require("memsh.reports.manual").page(require "memsh.options", arg[1], "2026-11-27",
    {table.unpack(arg, 2)}))' "${1:-memsh}" "$MEMSH_ROOT"/scripts/*.lua
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

@test "every field is in memsh-fields(7)" {
  page memsh-fields >"$BATS_TEST_TMPDIR/memsh.1"
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

@test "every verb and function is in memsh-language(7), every report with its options and examples in memsh-reports(7)" {
  page memsh-language >"$BATS_TEST_TMPDIR/page"
  for name in where sort join basename reconcile footprint; do
    grep -q "^\\\\fB.*$name" "$BATS_TEST_TMPDIR/page"
  done
  page memsh-reports | sed 's/\\-/-/g; s/\\f[BR]//g' >"$BATS_TEST_TMPDIR/page"
  local file name
  for file in "$MEMSH_ROOT"/scripts/*.lua; do
    name=$(basename "$file" .lua)
    grep -qx ".SS $name" "$BATS_TEST_TMPDIR/page"
    grep -q "^memsh .*$name" "$BATS_TEST_TMPDIR/page"
    "$MEMSH" --reports "$MEMSH_ROOT/scripts" "$name" --help | grep -oE -- '^ {2,6}(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+' |
      grep -vx -- --help | while read -r option; do
        grep -qE -- "^(-., )?$option( |$)" "$BATS_TEST_TMPDIR/page"
      done
  done
}

@test "each report's summary is there twice at most: over its options, and beside its examples" {
  local file summary
  page memsh-reports | sed 's/\\-/-/g' >"$BATS_TEST_TMPDIR/page"
  for file in "$MEMSH_ROOT"/scripts/*.lua; do
    summary=$(sed -n 's/^ *summary = "\(.*\)",$/\1/p' "$file")
    summary=${summary#?}
    [ "$(grep -cF -- "$summary" "$BATS_TEST_TMPDIR/page")" -le 2 ]
  done
}

@test "no page says what another says: each heading is in one of them" {
  local name
  for name in memsh memsh-language memsh-fields memsh-reports; do page $name; done | grep '^\.SH' |
    grep -vE '"(NAME|SYNOPSIS|DESCRIPTION|EXAMPLES|SEE ALSO)"' | sort | uniq -d >"$BATS_TEST_TMPDIR/twice"
  [ ! -s "$BATS_TEST_TMPDIR/twice" ]
}

@test "they render without a warning" {
  command -v groff >/dev/null || skip "there is no groff"
  local name
  for name in memsh memsh-language memsh-fields memsh-reports; do
    page $name >"$BATS_TEST_TMPDIR/page"
    run bash -c 'groff -man -ww -Tutf8 -z "$1" 2>&1' - "$BATS_TEST_TMPDIR/page"
    [ "$status" = 0 ]
    [ "$output" = "" ]
  done
}

@test "mandoc finds nothing in them" {
  command -v mandoc >/dev/null || skip "there is no mandoc"
  local name
  for name in memsh.1 memsh-language.7 memsh-fields.7 memsh-reports.7; do
    page "${name%.*}" >"$BATS_TEST_TMPDIR/$name"
    mandoc -Tlint -Wwarning "$BATS_TEST_TMPDIR/$name"
  done
}
