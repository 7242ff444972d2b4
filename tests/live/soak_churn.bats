# SPDX-License-Identifier: GPL-3.0-or-later
# Full scans for a minute, while thousands of processes a second come and go.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
}

@test "a minute of full scans beside 2,000 forks a second" {
  start churn forks 75
  cat >scan.lua <<'LUA'
local until_, scans, rows = os.time() + 60, 0, 0
local function open_files()
  local count = 0
  for fd = 0, 255 do
    local file = io.open("/proc/self/fdinfo/" .. fd)
    if file then
      count = count + 1
      file:close()
    end
  end
  return count
end
local files
repeat
  for p in procs do
    local pid, comm, rss, dirty = p.pid, p.comm, p.rss, p.private_dirty
    assert(pid > 0)
    if known(comm) and known(rss) and known(dirty) then
      rows = rows + 1
      -- Every process with memory has some pages, and none has more private memory than memory.
      assert(p.virt >= rss, comm)
    end
  end
  scans = scans + 1
  files = files or open_files()
  assert(open_files() == files, "files were left open")
  if scans % 20 == 0 then collectgarbage() end
until os.time() >= until_
print(scans .. " scans", rows .. " rows")
assert(scans > 10 and rows > 100)
LUA
  "$MEMSH" scan.lua
  wait "$helper_pid"
  rate=$(value rate)
  echo "$rate forks a second"
  [ -n "$MEMSH_SANITIZE" ] || [ "$rate" -ge 2000 ]
}

@test "a minute of listings that are read ahead, beside as many forks" {
  start churn forks 75
  cat >list.lua <<'LUA'
local until_, scans, mappings = os.time() + 60, 0, 0
repeat
  local pid, last
  for m in maps do
    if m.pid ~= pid then pid, last = m.pid, nil end
    assert(not last or not math.ult(m.addr, last), "mappings of two processes, or out of order")
    last, mappings = m.addr, mappings + 1
  end
  scans = scans + 1
until os.time() >= until_
print(scans .. " scans", mappings .. " mappings")
assert(scans > 3 and mappings > 1000)
LUA
  "$MEMSH" -j4 list.lua
  wait "$helper_pid"
}
