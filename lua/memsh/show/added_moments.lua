-- SPDX-License-Identifier: GPL-3.0-or-later
-- Sums of the rows of every moment have what was there all the time once for each moment, which is seldom meant.

local TEXT <const> = "the moments are added up; by\"time\" has the sum of each"

-- Whether a grouping adds up, and does not part the moments.
local function adds(stage)
  for _, term in ipairs(stage.terms or {}) do
    for _, field in ipairs(term.fields or { term.name }) do
      if field == "time" then return false end
    end
  end
  for _, one in ipairs(stage.grouping.aggregates) do
    if one.how == "sum" then return true end
  end
  return false
end

--- What is to be known of the sums of a row set; nil where there is nothing.
---@param set memsh.RowSet
---@return string|nil
return function(set)
  if not set.from.over then return nil end
  for _, stage in ipairs(set.stages) do
    if stage.op == "distinct" then return nil end
    if stage.op == "by" then return adds(stage) and TEXT or nil end
  end
  return nil
end
