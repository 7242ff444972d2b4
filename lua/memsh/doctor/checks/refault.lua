-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local RATE <const>, PRESSURE <const> = 4 << 20, 5

-- Linux 5.9 counts files and anonymous memory apart.
local function rate_of(machine)
  local rate, reason = machine:byte_rate "workingset_activate_file"
  if rate then return rate end
  local old = machine:byte_rate "workingset_activate"
  return old, reason
end

return {
  id = "refault",
  looks_at = "page cache in use that was dropped and is read again (workingset_activate_file of vmstat, over the " ..
    "sample)",
  why = "WARNING from 4 MiB/s of pages that had been in use when they were dropped, while some task waits for " ..
    "memory 5 % of the last 10 s: then programs and data that run now do not fit beside each other. Reading new " ..
    "files does not count, nor does what was used only once (Linux, mm/workingset.c).",
  find = function(machine, out)
    local rate, reason = rate_of(machine)
    if not out:rate(rate, reason, "page cache read again") or rate < RATE then return end
    local some = out:known(machine.sys.pressure_some_avg10, "whether anybody waits for page cache")
    if not some or some < PRESSURE then return end
    out:add {
      severity = "warn", value = math.floor(rate), threshold = RATE, unit = "B/s",
      text = ("%s/s of files in use are read again because they were dropped, and some task waits for memory %s of " ..
        "the time: the page cache is too small for what " ..
        "runs."):format(words.size(math.floor(rate)), words.percent(some)),
      question = 'procs:sort"-maj_flt":top(10):show"pid comm maj_flt rss_file"',
      advice = "Anonymous memory leaves too little for files: end or limit the largest programs, or give the " ..
        "kernel swap to put idle memory into.",
    }
  end,
}
