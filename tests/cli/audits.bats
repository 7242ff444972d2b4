# SPDX-License-Identifier: GPL-3.0-or-later
# Audits: the line, the rows, the exit status, and that nothing but an audit that could look is ever OK.
# beside others, first

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  export HOME=$BATS_TEST_TMPDIR
  full=$MEMSH_FIXTURES/full
}

# audit CODE: a script that makes it of `a`, an audit named demo, and ends it.
audit() {
  printf 'local a = audit "demo"\n%s\na:done()\n' "$1" >demo.lua
}

check() {
  run --separate-stderr "$MEMSH" --source "$full" "$@" demo.lua
}

@test "no row is OK, a row is WARNING or CRITICAL, and stands behind the line" {
  audit 'a:warn(procs:where"pid < 0", "strangers")'
  check --check
  [ "$status" = 0 ]
  [ "$output" = "DEMO OK - nothing found | 'strangers'=0;0;;0 'undecided'=0;;;0" ]
  [ "$stderr" = "" ]
  audit 'a:warn(procs:where"pid == 1":show"pid comm", "strangers")'
  check --check
  [ "$status" = 1 ]
  [ "${lines[0]}" = "DEMO WARNING - strangers: 1 | 'strangers'=1;0;;0 'undecided'=0;;;0" ]
  [ "${lines[1]}" = "strangers: 1" ]
  [[ "${lines[3]}" == *"1  systemd" ]]
  audit 'a:crit(procs:where"pid == 1":show"pid comm", "strangers") a:warn(procs, "all")'
  check --check
  [ "$status" = 2 ]
  [[ "${lines[0]}" == "DEMO CRITICAL - strangers: 1; all: "* ]]
}

@test "without --check it says the same and ends with 0" {
  audit 'a:crit(procs:where"pid == 1", "strangers")'
  check
  [ "$status" = 0 ]
  [[ "$output" == "DEMO CRITICAL - strangers: 1 "* ]]
}

@test "values, their thresholds, and performance data as the guidelines have it" {
  audit 'a:value("it'"'"'s=x", 5, {warn = 4, crit = "10", unit = "s"})
a:value("free", 1024, {of = 4096, warn = "50%:", unit = "B"})
a:value("share", 0.5)'
  check --check
  [ "$status" = 1 ]
  [ "$output" = "DEMO WARNING - it's=x 5s; free 1K of 4K (25%); share 0.5 | 'it''s_x'=5s;4;10 'free'=1024B;2048:;;0;4096 'share'=0.5 'undecided'=0;;;0" ]
}

@test "bars and line ends of strangers begin no performance data" {
  audit 'a:warn(procs:where"pid == 1":show[[n="a|b"]], "x|y\nz")'
  check --check
  [[ "${lines[0]}" == 'DEMO WARNING - x\x7cy\nz: 1 | '* ]]
  [ "$(tr -cd '|' <<<"$output")" = "|" ]
}

@test "--quiet: nothing at all of what is OK, all of what is not" {
  audit 'a:warn(procs:where"pid < 0", "strangers")'
  check --check --quiet
  [ "$status" = 0 ]
  [ "$output$stderr" = "" ]
  audit 'a:warn(procs:where"pid == 1", "strangers")'
  check --check -q
  [ "$status" = 1 ]
  [[ "$output" == "DEMO WARNING"* ]]
}

@test "rows go into the file of -o, in its format, and the line to standard output" {
  audit 'a:warn(procs:where"pid == 1":show"pid comm", "strangers")'
  check --check -f json -o rows.json
  [ "$status" = 1 ]
  [ "${#lines[@]}" = 1 ]
  [ "$(jq '.rows[0].pid' rows.json)" = 1 ]
}

@test "an unknown value and an unknown condition are UNKNOWN" {
  audit 'a:value("x", proc(2).pss)'
  check --check
  [ "$status" = 3 ]
  [[ "$output" == "DEMO UNKNOWN - x: "*"'x'=U"* ]]
  audit 'a:crit(proc(2).pss, "much")'
  check --check
  [ "$status" = 3 ]
}

