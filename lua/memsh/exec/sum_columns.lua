-- SPDX-License-Identifier: GPL-3.0-or-later
-- Sums and groups of rows that are at hand in blocks, by columns: no row is looked at by itself but those of which
-- something is not known, which go the ordinary way, in their turn.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local schema = require "memsh.fields.schema"

local address_spaces = lazy "memsh.exec.address_spaces"

local sum_columns = {}

local MOST_COLUMNS <const> = 32

-- ---- columns

-- The place of a field among those that are taken.
local function column(self, id)
  if not self.at[id] then
    self.ids[#self.ids + 1], self.columns[#self.columns + 1] = id, {}
    self.at[id] = #self.ids
  end
  return self.columns[self.at[id]]
end

-- Where the values of a term come to stand; nil where it is more than an expression of fields of the table.
local function add_term(self, term)
  local e = type(term.value) == "table" and term.value
  if not e then return nil end
  if e.field and math.type(e.field.id) == "integer" then return column(self, e.field.id) end
  if not e.batch then return nil end
  local one = { run = e.batch.run, values = {}, columns = {} }
  for i, id in ipairs(e.batch.ids) do one.columns[i] = column(self, id) end
  self.worked_out[#self.worked_out + 1] = one
  return one.values
end

-- Fills all columns with n rows. Where something of a row is not known, nil stands in the first.
local function fill(self, rows, places, n)
  core.columns(rows, places, n, self.ids, self.columns)
  for _, one in ipairs(self.worked_out) do one.run(n, one.values, table.unpack(one.columns)) end
end

-- Numbers that are worked out may be whole or not, and lists are not one value.
local function is_key(term)
  local e = term.value
  return e.type == "text" or e.type == "boolean" or e.type == "number" and e.field ~= nil
end

-- The columns of these terms, or nil.
local function columns_of(terms, aggregates, with_pids)
  local self = { ids = {}, columns = {}, at = {}, worked_out = {}, keys = {}, values = {} }
  for i, term in ipairs(terms) do
    self.keys[i] = add_term(self, term)
    if not self.keys[i] or not is_key(term) then return nil end
  end
  for i, aggregate in ipairs(aggregates) do
    self.values[i] = add_term(self, aggregate.term)
    if not self.values[i] then return nil end
    with_pids = with_pids or aggregate.once
  end
  if with_pids then self.pids = column(self, schema.process:field("pid").id) end
  return #self.ids > 0 and #self.ids <= MOST_COLUMNS and self or nil
end

-- ---- aggregates

-- Whether the memory of this process was counted before, in the group of which `whole` is.
local function is_again(whole, run, by, place, pid, value)
  if whole.pid ~= pid then
    whole.pid, whole.again = pid, address_spaces().was_counted(whole, by.row(place), value, run)
  end
  return whole.again
end

--- One aggregate over all rows. `take` takes one by itself. False where that can't be.
---@param by memsh.Blocks
---@param run table
---@param aggregate table
---@param state table what group.take works on
---@param whole table likewise
---@param take fun(row: any)
---@return boolean
function sum_columns.whole(by, run, aggregate, state, whole, take)
  local self = columns_of({}, { aggregate })
  if not self then return false end
  local values, first, pids = self.values[1], self.columns[1], self.pids
  local once, step, less = aggregate.once, aggregate.kind.step, aggregate.less
  for rows, places, n in by.next do
    fill(self, rows, places, n)
    for i = 1, n do
      local value = values[i]
      if first[i] == nil then
        take(by.row(places[i]))
      elseif not (once and value ~= 0 and is_again(whole, run, by, places[i], pids[i], value)) then
        state.any = true
        step(state, value, less)
      end
    end
  end
  return true
end

-- What finds the group of the i-th row: keys of equal value are one key, of which only the first is made into a text.
local function finder(keys, group_at)
  local known, last = {}, #keys
  return function(i)
    local node = known
    for k = 1, last do
      local value = keys[k][i]
      local inner = node[value]
      if inner == nil then
        if k == last then
          local values = {}
          for j = 1, last do values[j] = keys[j][i] end
          inner = group_at(values)
        else
          inner = {}
        end
        node[value] = inner
      end
      node = inner
    end
    return node
  end
end

--- Groups rows. False where that can't be.
---@param by memsh.Blocks
---@param run table
---@param plan table as for group.rows
---@param group_at fun(values: any[]): table the group of these keys, which is made where there is none
---@param take fun(row: any) takes one by itself
---@param count_process fun(found: table, pid: integer) notes a process of a group
---@return boolean
function sum_columns.groups(by, run, plan, group_at, take, count_process)
  local self = #plan.terms > 0 and columns_of(plan.terms, plan.aggregates, plan.counts_processes)
  if not self then return false end
  local first, pids, group_of = self.columns[1], self.pids, finder(self.keys, group_at)
  local function add(found, i, place)
    found.n = found.n + 1
    if plan.counts_processes then count_process(found, pids[i]) end
    for a, aggregate in ipairs(plan.aggregates) do
      local state, value = found.states[a], self.values[a][i]
      state.any, state.missing = true, state.missing or 0
      if not (aggregate.once and value ~= 0 and is_again(found.whole, run, by, place, pids[i], value)) then
        aggregate.kind.step(state, value, aggregate.less)
      end
    end
  end
  for rows, places, n in by.next do
    fill(self, rows, places, n)
    for i = 1, n do
      if first[i] == nil then take(by.row(places[i])) else add(group_of(i), i, places[i]) end
    end
  end
  return true
end

return sum_columns
