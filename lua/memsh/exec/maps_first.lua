-- SPDX-License-Identifier: GPL-3.0-or-later
-- What maps saves of reading smaps and other files: a process none of whose mappings meets the conditions that maps can
-- decide has no row. Whoever may have one is read anew, so that a row is of one reading alone.
local core = require "memsh.core"
local filter_columns = require "memsh.exec.filter_columns"
local listings = require "memsh.exec.listings"
local reference_mode = require "memsh.exec.reference_mode"
local schema = require "memsh.fields.schema"
local stage_needs = require "memsh.exec.stage_needs"

local maps_first = {}

-- maps costs a quarter of the smaps that it may save, so it pays where it saves every fourth.
local TRIED <const>, WORTH <const> = 32, 3 / 4

-- ---- conditions

-- Whether a condition needs nothing but maps, and what maps says it is false of stays so.
local function is_decided_by_maps(condition)
  if stage_needs.of_owner(condition) then return false end
  local ids, counters = schema.mapping:needs(condition.fields)
  return not counters and core.plan(ids) == 0 and condition.part.stays_false
end

--- Those of the conditions that maps can decide; nil where there are none.
---@param conditions memsh.Condition[]
---@return memsh.Condition[]|nil
function maps_first.conditions(conditions)
  local list, left_out = {}, {}
  for _, condition in ipairs(conditions) do
    if not condition.fields then break end -- a function may do anything, so nothing moves across it
    if is_decided_by_maps(condition) then
      list[#list + 1] = condition
    else
      left_out[condition.whole] = true
    end
  end
  for i, one in ipairs(list) do
    list[i] = { decide = one.decide, fields = one.fields, text = one.text,
      whole = left_out[one.whole] and one.part or one.whole }
  end
  return not reference_mode.plain and #list > 0 and list or nil
end

-- ---- listings

-- Whether a row of a listing may be one that is asked for.
local function has_any(self, listing)
  local view
  local function may_hold(place)
    view = view or listing:view()
    core.seek(view, place)
    for _, condition in ipairs(self.conditions) do
      if condition.decide(view) == false then return false end
    end
    return true
  end
  local next_places = self.sieve(listing, #listing)
  for places, n in next_places do
    for i = 1, n do
      if places[i] > 0 or may_hold(-places[i]) then return true end
    end
  end
  return false
end

-- Whether it is worth it is shown by the first processes.
local function count(self, kept)
  self.tried, self.kept = self.tried + 1, self.kept + kept
  if self.given_up or self.tried <= TRIED or self.kept <= WORTH * self.tried then return end
  self.given_up = true
  if self.step and not self.run.trace.dry then
    table.insert(self.run.trace.notes, ("most processes have %s: of the others all is read at once"):format(
      self.step.what))
  end
end

-- "small" where no mapping can be a row, "kernel" where it is a thread of the kernel.
local function settle(self, one)
  local listing, reason = core.await(one.listing)
  if not listing then return reason == "no_memory" and core.is_kernel(one.process) and "kernel" or nil end
  self.ahead:had(#listing)
  local is_sure = not listing:malformed() and not listing:inconsistent()
  local none = is_sure and not has_any(self, listing)
  listing:close()
  count(self, none and 0 or 1)
  return none and "small" or nil
end

local function following(self)
  local one = self.ahead:next()
  if not one or one.none then return one and one.process, one and one.none end
  local none, dry = nil, self.run.trace and self.run.trace.dry
  if not one.listing and (self.given_up or not dry) then
    if self.step then self.run.trace:passes(self.step, 1) end
    return one.process
  end
  local left = self.run:measure(self.step, { one.process }, 1, function()
    none = settle(self, one)
    return none and 0 or 1
  end)
  if dry then count(self, left) end
  return one.process, none or left == 0 and "small" or nil
end

--- Lists the mappings of processes ahead of what else is read of them.
---@param next_owner fun(): any, any the process, and whether it is ruled out
---@param conditions memsh.Condition[] of maps_first.conditions
---@return fun(): any, any the process, and "small" or "kernel" where nothing more is to be read
function maps_first.ahead(run, next_owner, conditions)
  local self = { run = run, conditions = conditions, tried = 0, kept = 0, given_up = false,
    sieve = filter_columns.sieve(conditions) }
  self.step = run:step(("some mapping with %s"):format(stage_needs.texts(conditions)), "maps")
  if self.step then run.trace:reads_ahead(self.step) end
  self.ahead = listings.ahead(run, next_owner, function(process)
    return not self.given_up and not core.is_frozen(process) and core.request(process, false, 0, true) or nil
  end)
  return function() return following(self) end
end

return maps_first
