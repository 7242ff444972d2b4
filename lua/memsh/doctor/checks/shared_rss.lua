-- SPDX-License-Identifier: GPL-3.0-or-later
local words = require "memsh.doctor.words"

local LEAST <const>, SHARE <const> = 1 << 30, 25

-- Names with the most shared memory in RSS.
local function sharers(machine)
  local list = {}
  for _, one in ipairs(machine:programs()) do
    if one.n > 1 then list[#list + 1] = one end
  end
  table.sort(list, function(a, b) return a.anon + a.shmem + a.file > b.anon + b.shmem + b.file end)
  local parts = {}
  for i = 1, math.min(#list, 2) do
    local one = list[i]
    parts[i] = ("%d of %s (%s)"):format(one.n, one.comm, words.size(one.anon + one.shmem + one.file))
  end
  return #parts > 0 and " Most of it: " .. table.concat(parts, ", ") .. "." or ""
end

return {
  id = "shared_rss",
  only_notes = true,
  looks_at = "memory that RSS counts more than once: the RSS of all processes against what is mapped at all",
  why = "INFO where the RSS of all processes adds up to 1 GiB and a quarter of memory more than AnonPages and " ..
    "Mapped: workers of one parent and users of one shared memory each count it in full, and the sum says nothing.",
  find = function(machine, out)
    local sys = machine.sys
    local mapped = out:known(sys.anon_pages + sys.mapped, "RSS counted twice")
    if not mapped then return end
    local sum, total = machine:sum "res", words.known(sys.mem_total, math.huge)
    local twice = sum - mapped
    if twice < LEAST or twice * 100 < total * SHARE then return end
    out:add {
      severity = "info", value = twice, threshold = math.max(LEAST, total * SHARE // 100), unit = "B",
      text = ("RSS of all processes adds up to %s, though they map only %s: %s is counted more than once.%s"):format(
        words.size(sum), words.size(mapped), words.size(twice), sharers(machine)),
      question = 'procs:by"comm":sum"rss pss":sort"-rss":top(10)',
      advice = "No trouble by itself: add up pss, not rss, and judge a worker by uss, which is what ending it frees.",
    }
  end,
}
