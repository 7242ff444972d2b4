-- SPDX-License-Identifier: GPL-3.0-or-later
-- Runs a row set: from its stages to a function that gives the next row. Every run reads the machine anew.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"
local source = require "memsh.exec.processes"
local stage_needs = require "memsh.exec.stage_needs"

local filter_columns = lazy "memsh.exec.filter_columns"
local sum_listings = lazy "memsh.exec.sum_listings"
local group = lazy "memsh.exec.group"
local sort_keys = lazy "memsh.exec.sort_keys"
local mappings = lazy "memsh.exec.mappings"
local progress = lazy "memsh.exec.progress"
local use_rollup = lazy "memsh.exec.use_rollup"
local sorting = lazy "memsh.exec.sort"

local is_seen = core.progress() -- whether a terminal is there to see it

local run = {}

local Run = {}
Run.__index = Run

-- The process that a row is of, if it is of one.
local function pid_of(row)
  local kind = core.kind(row)
  if kind == "process" or kind == "mapping" then return row.pid end
  local meta = type(row) == "table" and getmetatable(row)
  return meta and meta.pid_of and meta.pid_of(row) or nil
end

-- ---- what :explain sees

--- A step of a run that is explained, to be handed to those below; nil in others.
---@param what string
---@param files integer|string|nil
function Run:step(what, files)
  return self.trace and self.trace:step(what, files)
end

--- Gives how many of n rows f leaves.
function Run:measure(step, rows, n, f, unforeseen)
  if step then return self.trace:measure(step, rows, n, f, unforeseen) end
  return f()
end

--- Runs f, which reads for a step.
function Run:read(step, f)
  if step then return self.trace:read(step, f) end
  return f()
end

-- ---- what could not be read

--- A value of a row was unknown.
function Run:unknown_of(row, reason)
  if self.trace then self.trace:unknown(row, reason) end
  local pid = pid_of(row)
  if pid then self.coverage:note(pid, reason) end
end

--- A row could be neither taken nor dropped.
function Run:undecided(row, reason)
  if self.trace then self.trace:undecided(row, reason) end
  self.coverage:undecide(pid_of(row), reason)
  if self.on_undecided and coverage.loses(reason) then self.on_undecided(row) end
end

--- The mappings of a process could not be read, in this step of a run that is explained.
function Run:lost_owner(process, reason, step)
  if step then step.trace:lost(step, reason) end
  self.coverage:lose_owner(process.pid, reason)
  if self.on_lost_owner then self.on_lost_owner(process) end
end

--- The first `at` of these processes have been read.
function Run:reads(pids, at)
  self.pids, self.at = pids, at
  if is_seen then progress().step(self) end
end

--- Ends the reading of a run that was interrupted: its rows are those that it can still give without reading. Gives how
--- many processes it has read, of how many; nil where it was not reading.
---@return integer|nil read
---@return integer|nil all
function Run:stop()
  if not self.pids or self.stopped then return nil end
  self.stopped = true
  local at = self.at
  for i, pid in ipairs(self.owner and self.pids or {}) do
    if pid == self.owner then at = math.min(at, pid == self.finished and i or i - 1) end
  end
  self.coverage:interrupt(self.pids, at)
  return at, #self.pids
end

--- Whether nothing more is to be read: after stop(), and when an answer that may be cut short is late.
---@return boolean
function Run:must_stop()
  if core.is_late() then self:stop() end
  return self.stopped or false
end

--- A row that outlives the next one.
function run.keep(row)
  return core.kind(row) == "mapping" and core.keep(row) or row
end

local keep = run.keep

-- ---- stages

-- Conditions one behind the other are one: which is asked first changes nothing.
local function holds(self, row, conditions)
  local maybe
  for _, condition in ipairs(conditions) do
    local yes, reason = condition.decide(row)
    if yes == false then return false end
    if yes == nil then maybe = maybe or reason end
  end
  if maybe then self:undecided(row, maybe) end
  return not maybe
end

local function where(self, next_row, stage)
  local conditions = stage.conditions
  return function()
    for row in next_row do
      if holds(self, row, conditions) then return row end
    end
    return nil
  end
end

local function top(_, next_row, stage)
  local left = stage.n
  return function()
    if left <= 0 then return nil end
    left = left - 1
    return next_row()
  end
end

local function skip(_, next_row, stage)
  local left = stage.n
  return function()
    while left > 0 do
      left = left - 1
      if next_row() == nil then return nil end
    end
    return next_row()
  end
end

-- A row's keys as one text, and the reason why one of them is unknown.
local function key_text(self, terms, row)
  local parts, reason = {}, nil
  for i, term in ipairs(terms) do
    local value = term.value(row)
    if core.is_unknown(value) then
      reason = core.why(value)
      self:unknown_of(row, reason)
    end
    parts[i] = sort_keys().text(value)
  end
  return table.concat(parts, "\1"), reason
