-- SPDX-License-Identifier: GPL-3.0-or-later
-- memsh doctor: asks each check about one look at the machine, and puts what they found in order.
local core = require "memsh.core"
local examination = require "memsh.doctor.examination"
local from_tables = require "memsh.query.from_tables"
local machine = require "memsh.doctor.machine"
local suggest = require "memsh.util.suggest"

local doctor = {}

---@class memsh.Check
---@field id string
---@field looks_at string
---@field why string from which number on it speaks, and why
---@field find fun(machine: table, out: table) gives `out` what it finds, and what it lacks
---@field of_recordings boolean|nil without being named it is asked of recordings alone
---@field only_notes boolean|nil what it finds is INFO, so that nothing is in doubt where it lacks something

-- The checks there are, each a file; of equal severity the first is named first.
local CHECKS <const> = {
  require "memsh.doctor.checks.pressure",
  require "memsh.doctor.checks.available",
  require "memsh.doctor.checks.oom_kill",
  require "memsh.doctor.checks.before_kill",
  require "memsh.doctor.checks.cgroup_limit",
  require "memsh.doctor.checks.cgroup_pressure",
  require "memsh.doctor.checks.swap_in",
  require "memsh.doctor.checks.swap_full",
  require "memsh.doctor.checks.process_limits",
  require "memsh.doctor.checks.map_count",
  require "memsh.doctor.checks.pids_limit",
  require "memsh.doctor.checks.overcommit",
  require "memsh.doctor.checks.growing",
  require "memsh.doctor.checks.grown",
  require "memsh.doctor.checks.refault",
  require "memsh.doctor.checks.largest",
  require "memsh.doctor.checks.tmpfs",
  require "memsh.doctor.checks.hugepages",
  require "memsh.doctor.checks.kernel_memory",
  require "memsh.doctor.checks.unexplained",
  require "memsh.doctor.checks.compressed_swap",
  require "memsh.doctor.checks.numa",
  require "memsh.doctor.checks.dirty",
  require "memsh.doctor.checks.locked",
  require "memsh.doctor.checks.corrupted",
  require "memsh.doctor.checks.hung",
  require "memsh.doctor.checks.shmem_swapped",
  require "memsh.doctor.checks.shared_rss",
  require "memsh.doctor.checks.lazy_free",
  require "memsh.doctor.checks.ksm",
  require "memsh.doctor.checks.leaderless",
  (require "memsh.doctor.checks.deleted"), -- require gives a second value
}

--- All checks, in order.
function doctor.checks()
  return CHECKS
end

--- The check of that id; nil and a message where there is none.
function doctor.check(id)
  local ids = {}
  for i, check in ipairs(CHECKS) do
    if check.id == id then return check end
    ids[i] = check.id
  end
  return nil, ("there is no check '%s'%s"):format(core.escape(id), suggest.ending(id, ids,
    "; there are " .. table.concat(ids, ", ")))
end

local function set_of(names)
  local set = {}
  for _, name in ipairs(names) do
    local check, message = doctor.check(name)
    if not check then return nil, message end
    set[name] = true
  end
  return set
end

