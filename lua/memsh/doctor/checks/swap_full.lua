-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local FREE <const>, AVAILABLE <const> = 10, 10

return {
  id = "swap_full",
  looks_at = "how much of swap is free",
  why = "From 90 % full. It is no trouble by itself, as pages that nobody needs may lie there for weeks: INFO " ..
    "while 10 % of memory (or 2 GiB) is available, else WARNING, since the next shortage has nowhere to go but the " ..
    "OOM killer.",
  find = function(machine, out)
    local sys = machine.sys
    local total, free = out:known(sys.swap_total, "swap"), out:known(sys.swap_free, "swap")
    if not total or not free or total == 0 or free * 100 >= total * FREE then return end
    local available, memory = words.known(sys.mem_available, 0), words.known(sys.mem_total, 0)
    local short = available < math.min(memory * AVAILABLE // 100, 2 << 30)
    out:add {
      severity = short and "warn" or "info", value = 100 * (total - free) / total, threshold = 100 - FREE, unit = "%",
      text = ("Swap is %s full (%s of %s), while %s of memory is available."):format(
        words.percent(100 * (total - free) / total), words.size(total - free), words.size(total),
        words.size(available)),
      question = 'procs:where"swap > 0":sort"-swap":top(10):show"pid comm swap age"',
      advice = short and "Free memory or add swap: when both are used up, the kernel kills a process."
        or "Nothing is lost while memory is available and nothing is read back. A larger swap gives the next peak " ..
          "room.",
    }
  end,
}
