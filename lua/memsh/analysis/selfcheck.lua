-- SPDX-License-Identifier: GPL-3.0-or-later
-- All identities of crosscheck.lua over all processes of the machine.
local crosscheck = require "memsh.analysis.crosscheck"
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local identities = require "memsh.analysis.identities"
local machine = require "memsh.fields.machine"
local from_tables = require "memsh.query.from_tables"

local selfcheck = {}

-- Of how many processes the mappings are read while others are compared.
local AHEAD <const> = 3

-- Of a process that never keeps still only what comes from one reading of one file is compared.
local TRIES <const> = 20

local COLUMNS <const> = {
  { "identity", "text", "what should hold" },
  { "processes", "count", "processes whose numbers were compared" },
  { "explained", "count", "those that differ as they do on this kernel" },
  { "failures", "count", "those that differ and should not" },
  { "worst", "text", "the failure that is furthest off" },
}

local function example(process, row)
  return ("process %d (%s): %d, not %d%s"):format(process.pid, process.comm, row.left, row.right,
    row.why ~= "" and " " .. row.why or "")
end

-- The difference says nothing about a process that changed while it was read.
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

-- A function that gives the next process of the machine, and what was begun to be read of it. Threads of the kernel
-- have nothing to compare.
local function reading_ahead()
  local pids, at, begun = machine.pids(), 0, {}
  return function()
    while #begun < AHEAD and at < #pids do
      at = at + 1
      local process = machine.source():process(pids[at])
      if not core.is_kernel(process) then begun[#begun + 1] = { process, crosscheck.begin(process) } end
    end
    return table.unpack(table.remove(begun, 1) or {})
  end
end

-- The rows of a process, or nil and a reason.
local function check(seen, process, begun)
  seen:process(process.pid)
  local rows, still = crosscheck.rows(process, TRIES, begun)
  if not rows then seen:note(process.pid, still) end
  for _, row in ipairs(rows or {}) do
    local reason = core.why(row.expected)
    if reason and coverage.is_missed(reason) then seen:note(process.pid, reason) end
  end
  return rows, still
end

--- Compares the numbers of every process: `rows` (a row set), how many processes were `checked`, how many of
--- them changed each time they were read (`moving`), and the number of `failures`.
---@return {rows: memsh.RowSet, coverage: table, checked: integer, moving: integer, failures: integer}
function selfcheck.run()
  local seen, totals = coverage.new(), {}
  local result = { coverage = seen, checked = 0, moving = 0, failures = 0 }
  for i, identity in ipairs(identities) do
    totals[i] = { identity = identities.text(identity), processes = 0, explained = 0, failures = 0, worst = "" }
  end
  for process, begun in reading_ahead() do
    local rows, still = check(seen, process, begun)
    if rows then
      result.checked, result.moving = result.checked + 1, result.moving + (still and 0 or 1)
      for i, row in ipairs(rows) do count(totals[i], process, row, still) end
    end
  end
  for _, total in ipairs(totals) do result.failures = result.failures + total.failures end
  result.rows = from_tables(totals, COLUMNS, seen)
  return result
end

return selfcheck
