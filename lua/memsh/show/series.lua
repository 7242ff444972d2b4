-- SPDX-License-Identifier: GPL-3.0-or-later
-- A line: a number over time, drawn with the characters of a terminal, two dots wide and four high each (braille), or
-- with stars where it has no such characters.
local series = {}

-- The bit of each dot of a braille character, by row and column.
local DOTS <const> = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } }
local BRAILLE <const> = 0x2800

-- A canvas of characters: `set` marks a dot, counted from 1 at the top left.
local function canvas(width, height, is_plain)
  local across, down = is_plain and 1 or 2, is_plain and 1 or 4
  local cells = {}
  for row = 1, height do cells[row] = {} end
  return {
    width = width * across, height = height * down,
    set = function(x, y)
      local row, column = (y - 1) // down + 1, (x - 1) // across + 1
      cells[row][column] = (cells[row][column] or 0) | DOTS[(y - 1) % down + 1][(x - 1) % across + 1]
    end,
    line = function(row)
      local text = {}
      for column = 1, width do
        local bits = cells[row][column]
        text[column] = not bits and " " or is_plain and "*" or utf8.char(BRAILLE + bits)
      end
      return (table.concat(text):gsub("%s+$", ""))
    end,
  }
end

-- The column of dots of a time, the row of a value.
local function scale(value, from, to, dots)
  if to == from then return (dots + 1) // 2 end
  return 1 + math.floor((value - from) / (to - from) * (dots - 1) + 0.5)
end

-- Marks what lies between two neighbours, so that the line has no holes.
local function connect(canvas_of, last, x, y)
  local steps = math.max(math.abs(x - last.x), math.abs(y - last.y), 1)
  for i = 1, steps do
    local part = i / steps
    canvas_of.set(last.x + math.floor((x - last.x) * part + 0.5), last.y + math.floor((y - last.y) * part + 0.5))
  end
end

--- The lines of a picture of points, in the order of time. A point without a value, which is unknown, breaks the line.
---@param points {time: number, value: number|nil}[]
---@param low number at the bottom
---@param high number at the top
---@param width integer characters
---@param height integer
---@param is_plain boolean whether only ASCII may be used
---@return string[]
function series.lines(points, low, high, width, height, is_plain)
  local out, last, lines = canvas(width, height, is_plain), nil, {}
  local from, to = points[1].time, points[#points].time
  for _, point in ipairs(points) do
    if point.value then
      local x = scale(point.time, from, to, out.width)
      local y = out.height + 1 - scale(point.value, low, high, out.height)
      if last then connect(out, last, x, y) else out.set(x, y) end
      last = { x = x, y = y }
    else
      last = nil
    end
  end
  for row = 1, height do lines[row] = out.line(row) end
  return lines
end

return series
