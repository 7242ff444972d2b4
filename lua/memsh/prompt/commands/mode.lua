-- SPDX-License-Identifier: GPL-3.0-or-later
local help = require "memsh.help.help"
local settings = require "memsh.show.settings"

return {
  usage = ":mode [MODE]",
  help = "how rows are shown; auto: as they fit",
  run = function(argument)
    if argument then return settings.set("mode", argument) end
    local setting = settings.find "mode"
    help.write { settings.line(setting), "  takes " .. settings.takes(setting) }
  end,
  arguments = settings.find("mode").values,
  script = function(argument) return argument and ("require(\"memsh\").set(\"mode\", %q)"):format(argument) end,
}
