-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where mappings come from: listings, which are read ahead. A row is a view that the next call moves: who keeps it
-- makes a copy (core.keep).
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"
local schema = require "memsh.fields.schema"
local stage_needs = require "memsh.exec.stage_needs"
local reference_mode = require "memsh.exec.reference_mode"

local batch, rollup = lazy "memsh.exec.filter_columns", lazy "memsh.exec.use_rollup"

local mappings = {}

-- Whether these conditions, of the process alone, rule it out.
local function rules_out(conditions, process)
  for _, condition in ipairs(conditions) do
    if condition.decide(process) == false then return true end
  end
  return false
end

-- What it means that a listing is missing or odd.
local function note_listing(run, process, listing, reason, step)
  if listing and listing:inconsistent() then run.coverage:change() end
  if listing and not listing:malformed() then return end
  if reason == "gone" or reason == "no_memory" then
    run.coverage:note(process.pid, reason)
  else
    run:lost_owner(process, reason or "malformed", step)
  end
end

-- Decides the row that `view` shows. `steps`: those of a run that is explained.
local function fits(run, view, conditions, steps)
  local maybe
  for i, condition in ipairs(conditions) do
    local yes, reason
    if steps[i] then
      yes, reason = run.trace:decide(steps[i], condition, view)
    else
      yes, reason = condition.decide(view)
    end
    if yes == false then return false end
    if yes == nil then maybe = maybe or reason end
  end
  if maybe then run:undecided(view, maybe) end
  return not maybe
end

--- Whether a condition, or a term, on mappings asks of their process alone.
---@param one {fields: string[]|nil}
function mappings.owner_only(one)
  if not one.fields then return false end
  for _, name in ipairs(one.fields) do
    local field = schema.mapping:field(name)
    if not (field and field.owner) and not name:find "^sys%." then return false end
  end
  return true
end

