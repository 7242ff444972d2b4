-- SPDX-License-Identifier: GPL-3.0-or-later
-- How long TAB takes: the median and the longest of some presses, for each of some lines; how much of that the
-- program itself took; and how much of what is there was read.
local complete = require "memsh.prompt.complete"
local core = require "memsh.core"
require "memsh"

local PRESSES <const> = 9

for _, text in ipairs { "procs:", 'procs:where"priv', 'maps:where"', "procs:where\"comm == '", "procs:where\"user == '",
  "procs:where\"unit == '", "proc(", "proc(1" } do
  local times, found, cpu = {}, nil, os.clock()
  for i = 1, PRESSES do
    local start = core.clock()
    found = select(4, complete.complete(text, type, {}))
    times[i] = (core.clock() - start) * 1000
  end
  cpu = (os.clock() - cpu) * 1000 / PRESSES
  table.sort(times)
  print(("%s\t%.1f\t%.1f\t%.1f\t%s"):format(text, times[(PRESSES + 1) // 2], times[PRESSES], cpu, found.note or ""))
end
