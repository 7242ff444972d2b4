-- SPDX-License-Identifier: GPL-3.0-or-later
-- The values of expressions for many rows at once, a column each, where they are fields of the table or made of those.
local core = require "memsh.core"

local columns = {}

columns.MOST = 32 -- fields that can be taken at once; an expression has fewer

local Columns = {}
Columns.__index = Columns

--- Columns, none yet. `ids` and `fields` are the fields of the table that are taken, and their values.
function columns.new()
  return setmetatable({ ids = {}, fields = {}, at = {}, worked_out = {}, constants = {} }, Columns)
end

--- The id of the field of the table that an expression is; nil where it is anything more.
function columns.field_of(e)
  local field = type(e) == "table" and e.field
  if field and math.type(field.id) == "integer" then return field.id, field end
end

--- The column of a field.
function Columns:field(id)
  if not self.at[id] then
    self.ids[#self.ids + 1], self.fields[#self.fields + 1] = id, {}
    self.at[id] = #self.ids
  end
  return self.fields[self.at[id]]
end

--- The column of an expression; nil where it has none.
function Columns:expression(e)
  local id, by_columns = columns.field_of(e), type(e) == "table" and e.by_columns
  if id then return self:field(id) end
  if not by_columns then return nil end
  local one = { run = by_columns.run, values = {}, fields = {} }
  for i, field in ipairs(by_columns.ids) do one.fields[i] = self:field(field) end
  self.worked_out[#self.worked_out + 1] = one
  return one.values
end

--- The column of a field that all rows of one machine and moment have in common; nil where it is none of those.
function Columns:of_machine(e)
  local get = type(e) == "table" and e.field and e.field.of_machine
  if not get then return nil end
  local one = { get = get, values = {}, n = 0 }
  self.constants[#self.constants + 1] = one
  return one.values
end

-- Gives whether it is not known.
local function fill_constant(one, source, n)
  local value = one.get(source)
  if not core.known(value) then value = nil end
  if value ~= one.value then one.value, one.n = value, 0 end
  for i = one.n + 1, n do one.values[i] = value end
  one.n = math.max(one.n, n)
  return value == nil
end

-- Of a row whose value could not be worked out without the row nothing is known here.
local function forget(fields, values, n)
  for i = 1, n do
    for k = 1, values[i] == nil and #fields or 0 do fields[k][i] = nil end
  end
end

--- Fills all columns with n rows of an array or a listing, from a place on or at an array of places. Of a row of which
--- something is not known all fields are nil.
---@param places integer|integer[]
---@param source userdata|nil that all rows are of, where there is a column of the machine
---@return boolean doubt whether a value of a row is not known
---@return boolean lacks whether one of the machine is not known
function Columns:fill(rows, places, n, source)
  local doubt, lacks = core.columns(rows, places, n, self.ids, self.fields), false
  for _, one in ipairs(self.constants) do lacks = fill_constant(one, source, n) or lacks end
  for _, one in ipairs(self.worked_out) do
    local _, some = one.run(n, one.values, table.unpack(one.fields))
    if some then forget(self.fields, one.values, n) end
    doubt = doubt or some or false
  end
  return doubt, lacks
end

return columns
