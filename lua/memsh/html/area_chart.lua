-- SPDX-License-Identifier: GPL-3.0-or-later
-- Values over time as areas, one upon the other, with a second strip of percentages below, and marks. Pointing at a
-- moment, or touching it, shows its numbers: the style sheet does that.
local page = require "memsh.html.page"

local escape, size = page.escape, page.size

-- For a desk, paper or a tablet, a phone: letters are as large on each.
local FORMS <const> = { { "desk", 1200, 460 }, { "paper", 720, 400 }, { "phone", 360, 380 } }

local LEFT <const>, TOP <const>, BELOW <const>, STRIP <const> = 52, 22, 22, 46

local LINE <const>, LETTER <const> = 15, 6.6

--- Rules of the page that has such a picture.
local STYLE <const> = [[

svg .axis { fill: var(--muted) } svg .grid { stroke: var(--line); stroke-width: 1 }
svg .bound { fill: none; stroke: var(--ink); stroke-width: 1.6; stroke-dasharray: 5 3 }
svg .kill { stroke: var(--crit); stroke-width: 1.4 } svg .skull { fill: var(--crit); font-weight: 700 }
svg .boot { stroke: var(--ink); stroke-dasharray: 2 4 }
svg .at { cursor: pointer } svg .hit { fill: transparent } svg .note { visibility: hidden; pointer-events: none }
svg .at:hover .note { visibility: visible } svg .note line { stroke: var(--ink) }
svg .note rect { fill: var(--bg); stroke: var(--muted) } svg .note text { fill: var(--ink) }
svg .note .key { stroke: none }
@media print { svg .note { display: none } }]]

local Chart = {}
Chart.__index = Chart

-- ---- scales

-- A round step of bytes, so that there are at most five.
local function step_of(most)
  local step = 1024
  while most / step > 5 do
    step = step * 2
  end
  return step
end

function Chart:x(time)
  local seconds = self.last - self.first
  return LEFT + (seconds > 0 and (time - self.first) / seconds or 0.5) * (self.w - LEFT - 8)
end

function Chart:y(bytes)
  return self.bottom - bytes / self.most * (self.bottom - TOP)
end

