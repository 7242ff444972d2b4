-- SPDX-License-Identifier: GPL-3.0-or-later
-- The fields without which a report has nothing to tell, and whether any process lets this user read them. Where some
-- do and some do not, the report runs, and its coverage says so.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local field_docs = lazy "memsh.help.field_docs"
local machine = lazy "memsh.fields.machine"
local memsh = lazy "memsh"

local needs = {}

local ANYBODY <const> = "anybody"

-- The field, of processes or of mappings, and who may read it.
local function find(name)
  for _, kind in ipairs { "procs", "maps" } do
    for _, doc in ipairs(field_docs().of(kind)) do
      if doc.name == name then return doc end
    end
  end
  core.raise(("report: it needs '%s', which is no field"):format(core.escape(tostring(name))))
end

-- The processes that it is asked about, and in words; all of them where it names none.
local function pids_of(made, opt)
  local pids = {}
  for _, list in ipairs { made.args, made.options } do
    for _, one in ipairs(list) do
      local value = opt[one.key]
      if one.type and one.type.name == "pid" then
        if type(value) ~= "table" then value = { value } end
        table.move(value, 1, #value, #pids + 1, pids)
      end
    end
  end
  if #pids > 0 then return pids, #pids == 1 and "process " .. pids[1] or "these processes" end
  return machine().pids(), "any other process"
end

-- Whether none of these processes lets this user look into its memory, which the kernel decides when a file is opened.
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

--- Why the report can tell nothing, or nil.
---@param made table what report.make gives
---@param opt table its arguments
---@return string|nil
function needs.refusal(made, opt)
  for _, name in ipairs(made.needs) do
    local doc = find(name)
    if doc.permission ~= ANYBODY then
      local pids, whose = pids_of(made, opt)
      if not are_closed(pids) then return nil end
      return ("it needs %s, which this user may not read of %s; readable by: %s"):format(name, whose, doc.permission)
    end
  end
  return nil
end

--- Who may read what it needs, for its help; nil where anybody may.
---@param made table what report.make gives
---@return string|nil
function needs.text(made)
  local names, permission = {}, nil
  for _, name in ipairs(made.needs) do
    local doc = find(name)
    if doc.permission ~= ANYBODY then names[#names + 1], permission = name, doc.permission end
  end
  if not permission then return nil end
  return ("It needs %s of other processes, readable by: %s."):format(table.concat(names, ", "), permission)
end

return needs