end

-- The same where rows are to be matched: an unknown key may be the same as any, so its row is undecided.
local function matching_key(self, terms, row)
  local key, reason = key_text(self, terms, row)
  if not reason then return key end
  self:undecided(row, reason)
  return nil
end

local function distinct(self, next_row, stage)
  local seen = {}
  return function()
    for row in next_row do
      local key = key_text(self, stage.terms, row)
      if not seen[key] then
        seen[key] = true
        return row
      end
    end
    return nil
  end
end

local function by(self, next_row, stage)
  local rows, groups = nil, group().new()
  return function()
    rows = rows or group().rows(self, next_row, stage.plan, groups, stage.bulk, stage.blocks)
    return rows()
  end
end

local function pass(_, next_row)
  return next_row
end

-- Each process once, in the order in which its first mapping comes.
local function processes_of(_, next_row)
  local seen = {}
  return function()
    for row in next_row do
      if not seen[row.pid] then
        seen[row.pid] = true
        return row:process()
      end
    end
    return nil
  end
end

-- Rows of the other set by key. `elsewhere`: what was missing before is missing from another set, not from its groups.
local function index_other(self, stage)
  local index, elsewhere = {}, self.elsewhere
  self.elsewhere = self.coverage:missing()
  local next_row = run.start(stage.other, stage.other_fields, self)
  for row in next_row do
    local key = matching_key(self, stage.other_terms, row)
    if key then
      index[key] = index[key] or {}
      table.insert(index[key], keep(row))
    end
  end
  self.elsewhere = elsewhere
  return index
end

local function join(self, next_row, stage)
  local index, matches, at, left, first = nil, nil, 0, nil, nil
  return function()
    if not index then -- of groups, the first comes when all are made
      first = next_row()
      first = first and keep(first)
      index = index_other(self, stage)
    end
    while true do
      at = at + 1
      if matches and matches[at] then return stage.combine(left, matches[at]) end
      local row = first or next_row()
      first = nil
      if not row then return nil end
      local key = matching_key(self, stage.terms, row)
      matches, at, left = key and index[key], 0, keep(row)
    end
  end
end

local function sort(self, next_row, stage)
  return sorting().rows(self, next_row, stage, keep)
end

local STAGES = { top = top, skip = skip, sort = sort, distinct = distinct, by = by, show = pass,
  total = pass, procs = processes_of, join = join }

-- ---- from a set to its stages

-- How the sums that stand at `after` can be made of each process's totals, and the stage that does so.
local function totals_at(self, set, after, extra, conditions)
  for _, condition in ipairs(conditions) do
    if not mappings().owner_only(condition) then return nil end
  end
  local stage = set.stages[after]
  if not stage and extra and extra.whole then
    local totals = use_rollup().totals({}, { extra.whole }, mappings().owner_only)
    self.whole = totals and totals.aggregates[1]
    return totals
  end
  local totals = stage and stage.op == "by" and
    use_rollup().totals(stage.terms, stage.plan.aggregates, mappings().owner_only)
  if not totals then return nil end
  totals.number = stage_needs.number(set, after + 1, extra)
  local plan = setmetatable({ aggregates = totals.aggregates, number = totals.number and use_rollup().number or false },
    { __index = stage.plan })
  return totals, setmetatable({ plan = plan }, { __index = stage })
end

-- What sums listings as a whole for the stage at `after`, or for the only use of the rows, and that stage with it.
local function bulk_at(self, set, after, extra)
  local stage = set.stages[after]
  if not stage and extra and extra.whole then
    self.bulk = sum_listings().of({}, { extra.whole }, mappings().owner_only)
    return self.bulk
  end
  local of = stage and stage.op == "by"
    and sum_listings().of(stage.terms, stage.plan.aggregates, mappings().owner_only) or nil
  return of, of and setmetatable({ bulk = of }, { __index = stage })
end

-- The mappings of processes; where only sums over them are asked for, totals may stand for them. Gives, too, where the
-- stages go on, the stage there if it is another one then, and the rows in blocks where they may be taken so.
local function start_mappings(self, set, at, owners, extra, count)
  local conditions, after = stage_needs.leading(set, at)
  local totals, stage = totals_at(self, set, after, extra, conditions)
  local of
  if not totals and #conditions == 0 then of, stage = bulk_at(self, set, after, extra) end
  local rows, blocks = mappings().of(self, owners, { conditions = conditions,
    fields = stage_needs.fields(set, after, extra),
    counters = extra == nil or extra.counters or stage_needs.any(set, after),
    count = count, totals = totals, bulk = of, held = set.from.kind == "list" })
  return rows, after, stage, blocks
end

