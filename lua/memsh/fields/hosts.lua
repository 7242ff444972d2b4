-- SPDX-License-Identifier: GPL-3.0-or-later
-- Several machines asked at once: which they are, and their sources, one after the other.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"

local recorded, recorded_moment = lazy "memsh.fields.recorded", lazy "memsh.fields.recorded_moment"

local hosts = {}

local AHEAD <const> = 2 -- machines that are opened while one is asked

-- A recording as one of many, and the id of its moment: nothing is kept of it but what its rows hold. Else nil and a
-- message.
local function find_moment(path, at)
  local recording, message = core.recording(path)
  if not recording then return nil, message end
  local found
  found, message = recorded().find(recording, at)
  if not found then return nil, ("%s: %s"):format(path, message) end
  return recording, found
end

-- One that was found as a source, and how many damaged moments come after it.
local function open_found(recording, found, at, path, ahead)
  local source, message, opened = recorded_moment().open(recording, found, ahead)
  if not source then return nil, message end
  recorded_moment().note(opened, at, path)
  return source, nil, recording, opened.damaged
end

local function open_moment(path, at)
  local recording, found = find_moment(path, at)
  if not recording then return nil, found end
  return open_found(recording, found, at, path)
end

-- Has a thread open a recording that will be asked what others were: a function that gives what open_moment does. What
-- is wanted of some processes alone is not read ahead, as they are others there. nil where that can't be done.
local function open_ahead(path, at, run)
  local wants = run.wants
  if not wants or not path:find "%.memsh$" then return nil end
  local recording, found = find_moment(path, at)
  local ahead = recording and recording:ahead(found.id, run.source, wants.all, wants.pids and 0 or wants.some)
  return ahead and function() return open_found(recording, found, at, path, ahead) end
end

--- The source at a path, of the moment `at` (nil: the newest); nil and a message, which begins with the path.
---@param path string
---@param at string|nil
---@param opened function|nil what gives what a thread has of it
---@return userdata|nil
---@return string|nil message
---@return userdata|nil recording
function hosts.open(path, at, opened)
  local source, message, recording, damaged
  if not path:find "%.memsh$" then
    source, message = core.source(path)
    if not source then return nil, message end
    if not core.moment_of(source) then
      if at then return nil, path .. ": --at is about recordings, and this is not one" end
      return machine.add(source)
    end
  end
  if opened then source, message, recording, damaged = opened() else
    source, message, recording, damaged = open_moment(path, at)
  end
  return source and machine.add(source, recording, damaged), message, recording
end

--- What a run goes through (see exec/run.lua): the machines at these paths.
---@param paths string[]
---@param at string|nil
function hosts.each(paths, at)
  return function()
    local place, last, ahead = 0, nil, {}
    local function look_ahead(run)
      for next_place = place + 1, run and math.min(place + AHEAD, #paths) or 0 do
        if ahead[next_place] == nil then ahead[next_place] = open_ahead(paths[next_place], at, run) or false end
      end
    end
    return { count = #paths, next = function(seen, run)
      if last then last:forget() end
      while paths[place + 1] do
        place = place + 1
        look_ahead(run)
        local source, message, recording = hosts.open(paths[place], at, ahead[place] or nil)
        ahead[place] = nil
        last = recording
        if source then return source end
        seen:lose_host(message, paths[place])
      end
      return nil
    end }
  end
end

return hosts