# A machine of four processes of which one, with most of the memory, is not to be read.
denied_root() {
  cp -rL "$full" root
  chmod -R u+w root
  grep -q "smaps_rollup" root/errors 2>/dev/null || true
  printf '%s/smaps_rollup EACCES\n' "$@" >>root/errors
  full=$PWD/root
}

@test "what is not read is not OK: --min-coverage of the processes, and of their memory" {
  audit 'a:warn(procs:where"pss > 100G", "large ones")'
  check --check --min-coverage 0
  [ "$status" = 0 ]
  denied_root 1107
  check --check
  [ "$status" = 3 ]
  [[ "$output" == "DEMO UNKNOWN - only "*"% of the processes and "*"'undecided'="* ]]
  check --check --min-coverage 0
  [ "$status" = 0 ]
  [[ "$output" == "DEMO OK - nothing found; "*"undecided"*"processes not read"* ]]
}

@test "a process that timed out, and what this kernel does not tell, are UNKNOWN whatever is wanted" {
  for reason in timeout unsupported; do
    audit 'local unknown = require("memsh.core").unknown
a:warn(procs:where(function(p) return p.pid == 1107 and unknown("'$reason'", "pss") end), "large ones")'
    check --check --min-coverage 0
    echo "$output"
    [ "$status" = 3 ]
  done
  [[ "$output" == "DEMO UNKNOWN - this kernel does not have what was asked of 1 row; "* ]]
  sed -i s/unsupported/timeout/ demo.lua
  check --check --min-coverage 0
  [[ "$output" == "DEMO UNKNOWN - 1 process timed out; "* ]]
}

@test "what is critical is so, whatever else was not read" {
  denied_root 1107
  audit 'a:crit(procs:where"pid == 1", "strangers") a:warn(procs:where"pss > 100G", "large ones")'
  check --check
  [ "$status" = 2 ]
  audit 'a:warn(procs:where"pid == 1", "strangers") a:warn(procs:where"pss > 100G", "large ones")'
  check --check
  [ "$status" = 3 ]
}

@test "every other end is UNKNOWN, on standard output, too" {
  unknown() {
    run --separate-stderr "$MEMSH" "$@"
    echo "$*: $status $output $stderr"
    [ "$status" = 3 ]
    [[ "$output" == *" UNKNOWN - "?* ]]
    [ "${#lines[@]}" = 1 ]
  }
  echo 'error "went wrong" -- before its audit' >fails.lua
  unknown --check fails.lua
  [[ "$output" == "FAILS UNKNOWN - "*"went wrong" ]]
  echo 'this is no Lua' >fails.lua
  unknown --check fails.lua
  echo 'os.exit(0) -- without an audit' >fails.lua
  unknown --check fails.lua
  [ "$output" = "FAILS UNKNOWN - it ended without a verdict: it is no audit" ]
  echo 'local a = audit "demo"' >fails.lua
  run -0 --separate-stderr "$MEMSH" fails.lua
  [ "$stderr" = "memsh: demo: the audit ended without a:done()" ]
  unknown --check fails.lua
  [[ "$output" == *"a:done() was not reached" ]]
  [[ "$output" == "demo UNKNOWN"* || "$output" == "DEMO UNKNOWN"* ]]
  echo 'local a = audit "demo" a:value("x") error "after"' >fails.lua
  unknown --check fails.lua
  unknown --check ./none.lua
  unknown --check no_such_report
  unknown --check
  unknown --check --nonsense fails.lua
  unknown -f yaml --check fails.lua
  unknown --check --source /nonexistent -e 'procs:count()'
  unknown --check -o /nonexistent/file fails.lua
  audit 'a:warn(procs:where"pid < 0", "strangers")'
  run "$MEMSH" --check demo.lua --check
  [ "$status" = 3 ]
}

