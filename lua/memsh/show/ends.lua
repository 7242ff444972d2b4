-- SPDX-License-Identifier: GPL-3.0-or-later
-- The ends of row sets that show something: describe, explain, plot, print, and the rows as text of each format.
local core = require "memsh.core"
local guard = require "memsh.catalogue.guard"
local lazy = require "memsh.util.lazy"
local rowset = require "memsh.query.rowset"

local explain = lazy "memsh.show.explain"

--- A row for each number among the columns: how many are known, the smallest, the quartiles, the largest, the sum.
---@param self memsh.RowSet
---@return memsh.RowSet
local function describe(self)
  local start, fields = require("memsh.show.describe").of(self)
  return rowset.create({ kind = "describe", of = self, start = start }, {}, fields)
end

rowset.add("describe", describe, guard.nothing)

for _, format in ipairs(core.formats()) do
  if core.format_kind(format) ~= "picture" then
    --- The rows as text in this format.
    rowset.add(format, function(self) return require("memsh.show.rowset").text(self, format) end, guard.nothing)
  end
end

--- How the query is read: a row for each of its steps, with what it opened, cost and dropped, measured by running it.
--- explain"dry" opens nothing dear, and estimates what that would cost.
---@param how "dry"|nil
---@return memsh.RowSet
rowset.add("explain", function(self, how)
  local made = self.from.origin
  if made and #self.stages == made.stages then return explain().set(made.set, how == "dry") end
  return explain().set(self, how == "dry")
end, guard.nothing)

--- Shows the rows, as the prompt does.
rowset.add("print", function(self)
  require("memsh.show.output").print_set(self)
end, guard.nothing)

--- Draws how a number is distributed over the rows, and who has most of it.
---@param what string|fun(row: any): any
rowset.add("plot", function(self, what)
  require("memsh.show.plot").draw(self, what)
end, guard.text)

return rowset
