-- SPDX-License-Identifier: GPL-3.0-or-later
-- Rows in an order. The values that they are sorted by are columns, one for each term. Where only the first few rows
-- are asked for, no more are held than some thousands.
local filter_columns = require "memsh.exec.filter_columns"
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local reference_mode = require "memsh.exec.reference_mode"
local sort_keys = require "memsh.exec.sort_keys"

local sorting = {}

local PART <const> = 4096 -- rows that are taken before those that come too late are dropped

local function orders_of(terms)
  local orders = {}
  for i, term in ipairs(terms) do orders[i] = sort_keys.order(term.unit, term.desc) end
  return orders
end

local function ordered_by_comparison(terms, values, n)
  local orders, places = orders_of(terms), {}
  for place = 1, n do places[place] = place end
  table.sort(places, function(a, b)
    for i = 1, #orders do
      local sign = orders[i](values[i][a], values[i][b])
      if sign ~= 0 then return sign < 0 end
    end
    return a < b
  end)
  return places
end

-- The places of n rows in their order, or at least of the first `most`. Equal ones stay as they are.
local function ordered(terms, values, n, most)
  local descending, addresses = {}, {}
  for i, term in ipairs(terms) do descending[i], addresses[i] = term.desc or false, term.unit == "addr" end
  return not reference_mode.plain and core.order(n, values, descending, addresses, most)
    or ordered_by_comparison(terms, values, n)
end

-- All rows, which are those at hand (`stage.rows`) or are kept.
local function sort_all(self, next_row, stage, keep)
  local rows, places, at = stage.rows or {}, nil, 0
  local function missed(term, row) return self:value(term, row) end
  local function order()
    if places then return places end
    if not stage.rows then
      for row in next_row do rows[#rows + 1] = keep(row) end
    end
    local values = {}
    for i, term in ipairs(stage.terms) do values[i] = filter_columns.column(term, rows, missed) end
    places = ordered(stage.terms, values, #rows)
    return places
  end
  return function()
    at = at + 1
    local place = order()[at]
    return place and rows[place]
  end, filter_columns.in_order(rows, order)
end

-- ---- the first of them

-- The first rows so far, and those that came after them: `rows`, when they came (`came`), their values by term.
local function new_first(stage)
  local first = { terms = stage.terms, most = stage.keep, part = math.max(2 * stage.keep, PART), n = 0, rows = {},
    came = {}, values = {}, orders = orders_of(stage.terms), full = false }
  for i = 1, #stage.terms do first.values[i] = {} end
  return first
end

local function pick(list, places, n)
  local picked = {}
  for i = 1, n do picked[i] = list[places[i]] end
  return picked
end

-- Puts them in order, and leaves as many as were asked for.
local function cut(first)
  local places = ordered(first.terms, first.values, first.n, first.most)
  local n = math.min(first.n, first.most)
  first.rows, first.came = pick(first.rows, places, n), pick(first.came, places, n)
  for i, values in ipairs(first.values) do first.values[i] = pick(values, places, n) end
  first.n, first.full = n, n == first.most
end

-- Whether the values at `place` come after those of the last row that was left.
local function is_late(first, place)
  if not first.full then return false end
  for i, order in ipairs(first.orders) do
    local sign = order(first.values[i][place], first.values[i][first.most])
    if sign ~= 0 then return sign > 0 end
  end
  return true
end

-- What is read after a sort and a top() is read for the rows that are left. Their order is that of the values that they
-- then have; those that have gone meanwhile are left out.
local function load_rest(self, first, rest)
  local rows, n, changed = first.rows, 0, false
  core.load(rows, 1, first.n, rest)
  for place, row in ipairs(rows) do
    if core.is_gone(row, rest) then
      self.coverage:note(machine.key(machine.of(row), row.pid), "gone")
    else
      local is_new = core.revision(row) > 0
      n, changed = n + 1, changed or is_new
      rows[n], first.came[n] = row, first.came[place]
      for i, term in ipairs(first.terms) do
        local values = first.values[i]
        values[n] = values[place]
        if is_new then values[n] = self:value(term, row) end
      end
    end
  end
  first.n = n
  if not changed then return end
  local terms, values = { table.unpack(first.terms) }, { table.unpack(first.values) }
  terms[#terms + 1], values[#values + 1] = { unit = "count" }, first.came
  first.rows = pick(rows, ordered(terms, values, n), n)
end

local function collect(self, next_row, stage, keep)
  local first, at = new_first(stage), 0
  local terms, values, rows, came = first.terms, first.values, first.rows, first.came
  for row in next_row do
    at = at + 1
    local n = first.n + 1
    for i = 1, #terms do values[i][n] = self:value(terms[i], row) end
    -- A mapping is lent, and to keep it costs more than to compare it.
    local is_lent = core.kind(row) == "mapping"
    if not (is_lent and is_late(first, n)) then
      rows[n], came[n], first.n = is_lent and keep(row) or row, at, n
      if n == first.part then
        cut(first)
        rows, came = first.rows, first.came
      end
    end
  end
  cut(first)
  if stage.rest then load_rest(self, first, stage.rest) end
  return first
end

local function sort_first(self, next_row, stage, keep)
  local first, at = nil, 0
  return function()
    first = first or collect(self, next_row, stage, keep)
    at = at + 1
    return at <= first.n and first.rows[at] or nil
  end
end

--- Rows in the order of stage.terms. `stage.keep`: how many rows are asked for after it; no more are held than some
--- thousands or twice as many. `stage.rows`: all rows, where they are at hand.
---@param self table the run
---@param keep fun(row: any): any makes a row outlive the next one
function sorting.rows(self, next_row, stage, keep)
  local by_columns = stage.rows and core.kind(stage.rows[1])
  local sort = (by_columns or not stage.keep) and sort_all or sort_first
  return sort(self, next_row, stage, keep)
end

return sorting
