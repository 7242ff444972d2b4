-- SPDX-License-Identifier: GPL-3.0-or-later
-- How a query is read: what each of its steps opens, takes, drops and costs, measured while it runs. Runs that nobody
-- explains have no trace, and ask for nothing of this.
local core = require "memsh.core"
local lazy = require "memsh.lazy"
local machine = require "memsh.machine"

local coverage = lazy "memsh.coverage"
local group = lazy "memsh.group"
local rowset = lazy "memsh.rowset"
local run = lazy "memsh.run"
local schema = lazy "memsh.schema"
local show = lazy "memsh.show"

local explain = {}

-- ---- what files cost

-- What a file of a small process takes, in seconds (of some 80 mappings; Linux 6.18).
local TYPICAL <const> = { maps = 36e-6, smaps_rollup = 41e-6, numa_maps = 60e-6, smaps = 138e-6 }
-- These look at every resident page: 17 to 26 ms for 256 MiB in pages of 4 KiB.
local WALKS <const> = { smaps_rollup = true, numa_maps = true, smaps = true }
local WALK <const> = 0.3e-6 / 4096

-- What they took in this session, where it was measured: { seconds, times }.
local measured = {}
local ENOUGH <const> = 10

local function estimate(file, resident)
  local known = measured[file]
  if known and known.times >= ENOUGH then return known.seconds / known.times end
  return TYPICAL[file] + (WALKS[file] and WALK * resident or 0)
end

-- Who may read a file of a process.
local function permission_of(file)
  for _, info in ipairs(core.fields "process") do
    if info.file == file then return info.permission end
  end
  return nil
end

-- ---- traces

local Trace = {}
Trace.__index = Trace