-- Rows at hand; a run that is explained takes them one by one.
local function start_list(self, set)
  local conditions, after = stage_needs.leading(set, 1)
  local stage, rows, blocks = set.stages[after], nil, nil
  if not self.trace and (#conditions > 0 or not stage or stage.op == "by") then
    local function decide(row) return holds(self, row, conditions) end
    rows, blocks = filter_columns().filter(set.from.rows, conditions, decide)
  end
  if rows then return rows, after, nil, blocks end
  local at, step = 0, self:step "rows at hand"
  if step then step.left = #set.from.rows end
  return function()
    at = at + 1
    return set.from.rows[at]
  end, 1
end

-- The first stages, which decide what is read.
local function start_source(self, set, extra)
  if set.from.kind == "list" then return start_list(self, set) end
  if set.from.start then return set.from.start(self), 1 end
  if set.from.kind == "maps" then return start_mappings(self, set, 1, source.owners(self), extra, true) end
  local conditions, after = stage_needs.leading(set, 1)
  return source.processes(self, { pids = set.from.pids, kernel = set.from.kernel or false, conditions = conditions,
    fields = stage_needs.fields(set, after, extra, stage_needs.narrowing_sort(set, after)),
    most = stage_needs.limit_behind(set, after - 1), all = stage_needs.take_all(set, after, extra),
    open = extra == nil or stage_needs.any(set, after) }), after
end

-- A sort, with what the rows that it leaves lack.
local function sort_stage(set, at, extra)
  local asked = set.stages[at]
  local stage = { op = "sort", terms = asked.terms, text = asked.text, keep = stage_needs.limit_behind(set, at) }
  if set.from.kind == "procs" and stage_needs.narrowing_sort(set, select(2, stage_needs.leading(set, 1))) == at then
    local had = core.plan((set.schema:needs(stage_needs.fields(set, 1, nil, at))))
    stage.rest = core.plan((set.schema:needs(stage_needs.fields(set, at + 1, extra))), had)
  end
  return stage
end

-- What a run is before it reads anything.
local function begin(self, set, fields)
  machine.source():tick()
  if core.is_watched() then return end
  self.trace = run.trace and run.trace()
  if self.trace then self.trace.run = self else run.last = { set = set, fields = fields } end
end

local SILENT = { show = true, total = true }

-- The rows of a stage. A run that only foresees what it would cost does not ask for what it would have to read.
local function stage_rows(self, next_row, stage, make)
  local trace = self.trace
  if not trace or SILENT[stage.op] then return make(self, next_row, stage) end
  local opens, files = stage_needs.opened_by(stage)
  if trace.dry then
    return trace:foresees(trace:step(stage_needs.in_words(stage), files), next_row, stage,
      function() return make(self, next_row, stage) end, opens)
  end
  return trace:gives(trace:step(stage_needs.in_words(stage)), make(self, next_row, stage), opens or stage.rest ~= nil)
end

--- Starts a row set.
---@param set table a row set
---@param fields string[]|nil what will be read of the rows that come out; nil: anything. `whole`: the aggregate
---   over all of them that is the only use of them; the run's own `whole` then takes its place, if there is one
---@param parent table|nil the run that this one is part of
---@return fun(): any next_row
---@return table run with its coverage, and `blocks`: the rows in blocks, in the place of next_row, where they are at
---   hand so
function run.start(set, fields, parent)
  local self = parent or setmetatable({ coverage = coverage.new(), started = core.clock(), spaces = set.from.spaces },
    Run)
  if coverage.watch and not parent then coverage.watch(self.coverage, set.from.coverage) end
  if not parent then begin(self, set, fields) end
  if set.from.coverage then set.from.coverage:add_to(self.coverage) end
  local next_row, at, other, blocks = start_source(self, set, fields)
  if self.trace then next_row = self.trace:counts(next_row) end
  while set.stages[at] do
    local stage = other or set.stages[at]
    if stage.op == "by" and blocks then stage = setmetatable({ blocks = blocks }, { __index = stage }) end
    other, blocks = nil, nil
    if stage.op == "maps" then
      next_row, at, other, blocks = start_mappings(self, set, at + 1, next_row, fields, false)
      if self.trace then next_row = self.trace:counts(next_row) end
    elseif stage.op == "where" then
      local conditions, after = stage_needs.leading(set, at)
      stage = { op = "where", text = stage_needs.texts(conditions), conditions = conditions }
      next_row = stage_rows(self, next_row, stage, where)
      at = after
    else
      if stage.op == "sort" then
        stage = sort_stage(set, at, fields)
        stage.rows = at == 1 and set.from.kind == "list" and not self.trace and set.from.rows or nil
      end
      next_row = stage_rows(self, next_row, stage, STAGES[stage.op])
      at = at + 1
    end
  end
  if not parent and core.is_watched() then return function() return core.quietly(next_row) end, self end
  if not parent then self.blocks = blocks end
  return next_row, self
end

return run
