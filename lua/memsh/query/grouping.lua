-- SPDX-License-Identifier: GPL-3.0-or-later
-- Groupings: the stage that groups rows by keys and sums each group, and the schema of the rows that it gives.
local core = require "memsh.core"
local schema = require "memsh.fields.schema"

local grouping = {}

local function is_of_owner(term, rows)
  for _, name in ipairs(term.fields or { "" }) do
    local field = rows:field(name)
    if not field or not field.owner then return false end
  end
  return true
end

-- The terms that a process has for all of its mappings, marked as such; nil where no term is such.
local function owned_of(terms, rows)
  local owned = {}
  for _, term in ipairs(terms) do
    term.owned = is_of_owner(term, rows)
    if term.owned then owned[#owned + 1] = term end
  end
  return #owned > 0 and owned or nil
end

---@class memsh.Grouping
---@field terms memsh.Term[] what the rows are grouped by
---@field aggregates memsh.Aggregate[]
---@field names string[] the columns that it gives
---@field kind string|nil core.kind of the rows
---@field owned memsh.Term[]|nil those of the terms that a process has for all of its mappings
---@field counts_rows boolean whether there is a column n
---@field counts_processes boolean whether there is a column procs

local TEXTS <const> = { text = true, path = true }

-- What a table shows instead of nothing: mappings without a name are anonymous memory.
local function blank_of(term, kind)
  if not TEXTS[term.unit] then return nil end
  for _, name in ipairs(kind == "mapping" and term.fields or {}) do
    if name == "path" or name == "name" then return "(anonymous)" end
  end
  return "(none)"
end

-- The columns of the groups.
local function schema_of(self)
  local fields, keys = {}, {}
  self.names = {}
  local function add(name, unit, meaning, traits)
    for _, other in ipairs(self.names) do
      if other == name then
        core.raise(("two columns are called '%s'; give one another name, as in sum\"all=rss\""):format(
          core.escape(name)))
      end
    end
    local field = schema.column(name, unit, meaning)
    field.sign, field.about = traits and traits.sign, traits and traits.about
    field.no_bound = traits and not traits.at_least -- where something is missing from it
    field.has_no_sum, field.is_spark = traits and traits.has_no_sum, traits and traits.is_spark
    fields[#fields + 1], self.names[#self.names + 1] = field, name
  end
  for i, term in ipairs(self.terms) do
    add(term.name, term.unit, "what the rows are grouped by")
    fields[#fields].blank = blank_of(term, self.kind)
    keys[i] = term.name
  end
  if self.counts_rows then add("n", "count", "number of rows") end
  if self.counts_processes then add("procs", "count", "number of different processes") end
  for _, aggregate in ipairs(self.aggregates) do
    add(aggregate.name, aggregate.unit, aggregate.how .. " of " .. (aggregate.term.text or aggregate.term.name),
      aggregate)
  end
  local made = schema.made(fields)
  made.keys = keys
  return made
end

local function stage_of(rows, self, text)
  self.kind = (rows.row == "process" or rows.row == "mapping") and rows.row or nil
  return { op = "by", grouping = self, terms = self.terms, base = rows, text = text }, schema_of(self)
end

--- The stage that groups rows.
---@param rows table the schema of the rows
---@param terms memsh.Term[] the keys
---@param text any as it was written
function grouping.by(rows, terms, aggregates, text)
  local of_mappings = rows.row == "mapping"
  return stage_of(rows, { terms = terms, aggregates = aggregates, counts_rows = true, counts_processes = of_mappings,
    owned = of_mappings and owned_of(terms, rows) or nil }, text)
end

--- The stage that makes one row of all rows, with the value of an aggregate, or their number, as `n`; and its schema.
function grouping.of_all(rows, aggregate)
  return stage_of(rows, { terms = {}, aggregates = { aggregate }, counts_rows = not aggregate,
    counts_processes = false })
end

return grouping
