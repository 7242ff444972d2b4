-- SPDX-License-Identifier: GPL-3.0-or-later
-- Runs a row set: from its stages to a function that gives the next row. Every run reads the machine anew.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"
local made_rows = lazy "memsh.fields.made_rows"
local source = require "memsh.exec.processes"
local stage_needs = require "memsh.exec.stage_needs"

local accumulator = lazy "memsh.exec.accumulator"
local feed = lazy "memsh.exec.feed"
local filter_columns = lazy "memsh.exec.filter_columns"
local sort_keys = lazy "memsh.exec.sort_keys"
local mappings = lazy "memsh.exec.mappings"
local progress = lazy "memsh.exec.progress"
local shares = lazy "memsh.exec.shares"
local sorting = lazy "memsh.exec.sort"

local is_seen = core.progress() -- whether a terminal is there to see it

local run = {}

local Run = {}
Run.__index = Run

-- The process that a row is of, if it is of one, as machine.key has it.
local function process_key(row)
  local kind = core.kind(row)
  if kind == "process" or kind == "mapping" then return machine.key(machine.of(row), row.pid) end
  local meta = type(row) == "table" and getmetatable(row)
  local pid = meta and meta.pid_of and meta.pid_of(row)
  return pid and machine.key(machine.of(row), pid) or nil
end

--- The number by which the coverage knows a process of the source that is being read.
function Run:key(pid)
  return machine.key(self.source, pid)
end

-- ---- what :explain sees

--- A step of a run that is explained, to be handed to those below; nil in others.
function Run:step(what, files)
  return self.trace and self.trace:step(what, files)
end

--- Runs f, a step that leaves some of n rows, and gives how many.
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
---@param field string|nil which field of the machine's it is
function Run:unknown_of(row, reason, field)
  local was_kept = reason == "not_recorded" and self.kept and field and field ~= ""
  if was_kept and not made_rows().is(row) then self.coverage:lacks(row, field) end -- a group has what its rows lack
  if self.trace then self.trace:unknown(row, reason) end
  local key = process_key(row)
  if key then return self.coverage:note(key, reason) end
  coverage.note_other(reason)
end

--- A row could be neither taken nor dropped.
---@param of_others boolean|nil what is unknown is of other rows: of a sum that lacks them
function Run:undecided(row, reason, of_others)
  if self.trace then self.trace:undecided(row, reason) end
  self.coverage:undecide(not of_others and process_key(row) or nil, reason)
  if self.on_undecided and coverage.loses(reason) then self.on_undecided(row) end
end

local function value_of(row, name) return row[name] end

-- Notes which fields of a kept row these conditions asked for in vain.
function Run:note_lacking(row, conditions)
  for _, condition in ipairs(conditions) do
    for _, name in ipairs(condition.fields or {}) do
      local ok, value = pcall(value_of, row, name)
      if ok and core.why(value) == "not_recorded" then self.coverage:lacks(row, value.field) end
    end
  end
end

--- Whether conditions hold of a row. They are one: which is asked first changes nothing.
---@param steps table|nil of a run that is explained, those of some of the conditions
function Run:holds(row, conditions, steps)
  local maybe, of_others
  for i, condition in ipairs(conditions) do
    local yes, reason, elsewhere
    if steps and steps[i] then
      yes, reason = self.trace:decide(steps[i], condition, row)
    else
      yes, reason, elsewhere = condition.decide(row)
    end
    if yes == false then return false end
    if yes == nil and coverage.lasting(maybe, reason) ~= maybe then maybe, of_others = reason, elsewhere end
  end
  if maybe then self:undecided(row, maybe, of_others) end
  if maybe == "not_recorded" and self.kept then self:note_lacking(row, conditions) end
  return not maybe
end

--- The mappings of a process could not be read, in this step of a run that is explained.
function Run:lost_owner(process, reason, step)
  if step then step.trace:lost(step, reason) end
  self.coverage:lose_owner(process_key(process), reason)
  if self.on_lost_owner then self.on_lost_owner(process) end
end

--- The first `at` of these processes have been read.
function Run:reads(pids, at)
  self.pids, self.at = pids, at
  if is_seen then progress().step(self) end
end

--- Ends the reading of a run that was interrupted: its rows are those that it can still give without reading. Gives how
--- many processes it has read, of how many; nil where it was not reading.
function Run:stop()
  if not self.pids or self.stopped then return nil end
  self.stopped = true
  local at = self.at
  for i, pid in ipairs(self.owner and self.pids or {}) do
    if pid == self.owner then at = math.min(at, pid == self.finished and i or i - 1) end
  end
  self.coverage:interrupt(self, at)
  return at, #self.pids
