-- SPDX-License-Identifier: GPL-3.0-or-later
-- How much of the processes, and of their memory, the questions of an audit could read.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local lazy = require "memsh.util.lazy"

local machine = lazy "memsh.fields.machine"

local confidence = {}

local Seen = {}
Seen.__index = Seen

--- Begins to watch the runs of row sets.
function confidence.start()
  local self = setmetatable({ runs = {}, bases = {} }, Seen)
  coverage.watch = function(of_run, base) self:add(of_run, base) end
  return self
end

-- A run over frozen rows repeats what was undecided when they were frozen: `base`.
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

-- All runs as one; what several of them met counts once. `asked` are the processes that the verdict depends on: all
-- that a run met, if it could not say (a function may read anything).
local function together(self)
  local all = coverage.new()
  all.asked = {}
  for _, one in ipairs(self.runs) do
    one.coverage:add_to(all)
    local seen, asked = one.coverage, one.coverage.asked
    if asked and next(asked) then
      for pid in pairs(asked) do all.asked[pid] = seen:has_met(pid) or nil end
    else
      seen:each_met(function(pid) all.asked[pid] = true end)
    end
  end
  for pid, reason in pairs(all.worst) do
    if all:has_lost(pid) then all.asked[pid] = true end
    if reason == "gone" then all.asked[pid] = nil end
  end
  all:tell()
  return all
end

-- The rows that could not be decided, and the owners of rows that could not be listed, of all runs (without what has no
-- memory); and how many of them this kernel cannot decide.
local function undecided(self)
  local n, unsupported = 0, 0
  for _, one in ipairs(self.runs) do
    local seen = one.coverage
    n = n + seen.lost - (one.base and one.base.lost or 0)
    unsupported = unsupported + (seen.undecided_by.unsupported or 0) + (seen.owners_by.unsupported or 0)
  end
  return n, unsupported
end

-- How much of the resident memory belongs to processes that were read; an unknown size counts as 0.
local function memory_share(all)
  local processes, keys, lost, total = {}, {}, 0, 0
  for key in pairs(all.asked) do
    keys[#keys + 1], processes[#processes + 1] = key, machine().process(key)
  end
  core.load(processes, 1, #processes, core.plan { core.field("process", "res").id })
  for i, process in ipairs(processes) do
    local res = core.known(process.res) and process.res or 0
    total = total + res
    if all:has_lost(keys[i]) then lost = lost + res end
  end
  return total > 0 and 100 * (total - lost) / total or 100.0
end

-- Whether processes are hidden, also if only named ones were asked about; or why that is not known.
local function hides(self, all)
  if all.listings > 0 then return all.hidden > 0 and (all.unsure or true) end
  return #self.runs > 0 and machine().source():is_live() and select(2, machine().pids())
end

--- What was read in all: `processes` and `memory` are percentages, `unread` is the number of processes that were not
--- reached before an interrupt, `nothing` is whether the processes were listed and none could be read, `bounds` says
--- which sums were only bounds.
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
    bounds = all.bounds,
  }
end

return confidence
