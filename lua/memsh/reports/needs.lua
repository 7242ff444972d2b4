-- SPDX-License-Identifier: GPL-3.0-or-later
-- The fields without which a report shows nothing, and whether any process lets this user read them. If some do and
-- some do not, the report runs, and its coverage says so.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local field_docs = lazy "memsh.help.field_docs"
local machine = lazy "memsh.fields.machine"
local memsh = lazy "memsh"
local processes = lazy "memsh.reports.processes"

local needs = {}

local function find(name)
  for _, kind in ipairs { "procs", "maps" } do
    for _, doc in ipairs(field_docs().of(kind)) do
      if doc.name == name then return doc end
    end
  end
  core.raise(("report: it needs '%s', which is not a field"):format(core.escape(tostring(name))))
end

-- The fields of processes or mappings that it needs and that not everybody may read.
local function restricted(made)
  local docs = {}
  for _, name in ipairs(made.needs) do
    local doc = find(name)
    if doc.permission ~= "anybody" then docs[#docs + 1] = doc end
  end
  return docs
end

-- The processes that it is asked about, and in words; all if it names none.
local function pids_of(made, opt)
  local pids = processes().named(made, opt)
  if #pids > 0 then return pids, #pids == 1 and "process " .. pids[1] or "these processes" end
  return machine().pids(), "any other process"
end

-- Whether none of these processes lets this user read its memory's files, which the kernel decides at open().
local function are_closed(pids)
  local closed = false
  for _, pid in ipairs(pids) do
    local process = memsh().proc(pid)
    if process and process.state ~= "Z" and not core.is_kernel(process) then
      if core.may_read(process) then return false end
      closed = true
    end
  end
  return closed
end

--- Why the report can show nothing, or nil.
---@param made table what report.make gives
---@param opt table its arguments
---@return string|nil
function needs.refusal(made, opt)
  local doc = restricted(made)[1]
  if not doc then return nil end
  local pids, whose = pids_of(made, opt)
  if not are_closed(pids) then return nil end
  return ("it needs %s, which this user may not read of %s; readable by: %s"):format(doc.name, whose, doc.permission)
end

--- Who may read what it needs, for its help; nil if everybody may.
---@param made table what report.make gives
---@return string|nil
function needs.text(made)
  local docs, names = restricted(made), {}
  if #docs == 0 then return nil end
  for i, doc in ipairs(docs) do names[i] = doc.name end
  return ("It needs %s of other processes, readable by: %s."):format(table.concat(names, ", "), docs[#docs].permission)
end

return needs
