-- SPDX-License-Identifier: GPL-3.0-or-later
-- What one check found and what it could not find out.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local words = require "memsh.doctor.words"

local Examination = {}
Examination.__index = Examination

local examination = {}

---@class memsh.doctor.Finding
---@field id string of the check
---@field severity "crit"|"warn"|"info"
---@field subject string what it is about: "machine", a process, a group, a pool
---@field value number|nil
---@field threshold number|nil
---@field unit string|nil of both: "B", "%", "B/s", "/s" or nothing
---@field text string sentences with numbers
---@field question string a line of memsh that shows the evidence
---@field advice string what one can do

--- Of this check.
function examination.new(check)
  return setmetatable({ check = check, findings = {}, lacking = {} }, Examination)
end

--- Something is wrong.
---@param finding table a finding without its id
function Examination:add(finding)
  finding.id = self.check.id
  finding.subject = finding.subject or "machine"
  self.findings[#self.findings + 1] = finding
end

local MANY <const> = { process = "processes", group = "groups" }

--- Something could not be checked, for this reason in words.
---@param what string
---@param reason string
---@param name string|nil one of memsh's reasons
---@param of "process"|"group"|nil it is a value of one of these, which are counted
function Examination:lacks(what, reason, name, of)
  for _, one in ipairs(self.lacking) do
    if one.what == what and one.reason == reason then
      one.n = one.n + 1
      return
    end
  end
  if name then coverage.note_other(name) end
  self.lacking[#self.lacking + 1] = { what = what, reason = reason, name = name, of = of, n = 1 }
end

--- The value where it is known; else nil, and it is noted as something that could not be checked. Of a process, having
--- no memory, or having ended, is nothing that is lacking.
---@param value any
---@param what string
---@param of "process"|"group"|nil
function Examination:known(value, what, of)
  if not core.is_unknown(value) then return value end
  local why = core.why(value)
  if of ~= "process" or why ~= "no_memory" and why ~= "gone" then
    self:lacks(what, core.reason_text(why), why, of)
  end
  return nil
end

--- The control groups; that some could not be listed is noted.
---@param machine memsh.doctor.Machine
function Examination:groups(machine)
  local list = machine:groups()
  if list.problem then self:lacks("control groups", list.problem) end
  return list
end

--- A rate over the sample.
function Examination:rate(rate, reason, what)
  if not rate then self:lacks(what, reason) end
  return rate
end

local function lacking_text(one)
  return one.of and ("%s of %s"):format(one.what, words.count(one.n, one.of, MANY[one.of])) or one.what
end

--- What could not be checked, a text for each.
function Examination:lacking_texts()
  local texts = {}
  for i, one in ipairs(self.lacking) do
    texts[i] = { what = lacking_text(one), reason = one.reason, name = one.name }
  end
  return texts
end

return examination