--- The checks with these ids (all, where there are none), but for those to be skipped; or nil and a message.
---@param only string[]
---@param skip string[]
function doctor.choose(only, skip)
  local wanted, message = set_of(only)
  local unwanted, other = set_of(skip)
  if not wanted or not unwanted then return nil, message or other end
  local chosen, is_recording = {}, machine.is_recording()
  for _, check in ipairs(CHECKS) do
    local is_meant = wanted[check.id] or #only == 0 and (not check.of_recordings or is_recording)
    if is_meant and not unwanted[check.id] then chosen[#chosen + 1] = check end
  end
  if #chosen == 0 then return nil, "no check is left" end
  return chosen
end

-- ---- what was found, in order

local RANK <const> = { crit = 1, warn = 2, info = 3 }

-- How far beyond its threshold it is, whichever side is the bad one.
local function excess(finding)
  local value, threshold = finding.value, finding.threshold
  if not value or not threshold or value <= 0 or threshold <= 0 then return 0 end
  return math.max(value / threshold, threshold / value)
end

local function in_order(findings)
  for place, finding in ipairs(findings) do finding.place = finding.place or place end
  table.sort(findings, function(a, b)
    if a.severity ~= b.severity then return RANK[a.severity] < RANK[b.severity] end
    if a.rank ~= b.rank then return a.rank < b.rank end
    local first, second = excess(a), excess(b)
    if first ~= second then return first > second end
    return a.place < b.place
  end)
  return findings
end

---@class memsh.doctor.Result
---@field machine memsh.doctor.Machine
---@field findings memsh.doctor.Finding[] the worst first
---@field fine string[] ids of checks that found nothing
---@field lacking table[] what could not be checked: { id, what, reason, name }

--- Looks at the machine.
---@param chosen table[] checks
---@param seconds number how long the sample lasts
---@return memsh.doctor.Result
function doctor.run(chosen, seconds)
  return doctor.judge(chosen, machine.take(seconds))
end

--- What the checks say of a machine.
---@param chosen table[]
---@param seen memsh.doctor.Machine
---@return memsh.doctor.Result
function doctor.judge(chosen, seen)
  local result = { machine = seen, findings = {}, fine = {}, lacking = {} }
  if seen.unseen then
    result.lacking[1] = { id = "processes", what = "processes that are not shown", reason = seen.unseen,
      name = seen.unseen_name }
  end
  for rank, check in ipairs(chosen) do
    local out = examination.new(check)
    check.find(seen, out)
    for _, finding in ipairs(out.findings) do
      finding.rank = rank
      result.findings[#result.findings + 1] = finding
    end
    for _, one in ipairs(out:lacking_texts()) do
      one.id = check.id
      result.lacking[#result.lacking + 1] = one
    end
    if #out.findings + #out.lacking == 0 then result.fine[#result.fine + 1] = check.id end
  end
  in_order(result.findings)
  return result
end

-- ---- as a verdict

-- What findings of this severity are about, for one line: "critical (pressure, available)".
local function words_of(result, severity, word)
  local ids, seen = {}, {}
  for _, finding in ipairs(result.findings) do
    if finding.severity == severity and not seen[finding.id] then
      seen[finding.id], ids[#ids + 1] = true, finding.id
    end
  end
  return #ids > 0 and ("%s (%s)"):format(word, table.concat(ids, ", ")) or word
end

local function only_notes(id)
  local check = doctor.check(id)
  return check and check.only_notes
end

-- Why it can't be sure that nothing is wrong. What a kernel does not have at all, rates that nobody asked for, and what
-- could be no more than a note are no reason.
local function doubts(result)
  local texts = {}
  for _, lack in ipairs(result.lacking) do
    if lack.name and lack.name ~= "unsupported" and not only_notes(lack.id) then
      texts[#texts + 1] = ("%s: %s: %s"):format(lack.id, lack.what, lack.reason)
    end
  end
  return texts
end

-- ---- as rows

local COLUMNS <const> = {
  { "id", "text", "the check" }, { "severity", "text", "crit, warn, info; unknown: it could not be checked" },
  { "subject", "text", "what it is about" }, { "value", "number", "what was measured" },
  { "threshold", "number", "from where on it is a finding" }, { "unit", "text", "of both: B, %, B/s or none" },
  { "text", "text", "what is wrong" }, { "question", "text", "a line of memsh that shows it" },
  { "advice", "text", "what one can do" },
}

local function row_of(finding)
  local row = {}
  for _, column in ipairs(COLUMNS) do row[column[1]] = finding[column[1]] end
  row.unit = row.unit or ""
  row.value = row.value or core.unknown("unsupported", "value")
  row.threshold = row.threshold or core.unknown("unsupported", "threshold")
  return row
end

local function row_of_lack(lack)
  return row_of { id = lack.id, severity = "unknown", subject = lack.what, text = lack.reason, question = "",
    advice = "" }
end

--- Findings as rows, and what could not be checked as rows of severity unknown.
---@param result memsh.doctor.Result
---@param severity string|nil of this severity alone
---@return memsh.RowSet
function doctor.rows(result, severity)
  local rows = {}
  for _, finding in ipairs(result.findings) do
    if not severity or finding.severity == severity then rows[#rows + 1] = row_of(finding) end
  end
  for _, lack in ipairs((severity or "unknown") == "unknown" and result.lacking or {}) do
    rows[#rows + 1] = row_of_lack(lack)
  end
  return from_tables(rows, COLUMNS)
end

--- Ends the report with a verdict.
---@param audit table what audit"doctor" gave
---@param result memsh.doctor.Result
function doctor.verdict(audit, result)
  local sys = result.machine.sys
  audit:crit(doctor.rows(result, "crit"), words_of(result, "crit", "critical"), "critical")
  audit:warn(doctor.rows(result, "warn"), words_of(result, "warn", "warnings"), "warnings")
  for _, text in ipairs(doubts(result)) do audit:doubt("%s", text) end
  if core.known(sys.mem_available) then
    audit:value("available", sys.mem_available, { of = sys.mem_total, unit = "B" })
  end
  if core.known(sys.swap_free) and sys.swap_total > 0 then
    audit:value("swap free", sys.swap_free, { of = sys.swap_total, unit = "B" })
  end
  audit:done()
end

return doctor
