-- SPDX-License-Identifier: GPL-3.0-or-later
local help = require "memsh.help.help"
local settings = require "memsh.show.settings"

--- A command that shows a setting, or changes it.
---@param name string of the setting
---@param usage string
---@param meaning string
---@return table
return function(name, usage, meaning)
  local setting = settings.find(name)
  return {
    usage = usage,
    help = meaning,
    run = function(argument)
      if argument then return settings.set(name, argument) end
      help.write(settings.explained(setting))
    end,
    arguments = setting.values,
    script = function(argument) return argument and ("require(\"memsh\").set(%q, %q)"):format(name, argument) end,
  }
end
