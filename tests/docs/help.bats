# SPDX-License-Identifier: GPL-3.0-or-later
# What help shows can be pasted, and runs: help itself, the topics, the examples, the meanings of fields.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

ask() {
  "$MEMSH" -s "$MEMSH_FIXTURES/full" "$@"
}

# runs LINE...: each gives something, and no error.
runs() {
  local line
  for line in "$@"; do
    run --separate-stderr ask -e "$(cat own.lua 2>/dev/null)" -e "$line"
    [ "$status" = 0 ] || { printf '%s\n%s\n' "$line" "$stderr"; return 1; }
  done
}

@test "the lines of help with a remark behind them run as they stand" {
  mapfile -t shown < <("$MEMSH" -e 'help()' | sed -n 's/^  \(.* -- .*\)/\1/p')
  [ "${#shown[@]}" -ge 10 ]
  runs "${shown[@]}"
  "$MEMSH" -e 'help()' | awk 'length > 80 { exit 1 }'
}

@test "every chain in a field's description, a verb's, a topic's or a command's help runs" {
  "$MEMSH" --fields=text >said
  "$MEMSH" -e 'help "commands"' >>said
  "$MEMSH" -e 'for _, name in ipairs(require("memsh.help.help").topics()) do help(name) end
    for _, name in ipairs(require("memsh.prompt.commands").names) do help(":" .. name) end' >>said
  sed -n 's/^  example: \(verb("biggest".*\)/\1/p' said >own.lua
  [ -s own.lua ]
  python3 - said <<'PY' >chains
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
call = r'(?::[a-z]+(?:"[^"\n]*"|\((?:[^()\n]|\([^()\n]*\))*\)))'
for found in sorted(set(re.findall(rf'\b((?:procs|maps|cgroups|proc\(\d+\)){call}+)', text))):
    print(found)
PY
  mapfile -t shown <chains
  runs "${shown[@]}"
}

@test "every :command that help, a hint or the README shows is one" {
  ask -e 'for _, name in ipairs(require("memsh.prompt.commands").names) do print(name) end' >names
  { cat "$MEMSH_ROOT/README.md"; "$MEMSH" -e 'help() help "commands"'; } >said
  grep -oE '(^|[ `(]):[a-z]+' said | grep -oE '[a-z]+' | grep -vx command | sort -u >shown
  ask -e 'for name in pairs(require("memsh.catalogue.entries").rowset) do print(name) end' >>names
  [ -z "$(sort -u names | comm -13 - shown)" ] || { sort -u names | comm -13 - shown; false; }
}

@test "the examples of what reports call run in one" {
  ask -e 'for _, name in ipairs { "report", "expect", "audit" } do
    print(require("memsh.catalogue.entries").global[name].example) end' >report.lua
  [ "$(wc -l <report.lua)" = 3 ]
  echo 'a:done()' >>report.lua
  run --separate-stderr ask --check ./report.lua
  [ "$status" = 0 ] || { echo "$output $stderr"; false; }
}
