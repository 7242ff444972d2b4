-- SPDX-License-Identifier: GPL-3.0-or-later
-- How fast a value grows: the median of the slopes between all pairs of points (Theil, Sen), which a quarter of the
-- points may be wrong without moving far, and Sen's interval of 95 % by Kendall's statistic. It takes the points as
-- independent; what goes up and down slowly is less sure than the interval says.

local NORMAL <const> = 1.959963984540054 -- of 95 %, both sides

local function slopes_of(times, values)
  local slopes = {}
  for i = 1, #times do
    for j = i + 1, #times do
      if times[j] > times[i] then slopes[#slopes + 1] = (values[j] - values[i]) / (times[j] - times[i]) end
    end
  end
  table.sort(slopes)
  return slopes
end

local function median(sorted)
  local n = #sorted
  return n % 2 == 1 and sorted[n // 2 + 1] or (sorted[n // 2] + sorted[n // 2 + 1]) / 2
end

-- The variance of Kendall's statistic, less that of values that occur more than once.
local function variance(values)
  local n, counts = #values, {}
  local sum = n * (n - 1) * (2 * n + 5)
  for _, value in ipairs(values) do counts[value] = (counts[value] or 0) + 1 end
  for _, k in pairs(counts) do sum = sum - k * (k - 1) * (2 * k + 5) end
  return sum / 18
end

--- The slope per unit of time, and the ends of its interval; nil of fewer than two points.
---@param times number[] ascending
---@param values number[]
---@return number|nil
---@return number|nil
---@return number|nil
return function(times, values)
  local slopes = slopes_of(times, values)
  if #slopes == 0 then return nil end
  local half = NORMAL * math.sqrt(variance(values))
  local low = math.max(math.floor((#slopes - half) / 2 + 0.5), 1)
  local high = math.min(math.floor((#slopes + half) / 2 + 0.5) + 1, #slopes)
  return median(slopes), slopes[low], slopes[high]
end
