-- SPDX-License-Identifier: GPL-3.0-or-later
-- Conditions and sort keys of many rows at once. A row of which a field is not known, or not at hand, is decided by
-- itself, as ever; so is every row where a condition or key is more than an expression of fields of the table.
local core = require "memsh.core"
local way = require "memsh.plan"

local batch = {}

local SIZE <const> = 512

-- The expressions that these conditions are the parts of; nil where one is none.
local function wholes(conditions)
  local list, seen = {}, {}
  for _, condition in ipairs(conditions) do
    local e = condition.whole
    if not (e and e.batch) then return nil end
    if not seen[e] then
      seen[e] = true
      list[#list + 1] = e.batch
    end
  end
  return #list > 0 and list or nil
end

local function tables(n)
  local list = {}
  for i = 1, n do list[i] = {} end
  return list
end

-- Works an expression out for `n` rows.
local function work_out(one, columns, rows, from, n, values)
  core.columns(rows, from, n, one.ids, columns)
  one.run(n, values, table.unpack(columns))
end

-- false is false whatever the other is; else nil is nil.
local function both(values, others, n)
  for i = 1, n do
    if values[i] ~= false and not others[i] then values[i] = others[i] end
  end
end

--- What decides rows by these conditions, SIZE rows at a time: a function(rows, n) that starts anew with a list of n
--- rows or a listing of so many, and gives a function(at): true or false for the row there, nil where it is to be
--- decided by itself. nil where there can be none.
---@param conditions memsh.Condition[]
---@return nil|fun(rows: any, n: integer): fun(at: integer): boolean|nil
function batch.conditions(conditions)
  local parts = not way.plain and wholes(conditions)
  if not parts then return nil end
  local columns, verdicts, others = {}, {}, {}
  for i, part in ipairs(parts) do columns[i] = tables(#part.ids) end
  local function decide(rows, from, n)
    work_out(parts[1], columns[1], rows, from, n, verdicts)
    for i = 2, #parts do
      work_out(parts[i], columns[i], rows, from, n, others)
      both(verdicts, others, n)
    end
  end
  return function(rows, n)
    local base, till = 0, 0
    return function(at)
      if at > till then
        base, till = till, math.min(till + SIZE, n)
        decide(rows, base + 1, till - base)
      end
      return verdicts[at - base]
    end
  end
end

--- The rows of a list that these conditions hold of; nil where that can't be told of many at once.
---@param rows any[]
---@param conditions memsh.Condition[]
---@param holds fun(row: any): boolean decides one by itself
---@return nil|fun(): any
function batch.filter(rows, conditions, holds)
  local start = core.kind(rows[1]) and batch.conditions(conditions)
  if not start then return nil end
  local n, at = #rows, 0
  local decide = start(rows, n)
  return function()
    while at < n do
      at = at + 1
      local yes = decide(at)
      if yes or (yes == nil and holds(rows[at])) then return rows[at] end
    end
    return nil
  end
end

-- The values of a term for all rows; `missed` tells of those that have to be asked for one by one.
local function column_of(term, rows, missed)
  local e = type(term.value) == "table" and term.value
  local one = e and e.batch
  local values = {}
  if one and not way.plain then
    work_out(one, tables(#one.ids), rows, 1, #rows, values)
    for i = 1, #rows do
      if values[i] == nil then values[i] = missed(term, rows[i]) end
    end
  else
    for i = 1, #rows do values[i] = missed(term, rows[i]) end
  end
  return values
end

--- The places of rows in the order of these terms; nil where they have values that only a comparison of two tells the
--- order of.
---@param rows any[] of processes or mappings
---@param terms memsh.Term[]
---@param missed fun(term: memsh.Term, row: any): any the value of one row
---@return integer[]|nil
function batch.order(rows, terms, missed)
  if way.plain or not core.kind(rows[1]) then return nil end
  local columns, descending, addresses = {}, {}, {}
  for i, term in ipairs(terms) do
    columns[i], descending[i], addresses[i] = column_of(term, rows, missed), term.desc or false, term.unit == "addr"
  end
  return core.order(#rows, columns, descending, addresses)
end

return batch
