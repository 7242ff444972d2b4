-- SPDX-License-Identifier: GPL-3.0-or-later
-- What smaps_rollup saves of reading smaps: totals that it gives exactly, and processes of whose mappings none can fit,
-- as what is asked of one exceeds what all have together. What a rollup does not say for certain is read from smaps.
local core = require "memsh.core"
local reference_mode = require "memsh.exec.reference_mode"
local schema = require "memsh.fields.schema"
local stage_needs = require "memsh.exec.stage_needs"

local use_rollup = {}

-- Sums over mappings that were cut to whole kilobytes one by one: what the rollup has is larger.
local TRUNCATED <const> = { Pss = true, Pss_Dirty = true, SwapPss = true, Locked = true }
-- Kernels from 4.14 on had faults in these until shortly before the rollup got Pss_Anon: rollups with it are believed.
local DOUBTED <const> = { Swap = true, Locked = true }

-- A counter of mappings to { name = the process's field of the same label, exact = ..., doubted = ... }.
local counters = {}
do
  local by_label = {}
  for _, info in ipairs(core.fields "process") do
    if info.file == "smaps_rollup" and not info.alias_of then by_label[info.label] = info end
  end
  for _, info in ipairs(core.fields "mapping") do
    local sum = info.file == "smaps" and not info.alias_of and by_label[info.label]
    if sum then
      counters[info.name] = { name = sum.name, id = sum.id, exact = not TRUNCATED[info.label],
        doubted = DOUBTED[info.label] or false }
    end
  end
end

local ROLLUP <const> = core.plan { schema.process:field("pss_anon").id }
local NUMBER <const> = core.plan { schema.process:field("mappings").id }

-- What a process's rollup says of a counter of its mappings; nil where it is not to be relied on.
local function total_of(process, name)
  local counter = counters[name]
  if not counter then return nil end
  if counter.doubted and core.is_unknown(process.pss_anon) then return nil end
  local value = process[counter.name]
  return not core.is_unknown(value) and value or nil
end

-- ---- totals

-- The counters whose sum an aggregate is; nil where it is anything else.
local function summed(aggregate)
  local text = aggregate.how == "sum" and aggregate.term.fields and aggregate.term.text
  if not text then return nil end
  local names, joined = {}, text:gsub("%s", "")
  for name in joined:gmatch "[^+]+" do
    if not (counters[name] and counters[name].exact) then return nil end
    names[#names + 1] = name
  end
  return table.concat(names, "+") == joined and names or nil
end

---@class memsh.Totals
---@field counters string[] what must be known of a process
---@field number boolean|nil whether the number of its mappings must be
---@field n integer how many aggregates
---@field sum fun(process: any, i: integer): integer|nil the i-th aggregate of its mappings; nil where 64 bits do not
--- hold it

--- How aggregates of all mappings of a process can be made of its rollup; nil where they can't.
function use_rollup.totals(aggregates)
  local names, all = {}, {}
  for i, aggregate in ipairs(aggregates) do
    names[i] = summed(aggregate)
    if not names[i] then return nil end
    table.move(names[i], 1, #names[i], #all + 1, all)
  end
  local function sum(process, i)
    local total = 0
    for _, name in ipairs(names[i]) do
      total = total + process[counters[name].name]
      if total < 0 then return nil end
    end
    return total
  end
  return #aggregates > 0 and { counters = all, n = #aggregates, sum = sum } or nil
end

local function has_all(process, totals)
  for _, name in ipairs(totals.counters) do
    if not total_of(process, name) then return false end
  end
  for i = 1, #totals.counters > totals.n and totals.n or 0 do
    if not totals.sum(process, i) then return false end
  end
  return not totals.number or not core.is_unknown(process.mappings)
end

-- ---- conditions

local function sees_more(condition)
  for _, name in ipairs(condition.fields or {}) do
    if counters[name] then return true end
  end
  return false
end

--- The conditions that a rollup may rule out for all of a process's mappings; nil where no condition is such.
function use_rollup.bounds(conditions)
  local list = {}
  for _, condition in ipairs(conditions) do
    -- Where all of them were 0, could it hold? If so a rollup never settles it.
    if condition.possible and sees_more(condition) and
      not condition.possible(function(name) return counters[name] and 0 end) then
      list[#list + 1] = condition
    end
  end
  return not reference_mode.plain and #list > 0 and list or nil
end

local function none_fits(process, bounds)
  local function most(name) return total_of(process, name) end
  for _, condition in ipairs(bounds) do
    if not condition.possible(most) then return true end
  end
  return false
end

-- ---- reading ahead

local FIRST <const>, LAST <const> = 4, 64
-- A rollup costs from an eighth to a third of the smaps that it may save, so it pays where it saves every fourth.
local TRIED <const>, WORTH <const> = 32, 3 / 4

-- The process to ask: what is read of a rollup that settles nothing is not read again together with the mappings.
local function asked_of(self, owner)
  if core.is_frozen(owner) then return nil end
  if self.work.bounds then return self.run.source:process(owner.pid) end
  return owner
end

local function smaps_opened(source)
  return source:opened().smaps or 0
end

-- Whether it is worth it is shown by the first processes.
local function judge(self, tried, kept)
  self.tried, self.kept = self.tried + tried, self.kept + kept
  if self.tried > TRIED and self.kept > WORTH * self.tried then self.given_up = true end
end

local function settle(self, one)
  local work = self.work
  local rss = one.asked.rss_exact
  if core.is_unknown(rss) then
    one.out = core.why(rss) == "no_memory" and core.is_kernel(one.asked) and "kernel"
  elseif work.totals then
    one.total = not one.in_doubt and has_all(one.asked, work.totals) and one.asked or nil
  else
    one.out = none_fits(one.asked, work.bounds) and "small"
    judge(self, 1, one.out and 0 or 1)
  end
end

local function ask(self, list)
  local work, processes = self.work, {}
  for _, one in ipairs(list) do
    one.asked = not one.out and asked_of(self, one.process) or nil
    processes[#processes + 1] = one.asked
  end
  local source = self.run.source
  local before = self.tried == 0 and smaps_opened(source)
  core.load(processes, 1, #processes, work.files)
  -- Without rollups memsh's reader sums up smaps, which saves nothing.
  if before and smaps_opened(source) > before then self.given_up = true end
  for _, one in ipairs(list) do
    if one.asked then settle(self, one) end
  end
  self.tried = math.max(self.tried, 1)
end

-- The processes that were not ruled out.
local function left_of(list)
  local processes = {}
  for _, one in ipairs(list) do
    if not one.out then processes[#processes + 1] = one.process end
  end
  return processes
end

-- Where it is only foreseen what is asked totals are taken to be enough, and of others so many are left.
local function foresee(self, list, tried, left)
  if self.work.bounds then judge(self, tried, left) else left = 0 end
  for _, one in ipairs(list) do
    if not one.out then
      left = left - 1
      one.out = left < 0 and "small" or nil
    end
  end
end

-- Asks those that were not ruled out.
local function measured(self, list)
  local asked, processes = false, left_of(list)
  local left = self.run:measure(self.step, processes, #processes, function()
    asked = true
    ask(self, list)
    return #left_of(list)
  end)
  if not asked then foresee(self, list, #processes, left) end
end

local function fill(self)
  local list = {}
  for i = 1, self.chunk do
    local process, out, _, in_doubt = self.owners()
    if not process then break end
    list[i] = { process = process, out = out, in_doubt = in_doubt }
  end
  if not self.given_up then
    measured(self, list)
  elseif self.step then
    self.step.trace:passes(self.step, #left_of(list))
  end
  self.list, self.at, self.chunk = list, 0, math.min(2 * self.chunk, LAST)
end

-- The next process; true where it was ruled out, "small" where none of its mappings can fit, "kernel" where it is a
-- thread of the kernel; and the process whose rollup has the sums of all of them, if it has.
local function following(self)
  if self.at >= #self.list and not self.run.stopped then fill(self) end
  self.at = self.at + 1
  local one = self.list[self.at]
  if not one then return nil end
  self.list[self.at] = false
  return one.process, one.out, one.total
end

---@class memsh.RollupWork
---@field totals memsh.Totals|nil
---@field bounds memsh.Condition[]|nil
---@field files integer what is read with the rollup

--- Asks the rollups of processes ahead of their mappings.
---@param owners fun(): any, any, nil, boolean the process, whether it is ruled out already, and whether it may be
function use_rollup.ahead(run, owners, work)
  work.files = work.files | ROLLUP | (work.totals and work.totals.number and NUMBER or 0)
  local self = { run = run, owners = owners, work = work, list = {}, at = 0,
    chunk = FIRST, tried = 0, kept = 0, given_up = false }
  self.step = run:step(work.totals and "totals of mappings" or "where mappings may fit", work.files)
  if self.step and work.bounds then self.step.key = self.step.what .. stage_needs.texts(work.bounds) end
  return function() return following(self) end
end

return use_rollup
