-- SPDX-License-Identifier: GPL-3.0-or-later
-- What processes, mappings and the system answer to besides the fields of the table: derived fields, methods.
local core = require "memsh.core"
local lazy = require "memsh.lazy"

local own = lazy "memsh.own"
local schema = lazy "memsh.schema"

for _, row in ipairs { "process", "mapping", "system" } do
  core.methods(row)["?"] = function(object, name)
    if row == "mapping" and name == "proc" then return object:process() end
    local column = own().column(object, name)
    if column then return core.is_watched() and core.quietly(column.get, object) or column.get(object) end
    return schema()[row]:value(object, name)
  end
  core.methods(row).get = function(object, name, default)
    local value = object[name]
    if core.known(value) then return value end
    return default
  end
end

-- Its numbers beside each other.
core.methods("process").check = function(process)
  return require("memsh.check").of(process)
end

-- All mappings of one process, as a row set.
core.methods("process").maps = function(process, what)
  return require("memsh.rowset").of_process(process):maps(what)
end

-- The mapping that covers an address.
core.methods("process").at = function(process, addr)
  return require("memsh.at")(process, addr)
end
