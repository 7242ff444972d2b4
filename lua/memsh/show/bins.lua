-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where the bins of a distribution begin and end: round numbers, each a multiple of the one before. A scale is a
-- function from a whole number to an edge, rising.
local bins = {}

-- Powers of 2, `step` doublings a bin: sizes of memory.
local function doublings(step)
  return function(i)
    local power = i * step
    return power >= 0 and power < 62 and 1 << power or 2.0 ^ power
  end
end

local function tidy(value)
  return math.type(value) == "float" and math.abs(value) < 2 ^ 53 and math.tointeger(value) or value
end

local STEPS <const> = { [0] = 1, 2, 5 }

-- 1, 2, 5, 10, 20...
local function one_two_five(i)
  return tidy(STEPS[i % 3] * 10.0 ^ (i // 3))
end

local function decades(step)
  return function(i) return tidy(10.0 ^ (i * step)) end
end

local AGES <const> = { 1, 10, 60, 600, 3600, 6 * 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400 }

-- Spans of time that people name.
local function ages(i)
  if i < 1 then return 10.0 ^ (i - 1) end
  return AGES[i] or tidy(AGES[#AGES] * 10.0 ^ (i - #AGES))
end

-- The finest first; the last one takes anything.
local SCALES <const> = {
  bytes = { doublings(1), doublings(2), doublings(5), doublings(10), doublings(20), doublings(400) },
  seconds = { ages, decades(3), decades(100) },
  number = { one_two_five, decades(1), decades(3), decades(100) },
}

--- The place of a positive number: that of the last edge that is not above it.
---@param edge fun(i: integer): number
---@param value number
---@return integer
function bins.place(edge, value)
  local i = 0
  while edge(i + 1) <= value do i = i + 1 end
  while edge(i) > value do i = i - 1 end
  return i
end

--- The finest scale that has at most `number` bins between two positive numbers.
---@param unit string
---@param least number
---@param most number
---@param number integer
---@return fun(i: integer): number
function bins.choose(unit, least, most, number)
  local list = SCALES[unit] or SCALES.number
  for _, edge in ipairs(list) do
    if bins.place(edge, most) - bins.place(edge, least) < number then return edge end
  end
  return list[#list]
end

return bins
