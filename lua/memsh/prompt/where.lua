-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which moment the questions of a session are about: the prompt shows it, :at, :earlier and :later change it.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"
local plural = require "memsh.util.plural"
local SECONDS <const> = require "memsh.util.seconds"

local common_mistakes = lazy "memsh.util.common_mistakes"
local moments = lazy "memsh.expr.moments"
local recorded = lazy "memsh.fields.recorded"

local where = {}

local HOST_LENGTH <const> = 20

-- "web1 2026-11-26 03:14:20"; nil where the machine is no moment of a recording.
local function text_of(source)
  local moment = core.moment_of(source)
  if not moment then return nil end
  local host = core.escape((moment.host or "?"):sub(1, HOST_LENGTH))
  return ("%s %s"):format(host, moment.time and moments().text(moment.time) or "?")
end

--- Has the prompt show it.
function where.show()
  require("memsh.prompt").where = text_of(machine.source())
end

--- The recording of the session. Raises where there is none.
function where.recording()
  local recording, message = machine.session_recording()
  if recording then return recording end
  return core.raise(message
    or "moments are those of a recording: start memsh -s web1.memsh; memsh record makes one, see :help recordings")
end

-- sys is an object of the machine that was there when it was named.
local function forget_sys()
  for _, names in ipairs { _G, require "memsh" } do
    if core.kind(rawget(names, "sys")) == "system" then rawset(names, "sys", nil) end
  end
end

local TAKEN <const> = { every = "taken when it was due", pressure = "taken on pressure", oom = "taken after a kill",
  asked = "taken when asked for", saved = "from a saved copy" }

local function go(source)
  machine.go(source)
  forget_sys()
  where.show()
  local moment = core.moment_of(source)
  if not moment then return core.note "memsh: the running machine" end
  core.note(("memsh: %s, %s and threads of the kernel, %s"):format(text_of(source), plural(moment.processes, "process"),
    TAKEN[moment.why] or "taken for an unknown reason"))
end

--- Goes to the moment that a text means, or with "live" to the running machine.
---@param when string
function where.at(when)
  if when == "live" then return go(machine.live()) end
  go(recorded().at(where.recording(), when))
end

-- The place of a moment in a list.
local function place_of(list, id)
  for at, moment in ipairs(list) do
    if moment.id == id then return at end
  end
  return nil
end

-- The place of the moment that is next from a place on, in a direction, and how many damaged ones are between.
local function next_whole(list, at, direction)
  local passed = 0
  repeat
    at = at + direction
    local is_damaged = list[at] and list[at].why == "damaged"
    passed = passed + (is_damaged and 1 or 0)
  until not is_damaged
  return at, passed
end

-- There are `left` moments on that side of this one.
local function too_far(direction, left)
  if left > 0 then
    core.raise(("there %s only %s %s"):format(left == 1 and "is" or "are", plural(left, "moment"),
      direction < 0 and "earlier than this one" or "later than this one"))
  end
  core.raise(direction < 0 and "this is the first moment"
    or "this is the last moment; :at live is the running machine")
end

local STEPS <const> = "takes a number of moments, or a time, as in :earlier 10 or :earlier 10m"

-- The place that is so many whole moments away, and how many damaged ones are passed.
local function counted(list, at, direction, count)
  local passed = 0
  for _ = 1, math.min(count, #list + 1) do
    local more
    at, more = next_whole(list, at, direction)
    passed = passed + more
    if not list[at] then break end
  end
  return at, passed
end

local function distance(moment, time)
  return moment and moment.time and math.abs(moment.time - time) or math.huge
end

-- The place of the whole moment in a direction that is nearest to a time, at least that of the next one: moments come a
-- little early or late. And how many damaged ones are passed, or may be nearer.
local function nearest(list, at, direction, time)
  local to, passed = next_whole(list, at, direction)
  while list[to] do
    local further, more = next_whole(list, to, direction)
    local is_nearer = distance(list[further], time) < distance(list[to], time)
    if is_nearer or (time - (list[to].time or time)) * direction > 0 then passed = passed + more end
    if not is_nearer then break end
    to = further
  end
  return to, passed
end

-- The time of now, and the function that finds the place of the moment that is so many seconds away.
local function by_time(now, seconds, recording)
  if not now and seconds > 0 then core.raise "this is the running machine, and nothing is later" end
  local time = not now and machine.source():system().now or now.time
  if not core.known(time) then core.raise "it is not known when this moment was; without a time, :earlier goes on" end
  local slack = math.min(math.abs(seconds) / 10, 1)
  return function(list, at, direction)
    local first = list[1] and list[1].time
    if at > 1 and seconds < 0 and first and time + seconds < first - slack then
      core.raise(require("memsh.fields.recorded_moment").too_early(recording))
    end
    return nearest(list, at, direction, time + seconds)
  end
end

-- Goes to the moment that `find` finds. That pieces of one are lost is seen when it is opened: it is damaged, too.
local function go_along(recording, now, direction, find)
  local list, message = recording:moments()
  if not list then core.raise("cannot read " .. message) end
  local at = now and place_of(list, now.id) or #list + 1 -- the running machine comes after them
  local to, passed, source, why, name
  repeat
    if name then list[to].why = "damaged" end
    to, passed = find(list, at, direction)
    if not list[to] then break end
    source, why, name = recorded().open_moment(recording, list[to].id)
  until name ~= "EUCLEAN"
  if passed > 0 then core.note(("memsh: damaged, and passed over: %s"):format(plural(passed, "moment"))) end
  if not list[to] then too_far(direction, direction < 0 and at - 1 or #list - at) end
  go(source or core.raise(why))
end

--- Goes to an earlier or later moment: the next one, one that is `by` moments away ("10"), or a time ("10m").
---@param direction integer -1 or 1
---@param by string|nil
function where.step(direction, by)
  local recording, now = where.recording(), core.moment_of(machine.source())
  local asked = by and common_mistakes().span(by) or by or "1" -- 5min, 2 hours
  local count, unit = asked:match "^(%d+)%s*([smhd]?)$"
  count = tonumber(count)
  if not count or count == 0 then core.raise((direction < 0 and ":earlier " or ":later ") .. STEPS) end
  go_along(recording, now, direction, unit ~= "" and by_time(now, direction * count * SECONDS[unit], recording)
    or function(list, at) return counted(list, at, direction, count) end)
end

return where
