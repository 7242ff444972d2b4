-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local words = require "memsh.doctor.words"

local WARN <const>, CRIT <const> = 10, 10

local function parent(path)
  return path:match "^(.+)/[^/]*$" or "/"
end

-- A group's pressure is that of those below it, too: only the lowest ones are named.
local function lowest(pressed)
  local has_lower, list = {}, {}
  for path in pairs(pressed) do
    local above = path
    while above ~= "/" do
      above = parent(above)
      has_lower[above] = true
    end
  end
  for path, one in pairs(pressed) do
    if not has_lower[path] then list[#list + 1] = one end
  end
  table.sort(list, function(a, b) return a.row.path < b.row.path end)
  return list
end

return {
  id = "cgroup_pressure",
  looks_at = "the share of time in which the tasks of a control group wait for memory (memory.pressure)",
  why = "As for the machine: WARNING where some task of the group waited 10 % of the last minute, CRITICAL where " ..
    "all did. A group may wait at its own limit while the machine has plenty. Of nested groups the lowest is named.",
  find = function(machine, out)
    local pressed = {}
    for _, row in ipairs(out:groups(machine)) do
      local some = row.pressure_some_avg60
      if core.is_unknown(some) then
        if core.why(some) ~= "unsupported" then out:known(some, "pressure", "group") end
      elseif some >= WARN and row.path ~= "/" then
        pressed[row.path] = { row = row, some = some, full = words.known(row.pressure_full_avg60, 0) }
      end
    end
    for _, one in ipairs(lowest(pressed)) do
      local severe, path = one.full >= CRIT, one.row.path
      out:add {
        severity = severe and "crit" or "warn", subject = path, value = severe and one.full or one.some, unit = "%",
        threshold = severe and CRIT or WARN,
        text = ("In the last minute some task of group %s waited for memory %s of the time, and all of them " ..
          "%s."):format(
          core.escape(path), words.percent(one.some), words.percent(one.full)),
        question = ("cgroups:where[[path == %s]]:show\"path pressure_some_avg60 memory_current memory_limit\"")
          :format(words.literal(path)),
        advice = "If memory_limit is a number near memory_current, the group is too small for what runs in it: " ..
          "raise the limit. Otherwise the whole machine is short of memory.",
      }
    end
  end,
}
