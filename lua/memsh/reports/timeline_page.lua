-- SPDX-License-Identifier: GPL-3.0-or-later
-- The page of the report timeline.
local area_chart = require "memsh.html.area_chart"
local core = require "memsh.core"
local moments = require "memsh.expr.moments"
local page = require "memsh.html.page"
local plural = require "memsh.util.plural"
local timeline = require "memsh.analysis.timeline"

local escape, size, text_of = page.escape, page.size, moments.text

-- As the page's own colours: dark letters are legible on the light ones, light ones on the dark.
local STYLE <const> = [[

html { --s1: #7db7e8; --s2: #f5a55f; --s3: #8fce9b; --s4: #e59ac4; --s5: #e5c94a; --s6: #b3a5ea; --s7: #74c7c1;
  --s8: #d8a48f; --others: #ccd2da; --pressure: #a1161b }
@media screen and (prefers-color-scheme: dark) { html { --s1: #2b74b3; --s2: #b65d24; --s3: #37854c; --s4: #a54c7f;
  --s5: #8a7416; --s6: #6a59b5; --s7: #237e78; --s8: #8d5a44; --others: #565c65; --pressure: #ff9a94 } }]]

local COLOURS <const> = { "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8" }

local HOW_MANY <const> = { program = "Programs", unit = "Units", user = "Users" }

-- ---- points of the picture

local function note_of(self, point, parts)
  local lines = { { text = ("%s   %s"):format(text_of(point.time), size(point.total)) } }
  for i = #self.names, 1, -1 do
    if parts[i] > 0 then
      lines[#lines + 1] = { text = ("%s  %s"):format(core.escape(self.names[i]), size(parts[i])), colour = COLOURS[i] }
    end
  end
  local rest = parts[#self.names + 1]
  if rest > 0 then table.insert(lines, 2, { text = "others  " .. size(rest), colour = "others" }) end
  local function add(text, ...) lines[#lines + 1] = { text = text:format(...) } end
  if point.mem_available then add("available  %s of %s", size(point.mem_available), size(point.mem_total)) end
  if (point.swap_used or 0) > 0 then add("swap used  %s", size(point.swap_used)) end
  if (point.pressure or 0) > 0 then add("pressure  %.1f %%", point.pressure) end
  if point.kills > 0 then add("%s since the moment before", plural(point.kills, "OOM kill")) end
  if point.moment.why ~= "every" then add("taken for: %s", core.escape(point.moment.why or "?")) end
  return lines
end

local function points_of(self)
  local list, most = {}, 1
  for i, point in ipairs(self.points) do
    local parts = {}
    for k, name in ipairs(self.names) do parts[k] = point.values[name] or 0 end
    parts[#parts + 1] = timeline.rest(self, point)
    list[i] = { time = point.time, boot = point.boot, is_apart = point.is_apart, parts = parts,
      bound = point.mem_available and point.mem_total - point.mem_available, percent = point.pressure,
      mark = point.kills > 0 or nil, lines = note_of(self, point, parts) }
    most = math.max(most, point.total)
  end
  return list, most
end

local function series_of(self)
  local series = {}
  for i in ipairs(self.names) do series[i] = { place = i, colour = COLOURS[i] } end
  series[#series + 1] = { place = #self.names + 1, colour = "others" }
  return series
end

-- The line of what is used is in the picture where that does not make the areas flat.
local function with_bound(points, most)
  local used = most
  for _, point in ipairs(points) do used = math.max(used, point.bound or 0) end
  if used <= 3 * most then return used, true end
  for _, point in ipairs(points) do point.bound = nil end
  return most, false
end

local function picture(self)
  local points, most = points_of(self)
  local top, has_bound = with_bound(points, most)
  local list = {}
  for i, name in ipairs(self.names) do list[i] = { COLOURS[i], core.escape(name) } end
  if self.others > 0 then list[#list + 1] = { "others", plural(self.others, "other") } end
  local text = has_bound and "The dashed line is what the machine had in use (MemTotal less MemAvailable). " or ""
  return ('<section><h2>Memory by %s</h2><p class="muted">%s. %sPoint at a moment, or touch it, for its numbers.</p>' ..
    "%s%s</section>"):format(self.by, escape(timeline.MEANING[self.of]:gsub("^%l", string.upper)), text,
    page.legend(list), area_chart.draw { id = "timeline", points = points, series = series_of(self), most = top * 1.04,
      label = ("Memory by %s over time; the tables below have the numbers"):format(self.by),
      strip_title = "waiting for memory", clock = text_of })
end

-- ---- tables

local function names_table(self)
  local rows, first, last = {}, self.points[1], self.points[#self.points]
  local peak = 1
  for _, name in ipairs(self.names) do peak = math.max(peak, (timeline.highest(self, name))) end
  local function add(title, colour, from, to, most, when)
    rows[#rows + 1] = { escape(title), size(from), size(to), size(most), escape(text_of(when)),
      page.strip({ { colour, most } }, math.max(peak, most)) }
  end
  for i, name in ipairs(self.names) do
    add(name, COLOURS[i], first.values[name] or 0, last.values[name] or 0, timeline.highest(self, name))
  end
  if self.others > 0 then
    add(plural(self.others, "other"), "others", timeline.rest(self, first), timeline.rest(self, last),
      timeline.highest(self))
  end
  return ("<section><h2>%s</h2>%s</section>"):format(HOW_MANY[self.by], page.table(HOW_MANY[self.by], {
    { "name", "label" }, { "first", "n opt" }, { "last", "n" }, { "most", "n" }, { "at", "n opt" }, { "most", "bar" } },
    rows))
end

local function events_table(self)
  local rows = {}
  for _, point in ipairs(self.points) do
    local texts = {}
    if point.kills > 0 then texts[1] = plural(point.kills, "OOM kill") .. " since the moment before" end
    if (point.pressure or 0) >= 10 then
      texts[#texts + 1] = ("processes waited for memory in %.0f %% of the time"):format(point.pressure)
    end
    if point.moment.why == "pressure" then texts[#texts + 1] = "a moment was taken for pressure" end
    if #texts > 0 then rows[#rows + 1] = { escape(text_of(point.time)), escape(table.concat(texts, "; ")) } end
  end
  if #rows == 0 then return "" end
  return ("<section><h2>Kills and pressure</h2>%s</section>"):format(page.table("Kills and pressure",
    { { "time", "n" }, { "what", "label" } }, rows))
end

-- ---- all of it

local function cards(self)
  local kills, pressure, last = 0, 0, self.points[#self.points]
  for _, point in ipairs(self.points) do
    kills, pressure = kills + point.kills, math.max(pressure, point.pressure or 0)
  end
  local most, when = 0, last.time
  for _, point in ipairs(self.points) do
    if point.total > most then most, when = point.total, point.time end
  end
  local list = { { "at most", size(most), text_of(when) }, { "at the end", size(last.total), text_of(last.time) },
    { "OOM kills", self.no_kills and "?" or ("%d"):format(kills), "by the kernel's counter" },
    { "highest pressure", ("%.0f %%"):format(pressure), "of the time between two points" } }
  if last.mem_available then
    list[#list + 1] = { "available", size(last.mem_available), ("of %s, at the end"):format(size(last.mem_total)) }
  end
  return page.cards(list)
end

local function notes_of(self)
  local out = {}
  for i, note in ipairs(timeline.notes(self)) do out[i] = ('<p class="muted">%s</p>'):format(escape(note)) end
  return table.concat(out)
end

---@param self memsh.Timeline
---@return string
return function(self)
  local host = self.host or "a machine"
  local first, last = self.points[1], self.points[#self.points]
  local title = "Memory of " .. host .. " over time"
  return page.document(title, { ('<h1>%s</h1><p class="muted">%s to %s · memsh timeline</p>'):format(escape(title),
    escape(text_of(first.time)), escape(text_of(last.time))), cards(self), picture(self), notes_of(self),
    names_table(self), events_table(self) }, STYLE .. area_chart.STYLE ..
    page.colours { "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "others", "pressure" })
end
