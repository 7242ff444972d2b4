-- SPDX-License-Identifier: GPL-3.0-or-later
-- The machine that questions are about: the live one, or the root that --source names.
local core = require "memsh.core"

local machine = {}

local root, source, system

--- Sets the procfs root, before the first question. nil: the live /proc.
---@param path string|nil
function machine.configure(path)
  root, source, system = path, nil, nil
end

--- The source. Raises where it can't be opened.
function machine.source()
  if not source then
    local message
    source, message = core.source(root)
    if not source then error(("cannot read %s"):format(message), 0) end
  end
  return source
end

--- The system as a whole.
function machine.system()
  system = system or machine.source():system()
  return system
end

--- All process ids, ascending. Raises where they can't be listed.
function machine.pids()
  local pids, message = machine.source():pids()
  if not pids then error(message, 0) end
  return pids
end

return machine
