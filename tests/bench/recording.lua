-- SPDX-License-Identifier: GPL-3.0-or-later
-- What moments of this machine cost: memsh recording.lua FILE LEVEL COUNT takes one each second. Of a moment it prints
-- seconds, seconds of CPU, bytes of the file, processes and mappings, and the most kB resident. The first moment has no
-- part in the times.
local core = require "memsh.core"

local path, level, count = arg[1], tonumber(arg[2]), tonumber(arg[3])
local recorder = assert(core.recorder(core.source(), path, {}))
local wall, cpu, processes = 0, 0, 0
for i = 0, count do
  local clock, used = core.clock(), os.clock()
  local moment = assert(recorder:take { why = "asked", level = level, files = {} })
  processes = processes + moment.processes
  if i > 0 then wall, cpu = wall + core.clock() - clock, cpu + os.clock() - used end
  os.execute "sleep 1"
end
recorder:close()

local resident
for line in io.lines "/proc/self/status" do resident = resident or line:match "^VmHWM:%s*(%d+)" end
local file = assert(io.open(path))
print(("seconds %.4f cpu %.4f bytes %.0f processes %.0f mappings %.0f kb %s"):format(wall / count, cpu / count,
  file:seek "end" / (count + 1), processes / (count + 1), level >= 3 and maps:count() or 0, resident))
file:close()
