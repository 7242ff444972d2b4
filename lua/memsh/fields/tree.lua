-- SPDX-License-Identifier: GPL-3.0-or-later
-- To which tree of processes one belongs: the service, session or container that it is a part of, named for the process
-- that began it, which is the last one on the way up before a manager of services.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

local INIT <const> = 1

-- What was read of processes on the way up, by source, as long as the time there stands still: `of` has them by number.
local known = setmetatable({}, { __mode = "k" })

local function fresh(source)
  local mine = known[source] or { system = source:system() }
  local now = mine.system.now
  if core.is_unknown(now) then now = 0 end
  if mine.now ~= now then mine.now, mine.of = now, {} end
  known[source] = mine
  return mine.of
end

local NOT_THERE <const> = { gone = true, not_recorded = true }

-- Its parent, name and start; false where it has gone, or was never to be seen; or unknown.
local function read(source, pid)
  local p = source:process(pid)
  local parent, comm, start = p.ppid, p.comm, p.start_time
  local why = core.why(parent) or core.why(comm)
  if why then return not NOT_THERE[why] and core.unknown(why, "tree") end
  return { pid = pid, parent = parent, comm = comm, start = start }
end

local function look(source, of, pid)
  if of[pid] == nil then of[pid] = read(source, pid) end
  return of[pid]
end

-- init, and the managers that it starts for users.
local function is_manager(process)
  return process.pid == INIT or process.parent == INIT and process.comm == "systemd"
end

-- A number that was given out again is of no parent: those are older.
local function is_older(parent, child)
  return core.is_unknown(parent.start) or core.is_unknown(child.start) or parent.start <= child.start
end

--- "sshd (901)": the topmost process above it, or it, that is below init and below the managers of users.
---@param parent integer
---@param row any the process
return function(parent, row)
  local source = machine.of(row)
  local of = fresh(source)
  local top = { pid = row.pid, parent = parent, comm = row.comm, start = row.start_time }
  if core.is_unknown(top.comm) then return top.comm end
  local seen = {}
  while not seen[top.pid] and not is_manager(top) and top.parent > 0 do
    seen[top.pid] = true
    local above = look(source, of, top.parent)
    if core.is_unknown(above) then return above end
    if not above or is_manager(above) or not is_older(above, top) then break end
    top = above
  end
  return ("%s (%d)"):format(top.comm, top.pid)
end
