-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where mappings come from: listings, which are read ahead. A row is a view that the next call moves: who keeps it
-- makes a copy (core.keep).
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"
local schema = require "memsh.fields.schema"
local stage_needs = require "memsh.exec.stage_needs"
local reference_mode = require "memsh.exec.reference_mode"

local filter_columns, listings = lazy "memsh.exec.filter_columns", lazy "memsh.exec.listings"
local maps_first, use_rollup = lazy "memsh.exec.maps_first", lazy "memsh.exec.use_rollup"

local mappings = {}

-- Whether these conditions, of the process alone, rule it out; whether it can't be said of one.
local function rules_out(conditions, process)
  local in_doubt = false
  for _, condition in ipairs(conditions) do
    local yes = condition.decide(process)
    if yes == false then return true, false end
    in_doubt = in_doubt or yes == nil
  end
  return false, in_doubt
end

-- Notes that a listing is missing or odd.
local function note_listing(run, process, listing, reason, step)
  if listing and listing:inconsistent() then run.coverage:count "changed" end
  if listing and not listing:malformed() then return end
  if reason == "gone" or reason == "no_memory" then
    run.coverage:note(machine.key(machine.of(process), process.pid), reason)
  else
    run:lost_owner(process, reason or "malformed", step)
  end
end

-- What is to be read for them.
local function work_of(wanted)
  local sums, work = wanted.sums, { owner = {}, conditions = wanted.conditions, counters = wanted.counters or false }
  local names, of_owner = { table.unpack(wanted.fields) }, {}
  for _, condition in ipairs(wanted.conditions) do
    local fields = condition.fields or {}
    table.move(fields, 1, #fields, #names + 1, names)
    if not condition.fields then work.counters = true end
    if stage_needs.of_owner(condition) then
      work.owner[#work.owner + 1] = condition
      table.move(fields, 1, #fields, #of_owner + 1, of_owner)
    end
  end
  local ids, counters = schema.mapping:needs(names)
  work.counters = work.counters or counters
  work.files = core.plan(ids)
  work.more = core.plan(ids, core.plan((schema.mapping:needs(of_owner)))) -- than their conditions have read
  work.sums, work.totals = sums, sums and sums.totals
  work.alone = sums ~= nil and sums.listings ~= nil and work.files == 0
  return work
end

-- Gives each process; true where its own fields rule it out; nothing; and whether they may.
local function ruled(run, owners, work)
  local step = #work.owner > 0 and run:step("where " .. stage_needs.texts(work.owner), work.files) or nil
  return function()
    local process, yes, in_doubt = owners(), nil, nil
    if not process or #work.owner == 0 then return process end
    run.owner = run.owner or process.pid
    run:measure(step, { process }, 1, function()
      yes, in_doubt = rules_out(work.owner, process)
      return yes and 0 or 1
    end)
    return process, yes, nil, in_doubt
  end
end

-- Gives each process; true where none of its mappings is wanted, "small" or "kernel" where its maps or its rollup says
-- so; and the process with its rollup, where that has the sums of all of its mappings.
local function asked(run, owners, wanted, work)
  local next_owner = ruled(run, owners, work)
  local saves = not wanted.named and (work.counters or work.more ~= 0) and #work.conditions > #work.owner
  work.by_maps = saves and maps_first().conditions(work.conditions)
  if work.by_maps then next_owner = maps_first().ahead(run, next_owner, work.by_maps) end
  local bounds = work.counters and not work.totals and #work.conditions > 0 and use_rollup().bounds(work.conditions)
  if not (bounds or work.totals) then return next_owner end
  return use_rollup().ahead(run, next_owner, { totals = work.totals, bounds = bounds,
    files = work.totals and work.files or 0 })
end

-- The steps of a run that is explained: what lists mappings, and a list of those that decide on them.
local function declare_mappings(run, work)
  local steps = {}
  if not run.trace then return nil, steps end
  local list = run:step("mappings", work.counters and "smaps" or "maps")
  if work.counters or not work.by_maps then run.trace:reads_ahead(list) end -- else maps is the other step's
  for i, condition in ipairs(work.conditions) do
    if not stage_needs.of_owner(condition) then
      steps[i] = run:step("where " .. (condition.text or "function"))
    end
  end
  return list, steps
end

-- Lets sums take the listing whole. If they can't, its rows are given: then the listing has all of them, or there is no
-- listing and a reason.
local function take_whole(self, process)
  local run, work, reason = self.run, self.work, nil
  local taken = work.sums:take_listing(self.listing, process)
  if taken then
    if self.step then self.step.trace:takes(#self.listing) end
  elseif self.listing:is_folded() then
    self.listing:close()
    run:read(self.step, function()
      self.listing, reason = core.listing(process, work.counters, work.files)
    end)
  end
  return taken, reason
end

-- Takes a listing that was read ahead. Gives whether it was taken whole, and the reason where there is no listing.
local function open(self, one)
  local reason
  self.run:measure(self.step, { one.process }, 1, function()
    self.listing, reason = core.await(one.listing)
    return self.listing and #self.listing or 0
  end)
  if self.listing and #self.listing > 0 and self.work.sums and self.work.sums.listings then
    return take_whole(self, one.process)
  end
  return false, reason
end

-- No more than one process's mappings are held, unless who takes them asked for all.
local function forget(self)
  local held = self.held
  if held then held[#held + 1] = self.listing elseif self.listing then self.listing:close() end
  self.listing, self.view, self.next_places = nil, nil, nil
end

-- Notes a process whose mappings come now; false where it is a thread of the kernel, which are not counted.
local function note_process(self, one, reason)
  local run, listing, none, process = self.run, self.listing, one.none, one.process
  local has_memory = listing or one.total or none == "small"
  if self.counts and not has_memory and (none == "kernel" or core.is_kernel(process)) then return false end
  local key = machine.key(machine.of(process), process.pid)
  if self.counts then run.coverage:process(key) end
  if none == "kernel" then reason = "no_memory" end
  if reason or listing then note_listing(run, process, listing, reason, self.step) end
  if run.coverage.asked and none ~= true and none ~= "kernel" then run.coverage.asked[key] = true end
  return true
end

-- Goes to the next process; false where there is none.
local function next_process(self)
  local run, taken, reason = self.run, nil, nil
  if run:must_stop() then return false end
  run.finished = run.owner
  local one = self.ahead:next()
  run.owner = one and one.process.pid
  if not one then return false end
  if not one.none and not one.total then taken, reason = open(self, one) end
  if not note_process(self, one, reason) then return true end
  local listing = self.listing
  self.ahead:had(listing and #listing or 0)
  if one.total and run.trace then run.trace:takes(1) end
  if one.total then self.work.sums:take_row(one.total, self.work.totals) end
  if listing and not taken and #listing > 0 then
    self.view, self.next_places = listing:view(), self.sieve(listing, #listing)
  end
  return true
end

---@class memsh.WantedMappings
---@field conditions memsh.Condition[]
---@field fields string[] what later stages read
---@field counters boolean|nil whether they may read any counter
---@field count boolean|nil the processes were not counted yet, and threads of the kernel are among them
---@field sums table|nil the accumulator that they go to, if they do, which takes what it can without rows
---@field named boolean|nil they are those that were asked for, and so few

--- The mappings of the processes that `owners` gives.
---@return fun(): any
---@return memsh.Blocks|nil the same in blocks: who takes them leaves the rows
function mappings.of(run, owners, wanted)
  local work = work_of(wanted)
  local next_owner, step, steps = asked(run, owners, wanted, work), declare_mappings(run, work)
  local ahead = listings().ahead(run, next_owner, function(process)
    if step and work.by_maps and not work.counters then run.trace:shares(step, "maps") end
    return core.request(process, work.counters, work.files, work.alone, work.sums and work.sums.like)
  end)
  local self = { run = run, work = work, counts = wanted.count, ahead = ahead, step = step,
    sieve = filter_columns().sieve(work.conditions, run.trace ~= nil) }
  -- The next places of the listing, or of the next ones.
  local function next_part()
    while true do
      if self.next_places then
        local places, n, doubt = self.next_places()
        if places then return self.listing, places, n, doubt end
      end
      forget(self)
      if not next_process(self) then return nil end
    end
  end
  local function row(place)
    core.seek(self.view, place)
    return self.view
  end
  local next_row, blocks = filter_columns().rows(next_part, row, function(place)
    return run:holds(row(place), work.conditions, steps)
  end)
  -- Listings stay open from now on; gives a function that closes them.
  function blocks.hold()
    self.held = {}
    return function()
      for _, listing in ipairs(self.held) do listing:close() end
    end
  end
  return next_row, not (run.trace or reference_mode.plain) and blocks or nil
end

return mappings
