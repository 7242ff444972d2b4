-- SPDX-License-Identifier: GPL-3.0-or-later
-- All identities of crosscheck.lua over all processes of the machine.
local crosscheck = require "memsh.analysis.crosscheck"
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local identities = require "memsh.analysis.identities"
local machine = require "memsh.fields.machine"
local rowset = require "memsh.query.rowset"
local schema = require "memsh.fields.schema"

local selfcheck = {}

-- A process that never keeps still is left with what holds even then.
local TRIES <const> = 20

local field = schema.column

local fields

local function make_fields()
  fields = fields or schema.made {
    field("identity", "text", "what should hold"),
    field("processes", "count", "processes of which it was compared"),
    field("explained", "count", "those that differ as they do on this kernel"),
    field("failures", "count", "those that differ and should not"),
    field("worst", "text", "the failure that is furthest off"),
  }
  return fields
end

local function example(process, row)
  return ("process %d (%s): %d, not %d%s"):format(process.pid, process.comm, row.left, row.right,
    row.why ~= "" and " " .. row.why or "")
end

-- A difference says nothing of a process that changed while it was read.
local function count(total, process, row, still)
  if core.is_unknown(row.expected) or not (still or row.identity.one_file) then return end
  total.processes = total.processes + 1
  if row.holds then return end
  if row.expected then
    total.explained = total.explained + 1
    return
  end
  total.failures = total.failures + 1
  local off = math.abs(row.difference)
  if off >= (total.furthest or 0) then total.furthest, total.worst = off, example(process, row) end
end

---@class memsh.SelfCheck
---@field rows memsh.RowSet identity, processes, explained, failures, worst
---@field coverage table
---@field checked integer processes that were compared
---@field moving integer those of them that changed each time they were read
---@field failures integer

--- Compares the numbers of every process.
---@return memsh.SelfCheck
function selfcheck.run()
  local seen, totals = coverage.new(), {}
  local result = { coverage = seen, checked = 0, moving = 0, failures = 0 }
  for i, identity in ipairs(identities) do
    totals[i] = { identity = identities.text(identity), processes = 0, explained = 0, failures = 0, worst = "" }
  end
  for _, pid in ipairs(machine.pids()) do
    local process = machine.source():process(pid)
    if not core.is_kernel(process) then
      seen:process(pid)
      local rows, still = crosscheck.rows(process, TRIES)
      if rows then
        result.checked = result.checked + 1
        result.moving = result.moving + (still and 0 or 1)
        for i, row in ipairs(rows) do count(totals[i], process, row, still) end
      else
        seen:note(pid, still)
      end
    end
  end
  for _, total in ipairs(totals) do result.failures = result.failures + total.failures end
  result.rows = rowset.of_rows(totals, make_fields(), seen)
  return result
end

return selfcheck
