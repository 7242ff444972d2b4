-- SPDX-License-Identifier: GPL-3.0-or-later
-- Columns that show"mb=rss/M" named, as row.mb of the rows that Lua gets of such a set.
local core = require "memsh.core"

local named_columns = {}

-- By row, the schemas of the sets that gave it: rows of a frozen set may come from several.
local schemas = setmetatable({}, { __mode = "k" })

--- Lets a row answer to what the columns of its set are called. Gives the row.
function named_columns.attach(row, schema)
  if not schema.base or row == nil then return row end
  local list = schemas[row] or {}
  schemas[row] = list
  for _, known in ipairs(list) do
    if known == schema then return row end
  end
  list[#list + 1] = schema
  return row
end

local function column_of(schema, name)
  while schema.base do
    local field = schema.by_name[name]
    if field then return field end
    schema = schema.base
  end
  return nil
end

--- The column of that name of a row's set, or nil. Raises where two sets gave the row and mean different things by it.
function named_columns.column(row, name)
  local found
  for _, schema in ipairs(schemas[row] or {}) do
    local field = column_of(schema, name)
    if field and found and field.meaning ~= found.meaning then
      core.raise(("'%s' is %s in one set of this row, and %s in another: give them different names"):format(name,
        tostring(found.meaning), tostring(field.meaning)))
    end
    found = found or field
  end
  return found
end

--- Whether a row's set has a column of that name, and its value.
---@return boolean
---@return any
function named_columns.read(row, name)
  local column = named_columns.column(row, name)
  if not column then return false end
  if core.is_watched() then return true, core.quietly(column.get, row) end
  return true, column.get(row)
end

return named_columns
