# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Options that mean nothing for what is to run are refused, before anything is asked.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  export HOME=$BATS_TEST_TMPDIR
  full=$MEMSH_FIXTURES/full
}

# refused SENTENCE ARG...: with status 2 and that sentence, and nothing else.
refused() {
  local sentence=$1
  shift
  run -2 --separate-stderr "$MEMSH" -s "$full" "$@"
  [ "$output" = "" ]
  [ "$stderr" = "memsh: $sentence" ]
}

@test "--check of what is no audit says so at once, and is UNKNOWN" {
  printf 'report { summary = "x" }\nio.open("was-run", "w")\n' >plain.lua
  run -3 --separate-stderr "$MEMSH" --check plain.lua
  [ "$output" = "PLAIN UNKNOWN - --check is for audits, such as memsh --check swap, and plain is not one" ]
  [ ! -e was-run ]
  run -3 "$MEMSH" --check leaks
  [[ "${lines[0]}" == *"and leaks is not one" ]]
  run -3 --separate-stderr "$MEMSH" --check </dev/null
  [ "$output" = "MEMSH UNKNOWN - --check is for audits, such as memsh --check swap, and standard input is not one" ]
  run -3 --separate-stderr "$MEMSH" --check -e 'procs:top(1)'
  [[ "$output" == *"and this code is not one" ]]
  run -0 --separate-stderr "$MEMSH" -s "$full" --check -e 'local a = audit "x"' -e 'audit = nil' -e 'require "memsh.reports.audit".current:done()'
}

@test "code that may load more code is not judged by its text" {
  echo 'local a = audit "x" a:value("processes", procs:count(), { crit = "1" }) a:done()' >rest.lua
  echo 'dofile "rest.lua"' >main.lua
  run -2 --separate-stderr "$MEMSH" -s "$full" --check main.lua
  [[ "$output" == "X CRITICAL - processes "* ]]
}

@test "--accept without a baseline, --quiet without an audit" {
  refused "--accept saves the baseline of an audit, and wx has none" --accept wx
  run -3 --separate-stderr "$MEMSH" -s "$full" --check --accept wx
  [ "$stderr" = "memsh: --accept saves the baseline of an audit, and wx has none" ]
  refused "--accept is for audits, such as memsh --check swap, and top is not one" --accept top
  refused "--quiet is for audits, such as memsh --check swap, and top is not one" -q top
  refused "--quiet is for audits, such as memsh --check swap, and this code is not one" -q -e 1
}

@test "--accept makes the baseline of a report that asks opt.check" {
  printf 'local opt = report { summary = "x" }\nif opt.check then audit "x":baseline("%s/base", procs, "comm"):done() end\n' \
    "$PWD" >accepts.lua
  run -0 --separate-stderr "$MEMSH" -s "$full" --accept accepts.lua
  [ "$(head -n 1 base)" = "# memsh baseline: comm" ]
}

@test "--accept whose audit does not come to its baseline ends with 3, and says so" {
  printf 'local a = audit "x"\nif arg[1] then a:baseline("%s/base", procs, "comm") end\na:done()\n' "$PWD" >accepts.lua
  for options in --accept "--accept --check"; do
    # shellcheck disable=SC2086  # two words
    run -3 --separate-stderr "$MEMSH" -s "$full" $options accepts.lua
    [[ "$output" == "X UNKNOWN - nothing was accepted: no a:baseline() was reached"* ]]
    [ ! -e base ]
  done
  run -0 --separate-stderr "$MEMSH" -s "$full" --accept accepts.lua now
  [ -e base ]
}

@test "record --once has the mappings of all processes: --mappings is refused, right or wrong" {
  for condition in 'rss >' 'rss > 1G'; do
    run -2 --separate-stderr "$MEMSH" record --once --mappings "$condition" -o file.memsh
    [[ "$stderr" == "memsh: record: --mappings is for a recorder that runs; --once"* ]]
    [ ! -e file.memsh ]
  done
}

@test "memsh's own -o is not where record writes: that is said, and nothing is written" {
  run -2 --separate-stderr "$MEMSH" -o one.memsh record --once
  [[ "$stderr" == "memsh: record: it writes its own file: -o FILE goes after record"* ]]
  [ ! -e one.memsh ]
  [ ! -e memsh.memsh ]
}

@test "--keep without a unit, which would be seconds, does not empty a recording" {
  "$MEMSH" record --once -o file.memsh
  for once in "" --once; do
    # shellcheck disable=SC2086  # none or one
    run -2 --separate-stderr "$MEMSH" record $once --keep 7 -o file.memsh
    [[ "$stderr" == "memsh: record: --keep 7s is shorter than --every 10s; a week is written 7d"* ]]
  done
  [ "$("$MEMSH" -s file.memsh -e 'procs:over{}:distinct"time":count()' 2>/dev/null)" = 1 ]
}

@test "options of a format that is not written" {
  refused "--no-header is for csv and tsv: -f csv" --no-header -e 'procs:show"pid"'
  refused "--null is for csv and tsv: -f csv" -f json --null x -e 'procs:show"pid"'
  refused "--append adds to a database: -f sqlite -o FILE" --append -o file -e 'procs:show"pid"'
  [ ! -e file ]
  run -0 --separate-stderr "$MEMSH" -s "$full" --no-header -e 'print((procs:where"pid == 1":show"pid":csv()))'
  [ "${lines[0]}" = $'1\r' ]
  run -0 --separate-stderr "$MEMSH" -s "$full" -f tsv --no-header --null x top -n 1
  [ "${#lines[@]}" = 1 ]
}