local function plan_mappings(plan)
  local work = { owner = {}, conditions = plan.conditions, counters = false, ids = {} }
  local names = { table.unpack(plan.fields) }
  for _, condition in ipairs(plan.conditions) do
    if mappings.owner_only(condition) then work.owner[#work.owner + 1] = condition end
    if not condition.fields then plan.counters = true end
    for _, name in ipairs(condition.fields or {}) do names[#names + 1] = name end
  end
  local ids, counters = schema.mapping:needs(names)
  work.counters = counters or plan.counters or false
  work.files = core.plan(ids)
  return work
end

-- Gives each process; true where none of its mappings is wanted, "small" or "kernel" where its rollup says so; and the
-- process that stands for all of its mappings, where that will do.
local function asked(run, owners, plan, work)
  local step = #work.owner > 0 and run:step("where " .. stage_needs.texts(work.owner), work.files) or nil
  local function out(process)
    return run:measure(step, { process }, 1, function() return rules_out(work.owner, process) and 0 or 1 end) == 0
  end
  local bounds = work.counters and not plan.totals and #plan.conditions > 0 and rollup().bounds(plan.conditions)
  if bounds or plan.totals then
    return rollup().ahead(run, owners, out, { totals = plan.totals, bounds = bounds, held = plan.held,
      files = plan.totals and work.files or 0 })
  end
  if #work.owner == 0 then return function() return (owners()) end end
  return function()
    local process = owners()
    return process, process and out(process)
  end
end

local LARGE <const> = 2000 -- mappings

-- Each process that next_owner gives, with its listing, which is read ahead: for as many as there are readers, and two
-- more; for some more than that where they are small, so that nobody has to wait for each. The first rows may be all
-- that is asked for, so it begins with one.
local function listed(run, next_owner, work)
  local jobs, window = core.readers(machine.source()).jobs, 1
  local queue, first, last, ended = {}, 1, 0, false
  local ahead = not (run.trace and run.trace.dry)
  local function pull()
    local process, none, total = next_owner()
    ended = not process
    if ended then return end
    run.owner = run.owner or process.pid
    local wanted = ahead and not none and not total
    local listing = wanted and core.request(process, work.counters, work.files, work.alone,
      work.bulk and work.bulk.like) or nil
    last = last + 1
    queue[last] = { process = process, none = none, total = total, listing = listing }
  end
  return function()
    while not ended and last - first + 1 < window do pull() end
    local one = queue[first]
    queue[first] = nil
    if one then first, window = first + 1, math.min(2 * window, work.large and jobs + 2 or 2 * jobs + 6) end
    return one
  end
end

-- The steps of a run that is explained: what lists mappings, and a list of those that decide on them.
local function declare_mappings(run, plan, work)
  local steps = {}
  if not run.trace then return nil, steps end
  local list = run:step("mappings", work.counters and "smaps" or "maps")
  run.trace:reads_ahead(list)
  for i, condition in ipairs(plan.conditions) do
    if not mappings.owner_only(condition) then
      steps[i] = run:step("where " .. (condition.text or "function"))
    end
  end
  return list, steps
end

---@class memsh.MappingPlan
---@field conditions memsh.Condition[]
---@field fields string[] what later stages read
---@field counters boolean|nil whether they may read any counter
---@field count boolean|nil the processes were not counted yet, and threads of the kernel are among them
---@field bulk table|nil sums listings as a whole (memsh.exec.sum_listings)
---@field totals memsh.Totals|nil only these sums are asked for, and rows may be processes that stand for their mappings
---@field held boolean|nil the processes are somebody's, and may have been read long ago

--- The mappings of the processes that `owners` gives.
---@param run table
---@param owners fun(): any
---@param plan memsh.MappingPlan
---@return fun(): any
---@return memsh.Blocks|nil the same in blocks: who takes them leaves the rows
function mappings.of(run, owners, plan)
  local work = plan_mappings(plan)
  work.bulk = plan.bulk
  work.alone = plan.bulk ~= nil and work.files == 0 and not plan.held
  local next_listed = listed(run, asked(run, owners, plan, work), work)
  local step, steps = declare_mappings(run, plan, work)
  local sieve = batch().sieve(work.conditions, run.trace ~= nil)
  local listing, view, next_places
  -- No more than one process's mappings are held.
  local function forget()
    if listing then listing:close() end
    listing, view, next_places = nil, nil, nil
  end
  local function list(one)
    local reason
    run:measure(step, { one.process }, 1, function()
      listing, reason = core.await(one.listing)
      return listing and #listing or 0
    end)
    return reason
  end
  -- Whether there was one more, and the process where it stands for its mappings.
  local function next_process()
    if run:must_stop() then return false end
    run.finished = run.owner
    local one = next_listed()
    run.owner = one and one.process.pid
    if not one then return false end
    local process, none, total = one.process, one.none, one.total
    local reason, taken
    if not none and not total then reason = list(one) end
    if plan.bulk and listing then taken, listing, reason = plan.bulk:take(listing, process, run, step, work) end
    local has_memory = listing or total or none == "small"
    if plan.count and not has_memory and (none == "kernel" or core.is_kernel(process)) then return true end
    if plan.count then run.coverage:process(process.pid) end
    if none == "kernel" then reason = "no_memory" end
    if reason or listing then note_listing(run, process, listing, reason, step) end
    if run.coverage.asked and none ~= true and none ~= "kernel" then run.coverage.asked[process.pid] = true end
    work.large = listing and #listing > LARGE
    if taken then
      if step then step.trace:takes(#listing) end
    elseif listing and #listing > 0 then
      view, next_places = listing:view(), sieve(listing, #listing)
    end
    return true, total
  end
  -- The next places of the listing, or of the next ones; nil and the process where it stands for its mappings.
  local function next_part()
    while true do
      if next_places then
        local places, n, doubt = next_places()
        if places then return listing, places, n, doubt end
      end
      forget()
      local more, total = next_process()
      if total or not more then return nil, total end
    end
  end
  local function row(place)
    core.seek(view, place)
    return view
  end
  local next_row, blocks = batch().rows(next_part, row, function(place)
    return fits(run, row(place), work.conditions, steps)
  end)
  local in_blocks = not (plan.bulk or plan.totals or run.trace or reference_mode.plain)
  return next_row, in_blocks and blocks or nil
end

return mappings
