-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which fields the running kernel does not have.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local rowset = require "memsh.query.rowset"

local missing_fields = {}

-- The names among `kind`'s fields that `row` answers with "unsupported". Those that every kernel has are not asked for.
local function lacking(kind, row)
  local names = {}
  for _, field in ipairs(core.fields(kind)) do
    local may_lack = not field.alias_of and field.since ~= "1.0"
    if may_lack and core.why(row[field.name]) == "unsupported" then names[#names + 1] = field.name end
  end
  return names
end

--- Lines that name the fields this kernel lacks, as process `pid` (which may be memsh itself) shows it.
---@param pid integer
---@return string
function missing_fields.text(pid)
  local process, out = machine.source():process(pid), {}
  if not core.known(process.state) then return "" end
  local function say(title, kind, row)
    local names = row and lacking(kind, row) or {}
    if #names > 0 then out[#out + 1] = ("not in this kernel, of %s: %s"):format(title, table.concat(names, " ")) end
  end
  say("processes", "process", process)
  say("mappings", "mapping", rowset.of_process(process):maps():first())
  say("the system", "system", machine.system())
  return table.concat(out, "\n")
end

return missing_fields
