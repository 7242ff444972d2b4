-- SPDX-License-Identifier: GPL-3.0-or-later
-- How an accumulator is fed. The cheapest way is chosen here: of mappings, the rollups of their processes, else
-- their listings as a whole; else blocks of rows, or rows one by one.
local accumulator = require "memsh.exec.accumulator"
local lazy = require "memsh.util.lazy"
local reference_mode = require "memsh.exec.reference_mode"
local stage_needs = require "memsh.exec.stage_needs"

local use_rollup = lazy "memsh.exec.use_rollup"

local feed = {}

-- Whether conditions, or terms, on mappings are of their process alone.
local function all_of_owner(parts)
  for _, part in ipairs(parts) do
    if not stage_needs.of_owner(part) then return false end
  end
  return true
end

--- An accumulator for the grouping at `at`, which the source of its mappings may feed without rows; nil where no
--- grouping is there.
---@param set table a row set
---@param conditions memsh.Condition[] those on the mappings
---@param extra table|nil what will be read of the rows that come out
---@param elsewhere integer as for accumulator.new
function feed.of_mappings(run, set, at, conditions, extra, elsewhere)
  local stage = set.stages[at]
  if not stage or stage.op ~= "by" then return nil end
  local sums = accumulator.new(run, stage.grouping, elsewhere)
  if reference_mode.plain then return sums end
  sums.totals = all_of_owner(conditions) and all_of_owner(stage.terms)
    and use_rollup().totals(stage.grouping.aggregates) or nil
  if sums.totals then
    sums.totals.number = stage_needs.number(set, at + 1, extra)
  elseif #conditions == 0 then
    sums:take_listings()
  end
  return sums
end

--- The groups of rows.
---@param blocks memsh.Blocks|nil the rows in blocks: who takes them leaves the rows
function feed.groups(run, sums, next_row, blocks)
  local next_group
  return function()
    if next_group then return next_group() end
    run.on_undecided = function(row) sums:lose(row) end
    -- Mappings of a process that cannot be read are missing from its groups alone, where it is among the keys.
    run.on_lost_owner = sums.grouping.owned and run.on_undecided or nil
    if blocks and sums:takes_blocks(blocks) then
      for rows, places, n in blocks.next do sums:take_block(blocks, rows, places, n) end
    else
      for row in next_row do sums:take_row(row) end
    end
    run.on_undecided, run.on_lost_owner = nil, nil
    next_group = sums:result()
    return next_group()
  end
end

return feed
