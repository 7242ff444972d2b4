-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local MIB <const> = 1 << 20
local RATE <const>, PRESSURE <const> = MIB, 10

-- Who waits for pages from a disk, the most first.
local function readers(machine)
  local found = {}
  for _, row in ipairs(machine.processes) do
    local before = machine.before[row.pid]
    if before and words.known(before.start_time, 0) == words.known(row.start_time, 1) then
      local faults = words.known(row.maj_flt, 0) - words.known(before.maj_flt, 0)
      if faults > 0 and words.known(row.vm_swap, 0) > 0 then found[#found + 1] = { row = row, faults = faults } end
    end
  end
  table.sort(found, function(a, b) return a.faults > b.faults end)
  local names = {}
  for i = 1, math.min(#found, 3) do names[i] = words.process(found[i].row) end
  return #names > 0 and " Most of it is for " .. table.concat(names, ", ") .. "." or ""
end

return {
  id = "swap_in",
  looks_at = "pages that are read back from swap now (pswpin of vmstat, over the sample)",
  why = "WARNING from 1 MiB/s: 256 waits for a disk each second, as much as a hard disk can do at all. CRITICAL " ..
    "where, besides, all tasks waited for memory 10 % of the last 10 s. Swap that is merely full of pages that " ..
    "nobody needs costs nothing.",
  find = function(machine, out)
    if words.known(machine.sys.swap_total, 0) == 0 then return end
    local what = "swap read back now"
    local rate, reason = machine:byte_rate "pswpin"
    if not out:rate(rate, reason, what) or rate < RATE then return end
    local full = words.known(machine.sys.pressure_full_avg10, 0)
    local written = machine:byte_rate "pswpout" or 0
    out:add {
      severity = full >= PRESSURE and "crit" or "warn", value = math.floor(rate), threshold = RATE, unit = "B/s",
      text = ("%s/s are read back from swap and %s/s written to it: programs need what was swapped out.%s"):format(
        words.size(math.floor(rate)), words.size(math.floor(written)), readers(machine)),
      question = 'procs:where"swap > 0":sort"-maj_flt":top(10):show"pid comm swap maj_flt"',
      advice = "Memory is too small for what runs. End or limit something, or add memory; turning swap off makes " ..
        "it worse.",
    }
  end,
}
