-- SPDX-License-Identifier: GPL-3.0-or-later
-- What processes, mappings and the system have beyond the fields of the table: computed fields, methods.
local core = require "memsh.core"
local guard = require "memsh.catalogue.guard"
local lazy = require "memsh.util.lazy"

local arguments = lazy "memsh.catalogue.arguments"
local named_columns = lazy "memsh.fields.named_columns"
local schema = lazy "memsh.fields.schema"

for _, row in ipairs { "process", "mapping", "system" } do
  core.methods(row)["?"] = function(object, name)
    if row == "mapping" and name == "proc" then return object:process() end
    local is_named, value = named_columns().read(object, name)
    if is_named then return value end
    return schema()[row]:value(object, name)
  end
  -- Called for each row: too often for the guard.
  core.methods(row).get = function(object, name, default, more)
    if type(name) ~= "string" or more ~= nil then arguments().take(row, "get", name, default, more) end
    local value = object[name]
    if core.known(value) then return value end
    return default
  end
end

local function results(ok, ...)
  if not ok then core.raise((...)) end
  return ...
end

-- Errors of C's functions are placed where memsh was called, and not at the guard.
local function placed(f)
  return function(...) return results(pcall(f, ...)) end
end

for row, usual in pairs { process = { raw = guard.text, refresh = guard.nothing },
  mapping = { raw = guard.nothing, ranges = guard.nothing } } do
  local methods = core.methods(row)
  for name, is_usual in pairs(usual) do methods[name] = guard.new(row, name, placed(methods[name]), is_usual) end
end
