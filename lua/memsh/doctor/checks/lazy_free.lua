-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local LEAST <const>, SHARE <const> = 256 << 20, 20

return {
  id = "lazy_free",
  only_notes = true,
  looks_at = "memory that large processes gave back with MADV_FREE and that RSS still counts",
  why = "INFO from 256 MiB and a fifth of a process's RSS: the kernel takes such pages back only when it is short, " ..
    "so that the program (Go before 1.16, jemalloc, Chromium) looks larger than it is (madvise(2)). Of the dozen " ..
    "largest processes alone, as it needs a walk over their pages.",
  find = function(machine, out)
    for _, row in ipairs(machine:largest()) do
      local free, res = out:known(row.lazy_free, "MADV_FREE", "process"), words.known(row.res, 0)
      if free and free >= LEAST and free * 100 >= res * SHARE then
        out:add {
          severity = "info", subject = words.process(row), value = free, unit = "B",
          threshold = math.max(LEAST, res * SHARE // 100),
          text = ("%s shows %s resident, but has given back %s of it (MADV_FREE), which the kernel takes when it " ..
            "needs it.")
            :format(words.process(row), words.size(res), words.size(free)),
          question = ("procs{pid=%d}:show\"pid comm rss lazy_free pss\""):format(row.pid),
          advice = "No leak: count rss less lazy_free. GODEBUG=madvdontneed=1 makes Go 1.12 to 1.15 give it back " ..
            "at once.",
        }
      end
    end
  end,
}
