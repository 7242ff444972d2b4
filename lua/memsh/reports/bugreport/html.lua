-- SPDX-License-Identifier: GPL-3.0-or-later
-- A bug report as one page: what is read first, the quadrants, the largest mappings, the address space, all numbers.
local bugreport = require "memsh.reports.bugreport"
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local page = require "memsh.html.page"
local words = require "memsh.doctor.words"

local escape, size, known = page.escape, page.size, words.known

-- The colours of the quadrants, and of what is in swap.
local QUADRANTS <const> = { { "private-anon", "anon" }, { "shared-anon", "shmem" }, { "private-file", "file" },
  { "shared-file", "pool" } }
local COLOUR <const> = { swap = "muted" }
local NAMES <const> = { "muted" }
for i, one in ipairs(QUADRANTS) do COLOUR[one[1]], NAMES[i + 1] = one[2], one[2] end

local STYLE <const> = [[

.many { white-space: nowrap; font: 12px/1.3 ui-monospace, "DejaVu Sans Mono", monospace }
.hex { white-space: nowrap; font: 12px/1.4 ui-monospace, "DejaVu Sans Mono", monospace } td.label { font-size: 13px }
.fact td:nth-child(2) { overflow-wrap: anywhere } .fact td:nth-child(3) { color: var(--muted) }]]

-- ---- what is read first

-- Files on tmpfs and SysV segments, which USS has, too, stay when the process ends.
local function freed(footprint)
  if not footprint then return "?" end
  local exact, least, most = footprint.freed_anonymous, footprint.freed_anonymous_min, footprint.freed_anonymous_max
  if core.known(exact) then return size(exact) end
  if core.known(most) then return ("%s to %s"):format(size(least), size(most)) end
  return core.known(least) and ">= " .. size(least) or "?"
end

local function cards(head)
  return page.cards { { "RSS", size(head.res), "resident, shared pages in full" },
    { "PSS", size(head.pss), "shared pages divided" }, { "USS", size(head.uss), "nobody else maps it" },
    { "swap", size(head.vm_swap), "in swap" },
    { "freed", freed(head.freed), "anonymous: free at once if it ends" } }
end

