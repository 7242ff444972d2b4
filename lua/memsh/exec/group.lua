-- SPDX-License-Identifier: GPL-3.0-or-later
-- Sums and the like, over a whole set or over groups of rows. What is unknown is left out and counted: a result
-- that something is missing from says from how many.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local expr = require "memsh.expr.expr"
local sum_listings = require "memsh.exec.sum_listings"
local sort_keys = require "memsh.exec.sort_keys"
local lazy = require "memsh.util.lazy"
local schema = require "memsh.fields.schema"

local sum_columns = lazy "memsh.exec.sum_columns"
local address_spaces = lazy "memsh.exec.address_spaces"

local group = {}

local is_unknown, why, unknown = core.is_unknown, core.why, core.unknown

-- ---- aggregates: step(state, value) over known values, result(state)

local function counted(state)
  state.n = (state.n or 0) + 1
end

local AGGREGATES = {
  sum = {
    step = function(state, value) state.value = (state.value or 0) + value end,
    result = function(state) return state.value or 0 end,
    at_least = { bytes = true, count = true, seconds = true }, -- no part of such a sum is negative
  },
  avg = {
    step = function(state, value)
      counted(state)
      state.value = (state.value or 0) + value
    end,
    result = function(state) return state.n and state.value / state.n or nil end,
    unit = function(unit) return unit end,
  },
  min = {
    step = function(state, value, less)
      if state.value == nil or less(value, state.value) then state.value = value end
    end,
    result = function(state) return state.value end, any = true,
  },
  max = {
    step = function(state, value, less)
      if state.value == nil or less(state.value, value) then state.value = value end
    end,
    result = function(state) return state.value end, any = true,
    at_least = setmetatable({}, { __index = function() return true end }),
  },
  count = { step = counted, result = function(state) return state.n or 0 end, any = true,
    unit = function() return "count" end, at_least = { count = true } },
}

local NUMBERS = { bytes = true, count = true, integer = true, number = true, percent = true, seconds = true,
  any = true }

--- An aggregate of a term.
---@param how "sum"|"avg"|"min"|"max"|"count"
---@param term memsh.Term
---@param rows table the schema of the rows
function group.aggregate(how, term, rows)
  local kind = AGGREGATES[how]
  if not kind.any and not NUMBERS[term.unit] then
    core.raise(("%s needs numbers, and %s is a%s"):format(how, core.escape(term.name),
      term.unit == "addr" and "n address" or " " .. term.unit))
  end
  local sign, about = schema.traits(rows, term.fields)
  local at_least = kind.at_least and kind.at_least[kind.unit and kind.unit(term.unit) or term.unit] and not sign
  local less = kind.any and expr.less(term.unit == "any" and "number" or term.unit) or nil
  return { name = term.name, unit = kind.unit and kind.unit(term.unit) or term.unit, kind = kind, term = term,
    less = less, fields = term.fields, how = how, once = how == "sum" and address_spaces().matters(term, rows),
    at_least = at_least or false, sign = sign and how ~= "count", about = not at_least or about }
end

--- From how many rows something is missing in what an expression makes of these fields of a row.
---@param row any
---@param fields string[]|nil
---@return integer|nil
function group.missing(row, fields)
  local partial = type(row) == "table" and fields and rawget(row, "partial")
  if not partial then return nil end
  local most
  for _, name in ipairs(fields) do
    if partial[name] then most = math.max(most or 0, partial[name]) end
  end
  return most
end

--- Why what an expression makes of these fields of a row can't be told, as something is missing from one of them;
--- nil where all are whole. `more`: the expression asks only whether the field of that name exceeds something, and
--- found that what is known of it does.
---@param row any
---@param fields string[]
---@param more string|nil
---@return string|nil reason
function group.undecided(row, fields, more)
  local bounds = type(row) == "table" and rawget(row, "bounds")
  if not bounds then return nil end
  for _, name in ipairs(fields) do
    local bound = bounds[name]
    if bound and not (bound.at_least and name == more) then return bound.why end
  end
  return nil
end

--- Takes a row into one aggregate's state; `whole` is what it has in common with other aggregates of these rows.
--- What processes share by having one address space counts once; `of`, which sums what it can as a whole, may know.
function group.take(aggregate, state, row, run, whole, of)
  local value = aggregate.term.value(row)
  if is_unknown(value) then
    local reason = why(value)
    if coverage.loses(reason) then state.missing, state.lost_to = (state.missing or 0) + 1, reason end
    state.reason = state.reason or reason
    run:unknown_of(row, reason)
  elseif value ~= nil then
    state.any = true
    state.missing = (state.missing or 0) + (group.missing(row, aggregate.fields) or 0)
    if aggregate.once and value ~= 0 then
      local again = of and of.again
      if again == nil then again = address_spaces().was_counted(whole, row, value, run) end
      if again then return end
    end
    aggregate.kind.step(state, value, aggregate.less)
  end
end

