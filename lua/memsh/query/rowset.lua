-- SPDX-License-Identifier: GPL-3.0-or-later
-- Row sets: lazy, immutable chains. A verb gives a new set; an end runs it.
local core = require "memsh.core"
local guard = require "memsh.catalogue.guard"
local coverage = require "memsh.exec.coverage"
local evaluate = require "memsh.query.evaluate"
local lazy = require "memsh.util.lazy"
local made_rows = require "memsh.fields.made_rows"
local moments = require "memsh.expr.moments"
local named_columns = require "memsh.fields.named_columns"
local run = require "memsh.exec.run"
local schema = require "memsh.fields.schema"
local sorted_keys = require "memsh.util.sorted_keys"

local aggregates, grouping = lazy "memsh.exec.aggregates", lazy "memsh.query.grouping"
local difference, join = lazy "memsh.query.difference", lazy "memsh.query.join"
local iterate, to_text = lazy "memsh.query.iterate", lazy "memsh.query.to_text"
local machine, suggest = lazy "memsh.fields.machine", lazy "memsh.util.suggest"
local over, shares = lazy "memsh.query.over", lazy "memsh.exec.shares"
local upward = require "memsh.util.upward"

local rowset = {}

---@class memsh.RowSet
---@operator call: any
local Set = {}

-- A set of what `from` gives, after `stages`; `fields` is the schema of its rows.
local function create(from, stages, fields)
  return setmetatable({ from = from, stages = stages, schema = fields }, Set.meta)
end

rowset.create = create

--- A set of all processes: { pids = {...} or nil, kernel = boolean, on = a source, or nil: that of the session }.
function rowset.processes(options)
  return create({ kind = "procs", pids = options.pids, kernel = options.kernel, options = options, on = options.on },
    {}, schema.process)
end

--- A set of all mappings of all processes, of a source.
function rowset.mappings(on)
  return create({ kind = "maps", on = on }, {}, schema.mapping)
end

--- A set of all control groups, of a source.
function rowset.cgroups(on)
  local cgroup = require "memsh.query.cgroups"
  return create({ kind = "cgroups", on = on, start = function(started)
    return cgroup.rows(started, (run.start(rowset.processes { on = started.source }, { "cgroup" }, started)))
  end }, {}, cgroup.schema())
end

--- A set of rows that are at hand.
function rowset.of_rows(rows, fields, seen, stages)
  return create({ kind = "list", rows = rows, coverage = seen }, stages or {}, fields)
end

--- A set of this one process.
function rowset.of_process(process)
  local seen = coverage.new()
  seen:process(process.pid)
  return rowset.of_rows({ process }, schema.process, seen)
end

--- Whether a value is a row set.
function rowset.is(value)
  return getmetatable(value) == Set.meta
end

