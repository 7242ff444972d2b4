-- SPDX-License-Identifier: GPL-3.0-or-later
-- Rows grouped by keys, and aggregates of each group; a sum of all rows has no keys and one group. It takes rows one by
-- one, blocks of them by columns, whole listings without a row for each mapping, and processes whose rollups have what
-- all of their mappings have together. It does not matter which: the groups are the same.
local aggregates = require "memsh.exec.aggregates"
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"
local made_rows = require "memsh.fields.made_rows"
local schema = require "memsh.fields.schema"
local sort_keys = require "memsh.exec.sort_keys"

local address_spaces, columns = lazy "memsh.exec.address_spaces", lazy "memsh.exec.columns"

local accumulator = {}

local Accumulator = {}
Accumulator.__index = Accumulator

-- ---- groups

local function new_group(self, key, values)
  local group = { key = key, values = values, n = 0, procs = 0, pids = {}, states = {}, spaces = {},
    first = self.number, at = #self.list }
  for i = 1, #self.grouping.aggregates do group.states[i] = {} end
  self.by_key[key], self.list[#self.list + 1] = group, group
  return group
end

--- An accumulator, empty. It outlives an interrupted run of its rows, which then goes on with it.
---@param elsewhere integer how many rows were missing before, from another set
function accumulator.new(run, grouping, elsewhere)
  local self = setmetatable({ run = run, grouping = grouping, elsewhere = elsewhere, by_key = {}, list = {}, lost = {},
    lost_owners = {}, attributed = 0, number = 0, any_once = false }, Accumulator)
  if #grouping.terms == 0 then self.only = new_group(self, "", {}) end
  return self
end

local function group_of(self, values)
  local key = sort_keys.text_of(values, #self.grouping.terms)
  return self.by_key[key] or new_group(self, key, values)
end

local function group_of_row(self, row)
  local key, values = sort_keys.of_row(self.grouping.terms, row, self.run)
  return self.by_key[key] or new_group(self, key, values)
end

local function count_process(group, pid)
  if group.last == pid then return end
  group.last = pid
  if not group.pids[pid] then
    group.pids[pid] = true
    group.procs = group.procs + 1
  end
end

-- ---- rows

--- Takes a row, or a process for all of its mappings, with the totals of its rollup.
function Accumulator:take_row(row, totals)
  local group, grouping = self.only or group_of_row(self, row), self.grouping
  group.n = group.n + (totals and totals.number and row.mappings or 1)
  if grouping.counts_processes then count_process(group, machine.key(machine.of(row), row.pid)) end
  for i, aggregate in ipairs(grouping.aggregates) do
    local value
    if totals then value = totals.sum(row, i) else value = aggregate.term.value(row) end
    aggregates.take(aggregate, group.states[i], value, row, self.run, group.spaces, self.again)
  end
end

--- Takes that a row may be one of these rows. If its keys are known the group of those then lacks it; otherwise each
--- group may. (The mappings of a process in doubt are of no group that is known, unless the process has all keys.)
function Accumulator:lose(row)
  local is_owner = core.kind(row) ~= self.grouping.kind
  local terms = is_owner and self.grouping.owned or self.grouping.terms
  if is_owner and not self.grouping.owned then return end
  local key, _, reason = sort_keys.of_row(terms, row, self.run)
  if reason then return end
  local lost = is_owner and self.lost_owners or self.lost
  lost[key] = (lost[key] or 0) + 1
  self.attributed = self.attributed + 1
end

-- ---- blocks of rows

-- Numbers that are worked out may be whole or not, and lists are not one value.
local function is_key(term)
  local e = term.value
  return type(e) == "table" and (e.type == "text" or e.type == "boolean" or e.type == "number" and e.field ~= nil)
end

-- The groups of rows by their keys: those of equal value are one, of which only the first is made into a text.
local function finder(self, keys)
  local known, last = {}, #keys
  return function(i)
    local node = known
    for k = 1, last do
      local value = keys[k][i]
      local inner = node[value]
      if inner == nil then
        local values = {}
        for j = 1, k == last and last or 0 do values[j] = keys[j][i] end
        inner = k == last and group_of(self, values) or {}
        node[value] = inner
      end
      node = inner
    end
    return node
  end
end

--- Whether it takes blocks: keys and values are fields of the table, or expressions of those; a key may be of the
--- machine that all rows of a block are of.
---@param blocks memsh.Blocks
function Accumulator:takes_blocks(blocks)
  local of, grouping, keys, values = columns().new(), self.grouping, {}, {}
  local with_pids = grouping.counts_processes
  for i, term in ipairs(grouping.terms) do
    keys[i] = is_key(term) and (of:expression(term.value) or not blocks.mixed and of:of_machine(term.value))
    if not keys[i] then return false end
    with_pids = with_pids or #of.constants > 0
  end
  for i, aggregate in ipairs(grouping.aggregates) do
    values[i], with_pids = of:expression(aggregate.term.value), with_pids or aggregate.once
    if not values[i] or aggregate.is_spark then return false end
  end
  self.pids = with_pids and of:field(schema.process:field("pid").id)
  self.columns, self.values, self.find = of, values, finder(self, keys)
  return #of.ids <= columns().MOST
end

-- Whether the memory of this process was counted before, in this group.
local function was_counted(self, group, block, place, pid, value)
  if self.again ~= nil then return self.again end
  local spaces = group.spaces
  if spaces.pid ~= pid then
    spaces.pid, spaces.again = pid, address_spaces().was_counted(spaces, block.row(place), value, self.run)
  end
  return spaces.again
end

--- Takes a block of rows. One of which something is not known goes by itself, in its turn.
---@param block memsh.Blocks that it is of
function Accumulator:take_block(block, rows, places, n)
  local first, pids, values, find = self.columns.fields[1], self.pids, self.values, self.find
  local list, counts_processes, only = self.grouping.aggregates, self.grouping.counts_processes, self.only
  if not first then
    only.n = only.n + n
    return
  end
  local _, lacks_key = self.columns:fill(rows, places, n, self.run.source)
  for i = 1, n do
    if first[i] == nil or lacks_key then
      self:take_row(block.row(places[i]))
    else
      local group, pid = only or find(i), pids and machine.key(self.run.source, pids[i])
      group.n = group.n + 1
      if counts_processes then count_process(group, pid) end
      for a = 1, #list do
        local aggregate, state, value = list[a], group.states[a], values[a][i]
        state.any = true
        if not (aggregate.once and value ~= 0 and was_counted(self, group, block, places[i], pid, value)) then
          aggregate.step(state, value, aggregate.less)
        end
      end
    end
  end
end

-- ---- listings

--- Has it take listings, where keys and values are fields as they are. `like` is what sums them while they are read.
function Accumulator:take_listings()
  local ids, summed, once = {}, {}, {}
  for _, term in ipairs(self.grouping.terms) do
    local id = columns().field_of(term.value)
    if not (id or term.owned) then return end
    if not term.owned then ids[#ids + 1] = id end
  end
  for i, aggregate in ipairs(self.grouping.aggregates) do
    local id, field = columns().field_of(aggregate.term.value)
    if not id or field.owner or not aggregates.takes_sums(aggregate) then return end
    summed[i], once[i] = id, aggregate.once
    self.any_once = self.any_once or aggregate.once
  end
  local function create() return core.tally(ids, summed, once, self.run.source:is_live()) end
  self.like = create()
  self.listings = self.like and { by_key = {}, list = {}, create = create }
end

-- The tally for processes with the keys of this one; nil where one is not known.
local function tally_of(self, listing)
  local key, values, reason, listings = "", nil, nil, self.listings
  if self.grouping.owned then key, values, reason = sort_keys.of_row(self.grouping.owned, listing:view()) end
  if reason then return nil end
  local found = listings.by_key[key]
  if not found then
    found = { tally = listings.create(), values = values, spaces = {} }
    listings.by_key[key], listings.list[#listings.list + 1] = found, found
  end
  return found
end

--- Takes a listing whole. False where its rows are to be taken instead.
---@param process any whose it is
function Accumulator:take_listing(listing, process)
  self.number = self.number + 1
  local found = tally_of(self, listing)
  self.again = found and self.any_once and address_spaces().is_again(found.spaces, process, self.run)
  local taken = self.again ~= nil and found.tally:add(listing, self.number, self.again)
  if found and not taken then self.like = nil end -- nor may it be for the next ones, which would be read twice
  return taken
end

-- Adds the groups of a tally.
local function add_tally(self, one)
  for at = 1, #one.tally do
    local found = { one.tally:group(at) }
    local first, n, procs, values, next_owned, next_key = found[1], found[2], found[3], {}, 0, 3
    for i, term in ipairs(self.grouping.terms) do
      if term.owned then
        next_owned = next_owned + 1
        values[i] = one.values[next_owned]
      else
        next_key = next_key + 1
        values[i] = found[next_key]
      end
    end
    local group = group_of(self, values)
    group.n, group.procs = group.n + n, group.procs + procs
    if first <= group.first then group.first, group.at = first, at end
    for i, aggregate in ipairs(self.grouping.aggregates) do
      aggregates.take_sums(aggregate, group.states[i], one.tally:total(at, i))
    end
  end
end

-- Adds all tallies. Groups come in the order in which they were met.
local function add_tallies(self)
  local list = self.listings.list
  while #list > 0 do add_tally(self, table.remove(list)) end
  table.sort(self.list, function(a, b)
    if a.first ~= b.first then return a.first < b.first end
    return a.at < b.at
  end)
end

-- ---- the result

-- How many rows are missing from a group that may not be missing from others.
local function lost_of(self, group)
  local lost = self.lost[group.key] or 0
  if not next(self.lost_owners) then return lost end
  local values, n = {}, 0
  for i, term in ipairs(self.grouping.terms) do
    if term.owned then n, values[n + 1] = n + 1, group.values[i] end
  end
  return lost + (self.lost_owners[sort_keys.text_of(values, n)] or 0)
end

local function row_of(self, group, lost, reason)
  local grouping = self.grouping
  local row, is_counted = made_rows.new(grouping.names), not self.totals or self.totals.number
  for i, term in ipairs(grouping.terms) do rawset(row, term.name, group.values[i]) end
  if grouping.counts_rows then
    made_rows.put(row, "n", is_counted and group.n or core.unknown("not_recorded", "n"), lost, reason, true)
  end
  if grouping.counts_processes then made_rows.put(row, "procs", group.procs, lost, reason, true) end
  for i, aggregate in ipairs(grouping.aggregates) do
    local state = group.states[i]
    local value, missing = aggregates.result(aggregate, state, lost, reason)
    made_rows.put(row, aggregate.name, value, missing, state.lost_to or reason, aggregate.at_least)
  end
  return row
end

-- Whether each group is of one machine, so that those that could not be read are missing from none.
local function knows_hosts(grouping)
  for _, term in ipairs(grouping.terms) do
    if term.fields and #term.fields == 1 and term.fields[1] == "host" then return true end
  end
  return false
end

--- The groups, when all rows were taken: a function that gives the next one as a row, in the order in which they were
--- met.
function Accumulator:result()
  if self.listings then add_tallies(self) end
  local seen, at = self.run.coverage, 0
  local everywhere = seen:missing() - self.elsewhere - self.attributed
  if knows_hosts(self.grouping) then everywhere = everywhere - #seen.lost_hosts end
  return function()
    at = at + 1
    local group = self.list[at]
    return group and row_of(self, group, everywhere + lost_of(self, group), seen:reason())
  end
end

return accumulator
