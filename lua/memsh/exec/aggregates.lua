-- SPDX-License-Identifier: GPL-3.0-or-later
-- Sums and the like of values, each with a state of its own, an empty table at first. What is unknown is left out and
-- counted: a result that something is missing from says of how many rows.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local expr = require "memsh.expr.expr"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"
local made_rows = require "memsh.fields.made_rows"
local schema = require "memsh.fields.schema"
local sorted_keys = require "memsh.util.sorted_keys"

local address_spaces = lazy "memsh.exec.address_spaces"
local nested_groups = lazy "memsh.exec.nested_groups"

-- NO_LIMIT: the value of a limit that is not set, and of a sum with one of those.
local aggregates = { NO_LIMIT = math.huge }

local is_unknown, why, unknown, type_of = core.is_unknown, core.why, core.unknown, math.type
local NO_LIMIT <const> = aggregates.NO_LIMIT

-- Whole numbers wrap. `carry` is how often, so that a sum that is in range in the end is right, in whatever order.
local function add(state, value)
  local old = state.value or 0
  local sum = old + value
  if (sum < old) ~= (value < 0) and type_of(sum) == "integer" then
    state.carry = (state.carry or 0) + (value < 0 and -1 or 1)
  end
  state.value = sum
end

local function add_size(state, value)
  if value == NO_LIMIT then state.no_limit = true else add(state, value) end
end

-- What functions give, or tables hold, may be a number's text; or no number at all.
local function number_of(value)
  if type(value) == "string" then value = tonumber(value) or value end
  if type(value) == "number" then return value end
  return core.raise(("sums, averages and the like take numbers, and %s is not one"):format(
    type(value) == "string" and ("'%s'"):format(core.escape(value:sub(1, 40))) or "a " .. type(value)))
end

local function add_any(state, value)
  add(state, number_of(value))
end

local function adder(unit)
  return unit == "bytes" and add_size or unit == "any" and add_any or add
end

-- What a state's numbers are together, as a float.
local function about(state)
  return state.value + (state.carry or 0) * 2.0 ^ 64
end

local function sum_of(state, name)
  if state.no_limit then return NO_LIMIT end
  if (state.carry or 0) == 0 then return state.value or 0 end
  if type_of(state.value) == "float" then return about(state) end
  coverage.miss "too_large"
  return unknown("too_large", name)
end

local function average_of(state)
  if not state.n then return nil end
  if state.no_limit then return NO_LIMIT end
  return ((state.carry or 0) == 0 and state.value or about(state)) / state.n
end

local function count(state)
  state.n = (state.n or 0) + 1
end

local function averager(unit)
  local add_value = adder(unit)
  return function(state, value)
    count(state)
    add_value(state, value)
  end
end

local function least(state, value, less)
  if state.value == nil or less(value, state.value) then state.value = value end
end

local function greatest(state, value, less)
  if state.value == nil or less(state.value, value) then state.value = value end
end

local function always(value) return function() return value end end
local function same(unit) return unit end
local function value_of(state) return state.value end
local function count_of(state) return state.n or 0 end

-- ---- what needs every value: each is kept (8 to 16 bytes a row) until the result is asked for

