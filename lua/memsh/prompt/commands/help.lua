-- SPDX-License-Identifier: GPL-3.0-or-later
local commands = require "memsh.prompt.commands"

return {
  usage = ":help [TOPIC]",
  help = "on procs, maps, a field, a verb, a :command",
  run = function(argument)
    require("memsh.help.help").show(commands.unquoted(argument))
    if argument then return end
    print "at the prompt :run :more :desc :explain :plot :watch :save...  :help commands"
  end,
  arguments = function()
    local words = table.move(commands.names, 1, #commands.names, 1, {})
    for _, name in ipairs(require("memsh.help.help").topics()) do words[#words + 1] = name end
    return words
  end,
  fields = true,
  script = function(argument) return ("help(%s)"):format(argument and ("%q"):format(argument) or "") end,
}
