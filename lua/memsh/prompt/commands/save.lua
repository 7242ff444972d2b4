-- SPDX-License-Identifier: GPL-3.0-or-later
local commands = require "memsh.prompt.commands"
local core = require "memsh.core"

return {
  usage = ":save FILE",
  help = "writes what went well as a script that runs",
  more = function()
    return {
      "  :save! FILE replaces a file that is there. If the session began with an init.lua, the script contains it,",
      "  because scripts do not run it.",
    }
  end,
  run = function(argument)
    local mark, name = (argument or ""):match "^(!?)%s*(.*)$"
    local path = name ~= "" and commands.unquoted(name) or nil
    if not path then core.raise ":save takes the name of a file, as in :save swap.lua" end
    local count, message = require("memsh.prompt.save").write(path, mark == "!")
    if not count then core.raise(("cannot write %s: %s"):format(path, message)) end
    core.note(("(%d %s in %s%s)"):format(count, count == 1 and "entry" or "entries", path,
      message and ", with your init.lua" or ""))
  end,
  files = true,
}
