-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where rows come from: the processes of a machine, and their mappings, read in the cheapest order.
--
-- A source is a function that gives the next row, nil at the end. A row of mappings is a view that the next call
-- moves: who keeps it makes a copy (core.keep).
local chunks = require "memsh.chunks"
local core = require "memsh.core"
local lazy = require "memsh.lazy"
local learn = require "memsh.learn"
local machine = require "memsh.machine"
local schema = require "memsh.schema"
local stages = require "memsh.stages"
local way = require "memsh.plan"

local batch, rollup = lazy "memsh.batch", lazy "memsh.rollup"

local source = {}

-- What a file costs, by its place in the table: the field table lists the files of a process by cost.
local function cost(files)
  local top = 0
  while files > 0 do
    top, files = top + 1, files >> 1
  end
  return top
end

-- The conditions, cheapest first. A function may do anything, so nothing moves across it.
local function ordered(conditions, fields)
  local list, from = {}, 1
  for i, condition in ipairs(conditions) do
    local files = condition.fields and core.plan((fields:needs(condition.fields))) or 0
    list[i] = { decide = condition.decide, is_text = condition.fields ~= nil, files = files, cost = cost(files), at = i,
      fields = condition.fields, text = condition.text }
  end
  for i = 1, #list + 1 do
    if i > #list or not list[i].is_text then
      local part = table.move(list, from, i - 1, 1, {})
      table.sort(part, function(a, b)
        if a.cost ~= b.cost then return a.cost < b.cost end
        return a.at < b.at
      end)
      table.move(part, 1, #part, from, list)
      from = i + 1
    end
  end
  return list
end

-- ---- processes

-- Decides a condition for rows[1..n]; maybe[row] is the reason why an earlier one came out unknown. Gives the new n.
local function filter(rows, n, condition, maybe)
  local kept = 0
  for i = 1, n do
    local row = rows[i]
    local yes, reason = condition.decide(row)
    if yes ~= false then
      kept = kept + 1
      rows[kept] = row
      if yes == nil then maybe[row] = maybe[row] or reason end
      if yes == nil and condition.step then condition.step.trace:doubt(row, condition.step) end
    end
  end
  for i = kept + 1, n do rows[i] = nil end
  return kept
end

-- Rows whose files were read again while they were decided are decided again.
local function decide_again(rows, n, conditions, maybe)
  local changed = {}
  for i = 1, n do
    if core.revision(rows[i]) > 0 then changed[#changed + 1] = rows[i] end
  end
  if #changed == 0 then return n end
  for _, row in ipairs(changed) do maybe[row] = nil end
  local fits = {}
  local left = #changed
  for _, condition in ipairs(conditions) do
    if condition.is_text then left = filter(changed, left, condition, maybe) end
  end
  for i = 1, left do fits[changed[i]] = true end
  return filter(rows, n, { decide = function(row) return core.revision(row) == 0 or fits[row] or false end }, maybe)
end

-- Puts aside what is undecided, and what has gone.
local function settle(run, rows, n, maybe)
  return filter(rows, n, { decide = function(row)
    local reason = maybe[row]
    if not reason then return true end
    if reason == "gone" and core.is_gone(row) then
      run.coverage:note(row.pid, "gone")
    else
      run:undecided(row, reason)
    end
    return false
  end }, maybe)
end

-- Leaves threads of the kernel out, where they are not asked for. Of processes that were named, and not found in a
-- listing, something must be read to know whether they exist.
local function drop_kernel(run, rows, n, plan)
  if plan.named or not plan.kernel then core.load_kernel(rows, 1, n) end
  if not plan.kernel then
    n = filter(rows, n, { decide = function(row) return not core.is_kernel(row) end }, {})
  end
  for i = 1, n do run.coverage:process(rows[i].pid) end
  return n
end

-- The files of a process that not everybody may read.
local guarded

local function guarded_files()
  if not guarded then
    local ids = {}
    for _, info in ipairs(core.fields "process") do
      if info.permission ~= "anybody" then ids[#ids + 1] = info.id end
    end
    guarded = core.plan(ids)
  end
  return guarded
end

-- Audits count the processes that an answer rests on: those that were not ruled out by what anybody may read.
local function note_asked(run, rows, n, files)
  if not run.coverage.asked or files & guarded_files() == 0 then return end
  for i = 1, n do run.coverage.asked[rows[i].pid] = true end
end

-- What is loaded for all that are left, so that rows are complete when they leave.
local function load_rest(run, rows, n, files)
  if files == 0 or n == 0 then return end
  note_asked(run, rows, n, files)
  core.load(rows, 1, n, files)
end

-- `files`: what was read last.
local function drop_gone(run, rows, n, files)
  return filter(rows, n, { decide = function(row)
    if not core.is_gone(row, files) then return true end
    run.coverage:note(row.pid, "gone")
    return false
  end }, {})
end

-- Completes rows that are left. Where that read anything of them again they are decided again.
local function complete(run, rows, n, plan, maybe)
  load_rest(run, rows, n, plan.files)
  learn.load(rows, n, plan.learnt)
  n = decide_again(rows, n, plan.conditions, maybe)
  n = settle(run, rows, n, maybe)
  return drop_gone(run, rows, n, plan.files)
end

-- One chunk of processes through all conditions.
local function sift(run, rows, plan)
  local n, maybe = #rows, {}
  local first = plan.conditions[1] or plan
  run:read(first.step, function() load_rest(run, rows, n, first.files) end)
  n = run:measure(plan.kernel_step, rows, n, function() return drop_kernel(run, rows, n, plan) end)
  for _, condition in ipairs(plan.conditions) do
    n = run:measure(condition.step, rows, n, function()
      load_rest(run, rows, n, condition.files)
      return filter(rows, n, learn.condition(rows, n, condition), maybe)
    end, not condition.is_text)
  end
  n = settle(run, rows, n, maybe)
  return run:measure(plan.step, rows, n, function() return complete(run, rows, n, plan, maybe) end)
end

local function name_list(names)
  local list, seen = {}, {}
  for _, name in ipairs(names) do
    if not seen[name] then list[#list + 1] = name end
    seen[name] = true
  end
  return table.concat(list, " ")
end

-- The steps of a run that is explained.
local function declare(run, work, plan, files)
  work.list_step = run:step(work.named and "processes named" or "processes", "/proc")
  if work.named or not work.kernel then work.kernel_step = run:step("no kernel threads", "stat") end
  for _, condition in ipairs(work.conditions) do
    condition.step = run:step("where " .. (condition.text or "function"), condition.files)
  end
  if work.files ~= 0 or plan.open then
    work.step = run:step("read " .. name_list(plan.fields) .. (plan.open and " ..." or ""), files)
    work.step.keeps = true
  end
end

-- All process ids.
local function list_pids(run, step)
  local pids
  run:measure(step, {}, 0, function()
    pids = machine.pids()
    return #pids
  end)
  return pids
end

---@class memsh.ProcessPlan
---@field pids integer[]|nil
---@field kernel boolean
---@field conditions memsh.Condition[]
---@field fields string[] what later stages read
---@field most integer|nil how many rows will be asked for
---@field open boolean|nil whether they may be asked for more than `fields`
---@field all boolean|nil whether all rows will be asked for

--- Processes.
---@param run table
---@param plan memsh.ProcessPlan
function source.processes(run, plan)
  local fields = schema.process
  local work = { kernel = plan.kernel, named = plan.pids ~= nil, conditions = ordered(plan.conditions, fields),
    learnt = 0 }
  local have = 0
  for _, condition in ipairs(work.conditions) do have = have | condition.files end
  work.files = core.plan((fields:needs(plan.fields)), have)
  if run.trace then declare(run, work, plan, work.files & ~have) end
  local reads = plan.all and not run.trace and not plan.pids and (work.conditions[1] or work).files or 0
  local rows, n, next_row, list = {}, 0, 1, nil
  local function begin()
    local pids = plan.pids or list_pids(run, work.list_step)
    list = chunks.of(machine.source(), pids, plan.most, reads)
    run:reads(pids, 0)
  end
  -- A chunk that Ctrl-C comes into is as if it had not been begun.
  local function fill()
    if plan.open and learn.pays(n) then work.learnt = learn.common(rows, learn.SAMPLE) end
    local fresh = list:next()
    rows, n, next_row = fresh, sift(run, fresh, work), 1
    run:reads(list.pids, list.done)
  end
  return function()
    if not list then begin() end
    while next_row > n do
      if list:is_over() or run:must_stop() then return list:drop() end
      fill()
    end
    next_row = next_row + 1
    return rows[next_row - 1]
  end
end

-- ---- mappings

--- All processes, nothing of them read.
---@param run table
function source.owners(run)
  local from, pids, at, step = machine.source(), nil, 0, run:step("processes", "/proc")
  return function()
    pids = pids or list_pids(run, step)
    run:reads(pids, at)
    at = at + 1
    return pids[at] and from:process(pids[at])
  end
end

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
function source.owner_only(one)
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
    if source.owner_only(condition) then work.owner[#work.owner + 1] = condition end
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
  local step = #work.owner > 0 and run:step("where " .. stages.texts(work.owner), work.files) or nil
  local function out(process)
    return run:measure(step, { process }, 1, function() return rules_out(work.owner, process) and 0 or 1 end) == 0
  end
  local bounds = work.counters and not plan.totals and #plan.conditions > 0 and rollup().bounds(plan.conditions)
  if bounds or plan.totals then
    return rollup().ahead(run, owners, out, { totals = plan.totals, bounds = bounds, held = plan.held,
      files = plan.totals and work.files or 0 })
  end
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
    if not source.owner_only(condition) then
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
---@field bulk table|nil sums listings as a whole (memsh.bulk)
---@field totals memsh.Totals|nil only these sums are asked for, and rows may be processes that stand for their mappings
---@field held boolean|nil the processes are somebody's, and may have been read long ago

--- The mappings of the processes that `owners` gives.
---@param run table
---@param owners fun(): any
---@param plan memsh.MappingPlan
---@return fun(): any
---@return memsh.Blocks|nil the same in blocks: who takes them leaves the rows
function source.mappings(run, owners, plan)
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
  -- Whether the listing was summed as a whole; if not it is there, or the reason why it is not.
  local function sum(process)
    local reason
    if not plan.bulk or not listing or #listing == 0 then return false end
    if plan.bulk:take(listing, process.pid) then return true end
    if listing:is_folded() then
      listing:close()
      run:read(step, function() listing, reason = core.listing(process, work.counters, work.files) end)
    end
    return false, reason
  end
  -- Whether there was one more, and the process where it stands for its mappings.
  local function next_process()
    if run:must_stop() then return false end
    run.finished = run.owner
    local one = next_listed()
    run.owner = one and one.process.pid
    if not one then return false end
    local process, none, total = one.process, one.none, one.total
    local reason, taken, lost
    if not none and not total then
      reason = list(one)
      taken, lost = sum(process)
      reason = reason or lost
    end
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
  local in_blocks = not (plan.bulk or plan.totals or run.trace or way.plain)
  return next_row, in_blocks and blocks or nil
end

return source
