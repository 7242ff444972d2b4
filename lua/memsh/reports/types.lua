-- SPDX-License-Identifier: GPL-3.0-or-later
-- The types of what is given to a report: from the text of the command line to a value, or why not.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local suggest = require "memsh.util.suggest"

local bytes = lazy "memsh.util.bytes"

local types = {}

local function quoted(text)
  return ("'%s'"):format(core.escape(text))
end

local SECONDS <const> = { s = 1, m = 60, h = 3600, d = 86400 }

local function integer(text)
  local number = text:find "^[+-]?%d+$" and math.tointeger(tonumber(text)) or nil
  if not number then return nil, quoted(text) .. " is no whole number" end
  return number
end

local function number(text)
  local value = text:find "^[+-]?%d*%.?%d*$" and text:find "%d" and tonumber(text)
  if not value then return nil, quoted(text) .. " is no number" end
  return value
end

local function age(text)
  local digits, unit = text:match "^(%d+%.?%d*)([smhd]?)$"
  if not digits then return nil, quoted(text) .. " is no time; 30s, 5m, 2h, 7d are" end
  local value = tonumber(digits) * (SECONDS[unit] or 1)
  return math.tointeger(value) or value
end

local function pid(text)
  local value = text:find "^%d+$" and math.tointeger(tonumber(text)) or nil
  if not value or value == 0 then return nil, quoted(text) .. " is no process id" end
  return value
end

-- `value`: what it is called in the help where the report does not say.
local LIST <const> = {
  { name = "text", value = "TEXT", read = function(text) return text end },
  { name = "integer", value = "N", read = integer },
  { name = "number", value = "N", read = number },
  { name = "size", value = "SIZE", read = function(text) return bytes()(text) end },
  { name = "age", value = "TIME", read = age },
  { name = "pid", value = "PID", read = pid },
}

types.names = {}
for i, one in ipairs(LIST) do types.names[i] = one.name end

--- The type of that name, or nil.
function types.find(name)
  for _, one in ipairs(LIST) do
    if one.name == name then return one end
  end
  return nil
end

--- The type of one of these words.
---@param words string[]
function types.choice(words)
  return { name = "choice", value = "WORD", words = words, read = function(text)
    for _, word in ipairs(words) do
      if word == text then return word end
    end
    local near = suggest.nearest(text, words)
    return nil, ("there is no %s%s"):format(quoted(text), near and (": did you mean '%s'?"):format(near)
      or ("; there are " .. table.concat(words, " ")))
  end }
end

return types
