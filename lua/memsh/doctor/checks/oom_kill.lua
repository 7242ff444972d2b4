-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local words = require "memsh.doctor.words"

local DAY <const> = 86400

-- Groups whose own processes were killed: what those below it lost is taken off.
local function killed_groups(machine)
  local killed, list = {}, {}
  for _, row in ipairs(machine:groups()) do
    local n = row.events_oom_kill
    if not core.is_unknown(n) then killed[row.path] = n end
  end
  for path, n in pairs(killed) do
    local below = 0
    for other, m in pairs(killed) do
      if other ~= path and other:match "^(.*)/[^/]*$" == (path == "/" and "" or path) then below = below + m end
    end
    if n > below then list[#list + 1] = { path = path, n = n - below } end
  end
  table.sort(list, function(a, b)
    if a.n ~= b.n then return a.n > b.n end
    return a.path < b.path
  end)
  return list
end

local function where(list)
  local parts = {}
  for i = 1, math.min(#list, 3) do parts[i] = ("%d in %s"):format(list[i].n, core.escape(list[i].path)) end
  if #parts == 0 then return "" end
  return " Of groups that still exist: " .. table.concat(parts, ", ") .. (#list > 3 and " and others." or ".")
end

-- The machine's counter, or where the kernel has none what the groups counted.
local function kills(machine, list)
  local total = machine:counter "oom_kill"
  if total then return total end
  local sum = 0
  for _, one in ipairs(list) do sum = sum + one.n end
  return sum > 0 and sum or nil
end

return {
  id = "oom_kill",
  looks_at = "processes that the kernel killed for lack of memory since boot (oom_kill of vmstat and memory.events)",
  why = "One is too many: work was lost. CRITICAL during the sample, WARNING in the first day after boot, INFO " ..
    "later, as the counters do not say when it was.",
  find = function(machine, out)
    local list = killed_groups(machine)
    local n = kills(machine, list)
    if not n then return out:lacks("kills for lack of memory", (select(2, machine:counter "oom_kill"))) end
    if n == 0 then return end
    local rate, uptime = machine:rate "oom_kill", machine.sys.uptime
    local now, since = rate and rate > 0, ""
    if out:known(uptime, "the time since boot") then since = (" (%s ago)"):format(words.time(uptime)) end
    out:add {
      severity = now and "crit" or since ~= "" and uptime < DAY and "warn" or "info", value = n, threshold = 1,
      text = ("Since boot%s the kernel killed %s for lack of memory%s.%s"):format(since,
        words.count(n, "process", "processes"),
        now and (", %d of them just now"):format(math.floor(rate * machine.seconds + 0.5)) or "", where(list)),
      question = #list > 0 and 'cgroups:where"events_oom_kill > 0":show"path events_oom_kill memory_max memory_peak"'
        or "sys.vmstat.oom_kill",
      advice = "When, and whom: journalctl -k -g \"killed process\" (or dmesg -T). A kill in a group with " ..
        "memory_max was for its limit, with however much memory the machine had.",
    }
  end,
}
