-- SPDX-License-Identifier: GPL-3.0-or-later
-- The machine's memory as a tree whose leaves add up to MemTotal: groups of processes, their programs, processes, and
-- kinds of memory; beside them what processes do not map. Made of the same account as reconcile().
local core = require "memsh.core"
local from_tables = require "memsh.query.from_tables"
local reconcile = require "memsh.analysis.reconcile"
local sorted_keys = require "memsh.util.sorted_keys"

local memory_tree = {}

---@class memsh.MemoryNode
---@field name string as it may be shown
---@field size integer bytes
---@field kind string|nil of a leaf: one of memory_tree.KINDS
---@field pid integer|nil of a process
---@field n integer|nil processes below it
---@field nodes memsh.MemoryNode[]|nil the largest first
---@field from string|nil where the number of a leaf comes from

--- The kinds of leaves, with what they are called.
memory_tree.KINDS = {
  { "anon", "anonymous: heaps, stacks, data" },
  { "file", "mapped files, programs, libraries" },
  { "shmem", "shared memory and tmpfs" },
  { "unread", "of processes that could not be read" },
  { "cache", "page cache that nobody maps" },
  { "kernel", "the kernel's own" },
  { "pool", "huge page pools" },
  { "rest", "unexplained" },
  { "free", "free" },
}

local MAPPED <const> = { ["anonymous, mapped"] = "anon", ["file pages, mapped"] = "file", ["shmem, mapped"] = "shmem",
  ["file pages and shmem, mapped"] = "file" }

-- The lines of the account that are not the kernel's own.
local KIND_OF <const> = { ["free"] = "free", ["unexplained rest"] = "rest", ["hugetlb pools"] = "pool",
  ["page cache nobody maps"] = "cache", ["page cache and shmem nobody maps"] = "cache",
  ["swap cache nobody maps"] = "cache", ["shmem nobody maps"] = "shmem" }

-- What no process is known to map, and what one does.
local BESIDE <const> = { unread = "processes not read", cache = "page cache", kernel = "kernel", rest = "unexplained",
  pool = "huge page pools", free = "free", shmem = "shmem nobody maps", anon = "anonymous", file = "mapped files" }
local OF_PROCESS <const> = { anon = "anonymous", file = "files", shmem = "shared memory" }

local function kind_of(what)
  if what:find ", of processes not" then return "unread" end
  return MAPPED[what] or KIND_OF[what] or "kernel"
end

-- ---- what processes map

local function text_of(value)
  return core.known(value) and core.escape(value) or ""
end

local function unit_of(p)
  local container, unit = text_of(p.container), text_of(p.unit)
  if container ~= "" then return "container " .. (container:find "^%x+$" and container:sub(1, 12) or container) end
  if unit ~= "" then return unit end
  return text_of(p.cgroup) == "" and "no control group" or "group " .. text_of(p.cgroup)
end

local function field_of(name, otherwise)
  return function(p)
    local text = text_of(p[name])
    return text ~= "" and text or otherwise
  end
end

-- What processes can be grouped by.
local GROUPINGS <const> = {
  unit = { fields = { "container", "unit", "cgroup" }, of = unit_of },
  cgroup = { fields = { "cgroup" }, of = field_of("cgroup", "no control group") },
  user = { fields = { "user" }, of = field_of("user", "unknown user") },
}

