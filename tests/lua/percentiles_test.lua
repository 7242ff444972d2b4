-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- median, p50 to p99 and stddev, of groups and of whole sets.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local machine = require "memsh.fields.machine"
local schema = require "memsh.fields.schema"

local PERCENT <const> = { median = 50, p50 = 50, p90 = 90, p95 = 95, p99 = 99 }

local function set_of(values)
  local rows = {}
  for i, value in ipairs(values) do rows[i] = { v = value, k = "all" } end
  return require("memsh.query.rowset").of_rows(rows, schema.made { schema.column("v", "bytes", ""),
    schema.column("k", "text", "") })
end

-- Counted one by one: the smallest value that at least so many per cent of them do not exceed.
local function nearest_rank(values, percent)
  local best
  for _, value in ipairs(values) do
    local covered = 0
    for _, other in ipairs(values) do covered = covered + (other <= value and 1 or 0) end
    if 100 * covered >= percent * #values and (best == nil or value < best) then best = value end
  end
  return best
end

local function deviation(values)
  local sum, squares = 0, 0
  for _, value in ipairs(values) do sum = sum + value end
  for _, value in ipairs(values) do squares = squares + (value - sum / #values) ^ 2 end
  return (squares / #values) ^ 0.5
end

t.test("percentiles are exact, and the same of a whole set, of a group and of agg", function()
  for _, n in ipairs { 1, 2, 3, 19, 20, 21, 99, 100, 101, 200 } do
    local values = {}
    for i = 1, n do values[i] = (i * 7919) % 211 - 50 end
    local set = set_of(values)
    for how, percent in pairs(PERCENT) do
      local expected = nearest_rank(values, percent)
      t.eq(set[how](set, "v"), expected, how .. n)
      local groups = set:by "k"
      t.eq(groups[how](groups, "v"):first().v, expected, how .. n)
      t.eq(set:by "k":agg { x = how .. "(v)" }:first().x, expected, how .. n)
    end
    t.ok(math.abs(set:stddev "v" - deviation(values)) < 1e-9, "stddev " .. n)
  end
end)

t.test("stddev keeps its digits where values are large and close", function()
  local far = 1 << 50
  t.eq(set_of({ far, far + 2, far + 4, far + 6 }):stddev "v", 5 ^ 0.5)
  t.eq(set_of({ 5 }):stddev "v", 0.0)
  t.eq(table.pack(set_of({ 5 }):where "v > 5":stddev "v"), { nil, 0, n = 2 }, "of none there is none")
end)

t.test("of mappings they are of each mapping, whichever way sums are read", function()
  local values = {}
  for m in maps do
    if known(m.rss) then values[#values + 1] = m.rss end
  end
  t.eq(maps:p95 "rss", nearest_rank(values, 95))
  t.eq(t.plainly(function() return maps:p95 "rss" end), nearest_rank(values, 95))
  t.ok(math.abs(maps:stddev "rss" - deviation(values)) < 1e-6 * deviation(values))
  t.eq(maps:by "user":p90 "size":csv(), t.plainly(function() return maps:by "user":p90 "size":csv() end))
end)

t.test("what is unknown is left out and counted, as by avg", function()
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/denied")
  local own = proc(1400).pss
  t.eq(table.pack(procs:p95 "pss"), { own, select(2, procs:avg "pss"), n = 2 })
  t.eq(why((procs:where "pid < 1400":median "pss")), "denied")
  t.has(procs:by "'all'":p95 "pss":csv(), "pss\r\n")
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/full")
end)

t.test("numbers and times have them, texts do not; slips are answered", function()
  t.eq(type(procs:median "start_time"), "number")
  t.raises(function() procs:p95 "comm" end, "percentiles_test.lua:%d+: p95 needs numbers, and comm is a text")
  t.raises(function() procs:by "user":agg { x = "p96(rss)" } end, "did you mean 'p9%d%(rss%)'")
  t.raises(function() procs:p95() end, "p95 takes an expression in quotes")
end)

t.finish()
