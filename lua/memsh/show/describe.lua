-- SPDX-License-Identifier: GPL-3.0-or-later
-- set:describe(): a row for each number among a set's columns. A quartile is always one of the values: the smallest one
-- that a quarter (half, three quarters) of them do not exceed. What has no memory is in no count; unreadable values are
-- counted as missing, and statistics without them are marked.
local accumulator = require "memsh.exec.accumulator"
local aggregates = require "memsh.exec.aggregates"
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local made_rows = require "memsh.fields.made_rows"
local run = require "memsh.exec.run"
local schema = require "memsh.fields.schema"

local rowset = lazy "memsh.query.rowset"
local show = lazy "memsh.show.rowset"

local describe = {}

-- What rows without show describe, besides what their query names.
local USUAL = {
  process = "virt res shr data rss_anon rss_file rss_shmem swap threads",
  mapping = "size rss pss private_dirty swap",
  cgroup = "procs memory_current memory_peak memory_swap_current",
}

local NUMBERS = {}
for unit in ("bytes count number percent seconds integer any"):gmatch "%S+" do NUMBERS[unit] = true end

local function is_shown(set)
  for _, stage in ipairs(set.stages) do
    if stage.op == "show" then return true end
  end
  return false
end

local function terms_of(set)
  local usual = USUAL[set.schema.row]
  if not usual or is_shown(set) then return show().columns_of(set) end
  local names = rowset().named_by(set)
  for name in usual:gmatch "%S+" do names[#names + 1] = name end
  return show().terms_of(set, names)
end

local function add_value(state, value)
  if math.type(value) and value == value then state[#state + 1] = value end
end

-- The columns that are numbers, each with what gathers its values, and its sum.
local function columns_of(set)
  local columns = {}
  for _, term in ipairs(terms_of(set)) do
    if NUMBERS[term.unit] and not term.share and not schema.is_label(term.name) then
      columns[#columns + 1] = { term = term, sum = aggregates.of("sum", term, set.schema),
        values = { term = term, fields = term.fields, step = add_value, how = "values", name = term.name } }
    end
  end
  return columns
end

local NAMES <const> = { "column", "count", "missing", "min", "p25", "median", "p75", "p95", "max", "sum" }

--- The columns, with what each means.
describe.COLUMNS = {
  column = "what is described",
  count = "of how many rows it is known",
  missing = "of how many rows it could not be read",
  min = "the smallest value",
  p25 = "the smallest value that a quarter of them do not exceed",
  median = "the smallest value that half of them do not exceed",
  p75 = "the smallest value that three quarters of them do not exceed",
  p95 = "the smallest value that 95 per cent of them do not exceed",
  max = "the largest value",
  sum = "the sum; what processes share by having one address space counts once",
}

local TYPES <const> = { column = "text", count = "count", missing = "count" }

-- If one of the columns is a difference, all statistics have signs.
local function fields_of(columns)
  local sign, fields = false, {}
  for _, column in ipairs(columns) do sign = sign or column.sum.sign end
  for i, name in ipairs(NAMES) do
    fields[i] = schema.column(name, TYPES[name] or "any", describe.COLUMNS[name])
    if not TYPES[name] then
      fields[i].sign, fields[i].about = sign, name ~= "max" and name ~= "sum" or name == "sum" and sign
    end
  end
  local made = schema.made(fields)
  made.keys = { "column" }
  return made
end

local OF_VALUES <const> = { "min", "p25", "median", "p75", "p95", "max" }

local function quartiles(values)
  local n = #values
  table.sort(values)
  return { min = values[1], p25 = values[(n + 3) // 4], median = values[(n + 1) // 2], p75 = values[(3 * n + 3) // 4],
    p95 = values[(95 * n + 99) // 100], max = values[n] }
end

-- A function may have given texts, too: the sum is of its numbers.
local function sum_of_values(column, values)
  local sum = { missing = values.missing, reason = values.reason, any = #values > 0 }
  for _, value in ipairs(values) do column.sum.step(sum, value) end
  return sum
end

local function row_of(column, state, sum, seen)
  local row, missing = made_rows.new(NAMES), (state.missing or 0) + seen:missing()
  local lost_to = state.lost_to or seen:reason() or "io"
  local found, types = quartiles(state), {}
  found.sum = aggregates.result(column.sum, sum or sum_of_values(column, state), seen:missing(), seen:reason())
  rawset(row, "column", column.term.name)
  rawset(row, "count", #state)
  rawset(row, "missing", missing)
  for _, name in ipairs(OF_VALUES) do
    if #state == 0 and (missing > 0 or state.reason) then found[name] = core.unknown(state.reason or lost_to, name) end
  end
  for name, value in pairs(found) do
    types[name] = column.term.unit
    made_rows.put(row, name, value, #state > 0 and missing or 0, lost_to,
      name == "max" or name == "sum" and column.sum.at_least)
  end
  rawset(row, schema.TYPES, types)
  return row
end

-- Takes all rows. Gives the states of the columns: of the values, and of the sums of those that have only numbers.
local function gather(columns, started, next_row)
  local list, values, sums = {}, {}, {}
  for _, column in ipairs(columns) do
    list[#list + 1] = column.values
    if column.term.unit ~= "any" then list[#list + 1] = column.sum end
  end
  local all = accumulator.new(started, { terms = {}, aggregates = list }, 0)
  for row in next_row do all:take_row(row) end
  for at, one in ipairs(list) do
    if one.how == "values" then values[#values + 1] = all.only.states[at] else sums[#values] = all.only.states[at] end
  end
  return values, sums
end

--- What starts the rows of set:describe(), and their schema.
---@param set memsh.RowSet
---@return fun(started: table): fun(): any
---@return table fields
function describe.of(set)
  local columns, terms = columns_of(set), {}
  for i, column in ipairs(columns) do terms[i] = column.term end
  local function start(started)
    local next_row, at, values, sums = run.start(set, show().fields_of(terms), started), 0, nil, nil
    return function()
      if not values then values, sums = gather(columns, started, next_row) end
      at = at + 1
      local column = columns[at]
      if not column or column.term.unit == "any" and #values[at] == 0 then return nil end
      return row_of(column, values[at], sums[at], started.coverage)
    end
  end
  return start, fields_of(columns)
end

return describe
