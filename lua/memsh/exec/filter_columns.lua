-- SPDX-License-Identifier: GPL-3.0-or-later
-- Conditions and sort keys of many rows at once. A row of which a field is not known, or not at hand, is decided by
-- itself, as ever; so is every row that is left where a condition is more than an expression of fields of the table.
local columns = require "memsh.exec.columns"
local core = require "memsh.core"
local reference_mode = require "memsh.exec.reference_mode"

local filter_columns = {}

local SIZE <const> = 512

-- The expressions that these conditions are, or are the parts of; and whether other conditions are left. A function may
-- do anything, so nothing moves across it.
local function expressions_of(conditions)
  local list, others = {}, false
  for _, condition in ipairs(conditions) do
    local whole, part = condition.whole, condition.part
    local e = whole and whole.by_columns and whole or part and part.by_columns and part
    if not e then
      others = true
      if not condition.fields then break end
    elseif list[#list] ~= e then
      list[#list + 1] = e
    end
  end
  return list, others
end

-- Pickers: each is a function(rows, base, n, places) that puts down which of the n rows after `base` fit, the negative
-- of those that are to be decided by themselves. It gives how many there are, and whether there may be negatives.

local function pick_by_one(e)
  local pick, of = e.sieve, columns.new()
  for _, id in ipairs(e.by_columns.ids) do of:field(id) end
  return function(rows, base, n, places)
    of:fill(rows, base + 1, n)
    return pick(n, base, places, table.unpack(of.fields))
  end
end

-- Those that the first leaves are asked of the others: false is false whatever the others are. `open`: more is to be
-- asked of each row that is left.
local function pick_by_all(list, open)
  local first, of, verdicts, left = pick_by_one(list[1]), columns.new(), {}, {}
  for i = 2, #list do verdicts[i - 1] = of:expression(list[i]) end
  return #of.ids <= columns.MOST and function(rows, base, n, places)
    local m, doubt = first(rows, base, n, places)
    for i = 1, m do left[i] = math.abs(places[i]) end
    if #verdicts > 0 and m > 0 then of:fill(rows, left, m) end
    local fit = 0
    for i = 1, m do
      local all = places[i] > 0 and not open or nil
      for k = 1, #verdicts do
        local yes = verdicts[k][i]
        all = all ~= false and yes ~= false and all and yes
      end
      if all ~= false then
        fit = fit + 1
        places[fit] = all and left[i] or -left[i]
      end
    end
    return fit, doubt or open or #verdicts > 0
  end
end

-- All of them, with this sign.
local function pick_all(sign)
  return function(_, base, n, places)
    for i = 1, n do places[i] = sign * (base + i) end
    return n, sign < 0
  end
end

local function picker(conditions, alone)
  if #conditions == 0 then return pick_all(1) end
  if alone or reference_mode.plain then return pick_all(-1) end
  local list, open = expressions_of(conditions)
  if #list == 0 then return pick_all(-1) end
  return #list == 1 and not open and pick_by_one(list[1]) or pick_by_all(list, open) or pick_all(-1)
end

--- Sifts rows by these conditions, SIZE at a time: a function(rows, n) that begins with an array or a listing of n
--- rows, and gives a function. That gives an array of the places of rows that fit, how many those are, and whether it
--- has negatives, for rows that are to be decided by themselves; nil at the end.
---@param alone boolean|nil each row is to be decided by itself
---@return fun(rows: any, n: integer): fun(): integer[]|nil, integer|nil, boolean|nil
function filter_columns.sieve(conditions, alone)
  local pick, places = picker(conditions, alone), {}
  return function(rows, n)
    local till = 0
    return function()
      local base = till
      if base >= n then return nil end
      till = math.min(base + SIZE, n)
      return places, pick(rows, base, till - base, places)
    end
  end
end

-- Decides the rows of which a sieve gave the negative. Gives how many are left.
local function settle(places, n, doubt, decide)
  if not doubt then return n end
  local left = 0
  for i = 1, n do
    local place = places[i]
    if place > 0 or decide(-place) then
      left = left + 1
      places[left] = place > 0 and place or -place
    end
  end
  return left
end

---@class memsh.Blocks rows that are at hand many at once
---@field next fun(): any, integer[], integer an array of rows, or a listing; which of them; how many; nil at the end
---@field row fun(place: integer): any one of them by itself
---@field hold nil|fun(): fun() of listings: they stay open after the next one, until what it gives is called

--- Rows one by one, and in blocks: who takes the ones leaves the others.
---@param next_part fun(): any, any, integer|nil, boolean|nil an array or a listing, and what a sieve says of it; or nil
---@param decide fun(place: integer): boolean decides one by itself
function filter_columns.rows(next_part, row, decide)
  local places, n, at = nil, 0, 0
  local function next_row()
    while true do
      while at < n do
        at = at + 1
        local place = places[at]
        if place > 0 then return row(place) end
        if decide(-place) then return row(-place) end
      end
      local rows, fitting, m = next_part()
      places, n, at = fitting, m or 0, 0
      if not rows then return nil end
    end
  end
  local function next_block()
    local rows, fitting, m, doubt = next_part()
    if not rows then return nil end
    return rows, fitting, settle(fitting, m, doubt, decide)
  end
  return next_row, { next = next_block, row = row }
end

--- Rows of an array in blocks, in an order that is asked for when the first is taken.
---@param order fun(): integer[] the places of all of them
---@return memsh.Blocks|nil
function filter_columns.in_order(rows, order)
  if reference_mode.plain then return nil end
  local from, part = 0, {}
  local function next_block()
    local places = order()
    if from >= #places then return nil end
    local n = math.min(SIZE, #places - from)
    table.move(places, from + 1, from + n, 1, part)
    from = from + n
    return rows, part, n
  end
  return { next = next_block, row = function(place) return rows[place] end, mixed = true }
end

--- The rows of an array that these conditions hold of; nil where they are no processes or mappings.
---@param holds fun(row: any): boolean decides one by itself
function filter_columns.filter(rows, conditions, holds)
  if reference_mode.plain or not core.kind(rows[1]) then return nil end
  local next_places = filter_columns.sieve(conditions)(rows, #rows)
  local next_row, blocks = filter_columns.rows(function()
    local places, n, doubt = next_places()
    return places and rows, places, n, doubt
  end, function(place) return rows[place] end, function(place) return holds(rows[place]) end)
  blocks.mixed = true
  return next_row, blocks
end

--- The values of a term for all rows, as a column.
---@param missed fun(term: memsh.Term, row: any): any the value of one row, where it is not at hand
function filter_columns.column(term, rows, missed)
  local one = columns.new()
  local values = not reference_mode.plain and core.kind(rows[1]) and one:expression(term.value)
  if values then one:fill(rows, 1, #rows) else values = {} end
  for i = 1, #rows do
    if values[i] == nil then values[i] = missed(term, rows[i]) end
  end
  return values
end

return filter_columns
