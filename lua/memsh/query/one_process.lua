-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local coverage = lazy "memsh.exec.coverage"

--- A process of a source by its number; nil, a message and a name where it can't be had. One that may not be read is
--- lost for --strict.
---@param source userdata
---@param pid integer
return function(source, pid)
  local process = source:process(pid)
  local reason = core.why(process.state)
  if reason == "gone" then return nil, ("no process %d"):format(pid), reason end
  if reason ~= "denied" then return process end
  coverage().miss(reason)
  return nil, ("process %d: %s"):format(pid, core.reason_text(reason)), reason
end
