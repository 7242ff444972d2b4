-- SPDX-License-Identifier: GPL-3.0-or-later
-- A list of numbers as a row of small bars, from 0 to the greatest of them; in ASCII where there is no UTF-8.
local core = require "memsh.core"

local BLOCKS <const> = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" }
local MARKS <const> = { "_", ".", "-", "=", "+", "*", "%", "#" }
local WIDTH <const> = 24 -- more numbers share a bar, which is as high as the greatest of them

local function bars_of(list)
  local n, bars = math.min(#list, WIDTH), {}
  for i, value in ipairs(list) do
    local at = (i - 1) * n // #list + 1
    bars[at] = math.max(bars[at] or value, value)
  end
  return bars
end

--- The bars. Numbers that are 0 have none.
---@param list number[]
---@return string
return function(list)
  local marks = core.escape "█" == "█" and BLOCKS or MARKS
  local bars, greatest = bars_of(list), 0
  for _, value in ipairs(bars) do greatest = math.max(greatest, value) end
  for i, value in ipairs(bars) do
    bars[i] = value <= 0 and " " or marks[math.max(1, math.ceil(value / greatest * #marks))]
  end
  return table.concat(bars)
end
