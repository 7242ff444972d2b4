-- SPDX-License-Identifier: GPL-3.0-or-later
-- How a row set looks: its columns, its last row of sums, and the writer that gets them.
local core = require "memsh.core"
local evaluate = require "memsh.query.evaluate"
local lazy = require "memsh.util.lazy"
local run = require "memsh.exec.run"
local schema = require "memsh.fields.schema"
local made_rows = require "memsh.fields.made_rows"
local pictures = require "memsh.show.pictures"
local pager = require "memsh.show.pager"

local aggregates = lazy "memsh.exec.aggregates"
local coverage = lazy "memsh.exec.coverage"
local of_fields = lazy "memsh.exec.columns"
local shares = lazy "memsh.exec.shares"
local metrics = lazy "memsh.show.metrics"
local sql = lazy "memsh.show.sql"

local show = {}

local OTHERS <const> = "(others)"

local function is_metrics(format)
  return (select(3, core.format_kind(format)))
end

local is_unknown, why = core.is_unknown, core.why

local USUAL = {
  process = { first = "pid user comm", last = "res" },
  mapping = { first = "pid comm addr perms kind", last = "rss path" },
  cgroup = { first = "path procs", last = "memory_current memory_max" },
}

-- The last stage of that kind, if no grouping or join comes after it.
local function last_stage(set, op)
  for i = #set.stages, 1, -1 do
    if set.stages[i].op == op then return set.stages[i] end
    if set.stages[i].op == "by" or set.stages[i].op == "join" then return nil end
  end
  return nil
end

