-- SPDX-License-Identifier: GPL-3.0-or-later
-- What processes, mappings and the system answer to besides the fields of the table: derived fields, methods.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local named_columns = lazy "memsh.fields.named_columns"
local schema = lazy "memsh.fields.schema"

for _, row in ipairs { "process", "mapping", "system" } do
  core.methods(row)["?"] = function(object, name)
    if row == "mapping" and name == "proc" then return object:process() end
    local column = named_columns().column(object, name)
    if column then return core.is_watched() and core.quietly(column.get, object) or column.get(object) end
    return schema()[row]:value(object, name)
  end
  core.methods(row).get = function(object, name, default)
    local value = object[name]
    if core.known(value) then return value end
    return default
  end
end
