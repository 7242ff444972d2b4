-- SPDX-License-Identifier: GPL-3.0-or-later
-- A page of one file: style and drawings, no scripts, nothing from outside. Every text goes through `escape`, because
-- names are chosen by others.
local core = require "memsh.core"
local value_text = require "memsh.util.value_text"

local page = {}

local ENTITIES <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

--- A text of which nothing is markup, and no byte a control character.
---@param text string
---@return string
function page.escape(text)
  return (core.escape(text):gsub("[&<>\"']", ENTITIES))
end

local escape = page.escape

--- Bytes as people read them; ? where they are unknown.
function page.size(value)
  return core.is_unknown(value) and "?" or core.human(value)
end

--- A moment as people read it.
function page.time(value)
  return (value_text(value, "time"):gsub("T", " "):gsub("%.%d+", ""))
end

--- A share in per cent: "41 %", "0.3 %".
---@param part number
---@param whole number
function page.percent(part, whole)
  local share = whole > 0 and 100 * part / whole or 0
  return ((share >= 10 or share == 0) and "%.0f %%" or share < 0.1 and "under 0.1 %%" or "%.1f %%"):format(share)
end

-- Text on each of the colours has a contrast of at least 4.5 (WCAG AA). The hues of the kinds that matter differ for
-- those, too, who do not tell red from green.
local STYLE <const> = [[
html { color-scheme: light dark; --bg: #fff; --ink: #18202a; --muted: #55606e; --line: #d5dbe3; --panel: #f4f6f9;
  --on: #14181d; --accent: #1f5f95; --crit: #a1161b; --warn: #7d4b00; --info: #1f5f95;
  --anon: #f5a55f; --file: #7db7e8; --shmem: #c9a4e4; --unread: #d9d9d9; --cache: #c4def3; --kernel: #b4bac3;
  --pool: #e5c94a; --rest: #e6dccb; --free: #e2f1e1; --plate: rgb(255 255 255 / .6) }
@media screen and (prefers-color-scheme: dark) { html { --bg: #12161c; --ink: #e8edf3; --muted: #a7b1be;
  --line: #343d49; --panel: #1b212a; --on: #fff; --accent: #8cc4f2; --crit: #ff9a94; --warn: #f2bd6b; --info: #8cc4f2;
  --anon: #a5501a; --file: #1f6097; --shmem: #74459b; --unread: #53575d; --cache: #2c4a66; --kernel: #49515c;
  --pool: #776310; --rest: #4f4736; --free: #1f3b2b; --plate: rgb(18 22 28 / .55) } }
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; color: var(--ink);
  background: var(--bg); font-variant-numeric: tabular-nums }
main { max-width: 1680px; margin: 0 auto; padding: 28px clamp(14px, 3vw, 40px) 48px }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 2px; overflow-wrap: anywhere }
h2 { font-size: 18px; margin: 34px 0 2px }
p { margin: 4px 0 10px; max-width: 75ch; overflow-wrap: anywhere } .muted { color: var(--muted) }
code, pre { font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, monospace; overflow-wrap: anywhere }
pre { margin: 6px 0; max-width: 100ch; padding: 8px 10px; background: var(--panel); border-radius: 6px;
  white-space: pre-wrap }
.cards { display: flex; flex-wrap: wrap; gap: 10px; margin: 16px 0; padding: 0 }
.cards div { flex: 1 1 120px; background: var(--panel); border-radius: 8px; padding: 10px 14px }
.cards dt { font-size: 13px; color: var(--muted) } .cards dd { margin: 0 }
.cards .big { font-size: 24px; line-height: 1.25; font-weight: 600 }
.cards .small { font-size: 13px; color: var(--muted) }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0; padding: 0; list-style: none; font-size: 14px }
.legend li::before { content: ""; display: inline-block; width: 12px; height: 12px; margin-right: 6px;
  border-radius: 3px; border: 1px solid var(--muted); background: var(--c); vertical-align: -1px }
svg { display: block; width: 100%; height: auto } svg text { font-family: inherit; fill: var(--on) }
svg .name { font-weight: 600 } svg .plate { fill: var(--plate) } svg .edge { fill: none; stroke: var(--bg) }
svg.strip { height: 22px; border-radius: 5px; background: var(--panel) }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: 14px }
th { text-align: left; font-size: 13px; font-weight: 600; color: var(--muted) } th, td { padding: 4px 12px 4px 0;
  border-bottom: 1px solid var(--line); vertical-align: middle }
.n { text-align: right; white-space: nowrap } .bar { width: 45%; min-width: 110px } .bar svg.strip { height: 14px }
.label { overflow-wrap: anywhere; min-width: 9em }
details { margin: 2px 0 } summary { cursor: pointer; font-weight: 600; padding: 3px 0 }
a { color: var(--accent) } :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.paper, .phone { display: none }
@media (max-width: 999px) { .desk { display: none } .paper { display: block } }
@media (max-width: 559px) { .paper { display: none } .phone { display: block } h1 { font-size: 22px }
  .cards div { flex-basis: 40%; padding: 8px 10px } .cards .big { font-size: 20px }
  .bar { width: 30%; min-width: 80px } .opt { display: none } }
@media print { main { padding: 0; max-width: none } body { font-size: 11pt } * { print-color-adjust: exact;
  -webkit-print-color-adjust: exact } .desk, .phone { display: none } .paper { display: block }
  svg { max-height: 145mm } h2 { margin-top: 5mm; break-after: avoid }
  section, tr, .cards div { break-inside: avoid } .long { break-inside: auto } }]]

