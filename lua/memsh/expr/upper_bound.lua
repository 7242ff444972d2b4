-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whether a condition can hold of any row of which no more is known than what its numbers can be at most.
local upper_bound = {}

local EXACT <const> = 1 << 52 -- sums of larger numbers are not looked at

local function number(node)
  if node.k == "const" and type(node.v) == "number" and not node.unsigned then return node.v end
  return nil
end

local function plus(a, b)
  return a and b and math.abs(a) < EXACT and math.abs(b) < EXACT and a + b or nil
end

-- The largest value that a tree can have, nil where that is not known. most(name): that of a field, which is never
-- less than 0; nil for others.
local function most_of(node, most)
  if node.k == "field" then return most(node.name) end
  if node.k == "bin" and node.op == "+" then return plus(most_of(node.a, most), most_of(node.b, most)) end
  return number(node)
end

local function least_of(node, most)
  if node.k == "field" then return most(node.name) and 0 end
  if node.k == "bin" and node.op == "+" then return plus(least_of(node.a, most), least_of(node.b, most)) end
  return number(node)
end

-- Whether a number up to `a` can stand in that relation to one from `b` on.
local ABOVE = {
  [">"] = function(a, b) return a > b end,
  [">="] = function(a, b) return a >= b end,
}
local MIRRORED = { ["<"] = ">", ["<="] = ">=" }

local function above(op, a, b, most)
  local high, low = most_of(a, most), least_of(b, most)
  return not (high and low) or ABOVE[op](high, low)
end

local function differs(a, b, most)
  local low = least_of(a, most)
  return not (low and low == most_of(a, most) and low == least_of(b, most) and low == most_of(b, most))
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
