-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- What is left to report of many runs, while the collector works.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local coverage = require "memsh.exec.coverage"

local function lossy(pid)
  local seen = coverage.new()
  coverage.begin(seen)
  seen:process(pid)
  seen:note(pid, "denied")
  return seen
end

t.test("runs whose finalizers are due while they are reported are each reported once", function()
  local RUNS <const> = 200
  for more = 0, 20 do
    coverage.forget()
    collectgarbage("incremental", 100, 100, 5) -- a step after each 32 bytes
    collectgarbage()
    collectgarbage("stop")
    for pid = 1, RUNS do lossy(pid) end
    local begun = false
    setmetatable({}, { __gc = function() begun = true end }) -- the last one made: finalized first
    while not begun do collectgarbage("step", 0) end
    collectgarbage("restart")
    local filled = {} -- so that the next step of the collector comes at another place
    for i = 1, more do filled[i] = {} end
    local said = coverage.rest()
    t.eq(#filled, more)
    t.eq(#said, 1)
    t.eq(tonumber(said[1]:match "%((%d+) times%)$"), RUNS, said[1])
  end
end)

t.test("runs are reported in the order in which they began, whenever the collector came", function()
  coverage.forget()
  local kept = {}
  for pid = 1, 5 do
    kept[pid] = coverage.new()
    for other = 1, pid do -- so that each has a text of its own
      kept[pid]:process(other)
      kept[pid]:note(other, "denied")
    end
    coverage.begin(kept[pid])
  end
  kept[3], kept[5] = nil, nil
  collectgarbage()
  local said = coverage.rest()
  t.eq(#said, 5)
  for pid = 1, 5 do t.has(said[pid], pid .. " process") end
end)

t.finish()
