-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local WARN <const>, CRIT <const> = 10, 10

return {
  id = "pressure",
  looks_at = "the share of time in which tasks wait for memory, of the whole machine (PSI)",
  why = "WARNING where some task waited during 10 % of the last minute, CRITICAL where all did: it is the loss " ..
    "itself, not a sign of it (Linux, Documentation/accounting/psi.rst). systemd-oomd begins to kill at 60 % for " ..
    "30 s (oomd.conf), so that at 10 % there is time to act.",
  find = function(machine, out)
    local sys = machine.sys
    local some = out:known(sys.pressure_some_avg60, "pressure")
    if not some then return end
    local full = words.known(sys.pressure_full_avg60, 0)
    if some < WARN and full < CRIT then return end
    local severe = full >= CRIT
    local lately = words.known(sys.pressure_some_avg10, some)
    out:add {
      severity = severe and "crit" or "warn", value = severe and full or some, threshold = severe and CRIT or WARN,
      unit = "%",
      text = ("Programs stand still for want of memory: in the last minute some task waited %s of the time, and all " ..
        "of them %s%s."):format(
        words.percent(some), words.percent(full), lately < some / 2 and (
        "; in the last 10 s it was %s, so it is ending"):format(words.percent(lately)) or ""),
      question = "sys.pressure_some_avg60, sys.pressure_full_avg60",
      advice = "Find who needs the memory (memsh ps_mem lists the largest programs, memsh cgroups the groups), and " ..
        "end it, limit it, or add memory. More swap does not help while it is read back as fast as it is written.",
    }
  end,
}
