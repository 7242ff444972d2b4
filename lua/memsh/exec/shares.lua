-- SPDX-License-Identifier: GPL-3.0-or-later
-- pct(EXPRESSION) in show: of each row that show sees, its value in percent of the sum over all of them, whatever sort,
-- where and top leave of them afterwards.
local aggregates = require "memsh.exec.aggregates"
local core = require "memsh.core"

local shares = {}

local is_unknown = core.is_unknown

--- A value in percent of a sum: of one that is unknown, or no limit, that is unknown.
---@param value number
---@param sum any
function shares.percent_of(value, sum)
  if is_unknown(sum) or sum == aggregates.NO_LIMIT then return core.unknown "too_large" end
  return sum ~= 0 and 100 * value / sum or 0.0
end

--- Gives a term that is pct(...) the share of a row: `term.share_of(row)`, once show has seen the row. `term.wholes`
--- has the sum by row, as the rows of several runs may be at hand.
---@param term memsh.Term
function shares.prepare(term)
  local value_of, wholes = term.value, setmetatable({}, { __mode = "k" })
  term.wholes = wholes
  function term.share_of(row)
    local value = value_of(row)
    if value == nil or is_unknown(value) then return value end
    local whole = wholes[row]
    if whole == nil then return core.unknown "not_recorded" end
    return shares.percent_of(value, whole)
  end
end

--- The rows of a show that has shares: all of them are taken before the first is given.
---@param self table the run
---@param next_row fun(): any
---@param stage table
---@param keep fun(row: any): any makes a row outlive the next one
function shares.rows(self, next_row, stage, keep)
  local rows, sums, states, spaces, at = {}, {}, {}, {}, nil
  for i, term in ipairs(stage.shares) do
    sums[i], states[i] = aggregates.of("sum", term, stage.rows), {}
  end
  local function take_all()
    for row in next_row do
      row = keep(row)
      rows[#rows + 1] = row
      for i, sum in ipairs(sums) do aggregates.take(sum, states[i], sum.term.value(row), row, self, spaces) end
    end
    for i, sum in ipairs(sums) do
      local whole, wholes = aggregates.result(sum, states[i], 0), sum.term.wholes
      for _, row in ipairs(rows) do wholes[row] = whole end
    end
  end
  return function()
    if not at then
      take_all()
      at = 0
    end
    at = at + 1
    return rows[at]
  end
end

return shares
