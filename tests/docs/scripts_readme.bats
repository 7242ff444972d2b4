# SPDX-License-Identifier: GPL-3.0-or-later
# What scripts/README.md shows is so.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  chmod 755 .
  unset XDG_DATA_HOME
  export HOME=$BATS_TEST_TMPDIR
}

# block LANGUAGE N: the N-th fenced block of that language.
block() {
  awk -v lang="$1" -v want="$2" '
    /^```/ && inside { inside = 0; next }
    /^```/ { inside = 1; take = ($0 == "```" lang) && ++seen == want; next }
    inside && take' "$MEMSH_ROOT/scripts/README.md"
}

@test "the script runs, as a command of its own, too" {
  block lua 1 >script.lua
  head -n 1 script.lua | grep -q '^#!/usr/bin/env '
  "$MEMSH" -s "$MEMSH_FIXTURES/full" script.lua 10M >out
  [ "$(cut -f 1,2,4 out)" = $'1107\tzoo\tbob' ]
  ln -s "$MEMSH" memsh
  chmod +x script.lua
  PATH="$PWD:$PATH" ./script.lua 1K >/dev/null
}

@test "the first report has ten lines, and does what is said" {
  mkdir -p .local/share/memsh/reports
  block lua 2 >.local/share/memsh/reports/idle.lua
  chmod 755 .local .local/share .local/share/memsh .local/share/memsh/reports
  [ "$(wc -l <.local/share/memsh/reports/idle.lua)" -le 10 ]
  ln -s "$MEMSH" memsh
  PATH="$PWD:$PATH"
  block sh 1 >commands
  sh -e commands >out
  grep -q "^idle: large processes that have run for a long time" out
  grep -q "^  idle  *large processes" out
  run "$MEMSH" -s "$MEMSH_FIXTURES/full" -f jsonl idle -m 1M --age 1s
  [ "$status" = 0 ]
  [[ "$output" == *'"pid": 1107'* ]]
}

@test "the declaration is one" {
  { block lua 3; echo 'print(opt.count, opt.extended, #opt.pid, opt.format)'; } >declared.lua
  run "$MEMSH" declared.lua
  [ "$output" = $'10\tfalse\t0\ttable' ]
}

@test "the audit finds the zoo's" {
  block lua 4 >wx.lua
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" --check wx.lua
  [ "$status" = 2 ]
  [[ "${lines[0]}" == "WX CRITICAL - writable and executable mappings: 1; processes 8 | "* ]]
  block text 1 | sed -n '4,5p' | while read -r line; do
    grep -qF "$(awk '{ print $1, $3 }' <<<"$line")" <(awk '{ print $1, $3 }' <<<"$output")
  done
}

@test "the tests of a report are what they are said to be" {
  block lua 5 >my-audit.lua
  run --separate-stderr "$MEMSH" --source "$MEMSH_FIXTURES/full" --test my-audit.lua
  [ "$status" = 0 ]
  [ "$output" = "$(block text 2 | tail -n +2)" ]
}

@test "the line for cron is one of the file for cron" {
  grep -qxF "$(block text 3)" "$MEMSH_ROOT/scripts/cron/memsh"
}

@test "the journal's entries have the id that is told" {
  grep -q "MESSAGE_ID \"$(block text 4 | sed -n 's/.*MESSAGE_ID=\([0-9a-f]*\).*/\1/p')\"" "$MEMSH_ROOT/src/shell/log.c"
}

@test "the init.lua runs, and what it defines is there" {
  block lua 6 >init.lua
  head -n 1 init.lua | grep -q 'init.lua$'
  run -0 --separate-stderr "$MEMSH" -f csv -s "$MEMSH_FIXTURES/full" -e "$(cat init.lua)" -e 'procs:biggest(2):show"pid mb"'
  [ "${#lines[@]}" = 3 ]
}

@test "the luacheck std is one that luacheck accepts" {
  command -v luacheck >/dev/null || skip "there is no luacheck"
  "$MEMSH" --definitions=luacheck >luacheck-std.lua
  block text 8 | sed "s|/usr/local/share/memsh|$PWD|" >.luacheckrc
  [ "$(wc -l <.luacheckrc)" = 2 ]
  echo 'print(procs:count())' >fine.lua
  run -0 luacheck -q fine.lua
}

@test "a database piles moments up, and its questions are answered" {
  block sh 2 | sed "s|^memsh|\"\$MEMSH\" -s \"\$MEMSH_FIXTURES/full\"|" >asked
  run -0 bash -e asked
  [[ "$output" == *no_memory* ]]
  # shellcheck disable=SC2016
  block sh 3 | sed -n 's/^\(memsh .*\) |.*/\1/p' | sed 's/^memsh/"$MEMSH"/' >loads
  [ "$(wc -l <loads)" = 2 ]
  run -0 bash -e loads # outside/databases.bats does it with the server
}

@test "every block is one that a test runs" {
  [ "$(grep -c '^```lua' "$MEMSH_ROOT/scripts/README.md")" = 6 ]
  [ "$(grep -c '^```sh' "$MEMSH_ROOT/scripts/README.md")" = 3 ]
  [ "$(grep -c '^```text' "$MEMSH_ROOT/scripts/README.md")" = 8 ]
}
