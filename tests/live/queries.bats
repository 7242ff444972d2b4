# SPDX-License-Identifier: GPL-3.0-or-later
# Queries over the running machine: what they open, how much they hold, and that they agree with another reader.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  # opens(f): how often each file was opened while f ran. peak(): the most memory memsh has had resident, in kB.
  cat >tools.lua <<'LUA'
local machine = require "memsh.fields.machine"
function opens(f)
  local before, difference = machine.source():opened(), {}
  f()
  for file, n in pairs(machine.source():opened()) do difference[file] = n - (before[file] or 0) end
  return setmetatable(difference, { __index = function() return 0 end })
end
function peak()
  for line in io.lines "/proc/self/status" do
    local kb = line:match "^VmHWM:%s*(%d+)"
    if kb then return tonumber(kb) end
  end
end
LUA
}

teardown() {
  stop_helpers
}

@test "the flagship query: status of each process, the dear file of those with swap alone" {
  cat >flagship.lua <<'LUA'
dofile "tools.lua"
local n, rows
n = opens(function() rows = procs:where "swap > 0":sort "-private_dirty":show "pid comm private_dirty":set() end)
local total = procs { kernel = true }:count()
local kernel = total - procs:count()
local swapped = rows:count()
-- Again beside the dear file, and on kernels without the label Kthread for what has no memory. Others come and go.
local fewest, most = total + swapped, total + swapped + kernel
local slack = 5 + total // 20
assert(n.status >= fewest - slack and n.status <= most + slack, ("status %d, %d to %d"):format(n.status, fewest, most))
assert(n.smaps_rollup <= swapped + 5, ("smaps_rollup %d, of %d"):format(n.smaps_rollup, swapped))
assert(n.smaps == 0 and n.maps == 0 and n.statm == 0)
LUA
  # shellcheck disable=SC2153 # given by ctest
  run "$MEMSH" flagship.lua
  echo "$output"
  [ "$status" = 0 ]
}

@test "a count takes one file of each process, and leaves out kernel threads" {
  start load processes 50 4
  cat >count.lua <<'LUA'
dofile "tools.lua"
local counted
local n = opens(function() counted = procs:count() end)
-- What has PF_KTHREAD (0x200000) by its stat, of those that there are now. Others come and go.
local all, kernel = 0, 0
for p in procs { kernel = true } do
  local flags = (p:raw "stat" or ""):match "%) %S %S+ %S+ %S+ %S+ %S+ (%d+)" -- nil: it has ended meanwhile
  if flags then all, kernel = all + 1, kernel + (tonumber(flags) >> 21 & 1) end
end
assert(math.abs(counted - (all - kernel)) <= 5, ("%d, not %d of %d"):format(counted, all - kernel, all))
assert(n.status == 0 and n.cmdline == 0 and n.statm == 0)
local root = known(proc(1).exe)
-- A few more opens for what the link does not show: one of each kernel thread, some of processes that have ended.
assert(n.stat <= (root and kernel + 40 or all + 40), ("stat %d of %d"):format(n.stat, all))
n = opens(function() procs:where"cmdline == 'no such command'":count() end)
assert(n.stat <= kernel + 40, ("stat %d of %d kernel threads"):format(n.stat, kernel))
LUA
  run "$MEMSH" count.lua
  echo "$output"
  [ "$status" = 0 ]
}

@test "mappings of others are not opened" {
  start mem maps 100
  cat >others.lua <<LUA
dofile "tools.lua"
local n = opens(function() maps:where "pid == $helper_pid and w":count() end)
assert(n.maps == 1 and n.smaps == 0, n.maps)
n = opens(function() maps:where "user == 'no such user'":sum "rss" end)
assert(n.maps == 0 and n.smaps == 0)
n = opens(function() procs:where "pid == $helper_pid":maps():show "pid path":csv() end)
assert(n.maps == 1 and n.smaps == 0)
LUA
  run "$MEMSH" others.lua
  echo "$output"
  [ "$status" = 0 ]
}

