-- SPDX-License-Identifier: GPL-3.0-or-later
-- memsh record: when a moment is taken, with what, and what is said of it on standard error (the journal, mostly).
local core = require "memsh.core"
local cgroups = require "memsh.query.cgroups"
local machine = require "memsh.fields.machine"
local plural = require "memsh.util.plural"
local rowset = require "memsh.query.rowset"
local types = require "memsh.reports.types"

local recorder = {}

-- enum ms_level
local PROCESSES <const>, ROLLUP <const>, MAPPINGS <const>, ALL <const> = 1, 2, 3, 4

-- How often a kill by the OOM killer is looked for, seconds.
local LOOK <const> = 1

-- After a moment on pressure there is none for it for so long, seconds.
local REST <const> = 30

local function say(text, ...)
  core.note(("memsh record: " .. text):format(...))
end

-- For who sits before it: nothing of that is for a journal, or for the mail of cron.
local function say_on_terminal(text, ...)
  if core.notes_are_seen() then say(text, ...) end
end

-- A time as an option takes it: 90s, 7d.
local time_text = types.find("age").show

-- What is dropped, and when.
local function bounds_text(opt)
  local bounds = {}
  if opt.keep > 0 then bounds[1] = "are older than " .. time_text(opt.keep) end
  if opt.max_size > 0 then bounds[#bounds + 1] = "do not fit in " .. core.human(opt.max_size) end
  if #bounds == 0 then return "nothing is dropped (--keep and --max-size are limits)" end
  return "the oldest are dropped when they " .. table.concat(bounds, " or ")
end

local function say_beginning(opt)
  say_on_terminal("a moment every %s, into %s; %s; Ctrl-C ends it", time_text(opt.every), core.escape(opt.output),
    bounds_text(opt))
end

local function say_end(opt, moments)
  say_on_terminal("%s taken; memsh -s %s moments lists what is recorded", plural(moments, "moment"),
    core.escape(opt.output))
end

-- A recorder; nil, a message and the name of an error.
local function try_open(opt)
  local source = machine.source()
  if not source:is_live() then
    error("memsh record reads the running machine; a saved one is taken in by --from DIR", 0)
  end
  return core.recorder(source, opt.output, { max_size = opt.max_size, redact = opt.redact })
end

local function open(opt)
  local made, message = try_open(opt)
  return made or error("cannot record: " .. message, 0)
end

-- Keeps a damaged file under another name, once; whether that was done.
local function set_aside(path)
  local as = path .. ".damaged"
  local done, message = core.set_aside(path, as)
  if done then
    say("%s is damaged: it is kept as %s, and a new one is begun", core.escape(path), core.escape(as))
  else
    say("%s is damaged, and stays where it is: %s", core.escape(path), message)
  end
  return done
end

-- The recorder of one that runs: nobody may be there to make way for a new file.
local function open_anyway(opt)
  local made, message, name = try_open(opt)
  if name == "EBADMSG" and set_aside(opt.output) then made, message = try_open(opt) end
  return made or error("cannot record: " .. message, 0)
end

--- Takes a saved root in.
---@param opt table of scripts/record.lua
function recorder.take_in(opt)
  local source, message = core.source(opt.from)
  if not source then error("cannot read " .. message, 0) end
  if source:is_live() then error(opt.from .. " is live: memsh record --once takes a moment of it", 0) end
  local moment
  moment, message = core.record_saved(source, opt.output, opt.redact)
  if not moment then error("cannot record: " .. message, 0) end
  say_end(opt, 1)
end

--- Takes one moment with all levels.
---@param opt table of scripts/record.lua
function recorder.once(opt)
  local made = open(opt)
  local moment, message = made:take { why = "asked", level = ALL, files = cgroups.files() }
  if not moment then error(message, 0) end
  if opt.keep > 0 and moment.time then
    local dropped, problem = made:forget(moment.time - opt.keep)
    if not dropped then error(problem, 0) end
  end
  made:close()
  say_end(opt, 1)
end

-- ---- a recorder that runs

local Run = {}
Run.__index = Run

local function now()
  return core.clock()
end

-- Kills so far, nil where the kernel does not count them. They are read anew: what machine.system() has may be a tenth
-- of a second old, and a signal may have come with a kill.
local function kills()
  local vmstat = machine.source():system().vmstat
  return not core.is_unknown(vmstat) and vmstat.oom_kill or nil
end

-- Those of which smaps is asked by --mappings.
function Run:mapped()
  if not self.wanted then return nil end
  local pids = {}
  for process in self.wanted do pids[#pids + 1] = process.pid end
  table.sort(pids)
  return pids
end

-- The level of a moment that is taken because it is time, and when the next ones of a level are due.
function Run:due()
  local opt, at, level = self.opt, now(), PROCESSES
  if at >= self.next_rollup then level, self.next_rollup = ROLLUP, at + opt.rollup end
  if opt.mappings_every > 0 and at >= self.next_mappings then
    level, self.next_mappings = MAPPINGS, at + opt.mappings_every
  end
  return level
end

-- Whether the file was deleted, which is said.
function Run:has_lost_file()
  local lost = self.made:is_deleted()
  if lost then say("%s was deleted, and with it all moments in it", core.escape(self.opt.output)) end
  return lost
end

function Run:reopen()
  self.made:close()
  self.made = open_anyway(self.opt)
end

-- A recorder that keeps a week drops a moment with each that it takes: the first is said, then the sum of each hour.
local DROPS_EVERY <const> = 3600

local function say_dropped(one, why)
  if one.n > 0 then say("dropped %d of the oldest moments: %s", one.n, why) end
  one.n, one.due = 0, now() + DROPS_EVERY
end

function Run:note_dropped(count, why)
  local one = self.dropped[why] or { n = 0, due = now() }
  self.dropped[why], one.n = one, one.n + count
  if one.n > 0 and now() >= one.due then say_dropped(one, why) end
end

-- Takes a moment. Where the file was deleted, or is damaged so that nothing can be added to it, into a new one.
function Run:try(taking)
  local moment, message, name = self.made:take(taking)
  if self:has_lost_file() then -- only now: it may be deleted while a moment is taken
    self:reopen()
    return self.made:take(taking)
  end
  if name ~= "EBADMSG" then return moment, message, name end
  self.made:close()
  local done = set_aside(self.opt.output)
  self.made = open_anyway(self.opt)
  if done then return self.made:take(taking) end
  return nil, message, name
end

function Run:take(why, level)
  local files = level == PROCESSES and cgroups.usual_files() or cgroups.files()
  local moment, message, name = self:try { why = why, level = level, pids = self:mapped(), files = files }
  if not moment then
    say("%s", message)
    return name ~= "EINTR"
  end
  self.taken = self.taken + 1
  if why ~= "every" then say("a moment was taken: %s", why) end
  self:note_dropped(moment.dropped, "the disk or the file is full")
  if self.opt.keep > 0 and moment.time then
    local dropped, problem = self.made:forget(moment.time - self.opt.keep)
    if not dropped then say("%s", problem) end
    self:note_dropped(dropped or 0, "they are older than --keep says")
  end
  return true
end

-- Whether somebody was killed since the last look. Where memory is short the counter may not be had for once: who was
-- killed then is seen at the next look.
function Run:killed()
  local before, count = self.kills, kills()
  self.kills = count or before
  return before and count and count > before
end

-- Waits until something is to be done, and says what. Whoever is late with all moments looks at signals, too.
function Run:wait()
  while true do
    local left = self.next - now()
    local event = self.told or self.watch:wait(math.max(0, math.min(left, LOOK)))
    self.told = (event == "end" or event == "reopen") and event or nil
    if self:killed() then return "oom" end -- and then what it was told meanwhile
    if event == "pressure" and now() >= self.rested then
      self.rested = now() + REST
      return "pressure"
    end
    if self.told then
      self.told = nil
      return event
    end
    if left <= 0 then return "every" end
  end
end

function Run:step()
  local what = self:wait()
  if what == "end" then return false end
  if what == "reopen" then
    self:reopen()
    return true
  end
  if what ~= "every" then return self:take(what, MAPPINGS) end
  -- A moment that took longer than there was time has the next one at its time, not at once.
  self.next = math.max(self.next + self.opt.every, now())
  return self:take("every", self:due())
end

--- Records until SIGTERM or SIGINT.
---@param opt table of scripts/record.lua
function recorder.run(opt)
  local run = setmetatable({ opt = opt, taken = 0, next = now(), next_rollup = now(), next_mappings = now(),
    rested = now(), dropped = {} }, Run)
  if opt.mappings ~= "" then run.wanted = rowset.processes({}):where(opt.mappings) end
  local source = machine.source()
  local pressure -- whether it is watched, or why nothing can be waited for
  run.watch, pressure = core.record_watch(source, opt.on_pressure) -- first: a file may take a while to open
  if not run.watch then error("cannot record: " .. pressure, 0) end
  run.made = open_anyway(opt)
  if opt.on_pressure > 0 and not pressure then say "pressure cannot be watched here (/proc/pressure/memory)" end
  core.record_protect(source)
  run.kills = kills()
  say_beginning(opt)
  while run:step() do end
  for why, one in pairs(run.dropped) do say_dropped(one, why) end
  local lost = run:has_lost_file()
  run.made:close()
  if not lost then say_end(opt, run.taken) end
end

return recorder
