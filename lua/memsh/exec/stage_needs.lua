-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the stages of a set ask of the rows that they are given, and what they are in words.
local core = require "memsh.core"
local schema = require "memsh.fields.schema"

local stage_needs = {}

local ROLLUP <const> = core.plan { schema.process:field("pss_anon").id }

-- Whether a condition, or a term, on mappings asks of their process alone.
function stage_needs.of_owner(part)
  for _, name in ipairs(part.fields or {}) do
    local field = schema.mapping:field(name)
    if not (field and field.owner) and not name:find "^sys%." then return false end
  end
  return part.fields ~= nil
end

-- The conditions, terms and aggregates of a stage.
local function parts_of(stage)
  local parts, sums = {}, stage.grouping and stage.grouping.aggregates
  for _, list in ipairs { stage.conditions or {}, stage.terms or {}, sums or {} } do
    table.move(list, 1, #list, #parts + 1, parts)
  end
  return parts
end

-- The fields that a stage reads, and whether it may read any, as a function or what follows a join may.
local function read_by(stage)
  local names, any = {}, stage.op == "join"
  for _, part in ipairs(parts_of(stage)) do
    any = any or not part.fields
    table.move(part.fields or {}, 1, #(part.fields or {}), #names + 1, names)
  end
  return names, any
end

local MAKES_OTHER_ROWS = { by = true, maps = true, procs = true, join = true }

-- What the stages from `at` to `last` (or the end, with `extra`) read of the rows that they are given, until rows
-- become others.
function stage_needs.fields(set, at, extra, last)
  local names = {}
  for i = at, last or #set.stages do
    local read = read_by(set.stages[i])
    table.move(read, 1, #read, #names + 1, names)
    if MAKES_OTHER_ROWS[set.stages[i].op] then return names end
  end
  if extra and not last then table.move(extra, 1, #extra, #names + 1, names) end
  return names
end

--- The file that a question needs of processes and most moments of a recording lack: its name; nil: none.
function stage_needs.rare_file(set, extra)
  if set.from.kind == "maps" then return "smaps" end
  if set.from.kind ~= "procs" then return nil end
  for _, stage in ipairs(set.stages) do
    if stage.op == "maps" then return "smaps" end
  end
  local files = core.plan((schema.process:needs(stage_needs.fields(set, 1, extra))))
  return files & ROLLUP ~= 0 and "smaps_rollup" or nil
end

-- The conditions that are at `at`, and the place of the stage after them.
function stage_needs.leading(set, at)
  local conditions = {}
  while set.stages[at] and set.stages[at].op == "where" do
    table.move(set.stages[at].conditions, 1, #set.stages[at].conditions, #conditions + 1, conditions)
    at = at + 1
  end
  return conditions, at
end

-- Whether the stages from `at` on may read any field, until rows are grouped.
function stage_needs.any(set, at)
  for i = at, #set.stages do
    local _, any = read_by(set.stages[i])
    if any then return true end
    if set.stages[i].op == "by" then return false end
  end
  return false
end

-- Whether mappings that come to the stage at `at` may be asked for any counter: by that stage or a later one, or by
-- whoever is given them. Groups and processes have none of their counters.
function stage_needs.counters(set, at, extra)
  for i = at, #set.stages do
    local op = set.stages[i].op
    if select(2, read_by(set.stages[i])) then return true end
    if op == "by" or op == "procs" then return false end
  end
  return extra == nil or extra.counters or false
end

local function has(names, wanted)
  for _, name in ipairs(names) do
    if name == wanted then return true end
  end
  return false
end

-- Whether rows that a grouping gives may be asked for the number of those that they are made of.
function stage_needs.number(set, at, extra)
  for i = at, #set.stages do
    local names, any = read_by(set.stages[i])
    if any or has(names, "n") then return true end
    if set.stages[i].op == "by" then return false end
  end
  return extra == nil or extra.counters or has(extra, "n")
end

-- How many rows the stage at `at` needs to give: those of a top() after it. Columns cut none, unless they are shares of
-- all rows.
function stage_needs.limit_after(set, at)
  local limit = 0
  for i = at + 1, #set.stages do
    local stage = set.stages[i]
    if stage.op == "top" then return not stage.others and limit + stage.n or nil end
    if stage.op == "skip" then
      limit = limit + stage.n
    elseif stage.op ~= "show" or stage.shares then
      return nil
    end
  end
  return nil
end

local TAKES_ALL = { sort = true, by = true }

-- Whether the stages from `at` on, or else who asks for their rows, take every row there is.
function stage_needs.take_all(set, at, extra)
  for i = at, #set.stages do
    local op = set.stages[i].op
    if TAKES_ALL[op] or set.stages[i].shares then return true end
    if op == "top" and not set.stages[i].others then return false end
  end
  return extra ~= nil
end

local BEFORE_A_SORT = { where = true, show = true, distinct = true }

-- The sort that leaves few rows, if the stages before it leave rows as they are.
function stage_needs.narrowing_sort(set, at)
  while set.stages[at] and BEFORE_A_SORT[set.stages[at].op] and not set.stages[at].shares do at = at + 1 end
  return set.stages[at] and set.stages[at].op == "sort" and stage_needs.limit_after(set, at) and at or nil
end

local function text_of(what)
  if type(what) == "table" then
    local parts = {}
    for i, part in ipairs(what) do parts[i] = text_of(part) end
    return table.concat(parts, ", ")
  end
  return type(what) == "string" and what or "function"
end

function stage_needs.texts(conditions)
  local parts = {}
  for i, condition in ipairs(conditions) do parts[i] = condition.text or "function" end
  return table.concat(parts, " and ")
end

-- A stage in words.
function stage_needs.in_words(stage)
  local words = { stage.op, stage.n and ("%d"):format(stage.n) or text_of(stage.text or "") }
  if stage.op == "by" and #stage.terms == 0 then words = {} end
  for _, aggregate in ipairs(stage.grouping and stage.grouping.aggregates or {}) do
    words[#words + 1] = ("%s(%s)"):format(aggregate.how, aggregate.name)
  end
  return #words > 0 and table.concat(words, " ") or "count"
end

-- Whether a stage may open anything, and the files of processes that it names.
function stage_needs.opened_by(stage)
  local names, any = read_by(stage)
  return any, core.plan((schema.process:needs(names)))
end

return stage_needs
