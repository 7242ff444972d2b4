-- SPDX-License-Identifier: GPL-3.0-or-later
-- audit"name": a report that ends with a verdict, for a monitoring system or a cron job: OK, WARNING, CRITICAL or
-- UNKNOWN. If too little could be read it is never OK. scripts/README.md explains the calls.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local lazy = require "memsh.util.lazy"
local plural = require "memsh.util.plural"
local sorted_keys = require "memsh.util.sorted_keys"
local threshold = require "memsh.reports.audit.threshold"
local confidence = require "memsh.reports.audit.confidence"

local baseline = lazy "memsh.reports.audit.baseline"
local line = lazy "memsh.reports.audit.line"
local machine = lazy "memsh.fields.machine"
local prompt = lazy "memsh.prompt"
local rowset = lazy "memsh.query.rowset"
local output = lazy "memsh.show.output"

local audit = {}

---@class memsh.Audit
local Audit = {}
Audit.__index = Audit

audit.WORDS = { [0] = "OK", "WARNING", "CRITICAL", "UNKNOWN" }

local OK <const>, WARNING <const>, CRITICAL <const>, UNKNOWN <const> = 0, 1, 2, 3

--- Begins an audit; what is asked from here on counts for its coverage.
---@param name string what it is called in its line
---@return memsh.Audit
function audit.start(name)
  if not name:find "%S" then core.raise "audit takes a name, as in audit\"swap\"" end
  if audit.current then core.raise "there is an audit already; a report has one" end
  prompt().audit_name(name)
  audit.current = setmetatable({
    name = name, findings = {}, values = {}, doubts = {}, seen = confidence.start(),
  }, Audit)
  return audit.current
end

--- Forgets an audit that did not end.
function audit.forget()
  if audit.current then audit.current.seen:stop() end
  audit.current = nil
end

