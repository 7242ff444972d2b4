-- SPDX-License-Identifier: GPL-3.0-or-later
local commands = require "memsh.prompt.commands"
local core = require "memsh.core"

return {
  usage = ":at WHEN",
  help = "goes to a moment of the recording; live: to now",
  run = function(argument)
    local when = commands.unquoted(argument)
    if not when then core.raise ":at takes a time, as in :at 03:14" end
    require("memsh.prompt.where").at(when)
  end,
  arguments = {
    live = "the running machine", ["-1h"] = "an hour before the newest moment", yesterday = "yesterday 18:00",
    pressure = "the last moment that was taken for pressure", oom = "the last one that was taken for a kill",
  },
  more = function()
    return {
      "  The last moment not after WHEN: 03:14, 2026-11-26 03:14, yesterday 18:00, -2h (before the newest), pressure,",
      "  oom. What is asked from then on is asked of that moment; rows that were kept stay as they are, so that",
      "  before = procs(), :later, procs - before is growth. :earlier and :later step, :moments lists.",
    }
  end,
  script = function(argument) return argument and ("require(\"memsh\").command(%q)"):format("at " .. argument) end,
}