@test "a process with 60,000 mappings: their sum, the largest ones, and little memory" {
  [ -z "$MEMSH_SANITIZE" ] || skip "a sanitizer keeps what was freed"
  start mem maps 60000
  cat >many.lua <<LUA
dofile "tools.lua"
local pid = $helper_pid
collectgarbage "generational"
local n = proc(pid):maps():count()
assert(n >= 60000, n)
local listed = peak()
local rss, missing = proc(pid):maps():sum "rss"
assert(missing == 0)
local top = proc(pid):maps():sort "-rss, -addr":top(10):rows()
assert(#top == 10)
-- 60,000 mappings with all their counters, held once, and no rows but the first ones.
assert(peak() - listed < 20 * 1024, ("%d kB more for the first ones"):format(peak() - listed))
local most = peak()
proc(pid):maps():by "perms":sum "rss":csv()
assert(proc(pid):maps():where "rss < 0":empty() == true)
assert(peak() - most < 8 * 1024, ("%d kB more in the end"):format(peak() - most))
print(rss)
LUA
  run --separate-stderr "$MEMSH" many.lua
  echo "$output" "$stderr"
  [ "$status" = 0 ]
  [ "$output" = "$(awk '/^Rss:/ { sum += $2 } END { printf "%d", sum * 1024 }' "/proc/$helper_pid/smaps")" ]
}

@test "pmap -X of 65,000 mappings: all of them, held once" {
  [ -z "$MEMSH_SANITIZE" ] || skip "a sanitizer keeps what was freed"
  start mem maps 65000
  run python3 - "$MEMSH" "$MEMSH_ROOT/scripts" "$helper_pid" <<'PY'
import resource
import subprocess
import sys

memsh, reports, pid = sys.argv[1:]
lines = subprocess.run([memsh, "--reports", reports, "pmap", "-X", pid], check=True, capture_output=True).stdout.splitlines()
with open(f"/proc/{pid}/maps", "rb") as maps:
    mapped = [line.split(b"-")[0].lstrip(b"0") for line in maps]
assert [line.split()[0] for line in lines[2:-2]] == mapped, (len(lines), len(mapped))
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
assert most < 24 * 1024, f"{most} kB"
PY
  echo "$output"
  [ "$status" = 0 ]
}

@test "many mappings go through a format one by one" {
  start mem maps 60000
  "$MEMSH" -f csv -e "proc($helper_pid):maps():show\"addr, addr_end, size, perms\"" >all.csv
  python3 - "$helper_pid" <<'PY'
import csv, sys
rows = list(csv.DictReader(open("all.csv")))
lines = open(f"/proc/{sys.argv[1]}/maps").read().splitlines()
assert len(rows) == len(lines) > 60000
for row, line in zip(rows, lines):
    ends, perms = line.split()[:2]
    start, end = (int(x, 16) for x in ends.split("-"))
    assert (int(row["addr"], 16), int(row["addr_end"], 16), int(row["size"])) == (start, end, end - start), row
    assert row["perms"] == perms, row
PY
}

@test "sums by user are those that another reader makes" {
  start mem dirty 4096
  # Those of the tests before may be on their way out: what has no memory is not counted.
  "$MEMSH" -f csv -e 'procs:where"known(vm_hwm)":by"uid":sum"vm_swap vm_hwm":sort"uid"' >sums.csv
  python3 - <<'PY'
import collections, csv, os
hwm, number = collections.Counter(), collections.Counter()
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        status = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status", errors="replace") if ":" in line)
    except OSError:
        continue
    if "VmHWM" in status:
        uid = status["Uid"].split()[1]
        hwm[uid] += int(status["VmHWM"].split()[0]) * 1024
        number[uid] += 1
rows = {row["uid"]: row for row in csv.DictReader(open("sums.csv"))}
uid = str(os.geteuid())
# Other processes come and go; the bulk of them stays.
assert abs(int(rows[uid]["vm_hwm"].lstrip(">=")) - hwm[uid]) < 0.5 * hwm[uid], (rows[uid], hwm[uid])
assert abs(int(rows[uid]["n"]) - number[uid]) < 6 + number[uid] // 4, (rows[uid], number[uid])
PY
}

@test "a process that has executed another program is still the same one" {
  start states exec 200000
  cat >exec.lua <<LUA
local p = proc($helper_pid)
local before = p.start_time
local fresh = p:refresh()
assert(p == fresh and fresh.start_time == before)
assert(known(fresh.rss))
LUA
  run "$MEMSH" exec.lua
  echo "$output"
  [ "$status" = 0 ]
}

@test "a process that has ended is gone, not zero" {
  start mem dirty 64
  cat >gone.lua <<LUA
local p = proc($helper_pid)
local kept = p:maps():first()
assert(kept.pid == $helper_pid)
os.execute "kill -KILL $helper_pid; while kill -0 $helper_pid 2>/dev/null; do sleep 0.01; done"
assert(p.comm == "mem") -- was read before
assert(why(p.pss) == "gone", why(p.pss))
assert(why(p:refresh().rss) == "gone")
local none, _, name = proc($helper_pid)
assert(none == nil and name == "gone")
assert(proc($helper_pid, 1):count() == 1)
assert(p:maps():count() == 0)
assert(kept.size > 0 and kept.comm == "mem")
local value, message, reason = p:raw "status"
assert(value == nil and message and reason == "gone", reason)
LUA
  "$MEMSH" gone.lua 2>err.txt &
  local memsh=$!
  # It is this shell's child: someone must take its status.
  wait "$helper_pid" 2>/dev/null || :
  wait "$memsh" && status=0 || status=$?
  cat err.txt
  [ "$status" = 0 ]
}

@test "a process that ends between a sort and what is read behind it is no row" {
  start mem dirty 100
  local ends=$helper_pid stays
  start mem dirty 100
  stays=$helper_pid
  run --separate-stderr "$MEMSH" -f tsv -e "procs { pid = { $ends, $stays } }:sort(function(p)
    if p.pid == $ends then os.execute 'kill -9 $ends; while kill -0 $ends 2>/dev/null; do sleep 0.05; done' end
    return p.pid
  end):top(5):show 'pid vm_hwm'"
  [ "$status" = 0 ]
  [ "${#lines[@]}" = 2 ]
  [[ "${lines[1]}" =~ ^${stays}[[:blank:]][0-9]+$ ]]
}

@test "frozen rows keep the age and the time that they were read with, and growth has what passed between" {
  cat >frozen.lua <<'LUA'
local pid = tonumber(arg[1])
local asked = { procs { pid = pid }:show "pid age time start_time", procs { pid = pid }:maps():show "addr time" }
local before, was = {}, {}
for i, set in ipairs(asked) do
  before[i] = set:set()
  was[i] = { before[i]:first().time, i == 1 and before[i]:first().age, i == 1 and before[i]:first().start_time }
end
os.execute "sleep 0.2"
for i, set in ipairs(asked) do
  local now = set:set()
  local row = before[i]:set():first() -- frozen again
  assert(row.time == was[i][1], "the time")
  assert(now:first().time >= row.time + 0.2, "it is later now")
  if i == 1 then
    assert(row.age == was[i][2], "the age")
    assert((now - before[i]):first().age >= 0.2, "the growth of its age")
    local later = now:first()
    local started = { row.start_time, later.start_time }
    assert(started[1] == started[2] and math.abs(started[1] - was[i][3]) < 0.001, "it started when it started")
  end
end
LUA
  "$MEMSH" frozen.lua $$
}
