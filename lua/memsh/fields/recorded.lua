-- SPDX-License-Identifier: GPL-3.0-or-later
-- Recordings that are open, and moments of them as sources.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"

local recorded_moment = lazy "memsh.fields.recorded_moment"

local recorded = {}

local open = setmetatable({}, { __mode = "v" })

--- The recording at a path; nil and a message that begins with the path where it can't be opened.
function recorded.open(path)
  local found = open[path]
  if not found then
    local message
    found, message = core.recording(path)
    if not found then return nil, message end
    open[path] = found
  end
  return found
end

-- The moments of a recording that are open: a moment is asked many times.
local moments = setmetatable({}, { __mode = "k" })

local function moments_of(recording)
  local known = moments[recording] or setmetatable({}, { __mode = "v" })
  moments[recording] = known
  return known
end

--- A moment as a source; nil, a message and the name of an error where it can't be read.
---@param recording userdata
---@param id integer
---@param ahead userdata|nil that opens it
---@param damaged integer|nil see machine.add
function recorded.open_moment(recording, id, ahead, damaged)
  local known = moments_of(recording)
  if not known[id] then
    local source, message, name
    if ahead then source, message, name = ahead:take() else source, message, name = recording:source(id) end
    if not source then return nil, "cannot read " .. message, name end
    known[id] = machine.add(source, recording, damaged)
  end
  return known[id]
end

--- What opens the last of these moments, of which an answer about all of them is: a source, false where it can't be.
---@param list table[]
---@return fun(): userdata|false
function recorded.last(recording, list)
  local last = list[#list]
  return function() return last and recorded.open_moment(recording, last.id) or false end
end

--- The same, but it raises.
function recorded.source(recording, id)
  local source, message = recorded.open_moment(recording, id)
  return source or core.raise(message)
end

local said = {}

--- Says that a moment is damaged, and left out.
---@param id integer
function recorded.leave_out(id)
  local text = ("memsh: moment %d is damaged, and left out"):format(id)
  if not said[text] then core.note(text) end
  said[text] = true
end

--- The same of one of many; nil where it is damaged, which is said: it lacks pieces, or its processes can't be listed.
function recorded.whole(recording, id)
  local source, message, name = recorded.open_moment(recording, id)
  if source and source:pids() then return source end
  if not source and name ~= "EUCLEAN" then core.raise(message) end
  recorded.leave_out(id)
  return nil
end

--- Whether a field is known of no row of a moment, as the file that has it is damaged.
---@param rows table[]
---@param field string
function recorded.is_broken(rows, field)
  local is_damaged = false
  for _, row in ipairs(rows) do
    local value = row[field]
    if core.known(value) then return false end
    is_damaged = is_damaged or core.why(value) == "malformed"
  end
  return is_damaged
end

--- Has a thread open a moment that will be asked for; nil where that is not done.
---@param run table that will ask: what its last moment was asked for
function recorded.ahead(recording, id, run)
  local wants = run.wants
  if not wants or moments_of(recording)[id] then return nil end
  return recording:ahead(id, run.source, wants.all, wants.some, wants.pids)
end

--- The moment that `when` means; nil and a message where there is none.
---@param recording userdata
---@param when string|number|nil as people write it, or seconds since 1970; nil: the newest
function recorded.find(recording, when)
  if type(when) ~= "number" then return recorded_moment().find(recording, when) end
  local found, message = recording:find { before = when }
  if found then found.wanted = { before = when } end
  return found, message or "there is no moment so early"
end

--- The same as a source. Raises where there is none.
function recorded.at(recording, when)
  local found, message = recorded.find(recording, when)
  if not found then core.raise(message) end
  local source, why, name = recorded.open_moment(recording, found.id, nil, found.damaged)
  if name ~= "EUCLEAN" then return source or core.raise(why) end
  source, why, found = recorded_moment().open(recording, found)
  return source and machine.add(source, recording, found.damaged) or core.raise("cannot read " .. why)
end

return recorded
