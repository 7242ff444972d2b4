-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local help = require "memsh.help.help"
local settings = require "memsh.show.settings"

local function split(argument)
  return (argument or ""):match "^(%S*)%s*(%S*)$"
end

return {
  usage = ":set [NAME [VALUE]]",
  help = "what is set; sets it",
  more = settings.lines,
  run = function(argument)
    local name, value = split(argument)
    if not name then core.raise ":set takes a name and a value, as in :set rows 50" end
    if name == "" then return help.write(settings.lines()) end
    if value ~= "" then return settings.set(name, value) end
    help.write(settings.explained(settings.find(name)))
  end,
  arguments = function(before)
    local name = before:match "^(%S+)%s"
    local helps = {}
    for _, known in ipairs(settings.names) do
      helps[known] = settings.find(known).help
      if known == name then return settings.find(name).values end
    end
    return name and {} or helps
  end,
  script = function(argument)
    local name, value = split(argument)
    return value and value ~= "" and ("require(\"memsh\").set(%q, %q)"):format(name, value) or nil
  end,
}
