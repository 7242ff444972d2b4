# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# memsh --test: expectations that are met, those that are not, and what is no expectation.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  cat >rows.lua <<'LUA'
local opt = report { summary = "rows", options = { { "n", type = "integer", default = 3 } } }
print "a note"
return procs:sort"pid":top(opt.n):show"pid comm pss"
LUA
}

tests() {
  printf '%s\n' "$@" >t.lua
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" --test t.lua
}

@test "rows, row, output, exit of a report beside the file" {
  tests 'expect{report = "rows.lua", rows = 3, row = {pid = 1, comm = "systemd"}, output = "a note", exit = 0}' \
    'expect{report = "rows.lua", args = {"-n", "1"}, name = "one", rows = function(rows) assert(#rows == 1) end}'
  [ "$status" = 0 ]
  [ "$output" = $'1..2\nok 1 - rows.lua\nok 2 - rows.lua -n 1: one' ]
  [ "$stderr" = "" ]
}

@test "what is not met is said, and the status is 1" {
  tests 'expect{report = "rows.lua", rows = 4}' 'expect{report = "rows.lua", row = {pid = 77, comm = "x"}}' \
    'expect{report = "rows.lua", output = "another"}' 'expect{report = "rows.lua", status = "OK"}' \
    'expect{report = "rows.lua", rows = function(rows) error("not so", 0) end}' \
    'expect{report = "rows.lua", args = {"-m"}, rows = 1}' 'expect{report = "none.lua", rows = 1}' \
    'expect{report = "rows.lua", rows = 3}'
  [ "$status" = 1 ]
  [ "$(grep -c '^not ok' <<<"$output")" = 7 ]
  for line in 'rows: 4 is expected, but it is 3' "row: none of 3 has comm = 'x', pid = 77" "status: 'OK' is expected" \
    'rows: not so' 'it failed: rows: no option -m' 'none.lua'; do
    grep -qF -- "$line" <<<"$output"
  done
  [ "${lines[-1]}" = "ok 8 - rows.lua" ]
  [[ "$stderr" == "memsh: 7 of 8 expectations are not met" ]]
}

@test "an audit: status, line, value, the rows it found; no run knows of another" {
  cat >a.lua <<'LUA'
local opt = report { summary = "a", args = { { "what", optional = true } } }
expect { status = "WARNING", exit = 1, line = "zoos: 1", rows = 1, row = { pid = 1107 }, value = { n = 8 } }
expect { args = { "fails" }, error = "on purpose" }
expect { args = { "none" }, status = "UNKNOWN", exit = 3 }
expect { args = { "exits" }, exit = 4 }
expect { status = "WARNING", rows = 1 }
if opt.what == "exits" then require("memsh.prompt").leave(4) end
local a = audit "a"
if opt.what == "fails" then error "on purpose" end
if opt.what == "none" then a:value("x", proc(2).pss) end
a:warn(procs:where"comm == 'zoo'", "zoos"):value("n", (procs:count())):done()
LUA
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" --test a.lua
  echo "$output $stderr"
  [ "$status" = 0 ]
  [ "$(grep -c ^ok <<<"$output")" = 5 ]
}

@test "without --test expectations do nothing, wrong ones too" {
  echo 'expect{nonsense = 1} print "runs"' >e.lua
  run "$MEMSH" e.lua
  [ "$output" = runs ]
}

@test "what is no expectation" {
  tests 'expect{raws = 1}'
  [ "$status" != 0 ]
  [[ "$stderr" == *"t.lua:1: expect has no 'raws'; did you mean 'rows'?"* ]]
  tests 'expect{name = "x"}'
  [[ "$stderr" == *"t.lua:1: expect expects nothing here"* ]]
  tests 'print "x"'
  [ "$status" = 2 ]
  [[ "$stderr" == *"t.lua expects nothing"* ]]
  run --separate-stderr "$MEMSH" --test --check t.lua
  [ "$status" = 3 ]
  run --separate-stderr "$MEMSH" --test
  [ "$status" = 2 ]
}
