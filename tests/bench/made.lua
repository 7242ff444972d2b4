-- SPDX-License-Identifier: GPL-3.0-or-later
-- made.lua ROWS: what a question costs over rows that Lua made: lines of "NUMBER WHAT".
local n = tonumber(arg[1])

local function made()
  local list = {}
  math.randomseed(1)
  for i = 1, n do list[i] = { id = i, value = math.random(1 << 40), key = i % 100000 } end
  return rows(list)
end

local set = made()

local function say(what, ask)
  collectgarbage()
  local start = os.clock()
  ask()
  print(("%.2f us a row of %d: %s"):format((os.clock() - start) * 1e6 / n, n, what))
end

say("the first ten of a sort", function() return set:sort"-value":top(10):rows() end)
say("all of them, sorted", function() return set:sort"-value":rows() end)
say("sums by up to 100,000 keys", function() return set:by"key":sum"value":rows() end)
say("joined with themselves by a key", function() return set:join(set, "id"):count() end)