--- The whole page.
---@param title string
---@param body string[] markup
---@param style string|nil rules of this page
---@return string
function page.document(title, body, style)
  return table.concat({ '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
    ("<title>%s</title><style>\n%s%s\n</style></head><body><main>"):format(escape(title), STYLE, style or ""),
    table.concat(body, "\n"), "</main></body></html>" }, "\n")
end

--- A row of numbers that are read first: a name, the number, and what it means.
---@param list {[1]: string, [2]: string, [3]: string|nil}[]
function page.cards(list)
  local parts = {}
  for i, one in ipairs(list) do
    parts[i] = ('<div><dt>%s</dt><dd class="big">%s</dd>%s</div>'):format(escape(one[1]), escape(one[2]),
      one[3] and ('<dd class="small">%s</dd>'):format(escape(one[3])) or "")
  end
  return '<dl class="cards">' .. table.concat(parts, "\n") .. "</dl>"
end

--- What the colours mean.
---@param list {[1]: string, [2]: string}[] the name of a colour, and what it is
function page.legend(list)
  local parts = {}
  for i, one in ipairs(list) do parts[i] = ('<li class="c-%s">%s</li>'):format(one[1], escape(one[2])) end
  return '<ul class="legend">' .. table.concat(parts, "\n") .. "</ul>"
end

--- Rules that give the class c-NAME the colour NAME.
---@param names string[]
function page.colours(names)
  local rules = {}
  for i, name in ipairs(names) do
    rules[i] = ("\n.c-%s { --c: var(--%s); fill: var(--%s) }"):format(name, name, name)
  end
  return table.concat(rules)
end

--- A bar of parts: { name of a colour, size }, as long as their sum is of the whole; "" where there is none.
---@param parts {[1]: string, [2]: number}[]
---@param whole number
function page.strip(parts, whole)
  local out, at = {}, 0
  for _, part in ipairs(parts) do
    if part[2] > 0 then
      out[#out + 1] = ('<rect x="%.3f%%" width="%.3f%%" height="100%%" class="c-%s"/>'):format(100 * at / whole,
        100 * part[2] / whole, part[1])
      at = at + part[2]
    end
  end
  if #out == 0 then return "" end
  return '<svg class="strip" aria-hidden="true">' .. table.concat(out) .. "</svg>"
end

--- A table. Columns: { title, class or nil }; a cell is markup.
---@param caption string
---@param columns {[1]: string, [2]: string|nil}[]
---@param rows string[][]
function page.table(caption, columns, rows)
  local out, cells = {}, {}
  local function class(i) return columns[i][2] and (' class="%s"'):format(columns[i][2]) or "" end
  for i, column in ipairs(columns) do cells[i] = ('<th scope="col"%s>%s</th>'):format(class(i), escape(column[1])) end
  out[1] = ('<div class="scroll" tabindex="0" role="group" aria-label="%s"><table>'):format(escape(caption)) ..
    "<thead><tr>" .. table.concat(cells) .. "</tr></thead><tbody>"
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do cells[i] = ("<td%s>%s</td>"):format(class(i), cell) end
    out[#out + 1] = "<tr>" .. table.concat(cells, "", 1, #row) .. "</tr>"
  end
  out[#out + 1] = "</tbody></table></div>"
  return table.concat(out, "\n")
end

return page
