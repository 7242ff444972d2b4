-- SPDX-License-Identifier: GPL-3.0-or-later
-- Rows in an order: all of them by columns, or as they come where only the first few are asked for.
local filter_columns = require "memsh.exec.filter_columns"
local core = require "memsh.core"
local sort_keys = require "memsh.exec.sort_keys"

local sorting = {}

-- The key values of a row, and its place, which decides among equals: rows come by pid and address.
local function entry_of(self, stage, row, at)
  local entry = { at = at }
  for i, term in ipairs(stage.terms) do entry[i] = self:value(term, row) end
  return entry
end

local function before(stage)
  local orders = {}
  for i, term in ipairs(stage.terms) do orders[i] = sort_keys.order(term.unit, term.desc) end
  return function(a, b)
    for i = 1, #orders do
      local sign = orders[i](a[i], b[i])
      if sign ~= 0 then return sign < 0 end
    end
    return a.at < b.at
  end
end

local function cut(entries, n)
  for i = #entries, n + 1, -1 do entries[i] = nil end
end

-- What is read after a sort and a top() is read for the rows that are left. Their order is that of the values that they
-- then have; those that have gone meanwhile are left out.
local function load_rest(self, entries, stage, less)
  local rows, left, changed = {}, {}, false
  for i, entry in ipairs(entries) do rows[i] = entry.row end
  core.load(rows, 1, #rows, stage.rest)
  for _, entry in ipairs(entries) do
    local row = entry.row
    if core.is_gone(row, stage.rest) then
      self.coverage:note(row.pid, "gone")
    elseif core.revision(row) > 0 then
      left[#left + 1], changed = entry_of(self, stage, row, entry.at), true
      left[#left].row = row
    else
      left[#left + 1] = entry
    end
  end
  if changed then table.sort(left, less) end
  return left
end

-- The places of rows in their order, by a comparison of two at a time.
local function order_by_comparison(self, rows, stage)
  local entries, places = {}, {}
  for i, row in ipairs(rows) do entries[i] = entry_of(self, stage, row, i) end
  table.sort(entries, before(stage))
  for i, entry in ipairs(entries) do places[i] = entry.at end
  return places
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
    places = filter_columns.order(rows, stage.terms, missed) or order_by_comparison(self, rows, stage)
    return places
  end
  return function()
    at = at + 1
    local place = order()[at]
    return place and rows[place]
  end, filter_columns.in_order(rows, order)
end

--- Rows in the order of stage.terms. `stage.keep`: how many rows are asked for after it; no more are held than twice
--- as many, and none that comes after the last of them. `stage.rows`: all rows, where they are at hand.
---@param self table the run
---@param keep fun(row: any): any makes a row outlive the next one
function sorting.rows(self, next_row, stage, keep)
  if stage.rows or not stage.keep then return sort_all(self, next_row, stage, keep) end
  local entries, at, sorted, last = {}, 0, nil, nil
  local less, most = before(stage), math.max(2 * stage.keep, 64)
  local function take(entry, row)
    entry.row = keep(row)
    entries[#entries + 1] = entry
    if #entries >= most then
      table.sort(entries, less)
      cut(entries, stage.keep)
      last = entries[stage.keep]
    end
  end
  local function finish()
    table.sort(entries, less)
    if stage.rest then
      cut(entries, stage.keep)
      entries = load_rest(self, entries, stage, less)
    end
    sorted, at = true, 0
  end
  local function collect()
    for row in next_row do
      at = at + 1
      local entry = entry_of(self, stage, row, at)
      if not last or less(entry, last) then take(entry, row) end
    end
    finish()
  end
  return function()
    if not sorted then collect() end
    at = at + 1
    local entry = entries[at]
    entries[at] = nil
    return entry and entry.row
  end
end

return sorting