local function line_of(list)
  local parts = {}
  for _, text in ipairs(list) do
    if text and text ~= "" then parts[#parts + 1] = escape(text) end
  end
  return table.concat(parts, " · ")
end

local function head_of(report)
  local head = report.head
  local function of(label, name)
    local value = known(head[name], "")
    if core.is_unknown(head[name]) then coverage.note_other(core.why(head[name])) end
    return value ~= "" and label .. value or nil
  end
  return ("<h1>%s</h1><p><code>%s</code></p><p class=\"muted\">%s<br>%s</p>"):format(
    escape(("%s, process %d"):format(known(head.comm, "?"), report.pid)), escape(known(head.cmdline, "")),
    line_of { of("user ", "user"), of("", "unit"), of("container ", "container"),
      core.known(head.age) and "running for " .. words.time(head.age) or nil },
    line_of { of("", "host"), core.known(head.now) and page.time(head.now) or nil,
      of("Linux ", "kernel"), "memsh bugreport" })
end

-- ---- bars: all of them to one scale

-- The largest thing that has a bar.
local function scale_of(report)
  local most = 1
  for _, one in ipairs(report.quadrants) do
    most = math.max(most, known(one.resident, 0), known(one.pages, 0))
  end
  for _, entry in ipairs(report.space.entries) do most = math.max(most, known(entry.rss, 0) + known(entry.swap, 0)) end
  return most
end

local function bar(report, resident, swap)
  local parts = {}
  for _, one in ipairs(QUADRANTS) do parts[#parts + 1] = { COLOUR[one[1]], resident[one[1]] or 0 } end
  parts[#parts + 1] = { COLOUR.swap, known(swap, 0) }
  return page.strip(parts, report.scale)
end

local function legend(report)
  local list = {}
  for i, one in ipairs(QUADRANTS) do list[i] = { one[2], one[1] .. ", resident" } end
  list[#list + 1] = { COLOUR.swap, "in swap" }
  return page.legend(list) .. ('<p class="muted">All bars of this page are to one scale: a full one is %s.</p>'):format(
    size(report.scale))
end

local function draw_quadrants(report)
  local rows = {}
  for i, one in ipairs(report.quadrants) do
    rows[i] = { escape(one.quadrant), size(one.pages), size(one.resident), size(one.reserved),
      bar(report, { [one.quadrant] = known(one.pages, 0) }) }
  end
  return page.table("Quadrants", { { "quadrant", "label" }, { "resident", "n" }, { "by mapping", "n opt" },
    { "reserved", "n" }, { "to scale", "bar" } }, rows)
end

-- ---- mappings

local SPACE_COLUMNS <const> = { { "address", "hex opt" }, { "what", "label" }, { "size", "n" }, { "resident", "n" },
  { "swap", "n opt" }, { "to scale", "bar" } }

local function name_of(report, item)
  local name = item.name
  if report.hide and name ~= "" then name = report.hide("name", name, item) end
  if name == "" then name = item.quadrant:find "anon" and "anonymous" or "nameless" end
  return ("<code>%s</code> %s"):format(escape(item.perms), escape(name))
end

local function largest(report)
  local rows = {}
  for i, item in ipairs(report.space.largest) do
    rows[i] = { ("%x"):format(item.addr), name_of(report, item), size(item.size), size(item.rss), size(item.swap),
      bar(report, { [item.quadrant] = known(item.rss, 0) }, item.swap) }
  end
  return page.table("The largest mappings", SPACE_COLUMNS, rows)
end

local function what_of(report, entry)
  if entry.of == 0 then return ("%d small mappings"):format(entry.n) end
  local parts = {}
  for i, item in ipairs(entry.shapes) do
    local one = name_of(report, item)
    parts[i] = entry.n > 1 and ("%s, %s"):format(one, size(item.size)) or one
  end
  local text = table.concat(parts, "<br>")
  if entry.n == 1 then return text end
  local gap = known(entry.every, 0)
  return text .. ('<br><span class="muted">%d times%s</span>'):format(entry.n // entry.of,
    gap > 0 and (", %s unmapped between"):format(size(gap)) or "")
end

local function space(report)
  local rows = {}
  for _, entry in ipairs(report.space.entries) do
    if entry.gap > 0 then
      rows[#rows + 1] = { "", ('<span class="muted">%s unmapped</span>'):format(size(entry.gap)), "", "", "", "" }
    end
    rows[#rows + 1] = { ("%x"):format(entry.addr), what_of(report, entry), size(entry.size), size(entry.rss),
      size(entry.swap), bar(report, entry.resident, entry.swap) }
  end
  return page.table("The address space", SPACE_COLUMNS, rows)
end

local function all_mappings(report)
  if not report.mappings then
    return ('<p class="muted">It has %d mappings; <code>memsh -f jsonl bugreport %d</code> has all fields of ' ..
      "each.</p>"):format(report.space.n, report.pid)
  end
  local rows, columns = {}, {}
  for i, column in ipairs(report.columns) do columns[i] = { column[1], "many" } end
  for i, row in ipairs(report.mappings) do
    local cells = {}
    for j, column in ipairs(report.columns) do
      cells[j] = escape(bugreport.text_of(row[column[1]], column[2] == "bytes" and "count" or column[2]))
    end
    rows[i] = cells
  end
  return "<details><summary>All fields of all mappings</summary>\n" .. page.table("Mappings", columns, rows) ..
    "</details>"
end

-- ---- the rest

local function facts(section)
  local lines = { ('<details><summary>%s</summary><table class="fact"><tbody>'):format(escape(section.title)) }
  for _, one in ipairs(section) do
    lines[#lines + 1] = ("<tr><td>%s</td><td>%s</td><td>%s</td></tr>"):format(escape(one.name),
      escape(bugreport.text_of(one.value, one.type)), escape(one.meaning or ""))
  end
  lines[#lines + 1] = "</tbody></table></details>"
  return table.concat(lines, "\n")
end

local function section(title, ...)
  return ('<section class="long"><h2>%s</h2>\n%s</section>'):format(title, table.concat({ ... }, "\n"))
end

---@param report memsh.BugReport of bugreport.for_page
---@return string
return function(report)
  report.scale = scale_of(report)
  local body = { head_of(report), cards(report.head) }
  if report.redacted then body[#body + 1] = '<p class="muted">' .. escape(bugreport.KEPT) .. "</p>" end
  body[#body + 1] = section("What it is made of", legend(report), draw_quadrants(report))
  if report.unread then
    body[#body + 1] = section("Address space", "<p>" .. escape(report.unread) .. "</p>")
  else
    body[#body + 1] = section("The largest mappings", largest(report))
    body[#body + 1] = section("Address space", ('<p class="muted">%d mappings, the lowest address first; what ' ..
      "repeats is one line.</p>"):format(report.space.n), space(report), all_mappings(report))
  end
  local numbers = {}
  for i, one in ipairs(report.sections) do numbers[i] = facts(one) end
  body[#body + 1] = section("All numbers", table.unpack(numbers))
  return page.document(("Memory of process %d"):format(report.pid), body, page.colours(NAMES) .. STYLE)
end
