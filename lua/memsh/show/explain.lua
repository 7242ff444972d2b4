-- SPDX-License-Identifier: GPL-3.0-or-later
-- How a query is read: a row for each step of its runs, which are traced while they run (exec/trace.lua).
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local tracing = require "memsh.exec.trace"

local coverage = lazy "memsh.exec.coverage"
local moments = lazy "memsh.expr.moments"
local made_rows = lazy "memsh.fields.made_rows"
local from_tables = lazy "memsh.query.from_tables"
local rowset = lazy "memsh.query.rowset"
local run = lazy "memsh.exec.run"
local show = lazy "memsh.show.rowset"

local explain = {}

-- ---- runs that are watched

local MOST_RUNS <const> = 8

-- Calls f, and traces the runs that it makes. Gives the traces, and what f gives.
local function watched(dry, f)
  local watch, before = { traces = {}, runs = 0, dry = dry or false }, run().trace
  run().trace = function(source)
    watch.runs = watch.runs + 1
    if watch.runs <= MOST_RUNS then watch.traces[watch.runs] = tracing.new(watch.dry, source) end
    return watch.traces[watch.runs]
  end
  local ok, result = pcall(f)
  run().trace = before
  if not ok then error(result, 0) end
  return watch, result
end

-- ---- rows

local COLUMNS <const> = {
  { "what", "text", "the step" },
  { "file", "text", "the most expensive file that it opens" },
  { "rows", "count", "rows that it was given: processes, mappings or groups" },
  { "opened", "count", "how many of that file it opened" },
  { "ms", "number", "its time in milliseconds, with that of its files" },
  { "left", "count", "rows that were left, undecided ones included; unknown if only the cost was estimated" },
  { "undecided", "count", "rows that it could not decide, and processes whose mappings could not be listed" },
  { "why", "text", "why, and what else was unknown in it" },
  { "permission", "text", "who may read that file, if it was denied" },
  { "worst_ms", "number", "what that file would have cost for every process; 0 if it opened none" },
  { "also", "text", "other files that it opened" },
}

-- Below the rows it is said what else was found, of what is not here.
local NARROW <const> = { width = 160, columns = "what file rows opened ms left why",
  note = "a wider terminal also shows undecided, permission, worst_ms, also" }

local names = {}
for i, column in ipairs(COLUMNS) do names[i] = column[1] end

-- "17 denied, 2 gone": all keys but one, the greatest count first.
local function in_words(counts, but)
  local keys = {}
  for key in pairs(counts) do
    if key ~= but then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b) return counts[a] > counts[b] or counts[a] == counts[b] and a < b end)
  for i, key in ipairs(keys) do keys[i] = ("%d %s"):format(counts[key], key) end
  return table.concat(keys, ", ")
end

-- Who may read a file of a process.
local function permission_of(file)
  for _, info in ipairs(core.fields "process") do
    if info.file == file then return info.permission end
  end
  return ""
end

-- Files without a permission of their own, such as /proc itself, are not denied.
local ANYBODYS <const> = { anybody = true, [""] = true }

local function new_row(values)
  local row = made_rows().new(names)
  for name, value in pairs(values) do rawset(row, name, value) end
  return row
end

local function given(step)
  return step.input and step.input.left or step.rows
end

-- Unknown if only the cost was estimated.
local function left(step)
  return step.foreseen and core.unknown("not_recorded", "left") or step.left
end

-- More than a thousandth of a millisecond is noise.
local function milliseconds(seconds)
  return math.floor(seconds * 1e6 + 0.5) / 1000
end

-- The file that was denied: the step's own or, if anybody may read that, the file of a step before it.
local function denied_file(trace, at)
  for i = at, 1, -1 do
    local file = tracing.file_of(trace.steps[i])
    if file and not ANYBODYS[permission_of(file)] then return file end
  end
end

local function row_of(trace, at)
  local step = trace.steps[at]
  local file, ms = tracing.file_of(step), milliseconds(step.seconds)
  local times = file and step.opened[file] or 0
  local asked = given(step) > 0 and math.min(times, given(step)) or times
  local denied = step.reasons.denied and (denied_file(trace, at) or file)
  return new_row { what = step.what, file = file or "", rows = given(step), opened = times, ms = ms,
    left = left(step), undecided = step.undecided, why = in_words(step.reasons),
    permission = denied and permission_of(denied) or "", denied = denied,
    worst_ms = times > 0
      and milliseconds(tracing.of_all(file, step.seconds, asked, trace.processes, trace.jobs)) or 0.0,
    also = in_words(step.opened, file) }
end

