-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local rowset = lazy "memsh.query.rowset"
local suggest = lazy "memsh.util.suggest"

-- A process that is named twice is one process; nil: no process is named.
local function distinct_pids(named)
  if named == nil then return nil end
  local pids, seen = {}, {}
  for _, pid in ipairs(type(named) == "table" and named or { named }) do
    if math.type(pid) ~= "integer" or pid <= 0 then
      core.raise "procs{pid=...} takes a process id, or a list of them"
    end
    if not seen[pid] then seen[pid], pids[#pids + 1] = true, pid end
  end
  return pids
end

--- What procs{...} gives: procs{kernel=true}, procs{pid=1234}, procs{pid={1, 2}}.
---@param set memsh.RowSet all processes
---@param options {kernel: boolean|nil, pid: integer|integer[]|nil}
return function(set, options)
  for name in pairs(options) do
    if name ~= "kernel" and name ~= "pid" then
      core.raise(("procs{...} has no option '%s'%s"):format(core.escape(tostring(name)),
        suggest().ending(name, { "kernel", "pid" }, "; there are kernel=true and pid=1234")))
    end
  end
  local pids = distinct_pids(options.pid)
  return rowset().processes { kernel = options.kernel or pids ~= nil, pids = pids or set.from.pids, on = set.from.on }
end