--- The terms of those names that the set has, each field once, under the first of its names.
---@param set memsh.RowSet
---@param names string[]
function show.terms_of(set, names)
  local found, seen = {}, {}
  for _, name in ipairs(names) do
    local field = set.schema:field(name)
    local identity = field and (field.id or field.column) or name
    if field and not seen[identity] then found[#found + 1] = name end
    seen[identity] = true
  end
  return evaluate.terms(table.concat(found, ", "), set.schema, {})
end

-- Marks columns that nobody asked for by show.
local function usual_terms(terms)
  for _, term in ipairs(terms) do term.usual = true end
  return terms
end

-- What a set without show has: of many moments when, who it is, what its query named, or that of the set that it was
-- frozen of, and how much memory.
local function usual_columns(set)
  local usual, names = set.schema.usual or USUAL[set.schema.row], { set.from.over and "time" }
  for name in usual.first:gmatch "%S+" do names[#names + 1] = name end
  for _, named in ipairs { set.from.named or {}, require("memsh.query.rowset").named_by(set) } do
    for _, name in ipairs(named) do
      if not name:find "^sys%." then names[#names + 1] = name end
    end
  end
  for name in usual.last:gmatch "%S+" do names[#names + 1] = name end
  return usual_terms(show.terms_of(set, names))
end

--- The columns that grouping or joining made.
---@param set memsh.RowSet
function show.made_columns(set)
  local terms = {}
  for i, field in ipairs(set.schema.fields) do
    terms[i] = { name = field.name, unit = field.type, fields = { field.name }, value = field.get }
  end
  return terms
end

-- A joined row shows what either set would.
local function joined_columns(set, stage)
  local names = {}
  for _, side in ipairs { stage.set, stage.other } do
    for _, term in ipairs(show.columns_of(side)) do names[#names + 1] = term.name end
  end
  return show.terms_of(set, names)
end

--- The columns of a set, as terms.
---@param set memsh.RowSet
function show.columns_of(set)
  local shown, joined = last_stage(set, "show"), last_stage(set, "join")
  if shown then return shown.terms end
  if joined then return joined_columns(set, joined) end
  return (set.schema.usual or USUAL[set.schema.row]) and usual_columns(set) or show.made_columns(set)
end

local SHARES <const> = { pct = "percent", bar = "bar" }

local function header(set, terms, format)
  local columns = { is_metrics = is_metrics(format) }
  for i, term in ipairs(terms) do
    local sign, about = schema.traits(set.schema, term.fields)
    columns[i] = { name = term.name, type = SHARES[term.share] or term.unit, sign = sign and not term.share,
      about = about or term.share ~= nil or evaluate.is_vague(term) }
  end
  if columns.is_metrics or format == "sqlite" then metrics().describe(set, columns, terms) end
  return columns
end

--- The fields that terms read.
---@param terms table[]
---@return string[]
function show.fields_of(terms)
  local names = {}
  for _, term in ipairs(terms) do
    for _, name in ipairs(term.fields or {}) do names[#names + 1] = name end
  end
  return names
end

-- The types of the cells in columns of type any.
local function own_types(terms, row)
  local types = type(row) == "table" and rawget(row, schema.TYPES)
  if not types then return nil end
  local own = {}
  for i, term in ipairs(terms) do
    if term.unit == "any" and term.fields and #term.fields == 1 then own[i] = types[term.fields[1]] end
  end
  return own
end

-- A row's cells, and from how many rows something is missing in each column.
local function cells_of(started, terms, row, out)
  local partial
  out.types = own_types(terms, row)
  for i, term in ipairs(terms) do
    local value = (term.share_of or term.value)(row)
    if is_unknown(value) then started:unknown_of(row, why(value), value.field) end
    out[i] = value
    local missing = term.share_lacks and term.share_lacks(row) or made_rows.missing_of(row, term)
    if missing then
      partial = partial or {}
      partial[term.name] = missing
    end
  end
  return out, partial
end

-- ---- sums over columns

local SUMMED = { bytes = true, count = true, number = true, seconds = true }

-- Numbers that name something, or are a limit, have no sum; neither has what is made of averages of groups.
local function is_summed(rows, term)
  if term.share then return term.share == "pct" end
  for _, name in ipairs(term.fields or {}) do
    local field = rows:field(name)
    if field and field.has_no_sum then return false end
  end
  local is_label = term.fields and #term.fields == 1 and schema.is_label(term.fields[1])
  return SUMMED[term.unit] and not is_label
end

-- What a column has in all: the state of its sum, if it has one, and the greatest value, of which bars are shares, with
-- the number of rows that may have a greater one.
local function new_totals(terms, rows)
  local totals = { spaces = {} }
  for i, term in ipairs(terms) do
    local sum = is_summed(rows, term) and aggregates().of("sum", term, rows)
    totals[i] = { sum = sum, state = {}, greatest = 0, lost = 0 }
  end
  return totals
end

local function take_bar(total, term, value, row)
  if is_unknown(value) then
    total.lost = total.lost + (coverage().loses(why(value)) and 1 or 0)
  elseif value ~= nil and value ~= aggregates().NO_LIMIT then
    total.greatest = math.max(total.greatest, math.abs(value))
    total.lost = total.lost + (made_rows.missing_of(row, term) or 0)
  end
end

local function add_to_totals(totals, cells, terms, row, started)
  for i, total in ipairs(totals) do
    local value = cells[i]
    if terms[i].share_of then
      value = terms[i].value(row)
      total.whole = total.whole or terms[i].wholes[row]
    end
    if total.sum then
      aggregates().take(total.sum, total.state, value, row, started, totals.spaces)
    elseif terms[i].share == "bar" then
      take_bar(total, terms[i], value, row)
    end
  end
end

-- A last row: its title under the first column that is a text, the sums under theirs.
local function total_cells(totals, terms, missing, title)
  local cells, partial, titled = {}, {}, false
  for i, total in ipairs(totals) do
    local term = terms[i]
    if total.sum then
      local sum, lost = aggregates().result(total.sum, total.state, 0)
      cells[i], lost = sum, lost + missing
      if term.share_of and total.whole and core.known(sum) then
        cells[i] = shares().percent_of(sum, total.whole.sum)
        lost = shares().lacks(cells[i], total.whole) or lost
      end
      if lost > 0 then partial[term.name] = lost end
    elseif not titled and (term.unit == "text" or term.unit == "path") then
      cells[i], titled = title, true
    end
  end
  return cells, next(partial) and partial or nil
end

-- `missing`: how many rows are not known to be among these.
local function to_bars(one, totals, terms, missing)
  local cells = one.cells
  for i, term in ipairs(terms) do
    local value, greatest, lost = cells[i], totals[i].greatest, totals[i].lost + missing
    if term.share == "bar" and value ~= nil and not is_unknown(value) then
      cells[i] = value == aggregates().NO_LIMIT and 1.0 or greatest ~= 0 and value / greatest or 0.0
      if lost > 0 and value ~= 0 then
        one.partial = one.partial or {}
        one.partial[term.name] = lost
      end
    end
  end
end

local function needs_totals(set, terms)
  for _, term in ipairs(terms) do
    if term.share == "bar" then return true end
  end
  return last_stage(set, "total") ~= nil
end

local function has_shares(terms)
  for _, term in ipairs(terms) do
    if term.share or term.lacks then return true end
  end
  return false
end

-- ---- the rows that top(N, {others = true}) leaves out

local function cuts_others(set)
  for _, stage in ipairs(set.stages) do
    if stage.others then return true end
  end
  return false
end

-- The columns, with how many rows a row is of.
local function with_number(terms)
  for _, term in ipairs(terms) do
    if term.name == "n" then return terms end
  end
  local all = table.move(terms, 1, #terms, 1, {})
  all[#all + 1] = { name = "n", unit = "count", fields = {}, value = function() return 1 end }
  return all
end

-- Has the run sum up the other rows, in `totals` too where there is a row of those. Gives a function that writes them.
local function take_others(set, terms, out, started, totals)
  local others, met, cells = new_totals(terms, set.schema), false, {}
  function started.take_others(row)
    met = true
    cells_of(started, terms, row, cells)
    add_to_totals(others, cells, terms, row, started)
    if totals then add_to_totals(totals, cells, terms, row, started) end
  end
  return function()
    if met then out:total(total_cells(others, terms, started.coverage:missing(), OTHERS)) end
  end
end

-- ---- writing

-- All rows are held, because a bar needs the greatest of all.
local function write_with_totals(set, terms, out, started, next_row, kept, marker)
  local totals, held = new_totals(terms, set.schema), {}
  local write_others = cuts_others(set) and take_others(set, terms, out, started, totals)
  for row in next_row do
    local identity = marker and marker:identify(row, set.schema)
    local cells, partial = cells_of(started, terms, row, {})
    add_to_totals(totals, cells, terms, row, started)
    held[#held + 1] = { cells = cells, partial = partial, identity = identity }
    if kept then kept[#held] = run.keep(row) end
  end
  for _, one in ipairs(held) do
    local wanted = out:wants()
    if wanted then to_bars(one, totals, terms, started.coverage:missing()) end
    if write_others and out.columns.is_metrics then metrics().mask(one.cells, #terms, OTHERS) end
    if wanted and marker then one.cells.marks = marker:marks(one.identity, one.cells, #terms) end
    if wanted and not out:row(one.cells, one.partial) then break end
  end
  if write_others then write_others() end
  if last_stage(set, "total") then
    out:total(total_cells(totals, terms, started.coverage:missing(), "total"))
  end
  return #held
end

-- A function that writes a row; false where the output has failed.
local function row_writer(set, terms, out, started, marker)
  local cells, masks = {}, out.columns.is_metrics and cuts_others(set)
  return function(row)
    if not out:wants() then return true end
    local identity = marker and marker:identify(row, set.schema)
    local _, partial = cells_of(started, terms, row, cells)
    if marker then cells.marks = marker:marks(identity, cells, #terms) end
    if masks then metrics().mask(cells, #terms, OTHERS) end
    local ok = out:row(cells, partial)
    for i = 1, #terms do cells[i] = nil end
    return ok
  end
end

-- Rows many at once; one of which something is not known goes by itself, in its turn.
local function write_blocks(parts, of, out, blocks, write)
  local n = 0
  for rows, places, m in blocks.next do
    if #of.ids > 0 then of:fill(rows, places, m) end
    local at = 1
    while at <= m do
      at = out:rows(rows, places, at, m, parts)
      if not at or at <= m and not write(blocks.row(places[at])) then return n end
      at = at + 1
    end
    n = n + m
  end
  return n
end

-- What makes the cells of many rows, for each term: a field, or its values (in columns, which are the second). nil
-- where a term has neither.
local function parts_of(terms)
  local of, parts = of_fields().new(), {}
  for i, term in ipairs(terms) do
    parts[i] = not term.share and (of_fields().field_of(term.value) or of:expression(term.value))
    if not parts[i] then return nil end
  end
  return #of.ids <= of_fields().MOST and parts or nil, of
end

local function write_rows(set, terms, out, started, next_row, kept, marker, blocks)
  local n, write = 0, row_writer(set, terms, out, started, marker)
  local write_others = cuts_others(set) and take_others(set, terms, out, started)
  local parts, of
  if blocks and not kept and not marker then parts, of = parts_of(terms) end
  if parts then return write_blocks(parts, of, out, blocks, write) end
  for row in next_row do
    n = n + 1
    if kept then kept[n] = run.keep(row) end
    if not write(row) then break end
  end
  if write_others then write_others() end
  return n
end

-- The table that rows of a set belong in.
local function table_of(set)
  return metrics().subject(set) or "rows"
end

local function into_table(set, columns, options)
  options.subject = table_of(set)
  options.create, options.insert = sql().statements(options.subject, columns)
end

local function may_lack_parts(set, terms)
  return set.schema.row == "row" and not set.schema.is_whole
    or last_stage(set, "total") ~= nil or cuts_others(set) or has_shares(terms)
end

--- CREATE TABLE for the rows of a set as a format has them, csv or jsonl; nothing is read.
---@param set memsh.RowSet
---@param engine string
---@param format string
---@return string
function show.table_for(set, engine, format)
  local is_json = select(2, core.format_kind(format))
  local terms = show.columns_of(set)
  if cuts_others(set) then terms = with_number(terms) end
  local columns = header(set, terms, "sqlite")
  if may_lack_parts(set, terms) and not is_json then
    columns[#columns + 1] = { name = "partial", type = "text", meaning = "the columns that are lower bounds" }
  end
  return sql().create(engine, table_of(set), columns, is_json)
end

--- Runs a set and writes its rows.
---@param set memsh.RowSet
---@param sink any
---@param format string
---@param options memsh.WindowOptions with `keep`, whether the rows are wanted, and `meta`, a function(set, run)
---@return {coverage: table, n: integer, left: integer, rows: table|nil, note: string|nil} done, or nil, message,
--- NAME
function show.write(set, sink, format, options)
  local terms, note = show.columns_of(set), nil
  if core.format_kind(format) == "picture" then terms, note = pictures.terms(set, terms, format == "table" and sink) end
  if cuts_others(set) and not is_metrics(format) then terms = with_number(terms) end
  local fields = show.fields_of(terms)
  fields.counters, fields.shown = options.keep, true
  local next_row, started, blocks = run.start(set, fields)
  options.partial = may_lack_parts(set, terms)
  local columns = header(set, terms, format)
  if is_metrics(format) then options.subject = metrics().subject(set) end
  if format == "sqlite" then into_table(set, columns, options) end
  local out = pager.open(sink, format, columns, options)
  local kept = options.keep and {} or nil
  show.unfinished = kept and { set = set, run = started, next_row = next_row, rows = kept } or nil
  local write = needs_totals(set, terms) and write_with_totals or write_rows
  local n = write(set, terms, out, started, next_row, kept, options.marker, blocks)
  show.unfinished = nil
  local is_json = options.meta and core.format_kind(format) == "document" and not is_metrics(format)
  local meta = is_json and options.meta(set, started) or nil
  local ok, message, name = out:close(meta)
  if not ok then return nil, message, name end
  return { run = started, coverage = started.coverage, n = n, left = n - out.from - out.shown, rows = kept,
    note = note }
end

--- What an interrupted write has read, or nil.
---@return {set: memsh.RowSet, rows: table, run: table, read: integer, all: integer}|nil
function show.salvage()
  local left = show.unfinished
  show.unfinished = nil
  if not left then return nil end
  left.read, left.all = left.run:stop()
  if not left.read then return nil end
  for row in left.next_row do left.rows[#left.rows + 1] = run.keep(row) end
  return left
end

--- The rows of a set as text.
function show.text(set, format)
  local sink = core.sink_memory()
  local database = format == "sqlite" and core.database() or nil
  local done, message = show.write(set, sink, format, { meta = require("memsh.show.json_meta").of,
    max_series = require("memsh.show.output").options().max_series, database = database })
  if not done then core.raise(message) end
  if database then database:write(sink) end
  return sink:text()
end

return show
