-- SPDX-License-Identifier: GPL-3.0-or-later
local commands = require "memsh.prompt.commands"
local core = require "memsh.core"

return {
  usage = ":desc NAME",
  help = "what a field means, or a column of top, ps, pmap",
  run = function(argument)
    local name = commands.unquoted(argument)
    if not name or name == "" then core.raise ":desc takes the name of a field, as in :desc pss" end
    require("memsh.help.help").describe(name)
  end,
  fields = true,
  script = function(argument) return ("desc(%q)"):format(commands.unquoted(argument) or "") end,
}
