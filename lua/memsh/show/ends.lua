-- SPDX-License-Identifier: GPL-3.0-or-later
-- The ends of row sets that show something; what each does is in catalogue/entries.lua.
local core = require "memsh.core"
local guard = require "memsh.catalogue.guard"
local rowset = require "memsh.query.rowset"

rowset.add("describe", function(self)
  local start, fields = require("memsh.show.describe").of(self)
  return rowset.create({ kind = "describe", of = self, start = start }, {}, fields)
end, guard.nothing)

for _, format in ipairs(core.formats()) do
  if core.format_kind(format) ~= "picture" then
    rowset.add(format, function(self) return require("memsh.show.rowset").text(self, format) end, guard.nothing)
  end
end

-- Frozen rows are explained as the query that they came from.
rowset.add("explain", function(self, how)
  local made = self.from.origin
  local set = made and #self.stages == made.stages and made.set or self
  return require("memsh.show.explain").set(set, how == "dry")
end, guard.nothing)

rowset.add("print", function(self)
  require("memsh.show.output").print_set(self)
end, guard.nothing)

rowset.add("plot", function(self, what)
  require("memsh.show.plot").draw(self, what)
end, guard.text)

return rowset
