-- SPDX-License-Identifier: GPL-3.0-or-later
-- set:describe(): a row for each number among a set's columns. A quartile is the smallest of the values that as many of
-- them do not exceed: always one that is there. What has no memory is in no row's count, what could not be read is
-- missing, and marks what rests on the others.
local core = require "memsh.core"
local group = require "memsh.group"
local lazy = require "memsh.lazy"
local run = require "memsh.run"
local schema = require "memsh.schema"

local evaluate = lazy "memsh.evaluate"
local rowset = lazy "memsh.rowset"
local show = lazy "memsh.show"

local describe = {}

-- What is described of rows without show, beside what their query names.
local USUAL = {
  process = "virt res shr data rss_anon rss_file rss_shmem swap threads",
  mapping = "size rss pss private_dirty swap",
  cgroup = "procs memory_current memory_peak memory_swap_current",
}

local NUMBERS = { bytes = true, count = true, number = true, percent = true, seconds = true, integer = true, any = true }

local function is_shown(set)
  for _, stage in ipairs(set.stages) do
    if stage.op == "show" then return true end
  end
  return false
end

local function terms_of(set)
  local usual = USUAL[set.schema.row]
  if not usual or is_shown(set) then return show().columns_of(set) end
  local names, seen = {}, {}
  local function add(name)
    local field = set.schema:field(name)
    local identity = field and field.id or name
    if field and not seen[identity] then names[#names + 1] = name end
    seen[identity] = true
  end
  for _, name in ipairs(rowset().named_by(set)) do add(name) end
  for name in usual:gmatch "%S+" do add(name) end
  return evaluate().terms(table.concat(names, ", "), set.schema, {})
end

local VALUES = { step = function(state, value)
  if math.type(value) and value == value then state[#state + 1] = value end
end }

-- The columns that are numbers, each with what gathers its values and its sum.
local function columns_of(set)
  local columns = {}
  for _, term in ipairs(terms_of(set)) do
    if NUMBERS[term.unit] and not term.share and not schema.is_label(term.name) then
      columns[#columns + 1] = { term = term, sum = group.aggregate("sum", term, set.schema),
        values = { term = term, fields = term.fields, kind = VALUES, how = "values", name = term.name } }
    end
  end
  return columns
end

local NAMES <const> = { "column", "count", "missing", "min", "p25", "median", "p75", "max", "sum" }

local function fields_of(columns)
  local sign = false
  for _, column in ipairs(columns) do sign = sign or column.sum.sign end
  local function statistic(name, meaning, about)
    local field = schema.column(name, "any", meaning)
    field.sign, field.about = sign, about
    return field
  end
  local made = schema.made {
    schema.column("column", "text", "what is described"),
    schema.column("count", "count", "of how many rows it is known"),
    schema.column("missing", "count", "of how many rows it could not be read"),
    statistic("min", "the smallest value", true),
    statistic("p25", "the smallest value that a quarter of them do not exceed", true),
    statistic("median", "the smallest value that half of them do not exceed", true),
    statistic("p75", "the smallest value that three quarters of them do not exceed", true),
    statistic("max", "the largest value", false),
    statistic("sum", "the sum, of processes with one address space counted once", sign),
  }
  made.keys = { "column" }
  return made
end

local OF_VALUES <const> = { "min", "p25", "median", "p75", "max" }

local function quartiles(values)
  local n = #values
  table.sort(values)
  return { min = values[1], p25 = values[(n + 3) // 4], median = values[(n + 1) // 2], p75 = values[(3 * n + 3) // 4],
    max = values[n] }
end

local function row_of(column, started)
  local row, state = group.row(NAMES), column.states[1]
  local missing = (state.missing or 0) + started.coverage:missing()
  local lost_to = state.lost_to or started.coverage:reason() or "io"
  local found, partial, bounds, types = quartiles(state), {}, {}, {}
  found.sum = group.result(column.sum, column.states[2], started.coverage:missing(), started.coverage:reason())
  rawset(row, "column", column.term.name)
  rawset(row, "count", #state)
  rawset(row, "missing", missing)
  for _, name in ipairs(OF_VALUES) do
    if #state == 0 and (missing > 0 or state.reason) then found[name] = core.unknown(state.reason or lost_to, name) end
  end
  for name, value in pairs(found) do
    rawset(row, name, value)
    types[name] = column.term.unit
    if missing > 0 and #state > 0 then
      partial[name] = missing
      bounds[name] = { why = lost_to, at_least = name == "max" or name == "sum" and column.sum.at_least }
    end
  end
  rawset(row, "partial", next(partial) and partial or nil)
  rawset(row, "bounds", next(bounds) and bounds or nil)
  rawset(row, schema.TYPES, types)
  return row
end

local function gather(columns, started, next_row)
  local whole = {}
  for _, column in ipairs(columns) do column.states = { {}, {} } end
  for row in next_row do
    for _, column in ipairs(columns) do
      group.take(column.values, column.states[1], row, started, whole)
      group.take(column.sum, column.states[2], row, started, whole)
    end
  end
end

--- What starts the rows of set:describe(), and their schema.
---@param set memsh.RowSet
---@return fun(started: table): fun(): any
---@return table fields
function describe.of(set)
  local columns, names = columns_of(set), {}
  for _, column in ipairs(columns) do
    for _, name in ipairs(column.term.fields or {}) do names[#names + 1] = name end
  end
  local function start(started)
    local next_row, at, done = run.start(set, names, started), 0, false
    return function()
      if not done then gather(columns, started, next_row) end
      done, at = true, at + 1
      local column = columns[at]
      if column and column.term.unit == "any" and #column.states[1] == 0 then return nil end
      return column and row_of(column, started)
    end
  end
  return start, fields_of(columns)
end

return describe
