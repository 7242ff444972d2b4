-- SPDX-License-Identifier: GPL-3.0-or-later
-- Values as keys: to sort by, and to tell groups apart.
local core = require "memsh.core"
local expr = require "memsh.expr.expr"

local sort_keys = {}

local is_unknown, why = core.is_unknown, core.why

--- A text that two values share if and only if they are the same key. Unknown values of one reason are one key.
function sort_keys.text(value)
  local kind = math.type(value) or type(value)
  if is_unknown(value) then return "?" .. why(value) end
  if kind == "table" then return "t" .. table.concat(value, "\0") end
  if kind == "float" and value == math.floor(value) and math.abs(value) < 2 ^ 53 then
    return "i" .. math.tointeger(value)
  end
  return kind:sub(1, 1) .. tostring(value)
end

--- The same of several values.
function sort_keys.text_of(values, n)
  if n == 1 then return sort_keys.text(values[1]) end
  local parts = {}
  for i = 1, n do parts[i] = sort_keys.text(values[i]) end
  return table.concat(parts, "\1")
end

--- The keys of a row: as one text, by themselves, and the reason why one of them is unknown.
---@param run table|nil that notes what is unknown
function sort_keys.of_row(terms, row, run)
  local values, reason = {}, nil
  for i, term in ipairs(terms) do
    local value = term.value(row)
    if is_unknown(value) then
      reason = why(value)
      if run then run:unknown_of(row, reason) end
    end
    values[i] = value
  end
  return sort_keys.text_of(values, #terms), values, reason
end

-- -1, 0 or 1 for two known values of one column.
local function comparison(unit)
  local less = expr.less(unit)
  return function(a, b)
    if a == b then return 0 end
    if less(a, b) then return -1 end
    return less(b, a) and 1 or 0
  end
end

local TYPE_RANK = { boolean = 1, number = 2, string = 3, table = 4 }

-- The same where values are of any type: functions and grouped rows give such.
local function any_comparison()
  local same = {}
  return function(a, b)
    local x, y = TYPE_RANK[type(a)] or 5, TYPE_RANK[type(b)] or 5
    if x ~= y then return x < y and -1 or 1 end
    if x == 4 then a, b = table.concat(a, " "), table.concat(b, " ") end
    if x == 5 then a, b = tostring(a), tostring(b) end
    local unit = x == 1 and "boolean" or x == 2 and "number" or "text"
    same[unit] = same[unit] or comparison(unit)
    return same[unit](a, b)
  end
end

local UNITS = { any = any_comparison, list = any_comparison }

--- Compares two values, known or not, of a sort key: unknown ones come last whichever way it goes.
---@return fun(a: any, b: any): integer
function sort_keys.order(unit, descending)
  local compare = (UNITS[unit] or comparison)(unit)
  local sign = descending and -1 or 1
  return function(a, b)
    local a_unknown, b_unknown = a == nil or is_unknown(a), b == nil or is_unknown(b)
    if a_unknown or b_unknown then
      if a_unknown and b_unknown then return 0 end
      return a_unknown and 1 or -1
    end
    return sign * compare(a, b)
  end
end

return sort_keys
