-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local LEAST <const>, SHARE <const> = 256 << 20, 25

return {
  id = "shmem_swapped",
  only_notes = true,
  looks_at = "swap that is in no process's VmSwap: shared memory and tmpfs files that were swapped out",
  why = "INFO from 256 MiB and a quarter of the swap used. VmSwap leaves shared memory out, so that the swap of " ..
    "all processes does not add up to what is used; at least used swap less VmSwap of all and SwapCached.",
  find = function(machine, out)
    local sys = machine.sys
    local total, free = words.known(sys.swap_total, 0), words.known(sys.swap_free, 0)
    local used = total - free
    if used < LEAST then return end
    if machine.unseen then return out:lacks("swap of shared memory", machine.unseen) end
    local owned, missing = machine:sum "vm_swap"
    if missing > 0 then
      return out:lacks("swap of shared memory", words.count(missing, "process", "processes") .. " without VmSwap")
    end
    local rest = used - owned - words.known(sys.swap_cached, 0)
    if rest < LEAST or rest * 100 < used * SHARE then return end
    out:add {
      severity = "info", value = rest, threshold = math.max(LEAST, used * SHARE // 100), unit = "B",
      text = ("At least %s of the %s of swap in use belongs to shared memory or tmpfs files, in no process's VmSwap.")
        :format(words.size(rest), words.size(used)),
      question = 'maps:where"shared and on_shmem and swap > 0":by"name":max"swap":sort"-swap":top(10)',
      advice = "df -t tmpfs shows the files, ipcs -m the segments. Deleting what nobody needs frees the swap.",
    }
  end,
}
