-- SPDX-License-Identifier: GPL-3.0-or-later
-- The parts of a page that show a machine's memory: numbers, a strip of kinds, the treemap, tables.
local core = require "memsh.core"
local memory_tree = require "memsh.analysis.memory_tree"
local page = require "memsh.html.page"
local tree_picture = require "memsh.html.tree_picture"

local machine = {}

local escape, size = page.escape, page.size

local function kind_names()
  local names = {}
  for i, kind in ipairs(memory_tree.KINDS) do names[i] = kind[1] end
  return names
end

--- The colours of kinds of memory, for page.document.
function machine.style()
  return page.colours(kind_names())
end

local function in_order(kinds)
  local parts = {}
  for _, kind in ipairs(memory_tree.KINDS) do parts[#parts + 1] = { kind[1], kinds[kind[1]] or 0 } end
  return parts
end

-- ---- the first look

local function sum(kinds, ...)
  local bytes = 0
  for _, name in ipairs { ... } do bytes = bytes + (kinds[name] or 0) end
  return bytes
end

--- The numbers that are read first.
---@param tree memsh.MemoryTree
---@param sys any the system's fields
function machine.cards(tree, sys)
  local kinds, total = tree.kinds, tree.total
  local processes = tree.processes and tree.processes.size or 0
  local list = {
    { "memory", size(total), "MemTotal" },
    { "processes", size(processes), page.percent(processes, total) .. ", shared pages divided (PSS)" },
    { "page cache", size(sum(kinds, "cache")), page.percent(sum(kinds, "cache"), total) .. ", mapped by nobody" },
    { "kernel", size(sum(kinds, "kernel")), page.percent(sum(kinds, "kernel"), total) },
    { "free", size(sum(kinds, "free")), page.percent(sum(kinds, "free"), total) },
  }
  if core.known(sys.mem_available) then
    list[#list + 1] = { "available", size(sys.mem_available), "free, or given up when needed" }
  end
  if core.known(sys.swap_total) and sys.swap_total > 0 then
    list[#list + 1] = { "swap used", size(sys.swap_total - sys.swap_free), "of " .. size(sys.swap_total) }
  end
  return page.cards(list)
end

local function legend(tree)
  local list = {}
  for _, kind in ipairs(memory_tree.KINDS) do
    local bytes = tree.kinds[kind[1]]
    if bytes then
      list[#list + 1] = { kind[1], ("%s: %s, %s"):format(kind[2], size(bytes), page.percent(bytes, tree.total)) }
    end
  end
  return page.legend(list)
end

-- ---- pictures

-- Below this share of the machine, processes have a picture of their own.
local CLOSE_UP <const> = 0.4

local function picture(title, text, markup)
  return ('<section><h2>%s</h2><p class="muted">%s</p>\n%s</section>'):format(title, text, markup)
end

local function close_up(tree)
  local processes = tree.processes
  if not processes or processes.size >= CLOSE_UP * tree.total then return nil end
  local node = { name = "processes", size = processes.size, nodes = processes.nodes, depth = 2 }
  return picture("Processes, larger", ("The %s of processes, %s of the machine, to a scale of their own."):format(
    size(processes.size), page.percent(processes.size, tree.total)),
    tree_picture(node, "processes", "Memory of processes as areas; the tables below have the numbers"))
end

--- The strip, what its colours mean, and the treemap.
---@param tree memsh.MemoryTree
function machine.pictures(tree)
  local out = { ("<section><h2>Where the memory is</h2>%s%s</section>"):format(
    page.strip(in_order(tree.kinds), tree.total), legend(tree)) }
  out[#out + 1] = picture("The whole machine", ("All areas are to one scale and add up to %s. Frames are units or " ..
    "groups, in them programs, processes, kinds of memory."):format(size(tree.total)),
    tree_picture(tree.root, "machine", "All memory of the machine as areas; the tables below have the numbers"))
  out[#out + 1] = close_up(tree)
  return table.concat(out, "\n")
end

-- ---- tables

local MOST <const> = 15

local function rows_of(list, whole)
  local rows, most = {}, list[1] and list[1].size or 1
  for i = 1, math.min(#list, MOST) do
    local one = list[i]
    rows[i] = { escape(one.name), ("%d"):format(one.n), size(one.size), page.percent(one.size, whole),
      page.strip(in_order(one.kinds), most) }
  end
  return rows
end

local function section(title, list, total)
  if #list == 0 then return "" end
  local more = #list > MOST and ('<p class="muted">And %d smaller.</p>'):format(#list - MOST) or ""
  return ("<section><h2>%s</h2>\n%s%s</section>"):format(title, page.table(title, { { "name", "label" },
    { "processes", "n opt" }, { "memory", "n" }, { "share", "n" }, { "kinds", "bar" } }, rows_of(list, total)), more)
end

--- Groups and programs, the largest first, with bars to the scale of the largest.
---@param tree memsh.MemoryTree
---@param grouping string what the groups are: "Units"
function machine.tables(tree, grouping)
  local groups = {}
  for i, group in ipairs(tree.processes and tree.processes.nodes or {}) do
    groups[i] = { name = group.name, n = group.n, size = group.size, kinds = memory_tree.kinds_of(group) }
  end
  return section(grouping, groups, tree.total) .. section("Programs", memory_tree.programs(tree), tree.total)
end

--- All lines of the account, and where each number comes from.
---@param tree memsh.MemoryTree
function machine.account(tree)
  local rows = {}
  for i, line in ipairs(tree.lines) do
    rows[i] = { escape(line.what), (line.bound and "at most " or "") .. size(line.size),
      core.known(line.size) and page.percent(line.size, tree.total) or "?", escape(line.from) }
  end
  return '<div class="long"><details><summary>Every line of the account</summary>\n' .. page.table("The account",
    { { "what", "label" }, { "size", "n" }, { "share", "n" }, { "where the number comes from", "label" } }, rows) ..
    "</details></div>"
end

--- What is to be said of the numbers, as paragraphs.
---@param tree memsh.MemoryTree
function machine.notes(tree)
  local out = {}
  local text = tree.coverage:tell()
  if text then out[#out + 1] = text .. "." end
  if not tree.is_split then
    out[#out + 1] = "This kernel (before Linux 5.3) does not say which kinds of memory a process's share is: " ..
      "what is mapped is not divided by process."
  end
  if tree.twice > 0 then
    out[#out + 1] = ("Memory moved while it was read, and %s was counted twice: that is taken off the page " ..
      "cache."):format(size(tree.twice))
  end
  for i, one in ipairs(out) do out[i] = ('<p class="muted">%s</p>'):format(escape(one)) end
  return table.concat(out, "\n")
end

return machine
