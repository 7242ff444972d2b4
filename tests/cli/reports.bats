# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# What a report declares, and what comes of it: its help, its arguments, its line in --list, its refusal.

load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  unset XDG_DATA_HOME
  export HOME=$BATS_TEST_TMPDIR/home
  mkdir -p "$HOME" reports
  chmod 755 . reports
  cat >reports/demo.lua <<'LUA'
-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "shows what it was given",
  options = {
    { "n", "count", type = "integer", value = "N", default = 10, help = "how many" },
    { "x", "extended", help = "all columns" },
    { "X", "more", many = true, help = "more" },
    { "by", values = { "user", "comm" }, default = "user", help = "groups" },
    { "exclude", many = true, type = "text", help = "not these" },
    { "min-size", type = "size", help = "the least" },
    { "t", type = "age" },
  },
  args = { { "pid", type = "pid", unchecked = true, help = "a process" }, { "rest", many = true, optional = true } },
  example = "memsh demo -n 5 1",
}
print(opt.count, opt.extended, opt.more, opt.by, table.concat(opt.exclude, "+"), opt.min_size, opt.t, opt.pid,
  table.concat(opt.rest, "+"), opt[1], #opt, opt.format, opt.check)
LUA
}

demo() {
  run --separate-stderr "$MEMSH" --reports reports demo "$@"
}

refused() {
  demo "$@"
  [ "$status" = 2 ]
  [ "$output" = "" ]
  [[ "$stderr" == "memsh: demo: "*"Try memsh demo --help" ]]
}

@test "options and arguments, in any order, and their defaults" {
  demo 7
  [ "$status" = 0 ]
  [ "$output" = $'10\tfalse\t0\tuser\t\tnil\tnil\t7\t\t7\t1\ttable\tfalse' ]
  demo 7 -xXXn5 --exclude=a --by comm --exclude b --min-size 1.5K -t 2m a -- -b
  [ "$output" = $'5\ttrue\t2\tcomm\ta+b\t1536\t120\t7\ta+-b\t7\t3\ttable\tfalse' ]
  run "$MEMSH" -f json --reports reports demo 1 --count=-2
  [ "$output" = $'-2\tfalse\t0\tuser\t\tnil\tnil\t1\t\t1\t1\tjson\tfalse' ]
}

@test "what is wrong with them, and what was meant" {
  refused
  [[ "$stderr" == *"it needs PID"* ]]
  refused x1
  [[ "$stderr" == *"'x1' is not a process id"* ]]
  refused 1 --cuont 3
  [[ "$stderr" == *"no option --cuont; did you mean --count?"* ]]
  refused 1 -y
  [[ "$stderr" == *"no option -y"* ]]
  refused 1 -n
  [[ "$stderr" == *"--count needs N"* ]]
  refused 1 -n 1.5
  [[ "$stderr" == *"'1.5' is not a whole number"* ]]
  refused 1 --by usr
  [[ "$stderr" == *"did you mean 'user'?"* ]]
  refused 1 --min-size big
  [[ "$stderr" == *"'big' is not a size"* ]]
  refused 1 -x --extended=1
  [[ "$stderr" == *"--extended takes no value"* ]]
  refused 1 -f json
  [[ "$stderr" == *"-f is memsh's own option: put it before demo"* ]]
  refused $'1\e[31m'
  [[ "$stderr" != *$'\e'* ]]
}

# Ids that no process has: of children that were waited for.
gone() {
  local count=$1 pid
  gone=()
  for ((; count > 0; count--)); do
    sleep 0 & pid=$!
    wait "$pid"
    gone+=("$pid")
  done
}

