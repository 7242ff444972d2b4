-- SPDX-License-Identifier: GPL-3.0-or-later
-- pct(EXPRESSION) in show: of each row that show sees, its value in percent of the sum over all of them, whatever sort,
-- where and top leave of them afterwards.
local aggregates = require "memsh.exec.aggregates"
local core = require "memsh.core"

local shares = {}

local is_unknown = core.is_unknown

--- A value in percent of a sum: of one that is unknown, or no limit, that is unknown, and so it is of a sum of values
--- that cancel each other out.
---@param value number
---@param sum any
function shares.percent_of(value, sum)
  if is_unknown(sum) or sum == aggregates.NO_LIMIT then return core.unknown "too_large" end
  if sum == 0 then return value == 0 and 0.0 or core.unknown "too_large" end
  return 100.0 * value / sum
end

--- From how many rows something is missing in the sum that a share is of, and why; nil where nothing is, and of a share
--- of 0, which is 0 of any sum.
---@param whole {sum: any, missing: integer, reason: string}
---@return integer|nil
---@return string|nil
function shares.lacks(share, whole)
  if not whole or whole.missing == 0 or share == 0 or is_unknown(share) then return nil end
  return whole.missing, whole.reason
end

--- Gives a term that is pct(...) the share of a row: `term.share_of(row)`, once show has seen the row, and what it
--- lacks: `term.share_lacks(row)`. `term.wholes` has what it is of by row, as the rows of several runs may be at hand.
---@param term memsh.Term
function shares.prepare(term)
  local value_of, wholes = term.value, setmetatable({}, { __mode = "k" })
  term.wholes = wholes
  function term.share_of(row)
    local value = value_of(row)
    if value == nil or is_unknown(value) then return value end
    local whole = wholes[row]
    if whole == nil then return core.unknown "not_recorded" end
    return shares.percent_of(value, whole.sum)
  end
  function term.share_lacks(row) return shares.lacks(term.share_of(row), wholes[row]) end
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
      local value, missing = aggregates.result(sum, states[i], self.coverage:missing(), self.coverage:reason())
      local whole, wholes = { sum = value, missing = missing, reason = states[i].lost_to or self.coverage:reason() },
        sum.term.wholes
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
