-- SPDX-License-Identifier: GPL-3.0-or-later
local leaks = require "memsh.analysis.leaks"
local words = require "memsh.doctor.words"
local plural = require "memsh.util.plural"

local LEAST <const>, SOON <const>, LATER <const> = 8 << 20, 86400, 7 * 86400
local HOUR <const> = 3600

local function severity(one, available)
  local per_second = one.low / HOUR
  if available < per_second * SOON then return "warn" end
  return available < per_second * LATER and "info" or nil
end

local TEXT <const> = "%s grew by %s in %s, to %s: by %s an hour (between %s and %s with 95 %% confidence). The %s " ..
  "available last for %s at that rate."

local function finding(one, level, available)
  local size, name = words.size, words.process(one)
  return {
    severity = level, subject = name, value = one.per_hour, threshold = available // 24, unit = "B/h",
    text = TEXT:format(name, size(one.grown), words.time(one.seconds), size(one.memory), size(one.per_hour),
      size(one.low), size(one.high), size(available), words.time(available * HOUR / one.per_hour)),
    question = ("procs:over{from=\"-6h\"}:where\"pid == %d\":show\"time rss_anon vm_swap\""):format(one.pid),
    advice = ("It leaks, or fills a cache that has no limit; memsh leaks has the others. memsh doctor %d says what " ..
      "it is made of."):format(one.pid),
  }
end

return {
  id = "grown",
  of_recordings = true,
  looks_at = "processes that grew over the moments of a recording, up to the one that is asked",
  why = "A slope is believed where all of its 95 % interval (Theil-Sen) is above 0, the process still grew in the " ..
    "last third, and there are 10 minutes and 8 moments of it. WARNING where even the lower end uses up what is " ..
    "available in a day, INFO in a week.",
  find = function(machine, out)
    local recording, moment = machine:recording()
    if not recording then return out:lacks("growth over hours", "this is no moment of a recording") end
    if not moment.time then return out:lacks("growth over hours", "the moment has no time") end
    local available = out:known(machine.sys.mem_available, "growth over hours")
    local found = available and leaks.find(recording, { to = moment.time, min = LEAST })
    if not found then return end
    if leaks.is_short(found) then
      return out:lacks("growth over hours", ("%s in %s %s too short for that"):format(
        words.count(found.all, "moment"), words.time(found.seconds), found.all == 1 and "is" or "are"))
    end
    if found.damaged > 0 then out:lacks("growth over hours", plural(found.damaged, "damaged moment")) end
    for _, one in ipairs(found.rows) do
      local level = one.verdict == "grows" and one["until"] == moment.time and severity(one, available)
      if level then out:add(finding(one, level, available)) end
    end
  end,
}