--- The value, and how many are missing from it. Nothing known and something missing: unknown.
function group.result(aggregate, state, missing, reason)
  local lost = (state.missing or 0) + missing
  if (lost > 0 or state.reason) and not state.any and aggregate.how ~= "count" then
    return unknown(state.reason or reason or "io", aggregate.name), lost
  end
  return aggregate.kind.result(state), lost
end

-- Adds what a tally summed of a term to an aggregate's state.
local function take_total(aggregate, state, count, sum, least, greatest)
  local how = aggregate.how
  state.any = true
  if count == 0 then return end
  if how == "sum" or how == "avg" then
    state.value = (state.value or 0) + sum
    state.n = (state.n or 0) + count
  else
    aggregate.kind.step(state, how == "min" and least or greatest, aggregate.less)
  end
end

--- One aggregate over all rows: the value, and from how many rows it is missing.
---@param run table
---@param next fun(): any
---@param aggregate table
function group.whole(run, next, aggregate)
  local state = {}
  local whole = {}
  local function take(row) group.take(aggregate, state, row, run, whole, run.bulk) end
  if not (run.blocks and sum_columns().whole(run.blocks, run, aggregate, state, whole, take)) then
    for row in next do take(row) end
  end
  for one in sum_listings.groups(run.bulk) do take_total(aggregate, state, one.total(1)) end
  return group.result(aggregate, state, run.coverage:missing(), run.coverage:reason())
end

-- ---- groups

local Row = {}

-- A column of a grouped row, or an error that names it.
function Row.__index(row, name)
  if name == "partial" or name == "bounds" then return nil end
  for _, column in ipairs(rawget(row, 1)) do
    if column == name then return nil end
  end
  core.raise(("no field '%s' of this row"):format(core.escape(tostring(name))))
end

function Row:__tostring()
  local parts = {}
  for i, name in ipairs(rawget(self, 1)) do parts[i] = ("%s=%s"):format(name, tostring(rawget(self, name))) end
  return "row (" .. table.concat(parts, ", ") .. ")"
end

--- A row of these columns. Columns whose value is nil read as nil.
function group.row(names)
  return setmetatable({ names }, Row)
end

local function count_process(found, pid)
  if found.last ~= pid then
    found.last = pid
    if not found.pids[pid] then
      found.pids[pid] = true
      found.procs = found.procs + 1
    end
  end
end

local function new_group(key, values, aggregates)
  local found = { key = key, values = values, n = 0, procs = 0, pids = {}, states = {}, whole = {} }
  for i = 1, #aggregates do found.states[i] = {} end
  return found
end

local function key_text(values, n)
  if n == 1 then return sort_keys.text(values[1]) end
  local parts = {}
  for i = 1, n do parts[i] = sort_keys.text(values[i]) end
  return table.concat(parts, "\1")
end

