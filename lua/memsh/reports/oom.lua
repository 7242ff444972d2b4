-- SPDX-License-Identifier: GPL-3.0-or-later
-- The report oom in sentences.
local core = require "memsh.core"
local moments = require "memsh.expr.moments"
local oom = require "memsh.analysis.oom"
local plural = require "memsh.util.plural"
local words = require "memsh.doctor.words"

local function list_of(programs, sign)
  local parts = {}
  for i, one in ipairs(programs) do
    parts[i] = ("%s %s%s"):format(core.escape(one.name), sign, core.human(one.bytes)) ..
      (one.n > 1 and (" (%d processes)"):format(one.n) or "")
  end
  return table.concat(parts, ", ")
end

local function where(kill)
  if not kill.group then return "which no group counted: the machine was short" end
  if kill.group.ended then return "in a group that is gone: no other counted it, and the machine had memory" end
  local limit = kill.group.limit and words.known(kill.group.limit, math.huge)
  if not limit then return "in group " .. core.escape(kill.group.path) end
  return "in group " .. core.escape(kill.group.path) ..
    (limit < math.huge and (", whose limit is %s"):format(core.human(limit)) or ", which has no limit of its own")
end

local function victim(kill)
  if not kill.process then return ("unknown: %s"):format(kill.why) end
  local row, memory = kill.process, oom.memory_if_read(kill.process)
  return ("%s %s (%d) of %s, with %s of anonymous memory and swap: %s"):format(kill.sure,
    core.escape(words.known(row.comm, "?")), row.pid, core.escape(tostring(words.known(row.user, "?"))),
    memory and core.human(memory) or "an unknown amount", kill.why)
end

local function but(lacks)
  return lacks > 0 and ("; not known of %s, whose files are damaged"):format(plural(lacks, "process")) or ""
end

local function held(kill)
  return (#kill.held > 0 and list_of(kill.held, "") or "not recorded") .. but(kill.held_lacks)
end

local function grown(kill)
  if not kill.since and kill.steps_over then return "not known: the earlier moments of that boot are damaged" end
  if not kill.since then return "not known: there is no earlier moment of that boot" end
  local time = words.time(kill.before.time - kill.since.time)
  local programs = #kill.grown == 0 and "no program had" or list_of(kill.grown, "+")
  return ("%s, in the %s before%s"):format(programs, time, but(kill.grown_lacks))
end

local function block(kill)
  local out = { ("%s to %s: a kill for lack of memory, %s"):format(moments.text(kill.before.time),
    moments.text(kill.after.time):sub(12), where(kill)) }
  out[2] = "  victim  " .. victim(kill)
  out[3] = "  held    " .. held(kill)
  out[4] = "  grown   " .. grown(kill)
  if core.known(kill.mem_available) then
    out[5] = ("  machine %s of %s available at the moment before"):format(core.human(kill.mem_available),
      core.human(kill.mem_total))
  end
  return table.concat(out, "\n")
end

-- Why it is not known whether there were kills.
local function not_known(found)
  if found.moments == 0 then return "there is no moment in that time" end
  if found.no_kills then return found.no_kills end
  local all = plural(found.moments, "moment")
  if found.unused == 1 and found.moments == 1 then return "the only moment could not be used" end
  if found.unused == found.moments then return ("of %s none could be used"):format(all) end
  local lacks = found.unused > 0 and (", and %d of %s could not be used"):format(found.unused, all) or ""
  return "that takes two moments of one boot" .. lacks
end

local function nobody(found)
  if not found.compared then
    return ("Whether the kernel killed anybody for lack of memory is not known: %s."):format(not_known(found))
  end
  local all = plural(found.moments, "moment")
  if found.unused > 0 then all = ("the %d of %s that could be used"):format(found.moments - found.unused, all) end
  return ("The kernel killed nobody for lack of memory in %s."):format(all)
end

---@param found memsh.Kills
---@return string
return function(found)
  local out = {}
  for i, kill in ipairs(found.kills) do out[i] = block(kill) end
  if #out == 0 then out[1] = nobody(found) end
  local notes = {}
  if found.left > 0 then notes[1] = ("There were kills %d times before these; -n shows more."):format(found.left) end
  if found.no_kills and found.compared then
    notes[#notes + 1] = "Some kills may not be known: " .. found.no_kills .. "."
  end
  if (found.earlier or 0) > 0 then
    notes[#notes + 1] = ("%s since boot before the first of these moments: no more is known of it here."):format(
      plural(found.earlier, "kill"))
  end
  if #notes > 0 then out[#out + 1] = table.concat(notes, "\n") end
  return table.concat(out, "\n\n")
end
