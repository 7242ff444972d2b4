-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where the rectangles of a treemap are: areas are as sizes are, and rectangles as near to squares as they can be when
-- they are laid in rows (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000).

-- The worst ratio of sides in a row of areas whose sum is `sum`, along a side of this length.
local function worst(least, most, sum, side)
  local square, all = side * side, sum * sum
  return math.max(square * most / all, all / (square * least))
end

-- How many items from `first` on make the best row along the shorter side, and their sum.
local function row_of(sizes, first, scale, side)
  local n, sum, ratio = 0, 0, math.huge
  local least, most = math.huge, 0
  for i = first, #sizes do
    local area = sizes[i] * scale
    least, most = math.min(least, area), math.max(most, area)
    local now = worst(least, most, sum + area, side)
    if now > ratio then break end
    n, sum, ratio = n + 1, sum + area, now
  end
  return n, sum
end

--- The rectangles of sizes, in their order; the row that is left at the end takes all that is left.
---@param sizes number[] above 0, the largest first
---@param x number left
---@param y number top
---@param w number
---@param h number
---@return {x: number, y: number, w: number, h: number}[]
return function(sizes, x, y, w, h)
  local total, rects, at = 0, {}, 1
  for _, size in ipairs(sizes) do total = total + size end
  local scale = total > 0 and w * h / total or 0
  while at <= #sizes and w > 0 and h > 0 do
    local is_wide = w >= h
    local side = is_wide and h or w
    local n, sum = row_of(sizes, at, scale, side)
    local depth, along = sum / side, 0
    for i = at, at + n - 1 do
      local length = sizes[i] * scale / depth
      rects[i] = is_wide and { x = x, y = y + along, w = depth, h = length }
        or { x = x + along, y = y, w = length, h = depth }
      along = along + length
    end
    if is_wide then x, w = x + depth, w - depth else y, h = y + depth, h - depth end
    at = at + n
  end
  return rects
end
