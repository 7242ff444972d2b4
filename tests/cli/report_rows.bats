# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# report"NAME"{arguments} in Lua: the rows of a saved report.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  mkdir -p reports
  chmod 755 . reports
  cd reports || return
}

ask() {
  "$MEMSH" -s "$MEMSH_FIXTURES/full" --reports "$BATS_TEST_TMPDIR/reports" "$@"
}

saved() {
  cat >big.lua <<'LUA'
local opt = report{summary = "the largest", options = {{"n", "count", type = "integer", default = 2, help = "how many"},
  {"dirty-too", help = "a test"}}, args = {{"pid", type = "pid", many = true, optional = true}}}
if opt.format == "table" then print "a headline" end
return (opt.pid[1] and procs{pid = opt.pid} or procs):sort"-rss":top(opt.count):show("pid rss" .. (opt.dirty_too and " comm" or ""))
LUA
  echo 'report{summary = "prints"} print "hello"' >prints.lua
  echo 'report{summary = "an audit"} local a = audit"x" a:done()' >checks.lua
  echo 'report{summary = "needs one", args = {{"pid", type = "pid"}}} return procs' >needs.lua
}

@test "the rows of a report, as it is and with arguments, are a row set like others" {
  saved
  direct=$(ask -f csv big)
  [ "$(ask -f csv -e 'report"big"')" = "$direct" ]
  [ "$(ask -f csv -e 'report"big":sort"-rss"')" = "$direct" ]
  [ "$(ask -f csv -e 'report("big", {})')" = "$direct" ]
  [ "$(ask -f csv -e 'report"big"{count = 3}')" = "$(ask -f csv big -n 3)" ]
  [ "$(ask -f csv -e 'report"big"{n = 1, dirty_too = true}')" = "$(ask -f csv big -n1 --dirty-too)" ]
  [ "$(ask -f csv -e 'report("big", {1, 412, "-n", 1})')" = "$(ask -f csv big 1 412 -n 1)" ]
  [ "$(ask -e 'report"big":count()')" = 2 ]
  mv big.lua ../mine.lua
  [ "$(ask -f csv -e 'report"../mine.lua"')" = "$direct" ]
  mv ../mine.lua big.lua
  [ "$(ask -e 'for p in report"big" do print(p.pid) end')" = "$(printf '901\n1107')" ]
  [ "$(ask -f csv -e 'report"big":join(procs, "pid"):show"pid, user"' | tail -1 | cut -d, -f1,2 | tr -d '\r')" = 1107,bob ]
}

@test "nothing is printed on the way, and what follows is as before" {
  saved
  run --separate-stderr ask -e 'local a, p = arg, print x = report"big"{} print(#x:rows(), a == arg, p == print)' -e 'procs:where"pid == 1":show"pid"'
  [ "$status" = 0 ]
  [ "$output" = "$(printf '2\ttrue\ttrue\npid\n  1')" ] || { echo "$output"; false; }
}

@test "a report that only prints, an audit, what it refuses, and one that is not there say so" {
  saved
  refuses() {
    run --separate-stderr ask -e "$1"
    [ "$status" = 1 ] && [[ "$stderr" == *"$2"* ]] || { echo "$status $output $stderr"; return 1; }
    [ -z "$output" ]
  }
  refuses 'report"prints":count()' "report 'prints' prints its answer and gives no rows: run memsh prints"
  refuses 'report("prints", {})' "report 'prints' prints its answer"
  refuses 'report"checks"{}' "report 'checks' gives a verdict and no rows: run memsh --check checks"
  refuses 'report"needs"{}' "report 'needs': needs: "
  refuses 'report"big"{count = "x"}' "report 'big': big: "
  refuses 'report"bigg"' "there is no report 'bigg'; did you mean 'big'?"
  refuses 'report"big"{print}' "a report's arguments are texts and numbers"
}

@test "reports that ship give their rows" {
  for name in top swap smem procrank; do
    direct=$("$MEMSH" -s "$MEMSH_FIXTURES/full" --reports "$MEMSH_ROOT/scripts" -f csv "$name")
    [ -n "$direct" ]
    [ "$("$MEMSH" -s "$MEMSH_FIXTURES/full" --reports "$MEMSH_ROOT/scripts" -f csv -e "report\"$name\"")" = "$direct" ]
  done
}

@test "swap -S: shared memory in swap is of those that map it, as their smaps say" {
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" --reports "$MEMSH_ROOT/scripts" -f csv swap -S
  [ "$status" = 0 ]
  python3 - "$MEMSH_FIXTURES/full" "$output" <<'PY'
import csv, io, pathlib, re, sys

wanted = {}
for path in pathlib.Path(sys.argv[1]).glob("[0-9]*/smaps"):
    of = None
    for line in path.read_text().splitlines():
        header = re.match(r"[0-9a-f]+-[0-9a-f]+ ...(.) \S+ \S+ (\d+) *(.*)", line)
        if header:
            shared, inode, name = header.groups()
            shm = shared == "s" and name.startswith(("/dev/zero (deleted)", "/memfd:", "/SYSV"))
            of = (path.parent.name, inode) if shm else None
        elif of and line.startswith("Swap:") and int(line.split()[1]):
            wanted[of] = wanted.get(of, 0) + int(line.split()[1]) * 1024
rows = csv.DictReader(io.StringIO(sys.argv[2]))
found = {(r["pid"], r["id"]): int(r["swap"]) for r in rows}
assert wanted and found == wanted, (found, wanted)
PY
}
