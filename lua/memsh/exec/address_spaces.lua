-- SPDX-License-Identifier: GPL-3.0-or-later
-- The memory of processes that share one address space (vfork, clone with CLONE_VM) is summed once.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

local address_spaces = {}

local is_of_memory = {}
for _, info in ipairs(core.fields "process") do
  is_of_memory[info.id] = info.type == "bytes" and info.of_memory or nil
end

local function sizes_of_processes(term, rows)
  local ids = rows:needs(term.fields)
  for _, id in ipairs(ids) do
    if not is_of_memory[id] then return false end
  end
  return #ids > 0
end

local function sizes_of_mappings(term, rows)
  for _, name in ipairs(term.fields) do
    local field = rows:field(name)
    if not field or field.owner or field.type ~= "bytes" then return false end
  end
  return #term.fields > 0
end

local SIZES = { process = sizes_of_processes, mapping = sizes_of_mappings }

--- Whether a sum of this term over processes, or over their mappings, must count each address space once.
---@param rows table the schema of the rows
function address_spaces.matters(term, rows)
  rows = rows.grown or rows
  return SIZES[rows.row] and term.fields and SIZES[rows.row](term, rows) or false
end

-- Where the kernel does not say: a child with the very numbers of its parent may share them.
local function may_be_twice(state, row, value)
  state.asked = state.asked or {}
  local seen, of = state.asked, machine.of(row)
  seen[value] = seen[value] or {}
  local parent = row.ppid
  local found = not core.is_unknown(parent) and seen[value][machine.key(of, parent)]
  seen[value][machine.key(of, row.pid)] = true
  return found
end

-- The first process that was seen to have the address space of one; nil and a reason where the kernel does not say.
-- The kernel is asked once in a run, and once of frozen rows.
local function space_of(run, source, pid)
  local known = run.spaces or { of = {} }
  run.spaces = known
  local key = machine.key(source, pid)
  local space = known.of[key]
  if not space then
    if known.source ~= source then known.source, known.list = source, core.spaces() end
    local first, reason = known.list:add(source, pid)
    space = first and machine.key(source, first) or reason
    known.of[key] = space
  end
  if type(space) == "string" then return nil, space end
  return space
end

-- Whether the address space of a process was counted as that of another, whether the kernel does not say, and whether
-- the process was counted.
local function is_anothers(state, process, run)
  local source, first = machine.of(process), state.first or {}
  local space, reason = space_of(run, source, process.pid)
  state.first = first
  local key = machine.key(source, process.pid)
  local was = first[space or key]
  first[space or key] = was or key
  return was ~= nil and was ~= key, reason == "denied" or reason == "unsupported", was ~= nil
end

local function is_counted(state, process, value, run)
  local again, in_doubt, was = is_anothers(state, process, run)
  if in_doubt and not was and may_be_twice(state, process, value) then run.coverage:count "twice" end
  return again
end

-- What is saved or recorded says nothing of it, so nothing needs to be remembered of processes there.
local function kernel_tells(row)
  return machine.of(row):is_live()
end

-- A group does not keep the machine that its last process is of: there may be one for each moment.
local WEAK <const> = { __mode = "v" }

--- Whether the memory of a process was counted before, as that of another.
---@param state table of one sum or group, empty at first
function address_spaces.was_counted(state, row, value, run)
  if not kernel_tells(row) then return false end
  row = row:process()
  if not row then return false end -- it has gone
  state.last = state.last or setmetatable({}, WEAK)
  if state.last[1] ~= row then
    state.last[1], state.twice = row, is_counted(state, row, value, run)
  end
  return state.twice
end

--- The same of a process whose mappings are summed as a whole: true or false; nil where the kernel does not say.
function address_spaces.is_again(state, process, run)
  if not kernel_tells(process) then return false end
  local again, in_doubt = is_anothers(state, process, run)
  if in_doubt then return nil end
  return again
end

return address_spaces