end

--- Whether nothing more is to be read: after stop(), and when an answer that may be cut short is late.
function Run:must_stop()
  if core.is_late() then self:stop() end
  return self.stopped or false
end

--- The value of a term for a row; what is unknown is noted.
function Run:value(term, row)
  local value = term.value(row)
  if core.is_unknown(value) then self:unknown_of(row, core.why(value), value.field) end
  return value
end

--- A row that outlives the next one.
run.keep = core.keep

-- ---- stages

local function where(self, next_row, stage)
  return function()
    for row in next_row do
      if self:holds(row, stage.conditions) then return row end
    end
    return nil
  end
end

-- Whoever shows the rows may take the others, too.
local function top(self, next_row, stage)
  local left = stage.n
  return function()
    if left <= 0 then
      if stage.others and self.take_others then
        for row in next_row do self.take_others(row) end
      end
      return nil
    end
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

-- The key of a row that is to be matched: one that is unknown may be the same as any, so its row is undecided.
local function matching_key(self, terms, row)
  local key, _, reason = sort_keys().of_row(terms, row, self)
  if not reason then return key end
  self:undecided(row, reason)
  return nil
end

-- The first row of each different key.
local function first_of_each(next_row, key_of)
  local seen = {}
  return function()
    for row in next_row do
      local key = key_of(row)
      if not seen[key] then
        seen[key] = true
        return row
      end
    end
    return nil
  end
end

local function distinct(self, next_row, stage)
  return first_of_each(next_row, function(row) return (sort_keys().of_row(stage.terms, row, self)) end)
end

-- Shares are of the sum of all rows. A run that only foresees what it would cost takes none.
local function show(self, next_row, stage, blocks)
  if not stage.shares or self.trace and self.trace.dry then return next_row, blocks end
  return shares().rows(self, next_row, stage, core.keep)
end

-- Each process once, in the order in which its first mapping comes.
local function processes_of(_, next_row)
  local first = first_of_each(next_row, function(row) return row.pid end)
  return function()
    local row = first()
    return row and row:process()
  end
end

local function pass(_, next_row)
  return next_row
end

-- Rows of the other set by key.
local function index_other(self, stage)
  local index = {}
  local next_row = run.start(stage.other, stage.other_fields, self)
  for row in next_row do
    local key = matching_key(self, stage.other_terms, row)
    if key then
      index[key] = index[key] or {}
      table.insert(index[key], core.keep(row))
    end
  end
  return index
end

local function join(self, next_row, stage)
  local index, matches, at, left, first = nil, {}, 0, nil, nil
  return function()
    if not index then -- of groups, the first comes when all are made
      first = next_row()
      first = first and core.keep(first)
      index = index_other(self, stage)
    end
    while true do
      at = at + 1
      if matches[at] then return stage.combine(left, matches[at]) end
      local row = first or next_row()
      first = nil
      if not row then return nil end
      local key = matching_key(self, stage.terms, row)
      matches, at, left = key and index[key] or {}, 0, core.keep(row)
      if key and not matches[1] then self.coverage:count "unpaired" end
    end
  end
end

-- Stages by name: function(run, next_row, stage, blocks), and what a grouping has: what it may take its rows from
-- instead. A stage that can gives its rows in blocks, too.
local STAGES = { where = where, top = top, skip = skip, distinct = distinct, show = show, total = pass,
  procs = processes_of, join = join,
  sort = function(self, next_row, stage) return sorting().rows(self, next_row, stage, core.keep) end,
  by = function(self, next_row, _, blocks, sums) return feed().groups(self, sums, next_row, blocks) end }

-- ---- from a set to its stages

-- What goes through the sources that a set is of; nil where it is one.
local function parts_of(set)
  if set.from.of then return nil end -- it starts that set, which goes through them
  if set.from.kind == "list" or set.from.on then return set.from.each end
  return set.from.each or machine.several()
end

-- The mappings of processes. Gives, too, where the stages go on, the rows in blocks where they may be taken so, and the
-- accumulator that they go to, if they go to a grouping.
local function start_mappings(self, set, at, owners, extra, elsewhere, count)
  local conditions, after = stage_needs.leading(set, at)
  local stage = set.stages[after]
  local sums = stage and stage.op == "by" and not parts_of(set)
    and feed().of_mappings(self, set, after, conditions, extra, elsewhere) or nil
  local rows, blocks = mappings().of(self, owners, { conditions = conditions, sums = sums,
    fields = stage_needs.fields(set, after, extra),
    counters = stage_needs.counters(set, after, extra), count = count,
    named = set.from.kind == "list" or set.from.pids ~= nil })
  if blocks then blocks.mixed = not count end
  return rows, after, blocks, sums