function Chart:put(text, ...)
  self.out[#self.out + 1] = text:format(...)
end

-- ---- axes

function Chart:sizes()
  local step = step_of(self.most)
  for bytes = 0, self.most, step do
    local y = self:y(bytes)
    self:put('<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" class="grid"/>', LEFT, self.w - 8, y, y)
    self:put('<text x="%d" y="%.1f" font-size="12" text-anchor="end" class="axis">%s</text>', LEFT - 6, y + 4,
      escape(size(bytes)))
  end
end

-- Steps between times that are written, seconds.
local STEPS <const> = { 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400,
  172800, 604800, 1209600, 2592000, 7776000, 31536000 }

function Chart:times()
  local most, seconds, step = (self.w - LEFT) // 96, self.last - self.first, nil
  for _, one in ipairs(STEPS) do
    step = one
    if seconds / one <= most then break end
  end
  local is_days = step >= 86400
  for time = self.first // step * step, self.last, step do
    if time >= self.first then
      local text = self.clock(time)
      local x = self:x(time)
      self:put('<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" class="grid"/>', x, x, self.bottom, self.bottom + 4)
      self:put('<text x="%.1f" y="%.1f" font-size="12" text-anchor="%s" class="axis">%s</text>', x, self.bottom + 16,
        x > self.w - 40 and "end" or x < LEFT + 30 and "start" or "middle",
        is_days and text:sub(6, 10) or step < 60 and text:sub(12, 19) or text:sub(12, 16))
    end
  end
end

-- ---- areas

-- Runs of points between gaps: first and last.
local function runs_of(points)
  local runs = {}
  for i, point in ipairs(points) do
    if i == 1 or point.is_apart then runs[#runs + 1] = { i, i } end
    runs[#runs][2] = i
  end
  return runs
end

-- Of a single point, a bar of two pixels.
function Chart:outline(run, low, high)
  local parts, back = {}, {}
  local function corner(list, x, y) list[#list + 1] = ("%.1f %.1f"):format(x, y) end
  for i = run[1], run[2] do
    local x = self:x(self.points[i].time)
    corner(parts, x, self:y(high[i]))
    corner(back, x, self:y(low[i]))
    if run[1] == run[2] then
      corner(parts, x + 2, self:y(high[i]))
      corner(back, x + 2, self:y(low[i]))
    end
  end
  for i = #back, 1, -1 do parts[#parts + 1] = back[i] end
  return "M" .. table.concat(parts, "L") .. "Z"
end

function Chart:areas()
  local low, high, runs = {}, {}, runs_of(self.points)
  for i in ipairs(self.points) do low[i] = 0 end
  for _, series in ipairs(self.series) do
    local parts = {}
    for i, point in ipairs(self.points) do high[i] = low[i] + point.parts[series.place] end
    for i, run in ipairs(runs) do parts[i] = self:outline(run, low, high) end
    self:put('<path d="%s" class="c-%s"/>', table.concat(parts), series.colour)
    low, high = high, low
  end
end

-- A line of a value that points may lack.
function Chart:bound()
  local parts, is_on = {}, false
  for _, point in ipairs(self.points) do
    local is_drawn = point.bound and point.bound <= self.most
    if is_drawn then
      parts[#parts + 1] = ("%s%.1f %.1f"):format(is_on and not point.is_apart and "L" or "M", self:x(point.time),
        self:y(point.bound))
    end
    is_on = is_drawn
  end
  if #parts > 1 then
    self:put('<path d="%s" class="bound"/>', table.concat(parts))
  end
end

-- ---- the strip of pressure, and marks

function Chart:strip()
  local base, tall, most = self.h - 4, STRIP - 22, 10
  for _, point in ipairs(self.points) do most = math.max(most, point.percent or 0) end
  self:put('<text x="%d" y="%.1f" font-size="12" class="axis">%s</text>', LEFT, base - tall - 5,
    escape(("%s, 0 to %.0f %% of the time"):format(self.strip_title, most)))
  self:put('<line x1="%d" x2="%d" y1="%d" y2="%d" class="grid"/>', LEFT, self.w - 8, base, base)
  for i, point in ipairs(self.points) do
    local before = self.points[i - 1]
    if before and point.percent and point.percent > 0 then
      local x, tip = self:x(before.time), tall * point.percent / most
      self:put('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="c-pressure"/>', x, base - tip,
        math.max(self:x(point.time) - x, 1), tip)
    end
  end
end

function Chart:marks()
  for i, point in ipairs(self.points) do
    local before = self.points[i - 1]
    if point.mark then
      local x = (self:x(point.time) + self:x(before and before.time or point.time)) / 2
      self:put('<line x1="%.1f" x2="%.1f" y1="%d" y2="%.1f" class="kill"/>' ..
        '<text x="%.1f" y="%d" font-size="13" text-anchor="middle" class="skull">✕</text>', x, x, TOP - 4, self.bottom,
        x, TOP - 8)
    end
    if before and before.boot ~= point.boot then
      local x = (self:x(point.time) + self:x(before.time)) / 2
      self:put('<line x1="%.1f" x2="%.1f" y1="%d" y2="%.1f" class="boot"/>', x, x, TOP, self.bottom)
    end
  end
end

-- ---- what pointing at a moment shows

function Chart:note(point, x)
  local lines, wide = point.lines, 0
  for _, line in ipairs(lines) do wide = math.max(wide, (utf8.len(line.text) or #line.text) * LETTER + 28) end
  wide = math.min(wide, self.w - 8)
  local left = x + 10 + wide < self.w and x + 10 or math.max(2, x - 10 - wide)
  local out = { ('<g class="note"><line x1="%.1f" x2="%.1f" y1="%d" y2="%.1f"/>'):format(x, x, TOP, self.bottom),
    ('<rect x="%.1f" y="%d" width="%.1f" height="%d" rx="4"/>'):format(left, TOP + 4, wide, #lines * LINE + 10) }
  for i, line in ipairs(lines) do
    local y = TOP + 4 + i * LINE
    if line.colour then
      out[#out + 1] = ('<rect x="%.1f" y="%d" width="10" height="10" class="key c-%s" style="fill:var(--c)"/>'):format(
        left + 7, y - 8, line.colour)
    end
    out[#out + 1] = ('<text x="%.1f" y="%d" font-size="12">%s</text>'):format(left + 22, y + 1, escape(line.text))
  end
  return table.concat(out) .. "</g>"
end

-- Each moment has the strip from half way to the one before to half way to the next.
function Chart:notes()
  local width, last = self.w // 5, nil
  for i, point in ipairs(self.points) do
    local x = self:x(point.time)
    if not last or x - last >= (self.w - LEFT) / width or point.mark then
      local after = self.points[i + 1]
      local from = last and (last + x) / 2 or LEFT
      local to = after and (x + self:x(after.time)) / 2 or self.w - 8
      self:put('<g class="at"><rect x="%.1f" y="%d" width="%.1f" height="%.1f" class="hit"/>%s</g>', from, TOP,
        math.max(to - from, 1), self.h - TOP, self:note(point, x))
      last = x
    end
  end
end

-- ---- all of it

local function draw(chart, form)
  local class, w, h = table.unpack(form)
  local self = setmetatable({ out = {}, w = w, h = h, bottom = h - BELOW - STRIP }, Chart)
  for name, value in pairs(chart) do self[name] = value end
  self.first, self.last = self.points[1].time, self.points[#self.points].time
  self:put('<svg class="%s" data-picture="%s" viewBox="0 0 %d %d" role="img" aria-label="%s">', class, self.id, w, h,
    escape(self.label))
  self:sizes()
  self:areas()
  self:bound()
  self:times()
  self:strip()
  self:marks()
  self:notes()
  self:put "</svg>"
  return table.concat(self.out, "\n")
end

local area_chart = { STYLE = STYLE }

---@class memsh.html.AreaChart
---@field id string
---@field label string what it shows, in a sentence
---@field points table[] { time, parts = bytes, boot, is_apart, bound = bytes or nil, percent = number or nil,
--- mark = true or nil, lines = { text, colour or nil } }
---@field series table[] { place in parts, colour }, the lowest first
---@field most number the highest sum
---@field strip_title string what the percentages are
---@field clock fun(time: number): string as moments.text

--- The picture in three shapes, of which the page shows one.
---@param chart memsh.html.AreaChart
---@return string
function area_chart.draw(chart)
  local parts = {}
  for i, form in ipairs(FORMS) do parts[i] = draw(chart, form) end
  return table.concat(parts, "\n")
end

return area_chart
