-- SPDX-License-Identifier: GPL-3.0-or-later
-- Several machines asked at once: which they are, and their sources, one after the other.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"

local recorded = lazy "memsh.fields.recorded"

local hosts = {}

-- A recording as one of many: nothing is kept of it but what its rows hold.
local function open_moment(path, at)
  local recording, message = core.recording(path)
  if not recording then return nil, message end
  local found
  found, message = recorded().find(recording, at)
  if not found then return nil, ("%s: %s"):format(path, message) end
  local source
  source, message = recording:source(found.id)
  return source, message, recording
end

--- The source at a path, of the moment `at` (nil: the newest); nil and a message, which begins with the path.
---@param path string
---@param at string|nil
---@return userdata|nil
---@return string|nil message
---@return userdata|nil recording
function hosts.open(path, at)
  local source, message, recording
  if not path:find "%.memsh$" then
    source, message = core.source(path)
    if not source then return nil, message end
    if not core.moment_of(source) then
      if at then return nil, path .. ": --at is about recordings, and this is none" end
      return machine.add(source)
    end
  end
  source, message, recording = open_moment(path, at)
  return source and machine.add(source, recording), message, recording
end

--- What a run goes through (see exec/run.lua): the machines at these paths.
---@param paths string[]
---@param at string|nil
function hosts.each(paths, at)
  return function()
    local place, last = 0, nil
    return { count = #paths, next = function(seen)
      if last then last:forget() end
      while paths[place + 1] do
        place = place + 1
        local source, message, recording = hosts.open(paths[place], at)
        last = recording
        if source then return source end
        seen:lose_host(message)
      end
      return nil
    end }
  end
end

return hosts
