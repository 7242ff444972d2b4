-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local explain, question = lazy "memsh.show.explain", lazy "memsh.prompt.question"

local function steps_of(query, dry)
  if query == "" then
    return explain().last(dry) or core.raise "nothing has been asked yet; :explain procs:where\"pss > 1G\" asks that"
  end
  return explain().call(question()(query), dry) or core.raise "nothing was asked there: :explain takes a query"
end

return {
  usage = ":explain [dry] [QUERY]",
  help = "what a query opens, what each step costs and drops",
  more = function()
    return {
      "  A query, or the last one, is run, and each of its steps is a row: the",
      "  dearest file that it opens, and of how many; its time; how many rows it is",
      "  given and leaves; for how many it could not be decided, and why. Said below:",
      "  who may read what was denied, and what a dear file of all would have taken.",
      "  dry      opens nothing dearer than status: what maps, smaps, smaps_rollup and",
      "           numa_maps would take is estimated, by how many there are and how",
      "           much is resident, or by what they took before in this session",
      "  In a script: set:explain(), set:explain\"dry\"",
    }
  end,
  run = function(argument)
    local word, query = (argument or ""):match "^(dry)%f[^%w_]%s*(.*)$"
    require("memsh.show.output").show(steps_of(query or argument or "", word ~= nil))
  end,
  arguments = { dry = "opens nothing dearer than status" },
  query = function(argument) return argument:match "^dry%s+()" or 1 end,
  script = function(argument) return ("require(\"memsh\").command(%q)"):format("explain " .. (argument or "")) end,
}
