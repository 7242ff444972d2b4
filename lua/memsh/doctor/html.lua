-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the doctor says, as a page with pictures: of the machine the treemap, of a process what it is made of.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local memory = require "memsh.html.machine"
local memory_tree = require "memsh.analysis.memory_tree"
local page = require "memsh.html.page"
local text = require "memsh.doctor.page"
local words = require "memsh.doctor.words"

local source = lazy "memsh.fields.machine"

local html = {}

local escape, size, known = page.escape, page.size, words.known

local STYLE <const> = [[

.finding { border-left: 4px solid var(--s); padding: 2px 0 2px 14px; margin: 18px 0 }
.finding h2 { font-size: 16px; margin: 0; font-weight: 400; max-width: 75ch } .finding h2 b { color: var(--s) }
.crit { --s: var(--crit) } .warn { --s: var(--warn) } .info { --s: var(--info) }]]

-- ---- findings

local function finding(one)
  local parts = { ('<section class="finding %s"><h2><b>%s</b> %s</h2>'):format(one.severity, text.TITLES[one.severity],
    escape(one.text)) }
  local lines = {}
  for i, line in ipairs(text.command(one.question)) do lines[i] = escape(line) end
  parts[2] = "<pre>" .. table.concat(lines, "\n") .. "</pre>"
  if one.advice ~= "" then parts[3] = "<p>" .. escape(one.advice) .. "</p>" end
  return table.concat(parts, "\n") .. "</section>"
end

local function add_findings(body, findings)
  local shown, left = text.shown(findings)
  for _, one in ipairs(shown) do body[#body + 1] = finding(one) end
  for _, one in ipairs(left) do body[#body + 1] = "<p>" .. escape(one.text) .. "</p>" end
end

local function add_checks(body, result)
  local function add(what, list)
    if list ~= "" then body[#body + 1] = ('<p class="muted">%s: %s.</p>'):format(what, escape(list)) end
  end
  add("Fine", table.concat(result.fine, ", "))
  add("Not checked", #result.lacking > 0 and text.lacking(result.lacking) or "")
end

-- ---- the machine

local function add_pictures(body, sys)
  local tree, message = memory_tree.of "unit"
  if not tree then
    body[#body + 1] = '<p class="muted">There is no picture: ' .. escape(message) .. "</p>"
    return
  end
  table.insert(body, 2, memory.cards(tree, sys))
  body[#body + 1] = memory.pictures(tree)
  body[#body + 1] = memory.tables(tree, "Units")
  body[#body + 1] = memory.account(tree)
  body[#body + 1] = memory.notes(tree)
end

--- The page of a machine; it reads the memory of all processes for its pictures.
---@param result memsh.doctor.Result
---@return string
function html.machine(result)
  local seen = result.machine
  local title = "The memory of " .. known(seen.sys.host, "this machine")
  local body = { ("<h1>%s</h1><p>%s</p>"):format(escape(title), escape(text.headline(seen))) }
  if core.known(seen.sys.now) then
    body[1] = body[1] .. ('<p class="muted">%s · memsh doctor</p>'):format(escape(page.time(seen.sys.now)))
  end
  if #result.findings == 0 then body[2] = "<h2>" .. text.nothing(result) .. "</h2>" end
  add_findings(body, result.findings)
  add_checks(body, result)
  add_pictures(body, source().system())
  return page.document(title, body, memory.style() .. STYLE)
end

-- ---- a process

local function parts_table(parts)
  local rows, most = {}, 1
  for _, part in ipairs(parts) do most = math.max(most, part.rss + part.swap) end
  for _, part in ipairs(parts) do
    if part.rss + part.swap > 0 then
      rows[#rows + 1] = { escape(part.name), size(part.rss), size(part.pss), size(part.swap),
        page.strip({ { "anon", part.rss }, { "muted", part.swap } }, most) }
    end
  end
  return page.legend { { "anon", "resident" }, { "muted", "in swap" } } ..
    page.table("What it is made of", { { "made of", "label" }, { "RSS", "n" }, { "PSS", "n opt" }, { "swap", "n" },
      { "to scale", "bar" } }, rows)
end

--- The page of a process.
---@param seen memsh.doctor.Process
---@return string
function html.process(seen)
  local p = seen.process
  local title = words.process(p)
  local body = { ("<h1>%s</h1><p>%s</p>"):format(escape(title), escape(text.process_line(p))),
    page.cards { { "RSS", size(p.res), "resident, shared pages in full" },
      { "PSS", size(p.pss), "shared pages divided" }, { "USS", size(p.uss), "nobody else maps it" },
      { "swap", size(p.vm_swap), "in swap" } } }
  local command = known(p.cmdline, "")
  if command ~= "" then body[1] = body[1] .. "<p><code>" .. escape(command) .. "</code></p>" end
  body[#body + 1] = seen.unread and "<p>" .. escape(text.unread(seen)) .. "</p>"
    or "<section><h2>What it is made of</h2>" .. parts_table(seen.parts) .. "</section>"
  add_findings(body, seen.result.findings)
  for _, fact in ipairs(seen.facts) do body[#body + 1] = finding(fact) end
  add_checks(body, seen.result)
  return page.document(title, body, page.colours { "anon", "muted" } .. STYLE)
end

return html
