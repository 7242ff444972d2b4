-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which moment the questions of a session are about: the prompt shows it, :at, :earlier and :later change it.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"
local moments = require "memsh.expr.moments"
local plural = require "memsh.util.plural"

local recorded = lazy "memsh.fields.recorded"

local where = {}

local HOST_LENGTH <const> = 20

-- "web1 2026-11-26 03:14:20"; nil where the machine is no moment of a recording.
local function text_of(source)
  local moment = core.moment_of(source)
  if not moment then return nil end
  local host = core.escape((moment.host or "?"):sub(1, HOST_LENGTH))
  return ("%s %s"):format(host, moment.time and moments.text(moment.time) or "?")
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

local function go(source)
  machine.go(source)
  forget_sys()
  where.show()
  local moment = core.moment_of(source)
  if not moment then return core.note "memsh: the running machine" end
  core.note(("memsh: %s, %s, taken for '%s'"):format(text_of(source), plural(moment.processes, "process"),
    core.escape(moment.why or "?")))
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

--- Goes some moments on, or with a number below 0 back.
---@param n integer
function where.step(n)
  local recording = where.recording()
  local list, message = recording:moments()
  if not list then core.raise("cannot read " .. message) end
  local now = core.moment_of(machine.source())
  local at = now and place_of(list, now.id) or #list + 1 -- the running machine comes after them
  if not list[at + n] then
    core.raise(n < 0 and "this is the first moment" or "this is the last moment; :at live is the running machine")
  end
  go(recorded().source(recording, list[at + n].id))
end

return where
