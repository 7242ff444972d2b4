-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a process's memory is made of: its mappings by what they are for.
local core = require "memsh.core"
local words = require "memsh.doctor.words"

local known = words.known

-- glibc reserves 64 MiB, at a multiple of that, for each arena but the first.
local ARENA <const>, GUARD <const> = 64 << 20, 1 << 20

local function adjoins(low, high)
  return low and high and low.addr_end == high.addr
end

local function is_bare(row)
  return row and not row.r and not row.w and not row.x
end

local function is_arena(row, after)
  if not row.w or row.addr % ARENA ~= 0 or row.size > ARENA then return false end
  if row.size == ARENA then return true end
  return adjoins(row, after) and is_bare(after) and after.kind == "anon" and after.addr_end % ARENA == 0
end

-- Threads have a guard below their stacks.
local function is_thread_stack(row, before)
  return row.w and not row.x and adjoins(before, row) and is_bare(before) and before.kind == "anon"
    and before.size <= GUARD
end

local function anonymous(row, before, after)
  if row.anon_name ~= "" then return ("named \"%s\""):format(core.escape(row.anon_name)) end
  if is_arena(row, after) then return "malloc arenas" end
  if is_bare(row) then return "reserved, no access" end
  if is_thread_stack(row, before) then return "thread stacks" end
  if row.x then return "generated code" end
  if adjoins(before, row) and before.kind == "file" and before.w then return "program and libraries" end
  return "other anonymous memory"
end

local BY_KIND <const> = { heap = "heap (brk)", stack = "main stack", shmem = "shared memory", memfd = "shared memory",
  sysv = "shared memory", hugetlb = "huge pages of the pool", device = "devices" }

local parts = {}

-- Files of which some part is mapped to be executed.
local function programs(rows)
  local paths = {}
  for _, row in ipairs(rows) do
    if row.x and row.kind == "file" then paths[row.path] = true end
  end
  return paths
end

--- What a mapping is for.
---@param row any
---@param before any|nil the mapping below it
---@param after any|nil the one above it
---@param code table<string, boolean> paths of programs and libraries
function parts.name(row, before, after, code)
  if row.kind == "anon" then return anonymous(row, before, after) end
  if row.kind == "file" then return code[row.path] and "program and libraries" or "mapped files" end
  return BY_KIND[row.kind] or "vdso and the like"
end

local SUMMED <const> = { "size", "rss", "pss", "swap", "private_dirty" }

--- The parts, the largest first: { name, n, size, rss, pss, swap, private_dirty }.
---@param rows any[] mappings, by address
function parts.of(rows)
  local code, found, list = programs(rows), {}, {}
  for i, row in ipairs(rows) do
    local name = parts.name(row, rows[i - 1], rows[i + 1], code)
    local one = found[name]
    if not one then
      one = { name = name, n = 0, size = 0, rss = 0, pss = 0, swap = 0, private_dirty = 0 }
      found[name], list[#list + 1] = one, one
    end
    one.n = one.n + 1
    for _, field in ipairs(SUMMED) do one[field] = one[field] + known(row[field], 0) end
  end
  table.sort(list, function(a, b)
    local first, second = a.rss + a.swap, b.rss + b.swap
    if first ~= second then return first > second end
    if a.size ~= b.size then return a.size > b.size end
    return a.name < b.name
  end)
  return list
end

return parts
