-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local WARN <const>, CRIT <const> = 90, 97

return {
  id = "overcommit",
  looks_at = "promised memory (Committed_AS) against CommitLimit, where vm.overcommit_memory is 2",
  why = "WARNING from 90 %, CRITICAL from 97 %: with strict overcommit malloc and fork fail at the limit, however " ..
    "much memory is free (Linux, Documentation/mm/overcommit-accounting.rst). In the other modes the limit means " ..
    "nothing.",
  find = function(machine, out)
    local sys = machine.sys
    local mode = out:known(sys.overcommit_memory, "vm.overcommit_memory")
    if mode ~= 2 then return end
    local promised, limit = out:known(sys.committed_as, "promised memory"), out:known(sys.commit_limit, "promised " ..
      "memory")
    if not promised or not limit or limit <= 0 then return end
    local share = 100 * promised / limit
    if share < WARN then return end
    out:add {
      severity = share >= CRIT and "crit" or "warn", value = share, threshold = share >= CRIT and CRIT or WARN,
      unit = "%",
      text = ("%s was promised to programs, %s of the %s that strict overcommit allows, while %s is available.")
        :format(words.size(promised), words.percent(share), words.size(limit),
          words.size(words.known(sys.mem_available, 0))),
      question = 'procs:sort"-vm_data":top(10):show"pid comm vm_data rss"',
      advice = "Raise vm.overcommit_ratio (or overcommit_kbytes), add swap, which counts, or set " ..
        "vm.overcommit_memory=0.",
    }
  end,
}
