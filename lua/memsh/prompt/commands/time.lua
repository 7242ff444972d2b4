-- SPDX-License-Identifier: GPL-3.0-or-later
local help = require "memsh.help.help"
local settings = require "memsh.show.settings"

return {
  usage = ":time [on|off]",
  help = "whether to say how long each entry took",
  run = function(argument)
    if argument then return settings.set("time", argument) end
    local setting = settings.find "time"
    help.write { settings.line(setting), "  takes " .. settings.takes(setting) }
  end,
  arguments = settings.find("time").values,
  script = function(argument) return argument and ("require(\"memsh\").set(\"time\", %q)"):format(argument) end,
}
