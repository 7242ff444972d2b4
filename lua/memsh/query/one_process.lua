-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"

--- A process of a source by its number; nil, a message and a name where it can't be had.
---@param source userdata
---@param pid integer
return function(source, pid)
  local process = source:process(pid)
  local reason = core.why(process.state)
  if reason == "gone" then return nil, ("no process %d"):format(pid), reason end
  if reason == "denied" then return nil, ("process %d: %s"):format(pid, core.reason_text(reason)), reason end
  return process
end
