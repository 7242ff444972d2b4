-- SPDX-License-Identifier: GPL-3.0-or-later
-- set:over{from =, to =, step =}: a set of rows of every moment of a recording in a span of time.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local recorded = require "memsh.fields.recorded"
local rowset = require "memsh.query.rowset"
local span = require "memsh.query.span"
local suggest = require "memsh.util.suggest"

local OPTIONS <const> = { "from", "to", "step" }

local function check(options)
  for name in pairs(options) do
    if name ~= "from" and name ~= "to" and name ~= "step" then
      core.raise(("over{...} has no option '%s'%s"):format(core.escape(tostring(name)),
        suggest.ending(name, OPTIONS, "; there are from, to and step")))
    end
  end
end

local PLAIN <const> = { where = true, show = true, maps = true, procs = true }

local function check_set(set)
  if set.from.kind == "list" or set.from.kind == "rows" or set.from.each then
    core.raise "over is of procs, maps or cgroups of a recording, as in procs:over{from='-6h'}"
  end
  for _, stage in ipairs(set.stages) do
    if not PLAIN[stage.op] or stage.shares then
      core.raise(("over comes before %s, as in procs:over{from='-6h'}:%s"):format(stage.op, stage.op))
    end
  end
end

local function check_recording(on)
  local recording, message = machine.recording(on)
  if recording then return recording end
  return core.raise(message or "over goes through the moments of a recording: "
    .. "memsh -s web1.memsh -e 'procs:over{...}', or recording'web1.memsh'.procs:over{...}")
end

local AHEAD <const> = 4 -- moments that are opened while one is asked: two threads that end theirs have another one each
-- KiB that C holds of a moment until its source is collected, which the collector does not see: of 2,000 processes 21,
-- and 8 where conditions ruled them out.
local HELD <const> = 32

local function without_damaged(list, damaged)
  if damaged == 0 then return list end
  local whole = {}
  for _, moment in ipairs(list) do
    if moment.why ~= "damaged" then whole[#whole + 1] = moment end
  end
  return whole
end

-- What a run goes through: the moments of a recording; with a step rather those that have a file.
local function over_moments(recording, options, beside_others)
  return function(file)
    local function has_file(moment) return recording:has(moment.id, file) end
    local found, damaged = span.within(span.moments(recording), options, "over: ", file and has_file)
    if #found == 0 and not beside_others then core.raise "over: there is no moment in that time" end
    local list, at, ahead = without_damaged(found, damaged), 0, {}
    local function open_next(run)
      if list[at] then
        recording:forget(list[at].id)
        collectgarbage("step", HELD)
      end
      at = at + 1
      for next_at = at + 1, run and math.min(at + AHEAD, #list) or 0 do
        ahead[next_at] = ahead[next_at] or recorded.ahead(recording, list[next_at].id, run)
      end
      local opened = ahead[at]
      ahead[at] = nil
      if list[at] then return recorded.open_moment(recording, list[at].id, opened) end
      return nil
    end
    local function lose(seen)
      damaged = damaged + 1
      seen:lose_moments(recording, damaged, #found)
    end
    -- That pieces of a moment are lost is seen when it is opened; that one is broken, when its processes are listed.
    return { lose = lose, next = function(seen, run)
      local source, message, name
      seen:lose_moments(recording, damaged, #found)
      repeat
        source, message, name = open_next(run)
        if name == "EUCLEAN" then lose(seen) elseif message then core.raise(message) end
      until name ~= "EUCLEAN"
      if damaged == #found and damaged > 0 and not beside_others then
        core.raise "over: all moments in that time are damaged"
      end
      return source
    end }
  end
end

-- The same of several recordings, one after the other.
local function over_hosts(paths, options)
  return function(file)
    local place, parts, last = 0, nil, nil
    local function next_moment(seen, run)
      local source = parts and parts.next(seen, run)
      if source or not paths[place + 1] then return source end
      if last then last:forget() end
      place = place + 1
      local recording, message = core.recording(paths[place])
      last, parts = recording, recording and over_moments(recording, options, true)(file) or nil
      if not recording then seen:lose_host(message, paths[place]) end
      return next_moment(seen, run)
    end
    return { next = next_moment, lose = function(seen) parts.lose(seen) end }
  end
end

--- The rows of a set in every moment of its recording, the oldest first. The moments are looked up when it is run.
---@param set memsh.RowSet of one moment
---@param options {from: string|number|nil, to: string|number|nil, step: string|number|nil}
---@return memsh.RowSet
return function(set, options)
  check(options)
  check_set(set)
  local paths = not set.from.on and machine.paths()
  local recording = not paths and check_recording(set.from.on or machine.source())
  local from = {}
  for name, value in pairs(set.from) do from[name] = value end
  from.over = options
  from.each = paths and over_hosts(paths, options) or over_moments(recording, options)
  return rowset.create(from, set.stages, set.schema)
end