@test "process ids that no process has are a failure of any report, and of some of several a word" {
  [ "$(id -u)" = 0 ] || [ -r "/proc/$$/smaps" ] || skip "memory of processes can't be read here"
  gone 2
  for report in showmap "quadrants" "top -p" top "ps -p" "ps_mem -p" wx reserved vmrss tree bugreport; do
    # shellcheck disable=SC2086
    run -1 --separate-stderr "$MEMSH" $report "${gone[0]}"
    [ "$output" = "" ]
    [ "$stderr" = "memsh: ${report% -p}: no process ${gone[0]}" ]
  done
  run -1 --separate-stderr "$MEMSH" top "${gone[@]}"
  [ "$stderr" = "memsh: top: no processes ${gone[0]}, ${gone[1]}" ]
  for report in "quadrants -p" wx reserved "ps -p${gone[0]} -p"; do
    # shellcheck disable=SC2086
    run -0 --separate-stderr "$MEMSH" -f csv $report "$$,${gone[1]}"
    [[ "$stderr" == "memsh: ${report%% *}: no process"*"${gone[1]}"* ]]
    [[ "${lines[0]}" == *pid* ]]
  done
  run -0 --separate-stderr "$MEMSH" --check wx "${gone[0]}" # nothing is found in it
  [[ "$output" == "WX OK - "* ]]
  run -42 --separate-stderr "$MEMSH" pmap "${gone[0]}" # as that of procps
  [ "$output" = "" ]
  [ "$stderr" = "memsh: pmap: no process ${gone[0]}" ]
  run -1 --separate-stderr "$MEMSH" -f csv pmap "${gone[0]}"
  [ "$stderr" = "memsh: pmap: no process ${gone[0]}" ]
  run -1 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" top 5 5
  [ "$stderr" = "memsh: top: no process 5" ]
  cat > those.lua <<'LUA'
local opt = report { summary = "those", args = { { "name" }, { "pid", type = "pid", many = true } } }
print(opt[1], opt[2], opt[3], #opt, table.concat(opt.pid, " "))
LUA
  run -0 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" ./those.lua x 5 1 412 1
  [ "$output" = $'x\t1\t412\t3\t1 412' ]
}

@test "several process ids in one word, and each once" {
  run -0 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" -f tsv ps -p 412,1,1107 -p 1
  [ "$(cut -f 2 <<<"$output" | tr '\n' ' ')" = "pid 1 412 1107 " ]
  run -0 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" -f tsv top --pids=412,1
  [ "${#lines[@]}" = 3 ]
  run -2 --separate-stderr "$MEMSH" ps -p 1,,2
  [[ "$stderr" == "memsh: ps: --pid: '' is not a process id"* ]]
}

@test "a user that there is not, and one by number" {
  name=nobody-is-called-so
  run ! getent passwd "$name"
  for report in top ps; do
    run -2 --separate-stderr "$MEMSH" "$report" -u "$name"
    [ "$output" = "" ]
    [[ "$stderr" == "memsh: $report: --user: there is no user '$name'"* ]]
  done
  run -0 --separate-stderr "$MEMSH" -f csv ps -u "$(id -u)" -w "pid == $$"
  [ "${#lines[@]}" = 2 ]
  # What a saved machine or a restricted memsh knows of users may not be all.
  run -0 "$MEMSH" -s "$MEMSH_FIXTURES/full" ps -u "$name"
  [ "$("$MEMSH" -s "$MEMSH_FIXTURES/full" ps -u 0)" = "$("$MEMSH" -s "$MEMSH_FIXTURES/full" ps -u root)" ]
}

@test "what is wrong in an argument is said of the argument, and not of a line of the report" {
  run -1 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" top -s foo
  [ "$stderr" = "memsh: top: --sort: unknown field 'foo' of processes
  foo
  ^^^" ]
  run -1 --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" ps -w 'comm = x'
  [[ "$stderr" == "memsh: ps: --where: '=' is assignment"$'\n'* ]]
  run -2 --separate-stderr "$MEMSH" top -n -1
  [ "$stderr" = "memsh: top: --count: '-1' is not a whole number, 0 or more
Try memsh top --help" ]
  # That of the report itself has its place.
  printf 'report { summary = "wrong" }\nlocal rows = procs:sort"foo"\nreturn rows\n' >reports/wrong.lua
  run -1 --separate-stderr "$MEMSH" --reports reports wrong
  [[ "$stderr" == "memsh: "*"/reports/wrong.lua:2: unknown field 'foo'"* ]]
}

@test "its help says all of it, in 80 columns" {
  demo --help
  [ "$status" = 0 ]
  [ "$stderr" = "" ]
  for part in "demo: shows what it was given" "memsh demo [OPTIONS] PID [REST...]" "-n, --count N" "how many (10)" \
    "    --exclude TEXT" "groups: user, comm (user)" "PID" "memsh demo -n 5 1" "-h, --help"; do
    [[ "$output" == *"$part"* ]]
  done
  [ "$(wc -L <<<"$output")" -le 80 ]
  demo -h
  [[ "$output" == "demo: shows"* ]]
  run "$MEMSH" reports/demo.lua --help
  [[ "$output" == "demo: shows"* ]]
}

@test "its defaults are as they would be typed, and those that leave nothing out are not there" {
  cat >reports/defaults.lua <<'LUA'
report { summary = "defaults", options = {
  { "size", type = "size", default = 256 << 20, help = "size" }, { "odd", type = "size", default = 1000, help = "odd" },
  { "age", type = "age", default = 5400, help = "age" }, { "zero", type = "age", default = 0, help = "zero" },
  { "range", type = "text", default = ",", help = "range" }, { "where", type = "text", default = "true", help = "where" },
  { "none", type = "text", default = "", help = "none" }, { "sort", type = "text", default = "-rss", help = "sort" } } }
LUA
  run -0 "$MEMSH" --reports reports defaults --help
  [ "$(sed -n 's/^      --[a-z]* [A-Z]* *//p' <<<"$output")" = "size (256M)
odd (1000)
age (90m)
zero (0)
range
where
none
sort (-rss)" ]
}

@test "--list has a line each, and runs nothing of them" {
  cat >reports/bad.lua <<'LUA'
os.execute "touch was-run"
report { summary = "never" }
LUA
  echo 'while true do end report { summary = "never" }' >reports/loop.lua
  printf '%s\n' '#!/usr/bin/env memsh' '-- memsh old: has a comment' 'error "x"' >reports/old.lua
  run "$MEMSH" --reports reports --list
  [ "$status" = 0 ]
  [[ "$output" == *"  demo         shows what it was given"* ]]
  [[ "$output" == *"  old          has a comment"* ]]
  [[ "$output" == *"  selfcheck    check that the kernel's numbers"* ]]
  [ ! -e was-run ]
  run --separate-stderr "$MEMSH" -f json -l --reports reports
  [ "$(jq -r '.rows[] | select(.name == "demo") | .summary' <<<"$output")" = "shows what it was given" ]
}

@test "--list says which directory of reports can't be listed" {
  nobody_may_come
  chmod 755 .
  mkdir hidden
  chmod 000 hidden
  run --separate-stderr as_nobody "$MEMSH" --reports "$PWD/hidden" --list
  [ "$status" = 0 ]
  [ "$stderr" = "memsh: reports are not listed: $PWD/hidden: Permission denied" ]
}

@test "a report gives rows, and they are shown in any format" {
  cat >reports/rows.lua <<'LUA'
report { summary = "rows" }
return procs:where"pid == 1":show"pid comm"
LUA
  run --separate-stderr "$MEMSH" --source "$MEMSH_FIXTURES/full" -f csv --reports reports rows
  [ "$status" = 0 ]
  [ "${lines[0]}" = $'pid,comm\r' ]
  [[ "${lines[1]}" == 1,* ]]
}

@test "what it needs and nobody lets it read ends it, what some do does not" {
  [ "$(id -u)" = 0 ] || skip "needs root to be somebody else"
  cat >reports/pss.lua <<'LUA'
local opt = report { summary = "pss", args = { { "pid", type = "pid", optional = true } }, needs = { "pss" } }
return proc(opt.pid or 1, 1):show"pid pss"
LUA
  sleep 60 &
  as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  run --separate-stderr "${as_nobody[@]}" "$MEMSH" --reports reports pss $!
  [ "$status" = 1 ]
  [ "$output" = "" ]
  [[ "$stderr" == "memsh: pss: it needs pss, which this user may not read of process $!"*CAP_SYS_PTRACE* ]]
  kill $!
  "${as_nobody[@]}" sleep 60 &
  run "${as_nobody[@]}" "$MEMSH" --reports reports pss
  [ "$status" = 0 ]
  kill $!
}

@test "nothing above a declaration keeps --list or completion waiting" {
  local bad='report { summary = "never" }'
  echo "local _ = ('a'):rep(40):match(('a*'):rep(40) .. 'b') $bad" >reports/match.lua
  echo "local _ = ('a'):rep(9000):find('.-.-.-b') $bad" >reports/find.lua
  echo "local _ = ('a'):rep(9000):gsub('.-.-.-b', '') $bad" >reports/gsub.lua
  echo "for _ in ('a'):rep(9000):gmatch('.-.-.-b') do end $bad" >reports/gmatch.lua
  echo "for i = 1, 1000 do local _ = ('a'):rep(9000):find('a.-b') end $bad" >reports/often.lua
  echo "local _ = ('('):rep(99999):gsub('%b()', '') $bad" >reports/balance.lua
  echo "local _ = ('a'):rep(1 << 33) $bad" >reports/rep.lua
  echo "local s = 'aaaaaaaa' for i = 1, 40 do s = s .. s end $bad" >reports/concat.lua
  echo 'while true do end report { summary = "never" }' >reports/loop.lua
  printf '%s\n' 'local text = ("  a b  "):gsub("^%s+", ""):match "^(%a)%s" .. ("x"):rep(3) report { summary = text }' >reports/tidy.lua
  echo 'print "a script"' >reports/script.lua
  run --separate-stderr timeout 60 "$MEMSH" --reports reports --list
  [ "$status" = 0 ]
  for name in match find gsub gmatch often balance rep concat loop; do
    grep "memsh: $name" <<<"$stderr"
    [[ "$stderr" == *"memsh: $name is not listed with what it declares: "*"/$name.lua:1: a report begins with its declaration; this one computes first"* ]]
  done
  [[ "$output" == *"  tidy         axxx"* ]]
  [[ "$stderr" != *script* && "$stderr" != *tidy* ]]
}

@test "a declaration is found wherever lines begin with a brace" {
  printf '%s\n' 'local words = {' '  "one",' '}' 'report {' '  summary = "table " .. words[1],' '}' >reports/before.lua
  printf '%s\n' 'report {' '  summary = [[a text' '}' 'of three lines]],' '}' >reports/inside.lua
  printf '%s\n' 'report {' '  summary = "broken below",' '}' 'return )' >reports/below.lua
  printf '%s\n' '#!/usr/bin/env memsh' 'report {' '  summary = "first line",' '}' >reports/first.lua
  printf '%s\n' 'report { summary = "no such line" } return {}' >reports/none.lua
  printf '%s\n' 'report {' '  summary = 1,' '}' >reports/wrong.lua
  run --separate-stderr "$MEMSH" --reports reports --list
  [ "$status" = 0 ]
  [[ "$output" == *"  before       table one"* && "$output" == *"  inside       a text"* ]]
  [[ "$output" == *"  below        broken below"* && "$output" == *"  first        first line"* ]]
  [[ "$output" == *"  none         no such line"* ]]
  [[ "$stderr" == *"wrong is not listed with what it declares"*"summary must be a string"* ]]
  run "$MEMSH" --reports reports below
  [[ "$status" = 1 && "$output" == *"below.lua:4:"* ]]
}

@test "what an author wrote wrong is an error at that place" {
  for declared in 'summary = 1' 'sumary = ""' '' 'summary = "", options = { { } }' \
    'summary = "", options = { { "x", type = "int" } }' 'summary = "", options = { { "x" }, { "x" } }' \
    'summary = "", options = { 0 }' 'summary = "", options = { "x" }' 'summary = "", args = { 0 }' \
    'summary = "", example = { { } }' 'summary = "", needs = { { } }' 'summary = "", needs = { pss = true }' \
    'summary = "", options = { { "x", help = 1 } }' 'summary = "", options = { { "x", type = { } } }' \
    'summary = "", options = { { "x", values = { { } } } }' 'summary = "", options = { { 1, "x" } }' \
    'summary = "", options = { { "x", hlep = "" } }' 'summary = "", args = { { "a", values = "b" } }' \
    'summary = "", needs = { "psss" }' 'summary = "", options = { { "format" } }'; do
    printf 'report { %s }\n' "$declared" >wrong.lua
    run --separate-stderr "$MEMSH" wrong.lua
    echo "$declared: $stderr"
    [ "$status" = 1 ]
    [[ "$stderr" == "memsh: wrong.lua:1: report"[:\ ]* ]]
  done
}

@test "root runs only what nobody else can have written" {
  [ "$(id -u)" = 0 ] || skip "needs root"
  demo 1
  [ "$status" = 0 ]
  chown 12345 reports/demo.lua
  demo 1
  [ "$status" = 2 ]
  [[ "$stderr" == "memsh: "*"/demo.lua is not run as root: "*"/demo.lua is somebody else's" ]]
  chown 0 reports/demo.lua
  chmod 646 reports/demo.lua
  demo 1
  [ "$status" = 2 ]
  [[ "$stderr" == *"demo.lua can be written by anybody" ]]
  run "$MEMSH" --reports reports --list
  [[ "$output" == *"demo "*"can be written by anybody"* ]]
  chmod 644 reports/demo.lua
  chmod 1777 reports
  demo 1
  [ "$status" = 2 ]
  [[ "$stderr" == *"/reports can be written by anybody" ]]
  chmod 755 reports
  ln -s "$BATS_TEST_TMPDIR/reports/demo.lua" reports/link.lua
  run "$MEMSH" --reports reports link 1
  [ "$status" = 0 ]
  mkdir loose
  mv reports/demo.lua loose/
  chmod 777 loose
  ln -s ../loose/demo.lua reports/demo.lua
  demo 1
  [ "$status" = 2 ]
  [[ "$stderr" == *"/loose can be written by anybody" ]]
}

@test "names are escaped" {
  run --separate-stderr "$MEMSH" $'ev\e[31mil'
  [ "$status" = 2 ]
  [[ "$stderr" == *'ev\x1b[31mil'* ]]
  echo 'print(1)' >reports/$'ev\e[31mil.lua'
  run script -qec "$MEMSH --reports reports --list" /dev/null
  [[ "$output" != *$'\e[31m'* ]]
}

@test "what a report refuses by itself is wrong use, too" {
  for arguments in "pmap" "pmap -A zz 1"; do
    # shellcheck disable=SC2086 # words
    run --separate-stderr "$MEMSH" --reports "$MEMSH_ROOT/scripts" $arguments
    [ "$status" = 2 ] && [ -z "$output" ]
    [[ $stderr == "memsh: pmap: "*"Try memsh pmap --help" ]]
  done
}

@test "a unit without a suffix is a service, and one that is not there is an error that names the nearest" {
  unit() { run --separate-stderr "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$MEMSH_FIXTURES/full" unit "$@"; }
  for option in "" -p; do
    # shellcheck disable=SC2086 # none is none
    unit $option ngimx
    [ "$status" = 1 ]
    [ "$output" = "" ]
    [ "${stderr_lines[0]}" = "memsh: unit: there is no unit ngimx.service with processes or a control group; did you mean 'nginx.service'?" ]
  done
  unit nginx
  [ "$status" = 0 ]
}
