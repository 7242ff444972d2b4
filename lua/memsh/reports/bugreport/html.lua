-- SPDX-License-Identifier: GPL-3.0-or-later
-- A bug report as a page that stands alone: style and drawings are in it, there is no script, nothing comes from
-- outside. Every text goes through `html`, as names are chosen by others.
local bugreport = require "memsh.reports.bugreport"
local core = require "memsh.core"

local ENTITIES <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local function html(text)
  return (text:gsub("[&<>\"']", ENTITIES))
end

local COLORS <const> = { ["private-anon"] = "#c0504d", ["shared-anon"] = "#e39a3b", ["private-file"] = "#3b78b4",
  ["shared-file"] = "#5b9a5b" }

local STYLE <const> = [[
body { font: 14px/1.4 sans-serif; margin: 2em; color: #222; background: #fff }
table { border-collapse: collapse; font: 12px/1.3 monospace } .scroll { overflow-x: auto }
td, th { padding: 1px 8px; text-align: left; border-bottom: 1px solid #ddd; white-space: nowrap }
.fact td:nth-child(2) { white-space: normal; word-break: break-all } .fact td:nth-child(3) { color: #777 }
summary { font-weight: bold; cursor: pointer; margin: .6em 0 } text { font: 11px monospace; fill: #222 }]]

local function size(value)
  return core.is_unknown(value) and "?" or core.human(value)
end

-- ---- the quadrants: squares whose areas are sizes, reserved around resident

local SIDE <const>, GAP <const> = 150, 20

local function square(parts, x, y, value, most, style)
  if core.is_unknown(value) or value == 0 then return end
  local side = SIDE * math.sqrt(value / most)
  parts[#parts + 1] = ('<rect x="%d" y="%.1f" width="%.1f" height="%.1f" %s/>'):format(x, y + SIDE - side, side, side,
    style)
end

-- Resident sizes are drawn to one scale, reserved ones to another: they may be a thousand times as large.
local function draw_quadrants(list)
  local reserved, resident = 1, 1
  for _, one in ipairs(list) do
    reserved = math.max(reserved, core.known(one.reserved) and one.reserved or 0)
    resident = math.max(resident, core.known(one.pages) and one.pages or 0)
  end
  local step = SIDE + GAP + 60
  local parts = { ('<svg id="quadrants" xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" role="img">'):format(
    4 * step, SIDE + 60) }
  for i, one in ipairs(list) do
    local x, color = (i - 1) * step, COLORS[one.quadrant]
    square(parts, x, 20, one.reserved, reserved, ('fill="none" stroke="%s" stroke-dasharray="4 3"'):format(color))
    square(parts, x, 20, one.pages, resident, ('fill="%s" fill-opacity="0.75"'):format(color))
    parts[#parts + 1] = ('<text x="%d" y="14">%s</text>'):format(x, html(one.quadrant))
    parts[#parts + 1] = ('<text x="%d" y="%d">resident %s</text>'):format(x, SIDE + 38, size(one.pages))
    parts[#parts + 1] = ('<text x="%d" y="%d">reserved %s</text>'):format(x, SIDE + 54, size(one.reserved))
  end
  parts[#parts + 1] = "</svg>"
  return table.concat(parts, "\n")
end

-- ---- the address space: a bar for each mapping

local ROW <const>, LEFT <const>, LONGEST <const>, MOST <const> = 13, 130, 420, 2000

local function length_of(bytes)
  return LONGEST * math.log(bytes / 1024 + 1, 2) / 30
end

local function bar(row, y)
  local length, color = math.min(length_of(row.size), LONGEST), COLORS[row.quadrant] or "#999"
  local rss = core.known(row.rss) and row.rss or 0
  local label = html(core.escape(row.name))
  return ('<g><title>%s %s, %s of %s resident, %s</title>'):format(html(row.perms), label, size(row.rss),
      size(row.size), html(row.quadrant)) ..
    ('<text x="0" y="%d">%x</text>'):format(y + 10, row.addr) ..
    ('<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s" fill-opacity="0.15" stroke="%s"/>'):format(LEFT, y + 1,
      length, ROW - 3, color, color) ..
    ('<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>'):format(LEFT, y + 1,
      row.size > 0 and math.min(length * rss / row.size, length) or 0, ROW - 3, color) ..
    ('<text x="%d" y="%d">%s %s %s</text></g>'):format(LEFT + LONGEST + 8, y + 10, html(row.perms), size(row.size),
      label)
end

local function gap(y, bytes)
  return ('<text x="%d" y="%d" fill-opacity="0.6">%s of nothing</text>'):format(LEFT, y + 10, core.human(bytes))
end

local function draw_space(rows)
  local parts, y, last = {}, 0, nil
  for i = 1, math.min(#rows, MOST) do
    local row = rows[i]
    local between = last and row.addr - last or 0
    if between > 0 then
      parts[#parts + 1] = gap(y, between)
      y = y + ROW
    end
    parts[#parts + 1] = bar(row, y)
    y, last = y + ROW, row.addr_end
  end
  local head = ('<svg id="space" xmlns="http://www.w3.org/2000/svg" width="1100" height="%d" role="img">\n'):format(
    y + ROW)
  local note = #rows > MOST and ("<p>The first %d of %d mappings are drawn.</p>\n"):format(MOST, #rows) or ""
  return note .. head .. table.concat(parts, "\n") .. "\n</svg>"
end

-- ---- tables

local function facts(section)
  local lines = { ("<details><summary>%s</summary><table class=\"fact\">"):format(html(section.title)) }
  for _, one in ipairs(section) do
    lines[#lines + 1] = ("<tr><td>%s</td><td>%s</td><td>%s</td></tr>"):format(html(one.name),
      html(bugreport.text_of(one.value, one.type)), html(one.meaning or ""))
  end
  lines[#lines + 1] = "</table></details>"
  return table.concat(lines, "\n")
end

local function mappings(report)
  local lines, cells = { '<details open><summary>Mappings</summary><div class="scroll"><table>' }, {}
  for i, column in ipairs(report.columns) do
    cells[i] = ('<th title="%s">%s</th>'):format(html(column[3] or ""), html(column[1]))
  end
  lines[2] = "<tr>" .. table.concat(cells) .. "</tr>"
  for _, row in ipairs(report.mappings) do
    for i, column in ipairs(report.columns) do
      local value = row[column[1]]
      cells[i] = "<td>" .. html(bugreport.text_of(value, column[2] == "bytes" and "count" or column[2])) .. "</td>"
    end
    lines[#lines + 1] = "<tr>" .. table.concat(cells) .. "</tr>"
  end
  lines[#lines + 1] = "</table></div></details>"
  return table.concat(lines, "\n")
end

--- The page.
---@param report memsh.BugReport
---@return string
return function(report)
  local title = ("Memory of process %d"):format(report.pid)
  local parts = { '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
    "<title>" .. html(title) .. "</title><style>" .. STYLE .. "</style></head><body><h1>" .. html(title) .. "</h1>" }
  if report.redacted then parts[#parts + 1] = "<p>" .. html(bugreport.KEPT) .. "</p>" end
  parts[#parts + 1] = "<h2>Quadrants</h2><p>Areas are sizes: filled what is resident (by page), dashed what is " ..
    "reserved, each to a scale of its own.</p>" .. draw_quadrants(report.quadrants)
  parts[#parts + 1] = "<h2>Address space</h2><p>A bar for each mapping, as long as the logarithm of its size, " ..
    "filled as far as it is resident.</p>"
  parts[#parts + 1] = report.unread and "<p>" .. html(report.unread) .. "</p>" or draw_space(report.mappings)
  parts[#parts + 1] = "<h2>Numbers</h2>"
  for _, section in ipairs(report.sections) do parts[#parts + 1] = facts(section) end
  parts[#parts + 1] = mappings(report) .. "\n</body></html>"
  return table.concat(parts, "\n")
end