local function total_of(trace)
  local opened, undecided = 0, 0
  for _, step in ipairs(trace.steps) do
    undecided = undecided + step.undecided
    for _, n in pairs(step.opened) do opened = opened + n end
  end
  return new_row { what = trace.dry and "estimated" or "in all", file = "", rows = 0, opened = opened,
    ms = milliseconds(trace:seconds()), left = left { foreseen = trace.dry, left = trace.last.left },
    undecided = undecided, why = "", permission = "", worst_ms = 0.0, also = "" }
end

-- ---- notes

-- The most expensive file that a step read for some processes only, and what it would have cost for all.
local function worst_note(rows, dry)
  local worst
  for _, row in ipairs(rows) do
    local more = tracing.is_dear(row.file) and row.worst_ms > 1.5 * row.ms
    if more and not (worst and worst.worst_ms >= row.worst_ms) then worst = row end
  end
  return worst and ("%s of all processes would %s %.0f ms"):format(worst.file, dry and "take" or "have taken",
    worst.worst_ms) or nil
end

-- '09:10' is read as 2026-11-27 09:10: what was made of the times in conditions.
local function add_moments(notes, set, said)
  for _, stage in ipairs(set.stages) do
    for _, condition in ipairs(stage.conditions or {}) do
      for text, at in pairs(type(condition) == "table" and condition.moments or {}) do
        if not said[text] then
          notes[#notes + 1] = ("'%s' is %s"):format(core.escape(text), moments().text(at))
        end
        said[text] = true
      end
    end
  end
end

local function notes_of(rows, watch)
  local notes, said = {}, {}
  for _, row in ipairs(rows) do
    local note = row.permission ~= "" and
      ("%s: %s; readable by: %s"):format(rawget(row, "denied"), row.why, row.permission)
    if note and not said[note] then notes[#notes + 1], said[note] = note, true end
  end
  notes[#notes + 1] = worst_note(rows, watch.dry)
  if watch.dry then notes[#notes + 1] = "estimated: maps, smaps, smaps_rollup and numa_maps were not opened" end
  for _, trace in ipairs(watch.traces) do
    add_moments(notes, trace.set, said)
    table.move(trace.notes, 1, #trace.notes, #notes + 1, notes)
    if trace.recalls then notes[#notes + 1] = "as many rows are taken to be left as when it was last explained" end
    if trace.unforeseen then notes[#notes + 1] = "what a function reads is not foreseen" end
  end
  if watch.runs > #watch.traces then
    notes[#notes + 1] = ("the first %d of %d runs"):format(#watch.traces, watch.runs)
  end
  return notes
end

-- How many processes there are; if all were met, without threads of the kernel.
local function count_processes(started)
  local all, met = #(started.pids or {}), started.coverage.total
  return started.at == all and met > 0 and met or all
end

local function explained(watch)
  local rows, seen = {}, coverage().new()
  for _, trace in ipairs(watch.traces) do
    trace:finish()
    trace.processes = count_processes(trace.run)
    for at = 1, #trace.steps do rows[#rows + 1] = row_of(trace, at) end
    rows[#rows + 1] = total_of(trace)
    trace.run.coverage:add_to(seen)
  end
  seen.of = watch.traces[1] and watch.traces[1].run.coverage.of
  local set = from_tables()(rows, COLUMNS, seen, NARROW)
  set.from.notes = notes_of(rows, watch)
  return set
end

-- ---- of a set, of the last run, of a function

-- Reads the rows of a run, and the values of `terms` in each.
local function read_all(set, fields, terms)
  local next_row, started = run().start(set, fields)
  if terms then next_row = started.trace:shows(next_row, terms, started) end
  for _ in next_row do end -- luacheck: ignore 542
end

--- How a set is read: a row set of its steps.
---@param set memsh.RowSet
---@param dry boolean|nil only estimated, without opening expensive files
---@return memsh.RowSet
function explain.set(set, dry)
  local terms = show().columns_of(set)
  local fields = show().fields_of(terms)
  fields.counters = require("memsh.show.output").keeps()
  return explained((watched(dry, function() read_all(set, fields, not dry and terms) end)))
end

--- How the last run was read, by running it again; nil if there was none.
---@param dry boolean|nil
---@return memsh.RowSet|nil
function explain.last(dry)
  local last = run().last
  if not last then return nil end
  local shown = last.fields and last.fields.shown and not dry
  return explained((watched(dry, function()
    read_all(last.set, last.fields, shown and show().columns_of(last.set))
  end)))
end

--- How the questions of a function are read; nil if it asks none. A row set that it gives is run.
---@param f fun(): any
---@param dry boolean|nil
---@return memsh.RowSet|nil
function explain.call(f, dry)
  local watch, value = watched(dry, f)
  if rowset().is(value) then return explain.set(value, dry) end
  return watch.runs > 0 and explained(watch) or nil
end

return explain
