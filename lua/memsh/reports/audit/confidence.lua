-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the verdict of an audit rests on: how much of the processes, and of their memory, its questions could read.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local lazy = require "memsh.util.lazy"

local machine = lazy "memsh.fields.machine"
local rowset = lazy "memsh.query.rowset"

local confidence = {}

local Seen = {}
Seen.__index = Seen

--- Begins to watch the runs of row sets.
function confidence.start()
  local self = setmetatable({ runs = {}, bases = {} }, Seen)
  coverage.watch = function(of_run, base) self:add(of_run, base) end
  return self
end

-- A run over frozen rows repeats what was undecided when they were frozen.
function Seen:add(of_run, base)
  of_run.asked = {}
  self.runs[#self.runs + 1] = { coverage = of_run, base = base }
  self.bases[of_run] = true
  if base and not self.bases[base] then
    self.bases[base] = true
    self.runs[#self.runs + 1] = { coverage = base }
  end
end

function Seen.stop()
  coverage.watch = nil
end

-- Which processes a run rests on. Where it did not say, as a function may read anything, all that it met.
local function asked_by(one)
  local asked = one.coverage.asked
  return asked and next(asked) and asked or one.coverage.met
end

-- All runs as one; what several of them met counts once. Its `asked` are the processes that the verdict rests on.
local function together(self)
  local all = coverage.new()
  all.asked = {}
  for _, one in ipairs(self.runs) do
    one.coverage:add_to(all)
    for pid in pairs(asked_by(one)) do all.asked[pid] = one.coverage.met[pid] end -- threads of the kernel are not met
  end
  for pid, reason in pairs(all.worst) do
    if all:has_lost(pid) then all.asked[pid] = true end
    if reason == "gone" then all.asked[pid] = nil end
  end
  all:tell()
  return all
end

local function added(one, field)
  return one.coverage[field] - (one.base and one.base[field] or 0)
end

-- The rows that could not be decided, and the owners of rows that could not be listed, of all runs; those that have no
-- memory aside.
local function undecided(self)
  local n, unsupported = 0, 0
  for _, one in ipairs(self.runs) do
    n = n + added(one, "lost")
    unsupported = unsupported + (one.coverage.undecided_by.unsupported or 0) + (one.coverage.owners_by.unsupported or 0)
  end
  return n, unsupported
end

-- The share of resident memory that processes have which were read. What has no known size counts as nothing.
local function memory_share(all)
  local pids, lost, total = {}, 0, 0
  for pid in pairs(all.asked) do pids[#pids + 1] = pid end
  for _, process in ipairs((rowset().processes { pids = pids, kernel = true }:show "pid res":rows())) do
    local res = core.known(process.res) and process.res or 0
    total = total + res
    if all:has_lost(process.pid) then lost = lost + res end
  end
  return total > 0 and 100 * (total - lost) / total or 100.0
end

-- Whether processes are hidden, also where the questions were about named ones alone.
local function hides(self, all)
  if all.listings > 0 then return all.hidden > 0 end
  return #self.runs > 0 and machine().source():is_live() and select(2, machine().pids())
end

---@class memsh.Seen
---@field processes number per cent of the processes asked about that were read
---@field memory number per cent of their resident memory
---@field asked integer how many those are
---@field lost integer how many of them were not read
---@field undecided integer rows, and owners of rows
---@field unsupported integer those of them that this kernel can't tell of anybody
---@field timeouts integer processes
---@field hidden boolean whether there are processes that are not even listed
---@field nothing boolean whether the processes were listed, and none was there to be read
---@field unread integer processes that were not reached before an interrupt

--- What was read, all in all.
---@return memsh.Seen
function Seen:result()
  local all = together(self)
  local asked, lost = 0, all:unreadable()
  for _ in pairs(all.asked) do asked = asked + 1 end
  local n, unsupported = undecided(self)
  return {
    processes = lost > 0 and 100 * (asked - lost) / asked or 100.0,
    memory = lost > 0 and memory_share(all) or 100.0,
    asked = asked, lost = lost, undecided = n, unsupported = unsupported, timeouts = all:counts().timeout or 0,
    unread = all.unread, hidden = hides(self, all), nothing = all:is_nothing(),
  }
end

return confidence
