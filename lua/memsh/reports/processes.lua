-- SPDX-License-Identifier: GPL-3.0-or-later
-- The processes that the arguments of a report name.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local rowset = lazy "memsh.query.rowset"

local processes = {}

-- The options and arguments that take process ids, and were given some: each its ids, and where `opt` has them by
-- position, too.
local function given_ids(made, opt)
  local given = {}
  for _, list in ipairs { made.args, made.options } do
    for at, one in ipairs(list) do
      local value = opt[one.key]
      if one.type and one.type.name == "pid" and value then
        given[#given + 1] = { of = one, pids = type(value) == "table" and value or { value },
          position = list == made.args and one.many and opt[at] and at or nil }
      end
    end
  end
  return given
end

--- The process ids that were given.
---@param made table what report.make gives
---@param opt table its arguments
---@return integer[]
function processes.named(made, opt)
  local pids = {}
  for _, given in ipairs(given_ids(made, opt)) do table.move(given.pids, 1, #given.pids, #pids + 1, pids) end
  return pids
end

-- Takes ids that no process has, or that come again, out of those that were given. Adds the former to `missing`; gives
-- how many are left.
local function drop_missing(given, opt, missing)
  local pids, there, kept = given.pids, {}, {}
  for row in rowset().processes({ pids = pids, kernel = true }):show "pid" do there[row.pid] = true end
  for _, pid in ipairs(pids) do
    if there[pid] == nil then missing[#missing + 1] = pid
    elseif there[pid] then kept[#kept + 1] = pid end
    there[pid] = false
  end
  if given.position then table.move(kept, 1, #pids, given.position, opt) end
  table.move(kept, 1, #pids, 1, pids)
  return #kept
end

--- Takes ids that no process has out of the arguments, and says so. Where none is left it gives what there is to say.
---@param made table what report.make gives
---@param opt table its arguments
---@param is_table boolean the report itself says it of those for which the table is that of another tool
---@return string|nil
function processes.missing(made, opt, is_table)
  local left, missing = 0, {}
  for _, given in ipairs(given_ids(made, opt)) do
    if #given.pids > 0 and not (is_table and given.of.unchecked) then
      left = left + drop_missing(given, opt, missing)
    end
  end
  if #missing == 0 then return nil end
  local text = ("no process%s %s"):format(#missing > 1 and "es" or "", table.concat(missing, ", "))
  if left == 0 then return text end
  core.note(("memsh: %s: %s"):format(made.name, text))
  return nil
end

return processes
