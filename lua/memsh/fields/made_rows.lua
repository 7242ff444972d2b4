-- SPDX-License-Identifier: GPL-3.0-or-later
-- Rows that a query made, which are Lua tables, and what is missing from their columns. To scripts that is row.partial,
-- the number of rows by column, unless a column is called so.
local named_columns = require "memsh.fields.named_columns"
local suggest = require "memsh.util.lazy" "memsh.util.suggest"

local made_rows = {}

local Row = {}

-- The key of what a row lacks, by column: no column can have it.
local LACKS <const> = {}

local NOTHING <const> = {}

-- A column of a row, or an error that names it.
function Row.__index(row, name)
  for _, column in ipairs(rawget(row, 1)) do
    if column == name then return nil end
  end
  local is_named, value = named_columns.read(row, name)
  if is_named then return value end
  if name == "partial" then return made_rows.partial(row) end
  suggest().no_field(name, "this row")
end

function Row:__tostring()
  local parts = {}
  for i, name in ipairs(rawget(self, 1)) do parts[i] = ("%s=%s"):format(name, tostring(rawget(self, name))) end
  return "row (" .. table.concat(parts, ", ") .. ")"
end

--- A row of these columns. Columns whose value is nil read as nil.
function made_rows.new(names)
  return setmetatable({ names }, Row)
end

--- Whether it is one of them, as a group is.
function made_rows.is(row)
  return getmetatable(row) == Row
end

--- Notes that something is missing from a column of a row.
---@param missing integer from how many rows it is
---@param reason string|nil why
---@param at_least boolean the value is a lower bound
function made_rows.lose(row, name, missing, reason, at_least)
  local lacks = rawget(row, LACKS) or {}
  lacks[name] = { missing = missing, why = reason or "io", at_least = at_least }
  rawset(row, LACKS, lacks)
end

--- Puts a value into a column, from which something may be missing.
function made_rows.put(row, name, value, missing, reason, at_least)
  rawset(row, name, value)
  if missing > 0 then made_rows.lose(row, name, missing, reason, at_least) end
end

--- What is missing from a row, by column.
---@return table<string, {missing: integer, why: string, at_least: boolean}>
function made_rows.lacks(row)
  return type(row) == "table" and rawget(row, LACKS) or NOTHING
end

--- From how many rows something is missing, by column; nil where nothing is.
---@return table<string, integer>|nil
function made_rows.partial(row)
  local partial
  for name, lack in pairs(made_rows.lacks(row)) do
    partial = partial or {}
    partial[name] = lack.missing
  end
  return partial
end

--- From how many rows something is missing in what an expression makes of these fields of a row.
function made_rows.missing(row, fields)
  local lacks, most = made_rows.lacks(row), nil
  for _, name in ipairs(lacks ~= NOTHING and fields or NOTHING) do
    if lacks[name] then most = math.max(most or 0, lacks[name].missing) end
  end
  return most
end

--- The same of a term, which may be made of shares.
---@param term memsh.Term
function made_rows.missing_of(row, term)
  if term.is_settled then return nil end
  return made_rows.missing(row, term.fields) or term.lacks and term.lacks(row) or nil
end

return made_rows
