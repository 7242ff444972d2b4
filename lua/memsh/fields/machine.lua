-- SPDX-License-Identifier: GPL-3.0-or-later
-- The machine that questions are about: the live one, or the root that --source names.
local core = require "memsh.core"

local lazy = require "memsh.util.lazy"

require "memsh.fields.row_methods"

local recorded_moment = lazy "memsh.fields.recorded_moment"

local machine = {}

local root, at, source, system
local limits = {}

--- Sets the procfs root, before the first question. nil: the live /proc.
---@param path string|nil
---@param when string|nil of a recording: which moment, the newest if nil
function machine.configure(path, when)
  root, at, source, system = path, when, nil, nil
end

-- The moment that --at names.
local function open_moment()
  if not root then return nil, "--at is about a recording: name it, as in --source web1.memsh" end
  local recording, message = core.recording(root)
  if not recording then return nil, "cannot read " .. message end
  local found
  found, message = recorded_moment().find(recording, at)
  if not found then return nil, ("--at %s: %s"):format(core.escape(at), message) end
  local opened
  opened, message = recording:source(found.id)
  return opened, message and "cannot read " .. message
end

local function open()
  if at then return open_moment() end
  local opened, message = core.source(root)
  return opened, message and "cannot read " .. message
end

-- Who may read a root, where that is what is wrong.
local function refuse(message)
  error(message .. (message:find "[Pp]ermission" and "; run memsh as root, or as the owner of that directory" or ""), 0)
end

--- The source. Raises where it can't be opened.
function machine.source()
  if not source then
    local message
    source, message = open()
    if not source then refuse(message) end
    core.limit(source, limits)
  end
  return source
end

---@class memsh.Limits how it is read
---@field jobs integer|nil reader threads
---@field timeout_ms integer|nil a file that gives nothing for so long is given up on
---@field gentle_ms integer|nil pause between processes of which a file was read that locks them
---@field max_rss integer|nil bytes: larger processes are not walked over; 0: all are

--- Sets how the machine is read, from now on. What is not named stays.
function machine.limit(given)
  for name, value in pairs(given) do limits[name] = value end
  if source then core.limit(source, limits) end
end

--- The system as a whole.
function machine.system()
  system = system or machine.source():system()
  return system
end

--- Writes the moment of a recording as a saved procfs root. Raises where that can't be.
---@param directory string a new one, or one that is empty
function machine.export(directory)
  local from = machine.source()
  if not core.moment_of(from) then error("--export is about a recording: name it, as in --source web1.memsh", 0) end
  local done, message = core.export_moment(from, directory)
  if not done then error("cannot write " .. message, 0) end
end

--- All process ids, ascending, and whether there are others that are hidden from who asks: true, false, or the reason
--- for which that is not known. Raises where they can't be listed.
function machine.pids()
  local pids, hidden = machine.source():pids()
  if not pids then refuse(hidden) end
  return pids, hidden
end

return machine
