-- SPDX-License-Identifier: GPL-3.0-or-later
-- Processes that share one address space (vfork, clone with CLONE_VM). The kernel says of two processes whether they
-- do, and in some order which comes first if they do not (kcmp), so that finding one among n takes log n questions.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

-- A list has the processes in the kernel's order of address spaces; those with one address space are one entry.
-- Adds a process. Gives its entry, and whether there was one; nil and a reason where the kernel does not say.
local function insert(list, source, pid)
  local order, reason = core.compare_memory(source, pid, pid)
  if not order then return nil, reason end
  local low, high = 1, #list
  while low <= high do
    local middle = (low + high) // 2
    order = core.compare_memory(source, pid, list[middle][1])
    if order == 0 then
      table.insert(list[middle], pid)
      return list[middle], true
    elseif order then
      if order == 1 then high = middle - 1 else low = middle + 1 end
    else -- that one has ended, and with it its place in the order
      table.remove(list, middle)
      low, high = 1, #list
    end
  end
  table.insert(list, low, { pid })
  return list[low], false
end

local LIFETIME <const> = 0.5

local spaces, read_at, of

-- The address spaces of all processes, by process; one that the kernel tells nothing of has a reason.
local function all_spaces()
  local source, now = machine.source(), core.clock()
  if of == source and now - read_at < LIFETIME then return spaces end
  local list = {}
  spaces, read_at, of = {}, now, source
  for _, pid in ipairs(machine.pids()) do
    local entry, reason = insert(list, source, pid)
    spaces[pid] = entry or reason
  end
  return spaces
end

--- The processes that share the address space of one that has memory.
---@param _ any
---@param row any a process
---@return integer[]|any pids, or unknown
return function(_, row)
  local space = all_spaces()[row.pid] or "gone"
  if type(space) == "string" then return core.unknown(space, "shares_mm_with", row.pid) end
  local pids = {}
  for _, pid in ipairs(space) do
    if pid ~= row.pid then pids[#pids + 1] = pid end
  end
  return pids
end
