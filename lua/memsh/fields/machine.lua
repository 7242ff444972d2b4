-- SPDX-License-Identifier: GPL-3.0-or-later
-- The machine that questions are about: the live one, or the root that --source names.
local core = require "memsh.core"

require "memsh.fields.row_methods"

local machine = {}

local root, source, system
local limits = {}

--- Sets the procfs root, before the first question. nil: the live /proc.
function machine.configure(path)
  root, source, system = path, nil, nil
end

-- Who may read a root, where that is what is wrong.
local function refuse(message)
  error(message .. (message:find "[Pp]ermission" and "; run memsh as root, or as the owner of that directory" or ""), 0)
end

--- The source. Raises where it can't be opened.
function machine.source()
  if not source then
    local message
    source, message = core.source(root)
    if not source then refuse("cannot read " .. message) end
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

--- All process ids, ascending, and whether there are others that are hidden from who asks: true, false, or the reason
--- for which that is not known. Raises where they can't be listed.
function machine.pids()
  local pids, hidden = machine.source():pids()
  if not pids then refuse(hidden) end
  return pids, hidden
end

return machine
