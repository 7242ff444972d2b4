-- SPDX-License-Identifier: GPL-3.0-or-later
-- The fields numa0, numa1...: bytes of a process or a mapping on one NUMA node.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

local numa = {}

-- What numa_maps said of each process, so that its mappings read it once: the bytes on each node by the address.
local read = setmetatable({}, { __mode = "k" })

local function of_process(process)
  local known = read[process]
  if not known then
    local text, _, reason = process:raw "numa_maps"
    if text then known, reason = core.numa_maps(machine.of(process), text) end
    known = known or { reason = reason }
    read[process] = known
  end
  return known
end

local function of_mapping(address, row, node, name)
  local known = of_process(row:process())
  local nodes = known[address]
  if nodes then return nodes[node] or 0 end
  return core.unknown(known.reason or "unsupported", name, row:process().pid)
end

--- The field of that name, nil where it is none of these.
---@param row "process"|"mapping"|"system"
---@param name string
---@return memsh.Derived|nil
function numa.field(row, name)
  local digits = name:match "^numa(%d%d?%d?%d?)$"
  if not digits or row == "system" then return nil end
  local node = tonumber(digits)
  local field = { name = name, type = "bytes", omits = "", meaning = "resident bytes on NUMA node " .. node }
  if row == "process" then
    field.from, field.compute = "numa", function(list) return list[node + 1] or 0 end
  else
    field.from, field.compute = "addr", function(address, mapping) return of_mapping(address, mapping, node, name) end
  end
  return field
end

return numa
