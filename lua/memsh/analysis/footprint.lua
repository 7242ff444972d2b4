-- SPDX-License-Identifier: GPL-3.0-or-later
-- footprint(rows): the memory of a set of processes, with every page counted once.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local plural = require "memsh.util.plural"
local rowset = require "memsh.query.rowset"

local function refuse(what)
  core.raise(("footprint takes processes: a row set of them, an array, or one; not %s"):format(what))
end

-- The processes, and how many rows of the set could not be decided.
local function processes_of(rows)
  if core.kind(rows) == "process" then return { rows }, 0 end
  if not rowset.is(rows) then
    if math.type(rows) == "integer" then refuse(("a number; write footprint(proc(%d))"):format(rows)) end
    if type(rows) ~= "table" then refuse("a " .. type(rows)) end
    return rows, 0
  end
  if rows.schema.row == "mapping" then refuse "mappings; :procs() goes from them to their processes" end
  if rows.schema.row ~= "process" then refuse "grouped or joined rows" end
  return rows:rows()
end

-- Each process once.
local function distinct(rows)
  local list, by_pid = {}, {}
  for i, row in ipairs(rows) do
    if core.kind(row) ~= "process" then refuse(("something else, at place %d"):format(i)) end
    if not by_pid[row.pid] then
      by_pid[row.pid] = true
      list[#list + 1] = row
    end
  end
  return list
end

local SIZES <const> = { "resident", "freed", "freed_anonymous", "hugetlb" }

-- { denied = 6, undecided = 2 }: how many could not be read, and of how many it is not known whether they belong to it.
local function in_words(partial)
  local reasons, parts, unread = {}, {}, 0
  for reason, n in pairs(partial) do
    if reason ~= "undecided" then
      reasons[#reasons + 1] = ("%d %s"):format(n, reason)
      unread = unread + n
    end
  end
  table.sort(reasons)
  if unread > 0 then
    parts[1] = ("%s not read: %s"):format(plural(unread, "process"), table.concat(reasons, ", "))
  end
  if partial.undecided then parts[#parts + 1] = ("%d undecided"):format(partial.undecided) end
  return table.concat(parts, "; ")
end

-- The units of its numbers, for whoever shows them.
local SHOWN = { words = { partial = in_words },
  units = { exact = "boolean", processes = "count", without_memory = "count" } }
for _, name in ipairs(SIZES) do
  SHOWN.units[name], SHOWN.units[name .. "_min"], SHOWN.units[name .. "_max"] = "bytes", "bytes", "bytes"
end

-- Rows that may or may not belong to the set make all sizes lower bounds.
local function add_undecided(result, undecided, reason)
  result.partial = result.partial or {}
  result.partial.undecided = undecided
  result.exact = false
  for _, name in ipairs(SIZES) do
    result[name] = core.unknown(reason, name)
    result[name .. "_max"] = core.unknown(reason, name .. "_max")
  end
end

---@class memsh.Footprint
---@field exact boolean if not, each size lies between its _min and its _max
---@field resident any bytes of RAM, every page counted once
---@field freed any the part of it that nobody else maps
---@field freed_anonymous any the part of that which is freed at once: the rest is of files, and stays while they do
---@field hugetlb any huge pages of the pools, in none of the others
---@field processes integer
---@field without_memory integer zombies, threads of the kernel, processes that have gone
---@field partial table<string, integer>|nil processes that could not be read, by reason

--- The memory of processes, with every page counted once, and what nobody else has of it. Exact with
--- CAP_SYS_ADMIN, because only it can see page frames; otherwise bounds from PSS and USS.
---@param rows any a row set of processes, an array of them, or one
---@return memsh.Footprint|nil
---@return string|nil message
---@return string|nil name of a reason
return function(rows)
  local list, undecided = processes_of(rows)
  local result, message, name = core.footprint(distinct(list))
  if not result then
    coverage.note_other(name)
    return nil, message, name
  end
  for reason in pairs(result.partial or {}) do coverage.note_other(reason) end
  if undecided > 0 then
    local last = rowset.last_run
    add_undecided(result, undecided, last and last.coverage:reason() or "denied")
  end
  return setmetatable(result, SHOWN)
end
