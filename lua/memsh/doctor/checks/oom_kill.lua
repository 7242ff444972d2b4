-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local oom_kills = require "memsh.query.oom_kills"
local words = require "memsh.doctor.words"

local DAY <const>, NAMED <const> = 86400, 3

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

-- ---- when, and whom: by the kernel's log, as far as it goes back

-- "python3 (901) 5 min ago, at the limit of group /a, with 512M resident"
local function told(kill)
  local limit = words.known(kill.limited, "")
  local short = limit ~= "" and (", at the limit of group %s"):format(core.escape(limit))
    or core.is_unknown(kill.limited) and ", at the limit of its group" or ", as the machine was short"
  return ("%s%s%s, with %s resident"):format(words.process(kill),
    core.is_unknown(kill.age) and "" or (" %s ago"):format(words.time(kill.age)), short,
    words.size(words.known(kill.anon, 0) + words.known(kill.file, 0) + words.known(kill.shmem, 0)))
end

local function list_of(logged, n)
  local parts = {}
  for i = 1, math.min(#logged, NAMED) do parts[i] = told(logged[i]) end
  if #parts == 0 then return " When and whom is no longer in the kernel's log." end
  return (n == #parts and " %s." or #parts > 1 and " The last ones: %s." or " The last one: %s."):format(
    table.concat(parts, "; "))
end

-- Whether one was in the last day, as far as that is known.
local function is_recent(logged, uptime)
  local last = logged and logged[1]
  return words.known(uptime, DAY) < DAY or last and words.known(last.age, DAY) < DAY
end

local function log_of(out)
  local logged, reason = oom_kills.find()
  if not logged then out:lacks("when and whom the kernel killed", oom_kills.problem(reason), reason) end
  return logged
end

local JOURNAL <const> = "When, and whom: journalctl -k -g \"killed process\" (or dmesg -T). "

return {
  id = "oom_kill",
  looks_at = "processes that the kernel killed for lack of memory since boot (oom_kill of vmstat and memory.events, " ..
    "and the kernel's log)",
  why = "One is too many: work was lost. CRITICAL during the sample, WARNING in the first day after it, INFO later. " ..
    "Where the log can't be read, or has lost it, the day is that after boot, as the counters do not say when it was.",
  find = function(machine, out)
    local list = killed_groups(machine)
    local n = kills(machine, list)
    if not n then return out:lacks("kills for lack of memory", (select(2, machine:counter "oom_kill"))) end
    if n == 0 then return end
    local rate, uptime = machine:rate "oom_kill", machine.sys.uptime
    local now, since = rate and rate > 0, ""
    if out:known(uptime, "the time since boot") then since = (" (%s ago)"):format(words.time(uptime)) end
    local logged = log_of(out)
    local recent = is_recent(logged, uptime)
    out:add {
      severity = now and "crit" or recent and "warn" or "info", value = n, threshold = 1,
      text = ("Since boot%s the kernel killed %s for lack of memory%s.%s%s"):format(since,
        words.count(n, "process", "processes"),
        now and (", %d of them just now"):format(math.floor(rate * machine.seconds + 0.5)) or "",
        logged and list_of(logged, n) or "", logged and #logged == n and n <= NAMED and "" or where(list)),
      question = logged and #logged > 0 and 'report"oom_kills"{count = 10}'
        or #list > 0 and 'cgroups:where"events_oom_kill > 0":show"path events_oom_kill memory_max memory_peak"'
        or "sys.vmstat.oom_kill",
      advice = (logged and #logged > 0 and "" or JOURNAL) .. "A kill at the limit of a group had nothing to do with " ..
        "the machine: raise memory_max of the group, or make what runs in it use less. Else memory or swap is " ..
        "missing, or a program grew: memsh leaks shows which ones grow now.",
    }
  end,
}