-- The set with one more stage; with `instead`, which replaces the last one.
local function with(set, stage, fields, instead)
  local before, stages = set.stages[#set.stages], { table.unpack(set.stages) }
  if before and before.others and stage.op ~= "total" then
    core.raise(("top(%d, {others = true}) comes last: write %s before it"):format(before.n, stage.op))
  end
  stages[#stages + (instead and 0 or 1)] = stage
  return create(set.from, stages, fields or set.schema)
end

local OVER <const> = setmetatable({}, { __close = function() moments.asked = nil end })

-- Texts that are times in expressions on this set are beside the moment that it is of, until what is given is closed.
local function beside(set)
  function moments.asked()
    local on = set.from.on or machine().source()
    local time = core.moment_of(on) and machine().time(on)
    return core.known(time) and time or nil
  end
  return OVER
end

-- The grouping that ends a set, if one does.
local function last_grouping(set)
  local stage = set.stages[#set.stages]
  return stage and stage.op == "by" and stage or nil
end

-- ---- verbs: how each is called and what it gives is in the catalogue

local methods = {}

function methods:where(what, params)
  local _ <close> = beside(self)
  return with(self, { op = "where", conditions = evaluate.conditions(what, self.schema, params), text = what })
end

-- Of a list of sums at each moment, the last is what rows are sorted by.
local function by_last_sum(set, term)
  local field = term.fields and #term.fields == 1 and set.schema:field(term.fields[1])
  if not (field and field.is_spark) then return term end
  return setmetatable({ unit = "number", value = function(row)
    local sums = term.value(row)
    return type(sums) == "table" and sums[#sums] or sums
  end }, { __index = term })
end

function methods:sort(what)
  local _ <close> = beside(self)
  local terms = evaluate.terms(what, self.schema, { signs = true })
  for i, term in ipairs(terms) do terms[i] = by_last_sum(self, term) end
  return with(self, { op = "sort", terms = terms, text = what })
end

function methods:top(n, options)
  for name, value in pairs(options or {}) do
    if name ~= "others" or type(value) ~= "boolean" then
      core.raise("top takes {others = true} after the number: a last row that sums up the rest")
    end
  end
  return with(self, { op = "top", n = n, others = options and options.others or nil })
end

function methods:skip(n)
  return with(self, { op = "skip", n = n })
end

-- Columns that have a name of their own can be used after show.
local function schema_with_names(set, terms)
  local fields = {}
  for _, term in ipairs(terms) do
    if term.share ~= "bar" and not set.schema:field(term.name) then
      local process, counters = {}, false
      if term.fields then process, counters = set.schema:needs(term.fields) end
      local sign, about = schema.traits(set.schema, term.fields)
      fields[#fields + 1] = { name = term.name, type = term.share_of and "percent" or term.unit, process = process,
        counters = counters, get = term.share_of or term.value, meaning = term.text,
        lacks = term.share_lacks or term.lacks, reads = not term.is_settled and term.fields or nil, sign = sign,
        about = about or term.share_of ~= nil or evaluate.is_vague(term) }
    end
  end
  return #fields > 0 and schema.made(fields, set.schema) or set.schema
end

-- Those of the columns that are shares of all rows that show sees; nil where there are none.
local function pct_columns(terms)
  local list
  for _, term in ipairs(terms) do
    if term.share == "pct" then
      shares().prepare(term)
      list = list or {}
      list[#list + 1] = term
    end
  end
  return list
end

function methods:show(what)
  local _ <close> = beside(self)
  local terms = evaluate.columns(what, self.schema, { names = true, shares = true })
  if #terms == 0 then core.raise "show needs a field" end
  local stage = { op = "show", terms = terms, text = what, shares = pct_columns(terms), rows = self.schema }
  return with(self, stage, schema_with_names(self, terms))
end

function methods:by(what)
  local _ <close> = beside(self)
  return with(self, grouping().by(self.schema, evaluate.keys(what, self.schema, { names = true }), {}, what))
end

-- The set with aggregates in the grouping that ends it.
local function add_aggregates(set, list)
  local stage = last_grouping(set)
  local all = table.move(list, 1, #list, #stage.grouping.aggregates + 1, { table.unpack(stage.grouping.aggregates) })
  local grouped, fields = grouping().by(stage.base, stage.terms, all, stage.text)
  return with(set, grouped, fields, true)
end

-- One value of all rows, and from how many rows it is missing.
local function total(set, aggregate)
  local name = aggregate and aggregate.name or "n"
  local of_all = with(set, grouping().of_all(set.schema, aggregate))
  local next_row, started = run.start(of_all, { name })
  if started.trace and started.trace.dry then -- which only foresees what it would take, and sums nothing
    for _ in next_row do end -- luacheck: ignore 542
    return core.unknown("not_recorded", name), 0
  end
  local row = next_row()
  local missing = made_rows.missing(row, { name }) or 0
  if missing > 0 and core.known(rawget(row, name)) then
    local how = aggregate and ("%s(%s)"):format(aggregate.how, core.escape(name)) or "count()"
    started.coverage:bound(how, missing, not aggregate or aggregate.at_least)
  end
  rowset.last_run = { coverage = started.coverage, unit = aggregate and aggregate.unit or "count", missing = missing,
    sign = aggregate and aggregate.sign, about = aggregate and aggregate.about, set = of_all }
  return rawget(row, name), missing
end

--- That so much is missing from the last sum is said elsewhere.
function rowset.bound_is_said(missing)
  local last = rowset.last_run
  if last and last.missing == missing then last.coverage.bounds = {} end
end

-- sum, avg, min, max: of groups a column each, of a whole set the value and from how many rows it is missing.
local function aggregate(how)
  return function(self, what)
    local stage = last_grouping(self)
    local rows = stage and stage.base or self.schema
    local _ <close> = beside(self)
    local terms = evaluate.terms(what, rows, { names = true })
    if #terms == 0 then core.raise(("%s needs a field"):format(how)) end
    local list = {}
    for i, term in ipairs(terms) do list[i] = aggregates().of(how, term, rows) end
    if stage then return add_aggregates(self, list) end
    if #list > 1 then return add_aggregates(methods.by(self, ""), list) end
    return total(self, list[1])
  end
end

-- What agg takes, and verbs; count has more to do, below.
local AGGREGATES <const> = { "sum", "avg", "min", "max", "count", "median", "p50", "p90", "p95", "p99", "stddev",
  "spark" }

for _, how in ipairs(AGGREGATES) do methods[how] = aggregate(how) end

function methods:count()
  local stage = last_grouping(self)
  if not stage or stage.counted then return total(self) end
  -- Groups are counted as they are made; the next count() is of the groups.
  return with(self, { op = "by", grouping = stage.grouping, terms = stage.terms, base = stage.base,
    text = stage.text, counted = true }, nil, true)
end

local function is_aggregate(how)
  for _, name in ipairs(AGGREGATES) do
    if name == how then return true end
  end
  return false
end

-- "sum(rss)": how, and of what.
local function aggregate_in(text)
  local how, inner = tostring(text):match "^%s*(%a%w*)%s*(%b())%s*$"
  if not is_aggregate(how) then
    local near = suggest().nearest(how, AGGREGATES)
    core.raise(("agg: '%s' is not one of %s, with an expression in brackets%s"):format(core.escape(tostring(text)),
      table.concat(AGGREGATES, ", "), suggest().meant(near and near .. inner)))
  end
  inner = inner:sub(2, -2)
  return how, how == "count" and not inner:find "%S" and "true" or inner
end

function methods:agg(wanted)
  local stage = last_grouping(self)
  if not stage then return methods.agg(methods.by(self, ""), wanted) end
  local list = {}
  local _ <close> = beside(self)
  for i, name in ipairs(sorted_keys(wanted)) do
    local how, inner = aggregate_in(wanted[name])
    list[i] = aggregates().of(how, evaluate.term(inner, stage.base, name), stage.base)
    list[i].name = name
  end
  return add_aggregates(self, list)
end

function methods:distinct(what)
  local _ <close> = beside(self)
  return with(self, { op = "distinct", terms = evaluate.keys(what, self.schema, {}), text = what })
end

function methods:join(other, key)
  local stage, fields = join().stage(self, other, key)
  return with(self, stage, fields)
end

function methods:total()
  return with(self, { op = "total" })
end

function methods:maps(what)
  if self.schema.row ~= "process" then core.raise("maps() goes from processes, and these rows are not processes") end
  local set = with(self, { op = "maps" }, schema.mapping)
  return what and methods.where(set, what) or set
end

function methods:procs()
  if self.schema.row ~= "mapping" then core.raise("procs() goes from mappings, and these rows are not mappings") end
  return with(self, { op = "procs" }, schema.process)
end

function methods:over(options)
  return over()(self, options or {})
end

-- ---- ends

-- Rows that are at hand many at once: those of an array as they are, those of a listing each by itself.
local function collect_blocks(blocks, rows)
  for from, places, n in blocks.next do
    if type(from) == "table" then
      for i = 1, n do rows[#rows + 1] = from[places[i]] end
    else
      core.keep_all(from, places, n, rows)
    end
  end
end

local function collect(set, fields)
  local rows, next_row, started, blocks = {}, run.start(set, fields)
  if blocks and not set.schema.base then
    collect_blocks(blocks, rows)
  else
    for row in next_row do rows[#rows + 1] = named_columns.attach(run.keep(row), set.schema) end
  end
  rowset.last_run = { coverage = started.coverage }
  return rows, started
end

function methods:rows()
  local rows, started = collect(self)
  return rows, started.coverage:missing()
end

function methods:first()
  return collect(methods.top(self, 1))[1]
end

function methods:one()
  local rows = collect(methods.top(self, 2))
  if #rows == 1 then return rows[1] end
  if #rows == 0 then return nil, "no row", "none" end
  return nil, "more than one row", "many"
end

function methods:any()
  local next_row, started = run.start(methods.top(self, 1), {})
  local found = next_row() ~= nil
  rowset.last_run = { coverage = started.coverage }
  if found then return true end
  local reason = started.coverage:reason()
  if reason then return core.unknown(reason, "any") end
  return false
end

function methods:empty()
  local any = methods.any(self)
  if core.is_unknown(any) then return any end
  return not any
end

local USUAL_FILES = { "flags", "virt", "state", "vm_hwm", "cmdline", "cgroup" }

local function named_by(set)
  local names = {}
  for _, stage in ipairs(set.stages) do
    for _, list in ipairs { stage.conditions or {}, stage.terms or {} } do
      for _, one in ipairs(list) do
        for _, name in ipairs(one.fields or {}) do names[#names + 1] = name end
      end
    end
  end
  return names
end

rowset.named_by = named_by

local function freeze_all(rows)
  local seen = {}
  for _, row in ipairs(rows) do
    local process = core.kind(row) and row:process()
    if process and not seen[process] then
      seen[process] = true
      core.freeze(process)
    end
    local meta = type(row) == "table" and getmetatable(row)
    if meta and meta.freeze then meta.freeze(row) end
  end
end

-- A frozen set is shown with the columns of the one it was made of.
local function columns_stages(set)
  for i = #set.stages, 1, -1 do
    local stage = set.stages[i]
    if stage.op == "show" then return { { op = "show", terms = stage.terms, text = stage.text } } end
    if stage.op == "by" or stage.op == "join" then return {} end
  end
  return {}
end

--- The rows of a run of `set` as a set of their own.
function rowset.frozen(set, rows, started)
  freeze_all(rows)
  local frozen = rowset.of_rows(rows, set.schema, started.coverage, columns_stages(set))
  local named = named_by(set)
  table.move(set.from.named or {}, 1, #(set.from.named or {}), #named + 1, named)
  frozen.from.named, frozen.from.source, frozen.from.over = named, started.source, set.from.over
  frozen.from.origin = { set = set, stages = #frozen.stages }
  frozen.from.spaces = { of = {} } -- which address spaces are shared stays so, too
  return frozen
end

--- Reads now what the chain names, else what is cheap to read, and what distinguishes a process from a later one of the
--- same number.
---@param files integer|nil files of processes that are to be read, too
function rowset.freeze(self, files)
  local names = named_by(self)
  if self.schema.row == "process" then
    for _, name in ipairs(#names == 0 and USUAL_FILES or { "pid", "comm", "user", "res", "start_time" }) do
      names[#names + 1] = name
    end
  end
  if self.schema.row == "mapping" then
    names = { "pid", "comm", "user", "cmdline", "start_time", counters = true }
  end
  local rows, started = collect(self, names)
  if self.schema.row == "process" then
    core.load(rows, 1, #rows, core.plan((self.schema:needs(names))) | (files or 0))
  end
  if self.schema.row == "cgroup" then require("memsh.query.cgroups").load(rows, names) end
  return rowset.frozen(self, rows, started)
end

function methods:set()
  return rowset.freeze(self)
end

-- A method called with a dot lacks the set before its arguments.
local function not_after_colon(name)
  local row = require("memsh.catalogue.entries").rowset[name]
  core.raise(("%s comes after a colon, as in %s"):format(name, row.example or "procs:" .. row.call))
end

--- Adds a method; `is_usual` (see guard.lua) for one whose arguments the catalogue knows, nil for a user's verb, which
--- has its arguments as they are.
---@param is_usual nil|fun(value: any): boolean
function rowset.add(name, method, is_usual)
  local guarded = is_usual and guard.new("rowset", name, method, is_usual) or method
  methods[name] = function(self, ...)
    if getmetatable(self) ~= Set.meta then not_after_colon(name) end
    return guarded(self, ...)
  end
end

local USUAL <const> = {}
for _, how in ipairs(AGGREGATES) do USUAL[how] = guard.text end
for name in ("where sort show by distinct"):gmatch "%w+" do USUAL[name] = guard.text end
USUAL.over = guard.table
USUAL.top, USUAL.skip, USUAL.agg, USUAL.join, USUAL.count = guard.count, guard.count, guard.table, guard.never, nil

for name, method in pairs(methods) do rowset.add(name, method, USUAL[name] or guard.nothing) end

-- procs() freezes, procs{kernel=true} has options; a loop hands over two values.
local function call(set, ...)
  if select("#", ...) == 0 then return methods.set(set) end
  local options, row = ...
  if type(options) == "table" and rawget(set, "with_arguments") then return set.with_arguments(options) end
  if type(options) == "table" and row == nil and #set.stages == 0 and set.from.kind == "procs" then
    return require "memsh.query.procs_options"(set, options)
  end
  if options ~= nil then
    local pid = set.from.kind == "maps" and type(options) == "table" and options.pid
    if pid then core.raise(("the mappings of a process are proc(%s):maps()"):format(core.escape(tostring(pid)))) end
    core.raise("a row set is not a function; its verbs come after a colon, as in procs:where\"swap > 0\"")
  end
  return iterate().step(set, row)
end

-- ---- the type

local function missing_method(_, name)
  upward.ends()
  if rawget(methods, name) then return methods[name] end
  if type(name) ~= "string" then
    core.raise("rows are counted in set:rows(); a row set itself has no [n]")
  end
  local near = require("memsh.util.common_mistakes").verb(name) or suggest().nearest(name, sorted_keys(methods))
  local is_known = schema.process:field(name) or schema.mapping:field(name)
  local of_rows = (is_known and "" or "; help lists the verbs") ..
    (name:find "^[%a_][%w_]*$" and ("; a field of its rows is shown by :show\"%s\""):format(name) or "")
  core.raise(("a row set has no '%s'%s"):format(core.escape(name), suggest().meant(near and ":" .. near, of_rows)))
end

Set.meta = {
  __name = "memsh.rowset", __index = setmetatable(methods, { __index = missing_method }), __call = call,
  __tostring = function(set) return to_text().text(set) end,
  __print = function(set) return set:print() end,
  __sub = function(a, b) return difference().between(a, b) end,
  __newindex = function() core.raise("a row set can't be changed") end,
  __len = function() core.raise("a row set has no length before it is run; :count() gives it") end,
}

rowset.methods = methods

return rowset
