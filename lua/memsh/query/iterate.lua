-- SPDX-License-Identifier: GPL-3.0-or-later
-- for row in set do
local core = require "memsh.core"
local named_columns = require "memsh.fields.named_columns"
local run = require "memsh.exec.run"

local iterate = {}

local iterating = setmetatable({}, { __mode = "k" })

-- A set is called with the row that it gave last; loops over one set may nest, as each row leads to its own loop.
local function each(set, row)
  local loop
  if row == nil then
    loop = { next_row = run.start(set) }
  else
    loop = iterating[row]
    if not loop then core.raise("this row is not one of the loop's") end
    iterating[row] = nil
  end
  local following = loop.next_row()
  if following == nil then return nil end
  following = run.keep(following)
  iterating[following] = loop
  return named_columns.attach(following, set.schema)
end

-- Frozen rows are the same objects in each loop, so their place says which is next.
local function iterate_frozen(set, row)
  local rows = set.from.rows
  if not set.from.places then
    set.from.places = {}
    for i, one in ipairs(rows) do set.from.places[one] = i end
  end
  return named_columns.attach(rows[row == nil and 1 or set.from.places[row] + 1], set.schema)
end

local function is_plain_list(set)
  if set.from.kind ~= "list" then return false end
  for _, stage in ipairs(set.stages) do
    if stage.op ~= "show" and stage.op ~= "total" or stage.shares then return false end
  end
  return true
end

--- The row after `row` in a loop over a set; the first where it is nil.
function iterate.step(set, row)
  if is_plain_list(set) then return iterate_frozen(set, row) end
  return each(set, row)
end

return iterate