local function keep_value(state, value)
  state[#state + 1] = value
end

local function value_keeper(unit)
  return unit == "any" and function(state, value) keep_value(state, number_of(value)) end or keep_value
end

-- By nearest rank: the smallest value that so many per cent of them do not exceed.
local function percentile(percent)
  return function(state, _, less)
    if not state.is_sorted then
      table.sort(state, less)
      state.is_sorted = true
    end
    return state[(#state * percent + 99) // 100]
  end
end

-- The standard deviation of the rows themselves, which are not a sample of more (divided by n): Welford's method, as
-- sums of squares of bytes would lose their digits.
local function deviate(state, value)
  if value == NO_LIMIT then state.no_limit = true end
  value = number_of(value) + 0.0
  local n = (state.n or 0) + 1
  local before = value - (state.mean or 0.0)
  state.n, state.mean = n, (state.mean or 0.0) + before / n
  state.squares = (state.squares or 0.0) + before * (value - state.mean)
end

local function deviation_of(state)
  if not state.n then return nil end
  if state.no_limit then return NO_LIMIT end
  return (state.squares / state.n) ^ 0.5
end

-- ---- the sums at each moment: a list, of as many numbers as moments were read

local function add_at_its_time(state, value, _, row, run)
  local time = type(row) == "table" and rawget(row, "time") or machine.time(machine.of(row))
  if is_unknown(time) then return end
  run.times = run.times or {}
  run.times[time], state.run = true, run
  state[time] = (state[time] or 0) + value
end

local function sums_of(state)
  local list = {}
  for i, time in ipairs(sorted_keys(state.run and state.run.times or {})) do list[i] = state[time] or 0 end
  return list
end

-- `step(unit)` gives a function(state, value, less) that takes a known value; `at_least`: the units of which a result
-- that something is missing from is a lower bound; `any`: values may be of any type; `has_no_sum`: the results of
-- groups do not add up to anything.
local KINDS = {
  sum = { step = adder, result = sum_of, unit = same, at_least = { bytes = true, count = true, seconds = true } },
  avg = { step = averager, result = average_of, unit = same, at_least = {}, has_no_sum = true },
  min = { step = always(least), result = value_of, unit = same, any = true, at_least = {} },
  max = { step = always(greatest), result = value_of, unit = same, any = true,
    at_least = setmetatable({}, { __index = always(true) }) },
  count = { step = always(count), result = count_of, unit = always "count", any = true, at_least = { count = true } },
  spark = { step = always(add_at_its_time), result = sums_of, unit = always "list", at_least = {}, has_no_sum = true,
    is_spark = true },
  stddev = { step = always(deviate), result = deviation_of, unit = same, at_least = {}, has_no_sum = true },
}

for how, percent in pairs { median = 50, p50 = 50, p90 = 90, p95 = 95, p99 = 99 } do
  KINDS[how] = { step = value_keeper, result = percentile(percent), unit = same, at_least = {}, ordered = true,
    has_no_sum = true }
end

-- What a sum, a number, a least and a greatest value are enough for.
local FROM_SUMS <const> = { sum = true, avg = true, min = true, max = true }

--- Whether `take_sums` will do for it.
---@param aggregate memsh.Aggregate
---@return boolean
function aggregates.takes_sums(aggregate)
  return FROM_SUMS[aggregate.how] or false
end

local NUMBERS = { bytes = true, count = true, integer = true, number = true, percent = true, seconds = true,
  any = true }

-- Whether rows are control groups whose numbers are of those below them, too.
local function nests(term, rows)
  for _, name in ipairs(rows.row == "cgroup" and term.fields or {}) do
    local field = rows:field(name)
    if field and field.nests then return true end
  end
  return false
end

-- Whether what is missing from it can only make it larger: rows, or of rows that a query made what their values lack.
local function is_bound(how, term, rows)
  if type(term.value) ~= "table" or how == "count" then return true end
  local is_read = rows.row == "process" or rows.row == "mapping" or rows.row == "cgroup"
  if is_read then return how ~= "sum" or term.value.never_negative end
  return term.value.grows
end

---@class memsh.Aggregate
---@field name string
---@field how string
---@field unit string
---@field term memsh.Term
---@field fields string[]|nil
---@field step fun(state: table, value: any, less: function|nil) takes a known value
---@field once boolean the memory of an address space counts once
---@field has_no_sum boolean|nil the results of groups do not add up to anything
---@field at_least boolean a result that something is missing from is a lower bound

--- An aggregate of a term.
---@param how string "sum", "count", "median"...
---@param rows table the schema of the rows
function aggregates.of(how, term, rows)
  local kind = KINDS[how]
  if not kind.any and not NUMBERS[term.unit] and not (kind.ordered and term.unit == "time") then
    core.raise(("%s needs numbers, and %s is a%s"):format(how, core.escape(term.name),
      term.unit == "addr" and "n address" or " " .. term.unit))
  end
  local sign, vague = schema.traits(rows, term.fields)
  local unit = kind.unit(term.unit)
  local at_least, step = kind.at_least[unit] and not sign and is_bound(how, term, rows) or false, kind.step(term.unit)
  if how == "sum" and nests(term, rows) then step = nested_groups()(step) end
  return { name = term.name, unit = unit, term = term, fields = term.fields, how = how, step = step,
    result = kind.result,
    less = (kind.any or kind.ordered) and expr.less(term.unit == "any" and "number" or term.unit) or nil,
    once = how == "sum" and address_spaces().matters(term, rows), at_least = at_least,
    sign = sign and how ~= "count", about = not at_least or vague, has_no_sum = kind.has_no_sum,
    is_spark = kind.is_spark }
end

--- Takes the value of a row.
---@param spaces table which address spaces were counted, for all aggregates of the same rows
---@param again boolean|nil whether that of the row was, where it is known already
function aggregates.take(aggregate, state, value, row, run, spaces, again)
  if is_unknown(value) then
    local reason = why(value)
    if coverage.loses(reason) then state.missing, state.lost_to = (state.missing or 0) + 1, reason end
    state.reason = state.reason or reason
    run:unknown_of(row, reason, value.field)
  elseif value ~= nil then
    state.any = true
    local missing, lacks = made_rows.missing(row, aggregate.fields), aggregate.term and aggregate.term.lacks
    if missing then state.missing = (state.missing or 0) + missing end
    if lacks then state.lacking = lacks(row) or state.lacking end -- of one sum, which all of them are shares of
    if aggregate.once and value ~= 0 then
      if again == nil then again = address_spaces().was_counted(spaces, row, value, run) end
      if again then return end
    end
    aggregate.step(state, value, aggregate.less, row, run)
  end
end

--- Takes `n` numbers that were summed elsewhere, all of them known: their sum is sum + carry * 2^64.
function aggregates.take_sums(aggregate, state, n, sum, carry, min, max)
  state.any = true
  if n == 0 then return end
  if aggregate.how == "sum" or aggregate.how == "avg" then
    add(state, sum)
    state.carry, state.n = (state.carry or 0) + carry, (state.n or 0) + n
  else
    aggregate.step(state, aggregate.how == "min" and min or max, aggregate.less)
  end
end

--- The value, and how many rows are missing from it. Nothing known and something missing: unknown.
---@param missing integer of all aggregates of these rows
---@param reason string|nil why
function aggregates.result(aggregate, state, missing, reason)
  local lost = math.max((state.missing or 0) + missing, state.lacking or 0)
  if (lost > 0 or state.reason) and not state.any and aggregate.how ~= "count" then
    return unknown(state.reason or reason or "io", aggregate.name), lost
  end
  return aggregate.result(state, aggregate.name, aggregate.less), lost
end

return aggregates
