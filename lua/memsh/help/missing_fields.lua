-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which fields the running kernel does not have, found out by asking it for all of them.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local rowset = require "memsh.query.rowset"

local missing_fields = {}

-- The names among `kind`'s fields that `row` answers with "unsupported".
local function lacking(kind, row)
  local names = {}
  for _, field in ipairs(core.fields(kind)) do
    if not field.alias_of and core.why(row[field.name]) == "unsupported" then names[#names + 1] = field.name end
  end
  return names
end

local function say(out, title, names)
  if #names > 0 then out[#out + 1] = ("not in this kernel, of %s: %s"):format(title, table.concat(names, " ")) end
end

--- Lines that name the fields this kernel lacks, asked of process `pid` (which may be memsh itself).
---@param pid integer
---@return string
function missing_fields.text(pid)
  local out = {}
  local process = machine.source():process(pid)
  if not core.known(process.state) then return "" end
  say(out, "processes", lacking("process", process))
  local mapping = rowset.of_process(process):maps():first()
  if mapping then say(out, "mappings", lacking("mapping", mapping)) end
  say(out, "the system", lacking("system", machine.system()))
  return table.concat(out, "\n")
end

return missing_fields
