-- SPDX-License-Identifier: GPL-3.0-or-later
-- The values of expressions for all mappings of a listing, in columns, a part of it at a time.
local columns = require "memsh.exec.columns"
local core = require "memsh.core"
local expr = require "memsh.expr.expr"
local schema = require "memsh.fields.schema"

local SIZE <const> = 512

-- An expression, and its columns: of a number alone it is that number.
local function column_of(text)
  local number = tonumber(text)
  if number then
    local values = {}
    for i = 1, SIZE do values[i] = number end
    return { values = values }
  end
  local one, of = { value = expr.compile(text, schema.mapping) }, columns.new()
  one.values = of:expression(one.value)
  if one.values then one.of = of else one.values = {} end
  return one
end

-- Fills in what columns do not have, mapping by mapping.
local function fill_by_one(one, listing, base, n)
  local view = listing:view()
  for i = 1, n do
    if one.values[i] == nil or not one.of then
      core.seek(view, base + i)
      one.values[i] = one.value(view)
    end
  end
end

--- The values of these expressions.
---@param texts string[]
---@return fun(listing: any): fun(): integer|nil, any[][], boolean, integer an iterator over parts of a listing: of how
--- many mappings, the values of each expression, whether some may be unknown, and how many mappings came before
return function(texts)
  local list, values = {}, {}
  for i, text in ipairs(texts) do
    list[i] = column_of(text)
    values[i] = list[i].values
  end
  return function(listing)
    local base, n = 0, 0
    return function()
      base = base + n
      n = math.min(SIZE, #listing - base)
      if n <= 0 then return nil end
      local doubt = false
      for _, one in ipairs(list) do
        local some = one.value ~= nil
        if one.of then some = one.of:fill(listing, base + 1, n) end
        if some then fill_by_one(one, listing, base, n) end
        doubt = doubt or some
      end
      return n, values, doubt, base
    end
  end
end
