-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local words = require "memsh.doctor.words"

local WARN <const>, CRIT <const> = 90, 97

-- What is left when all page cache and all reclaimable kernel memory was given back: it can only be swapped.
local function needed(row)
  local used = row.memory_current
  for _, name in ipairs { "memory_active_file", "memory_inactive_file", "memory_slab_reclaimable" } do
    local value = row[name]
    if not core.is_unknown(value) then used = used - value
    elseif core.why(value) ~= "unsupported" then return value end
  end
  return used
end

-- How much of it could still go to swap.
local function swap_room(machine, row)
  local free, most, used = words.known(machine.sys.swap_free, 0), row.memory_swap_max, row.memory_swap_current
  if core.is_unknown(most) or core.is_unknown(used) then return free end
  return math.max(math.min(free, most - used), 0)
end

local function events(machine, row)
  local parts = {}
  local kills, hits = words.known(row.events_oom_kill, 0), machine:group_growth(row, "events_max")
  if kills > 0 then parts[1] = words.count(kills, "process was", "processes were") .. " killed in it so far" end
  if hits and hits > 0 then
    parts[#parts + 1] = ("it ran against the limit %s during the sample"):format(words.count(hits, "time"))
  end
  return #parts > 0 and " " .. table.concat(parts, "; "):gsub("^%l", string.upper) .. "." or ""
end

local function judge(machine, out, row, limit, name)
  local used = out:known(needed(row), "memory", "group")
  if not used or limit <= 0 then return end
  local share = 100 * used / limit
  if share < WARN then return end
  local room = swap_room(machine, row)
  local severe = name == "memory_max" and share >= CRIT and room < limit // 10
  out:add {
    severity = severe and "crit" or "warn", subject = row.path, value = share, threshold = severe and CRIT or WARN,
    unit = "%",
    text = ("Group %s needs %s, %s of its %s (%s), without the page cache that it could give back; %s.%s"):format(
      core.escape(row.path), words.size(used), words.percent(share), name, words.size(limit),
      room > 0 and ("%s more could go to swap"):format(words.size(math.min(room, used)))
      or "none of it can go to swap", events(machine, row)),
    question = ("cgroups:where[[path == %s]]:show\"path memory_current memory_anon memory_max events_max\"")
      :format(words.literal(row.path)),
    advice = name == "memory_max" and "Raise the limit (systemctl set-property UNIT MemoryMax=...), or make what " ..
      "runs in it use less: at the limit the kernel kills one of its processes."
      or "Above memory_high its processes are slowed down. Raise it (MemoryHigh=), or make what runs in it use less.",
  }
end

return {
  id = "cgroup_limit",
  looks_at = "control groups near memory.max or memory.high, by memory that is no page cache",
  why = "A group's page cache may always fill it up to the limit and is given back at once, so only the rest " ..
    "counts. WARNING from 90 %, CRITICAL from 97 % of memory.max where less than a tenth of it could go to swap: " ..
    "then the next request ends in a kill (Linux, Documentation/admin-guide/cgroup-v2.rst).",
  find = function(machine, out)
    for _, row in ipairs(out:groups(machine)) do
      for _, name in ipairs { "memory_max", "memory_high" } do
        local limit = row[name]
        if core.is_unknown(limit) then
          if core.why(limit) ~= "unsupported" then out:known(limit, name, "group") end
        elseif limit < words.known(machine.sys.mem_total, math.huge) then
          judge(machine, out, row, limit, name)
        end
      end
    end
  end,
}
