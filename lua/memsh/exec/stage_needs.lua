-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the stages of a set ask of the rows that they are given, and what they are in words.
local core = require "memsh.core"
local schema = require "memsh.fields.schema"

local stage_needs = {}

-- What the stages from `at` to `last` (or the end, with `extra`) read of the rows that they are given, until rows
-- become others.
function stage_needs.fields(set, at, extra, last)
  local names = {}
  local function add(list)
    for _, name in ipairs(list or {}) do names[#names + 1] = name end
  end
  for i = at, last or #set.stages do
    local stage = set.stages[i]
    for _, condition in ipairs(stage.conditions or {}) do add(condition.fields) end
    for _, term in ipairs(stage.terms or {}) do add(term.fields) end
    if stage.op == "by" then
      for _, aggregate in ipairs(stage.plan.aggregates) do add(aggregate.fields) end
    end
    if stage.op == "by" or stage.op == "maps" or stage.op == "procs" or stage.op == "join" then return names end
  end
  add(not last and extra)
  return names
end

-- The conditions that stand from `at` on, and the stage behind them.
function stage_needs.leading(set, at)
  local conditions = {}
  while set.stages[at] and set.stages[at].op == "where" do
    for _, condition in ipairs(set.stages[at].conditions) do conditions[#conditions + 1] = condition end
    at = at + 1
  end
  return conditions, at
end

local function has(names, wanted)
  for _, name in ipairs(names) do
    if name == wanted then return true end
  end
  return false
end

-- A function may read anything of a mapping, and so may what comes behind a join.
function stage_needs.any(set, at)
  for i = at, #set.stages do
    if set.stages[i].op == "join" then return true end
    for _, list in ipairs { set.stages[i].conditions or {}, set.stages[i].terms or {},
      set.stages[i].plan and set.stages[i].plan.aggregates or {} } do
      for _, one in ipairs(list) do
        if not one.fields then return true end
      end
    end
    if set.stages[i].op == "by" then return false end
  end
  return false
end

-- Whether rows that a grouping gives may be asked for the number of those that they are made of.
function stage_needs.number(set, at, extra)
  for i = at, #set.stages do
    local stage = set.stages[i]
    if stage.op == "join" then return true end
    for _, list in ipairs { stage.conditions or {}, stage.terms or {}, stage.plan and stage.plan.aggregates or {} } do
      for _, one in ipairs(list) do
        if not one.fields or has(one.fields, "n") then return true end
      end
    end
    if stage.op == "by" then return false end
  end
  return extra == nil or extra.counters or has(extra, "n")
end

-- How many rows the stage at `at` needs to give: those of a top() behind it.
function stage_needs.limit_behind(set, at)
  local following, limit = set.stages[at + 1], 0
  while following and following.op == "skip" do
    limit = limit + following.n
    at = at + 1
    following = set.stages[at + 1]
  end
  return following and following.op == "top" and limit + following.n or nil
end

local TAKES_ALL = { sort = true, by = true }

-- Whether the stages from `at` on, or else who asks for their rows, take every row there is.
function stage_needs.take_all(set, at, extra)
  for i = at, #set.stages do
    local op = set.stages[i].op
    if TAKES_ALL[op] then return true end
    if op == "top" then return false end
  end
  return extra ~= nil
end

local BEFORE_A_SORT = { where = true, show = true, distinct = true }

-- The sort that leaves few rows, if what stands before it leaves rows as they are.
function stage_needs.narrowing_sort(set, at)
  while set.stages[at] and BEFORE_A_SORT[set.stages[at].op] do at = at + 1 end
  return set.stages[at] and set.stages[at].op == "sort" and stage_needs.limit_behind(set, at) and at or nil
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
  for _, aggregate in ipairs(stage.plan and stage.plan.aggregates or {}) do
    words[#words + 1] = ("%s(%s)"):format(aggregate.how, aggregate.name)
  end
  return table.concat(words, " ")
end

-- Whether a stage may open anything, and the files of processes that it names.
function stage_needs.opened_by(stage)
  local opens, names = stage.op == "join", {}
  for _, list in ipairs { stage.conditions or {}, stage.terms or {}, stage.plan and stage.plan.aggregates or {} } do
    for _, one in ipairs(list) do
      opens = opens or not one.fields
      table.move(one.fields or {}, 1, #(one.fields or {}), #names + 1, names)
    end
  end
  return opens, core.plan((schema.process:needs(names)))
end

return stage_needs
