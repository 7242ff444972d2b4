-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"

--- A value as a table shows it.
---@param value any
---@param unit string "bytes", "time"...
---@param human boolean|nil scaled, for people
---@return string
return function(value, unit, human)
  local sink = core.sink_memory()
  core.scalar(sink, "table", value, { type = unit, human = human })
  return (sink:text():gsub("\n$", ""))
end
