-- SPDX-License-Identifier: GPL-3.0-or-later
local commands = require "memsh.prompt.commands"
local core = require "memsh.core"

return {
  usage = ":save FILE",
  help = "writes what went well as a script that runs",
  run = function(argument)
    local path = commands.unquoted(argument)
    if not path then core.raise ":save takes the name of a file, as in :save swap.lua" end
    local count, message = require("memsh.prompt.save").write(path)
    if not count then core.raise(("cannot write %s: %s"):format(path, message)) end
    core.note(("(%d %s in %s)"):format(count, count == 1 and "entry" or "entries", path))
  end,
  files = true,
}
