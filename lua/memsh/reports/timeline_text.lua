-- SPDX-License-Identifier: GPL-3.0-or-later
-- The timeline for a terminal: a line for each span of time, with a bar in which each name is a letter.
local core = require "memsh.core"
local moments = require "memsh.expr.moments"
local page = require "memsh.html.page"
local plural = require "memsh.util.plural"
local timeline = require "memsh.analysis.timeline"

local size = page.size

local LETTERS <const> = "ABCDEFGH"
local REST <const> = "."

-- The date only where it is another one than that of the line before.
local function clock(time, before)
  local text = moments.text(time)
  if before and moments.text(before):sub(1, 10) == text:sub(1, 10) then return (" "):rep(11) .. text:sub(12) end
  return text
end

-- ---- lines: the points of each are those of an equal part of the time; the one with most memory is drawn

local function add(line, point)
  if not line.point or point.total > line.point.total then line.point = point end
  line.kills = line.kills + point.kills
  line.pressure = math.max(line.pressure, point.pressure or 0)
  line.is_apart = line.is_apart or point.is_apart
end

local function lines_of(points, most)
  local first, last = points[1].time, points[#points].time
  local width = math.max((last - first) / most, 0.001)
  local lines, at = {}, nil
  for _, point in ipairs(points) do
    local this = #points <= most and #lines or math.min((point.time - first) // width, most - 1)
    if this ~= at or #points <= most then
      lines[#lines + 1] = { kills = 0, pressure = 0 }
      at = this
    end
    add(lines[#lines], point)
  end
  return lines
end

-- ---- one bar

-- Cells of a bar: each part ends where the sum so far does, so that rounding does not add up.
local function bar(self, point, cells, most)
  local out, sum, at = {}, 0, 0
  local function part(letter, value)
    sum = sum + value
    local stop = most > 0 and math.floor(cells * sum / most + 0.5) or 0
    if stop > at then out[#out + 1], at = letter:rep(stop - at), stop end
  end
  for i, name in ipairs(self.names) do part(LETTERS:sub(i, i), point.values[name] or 0) end
  part(REST, timeline.rest(self, point))
  return table.concat(out) .. (" "):rep(cells - at)
end

local function marks(line)
  local parts = {}
  if line.kills > 0 then parts[1] = plural(line.kills, "OOM kill") end
  if line.pressure >= 0.5 then parts[#parts + 1] = ("pressure %.0f %%"):format(line.pressure) end
  local swap = line.point.swap_used
  if swap and swap > 0 then parts[#parts + 1] = "swap " .. size(swap) end
  return table.concat(parts, ", ")
end

-- ---- all of it

local function legend(self)
  local out = {}
  local function line(letter, name, last, most, when)
    out[#out + 1] = ("  %s %-24s %8s   most %8s at %s"):format(letter, name, size(last), size(most),
      moments.text(when))
  end
  local last = self.points[#self.points]
  for i, name in ipairs(self.names) do
    line(LETTERS:sub(i, i), core.escape(name), last.values[name] or 0, timeline.highest(self, name))
  end
  if self.others > 0 then
    line(REST, plural(self.others, "other"), timeline.rest(self, last), timeline.highest(self))
  end
  return table.concat(out, "\n")
end

local OTHER_LINES <const> = 18
local BESIDE <const> = 30 -- columns of a line that are neither bar nor marks

-- The marks of each line, and how wide a bar may be beside the longest.
local function marks_of(lines, width)
  local list, longest = {}, 0
  for i, line in ipairs(lines) do
    list[i] = marks(line)
    longest = math.max(longest, #list[i])
  end
  return list, math.max(10, width - BESIDE - longest)
end

---@param self memsh.Timeline
---@param width integer columns of the terminal
---@param height integer its lines
---@return string
return function(self, width, height)
  local first, last = self.points[1], self.points[#self.points]
  local out = { ("%s by %s: %s, %s to %s"):format(self.of, self.by, self.host and core.escape(self.host) or "?",
    moments.text(first.time), moments.text(last.time)), timeline.MEANING[self.of] }
  local lines, most = lines_of(self.points, math.max(8, height - OTHER_LINES)), 0
  for _, line in ipairs(lines) do most = math.max(most, line.point.total) end
  local list, cells = marks_of(lines, width)
  local before
  for i, line in ipairs(lines) do
    if line.is_apart then out[#out + 1] = "  --" end
    out[#out + 1] = ("%s %7s %s %s"):format(clock(line.point.time, before), size(line.point.total),
      bar(self, line.point, cells, most), list[i]):gsub("%s+$", "")
    before = line.point.time
  end
  if #lines < #self.points then
    out[#out + 1] = ("Of %d moments each line is the one with the most memory in its part of the time."):format(
      #self.points)
  end
  out[#out + 1] = legend(self)
  table.move(timeline.notes(self), 1, 9, #out + 1, out)
  return table.concat(out, "\n")
end
