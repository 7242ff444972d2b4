-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which moments of a recording are in a span of time, as people write one.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local moments = require "memsh.expr.moments"
local plural = require "memsh.util.plural"
local recorded = require "memsh.fields.recorded"
local SECONDS <const> = require "memsh.util.seconds"
local suggest = require "memsh.util.suggest"

local span = {}

-- Options of a report are those of a command line: the line of Lua that reads them helps nobody.
local function refuse(who, message)
  if who == "over: " then core.raise(who .. message) end
  error(who .. message, 0)
end

local WORDS <const> = { "yesterday", "today", "now" }

local function seconds_of(step, who)
  local number, unit = tostring(step):match "^(%d+%.?%d*)([smhd]?)$"
  local seconds = number and tonumber(number) * (SECONDS[unit] or 1)
  if not seconds or seconds <= 0 then
    core.raise(("%s'%s' is not a step; '10s', '5m' or '1h' are"):format(who, core.escape(tostring(step))))
  end
  return seconds
end

-- Seconds since 1970 that a text means, beside the newest moment; of `to` the last ones.
local function time_of(name, text, newest, who)
  if type(text) == "number" then return text end
  local when, message = moments.read(tostring(text), moments.now_of(newest, core.now()))
  if not when then
    local hint = suggest.ending(tostring(text):match "^%a*", WORDS, moments.HINT):gsub("^; ", "")
    refuse(who, ("%s = '%s' is not a time%s; %s"):format(name, core.escape(tostring(text)),
      message and ": " .. message or "", hint))
  end
  if when.ago and not newest then refuse(who, "the recording has no times") end
  moments.note(text, when)
  local at = when.at or newest - when.ago
  return name == "to" and moments.last(text, at) or at
end

---@class memsh.Span
---@field from string|number|nil a time as people write it, or seconds since 1970
---@field to string|number|nil
---@field step string|number|nil at most one moment in each such time

-- The time of the newest moment that has one.
local function newest_time(list)
  for i = #list, 1, -1 do
    if list[i].time then return list[i].time end
  end
  return nil
end

-- The earliest and the latest time that each moment can be of: of a damaged one, those of the moments beside it.
local function bounds(list)
  local earliest, latest, time = {}, {}, -math.huge
  for i = 1, #list do
    time = list[i].time or time
    earliest[i] = time
  end
  time = math.huge
  for i = #list, 1, -1 do
    time = list[i].time or time
    latest[i] = time
  end
  return earliest, latest
end

-- A function that says of each place of a list whether its moment may be in the span.
local function in_span(list, options, who)
  if not (options.from or options.to) then return function() return true end end
  local newest = newest_time(list)
  local from = options.from and time_of("from", options.from, newest, who) or -math.huge
  local to = options.to and time_of("to", options.to, newest, who) or math.huge
  local earliest, latest
  return function(i)
    local moment = list[i]
    if moment.why ~= "damaged" then return moment.time and moment.time >= from and moment.time <= to end
    if not earliest then earliest, latest = bounds(list) end
    return earliest[i] <= to and latest[i] >= from
  end
end

--- Those of a list of moments that are in the span, and damaged ones that may be.
---@param list table[] of recording:moments()
---@param options memsh.Span
---@param who string what a message begins with
---@param is_better nil|fun(moment: table): boolean of those in one step the first of which this is true is taken
---@return table[]
---@return integer damaged how many of them are
function span.within(list, options, who, is_better)
  local is_in = in_span(list, options, who)
  local step = options.step and seconds_of(options.step, who)
  local found, damaged, first, last, is_settled = {}, 0, nil, nil, false
  for i, moment in ipairs(list) do
    local takes, time = is_in(i), moment.time
    first = first or takes and time
    -- A moment may come a little early.
    local number = step and takes and time and (time - first + math.min(step / 10, 1)) // step
    if takes and not (number and number == last) then
      found[#found + 1], last = moment, number
      damaged = damaged + (moment.why == "damaged" and 1 or 0)
      is_settled = not (number and is_better) or is_better(moment)
    elseif takes and not is_settled and is_better(moment) then
      found[#found], is_settled = moment, true
    end
  end
  return found, damaged
end

local function say_left_out(who, n, of, is, are)
  if n > 0 then
    core.note(("memsh: %s%d of %s %s left out"):format(who, n, plural(of, "moment"), n == 1 and is or are))
  end
end

--- The same without damaged ones and those without a time, which is said.
---@return table[]
---@return integer damaged how many of them were left out
---@return integer timeless
function span.whole(list, options, who)
  local found, damaged = span.within(list, options, who)
  local whole = {}
  for _, moment in ipairs(found) do
    if moment.why ~= "damaged" and moment.time then whole[#whole + 1] = moment end
  end
  local timeless = #found - #whole - damaged
  say_left_out(who, damaged, #found, "is damaged, and", "are damaged, and")
  say_left_out(who, timeless, #found, "has no time, and is", "have no time, and are")
  return whole, damaged, timeless
end

--- So many moments of a list, evenly spread in time, the first and the last among them, and those that are needed.
---@param list table[] with times
---@param most integer 2 or more
---@param needed table<integer, boolean>|nil by id
function span.spread(list, most, needed)
  if #list <= most then return list end
  local width = (list[#list].time - list[1].time) / (most - 1)
  local found, bin = {}, nil
  for i, moment in ipairs(list) do
    local this = width > 0 and (moment.time - list[1].time) // width or i * most // #list
    if this ~= bin or needed and needed[moment.id] or i == #list then found[#found + 1] = moment end
    bin = this
  end
  return found
end

--- All moments of a recording, the oldest first. Raises where they can't be read.
---@param recording userdata
---@return table[]
function span.moments(recording)
  local list, message = recording:moments()
  return list or core.raise("cannot read " .. message)
end

--- The recordings of these files; of none, those of the session. Of several, those that can be opened; nil and a
--- message where none can, or the session has none.
---@param paths string[]
---@return {recording: userdata, path: string}[]|nil
---@return string|{path: string, message: string}[] lost what can't be opened, and why
function span.recordings(paths)
  local list, lost = {}, {}
  if #paths == 0 then paths = machine.paths() or paths end
  for _, path in ipairs(paths) do
    local recording, message = recorded.open(path)
    if recording then list[#list + 1] = { recording = recording, path = path }
    else lost[#lost + 1] = { path = path, message = message } end
  end
  if #list > 0 then return list, lost end
  if #lost > 0 then return nil, "cannot read " .. lost[1].message end
  local source = machine.source()
  local recording, message = machine.recording(source)
  if not recording then
    return nil, message or "it is about a recording: memsh -s web1.memsh; memsh record makes one"
  end
  return { { recording = recording, path = source:root() } }, lost
end

--- The one recording of a file, or of the session.
---@param path string|nil
---@return userdata|nil
---@return string|nil
function span.recording(path)
  local list, lost = span.recordings { path }
  if not list then return nil, lost end
  if #list + #lost > 1 then return nil, "it is about one recording: name it after the report" end
  return list[1].recording
end

return span
