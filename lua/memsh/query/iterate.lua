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

-- Their places by row.
local function places_of(rows)
  local places = {}
  for i, one in ipairs(rows) do places[one] = i end
  return places
end

-- Frozen rows are the same objects in each loop, so their place says which is next.
local function iterate_frozen(set, row)
  local from = set.from
  from.places = from.places or places_of(from.rows)
  return named_columns.attach(from.rows[row == nil and 1 or from.places[row] + 1], set.schema)
end

-- What stages left of frozen rows, by set, when the last loop over it began.
local left = setmetatable({}, { __mode = "k" })

local function iterate_left(set, row)
  if row == nil then
    local rows = {}
    for one in run.start(set) do rows[#rows + 1] = run.keep(one) end
    left[set] = { rows = rows, places = places_of(rows) }
  end
  local found = left[set]
  local place = row == nil and 0 or found and found.places[row]
  if not place then core.raise("this row is not one of the loop's") end
  return named_columns.attach(found.rows[place + 1], set.schema)
end

-- Stages that give the rows that they are given.
local PASSES <const> = {}
for op in ("where sort top skip distinct show total"):gmatch "%a+" do PASSES[op] = true end

local function passes(stage)
  return PASSES[stage.op]
end

-- Whether it gives all rows, as they come.
local function only_shows(stage)
  return stage.op == "show" and not stage.shares or stage.op == "total"
end

local function all_stages(set, are)
  for _, stage in ipairs(set.stages) do
    if not are(stage) then return false end
  end
  return true
end

--- The row after `row` in a loop over a set; the first where it is nil.
function iterate.step(set, row)
  if set.from.kind ~= "list" then return each(set, row) end
  if all_stages(set, only_shows) then return iterate_frozen(set, row) end
  return (all_stages(set, passes) and iterate_left or each)(set, row)
end

return iterate
