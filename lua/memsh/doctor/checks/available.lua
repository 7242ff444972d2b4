-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local G <const> = 1 << 30
local WARN <const>, CRIT <const> = 10, 5

-- A share of a large machine is much memory.
local function least(total, percent, most)
  return math.min(total * percent // 100, most)
end

return {
  id = "available",
  looks_at = "MemAvailable: what programs could still get without swapping, by the kernel's own estimate",
  why = "WARNING below 10 % of memory (at most 2 GiB), CRITICAL below 5 % (at most 1 GiB) with less than 10 % of " ..
    "swap free: these are where earlyoom begins to act. MemFree is no measure: what caches hold is free for the " ..
    "asking.",
  find = function(machine, out)
    local sys = machine.sys
    local available = out:known(sys.mem_available, "available memory")
    local total = out:known(sys.mem_total, "available memory")
    if not available or not total or total == 0 then return end
    local warn, crit = least(total, WARN, 2 * G), least(total, CRIT, G)
    if available >= warn then return end
    local swap_free, swap_total = words.known(sys.swap_free, 0), words.known(sys.swap_total, 0)
    local severe = available < crit and swap_free * 10 < swap_total + (swap_total == 0 and 1 or 0)
    local swap = swap_total == 0 and "there is no swap"
      or ("%s of %s swap is free"):format(words.size(swap_free), words.size(swap_total))
    out:add {
      severity = severe and "crit" or "warn", value = available, threshold = severe and crit or warn, unit = "B",
      text = ("Only %s of %s can still be had without swapping (%s), and %s."):format(words.size(available),
        words.size(total), words.percent(100 * available / total), swap),
      question = 'reconcile():where"size > 100M":sort"-size":show"what size percent"',
      advice = severe and "When it is used up, the kernel kills a process. End or limit the largest, or add swap now."
        or "The largest programs are listed by: memsh ps_mem",
    }
  end,
}
