# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Processes that are read while those before them are looked at: the same answers, and nothing that is not asked for.
load ../helpers/helpers

# 700 processes; process N has N kB in swap and N MB of Pss.
setup_file() {
  mkdir "$BATS_FILE_TMPDIR/root" && cd "$BATS_FILE_TMPDIR/root" || return
  mkdir .machine {1..700}
  echo 'page_size 4096' >.machine/info
  for pid in {1..700}; do
    printf 'Name:\tp%d\nPid:\t%d\nVmSize:\t%d kB\nVmSwap:\t%d kB\nThreads:\t1\n' "$pid" "$pid" "$pid" "$pid" >"$pid/status"
    echo "$pid (p$pid) S 1 2 3 0 -1 0 5 0 7 0 12 3 0 0 20 0 1 0 100 4096 56 0 1 1 0" >"$pid/stat"
    printf '1-2 ---p 00000000 00:00 0 [rollup]\nRss: %d kB\nPss: %d kB\nLocked: 0 kB\n' "$((pid * 1024))" "$((pid * 1024))" >"$pid/smaps_rollup"
  done
}

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  cat >opens.lua <<'LUA'
local machine = require "memsh.fields.machine"
function opened(file, f)
  local before = machine.source():opened()[file] or 0
  f()
  return (machine.source():opened()[file] or 0) - before
end
LUA
}

memsh() {
  "$MEMSH" -s "$BATS_FILE_TMPDIR/root" "$@"
}

@test "the same rows with any number of readers, each in its place" {
  seq 1 700 | awk '$1 * 1024 > 300000 { print $1 "\t" $1 * 1024 }' | sort -rn >expected
  for jobs in 1 2 4; do
    memsh -j "$jobs" -f tsv -e 'procs:where"vm_swap > 300000":sort"-vm_swap":show"pid vm_swap"' | tail -n +2 >found
    cmp expected found
    [ "$(memsh -j "$jobs" -e 'print(procs:sort"-pss":top(3):csv())' | tr -d '\r' | cut -d, -f1 | tr '\n' ' ')" = "pid 700 699 698  " ]
  done
}

@test "each file once where all rows are asked for, and none ahead where they are not" {
  cat >>opens.lua <<'LUA'
local some = procs:where"vm_swap > 0"
assert(opened("status", function() some:sort"-vm_swap":show"pid vm_swap":csv() end) == 700)
assert(opened("status", function() some:by"":sum"vm_swap":csv() end) == 700)
assert(opened("smaps_rollup", function() procs:sort"-pss":top(10):show"pid pss":csv() end) == 700)
assert(opened("status", function() some:show"pid vm_swap":csv() end) == 700)
assert(opened("status", function() assert(some:count() == 700) end) == 700)
assert(opened("status", function() some:first() end) == 1)
assert(opened("status", function() some:any() end) == 1)
assert(opened("status", function() some:distinct"vm_swap":top(1):show"pid":csv() end) <= 16)
assert(opened("status", function() some:top(5):sort"-vm_swap":show"pid":csv() end) == 5)
assert(opened("status", function() for _ in some do break end end) <= 16)
local n = opened("status", function() some:where"vm_swap > 20 * K":top(1):sort"pid":show"pid":csv() end)
assert(n < 100, n)
LUA
  memsh -j2 opens.lua
}

@test "who asks for a process that is being read ahead gets it, and the row is right" {
  cat >ask.lua <<'LUA'
local n = 0
for p in procs:where"vm_swap > 0":where(function(p)
  local other = proc(p.pid % 700 + 1)
  return other.vm_swap == other.pid * 1024 and p.vm_swap == p.pid * 1024
end):sort"-pid" do
  n = n + 1
  assert(p.pid == 701 - n and p.pss == p.pid << 20)
end
assert(n == 700)
for p in procs:sort"pid vm_swap":top(2) do
  local inner = 0
  for q in procs:sort"-vm_swap" do inner = inner + q.vm_swap end
  assert(inner == 700 * 701 // 2 * 1024)
end
LUA
  memsh -j2 ask.lua
}

@test "an error in the middle leaves nothing behind" {
  cat >raise.lua <<'LUA'
for at = 1, 650, 50 do
  local fine = pcall(function()
    procs:where"vm_swap > 0":where(function(p) if p.pid == at then error "enough" end return true end):sort"-pid":rows()
  end)
  assert(not fine)
  assert(procs:where"vm_swap > 0":by"":sum"vm_swap":rows()[1].vm_swap == 700 * 701 // 2 * 1024)
  if at % 100 == 1 then collectgarbage() end
end
LUA
  memsh -j2 raise.lua
}

@test "the next two chunks are being read when one is given, and are there when it is their turn" {
  cat >chunks.lua <<'LUA'
local core, chunks = require "memsh.core", require "memsh.exec.readahead"
assert(procs:count() == 700) -- which opens the saved machine
local source = require "memsh.fields.machine".source()
local before = source:opened().status or 0
local status = core.plan { core.field("process", "vm_swap").id }
local list, seen = chunks.of(source, (source:pids()), nil, status), 0
while not list:is_over() do
  local rows = list:next()
  assert(list:is_over() or #list.ahead > 0)
  for _, one in ipairs(list.ahead) do assert(one.reading) end
  for _, row in ipairs(rows) do
    assert(core.missing(row, status) == 0, row.pid) -- nobody has loaded it
    seen = seen + 1
  end
end
assert(seen == 700 and source:opened().status - before == 700)
local none = chunks.of(source, (source:pids()), nil, 0)
assert(core.missing(none:next()[1], status) ~= 0 and #none.ahead == 0)
LUA
  memsh -j2 chunks.lua
}
