-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which fields the running kernel does not have, found out by asking it for all of them.
local core = require "memsh.core"
local memsh = require "memsh"

local features = {}

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
function features.text(pid)
  local out = {}
  local process = memsh.proc(pid)
  if not process then return "" end
  say(out, "processes", lacking("process", process))
  local mapping = process:maps():first()
  if mapping then say(out, "mappings", lacking("mapping", mapping)) end
  say(out, "the system", lacking("system", memsh.sys))
  return table.concat(out, "\n")
end

return features
