-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local coverage = lazy "memsh.exec.coverage"

local one_process = {
  refusal = nil, ---@type string|nil why the process that was asked for last could not be had
}

--- A process of a source by its number; nil, a message and a name where it can't be had. One that may not be read is
--- lost for --strict.
---@param source userdata
---@param pid integer
function one_process.of(source, pid)
  local process = source:process(pid)
  local reason = core.why(process.state)
  one_process.refusal = nil
  if reason == "gone" then
    one_process.refusal = ("no process %d"):format(pid)
  elseif reason == "denied" then
    coverage().miss(reason)
    one_process.refusal = ("process %d: %s"):format(pid, core.reason_text(reason))
  else
    return process
  end
  return nil, one_process.refusal, reason
end

return one_process
