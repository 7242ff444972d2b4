-- SPDX-License-Identifier: GPL-3.0-or-later
local commands = require "memsh.commands"

local function list()
  local lines = { "", "at the prompt:" }
  for _, name in ipairs(commands.names) do
    local command = require("memsh.commands." .. name)
    lines[#lines + 1] = ("  %-16s %s"):format(command.usage, command.help)
  end
  print(table.concat(lines, "\n"))
end

return {
  usage = ":help [TOPIC]",
  help = "help; on procs, maps, sys: their fields; on a field: what it means",
  run = function(argument)
    require("memsh.help").show(argument)
    if not argument then list() end
  end,
}
