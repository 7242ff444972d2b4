-- SPDX-License-Identifier: GPL-3.0-or-later
-- Recordings that are open, and moments of them as sources.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"

local recorded_moment = lazy "memsh.fields.recorded_moment"

local recorded = {}

local open = setmetatable({}, { __mode = "v" })

--- The recording at a path; nil and a message where it can't be opened.
function recorded.open(path)
  local found = open[path]
  if not found then
    local message
    found, message = core.recording(path)
    if not found then return nil, "cannot read " .. message end
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

--- A moment as a source. Raises where it can't be read.
---@param recording userdata
---@param id integer
---@param ahead userdata|nil that opens it
function recorded.source(recording, id, ahead)
  local known = moments_of(recording)
  if not known[id] then
    local source, message
    if ahead then source, message = ahead:take() else source, message = recording:source(id) end
    if not source then core.raise("cannot read " .. message) end
    known[id] = machine.add(source, recording)
  end
  return known[id]
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
  if type(when) == "string" then return recorded_moment().find(recording, when) end
  local found, message = recording:find { before = when }
  return found, message or when and "there is no moment so early" or "there is no moment in it"
end

--- The same as a source. Raises where there is none.
function recorded.at(recording, when)
  local found, message = recorded.find(recording, when)
  if not found then core.raise(message) end
  return recorded.source(recording, found.id)
end

return recorded
