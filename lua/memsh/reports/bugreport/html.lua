-- SPDX-License-Identifier: GPL-3.0-or-later
-- A bug report as one page with style and drawings, without scripts; nothing comes from outside. Every text goes
-- through `html`, because names are chosen by others.
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

local function svg(id, width, height, parts)
  return ('<svg id="%s" xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" role="img">\n%s\n</svg>'):format(id,
    width, height, table.concat(parts, "\n"))
end

-- ---- the quadrants: squares whose areas are sizes, all to one scale

local SIDE <const>, STEP <const> = 150, 230

local function square(x, value, most, style)
  if core.is_unknown(value) or value == 0 then return "" end
  local side = SIDE * math.sqrt(value / most)
  return ('<rect x="%d" y="%.2f" width="%.2f" height="%.2f" %s/>'):format(x, 20 + SIDE - side, side, side, style)
end

local function draw_quadrants(list)
  local most, parts = 1, {}
  for _, one in ipairs(list) do
    for _, value in ipairs { one.reserved, one.pages } do
      if core.known(value) then most = math.max(most, value) end
    end
  end
  for i, one in ipairs(list) do
    local x, color = (i - 1) * STEP, COLORS[one.quadrant]
    parts[i] = square(x, one.reserved, most, ('fill="none" stroke="%s" stroke-dasharray="4 3"'):format(color)) ..
      square(x, one.pages, most, ('fill="%s" fill-opacity="0.75"'):format(color)) ..
      ('<text x="%d" y="14">%s</text>'):format(x, html(one.quadrant)) ..
      ('<text x="%d" y="%d">resident %s</text>'):format(x, SIDE + 38, size(one.pages)) ..
      ('<text x="%d" y="%d">reserved %s</text>'):format(x, SIDE + 54, size(one.reserved))
  end
  return svg("quadrants", #list * STEP, SIDE + 60, parts)
end

-- ---- the address space: a bar for each mapping

local ROW <const>, LEFT <const>, LONGEST <const>, MOST <const> = 13, 130, 420, 2000

-- The length is the logarithm of the size; a terabyte or more has the longest bar.
local function bar(row, y)
  local length = math.min(LONGEST * math.log(row.size / 1024 + 1, 2) / 30, LONGEST)
  local rss, color = core.known(row.rss) and row.rss or 0, COLORS[row.quadrant] or "#999"
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
  return ('<text x="%d" y="%d" fill-opacity="0.6">%s unmapped</text>'):format(LEFT, y + 10, core.human(bytes))
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
  local note = #rows > MOST and ("<p>The first %d of %d mappings are drawn.</p>\n"):format(MOST, #rows) or ""
  return note .. svg("space", 1100, y + ROW, parts)
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

---@param report memsh.BugReport
---@return string
return function(report)
  local title = ("Memory of process %d"):format(report.pid)
  local parts = { '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
    "<title>" .. html(title) .. "</title><style>" .. STYLE .. "</style></head><body><h1>" .. html(title) .. "</h1>" }
  if report.redacted then parts[#parts + 1] = "<p>" .. html(bugreport.KEPT) .. "</p>" end
  parts[#parts + 1] = "<h2>Quadrants</h2><p>Areas are sizes, all to one scale: filled what is resident (by page), " ..
    "dashed what is reserved.</p>" .. draw_quadrants(report.quadrants)
  parts[#parts + 1] = "<h2>Address space</h2><p>A bar for each mapping, as long as the logarithm of its size, " ..
    "filled as far as it is resident.</p>"
  parts[#parts + 1] = report.unread and "<p>" .. html(report.unread) .. "</p>" or draw_space(report.mappings)
  parts[#parts + 1] = "<h2>Numbers</h2>"
  for _, section in ipairs(report.sections) do parts[#parts + 1] = facts(section) end
  parts[#parts + 1] = mappings(report) .. "\n</body></html>"
  return table.concat(parts, "\n")
end
