-- SPDX-License-Identifier: GPL-3.0-or-later
local reconcile = require "memsh.analysis.reconcile"
local words = require "memsh.doctor.words"

local PERCENT <const>, LEAST <const> = 10, 1 << 30

return {
  id = "unexplained",
  looks_at = "memory that is in none of the kernel's counters: MemTotal less all of meminfo's parts",
  why = "WARNING from 10 % of memory and 1 GiB: 1 to 4 % is usual (pages that each CPU keeps, buffers of network " ..
    "and devices). More is what drivers took: graphics, RDMA, a balloon of the hypervisor, or a leak.",
  find = function(machine, out)
    local total = out:known(machine.sys.mem_total, "unexplained memory")
    local rest = total and out:known(reconcile.rest(machine.sys), "unexplained memory")
    if not rest or rest < LEAST or rest * 100 < total * PERCENT then return end
    out:add {
      severity = "warn", value = rest, threshold = math.max(total * PERCENT // 100, LEAST), unit = "B",
      text = ("%s (%s of memory) is in none of the kernel's counters."):format(words.size(rest),
        words.percent(100 * rest / total)),
      question = 'reconcile():show"what size percent"',
      advice = "It is held by a driver or by the hypervisor (a balloon), not by programs. Look at graphics and " ..
        "network drivers, and at what was loaded before it grew: /proc/allocinfo (Linux 6.10) or page_owner show " ..
        "who allocated.",
    }
  end,
}
