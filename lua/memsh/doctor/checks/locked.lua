-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local INFO <const>, WARN <const> = 25, 50

return {
  id = "locked",
  looks_at = "memory that can't be reclaimed or swapped because it is locked (Unevictable)",
  why = "INFO from 25 % of memory, WARNING from 50 %: the kernel can take memory only from the rest. Databases, " ..
    "virtual machines and real-time programs lock it on purpose.",
  find = function(machine, out)
    local total, locked = words.known(machine.sys.mem_total, 0), out:known(machine.sys.unevictable, "locked memory")
    if not locked or total == 0 or locked * 100 < total * INFO then return end
    local severe = locked * 100 >= total * WARN
    out:add {
      severity = severe and "warn" or "info", value = locked, threshold = total * (severe and WARN or INFO) // 100,
      unit = "B",
      text = ("%s (%s of memory) is locked, so that it is neither swapped nor reclaimed."):format(words.size(locked),
        words.percent(100 * locked / total)),
      question = 'procs:where"vm_lck > 0 or vm_pin > 0":sort"-vm_lck":show"pid comm vm_lck vm_pin"',
      advice = "If it is not on purpose: the programs listed call mlock or mlockall, or hold buffers of devices; " ..
        "files on ramfs count, too.",
    }
  end,
}
