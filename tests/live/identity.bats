# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# A row is of one process, even when its number goes to another one between two reads.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  cat >watch.lua <<'LUA'
-- watch.lua PID NUMBER lazy|query|keep: looks at a pid that is now a small process, now a big one, until each was seen
-- so often, or for four seconds; where that is too little to tell, longer.
local pid, often, lazy = math.tointeger(arg[1]), tonumber(arg[2]), arg[3] == "lazy"
local start <const> = os.time()
if arg[3] == "keep" then require "memsh.fields.machine".source():keep_files(true) end
local BIG = 8 << 20
local seen = { ["twin-small"] = 0, ["twin-big"] = 0 }
local orders = {
  { "comm", "rss_anon", "private_dirty" }, { "private_dirty", "comm", "rss_anon" }, { "rss_anon", "swap", "comm" },
}
local function look(p, fields)
  local v = {}
  for _, field in ipairs(fields) do v[field] = p[field] end
  if not (known(v.comm) and known(v.rss_anon) and seen[v.comm]) then return end
  seen[v.comm] = seen[v.comm] + 1
  assert((v.rss_anon > BIG) == (v.comm == "twin-big"), v.comm .. " with " .. v.rss_anon)
end
repeat
  if lazy then
    for _, fields in ipairs(orders) do
      local p = proc(pid)
      if p then look(p, fields) end
    end
  else
    local where = procs:where("pid == n and rss_anon >= 0", { n = pid })
    for p in where:show "comm rss_anon" do look(p, orders[3]) end
    for p in procs:where("pid == n", { n = pid }):show "pss rss_anon comm swap" do look(p, orders[3]) end
  end
  local n, took = math.min(seen["twin-small"], seen["twin-big"]), os.time() - start
until n >= often or took >= 4 and n > 20 or took >= 30
print(seen["twin-small"], seen["twin-big"])
assert(seen["twin-small"] > 20 and seen["twin-big"] > 20, "too few were seen to tell")
LUA
}

teardown() {
  stop_helpers
}

@test "a pid that is given to another process again and again: what a query reads is of one" {
  start churn twins 40 3000
  "$MEMSH" watch.lua "$(value pid)" 200 query
}

@test "a pid that is given to another process again and again: the same where files stay open" {
  start churn twins 40 3000
  "$MEMSH" watch.lua "$(value pid)" 300 keep
}

# Field by field, in reads of their own, start time is all that tells one from the other: it counts in hundredths.
@test "a pid that is given to another process again and again: what is read later is of the same one" {
  start churn twins 40 25000
  "$MEMSH" watch.lua "$(value pid)" 3000 lazy
}

@test "a process that becomes another program again and again" {
  start states exec 3000
  cat >exec.lua <<'LUA'
local pid, start <const> = math.tointeger(arg[1]), os.time()
local seen = 0
repeat
  -- One load: both files are of one image of the program.
  for q in procs:where("pid == n and known(comm) and known(private_dirty)", { n = pid }) do
    if q.comm == "exec-big" then
      seen = seen + 1
      assert(q.private_dirty > 8 << 20, "exec-big with " .. tostring(q.private_dirty))
    end
  end
  local took = os.time() - start
until seen >= 150 or took >= 4 and seen > 20 or took >= 30
assert(seen > 20, "too few were seen to tell")
LUA
  "$MEMSH" exec.lua "$helper_pid"
}
