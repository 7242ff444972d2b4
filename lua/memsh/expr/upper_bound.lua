-- SPDX-License-Identifier: GPL-3.0-or-later
-- What can be said of an expression of whose numbers no more is known than a bound: whether a condition can hold of any
-- row, and whether a value is a bound, too.
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

-- ---- lower bounds

local MAY_BE_NEGATIVE <const> = { integer = true, number = true, any = true }

local function is_positive(node, or_zero)
  return node.k == "const" and type(node.v) == "number" and (node.v > 0 or or_zero and node.v == 0) or false
end

-- What a field that is an expression says of itself; `plain`: of any other.
local function of_field(node, what, plain)
  local field = node.field or {}
  if field.sign or field.no_bound then return false end
  if type(field.get) == "table" and field.get[what] ~= nil then return field.get[what] end
  return plain
end

local function each(args, holds)
  for _, arg in ipairs(args) do
    if not holds(arg) then return false end
  end
  return true
end

local ADDS <const> = { ["+"] = true, ["*"] = true }
local DIVIDES <const> = { ["/"] = true, ["//"] = true }
local KEEPS_ORDER <const> = { min = true, max = true, floor = true, abs = true, K = true, M = true, G = true, T = true }

--- Whether a value is never less where a field in it is more, and not below 0: of lower bounds it is one.
---@return boolean
function upper_bound.grows(node)
  if node.k == "field" then return of_field(node, "grows", not MAY_BE_NEGATIVE[node.unit]) end
  if node.k == "call" then return KEEPS_ORDER[node.fn] and each(node.args, upper_bound.grows) or false end
  if node.k ~= "bin" then return is_positive(node, true) end
  if ADDS[node.op] then return upper_bound.grows(node.a) and upper_bound.grows(node.b) end
  return DIVIDES[node.op] and is_positive(node.b) and upper_bound.grows(node.a) or false
end

--- Whether a value is never negative: a sum that it is missing from is a lower bound.
---@return boolean
function upper_bound.never_negative(node)
  local holds = upper_bound.never_negative
  if node.k == "field" then return of_field(node, "never_negative", not MAY_BE_NEGATIVE[node.unit]) end
  if node.k == "call" then
    if node.fn == "abs" or node.fn == "len" then return true end
    return each(node.fn == "if" and { node.args[2], node.args[3] } or node.args, holds)
  end
  if node.k ~= "bin" then return is_positive(node, true) end
  return (ADDS[node.op] or DIVIDES[node.op] or node.op == "%") and holds(node.a) and holds(node.b) or false
end

return upper_bound
