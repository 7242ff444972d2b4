-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local moments = require "memsh.expr.moments"
local oom = require "memsh.analysis.oom"
local words = require "memsh.doctor.words"

local DAY <const>, NEWEST <const>, MINUTES <const> = 86400, 3, 10

local function programs(list)
  local parts = {}
  for i, one in ipairs(list) do parts[i] = ("%s %s"):format(core.escape(one.name), words.size(one.bytes)) end
  return table.concat(parts, ", ")
end

local SURE <const> = { certain = "", likely = "likely ", possible = "possibly " }

local function victim(kill)
  if not kill.process then return "The victim is unknown: " .. kill.why .. "." end
  return ("The victim is %s%s: %s."):format(SURE[kill.sure], words.process(kill.process), kill.why)
end

local function place(kill)
  if not kill.group then return "" end
  return kill.group.ended and " in a group that is gone" or " in group " .. core.escape(kill.group.path)
end

local function sentences(kill)
  local out = { ("The kernel killed a process%s between %s and %s."):format(place(kill), moments.text(kill.before.time),
    moments.text(kill.after.time):sub(12)), victim(kill) }
  if #kill.held > 0 then out[#out + 1] = ("The largest%s were: %s."):format(kill.group and " of that group" or "",
    programs(kill.held)) end
  if kill.grown and #kill.grown > 0 then
    out[#out + 1] = ("What grew in the %s before: %s."):format(words.time(kill.before.time - kill.since.time),
      programs(kill.grown))
  end
  return table.concat(out, " ")
end

return {
  id = "before_kill",
  of_recordings = true,
  looks_at = "the last kills for lack of memory in a recording, up to the moment asked: the victim, the largest",
  why = "WARNING in the day after a kill, INFO later. The kernel counts kills without their victims; the victim is " ..
    "what the moments before and after make likely.",
  find = function(machine, out)
    local recording, moment = machine:recording()
    if not recording then return out:lacks("the largest before a kill", "this is no moment of a recording") end
    if not moment.time then return out:lacks("the largest before a kill", "the moment has no time") end
    local found = oom.find(recording, { to = moment.time, before = 60 * MINUTES, count = NEWEST })
    if found.no_kills then out:lacks("kills between moments", found.no_kills) end
    for _, kill in ipairs(found.kills) do
      local held = kill.held[1]
      out:add {
        severity = moment.time - kill.after.time < DAY and "warn" or "info",
        subject = kill.process and words.process(kill.process) or "machine", value = held and held.bytes, unit = "B",
        text = sentences(kill), question = 'report"oom"{}',
        advice = kill.group and "It was for the limit of a group: raise its memory_max, or make what runs in it use " ..
          "less." or "Memory or swap is missing, or a program grew: memsh leaks, memsh timeline.",
      }
    end
  end,
}
