-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which processes descend from which, by their parents' numbers as they are now.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local machine = require "memsh.fields.machine"
local rowset = require "memsh.query.rowset"

local family = {}

local is_unknown = core.is_unknown

-- Rows by the number of their parent; rows whose parent is unknown are in none.
local function by_parent(rows)
  local children = {}
  for _, row in ipairs(rows) do
    local parent = row.ppid
    if not is_unknown(parent) then
      children[parent] = children[parent] or {}
      table.insert(children[parent], row)
    end
  end
  return children
end

-- `doubts`: rows that may be some of them, too.
local function set_of(process, pids, doubts)
  local set = rowset.processes { pids = pids, kernel = true, on = machine.of(process) }
  set.from.doubts = doubts
  return set
end

-- The number of its parent; nil, a message and a name.
local function parent_of(process)
  local pid = process.ppid
  if is_unknown(pid) then return nil, "its parent: " .. core.reason_text(core.why(pid)), core.why(pid) end
  if pid == 0 then return nil, ("process %d has no parent here"):format(process.pid), "none" end
  return pid
end

--- The parent of a process; nil, a message and a name where there is none.
function family.parent(process)
  local pid, message, name = parent_of(process)
  if not pid then return nil, message, name end
  local parent = machine.of(process):process(pid)
  local why = core.why(parent.state)
  if why then return nil, ("process %d: %s"):format(pid, core.reason_text(why)), why end
  return parent
end

--- Its children, which are listed when the set is asked.
function family.children(process)
  return rowset.processes { kernel = true, on = machine.of(process) }:where("ppid == parent", { parent = process.pid })
end

--- Its parent, that one's parent, and so on.
function family.ancestors(process)
  local pids, seen = {}, { [process.pid] = true }
  local above = family.parent(process)
  while above and not seen[above.pid] do -- a number that was used again makes no circle
    seen[above.pid], pids[#pids + 1] = true, above.pid
    above = family.parent(above)
  end
  return set_of(process, pids)
end

local function add_below(pid, children, pids)
  local list = children[pid] or {}
  children[pid] = nil
  for _, row in ipairs(list) do
    pids[#pids + 1] = row.pid
    add_below(row.pid, children, pids)
  end
end

-- Those whose parents could not be read, with the reason for it.
local function without_parent(rows)
  local list = {}
  for _, row in ipairs(rows) do
    local reason = core.why(row.ppid)
    if reason and coverage.is_missed(reason) then list[#list + 1] = { pid = row.pid, reason = reason } end
  end
  return list
end

--- Its children, their children, and so on: those there are now.
function family.descendants(process)
  local pids, pid = {}, process.pid
  local all = rowset.processes { kernel = true, on = machine.of(process) }:show "pid ppid":rows()
  add_below(pid, by_parent(all), pids)
  return set_of(process, pids, without_parent(all))
end

-- What has no memory adds none. From a sum what is unknown is missing; of unknown values alone it is unknown.
local function begin(tree, name, value)
  local is_none = core.why(value) == "no_memory"
  tree[name] = is_none and 0 or value
  tree.missing[name], tree.why[name] = is_unknown(value) and not is_none and 1 or 0, core.why(value)
end

local function add(tree, name, below)
  local value = below[name]
  if is_unknown(tree[name]) then
    tree[name] = value
  elseif not is_unknown(value) then
    tree[name] = tree[name] + value
  end
  tree.missing[name] = tree.missing[name] + below.missing[name]
  if below.missing[name] > 0 then tree.why[name] = below.why[name] end
end

local function add_subtree(list, row, depth, children, fields)
  local tree = { row = row, depth = depth, processes = 1, missing = {}, why = {} }
  for _, name in ipairs(fields) do begin(tree, name, row[name]) end
  list[#list + 1] = tree
  local below = children[row.pid] or {}
  children[row.pid] = nil
  for _, child in ipairs(below) do
    local subtree = add_subtree(list, child, depth + 1, children, fields)
    tree.processes = tree.processes + subtree.processes
    for _, name in ipairs(fields) do add(tree, name, subtree) end
  end
  return tree
end

-- Children of each; whose parent is unknown, or has ended since, is below the top itself.
local function by_parent_below(rows, top)
  local there, children = {}, {}
  for _, row in ipairs(rows) do there[row.pid] = true end
  for _, row in ipairs(rows) do
    local parent = row.ppid
    if is_unknown(parent) or not there[parent] then parent = top end
    if row.pid ~= top and core.why(row.ppid) ~= "gone" then
      children[parent] = children[parent] or {}
      table.insert(children[parent], row)
    end
  end
  return children
end

--- A process and all below it, parents first: { row, depth, processes, the sums of these fields over the subtree, from
--- how many processes something is `missing` in each, and `why` }.
---@param rows any[] of the process and of those below it
---@param pid integer
---@param fields string[]
---@return table[]
function family.subtrees(rows, pid, fields)
  local list, children = {}, by_parent_below(rows, pid)
  for _, row in ipairs(rows) do
    if row.pid == pid then add_subtree(list, row, 0, children, fields) end
  end
  return list
end

return family
