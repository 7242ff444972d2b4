-- SPDX-License-Identifier: GPL-3.0-or-later
-- recording(FILE): the moments of a recording, each with procs, maps, cgroups and sys as they were.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local recorded = require "memsh.fields.recorded"
local rowset = require "memsh.query.rowset"
local suggest = require "memsh.util.suggest"

local recording = {}

-- ---- one moment

-- What a view has that is made when it is first named.
local VIEWS <const> = {
  procs = function(source) return rowset.processes { on = source } end,
  maps = rowset.mappings,
  cgroups = rowset.cgroups,
  sys = function(source)
    require "memsh.query.system_lists"
    return machine.system(source)
  end,
}

local Moment = {}

-- A process of that moment; nil, a message and a name where there is none.
function Moment:proc(pid)
  if math.type(pid) ~= "integer" or pid <= 0 then core.raise "proc takes a process id, as in moment:proc(1)" end
  return require("memsh.query.one_process").of(self[1], pid)
end

local OF_MOMENT <const> = { "procs", "maps", "cgroups", "sys", "proc", "time", "host", "why", "took", "processes",
  "boot_id", "kernel" }

local function no_such(name, what, names)
  core.raise(("%s has no '%s'%s"):format(what, core.escape(tostring(name)),
    suggest.ending(name, names, "; it has " .. table.concat(names, " "))))
end

local moment_meta = {}

function moment_meta.__index(moment, name)
  if Moment[name] then return Moment[name] end
  local make = VIEWS[name]
  if make then
    local made = make(moment[1])
    rawset(moment, name, made)
    return made
  end
  for _, one in ipairs(OF_MOMENT) do
    if one == name then return core.unknown("not_recorded", name) end
  end
  return no_such(name, "a moment", OF_MOMENT)
end

function moment_meta.__tostring(moment)
  return ("moment %s of %s"):format(tostring(require("memsh.expr.moments").text(moment.time)), moment[1]:root())
end

local function moment_of(source)
  local moment = { source }
  for name, value in pairs(core.moment_of(source)) do moment[name] = value end
  return setmetatable(moment, moment_meta)
end

-- ---- a recording

local Recording = {}

--- The moment that is meant: a text as people write times, seconds since 1970, or a row of `moments`.
function Recording:at(when)
  local kind = type(when)
  if kind == "table" and math.type(when.id) == "integer" then
    return moment_of(recorded.source(self[1], when.id))
  end
  if kind ~= "string" and kind ~= "number" then
    core.raise "at takes a time, as in r:at'03:14', or a row of r.moments"
  end
  return moment_of(recorded.at(self[1], when))
end

local OF_RECORDING <const> = { "moments", "at", "procs", "maps", "cgroups", "sys" }

local meta = {}

function meta.__index(self, name)
  if Recording[name] then return Recording[name] end
  if name == "moments" then return require "memsh.query.moments"(self[1]) end
  local make = VIEWS[name]
  return make and make(recorded.at(self[1])) or no_such(name, "a recording", OF_RECORDING)
end

function meta.__tostring(self)
  return "recording " .. core.escape(self.path)
end

--- A recording. Raises where it can't be opened.
---@param path string
function recording.open(path)
  local opened, message = recorded.open(path)
  if not opened then core.raise("cannot read " .. message) end
  return setmetatable({ opened, path = path }, meta)
end

return recording
