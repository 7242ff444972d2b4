-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whether a condition can hold of any row of which no more is known than what its numbers can be at most.
local upper_bound = {}

local EXACT <const> = 1 << 52 -- sums of larger numbers are not looked at

local function plus(a, b)
  return a and b and math.abs(a) < EXACT and math.abs(b) < EXACT and a + b or nil
end

-- The least and the largest value that a tree can have; nil where they are not known. most(name): the largest of a
-- field that is never less than 0; nil for others.
local function range(node, most)
  if node.k == "field" then
    local high = most(node.name)
    return high and 0, high
  elseif node.k == "bin" and node.op == "+" then
    local a_low, a_high = range(node.a, most)
    local b_low, b_high = range(node.b, most)
    return plus(a_low, b_low), plus(a_high, b_high)
  elseif node.k == "const" and type(node.v) == "number" and not node.unsigned then
    return node.v, node.v
  end
  return nil
end

-- Whether a number up to `a` can be above one from `b` on.
local ABOVE = {
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
}
local MIRRORED = { ["<"] = ">", ["<="] = ">=" }

local function above(op, a, b, most)
  local _, high = range(a, most)
  local low = range(b, most)
  return not (high and low) or ABOVE[op](high, low)
end

local function differs(a, b, most)
  local low, high = range(a, most)
  local other_low, other_high = range(b, most)
  return not (low and low == high and low == other_low and low == other_high)
end

--- False where the tree is false of every row whose fields are at most what `most` says, whatever else the row is.
---@param most fun(name: string): number|nil the largest value of a field that is never negative
function upper_bound.possible(node, most)
  if node.k == "const" then return node.v ~= false end
  if node.k ~= "bin" then return true end
  local op, a, b = node.op, node.a, node.b
  if op == "and" then return upper_bound.possible(a, most) and upper_bound.possible(b, most) end
  if op == "or" then return upper_bound.possible(a, most) or upper_bound.possible(b, most) end
  if ABOVE[op] then return above(op, a, b, most) end
  if MIRRORED[op] then return above(MIRRORED[op], b, a, most) end
  if op == "==" then return above(">=", a, b, most) and above(">=", b, a, most) end
  if op == "~=" then return differs(a, b, most) end
  return true
end

return upper_bound
