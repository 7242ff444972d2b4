-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Sums of mappings that are made of whole listings are those that are made row by row, in the same order.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local reference_mode = require "memsh.exec.reference_mode"

local function both(question)
  reference_mode.plain = true
  local row_by_row = question()
  reference_mode.plain = false
  return question(), row_by_row
end

local QUESTIONS = {
  ["one field"] = function() return maps:by"path":sum"pss":json() end,
  ["two fields, two sums"] = function() return maps:by"kind, quadrant":sum"pss size":avg"mean=rss":json() end,
  ["the least and the greatest"] = function() return maps:by"perms":min"pss":max"most=pss":json() end,
  ["a field of the process beside one of the mapping"] = function() return maps:by"user, path":sum"swap_pss":json() end,
  ["only a field of the process"] = function() return maps:by"comm":max"rss":json() end,
  ["booleans and numbers as keys"] = function() return maps:by"x, offset, dev":sum"pss":json() end,
  ["nothing but how many"] = function() return maps:by"path":count():json() end,
  ["no key"] = function() return maps:by"":sum"pss":json() end,
  ["a condition on the process"] = function() return maps:where"pid > 1":by"path":sum"pss":json() end,
  ["mappings of some processes"] = function() return procs:where"pid > 100":maps():by"path":sum"pss":json() end,
  ["behind the groups"] = function() return maps:by"path":sum"pss":where"n > 1":sort"-pss, path":top(3):json() end,
  ["a growth of groups"] = function()
    local groups = maps:by"path":sum"pss"
    return groups:join(maps:by"path":sum"rss", "path"):json()
  end,
}

-- The same but for the times in it.
local function timeless(text)
  return (text:gsub('"meta":.*$', ""))
end

for name, question in pairs(QUESTIONS) do
  t.test("groups by " .. name, function()
    local whole, row_by_row = both(question)
    t.eq(timeless(whole), timeless(row_by_row))
  end)
end

for _, how in ipairs { "sum", "avg", "min", "max" } do
  t.test(how .. " of all", function()
    local function question() return { maps[how](maps, "pss") } end
    local whole, row_by_row = both(question)
    t.eq(whole, row_by_row)
    t.ok(math.type(whole[1]))
  end)
end

t.test("a mapping whose number is not known takes the rows of its process the other way", function()
  local whole, row_by_row = both(function() return maps:by"path":sum"ksm pss":json() end)
  t.eq(timeless(whole), timeless(row_by_row))
end)

t.finish()
