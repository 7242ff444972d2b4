-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- What a question holds does not grow with the number of moments that it is about.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

local MOMENTS <const>, PROCESSES <const> = 40, 200

local work = os.tmpname()
os.remove(work)
assert(os.execute(("mkdir %s && cp -r '%s/full' %s/root && mkdir $(seq -f %s/root/%%.0f 2001 %d)"):format(work,
  os.getenv "MEMSH_FIXTURES", work, work, 2000 + PROCESSES)))

local function text_of(path)
  local file = assert(io.open(work .. "/root/" .. path))
  local text = file:read "a"
  file:close()
  return text
end

local function put(path, text)
  local file = assert(io.open(work .. "/root/" .. path, "w"))
  file:write(text)
  file:close()
end

local stat, status, statm = text_of "412/stat", text_of "412/status", text_of "412/statm"
for pid = 2001, 2000 + PROCESSES do
  put(pid .. "/stat", (stat:gsub("^412", pid)))
  put(pid .. "/status", (status:gsub("Pid:\t412", "Pid:\t" .. pid)))
  put(pid .. "/statm", statm)
end

local info = text_of ".machine/info"
for i = 1, MOMENTS do
  put(".machine/info", (info:gsub("now %d+", "now " .. 1700086400 + 60 * i)))
  assert(core.record_saved(assert(core.source(work .. "/root")), work .. "/x.memsh"))
end

local r = recording(work .. "/x.memsh")

-- KiB that Lua holds whenever a moment is opened while f runs.
local function held_in(f)
  local list, add = {}, machine.add
  machine.add = function(...)
    collectgarbage()
    collectgarbage()
    list[#list + 1] = collectgarbage "count"
    return add(...)
  end
  f()
  machine.add = add
  return list
end

local QUESTIONS <const> = {
  sum = function() return r.procs:over {}:by "time":sum "rss":rows() end,
  ["sum of large ones"] = function() return r.procs:over {}:where "rss > 1M":by "time":sum "rss":rows() end,
  ["one sum"] = function() return r.procs:over {}:sum "rss" end,
  count = function() return r.procs:over {}:by "user":count():rows() end,
}

t.test("nothing is remembered of the processes of a moment that is over", function()
  for name, ask in pairs(QUESTIONS) do
    ask()
    local held = held_in(ask)
    t.ok(#held >= MOMENTS - 1, #held) -- the newest may be open
    local bytes = 1024 * (held[#held] - held[#held // 4]) / (#held * 3 / 4)
    t.ok(bytes < 10 * PROCESSES, ("%s: %.0f bytes for each moment"):format(name, bytes))
  end
end)

os.execute("rm -r " .. work)
t.finish()