local function child(node, key, name)
  local found = node.by[key]
  if not found then
    found = { name = name, by = {}, nodes = {}, size = 0, n = 0 }
    node.by[key], node.nodes[#node.nodes + 1] = found, found
  end
  return found
end

local LEAVES <const> = { "anon", "file", "shmem" }

local function add_process(root, group_of, p, sizes)
  local group_name, comm = group_of(p), text_of(p.comm)
  local group = child(root, group_name, group_name)
  local program = child(group, comm, comm)
  local process = { name = ("%s %d"):format(comm, p.pid), pid = p.pid, n = 1, size = 0, nodes = {} }
  for i, kind in ipairs(LEAVES) do
    if sizes[i] > 0 then
      process.nodes[#process.nodes + 1] = { name = OF_PROCESS[kind], kind = kind, size = sizes[i] }
      process.size = process.size + sizes[i]
    end
  end
  program.nodes[#program.nodes + 1] = process
  for _, node in ipairs { program, group, root } do node.size, node.n = node.size + process.size, node.n + 1 end
end

local function in_order(node)
  node.by = nil
  if not node.nodes then return node end
  table.sort(node.nodes, function(a, b)
    if a.size ~= b.size then return a.size > b.size end
    return (a.pid or 0) == (b.pid or 0) and a.name < b.name or (a.pid or 0) < (b.pid or 0)
  end)
  for _, one in ipairs(node.nodes) do in_order(one) end
  return node
end

-- ---- the whole

-- Numbers read at different moments may count some memory twice: it is taken off the largest line of what changes
-- all the time, and said.
local function settled(account)
  local rest, lines = nil, {}
  for _, line in ipairs(account.lines) do
    if line.what == "unexplained rest" and line.size < 0 then
      rest = line
    elseif core.known(line.size) and line.size > 0 then
      lines[#lines + 1] = { what = line.what, kind = kind_of(line.what), size = line.size, from = line.from }
    end
  end
  if not rest then return lines, 0 end
  local left = -rest.size
  for _, kind in ipairs { "rest", "cache", "free", "kernel", "unread", "shmem", "pool" } do
    for _, line in ipairs(lines) do
      if line.kind == kind and not MAPPED[line.what] then
        local off = math.min(left, line.size)
        line.size, left = line.size - off, left - off
      end
    end
  end
  return lines, -rest.size - left
end

local function add_line(by_kind, order, line)
  local node = by_kind[line.kind]
  if not node then
    node = { name = BESIDE[line.kind], size = 0, nodes = {} }
    by_kind[line.kind], order[#order + 1] = node, node
  end
  node.size = node.size + line.size
  node.nodes[#node.nodes + 1] = { name = line.what, kind = line.kind, size = line.size, from = line.from }
end

---@class memsh.MemoryTree
---@field root memsh.MemoryNode its nodes are `processes` and one for each other kind
---@field processes memsh.MemoryNode|nil its nodes are groups
---@field total integer MemTotal
---@field kinds table<string, integer> bytes of each kind
---@field lines table[] of the account
---@field twice integer bytes that were counted twice and taken off
---@field is_split boolean whether memory is known by process
---@field coverage table what could be read

local function count_kinds(node, kinds)
  if node.kind then kinds[node.kind] = (kinds[node.kind] or 0) + node.size end
  for _, one in ipairs(node.nodes or {}) do count_kinds(one, kinds) end
  return kinds
end

--- The machine's memory.
---@param by "unit"|"cgroup"|"user"
---@return memsh.MemoryTree|nil
---@return string|nil message where MemTotal is not known
function memory_tree.of(by)
  local grouping = GROUPINGS[by]
  local processes = { name = "processes", by = {}, nodes = {}, size = 0, n = 0 }
  local account, message = reconcile.account({ "comm", table.unpack(grouping.fields) }, function(p, ...)
    add_process(processes, grouping.of, p, { ... })
  end)
  if not account then return nil, message end
  local lines, twice = settled(account)
  local root, by_kind = { name = "memory", size = account.total, nodes = {} }, {}
  if processes.size > 0 then root.nodes[1] = processes end
  for _, line in ipairs(lines) do
    if line.size > 0 and not (account.is_split and MAPPED[line.what]) then add_line(by_kind, root.nodes, line) end
  end
  return { root = in_order(root), processes = processes.size > 0 and processes or nil, total = account.total,
    kinds = count_kinds(root, {}), lines = account.lines, twice = twice, is_split = account.is_split,
    coverage = account.coverage }
end

-- ---- as rows

local COLUMNS <const> = {
  { "group", "text", "unit, control group or user; empty: memory that no process maps" },
  { "program", "text", "the name of the program" }, { "pid", "count", "the process" },
  { "kind", "text", "anon, file, shmem, unread, cache, kernel, pool, rest, free" },
  { "what", "text", "what it is" }, { "size", "bytes", "how much it is" },
}

local function row(group, program, pid, leaf)
  return { group = group, program = program, pid = pid or core.unknown("unsupported", "pid"), kind = leaf.kind,
    what = leaf.name, size = leaf.size }
end

--- The leaves as rows; their sizes add up to MemTotal.
---@param tree memsh.MemoryTree
---@return memsh.RowSet
function memory_tree.rows(tree)
  local rows = {}
  for _, top in ipairs(tree.root.nodes) do
    if top ~= tree.processes then
      for _, leaf in ipairs(top.nodes) do rows[#rows + 1] = row("", "", nil, leaf) end
    else
      for _, group in ipairs(top.nodes) do
        for _, program in ipairs(group.nodes) do
          for _, process in ipairs(program.nodes) do
            for _, leaf in ipairs(process.nodes) do
              rows[#rows + 1] = row(group.name, program.name, process.pid, leaf)
            end
          end
        end
      end
    end
  end
  return from_tables(rows, COLUMNS, tree.coverage)
end

--- Programs over all groups, the largest first: { name, size, n, kinds }.
---@param tree memsh.MemoryTree
function memory_tree.programs(tree)
  local found = {}
  for _, group in ipairs(tree.processes and tree.processes.nodes or {}) do
    for _, program in ipairs(group.nodes) do
      local one = found[program.name] or { name = program.name, size = 0, n = 0, kinds = {} }
      found[program.name], one.size, one.n = one, one.size + program.size, one.n + program.n
      count_kinds(program, one.kinds)
    end
  end
  local list = {}
  for _, name in ipairs(sorted_keys(found)) do list[#list + 1] = found[name] end
  table.sort(list, function(a, b)
    if a.size ~= b.size then return a.size > b.size end
    return a.name < b.name
  end)
  return list
end

--- The bytes of each kind below a node.
---@param node memsh.MemoryNode
---@return table<string, integer>
function memory_tree.kinds_of(node)
  return count_kinds(node, {})
end

return memory_tree
