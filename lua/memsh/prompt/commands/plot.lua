-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local evaluate = lazy "memsh.query.evaluate"
local rowset = lazy "memsh.query.rowset"

-- What `of QUERY` stands for.
local function asked(query)
  local set = require "memsh.prompt.question"(query)()
  if not rowset().is(set) then core.raise(("plot draws row sets, and %s is not one"):format(core.escape(query))) end
  return set
end

-- The last answer, if its rows have what is to be drawn; else all processes.
local function usual(what)
  local last = rawget(_G, "_")
  if rowset().is(last) and pcall(evaluate().terms, what, last.schema, { names = true }) then return last end
  return require("memsh").procs
end

return {
  usage = ":plot FIELD [of QUERY]",
  help = "draws how it is distributed, and who has most",
  run = function(argument)
    local what, query = (argument or ""):match "^(.-)%s+of%s+(.+)$"
    what = what or argument
    if not what then core.raise ":plot takes a field or an expression, as in :plot pss of procs:where\"swap > 0\"" end
    what = require("memsh.prompt.commands").unquoted(what)
    local set = query and asked(query) or usual(what)
    set:plot(what)
  end,
  more = function()
    return {
      "  without a query: of the last answer, if its rows have that field; else of all processes. QUERY:plot\"FIELD\"",
      "  is the same. Bins are of round sizes: from <= value < to; sum is that of their values. Rows that have most",
      "  stand below, the others as one. In a format for programs (csv, json...) there is the distribution alone.",
      "  Rows of several moments are a line: :plot rss of procs:over{}:where\"comm == 'java'\", the sum at each time.",
    }
  end,
  fields = true,
  query = function(argument) return argument:match "^.-%s+of%s+()" end,
  script = function(argument) return argument and ("require(\"memsh\").command(%q)"):format("plot " .. argument) end,
}
