-- SPDX-License-Identifier: GPL-3.0-or-later
-- Sums and groups over mappings that are made of whole listings, without a row for each mapping: where what is asked
-- are fields as they are, and every number is known. Mostly they are made while a listing is read, and none of it is
-- kept. Whatever else there is goes row by row.
local core = require "memsh.core"
local sort_keys = require "memsh.exec.sort_keys"
local lazy = require "memsh.util.lazy"
local reference_mode = require "memsh.exec.reference_mode"

local address_spaces = lazy "memsh.exec.address_spaces"

local sum_listings = {}

local Bulk = {}
Bulk.__index = Bulk

local SUMMED <const> = { sum = true, avg = true, min = true, max = true }

-- The field that a term is, and nothing else.
local function field_of(term)
  local e = term.value
  local field = type(e) == "table" and e.field
  return field and math.type(field.id) == "integer" and not field.owner and field.id or nil
end

-- Where the keys come from: true of the process, false of the mapping.
local function split(terms, of_owner)
  local owned, ids = {}, {}
  for i, term in ipairs(terms) do
    owned[i] = of_owner(term)
    if not owned[i] then
      local id = field_of(term)
      if not id then return nil end
      ids[#ids + 1] = id
    end
  end
  return owned, ids
end

--- How these aggregates over mappings can be made of whole listings; nil where they can't.
---@param terms memsh.Term[] what they are grouped by
---@param aggregates table[]
---@param of_owner fun(one: {fields: string[]|nil}): boolean whether something is asked of the process alone
function sum_listings.of(terms, aggregates, of_owner)
  if reference_mode.plain then return nil end
  local owned, ids = split(terms, of_owner)
  if not owned then return nil end
  local summed, once, any_once = {}, {}, false
  for i, aggregate in ipairs(aggregates) do
    summed[i], once[i] = SUMMED[aggregate.how] and field_of(aggregate.term), aggregate.once or false
    any_once = any_once or once[i]
    if not summed[i] then return nil end
  end
  local function create() return core.tally(ids, summed, once) end
  local like = create()
  if not like then return nil end
  return setmetatable({ like = like, terms = terms, owned = owned, create = create, tallies = {}, list = {},
    number = 0, any_once = any_once }, Bulk)
end

-- The tally for processes like this one, and the address spaces in it.
local function tally_of(self, listing)
  if self.only then return self.only end
  local view = listing:view()
  local values, parts = {}, {}
  for i, term in ipairs(self.terms) do
    if self.owned[i] then
      local value = term.value(view)
      if not core.known(value) then return nil end
      values[i], parts[#parts + 1] = value, sort_keys.text(value)
    end
  end
  local key = table.concat(parts, "\1")
  local found = self.tallies[key]
  if not found then
    found = { tally = self.create(), values = values, spaces = {} }
    self.tallies[key] = found
    self.list[#self.list + 1] = found
  end
  if #parts == 0 then self.only = found end
  return found
end

local function add(self, listing, pid)
  self.number = self.number + 1
  local found = tally_of(self, listing)
  self.again = found and self.any_once and address_spaces().is_again(found.spaces, pid)
  local taken = self.again ~= nil and found.tally:add(listing, self.number, self.again)
  if found and not taken then self.like = nil end -- nor is it to be hoped for of the next ones, which were read twice
  return taken
end

--- Takes a listing as a whole, if that can be. If not its rows are to be given: it is then there with all that they
--- have, or the reason why it is not.
---@param listing any
---@param process any whose it is
---@param run table
---@param step table|nil of a run that is explained
---@param work {counters: boolean, files: integer} what is read of it
---@return boolean taken
---@return any listing
---@return string|nil reason
function Bulk:take(listing, process, run, step, work)
  local taken = #listing > 0 and add(self, listing, process.pid)
  if taken or not listing:is_folded() or #listing == 0 then return taken, listing, nil end
  local whole, reason
  listing:close()
  run:read(step, function() whole, reason = core.listing(process, work.counters, work.files) end)
  return false, whole, reason
end

--- The groups that were summed: each with its `values`, `first` (the listing that it came from first) and `at` (its
--- place there), `n`, `procs` and `total(i)`, which gives what was summed of the i-th aggregate.
---@param self table|nil
function sum_listings.groups(self)
  return coroutine.wrap(function()
    for _, one in ipairs(self and self.list or {}) do
      for at = 1, #one.tally do
        local found = { one.tally:group(at) }
        local values, key = {}, 3
        for i, owned in ipairs(self.owned) do
          if not owned then key = key + 1 end
          values[i] = owned and one.values[i]
          if not owned then values[i] = found[key] end
        end
        coroutine.yield { first = found[1], at = at, n = found[2], procs = found[3], values = values,
          total = function(i) return one.tally:total(at, i) end }
      end
    end
  end)
end

return sum_listings
