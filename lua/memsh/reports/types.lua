-- SPDX-License-Identifier: GPL-3.0-or-later
-- The types of a report's options and arguments: how a text of the command line becomes a value.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local SECONDS <const> = require "memsh.util.seconds"
local suggest = require "memsh.util.suggest"

local bytes = lazy "memsh.util.bytes"
local machine = lazy "memsh.fields.machine"

local types = {}

local function number(text)
  return text:find "^[+-]?%d*%.?%d*$" and tonumber(text)
end

local function integer(text)
  return text:find "^[+-]?%d+$" and math.tointeger(tonumber(text))
end

local function count(text)
  return text:find "^%d+$" and math.tointeger(tonumber(text))
end

local function percent(text)
  return text:find "^%d*%.?%d*%%?$" and tonumber((text:gsub("%%", "")))
end

local function pid(text)
  return text:find "^%d+$" and tonumber(text) > 0 and math.tointeger(tonumber(text))
end

local function age(text)
  local digits, unit = text:match "^(%d+%.?%d*)([smhd]?)$"
  local value = digits and tonumber(digits) * (SECONDS[unit] or 1)
  return value and math.tointeger(value) or value
end

-- Where several machines are asked, each has its own users.
local function user(text)
  if machine().several() then return text end
  local name = machine().source():user(text)
  if name then return name end
  return nil, ("there is no user '%s'"):format(core.escape(text))
end

-- A number in the largest unit of which it is a whole number: 256M, 10m; or else in the smallest: 0.5s.
local function in_units(value, units)
  if value == 0 then return "0" end
  for _, unit in ipairs(units) do
    if value % unit[1] == 0 then return ("%d%s"):format(value // unit[1], unit[2]) end
  end
  return ("%.14g%s"):format(value, units[#units][2])
end

local SIZE_UNITS <const> = { { 1 << 40, "T" }, { 1 << 30, "G" }, { 1 << 20, "M" }, { 1 << 10, "K" }, { 1, "" } }
local AGE_UNITS <const> = { { SECONDS.d, "d" }, { SECONDS.h, "h" }, { SECONDS.m, "m" }, { 1, "s" } }

-- What leaves nothing out is not worth showing.
local function text_shown(text)
  return text:find "%w" and text ~= "true" and text or nil
end

-- A reader of texts: a value, or nil and what is wrong.
local function reader(convert, what)
  return function(text)
    local value = convert(text)
    if value then return value end
    return nil, ("'%s' is not %s"):format(core.escape(text), what)
  end
end

-- `value`: what it is called in the help if the report does not say. `show`: how a default is written there; nil where
-- it is not.
local LIST <const> = {
  { name = "text", value = "TEXT", read = function(text) return text end, show = text_shown },
  { name = "integer", value = "N", read = reader(integer, "a whole number") },
  { name = "count", value = "N", read = reader(count, "a whole number, 0 or more") },
  { name = "number", value = "N", read = reader(number, "a number") },
  { name = "percent", value = "PERCENT", read = reader(percent, "a percentage, such as 50 or 0.5") },
  { name = "size", value = "SIZE", read = function(text) return bytes()(text) end,
    show = function(value) return in_units(value, SIZE_UNITS) end },
  { name = "age", value = "TIME", read = reader(age, "a time, such as 30s, 5m, 2h, 7d"),
    show = function(value) return in_units(value, AGE_UNITS) end },
  { name = "user", value = "USER", read = user },
  { name = "pid", value = "PID", read = reader(pid, "a process id") },
}

local by_name = {}
types.names = {}
for i, one in ipairs(LIST) do types.names[i], by_name[one.name] = one.name, one end

--- A default as the command line would have it; nil where it says nothing.
---@return string|nil
function types.shown(type, default)
  if type.show then return type.show(default) end
  return tostring(default)
end

--- The type of that name, or nil.
function types.find(name)
  return by_name[name]
end

--- The type whose values are these words.
---@param words string[]
function types.choice(words)
  return { name = "choice", value = "WORD", words = words, read = function(text)
    for _, word in ipairs(words) do
      if word == text then return word end
    end
    return nil, ("there is no '%s'%s"):format(core.escape(text),
      suggest.ending(text, words, "; there are " .. table.concat(words, " ")))
  end }
end

return types
