# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Scripts and reports: what is run, with which arguments, and what is never looked at.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  export HOME=$BATS_TEST_TMPDIR/home XDG_DATA_HOME=$BATS_TEST_TMPDIR/data
  mkdir -p "$HOME" "$XDG_DATA_HOME/memsh/reports" here
}

@test "a script has arg and ..." {
  cat >s.lua <<'LUA'
print(arg[0], arg[1], arg[2], #arg, ...)
print(arg[-1], arg[-2], arg[-3])
LUA
  run "$MEMSH" -b -f json s.lua one 'two words'
  [ "$status" = 0 ]
  [ "${lines[0]}" = $'s.lua\tone\ttwo words\t2\tone\ttwo words' ]
  [ "${lines[1]}" = $'json\t-f\t-b' ]
}

@test "-e has arg and ..., too" {
  run "$MEMSH" -e 'print(#arg, arg[1], ...)' a b
  [ "$output" = $'2\ta\ta\tb' ]
}

@test "a script with #! runs by itself, a line of it counts" {
  printf '#!%s\nprint("ran", ...)\nerror("here")\n' "$MEMSH" >here/report
  chmod +x here/report
  run --separate-stderr here/report x
  [ "$status" = 1 ]
  [ "$output" = $'ran\tx' ]
  [[ "$stderr" == "memsh: here/report:3: here"* ]]
}

@test "standard input as a script, with - and without" {
  run "$MEMSH" - a <<<'print("in", arg[0], ...)'
  [ "$output" = $'in\t-\ta' ]
  run "$MEMSH" <<<'#!/anything
print("in", ...)'
  [ "$output" = "in" ]
  [ "$status" = 0 ]
}

@test "a script that is not there, or is a directory" {
  run --separate-stderr "$MEMSH" ./none.lua
  [ "$status" = 2 ]
  [[ "$stderr" == *none.lua* ]]
  run "$MEMSH" ./here/
  [ "$status" = 2 ]
}

@test "a report by name comes from the user's data directory, never from here" {
  echo 'print("stranger")' >top.lua
  echo 'print("stranger")' >top
  run --separate-stderr "$MEMSH" top
  [[ "$output" != *stranger* ]]
  echo 'print("mine", ...)' >"$XDG_DATA_HOME/memsh/reports/top.lua"
  run "$MEMSH" top 5
  [ "$status" = 0 ]
  [ "$output" = $'mine\t5' ]
}

@test "a report that there is not: status 2 and what to write instead" {
  echo 'print("stranger")' >surely_not
  run --separate-stderr "$MEMSH" surely_not
  [ "$status" = 2 ]
  [[ "$stderr" == *"no report named surely_not"* && "$stderr" == *"./surely_not"* ]]
  [[ "$stderr" == *"looked in $HOME/.local/share/memsh/reports, $MEMSH_ROOT"* || "$stderr" == *"looked in "*/share/memsh/reports* ]]
  mkdir -p here
  run -2 --separate-stderr "$MEMSH" --reports here surely_not
  [[ "$stderr" == *"looked in here, "* ]]
  run -1 --separate-stderr "$MEMSH" --reports here -e 'report"surely_not"'
  [[ "$stderr" == *"there is no report 'surely_not'; :reports lists them"*"looked in here, "* ]]
  run --separate-stderr "$MEMSH" 1234
  [ "$status" = 2 ]
  [[ "$stderr" == *"memsh -e 'proc(1234)'"* ]]
}

@test "a home directory of somebody else is not searched" {
  [ "$(id -u)" = 0 ] || skip "needs root to give a directory away"
  mkdir -p stranger/.local/share/memsh/reports
  echo 'print("stranger")' >stranger/.local/share/memsh/reports/theirs.lua
  chown -R 12345 stranger
  unset XDG_DATA_HOME
  HOME=$PWD/stranger run "$MEMSH" theirs
  [ "$status" = 2 ]
  [[ "$output" != stranger* ]]
}

@test "an expression on standard input shows its value, as with -e; other calls show nothing of theirs" {
  run -0 --separate-stderr bash -c "echo 'procs:show\"pid\":top(2)' | '$MEMSH' -s '$MEMSH_FIXTURES/full'"
  [ "$output" = "$("$MEMSH" -s "$MEMSH_FIXTURES/full" -e 'procs:show"pid":top(2)')" ]
  [ "$stderr" = "" ]
  run -0 bash -c "printf '#!/usr/bin/memsh\n1 + 1\n' | '$MEMSH'"
  [ "$output" = 2 ]
  run -0 bash -c "echo 'io.write(\"x\")' | '$MEMSH'"
  [ "$output" = x ]
  run -0 bash -c "printf 'x = 1\nprint(x)\n' | '$MEMSH' -"
  [ "$output" = 1 ]
  run -1 --separate-stderr bash -c "printf '#!/x\n\nx = = 1\n' | '$MEMSH'"
  [[ "$stderr" == *"stdin:3:"* ]]
}

@test "rows that a script makes and shows nowhere are reported with their line" {
  printf '#!/x\nlocal t = procs:top(2)\nprocs:where"pid == 1"\n  :top(2)\nprocs:top(1):print()\nif t then maps:by"user":count() end\nfor _ in procs:top(1) do end\nx, maps = 1, maps\nreturn t\n' >dropped.lua
  run -0 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" dropped.lua
  [ "$stderr" = "memsh: dropped.lua:3: rows are asked for here and shown nowhere: print or return them
memsh: dropped.lua:6: rows are asked for here and shown nowhere: print or return them" ]
  for report in "$MEMSH_ROOT"/scripts/*.lua; do
    run -0 --separate-stderr "$MEMSH" -e 'for _, line in ipairs(require "memsh.prompt.dropped".lines(io.open(arg[1]):read "a")) do print(line) end' -- "$report"
    [ "$output" = "" ]
  done
}

@test "an argument that is an expression is told about -e" {
  run -2 --separate-stderr "$MEMSH" 'procs:top(3)'
  [[ "$stderr" == *"memsh -e 'procs:top(3)'"* ]]
  run -2 --separate-stderr "$MEMSH" procs
  [[ "$stderr" == *"memsh -e 'procs'"* ]]
}

@test "reports take the options that the tool of their name is usually given" {
  full() { run "${2:--0}" --separate-stderr bash -c "'$MEMSH' -s '$MEMSH_FIXTURES/full' -f csv $1"; }
  full 'smem -rs pss'
  [[ "${lines[1]}" == 901,postgres,* ]]
  full 'smem -s pss'
  [[ "${lines[-1]}" == 901,postgres,* ]]
  full 'smem -U alice -c'  -2
  full 'ps aux'
  all=$output
  full 'ps -ef'
  [ "$output" = "$all" ]
  full 'top -b -n1'
  [ "${#lines[@]}" = 10 ]
  full 'top -b -n5' -2
  [[ "$stderr" == *"memsh --watch 2 --count 5 top"* ]]
  full 'top -o RES -n 1'
  [[ "${lines[1]}" == 901,* ]]
  full 'top -o PSS -n 1'
  [[ "${lines[1]}" == 901,* ]]
  full 'top -p 412 -p 413'
  [ "${#lines[@]}" = 3 ]
  full 'top -o TIME+' -2
  [[ "$stderr" == *"-s takes fields"* ]]
}
