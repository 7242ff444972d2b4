-- SPDX-License-Identifier: GPL-3.0-or-later
-- The parts of `memsh metrics` that are no chain over processes or control groups.
local core = require "memsh.core"
local from_tables = require "memsh.query.from_tables"
local machine = require "memsh.fields.machine"

local metrics = {}

local began = core.clock()

local MACHINE <const> = [[mem_total mem_free mem_available buffers cached anon_pages shmem slab kernel_stack page_tables
  dirty committed_as commit_limit swap_total swap_free pressure_some_avg60 pressure_full_avg60 pressure_some_total
  pressure_full_total]]

--- Shows the rows of a set; `subject` is what one is called in the names of its metrics.
---@param subject string
---@param set memsh.RowSet
function metrics.show(subject, set)
  set.schema.subject = subject
  set:print()
end

--- The machine and its pressure, as one row.
---@return memsh.RowSet
function metrics.machine()
  local row, columns = {}, {}
  for name in MACHINE:gmatch "%S+" do
    local field = core.field("system", name)
    row[name], columns[#columns + 1] = machine.system()[name], { name, field.type, field.meaning }
  end
  return from_tables({ row }, columns)
end

--- How many of some processes were read, and how many were not, by the first reason among these fields.
---@param processes memsh.RowSet
---@param names string[]
---@return memsh.RowSet
function metrics.coverage(processes, names)
  local rows, by_result = {}, {}
  for p in processes do
    local result = "read"
    for _, name in ipairs(names) do
      result = result == "read" and core.why(p[name]) or result
    end
    if not by_result[result] then
      by_result[result] = { result = result, processes = 0 }
      rows[#rows + 1] = by_result[result]
    end
    by_result[result].processes = by_result[result].processes + 1
  end
  return from_tables(rows, { { "result", "text" },
    { "processes", "count", "processes that were read, and those that were not, by the reason" } })
end

--- The run itself: a file that is no longer replaced shows its age.
---@return memsh.RowSet
function metrics.run()
  return from_tables({ { duration = core.clock() - began, last_success = machine.system().now } },
    { { "duration", "seconds", "how long memsh took" }, { "last_success", "time", "when memsh last wrote this" } })
end

return metrics
