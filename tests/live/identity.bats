# SPDX-License-Identifier: GPL-3.0-or-later
# A row is of one process, even when its number goes to another one between two reads.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  cat >watch.lua <<'LUA'
-- Looks at a pid that is now a small process, now a big one: watch.lua PID SECONDS
local pid, until_ = math.tointeger(arg[1]), os.time() + tonumber(arg[2])
local BIG = 8 << 20
local seen = { ["twin-small"] = 0, ["twin-big"] = 0, unknown = 0 }
local orders = {
  { "comm", "rss_anon", "private_dirty" }, { "private_dirty", "comm", "rss_anon" }, { "rss_anon", "swap", "comm" },
}
local function look(p, fields)
  local v = {}
  for _, field in ipairs(fields) do v[field] = p[field] end
  local comm = v.comm
  if not known(comm) then seen.unknown = seen.unknown + 1 return end
  if not seen[comm] then return end
  seen[comm] = seen[comm] + 1
  for _, field in ipairs { "rss_anon", "private_dirty" } do
    -- A child shares its parent's pages: of the big one only what it has copied is private.
    if known(v[field]) and (field == "rss_anon" or comm == "twin-small") then
      assert((v[field] > BIG) == (comm == "twin-big"), comm .. " with " .. field .. " " .. tostring(v[field]))
    end
  end
end
repeat
  for _, fields in ipairs(orders) do
    local p = proc(pid)
    if p then look(p, fields) end
  end
  for p in procs:where("pid == n and rss_anon >= 0 and known(comm)", { n = pid }) do look(p, orders[1]) end
until os.time() >= until_
print(seen["twin-small"], seen["twin-big"], seen.unknown)
assert(seen["twin-small"] > 20 and seen["twin-big"] > 20, "too few were seen to tell")
LUA
}

teardown() {
  stop_helpers
}

@test "a pid that is given to another process again and again" {
  start churn twins 20 3000
  "$MEMSH" watch.lua "$(value pid)" 10
}

@test "a process that becomes another program again and again" {
  start states exec 3000
  cat >exec.lua <<'LUA'
local pid, until_ = math.tointeger(arg[1]), os.time() + 8
local seen = 0
repeat
  -- One load: both files are of one image of the program.
  for q in procs:where("pid == n and known(comm) and known(private_dirty)", { n = pid }) do
    if q.comm == "exec-big" then
      seen = seen + 1
      assert(q.private_dirty > 8 << 20, "exec-big with " .. tostring(q.private_dirty))
    end
  end
until os.time() >= until_
assert(seen > 20, "too few were seen to tell")
LUA
  "$MEMSH" exec.lua "$helper_pid"
}
