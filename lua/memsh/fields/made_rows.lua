-- SPDX-License-Identifier: GPL-3.0-or-later
-- Rows that a query made, which are Lua tables. By column, `partial` says from how many rows something is missing, and
-- `bounds` says why, and whether the value is a lower bound.
local suggest = require "memsh.util.lazy" "memsh.util.suggest"

local made_rows = {}

local Row = {}

-- A column of a row, or an error that names it.
function Row.__index(row, name)
  if name == "partial" or name == "bounds" then return nil end
  for _, column in ipairs(rawget(row, 1)) do
    if column == name then return nil end
  end
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

--- Puts a value into a column.
---@param missing integer from how many rows it is
---@param reason string|nil why
---@param at_least boolean it is a lower bound
function made_rows.put(row, name, value, missing, reason, at_least)
  rawset(row, name, value)
  if missing == 0 then return end
  local partial, bounds = rawget(row, "partial") or {}, rawget(row, "bounds") or {}
  partial[name], bounds[name] = missing, { why = reason or "io", at_least = at_least }
  rawset(row, "partial", partial)
  rawset(row, "bounds", bounds)
end

--- From how many rows something is missing in what an expression makes of these fields of a row.
function made_rows.missing(row, fields)
  local partial = type(row) == "table" and fields and rawget(row, "partial")
  if not partial then return nil end
  local most
  for _, name in ipairs(fields) do
    if partial[name] then most = math.max(most or 0, partial[name]) end
  end
  return most
end

--- The same of a term, which may be made of shares.
---@param term memsh.Term
function made_rows.missing_of(row, term)
  return made_rows.missing(row, term.fields) or term.lacks and term.lacks(row) or nil
end

--- Why an expression of these fields of a row is undecided, as something is missing from one of them; nil where nothing
--- is. `more`: the expression asks only whether the field of that name exceeds something, and what is known of it does.
function made_rows.undecided(row, fields, more)
  local bounds = type(row) == "table" and rawget(row, "bounds")
  if not bounds then return nil end
  for _, name in ipairs(fields) do
    local bound = bounds[name]
    if bound and not (bound.at_least and name == more) then return bound.why end
  end
  return nil
end

return made_rows
