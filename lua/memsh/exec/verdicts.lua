-- SPDX-License-Identifier: GPL-3.0-or-later
-- Of the processes of a recorded moment, those that conditions rule out by one small file, before a row is made of any:
-- what they said of values is kept for the other processes and moments of a run that have the same.
local core = require "memsh.core"
local reference_mode = require "memsh.exec.reference_mode"
local schema = require "memsh.fields.schema"

local verdicts = {}

local STAT <const> = core.plan { schema.process:field "state".id }

-- The ids of the fields that a condition asks of; nil where it asks of more than fields of the table.
local function ids_of(condition)
  local ids = {}
  for i, name in ipairs(condition.fields or {}) do
    local field = schema.process:field(name)
    if not field or field.get or math.type(field.id) ~= "integer" then return nil end
    ids[i] = field.id
  end
  return condition.fields and ids
end

-- The conditions by the file that they ask of, those of process ids alone with those of stat. Nothing moves across a
-- function, which may do anything.
local function by_file(conditions)
  local groups = {}
  for _, condition in ipairs(conditions) do
    if not condition.is_text then break end
    local ids, files = ids_of(condition), condition.files == 0 and STAT or condition.files
    if ids then
      local group = groups[files] or { files = files, ids = {}, conditions = {} }
      groups[files], group.last = group, condition.of
      group.conditions[condition.of] = true
      table.move(ids, 1, #ids, #group.ids + 1, group.ids)
    end
  end
  return groups
end

-- What can be decided so; nil where it is nothing. stat comes first, which lists the processes, and shows which of them
-- are threads of the kernel, then the cheapest.
local function groups_of(conditions, kernel)
  local by_files, list = by_file(conditions), {}
  if next(by_files) == nil then return nil end
  by_files[STAT] = by_files[STAT] or { files = STAT, ids = {}, conditions = {} }
  for _, group in pairs(by_files) do
    group.verdicts = core.verdicts(group.files, group.ids, kernel, not group.last)
    list[#list + 1] = group.verdicts and group
  end
  table.sort(list, function(a, b)
    if (a.files == STAT) ~= (b.files == STAT) then return a.files == STAT end
    return a.files < b.files
  end)
  return list[1] and list[1].files == STAT and (list[1].last or list[2]) and list
end

local function are_same(a, b)
  if #a ~= #b then return false end
  for i = 1, #a do
    if a[i] ~= b[i] then return false end
  end
  return true
end

-- Those of a run: moments that follow one another are asked the same.
local function known_groups(run, work, conditions)
  run.verdicts = run.verdicts or {}
  for _, known in ipairs(run.verdicts) do
    if known.kernel == work.kernel and are_same(known.conditions, conditions) then return known.groups end
  end
  local known = { kernel = work.kernel, conditions = conditions,
    groups = groups_of(work.conditions, work.kernel) or false }
  table.insert(run.verdicts, known)
  return known.groups
end

---@class memsh.Sifted
---@field pids integer[] of the processes that rows are to be made of
---@field first integer[] the same after the first file
---@field files integer which that was
---@field groups table[] what is to be learnt from them
---@field all integer how many processes there are
---@field kernel integer how many of them are threads of the kernel that nobody asked for
---@field out integer how many are ruled out
---@field are_others boolean rows that come are none of those that were ruled out by it, or by others of the run

local function sift(source, groups)
  local found, last = { groups = {}, kernel = 0, out = 0 }, nil
  for i, group in ipairs(groups) do
    local sifted, pids, asked, kernel = group.verdicts:sift(source, last)
    if not sifted then return nil end
    last, found[i] = sifted, sifted
    found.first = found.first or pids
    found.pids, found.kernel, found.out = pids, found.kernel + kernel, found.out + #sifted
    if next(asked) then found.groups[#found.groups + 1] = { of = group, asked = asked } end
  end
  found.all, found.files = #found.pids + found.kernel + found.out, groups[1].files
  return found
end

---@class memsh.Wants what moments are asked for: files of all processes, and of some
---@field all integer
---@field some integer
---@field pids integer[]|nil

--- What the next moment will be asked for, as far as one shows.
---@param found memsh.Sifted|nil what became of that
---@param files integer that are read of processes
---@return memsh.Wants|nil
function verdicts.wants(found, files)
  if reference_mode.plain then return nil end
  if not found then return { all = STAT | files, some = 0 } end
  return { all = STAT | found.files, some = files & ~(STAT | found.files), pids = found.first }
end

--- Sifts the processes of a moment of a recording; nil where that is not possible: then each is a row.
---@param conditions memsh.Condition[] those of work, as they were asked for
---@return memsh.Sifted|nil
function verdicts.sift(run, work, conditions)
  if reference_mode.plain or #conditions == 0 then return nil end
  local groups = known_groups(run, work, conditions)
  local found = groups and sift(run.source, groups) or nil
  if found then found.are_others = run.coverage:rules_out(found, run:key(0)) end
  return found
end

--- Learns what a condition said of rows: it is false of those that are not among the n rows that it left.
---@param before any[] the rows that it was asked of
function verdicts.learn(found, condition, before, rows, n)
  for _, group in ipairs(found.groups) do
    local of, at = group.of, 1
    for i = 1, of.conditions[condition.of] and #before or 0 do
      local stays = at <= n and rawequal(rows[at], before[i])
      if stays then at = at + 1 end
      local asked = group.asked[before[i].pid]
      if asked and (not stays or condition.of == of.last) then of.verdicts:learn(asked, not stays) end
    end
  end
end

return verdicts
