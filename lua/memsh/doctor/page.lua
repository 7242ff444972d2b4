-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the doctor says, for people: 80 columns.
local core = require "memsh.core"
local doctor = require "memsh.doctor.doctor"
local machine = require "memsh.fields.machine"
local words = require "memsh.doctor.words"
local wrap = require "memsh.util.wrap"

local page = {}

local WIDTH <const>, MOST <const> = 80, 5
local TITLES <const> = { crit = "CRITICAL", warn = "WARNING", info = "NOTE" }

--- What findings of each severity are called.
page.TITLES = TITLES

local size, percent, known = words.size, words.percent, words.known

local function add(out, text, first, left)
  for i, line in ipairs(wrap(text, WIDTH - #left)) do out[#out + 1] = (i == 1 and first or left) .. line end
end

-- ---- questions

-- A chain that is too long for a line is continued before a verb, which Lua and the shell both take.
local function chained(question, room)
  local lines, line = {}, ""
  for part in (question:gsub(":(%l+[\"%(%[{])", "\0:%1") .. "\0"):gmatch "(.-)\0" do
    if line ~= "" and #line + #part > room then
      lines[#lines + 1], line = line, "  " .. part
    else
      line = line .. part
    end
  end
  lines[#lines + 1] = line
  return lines
end

local function shell_quoted(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

--- A question as it is pasted into a shell, in lines.
---@param question string
---@return string[]
function page.command(question)
  local source = machine.source()
  local start = source:is_live() and "memsh -e " or ("memsh -s %s -e "):format(shell_quoted(source:root()))
  local lines = chained(shell_quoted(question), WIDTH - #start - 7)
  lines[1] = start .. lines[1]
  return lines
end

local function add_question(out, question)
  for i, line in ipairs(page.command(question)) do
    out[#out + 1] = (i == 1 and "  See: " or "         ") .. line
  end
end

-- ---- the headline

local function swap_text(sys)
  local total, free = sys.swap_total, sys.swap_free
  if core.is_unknown(total) or core.is_unknown(free) then return "swap: not known" end
  if total == 0 then return "no swap" end
  return ("swap used %s of %s (%s)"):format(size(total - free), size(total), percent(100 * (total - free) / total))
end

local function memory_text(sys)
  local total, available = sys.mem_total, sys.mem_available
  if core.is_unknown(total) then return "memory: not known" end
  if core.is_unknown(available) then
    return ("%s of memory, %s free"):format(size(total), core.is_unknown(sys.mem_free) and "?" or size(sys.mem_free))
  end
  return ("memory used %s of %s (%s), available %s"):format(size(total - available), size(total),
    percent(100 * (total - available) / total), size(available))
end

local function pressure_text(sys)
  if core.is_unknown(sys.pressure_some_avg60) then return "waiting for memory: not known" end
  return ("waiting for memory %s of the last minute"):format(percent(sys.pressure_some_avg60))
end

--- One sentence on the machine as a whole.
function page.headline(seen)
  local sys = seen.sys
  local up = core.is_unknown(sys.uptime) and "" or (", up %s"):format(words.time(sys.uptime))
  return ("%s%s: %s; %s; %s; %s."):format(core.escape(known(sys.host, "this machine")), up, memory_text(sys),
    swap_text(sys), pressure_text(sys), words.count(#seen.processes, "process", "processes"))
end

-- ---- findings

local function add_finding(out, finding)
  out[#out + 1] = ""
  add(out, ("%s: %s"):format(TITLES[finding.severity], finding.text), "", "  ")
  add_question(out, finding.question)
  add(out, finding.advice, "  Do:  ", "       ")
end

--- Of one check the first few alone are shown: these findings, and how many are left of which check.
---@param findings memsh.doctor.Finding[]
---@return memsh.doctor.Finding[]
---@return {id: string, n: integer, text: string}[]
function page.shown(findings)
  local shown, left, seen = {}, {}, {}
  for _, finding in ipairs(findings) do
    local id = finding.id
    seen[id] = (seen[id] or 0) + 1
    if seen[id] <= MOST then shown[#shown + 1] = finding end
    if seen[id] == MOST + 1 then left[#left + 1] = { id = id } end
  end
  for _, one in ipairs(left) do
    one.n = seen[one.id] - MOST
    one.text = ("And %d more of %s: memsh -f jsonl doctor --only %s"):format(one.n, one.id, one.id)
  end
  return shown, left
end

local function add_findings(out, findings)
  local shown, left = page.shown(findings)
  for _, finding in ipairs(shown) do add_finding(out, finding) end
  for _, one in ipairs(left) do
    out[#out + 1] = ""
    add(out, one.text, "", "  ")
  end
end

local function who_may(lack)
  if lack.name ~= "denied" or not machine.source():is_live() then return "" end
  if not require("memsh.prompt").sudo_helps then return "" end
  return "; sudo memsh doctor may"
end

--- What could not be checked, by reason, in words.
---@param lacking table[]
---@return string
function page.lacking(lacking)
  local order, by_reason = {}, {}
  for _, lack in ipairs(lacking) do
    local reason, what = lack.reason .. who_may(lack), core.escape(lack.what)
    if not by_reason[reason] then
      by_reason[reason], order[#order + 1] = {}, reason
    end
    local list = by_reason[reason]
    if not list[what] then
      list[what], list[#list + 1] = true, what
    end
  end
  local parts = {}
  for i, reason in ipairs(order) do
    local list = by_reason[reason]
    local more = #list > MOST and (" and %d more"):format(#list - MOST) or ""
    parts[i] = ("%s%s (%s)"):format(table.concat(list, ", ", 1, math.min(#list, MOST)), more, reason)
  end
  return table.concat(parts, "; ")
end

--- What is said where nothing was found.
function page.nothing(result)
  return #result.lacking == 0 and "Nothing is wrong." or "Nothing is wrong with what could be checked."
end

--- All that was found.
---@param result memsh.doctor.Result
---@return string
function page.text(result)
  local out = {}
  add(out, page.headline(result.machine), "", "")
  if #result.findings == 0 then
    out[#out + 1] = ""
    out[#out + 1] = page.nothing(result)
  end
  add_findings(out, result.findings)
  out[#out + 1] = ""
  if #result.fine > 0 then add(out, "Fine: " .. table.concat(result.fine, ", ") .. ".", "", "  ") end
  if #result.lacking > 0 then add(out, "Not checked: " .. page.lacking(result.lacking) .. ".", "", "  ") end
  return table.concat(out, "\n")
end

-- ---- of a process

local BAR <const> = 18

--- One sentence on a process.
function page.process_line(p)
  local parts, container = {}, known(p.container, "")
  for _, name in ipairs { "user", container ~= "" and "container" or "unit" } do
    local value = known(p[name], "")
    if name == "container" and value:find "^%x+$" then value = value:sub(1, 12) end
    if value ~= "" then parts[#parts + 1] = ("%s %s"):format(name, core.escape(value)) end
  end
  return ("%s, %srunning for %s. RSS %s, PSS %s, USS %s, swap %s."):format(words.process(p),
    #parts > 0 and table.concat(parts, ", ") .. ", " or "", words.time(known(p.age, 0)), size(p.res), size(p.pss),
    size(p.uss), size(p.vm_swap))
end

local function add_parts(out, parts)
  local most = 1
  for _, part in ipairs(parts) do most = math.max(most, part.rss + part.swap) end
  local function line(...) out[#out + 1] = (("  %-30s %8s %8s %8s  %s"):format(...):gsub("%s+$", "")) end
  line("made of", "RSS", "PSS", "swap", "")
  local shown, rest = 0, { n = 0, rss = 0, pss = 0, swap = 0 }
  for _, part in ipairs(parts) do
    if shown < 10 and part.rss + part.swap > 0 then
      shown = shown + 1
      line(part.name:sub(1, 30), size(part.rss), size(part.pss), size(part.swap),
        ("#"):rep((BAR * (part.rss + part.swap) + most // 2) // most))
    elseif part.rss + part.swap > 0 then
      for key in pairs(rest) do rest[key] = rest[key] + part[key] end
    end
  end
  if rest.n > 0 then line("the rest", size(rest.rss), size(rest.pss), size(rest.swap), "") end
end

--- Why it is not known what a process is made of.
function page.unread(seen)
  local who = who_may { name = core.why(seen.process.mappings) }
  return ("What it is made of is not known: %s%s."):format(seen.unread, who)
end

--- What is to be said of a process.
---@param seen memsh.doctor.Process
---@return string
function page.process(seen)
  local out, p = {}, seen.process
  add(out, page.process_line(p), "", "")
  local command = known(p.cmdline, "")
  if command ~= "" then out[#out + 1] = "  " .. core.escape(command):sub(1, WIDTH - 2) end
  out[#out + 1] = ""
  if seen.unread then
    add(out, page.unread(seen), "", "  ")
  else
    add_parts(out, seen.parts)
  end
  add_findings(out, seen.result.findings)
  for _, fact in ipairs(seen.facts) do
    out[#out + 1] = ""
    add(out, fact.text, "", "  ")
    add_question(out, fact.question)
  end
  out[#out + 1] = ""
  if #seen.result.fine > 0 then add(out, "Fine: " .. table.concat(seen.result.fine, ", ") .. ".", "", "  ") end
  if #seen.result.lacking > 0 then
    add(out, "Not checked: " .. page.lacking(seen.result.lacking) .. ".", "", "  ")
  end
  return table.concat(out, "\n")
end

local function explanation(check)
  local out = {}
  add(out, ("%s: %s."):format(check.id, check.looks_at), "", "  ")
  add(out, check.why, "  ", "  ")
  return table.concat(out, "\n")
end

--- What a check means, "all": every one; nil and a message where there is none of that id.
---@param id string
---@return string|nil
---@return string|nil
function page.explain(id)
  local texts = {}
  if id ~= "all" then
    local check, message = doctor.check(id)
    if not check then return nil, message end
    return explanation(check)
  end
  for i, check in ipairs(doctor.checks()) do texts[i] = explanation(check) end
  return table.concat(texts, "\n\n")
end

return page