end

-- Processes that somebody holds, each as it is now: whoever keeps mappings freezes their process with them, which must
-- not be the one that is held.
local function anew(owners)
  return function()
    local process = owners()
    return process and not core.is_frozen(process) and process:refresh() or process
  end
end

-- Rows at hand; a run that is explained takes them one by one.
local function start_list(self, set)
  local conditions, after = stage_needs.leading(set, 1)
  local stage, rows, blocks = set.stages[after], nil, nil
  if not self.trace and (#conditions > 0 or not stage or stage.op == "by" or stage.op == "show") then
    local function decide(row) return self:holds(row, conditions) end
    rows, blocks = filter_columns().filter(set.from.rows, conditions, decide)
  end
  if rows then return rows, after, blocks end
  local at, step = 0, self:step "rows at hand"
  if step then step.left = #set.from.rows end
  return function()
    at = at + 1
    return set.from.rows[at]
  end, 1
end

-- The first stages, which decide what is read of one source.
local function start_one(self, set, extra, elsewhere)
  self.coverage:lose_moments(self.source, machine.doubt(self.source))
  if set.from.start then return set.from.start(self), 1 end
  if set.from.kind == "maps" then
    return start_mappings(self, set, 1, source.owners(self), extra, elsewhere, true)
  end
  local conditions, after = stage_needs.leading(set, 1)
  for _, doubt in ipairs(set.from.doubts or {}) do
    self.coverage:process(self:key(doubt.pid))
    self.coverage:undecide(self:key(doubt.pid), doubt.reason)
  end
  local rows, blocks = source.processes(self, { pids = set.from.pids, kernel = set.from.kernel or false,
    conditions = conditions, fields = stage_needs.fields(set, after, extra, stage_needs.narrowing_sort(set, after)),
    most = stage_needs.limit_after(set, after - 1), all = stage_needs.take_all(set, after, extra),
    open = extra == nil or stage_needs.any(set, after) })
  return rows, after, blocks
end

-- Goes on with the next of several sources; false after the last.
local function next_part(self, parts)
  local next_source = parts.next(self.coverage, self)
  if not next_source then return false end
  self.source = next_source
  machine.tick(next_source)
  self.coverage:next_part(machine.system(next_source).host, next_source)
  if self.trace then self.trace:moves_to(next_source) end
  return true
end

-- The rows of several sources, one after the other, and where the stages go on.
local function start_parts(self, set, each, extra, elsewhere)
  local next_row, after, blocks, is_over
  local parts = each(stage_needs.rare_file(set, extra))
  self.lose_part = parts.lose and function()
    self.coverage:drop_part()
    parts.lose(self.coverage)
  end
  local function advance()
    is_over = is_over or not next_part(self, parts)
    if is_over then return false end
    next_row, after, blocks = start_one(self, set, extra, elsewhere)
    return true
  end
  local function row()
    while not is_over do
      local found = next_row and next_row()
      if found ~= nil then return found end
      if not advance() then return nil end
    end
    return nil
  end
  local function block()
    while not is_over do
      if blocks then
        local rows, places, n = blocks.next()
        if rows then return rows, places, n end
      end
      if not advance() then return nil end
    end
    return nil
  end
  if not advance() then return row, 1 end
  return row, after, blocks and { next = block, row = function(place) return blocks.row(place) end }
end

-- The first stages, which decide what is read.
local function start_source(self, set, extra, elsewhere)
  if set.from.kind == "list" then return start_list(self, set) end
  local each = parts_of(set)
  if each then return start_parts(self, set, each, extra, elsewhere) end
  return start_one(self, set, extra, elsewhere)
end

-- A sort, with what the rows that it leaves lack.
local function sort_stage(set, at, extra)
  local asked = set.stages[at]
  local stage = { op = "sort", terms = asked.terms, text = asked.text, keep = stage_needs.limit_after(set, at) }
  if set.from.kind == "procs" and stage_needs.narrowing_sort(set, select(2, stage_needs.leading(set, 1))) == at then
    local had = core.plan((set.schema:needs(stage_needs.fields(set, 1, nil, at))))
    stage.rest = core.plan((set.schema:needs(stage_needs.fields(set, at + 1, extra))), had)
  end
  return stage
end

-- What a run is before it reads anything.
local function begin(self, set, fields)
  machine.tick(self.source)
  if core.is_watched() then return end
  self.trace = run.trace and run.trace(self.source)
  if not self.trace and not coverage.watch then coverage.begin(self.coverage) end
  if self.trace then self.trace.run, self.trace.set = self, set else run.last = { set = set, fields = fields } end
end

local SILENT = { show = true, total = true }

-- The rows of a stage. A run that only foresees what it would cost does not ask for what it would have to read.
local function stage_rows(self, next_row, stage, blocks, sums)
  local trace, make = self.trace, STAGES[stage.op]
  if not trace or SILENT[stage.op] then return make(self, next_row, stage, blocks, sums) end
  local opens, files = stage_needs.opened_by(stage)
  if trace.dry then
    return trace:foresees(trace:step(stage_needs.in_words(stage), files), next_row, stage,
      function() return make(self, next_row, stage, blocks, sums) end, opens)
  end
  return trace:gives(trace:step(stage_needs.in_words(stage)), make(self, next_row, stage, blocks, sums),
    opens or stage.rest ~= nil)
end

-- The stage at a place, as it is run, and where the next one is.
local function stage_at(self, set, at, extra)
  local stage = set.stages[at]
  if stage.op == "where" then
    local conditions, after = stage_needs.leading(set, at)
    return { op = "where", text = stage_needs.texts(conditions), conditions = conditions }, after
  end
  if stage.op ~= "sort" then return stage, at + 1 end
  local sorted = sort_stage(set, at, extra)
  sorted.rows = at == 1 and set.from.kind == "list" and not self.trace and set.from.rows or nil
  return sorted, at + 1
end

-- The source that a set is of: of rows at hand, that of the first.
local function source_of(set)
  local first = set.from.kind == "list" and set.from.rows[1]
  return set.from.on or first and machine.of(first) or machine.source()
end

-- The source that an answer is of, see coverage.new.
local function answered_by(set)
  if set.from.of then return answered_by(set.from.of) end
  local made = set.from.coverage
  if made and made.of ~= nil then return made.of end
  if set.from.on or set.from.kind ~= "list" then return set.from.on or not parts_of(set) and source_of(set) end
  return machine.said_by(set.from.rows[1]) or false
end

-- The run of a set. As a part of another it is the same, unless it reads another source.
local function run_of(set, parent)
  local on = source_of(set)
  if parent and not parts_of(set) and (on == parent.source or set.from.kind == "list") then return parent end
  return setmetatable({ source = on, coverage = parent and parent.coverage or coverage.new(),
    trace = parent and parent.trace, kept = parent and parent.kept, started = core.clock(), spaces = set.from.spaces },
    Run)
end

--- Starts a row set.
---@param set table a row set
---@param fields string[]|nil what will be read of the rows that come out; nil: anything
---@param parent table|nil the run that this one is part of
---@return fun(): any next_row
---@return table run with its coverage
---@return memsh.Blocks|nil the rows in blocks, where they are at hand so: who takes them leaves next_row
function run.start(set, fields, parent)
  local self = run_of(set, parent)
  if not parent then self.kept = set.from.origin ~= nil or set.schema.row == "difference" end
  -- What is missing from other sets is not missing from the groups of this one.
  local elsewhere = self.coverage:missing()
  if coverage.watch and not parent then coverage.watch(self.coverage, set.from.coverage) end
  if not parent then begin(self, set, fields) end
  if set.from.coverage then set.from.coverage:add_to(self.coverage) end
  if not parent then self.coverage.of = answered_by(set) end
  local next_row, at, blocks, sums = start_source(self, set, fields, elsewhere)
  if self.trace then next_row = self.trace:counts(next_row) end
  while set.stages[at] do
    if set.stages[at].op == "maps" then
      local owners = set.from.kind == "list" and anew(next_row) or next_row
      next_row, at, blocks, sums = start_mappings(self, set, at + 1, owners, fields, elsewhere, false)
      if self.trace then next_row = self.trace:counts(next_row) end
    else
      local stage
      stage, at = stage_at(self, set, at, fields)
      if stage.op == "by" then sums = sums or accumulator().new(self, stage.grouping, elsewhere) end
      next_row, blocks = stage_rows(self, next_row, stage, blocks, sums)
      sums = nil
    end
  end
  if not parent and core.is_watched() then return function() return core.quietly(next_row) end, self end
  return next_row, self, blocks
end

return run
