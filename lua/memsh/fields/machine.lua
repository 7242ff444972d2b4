-- SPDX-License-Identifier: GPL-3.0-or-later
-- The machines that questions are about: the live one or that of --source, and moments of recordings beside it. A row
-- knows its machine: a process and a mapping by themselves, others as source_of of their metatable says.
local core = require "memsh.core"

local lazy = require "memsh.util.lazy"

require "memsh.fields.row_methods"

local hosts, recorded_moment = lazy "memsh.fields.hosts", lazy "memsh.fields.recorded_moment"

local machine = {}

local root, at, source, given, several
local came_from -- the moment that the session was at before it went to the running machine
local limits = {}

-- What is known of each source: its number, the system, the time of its reading; and how many there are but the first.
local known, others = setmetatable({}, { __mode = "k" }), 0
local by_number = setmetatable({}, { __mode = "v" })

local function take(one, number, recording, damaged)
  known[one] = { number = number, recording = recording, damaged = damaged, since = core.clock() }
  by_number[number] = one
  core.limit(one, limits)
end

-- What is named twice would be counted twice.
local function add_once(all, path, seen)
  local number = core.file_number(path)
  local same = number and seen[number]
  local as = same == path and "given twice" or same and core.escape(same)
  if as then return core.note(("memsh: %s is %s: it is asked once"):format(core.escape(path), as)) end
  seen[number or path] = path
  all[#all + 1] = path
end

-- A directory stands for the recordings in it.
local function expanded(paths)
  local all, seen = {}, {}
  for _, path in ipairs(paths) do
    local inside = core.recordings(path)
    if not inside or #inside == 0 then inside = { path } end
    for _, one in ipairs(inside) do add_once(all, one, seen) end
  end
  return all
end

--- Sets what is asked, before the first question: procfs roots, recordings, directories of recordings. Nothing: the
--- live /proc.
---@param paths string|string[]|nil
---@param when string|nil of recordings: which moment, the newest if nil
function machine.configure(paths, when)
  given = type(paths) == "string" and { paths } or paths or {}
  local all = expanded(given)
  root, at, source, came_from = all[1], when, nil, nil
  several = #all > 1 and all or nil
end

--- What a question goes through where several machines are asked (see fields/hosts.lua); nil where it is one.
---@return nil|fun(): {next: fun(seen: table): userdata|nil}
function machine.several()
  return several and hosts().each(several, at) or nil
end

--- The paths of the recordings that are asked, where they are several; and what was given for them.
function machine.paths()
  return several, several and table.concat(given, " ")
end

-- The moment that --at names, or the newest.
local function open_moment()
  if not root then return nil, "--at is about a recording: name it, as in --source web1.memsh" end
  local recording, message = core.recording(root)
  if not recording then return nil, "cannot read " .. message end
  local found
  found, message = recorded_moment().find(recording, at)
  if not found and at then return nil, ("--at %s: %s"):format(core.escape(at), message) end
  if not found then return nil, ("cannot read %s: %s"):format(core.escape(root), message) end
  local opened
  opened, message, found = recorded_moment().open(recording, found)
  if not opened then return nil, "cannot read " .. message end
  recorded_moment().note(found, at)
  return opened, nil, found.damaged
end

-- Of several machines the first that can be read stands for the session.
local function open_first()
  local first
  for _, path in ipairs(several) do
    local opened, message = hosts().open(path, at)
    if opened then return opened end
    first = first or message
  end
  return nil, "cannot read " .. first
end

local function open()
  if several then return open_first() end
  if at then return open_moment() end
  local opened, message, name = core.source(root)
  if name == "EUCLEAN" or name == "ENODATA" then return open_moment() end -- the newest one is damaged
  return opened, message and "cannot read " .. message
end

-- Who may read a root, where that is what is wrong.
local function refuse(message)
  if not message:find "[Pp]ermission" then error(message, 0) end
  error(message .. (require("memsh.prompt").restricted and "; restricted mode reads it with your own rights alone"
    or "; run memsh as root, or as the owner of that directory"), 0)
end

--- The source of the session. Raises where it can't be opened.
function machine.source()
  if not source then
    local message, damaged
    source, message, damaged = open()
    if not source then refuse(message) end
    if next(known) then others = others + 1 end
    if not known[source] then take(source, others, nil, damaged) end
  end
  return source
end

--- Makes a source one of those that questions are about, read as the others are. Gives it.
---@param recording userdata|nil that it is a moment of
---@param damaged integer|nil so many moments after it are damaged, and one of them may be meant
function machine.add(other, recording, damaged)
  others = others + 1
  take(other, others, recording, damaged)
  return other
end

--- How many moments are damaged of which one may be the one that is meant, instead of this source.
function machine.doubt(of)
  return known[of].damaged or 0
end

--- The source of a row that says it; nil where others than that of the session are open, and it does not.
function machine.said_by(row)
  if others == 0 then return machine.source() end
  local found = core.source_of(row)
  if found then return found end
  local meta = type(row) == "table" and getmetatable(row)
  return meta and meta.source_of and meta.source_of(row) or nil
end

--- The source of a row: that of the session where the row is of none.
function machine.of(row)
  return machine.said_by(row) or machine.source()
end

--- Whether anything but what the session is about was opened: what is asked may be of that, too.
function machine.has_others()
  return others > 0
end

-- Process ids are below 2^32.
local PID_BITS <const> = 32

--- A number for the process `pid` of a source that no process of another source has: of the first it is the pid.
function machine.key(of, pid)
  return others > 0 and known[of].number << PID_BITS | pid or pid
end

--- The process that such a number is of; nil where its source is no more.
function machine.process(key)
  local of = by_number[key >> PID_BITS]
  return of and of:process(key & (1 << PID_BITS) - 1)
end

---@class memsh.Limits how it is read
---@field jobs integer|nil reader threads
---@field timeout_ms integer|nil a file that gives nothing for so long is given up on
---@field gentle_ms integer|nil pause between processes of which a file was read that locks them
---@field max_rss integer|nil bytes: larger processes are not walked over; 0: all are

--- Sets how the machine is read, from now on. What is not named stays.
function machine.limit(set)
  for name, value in pairs(set) do limits[name] = value end
  for one in pairs(known) do core.limit(one, limits) end
end

--- The system as a whole.
---@param of userdata|nil a source; nil: that of the session
function machine.system(of)
  local one = known[of or machine.source()]
  one.system = one.system or (of or source):system()
  return one.system
end

--- The recording of the session, whether it is at one of its moments or not; nil and perhaps a message.
function machine.session_recording()
  local opened = machine.source()
  if core.moment_of(opened) then return machine.recording(opened) end
  if not came_from then return nil end
  return machine.recording(came_from)
end

--- The session goes on with another source.
function machine.go(to)
  if core.moment_of(source) then came_from = source end
  source = to
end

--- The running machine. Raises where it can't be opened.
function machine.live()
  if machine.source():is_live() then return source end
  local opened, message = core.source(nil)
  if not opened then refuse("cannot read " .. message) end
  return machine.add(opened)
end

--- When it became one of those that questions are about, by core.clock().
function machine.since(of)
  return known[of].since
end

--- The boot that a source is of; unknown where that was not recorded.
function machine.boot(of)
  local one = known[of]
  one.boot = one.boot or machine.system(of).boot_id
  return one.boot
end

--- A text that rows have in common which are of one boot.
function machine.boot_key(row)
  if others == 0 then return "" end
  local of = machine.of(row)
  local boot = machine.boot(of)
  return core.known(boot) and boot .. " " or known[of].number .. " "
end

--- The recording that a source is a moment of; nil where it is of none, and a message where it can't be opened.
function machine.recording(of)
  local one = known[of]
  if not one.recording and core.moment_of(of) then
    local message
    one.recording, message = core.recording(root)
    return one.recording, message and "cannot read " .. message
  end
  return one.recording
end

--- A question begins: a live machine is read anew, at another time.
function machine.tick(of)
  of:tick()
  known[of].time = nil
end

--- When the rows of a source were read, the same for all of a question; unknown where that was not recorded.
function machine.time(of)
  local one = known[of]
  if not one.time then
    local moment = core.moment_of(of)
    one.time = moment and (moment.time or core.unknown("not_recorded", "time")) or machine.system(of).now
  end
  return one.time
end

--- Writes the moment of a recording as a saved procfs root. Raises where that can't be.
---@param directory string a new one, or one that is empty
function machine.export(directory)
  local from = machine.source()
  if several then error("--export is about one recording: name one --source", 0) end
  if not core.moment_of(from) then error("--export is about a recording: name it, as in --source web1.memsh", 0) end
  local done, message = core.export_moment(from, directory)
  if not done then error("cannot write " .. message, 0) end
end

--- All process ids, ascending, and whether there are others that are hidden from who asks: true, false, or the reason
--- for which that is not known. Raises where they can't be listed.
---@param of userdata|nil a source; nil: that of the session
---@param lose fun()|nil goes on without the moment where it is damaged, of which no process is listed then
function machine.pids(of, lose)
  local pids, hidden, name = (of or machine.source()):pids()
  if pids then return pids, hidden end
  if not lose or name ~= "malformed" then refuse(hidden) end
  lose()
  return {}, false
end

return machine
