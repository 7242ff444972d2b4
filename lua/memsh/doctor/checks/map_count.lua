-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local WARN <const>, CRIT <const> = 80, 95

return {
  id = "map_count",
  looks_at = "processes whose number of mappings is near vm.max_map_count",
  why = "WARNING from 80 %, CRITICAL from 95 %: at the limit the next mmap fails, also in free() and in thread " ..
    "creation, however much memory there is. Only processes whose address space is large enough are asked.",
  find = function(machine, out)
    local most = out:known(machine.sys.max_map_count, "mappings against vm.max_map_count")
    if not most or most <= 0 then return end
    for _, row in ipairs(machine:many_mappings(most * WARN // 100)) do
      local n = out:known(row.mappings, "number of mappings", "process")
      local share = n and 100 * n / most
      if share and share >= WARN then
        out:add {
          severity = share >= CRIT and "crit" or "warn", subject = words.process(row), value = n, threshold = most,
          text = ("%s has %d mappings, %s of the %d that vm.max_map_count allows; at the limit mmap fails."):format(
            words.process(row), n, words.percent(share), most),
          question = ("procs{pid=%d}:show\"pid comm mappings map_count_percent\""):format(row.pid),
          advice = "Raise it: sysctl -w vm.max_map_count=262144 (in /etc/sysctl.d to keep it). If the number keeps " ..
            "growing, the program leaks mappings: memsh pmap " .. row.pid,
        }
      end
    end
  end,
}
