-- SPDX-License-Identifier: GPL-3.0-or-later
-- What can be set for a session: by :set NAME VALUE at the prompt, by set(NAME, VALUE) of module memsh in a script.
local core = require "memsh.core"

local suggest = require("memsh.util.lazy") "memsh.util.suggest"

local settings = {}

---@class memsh.Setting
---@field name string
---@field help string
---@field values string[] the words that it takes
---@field number boolean|nil whether it takes a number, too
---@field value string|integer
---@field changed nil|fun(value: string|integer)

---@type memsh.Setting[]
local LIST = {
  { name = "mode", help = "how rows are shown; auto: vertical where a table would lose columns", value = "table",
    values = { "auto", table.unpack(core.formats()) } },
  { name = "units", help = "sizes: human scales them, bytes is exact, auto scales on a terminal", value = "auto",
    values = { "auto", "human", "bytes" } },
  { name = "color", help = "bold and faint text; auto: on a terminal, as NO_COLOR and FORCE_COLOR allow",
    value = "auto", values = { "auto", "always", "never" }, changed = core.color },
  { name = "rows", help = "how many rows the prompt shows; auto: one screen", value = "auto",
    values = { "auto", "all" }, number = true },
  { name = "time", help = "whether the prompt says how long each entry took", value = "off",
    values = { "on", "off" } },
  { name = "errors", help = "full shows where in the program an error came from", value = "short",
    values = { "short", "full" },
    changed = function(value) require("memsh.prompt").tracebacks(value == "full") end },
}

settings.names = {}
for i, setting in ipairs(LIST) do settings.names[i] = setting.name end

--- The setting of that name; raises where there is none.
---@param name string
---@return memsh.Setting
function settings.find(name)
  for _, setting in ipairs(LIST) do
    if setting.name == name then return setting end
  end
  core.raise(("there is no setting '%s'%s"):format(core.escape(tostring(name)),
    suggest().ending(name, settings.names, "; there are: " .. table.concat(settings.names, " "))))
end

-- What it takes, in words.
local function values_text(setting)
  return table.concat(setting.values, " ") .. (setting.number and " or a number" or "")
end

function settings.get(name)
  return settings.find(name).value
end

local function accepted(setting, value)
  for _, word in ipairs(setting.values) do
    if word == value then return word end
  end
  local number = setting.number and math.tointeger(tonumber(value))
  return number and number > 0 and number or nil
end

--- Sets it; raises for what it does not take.
---@param name string
---@param value string|integer
function settings.set(name, value)
  local setting = settings.find(name)
  local taken = accepted(setting, value)
  if not taken then
    core.raise(("%s takes %s, not '%s'"):format(name, values_text(setting), core.escape(tostring(value))))
  end
  setting.value = taken
  if setting.changed then setting.changed(taken) end
end

local function line_of(setting)
  return ("  %-8s%-10s%s"):format(setting.name, setting.value, setting.help)
end

--- The line of a setting, and what it takes.
---@param setting memsh.Setting
---@return string[]
function settings.explained(setting)
  return { line_of(setting), "  takes " .. values_text(setting) }
end

--- Lines of all settings.
---@return string[]
function settings.lines()
  local lines = {}
  for i, setting in ipairs(LIST) do lines[i] = line_of(setting) end
  return lines
end

return settings
