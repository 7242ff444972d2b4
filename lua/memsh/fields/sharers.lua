-- SPDX-License-Identifier: GPL-3.0-or-later
-- Processes that share one address space (vfork, clone with CLONE_VM).
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

local LIFETIME <const> = 0.5

local spaces, read_at, of

-- The address spaces of all processes, by process; a reason where the kernel says nothing of it.
local function all_spaces(source)
  local now = core.clock()
  if of == source and now - read_at < LIFETIME then return spaces end
  local met, by_first = core.spaces(), {}
  spaces, read_at, of = {}, now, source
  for _, pid in ipairs(machine.pids(source)) do
    local first, reason = met:add(source, pid)
    if first == pid then by_first[pid] = {} end
    if first then table.insert(by_first[first], pid) end
    spaces[pid] = first and by_first[first] or reason
  end
  return spaces
end

--- The pids of the processes that share the address space of a process that has memory, or unknown.
return function(_, row)
  local space = all_spaces(machine.of(row))[row.pid] or "gone"
  if type(space) == "string" then return core.unknown(space, "shares_mm_with", row.pid) end
  local pids = {}
  for _, pid in ipairs(space) do
    if pid ~= row.pid then pids[#pids + 1] = pid end
  end
  return pids
end
