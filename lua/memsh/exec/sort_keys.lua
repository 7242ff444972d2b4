-- SPDX-License-Identifier: GPL-3.0-or-later
-- Values as keys: to sort by, and to group by.
local core = require "memsh.core"
local expr = require "memsh.expr.expr"

local sort_keys = {}

local is_unknown, why = core.is_unknown, core.why

-- Texts as one, which two arrays of texts share if and only if they are the same: the length is before each.
local function joined(texts, n)
  local parts = {}
  for i = 1, n do parts[2 * i - 1], parts[2 * i] = #texts[i] .. ":", texts[i] end
  return table.concat(parts)
end

--- A text that two values share if and only if they are the same key. Values unknown for one reason are one key.
function sort_keys.text(value)
  local kind = math.type(value) or type(value)
  if is_unknown(value) then return "?" .. why(value) end
  if kind == "table" then return "t" .. sort_keys.text_of(value, #value) end
  if kind == "float" then
    local whole = math.tointeger(value)
    return whole and "i" .. whole or ("f%.17g"):format(value)
  end
  return kind:sub(1, 1) .. tostring(value)
end

--- The same of several values.
function sort_keys.text_of(values, n)
  if n == 1 then return sort_keys.text(values[1]) end
  local texts = {}
  for i = 1, n do texts[i] = sort_keys.text(values[i]) end
  return joined(texts, n)
end

--- The keys of a row: as one text, by themselves, and the reason why one of them is unknown.
---@param run table|nil that notes what is unknown
function sort_keys.of_row(terms, row, run)
  local values, reason = {}, nil
  for i, term in ipairs(terms) do
    local value
    if run then value = run:value(term, row) else value = term.value(row) end
    if is_unknown(value) then reason = why(value) end
    values[i] = value
  end
  return sort_keys.text_of(values, #terms), values, reason
end

-- Nothing is known of its order: unknown, or 0/0.
local function has_no_order(value)
  return value == nil or value ~= value or is_unknown(value)
end

--- How a sort key orders two values, known or not: -1, 0 or 1. Those without an order come last whichever way it goes.
---@return fun(a: any, b: any): integer
function sort_keys.order(unit, descending)
  local less, before, after = expr.less(unit), descending and 1 or -1, descending and -1 or 1
  return function(a, b)
    local a_last, b_last = has_no_order(a), has_no_order(b)
    if a_last or b_last then return a_last == b_last and 0 or a_last and 1 or -1 end
    if a == b then return 0 end
    if less(a, b) then return before end
    return less(b, a) and after or 0
  end
end

return sort_keys