function Audit:doubt(format, ...)
  self.doubts[#self.doubts + 1] = format:format(...)
end

-- `what` is a row set, which is asked now; or a condition that the report has decided itself.
local function find(self, level, verb, what, text, label)
  if type(text) ~= "string" or text == "" then core.raise(verb .. " also takes words for what was found") end
  if rowset().is(what) then
    local found = output().render(what)
    found.level, found.text, found.label = level, text, label
    self.findings[#self.findings + 1] = found
  elseif core.is_unknown(what) then
    self:doubt("%s: %s", text, core.reason_text(core.why(what)))
  elseif type(what) == "boolean" or what == nil then
    self.findings[#self.findings + 1] = { level = level, text = text, n = what and 1 or 0, is_condition = true }
  else
    core.raise(("%s takes a row set or a condition, not a %s"):format(verb, type(what)))
  end
  return self
end

--- Rows that should not exist: one is a WARNING. Also a condition: true, false, or unknown.
---@param rows memsh.RowSet|boolean
---@param text string what they are; their number comes after it: "mappings writable and executable"
---@param label string|nil what they are called in the performance data, where the text changes from run to run
function Audit:warn(rows, text, label)
  return find(self, WARNING, "warn", rows, text, label)
end

--- The same, CRITICAL.
function Audit:crit(rows, text, label)
  return find(self, CRITICAL, "crit", rows, text, label)
end

local UNITS <const> = { [""] = true, s = true, us = true, ms = true, ["%"] = true, B = true, KB = true, MB = true,
  TB = true, c = true }

local VALUE_KEYS <const> = { warn = true, crit = true, of = true, unit = true, min = true, max = true }

local function check_how(how)
  for key in pairs(how) do
    if not VALUE_KEYS[key] then
      core.raise(("value has no '%s'; there are warn, crit, of, unit, min, max"):format(core.escape(tostring(key))))
    end
  end
  if not UNITS[how.unit or ""] then
    core.raise(("value: '%s' is not a unit of performance data; s, us, ms, %%, B, KB, MB, TB, c are"):format(how.unit))
  end
end

--- A number with limits, which goes into the performance data.
---@param name string
---@param n number|nil an unknown one makes the audit UNKNOWN
---@param how table|integer|nil warn, crit, of, unit, min, max; an integer, the second value of counts and sums, is how
---  many are missing
function Audit:value(name, n, how)
  if math.type(how) == "integer" then
    if how ~= 0 then
      self:doubt("%s: %d more may be missing", name, how)
      rowset().bound_is_said(how)
    end
    how = nil
  end
  how = how or {}
  check_how(how)
  local of = core.known(how.of) and how.of or nil
  local whole = of or (how.of and 1)
  local one = { name = name, unit = how.unit or "", of = of, level = OK, min = how.min or (of and 0),
    max = how.max or of, warn = threshold.parse(how.warn, whole), crit = threshold.parse(how.crit, whole) }
  if core.is_unknown(how.of) then self:doubt("the whole of %s: %s", name, core.reason_text(core.why(how.of))) end
  if core.is_unknown(n) or n == nil then
    self:doubt("%s: %s", name, n == nil and "there is no value" or core.reason_text(core.why(n)))
  elseif type(n) ~= "number" then
    core.raise(("value takes a number, and %s is a %s"):format(name, type(n)))
  else
    one.value = n
    one.level = threshold.alerts(one.crit, n) and CRITICAL or threshold.alerts(one.warn, n) and WARNING or OK
  end
  self.values[#self.values + 1] = one
  return self
end

local LEVELS <const> = { warn = WARNING, crit = CRITICAL }

local function level_of(given, usual)
  if given == nil then return usual end
  return LEVELS[given] or core.raise(("baseline: '%s' is neither \"warn\" nor \"crit\""):format(tostring(given)))
end

-- The keys that `others` lack, as a finding.
local function compare(keys, others, grouped, level, text)
  local rows, names = {}, sorted_keys(keys, function(key) return not others[key] end)
  local finding = { level = level, text = text, n = #names, names = names }
  if grouped and #names > 0 then
    for i, name in ipairs(names) do rows[i] = keys[name] end
    local rendered = output().render(rowset().of_rows(rows, grouped.schema))
    finding.output, finding.rows = rendered.output, rendered.rows
  end
  return finding
end

--- Compares rows with those that somebody accepted. `memsh --accept` writes the file; without it the audit is UNKNOWN.
---@param path string
---@param rows memsh.RowSet
---@param key string fields or expressions by which rows are matched: "comm, path"
---@param how {new: "warn"|"crit"|nil, gone: "warn"|"crit"|nil, text: string|nil}|nil new rows are a warning, vanished
---  ones only if `gone` says so
function Audit:baseline(path, rows, key, how)
  how = how or {}
  if type(path) ~= "string" or path:sub(1, 1) ~= "/" then core.raise "baseline takes an absolute path" end
  if not rowset().is(rows) or type(key) ~= "string" then core.raise "baseline takes a path, a row set and its key" end
  local text = how.text or "of " .. path
  local keys, grouped = baseline().keys(rows, key)
  self.accepted = self.accepted or {}
  if output().options().accept then
    table.insert(self.accepted, { path = path, key = key, keys = keys })
    return self
  end
  local known, message, name = baseline().read(path, key)
  if not known then
    self:doubt("%s", name == "ENOENT" and ("there is no baseline %s; memsh --accept %s makes it"):format(path,
      require("memsh.reports.report").name()) or ("baseline %s: %s"):format(path, message))
    return self
  end
  table.insert(self.findings, compare(keys, known, grouped, level_of(how.new, WARNING), "new " .. text))
  table.insert(self.findings, compare(known, keys, nil, level_of(how.gone, OK), "gone " .. text))
  return self
end

-- ---- the end

local function doubt_coverage(self, result)
  local least = output().options().min_coverage
  if result.timeouts > 0 then
    self:doubt("%s timed out", plural(result.timeouts, "process"))
  end
  if result.processes < least or result.memory < least then
    self:doubt("only %s%% of the processes and %s%% of their memory read: %s%% of both are required",
      line().percent(result.processes), line().percent(result.memory), threshold.number(least))
  end
  if result.unsupported > 0 then
    self:doubt("this kernel does not have what was asked of %s", plural(result.unsupported, "row"))
  end
  if result.nothing then self:doubt("no process could be read in %s", machine().source():root()) end
  if result.hidden then self:doubt("%s", coverage.hiding(result.hidden)) end
  for _, bound in ipairs(result.bounds) do self:doubt("%s", bound) end
  if result.unread > 0 then self:doubt "it was interrupted" end
  if output().options().strict and coverage.lost then self:doubt "not all that was asked for could be read" end
end

-- What could not be read may hide something worse; nothing is worse than CRITICAL.
local function verdict_of(self)
  local worst = OK
  for _, list in ipairs { self.findings, self.values } do
    for _, one in ipairs(list) do
      if one.level > worst and (one.n == nil or one.n > 0) then worst = one.level end
    end
  end
  if worst ~= CRITICAL and #self.doubts > 0 then return UNKNOWN end
  return worst
end

-- A baseline is only as good as what could be read.
local function accept(self)
  if output().options().accept and not self.accepted then
    self:doubt "nothing was accepted: no a:baseline() was reached"
  end
  for _, one in ipairs(#self.doubts == 0 and self.accepted or {}) do
    local done, message = baseline().write(one.path, one.key, one.keys)
    if not done then
      self.unwritten = true
      self:doubt("cannot write %s: %s", one.path, message)
    end
  end
  if #(self.accepted or {}) > 0 and #self.doubts == 0 then self.accepted.done = true end
end

local UNWRITTEN <const> = 74

-- The exit status if --accept did not do what it was asked for.
local function not_accepted(self)
  if not output().options().accept or self.accepted and self.accepted.done then return nil end
  return self.unwritten and UNWRITTEN or UNKNOWN
end

--- Prints the verdict's line and its rows, and ends the report. With --check the verdict is the exit status.
function Audit:done()
  self.seen:stop()
  local result = self.seen:result()
  audit.forget()
  doubt_coverage(self, result)
  accept(self)
  self.verdict, self.coverage = verdict_of(self), result
  self.line = line().text(self, audit.WORDS[self.verdict])
  audit.last = self
  local options = output().options()
  if self.verdict ~= OK or not options.quiet then output().print_verdict(self.line, self.findings) end
  prompt().verdict(self.verdict, self.name, self.line) -- after the output: a line that could not be written is none
  prompt().leave(options.check and self.verdict or not_accepted(self) or 0)
end

return audit