local function key_of(terms, row, run)
  local values = {}
  for i, term in ipairs(terms) do
    local value = term.value(row)
    if is_unknown(value) then run:unknown_of(row, why(value)) end
    values[i] = value
  end
  return key_text(values, #terms), values
end

-- A row that may belong to the set: whether it can be told to which group it would belong. That group, should it
-- come to be, then lacks it; otherwise each group may. (Of a process in doubt that leads to mappings it can't be told.)
local function lose(groups, plan, row, run)
  local is_owner = core.kind(row) ~= plan.kind
  if is_owner and not plan.owned then return false end
  local terms, lost = is_owner and plan.owned or plan.terms, is_owner and groups.lost_owners or groups.lost
  local key, values = key_of(terms, row, run)
  for i = 1, #terms do
    if is_unknown(values[i]) then return false end
  end
  lost[key] = (lost[key] or 0) + 1
  return true
end

local function finish(found, plan, lost, reason)
  local row = group.row(plan.names)
  local partial, bounds = {}, {}
  for i, term in ipairs(plan.terms) do rawset(row, term.name, found.values[i]) end
  local function put(name, why_lost, at_least, value, missing)
    rawset(row, name, value)
    if missing > 0 then partial[name], bounds[name] = missing, { why = why_lost or "io", at_least = at_least } end
  end
  put("n", reason, true, plan.number == false and unknown("not_recorded", "n") or found.n, lost)
  if plan.counts_processes then put("procs", reason, true, found.procs, lost) end
  for i, aggregate in ipairs(plan.aggregates) do
    local state = found.states[i]
    put(aggregate.name, state.lost_to or reason, aggregate.at_least, group.result(aggregate, state, lost, reason))
  end
  if next(partial) then
    rawset(row, "partial", partial)
    rawset(row, "bounds", bounds)
  end
  return row
end

local function is_told_by_owner(term, rows)
  for _, name in ipairs(term.fields or { "" }) do
    local field = rows:field(name)
    if not field or not field.owner then return false end
  end
  return true
end

--- The terms that a process tells of all its mappings, marked as such; nil where there is none.
---@param terms memsh.Term[]
---@param rows table their schema
---@return memsh.Term[]|nil
function group.owned(terms, rows)
  local owned = {}
  for _, term in ipairs(terms) do
    term.owned = is_told_by_owner(term, rows)
    if term.owned then owned[#owned + 1] = term end
  end
  return #owned > 0 and owned or nil
end

--- Groups, none yet. They outlive an interrupted group.rows, which then goes on with them.
function group.new()
  return { by_key = {}, list = {}, lost = {}, lost_owners = {}, attributed = 0 }
end

-- The group of a key, which is made where there is none.
local function group_at(groups, plan, key, values)
  local found = groups.by_key[key]
  if not found then
    found = new_group(key, values, plan.aggregates)
    groups.by_key[key] = found
    groups.list[#groups.list + 1] = found
  end
  return found
end

-- Adds the groups of listings that were summed as a whole. Groups stay in the order in which they were met.
local function add_bulk(of, plan, groups)
  for one in sum_listings.groups(of) do
    local found = group_at(groups, plan, key_text(one.values, #plan.terms), one.values)
    found.n, found.procs = found.n + one.n, found.procs + one.procs
    if not found.first or one.first < found.first then found.first, found.at = one.first, one.at end
    for i, aggregate in ipairs(plan.aggregates) do take_total(aggregate, found.states[i], one.total(i)) end
  end
  table.sort(groups.list, function(a, b)
    if a.first ~= b.first then return a.first < b.first end
    return a.at < b.at
  end)
end

-- How much is missing from a group that may not be missing from others.
local function lost_of(groups, plan, found)
  local lost = groups.lost[found.key] or 0
  if not next(groups.lost_owners) then return lost end
  local parts = {}
  for i, term in ipairs(plan.terms) do
    if term.owned then parts[#parts + 1] = sort_keys.text(found.values[i]) end
  end
  return lost + (groups.lost_owners[table.concat(parts, "\1")] or 0)
end

--- Groups rows: one row for each different key, in the order in which they were met.
---@param run table
---@param next_row fun(): any
---@param plan {terms: memsh.Term[], aggregates: table[], counts_processes: boolean, names: string[]} `number`:
---   a function that tells how many rows one stands for; false where nobody asks; `kind`: core.kind of the rows
---@param groups table what group.new gave
---@param of table|nil what sums listings as a whole (memsh.exec.sum_listings)
---@param by memsh.Blocks|nil the rows in blocks
function group.rows(run, next_row, plan, groups, of, by)
  run.on_undecided = function(row)
    if lose(groups, plan, row, run) then groups.attributed = groups.attributed + 1 end
  end
  -- Mappings of a process that can't be read are missing from its groups alone, where it is among the keys.
  run.on_lost_owner = plan.owned and run.on_undecided or nil
  local function take_row(row)
    local key, values = key_of(plan.terms, row, run)
    local found = group_at(groups, plan, key, values)
    if of and not found.first then found.first, found.at = of.number, #groups.list end
    found.n = found.n + (plan.number and plan.number(row) or 1)
    if plan.counts_processes then count_process(found, row.pid) end
    for i, aggregate in ipairs(plan.aggregates) do group.take(aggregate, found.states[i], row, run, found.whole, of) end
  end
  local function group_of(values)
    return group_at(groups, plan, key_text(values, #plan.terms), values)
  end
  if not (by and sum_columns().groups(by, run, plan, group_of, take_row, count_process)) then
    for row in next_row do take_row(row) end
  end
  if of then add_bulk(of, plan, groups) end
  run.on_undecided, run.on_lost_owner = nil, nil
  if #plan.terms == 0 and #groups.list == 0 then groups.list[1] = new_group("", {}, plan.aggregates) end
  local everywhere, at = run.coverage:missing() - (run.elsewhere or 0) - groups.attributed, 0
  return function()
    at = at + 1
    local found = groups.list[at]
    return found and finish(found, plan, everywhere + lost_of(groups, plan, found), run.coverage:reason())
  end
end

--- The columns that grouping gives.
function group.schema(plan)
  local fields = {}
  local function add(name, unit, meaning, traits)
    for _, other in ipairs(fields) do
      if other.name == name then
        core.raise(("two columns are called '%s'; give one another name, as in sum\"all=rss\""):format(
          core.escape(name)))
      end
    end
    local field = schema.column(name, unit, meaning)
    field.sign, field.about = traits and traits.sign, traits and traits.about
    fields[#fields + 1] = field
  end
  for _, term in ipairs(plan.terms) do add(term.name, term.unit, "what the rows are grouped by") end
  add("n", "count", "number of rows")
  if plan.counts_processes then add("procs", "count", "number of different processes") end
  for _, aggregate in ipairs(plan.aggregates) do
    add(aggregate.name, aggregate.unit, aggregate.how .. " of " .. (aggregate.term.text or aggregate.term.name),
      aggregate)
  end
  plan.names = {}
  for i, field in ipairs(fields) do plan.names[i] = field.name end
  local made = schema.made(fields)
  made.keys = {}
  for i, term in ipairs(plan.terms) do made.keys[i] = term.name end
  return made
end

return group
