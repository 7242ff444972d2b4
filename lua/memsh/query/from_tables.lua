-- SPDX-License-Identifier: GPL-3.0-or-later
-- Row sets of Lua tables, for reports whose rows are no chain's.
local coverage = require "memsh.exec.coverage"
local machine = require "memsh.fields.machine"
local rowset = require "memsh.query.rowset"
local schema = require "memsh.fields.schema"

--- A row set of tables that hold their values by name.
---@param columns string[][] { name, type, meaning } of each: the type is bytes, count, number, percent, text, path...
---@param seen table|nil the coverage of the run that they came from; what it says nothing of is of the session
---@param narrow {width: integer, columns: string, note: string}|nil on a narrower terminal tables have these columns
return function(rows, columns, seen, narrow)
  local fields = {}
  for i, column in ipairs(columns) do fields[i] = schema.column(column[1], column[2], column[3]) end
  local made = schema.made(fields)
  made.narrow = narrow
  seen = seen or coverage.new()
  if seen.of == nil then seen.of = not machine.paths() and machine.source() end
  return rowset.of_rows(rows, made, seen)
end
