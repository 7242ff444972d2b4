-- SPDX-License-Identifier: GPL-3.0-or-later
-- What moments of this machine cost: memsh recording.lua FILE LEVEL COUNT. Prints seconds, seconds of CPU, bytes and
-- processes of one moment, of those after the first.
local core = require "memsh.core"

local path, level, count = arg[1], tonumber(arg[2]), tonumber(arg[3])
local source = core.source()
local recorder = assert(core.recorder(source, path, {}))
local wall, cpu, bytes, processes = 0, 0, 0, 0
for i = 0, count do
  local clock, used = core.clock(), os.clock()
  local moment = assert(recorder:take { why = "asked", level = level, files = {} })
  if i > 0 then
    wall, cpu = wall + core.clock() - clock, cpu + os.clock() - used
    processes = processes + moment.processes
  end
end
recorder:close()
local recording = assert(core.recording(path))
for i, moment in ipairs(recording:moments()) do
  if i > 1 then bytes = bytes + recording:size(moment.id) end
end
print(("seconds %.4f cpu %.4f bytes %.0f processes %.0f"):format(wall / count, cpu / count, bytes / count,
  processes / count))