@test "an audit whose line can't be written is UNKNOWN" {
  [ -w /dev/full ] || skip "no /dev/full"
  audit 'a:warn(procs:where"pid < 0", "strangers")'
  run bash -c '"$MEMSH" --source "$0" --check demo.lua >/dev/full 2>err' "$full"
  [ "$status" = 3 ]
  audit 'a:warn(procs:where"pid == 1", "strangers")'
  run bash -c '"$MEMSH" --source "$0" --check -o rows demo.lua >/dev/full 2>err' "$full"
  [ "$status" = 3 ]
  run bash -c '"$MEMSH" --source "$0" --check demo.lua | true; exit "${PIPESTATUS[0]}"' "$full"
  [ "$status" = 3 ] || [ "$status" = 1 ] # the reader may have gone before or after
}

@test "an interrupted audit is UNKNOWN" {
  audit 'io.stderr:write "begun\n" while true do end'
  cat >interrupt.py <<'PY'
import os, signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
audit = subprocess.Popen([os.environ["MEMSH"], "--check", "demo.lua"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True)
audit.stderr.readline()
audit.send_signal(signal.SIGINT)
print(audit.communicate(timeout=60)[0], end="")
sys.exit(audit.returncode)
PY
  run --separate-stderr python3 interrupt.py
  [ "$status" = 3 ]
  [ "$output" = "DEMO UNKNOWN - interrupted" ]
}

@test "an audit that the deadline ends is UNKNOWN, however it has to be ended" {
  audit 'while true do end'
  check --check --deadline 0.1
  [ "$status" = 3 ]
  [ "$output" = "DEMO UNKNOWN - the deadline has passed" ]
  audit 'local _ = ("a"):rep(40):find(("a-"):rep(20) .. "b")' # which nothing but its end stops
  check --check --deadline 0.1
  [ "$status" = 3 ]
  [ "$output" = "DEMO UNKNOWN - the deadline has passed" ]
}

@test "a baseline: none, accepted, held against what is new and gone" {
  audit 'a:baseline("'"$PWD"'/base", procs, "comm", {gone = "crit", text = "programs"})'
  check --check
  [ "$status" = 3 ]
  [[ "$output" == *"there is no baseline $PWD/base; memsh --accept demo makes it"* ]]
  check --check --accept
  [ "$status" = 0 ]
  [[ "$output" == "DEMO OK - what there is now was accepted"* ]]
  [ "$(head -n 1 base)" = "# memsh baseline: comm" ]
  cut -d' ' -f2 <(cat "$full"/[0-9]*/comm | sort -u | wc -l) >number
  check --check
  [ "$status" = 0 ]
  sed -i '/^zoo$/d' base
  check --check
  [ "$status" = 1 ]
  [[ "$output" == "DEMO WARNING - new programs: 1"*zoo* ]]
  echo gone-one >>base
  check --check
  [ "$status" = 2 ]
  [[ "$output" == *"gone programs: 1"* ]]
  printf '# memsh baseline: comm, user\n' >base
  check --check
  [ "$status" = 3 ]
  [[ "$output" == *"it was not made of comm"* ]]
}

@test "a baseline is not made of what could not be read, and never by half" {
  denied_root 1107
  audit 'a:baseline("'"$PWD"'/base", procs:where"pss >= 0", "comm")'
  check --check --accept
  [ "$status" = 3 ]
  [ ! -e base ]
  full=$MEMSH_FIXTURES/full
  mkdir sealed
  audit 'a:baseline("'"$PWD"'/none/base", procs, "comm")'
  check --check --accept
  [ "$status" = 3 ]
  [[ "$output" == *"cannot write $PWD/none/base"* ]]
}

@test "what an author gets wrong is said at its place" {
  for code in 'a:warn(procs)' 'a:warn("x", "y")' 'a:value("x", "y")' 'a:value("x", 1, {warn = "z"})' \
    'a:value("x", 1, {unit = "GiB"})' 'a:value("x", 1, {wran = 1})' 'a:value("x", 1, {warn = "80%"})' \
    'a:baseline("here", procs, "comm")' 'audit "again"' 'audit ""'; do
    printf 'local a = audit "demo"\n%s\na:done()\n' "$code" >demo.lua
    run --separate-stderr "$MEMSH" demo.lua
    echo "$code: $stderr"
    [ "$status" = 1 ]
    [[ "$stderr" == "memsh: demo.lua:2: "* ]]
  done
}

@test "coverage is that of the processes that were asked about, each counted once" {
  denied_root 1200
  sed -i '/1200.smaps_rollup ESRCH/d' root/errors
  printf '1200/smaps EACCES\n1200/maps EACCES\n' >>root/errors
  for set in 'maps:where"w and x and size > 1T"' 'procs:maps():where"w and x and size > 1T"' 'maps:where"rss > 1T"' \
    'procs:where"pss > 1T"' 'procs:where(function(p) return p.pss > 1 << 50 end)' 'maps:where"w and x":procs():where"pid < 0"'; do
    audit "a:crit($set, 'none')"
    check --check
    echo "$set: $output"
    [ "$status" = 3 ]
    [[ "$output" == *"; 1 of 8 processes not read |"* ]]
    check --check --min-coverage 70
    [ "$status" = 0 ]
  done
  audit 'a:crit(procs:where"pid == 1200":maps():where"w and x", "none")'
  check --check --min-coverage 1
  echo "$output"
  [ "$status" = 3 ]
  [[ "$output" == "DEMO UNKNOWN - only 0% of the processes and "*"; 1 of 1 processes not read |"* ]]
}

@test "a value may be counted: what the count lacks makes the audit UNKNOWN" {
  echo 'local a = audit "n"; a:value("big", procs:where "pss > 1":count()); a:done()' >counted.lua
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" --check --min-coverage 0 counted.lua
  [ "$status" = 3 ]
  [[ "$output" == "N UNKNOWN - "*"big: 7 more may be missing"* ]]
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" -e 'local n, missing = procs:where "pss > 1":count() print(missing)'
  [ "$output" = 7 ]
  echo 'local a = audit "n"; a:value("all", procs:where "pid > 0":count()); a:done()' >counted.lua
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" --check --min-coverage 0 counted.lua
  [ "$status" = 0 ]
  [[ "$output" == "N OK - "*"all"*"8"* ]]
}

@test "--accept that can't write its file ends with 74, and says so" {
  audit 'a:baseline("/proc/no/such/place", procs:where"pid == 1", "pid")'
  check --accept
  echo "$status $output $stderr"
  [ "$status" = 74 ]
  [[ "$output" == "DEMO UNKNOWN - cannot write /proc/no/such/place: "* ]]
  check --accept --check
  [ "$status" = 3 ]
}

@test "a verdict that hangs on a bound is UNKNOWN, however the report used it" {
  denied=(-s "$MEMSH_FIXTURES/denied" --check --min-coverage 0)
  echo 'audit "n":warn(procs:sum"pss" > 1 << 40, "too much"):done()' >bound.lua
  run --separate-stderr "$MEMSH" "${denied[@]}" bound.lua
  [ "$status" = 3 ]
  [[ "$output" == "N UNKNOWN - "*"sum(pss) is a lower bound: 7 more may be missing"* ]]
  echo 'audit "n":value("pss", (procs:sum"pss"), {warn = "1T"}):done()' >bound.lua
  run --separate-stderr "$MEMSH" "${denied[@]}" bound.lua
  [ "$status" = 3 ]
  # of what is known completely, it is as it was
  echo 'audit "n":warn(procs:sum"rss" > 1 << 40, "too much"):done()' >bound.lua
  run --separate-stderr "$MEMSH" "${denied[@]}" bound.lua
  [ "$status" = 0 ]
}