local function dearest(names)
  return names[#names]
end

--- A new step, behind those there are. It stands for the files of a mask (as of core.plan), or for one by its name.
---@param what string
---@param files integer|string|nil
function Trace:step(what, files)
  local names = type(files) == "string" and { files } or core.file_names(files or 0)
  local step = { what = what, file = dearest(names), files = names, begins = #self.steps == 0, rows = 0, left = 0, seconds = 0, opened = {},
    undecided = 0, reasons = {}, trace = self }
  self.steps[#self.steps + 1] = step
  return step
end

local function opened()
  return machine.source():opened()
end

local function copy(counts)
  local same = {}
  for file, n in pairs(counts) do same[file] = n end
  return same
end

-- What was opened since `before`, and is not of a step within, is of this one.
local function attribute(self, step, before, within)
  for file, n in pairs(opened()) do
    local own = n - (before[file] or 0) - ((self.opened[file] or 0) - (within[file] or 0))
    if own > 0 then
      step.opened[file] = (step.opened[file] or 0) + own
      self.opened[file] = (self.opened[file] or 0) + own
    end
  end
end

--- Gives what f gives. Its time is the step's, but for that of steps within.
---@param step table
---@param f function
---@param opens boolean|nil whether files may be opened in it
function Trace:spend(step, f, opens)
  local outer, spent, started = self.current, self.spent, core.clock()
  local before, within = opens and opened() or nil, opens and copy(self.opened) or nil
  self.current = step
  local results = table.pack(f())
  self.current = outer
  local own = core.clock() - started - (self.spent - spent)
  step.seconds, self.spent = step.seconds + own, self.spent + own
  if before then attribute(self, step, before, within) end
  return table.unpack(results, 1, results.n)
end

local function is_dear(step)
  return TYPICAL[step.file or ""] ~= nil
end

local function place_of(list, wanted)
  for i, one in ipairs(list) do
    if one == wanted then return i end
  end
end

-- How much is resident, which tells what a walk over it takes: a step of its own in front of the one that asks.
local function load_resident(self, step, processes, n)
  if not self.sizes then
    self.sizes = self:step("resident sizes")
    table.insert(self.steps, place_of(self.steps, step), table.remove(self.steps))
  end
  self.sizes.rows, self.sizes.left = self.sizes.rows + n, self.sizes.left + n
  self:spend(self.sizes, function()
    core.load(processes, 1, n, core.plan({ schema().process:field("res").id }, ~core.missing(processes[1], ~0)))
  end, true)
end

-- What the step's files would take, of these processes.
local function foresee(self, step, processes, n)
  if not is_dear(step) or n == 0 then return end
  load_resident(self, step, processes, n)
  for i = 1, n do
    local resident = processes[i].res
    for _, file in ipairs(step.files) do
      if TYPICAL[file] and not core.is_unknown(resident) then
        step.seconds = step.seconds + estimate(file, resident)
        step.opened[file] = (step.opened[file] or 0) + 1
      end
    end
  end
end

--- Gives what f gives, how many of n rows are left. Where nothing dear is to be read, and f would, all are.
---@param step {trace: table, rows: integer, left: integer, foreseen: boolean}
---@param rows table
---@param n integer
---@param f fun(): integer
---@param unforeseen boolean|nil whether f may read anything
---@return integer
function Trace:measure(step, rows, n, f, unforeseen)
  step.rows = step.rows + n
  if self.dry and (is_dear(step) or unforeseen or step.keeps and self.inexact) then
    step.foreseen, self.unforeseen = not step.keeps, self.unforeseen or unforeseen
    self.inexact = self.inexact or not step.keeps
    if step.keeps then step.left = step.left + n end
    foresee(self, step, rows, n)
    return n
  end
  local left = self:spend(step, f, true)
  step.left = step.left + left
  return left
end

--- Runs f, which reads the files of a step ahead of it; not where nothing dear is to be read.
function Trace:read(step, f)
  if not (self.dry and is_dear(step)) then self:spend(step, f, true) end
end

--- A function that gives rows, as a step: the next one is given what it gives.
---@param step table
---@param next_row fun(): any
---@param opens boolean
---@return fun(): any
function Trace:gives(step, next_row, opens)
  step.input, self.last = self.last, step
  return function()
    local row = self:spend(step, next_row, opens)
    if row ~= nil then step.left = step.left + 1 end
    return row
  end
end

--- Counts the rows that leave the source.
function Trace:counts(next_row)
  local counter = { left = 0 }
  self.last = counter
  return function()
    local row = next_row()
    if row ~= nil then counter.left = counter.left + 1 end
    return row
  end
end

-- The first n rows, after all were asked for.
local function first_of(next_row, n)
  local rows, at
  return function()
    if not rows then
      rows, at = {}, 0
      for row in next_row do rows[#rows + 1] = row end
    end
    at = at + 1
    return at <= n and rows[at] or nil
  end
end

--- The rows that a stage has at most, where nothing dear is to be read: if it can't be told what is left of those that
--- it is given, it gives them all.
---@param step table
---@param next_row fun(): any
---@param stage table
---@param make fun(): fun(): any
---@param opens boolean
function Trace:foresees(step, next_row, stage, make, opens)
  if not (self.inexact or opens or is_dear(step)) then return self:gives(step, make(), false) end
  step.input, step.foreseen, self.inexact, step.files, step.file = self.last, true, true, {}, nil
  return stage.op == "top" and first_of(next_row, stage.n) or next_row
end

--- A row of this step came out unknown. It may be that nothing comes of it: another step may drop it.
function Trace:doubt(row, step)
  if not self.doubts[row] then self.doubts[row] = step end
end

--- What a condition says of a row.
---@return boolean|nil, string|nil
function Trace:decide(step, condition, row)
  step.rows = step.rows + 1
  local yes, reason = self:spend(step, function() return condition.decide(row) end, not condition.fields)
  if yes ~= false then step.left = step.left + 1 end
  if yes == false then self.doubts[row] = nil end
  if yes == nil then self:doubt(row, step) end
  return yes, reason
end

local function count(step, reason)
  step.reasons[reason] = (step.reasons[reason] or 0) + 1
end

--- A step could not tell what it was to tell of a row, or of the mappings of a process.
function Trace:lost(step, reason)
  step.undecided = step.undecided + 1
  count(step, reason)
end

--- A row could be neither taken nor dropped.
function Trace:undecided(row, reason)
  local step = self.doubts[row] or self.current or self.steps[#self.steps]
  self.doubts[row] = nil
  self:lost(step, reason)
end

--- A value was unknown.
function Trace:unknown(reason)
  if self.current then count(self.current, reason) end
end

-- ---- runs that are watched

local MOST_RUNS <const> = 8

-- Trace of the next run; nil where none is wanted. Runs within functions of a query are part of it.
local function new_trace(watch, set)
  if core.is_watched() then return nil end
  watch.runs = watch.runs + 1
  if watch.runs > MOST_RUNS then return nil end
  local trace = setmetatable({ steps = {}, spent = 0, opened = {}, doubts = setmetatable({}, { __mode = "k" }),
    dry = watch.dry, set = set, before = opened(), started = core.clock() }, Trace)
  watch.traces[#watch.traces + 1] = trace
  return trace
end

--- Runs f; the runs that it makes are traced. Gives the traces, how many runs there were, and what f gives.
---@param dry boolean
---@param f fun(): any
local function watched(dry, f)
  local watch = { traces = {}, runs = 0, dry = dry }
  local before = run().trace
  run().trace = function(set) return new_trace(watch, set) end
  local results = table.pack(pcall(f))
  run().trace = before
  if not results[1] then error(results[2], 0) end
  return watch, table.unpack(results, 2, results.n)
end

-- ---- rows

local COLUMNS <const> = {
  { "what", "path", "the step" },
  { "file", "text", "the dearest file that it opens" },
  { "rows", "count", "rows that it was given: processes, mappings or groups" },
  { "opened", "count", "how many of that file it opened" },
  { "ms", "number", "its time in milliseconds, that of its files included" },
  { "left", "count", "rows that were left; empty where only the cost was foreseen" },
  { "undecided", "count", "rows that it could not be decided for, and processes whose mappings could not be listed" },
  { "unknown", "text", "why, and what else was unknown in it" },
  { "permission", "text", "who may read that file, where it was denied" },
  { "worst_ms", "number", "what its dear file would have taken of every process" },
  { "also", "text", "other files that it opened" },
}

local names = {}
for i, column in ipairs(COLUMNS) do names[i] = column[1] end

local function columns()
  local fields = {}
  for i, column in ipairs(COLUMNS) do fields[i] = schema().column(column[1], column[2], column[3]) end
  return schema().made(fields)
end

local function sorted(counts)
  local keys = {}
  for key in pairs(counts) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  return keys
end

local function counted(counts, text)
  local parts = {}
  for i, key in ipairs(sorted(counts)) do parts[i] = text:format(counts[key], key) end
  return table.concat(parts, ", ")
end

local function sum(counts)
  local n = 0
  for _, one in pairs(counts) do n = n + one end
  return n
end

local function set_all(row, values)
  for name, value in pairs(values) do rawset(row, name, value) end
  return row
end

-- The file that a step is known by: the one that was planned, else the dearest that was opened.
local function file_of(step)
  if step.file and (step.opened[step.file] or not next(step.opened)) then return step.file end
  local dearest_one
  for _, file in ipairs(core.file_names(~0)) do
    if step.opened[file] then dearest_one = file end
  end
  return dearest_one or sorted(step.opened)[1]
end

local function others(step, file)
  local rest = {}
  for name, n in pairs(step.opened) do
    if name ~= file then rest[name] = n end
  end
  return counted(rest, "%d %s")
end

local function row_of(trace, step)
  local file = file_of(step)
  local times, ms = step.opened[file or ""], step.seconds * 1000
  local worst = TYPICAL[file or ""] and times and trace.processes and ms / times * trace.processes or nil
  return set_all(group().row(names), {
    what = step.what, file = file or "", opened = file and (times or 0), ms = ms, undecided = step.undecided,
    rows = step.input and step.input.left or not step.begins and step.rows or nil, left = not step.foreseen and step.left or nil,
    unknown = counted(step.reasons, "%d %s"), also = others(step, file), worst_ms = worst,
    permission = step.reasons.denied and file and permission_of(file) or "",
  })
end

-- What was opened and is of no step is of the last: what was read of the rows that came out.
local function add_rest(trace)
  if #trace.steps == 0 or trace.dry then return end
  attribute(trace, trace.steps[#trace.steps], trace.before, {})
end

local function remember(trace)
  for _, step in ipairs(trace.dry and {} or trace.steps) do
    local file = file_of(step)
    if TYPICAL[file or ""] and step.opened[file] then
      local known = measured[file] or { seconds = 0, times = 0 }
      measured[file] = { seconds = known.seconds + step.seconds, times = known.times + step.opened[file] }
    end
  end
end

-- What was estimated, and took no time.
local function foreseen_ms(trace)
  local seconds = -trace.spent
  for _, step in ipairs(trace.steps) do seconds = seconds + step.seconds end
  return 1000 * math.max(seconds, 0)
end

local function total_of(trace, elapsed)
  local all = 0
  for _, step in ipairs(trace.steps) do all = all + sum(step.opened) end
  local ms = elapsed * 1000
  if trace.dry then ms = ms + foreseen_ms(trace) end
  return set_all(group().row(names), { what = trace.dry and "estimated" or "in all", file = "", opened = all,
    ms = ms, left = not trace.dry and trace.last and trace.last.left or nil, unknown = "", permission = "", also = "" })
end

local function rows_of(trace, rows)
  for _, step in ipairs(trace.steps) do rows[#rows + 1] = row_of(trace, step) end
  rows[#rows + 1] = total_of(trace, trace.elapsed)
end

-- ---- what is said beside them

-- What a dear file of all processes would have taken, where a step read it of fewer: the worst.
local function worst_note(rows, dry)
  local worst
  for _, row in ipairs(rows) do
    local ms = rawget(row, "worst_ms")
    if ms and ms > 1.5 * row.ms and not (worst and worst.worst_ms >= ms) then worst = row end
  end
  return worst and ("%s of all processes would %s %.0f ms"):format(worst.file, dry and "take" or "have taken",
    worst.worst_ms) or nil
end

local function notes_of(rows, watch)
  local notes = {}
  for _, row in ipairs(rows) do
    if row.permission ~= "" then
      notes[#notes + 1] = ("%s: %s; readable by: %s"):format(row.file, row.unknown, row.permission)
    end
  end
  notes[#notes + 1] = worst_note(rows, watch.dry)
  if watch.dry then
    notes[#notes + 1] = "estimated: maps, smaps, smaps_rollup and numa_maps were not opened"
  end
  for _, trace in ipairs(watch.traces) do
    if trace.unforeseen then notes[#notes + 1] = "what a function reads is not foreseen" end
  end
  if watch.runs > #watch.traces then
    notes[#notes + 1] = ("the first %d of %d runs"):format(#watch.traces, watch.runs)
  end
  return notes
end

local function explained(watch)
  local rows, seen = {}, coverage().new()
  for _, trace in ipairs(watch.traces) do
    trace.elapsed = (trace.ended or core.clock()) - trace.started
    add_rest(trace)
    rows_of(trace, rows)
    remember(trace)
    if trace.run then trace.run.coverage:add_to(seen) end
  end
  local set = rowset().of_rows(rows, columns(), seen)
  set.from.notes = notes_of(rows, watch)
  return set
end

-- ---- of a set, of a run, of text

-- Reads the rows of a set as they are shown.
local function read_shown(set, fields, terms)
  local next_row, started = run().start(set, fields)
  local trace = started.trace
  local step = trace and terms and trace:step("columns: " .. terms.text, nil)
  if step then
    step.input, trace.last = trace.last, step
    for row in next_row do
      step.left = step.left + 1
      trace:spend(step, function()
        for _, term in ipairs(terms) do
          local value = term.value(row)
          if core.is_unknown(value) then started:unknown_of(row, core.why(value)) end
        end
      end, terms.open)
    end
  else
    for _ in next_row do end -- luacheck: ignore 542
  end
  if trace then trace.ended = core.clock() end
end

local function shown_terms(set)
  local terms = table.move(show().columns_of(set), 1, #show().columns_of(set), 1, {})
  local parts = {}
  for i, term in ipairs(terms) do
    parts[i] = term.name
    terms.open = terms.open or not term.fields
  end
  terms.text = table.concat(parts, " ")
  return terms
end

--- How a set is read: a row set of its steps.
---@param set memsh.RowSet
---@param dry boolean|nil only foreseen, without opening what is dear
---@return memsh.RowSet
function explain.set(set, dry)
  local terms = shown_terms(set)
  return explained((watched(dry or false, function()
    read_shown(set, show().fields_of(terms), not dry and terms)
  end)))
end

--- How the last run was read, by running it again; nil where there was none.
---@param dry boolean|nil
---@return memsh.RowSet|nil
function explain.last(dry)
  local last = run().last
  if not last then return nil end
  return explained((watched(dry or false, function()
    if last.fields and last.fields.whole and not dry then
      local next_row, started = run().start(last.set, last.fields)
      group().whole(started, next_row, started.whole or last.fields.whole)
    elseif last.fields and not last.fields.whole and #last.fields > 0 then
      read_shown(last.set, last.fields, not dry and shown_terms(last.set))
    else
      read_shown(last.set, last.fields)
    end
  end)))
end

--- How what a function asks is read. A row set that it gives is run.
---@param f fun(): any
---@param dry boolean|nil
---@return memsh.RowSet|nil
function explain.call(f, dry)
  local watch, value = watched(dry or false, f)
  if rowset().is(value) then return explain.set(value, dry) end
  return watch.runs > 0 and explained(watch) or nil
end

return explain
