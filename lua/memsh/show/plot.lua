-- SPDX-License-Identifier: GPL-3.0-or-later
-- A picture of a number: how it is distributed over all rows, on a scale of round sizes, and who has most of it.
local core = require "memsh.core"
local evaluate = require "memsh.query.evaluate"
local made_rows = require "memsh.fields.made_rows"
local lazy = require "memsh.util.lazy"
local plural = require "memsh.util.plural"
local run = require "memsh.exec.run"
local bins = require "memsh.show.bins"
local moments = require "memsh.expr.moments"
local output = require "memsh.show.output"
local value_text = require "memsh.util.value_text"

local series = lazy "memsh.show.series"
local to_text = lazy "memsh.query.to_text"
local json_meta = lazy "memsh.show.json_meta"
local coverage = lazy "memsh.exec.coverage"
local show = lazy "memsh.show.rowset"
local address_spaces = lazy "memsh.exec.address_spaces"

local plot = {}

local is_unknown, why = core.is_unknown, core.why

local DRAWN = { bytes = true, count = true, number = true, percent = true, seconds = true, any = true }

local LABELS = { process = "comm, pid", mapping = "comm, pid, path", cgroup = "path" }

local NAMING <const> = { text = true, path = true, boolean = true }

-- The columns that say whose a value is.
local function label_terms(set)
  local grown = set.schema.grown -- what a difference is of
  local names = LABELS[grown and grown.row or set.schema.row]
  if names then return evaluate.terms(names, set.schema, {}) end
  local terms = {}
  for _, term in ipairs(show().made_columns(set)) do
    if NAMING[term.unit] then terms[#terms + 1] = term end
  end
  return terms
end

local function value_term(set, what)
  local terms = evaluate.terms(what, set.schema, { names = true })
  if #terms ~= 1 then core.raise "plot takes one field or expression, as in :plot\"pss\"" end
  local term = terms[1]
  if not DRAWN[term.unit] then
    core.raise(("plot draws numbers, and %s is %s"):format(core.escape(term.name),
      term.unit == "addr" and "an address" or "a " .. term.unit))
  end
  return term
end

-- ---- what is kept of the rows

local function cut(greatest, most)
  table.sort(greatest, function(a, b) return a.value > b.value or a.value == b.value and a.at < b.at end)
  for i = #greatest, most + 1, -1 do greatest[i] = nil end
end

-- Keeps the rows with the greatest values, and never more than twice as many as are shown.
local function keep_greatest(seen, value, missing, row)
  local one = { value = value, at = seen.parts, missing = missing }
  for i, term in ipairs(seen.labels) do one[i] = term.value(row) end
  table.insert(seen.greatest, one)
  if #seen.greatest >= 2 * seen.most then cut(seen.greatest, seen.most) end
end

-- What processes share by having one address space counts once in the sum.
local function count_value(seen, value, row, started)
  seen.values[#seen.values + 1] = value
  seen.least = math.min(seen.least or value, value)
  if seen.once and value ~= 0 and address_spaces().was_counted(seen.spaces, row, value, started) then return end
  local missing = made_rows.missing_of(row, seen.term)
  seen.sum, seen.missing = seen.sum + value, seen.missing + (missing or 0)
  seen.parts = seen.parts + 1
  keep_greatest(seen, value, missing, row)
end

local function look_at(seen, row, started)
  local value = seen.term.value(row)
  seen.n = seen.n + 1
  if is_unknown(value) then
    started:unknown_of(row, why(value))
    seen.unknown, seen.reason = seen.unknown + 1, seen.reason or value
    seen.lost = seen.lost + (coverage().loses(why(value)) and 1 or 0)
  elseif value == math.huge then -- no limit: it is in no bin
    seen.endless = seen.endless + 1
  elseif type(value) == "number" and value - value ~= 0 then
    seen.unknown, seen.reason = seen.unknown + 1, seen.reason or core.unknown("too_large", seen.term.name)
  elseif type(value) == "number" then
    count_value(seen, value, row, started)
  elseif value ~= nil then
    core.raise(("plot draws numbers, and %s gave a %s"):format(core.escape(seen.term.name), type(value)))
  end
end

local function collect(set, term, most)
  local labels = label_terms(set)
  local fields = term.fields and show().fields_of { term, table.unpack(labels) }
  local next_row, started = run.start(set, fields or nil)
  local seen = { term = term, labels = labels, most = most, n = 0, parts = 0, sum = 0, missing = 0, unknown = 0,
    lost = 0, endless = 0, values = {}, greatest = {}, spaces = {}, once = address_spaces().matters(term, set.schema) }
  for row in next_row do look_at(seen, row, started) end
  cut(seen.greatest, most)
  seen.coverage = started.coverage
  return seen
end

-- ---- the distribution

local function extremes(values)
  local least, most, negative
  for _, value in ipairs(values) do
    local size = math.abs(value)
    if size > 0 then
      least, most = math.min(least or size, size), math.max(most or size, size)
      negative = negative or value < 0
    end
  end
  return least, most, negative
end

-- Bins by place: positive numbers are at 1 and above, negative ones at -1 and below, 0 is at 0.
local function into_bins(values, edge, first)
  local filled, low, high = {}, nil, nil
  for _, value in ipairs(values) do
    local place = 0
    if value ~= 0 then place = bins.place(edge, math.abs(value)) - first + 1 end
    if value < 0 then place = -place end
    filled[place] = filled[place] or { n = 0, sum = 0 }
    filled[place].n, filled[place].sum = filled[place].n + 1, filled[place].sum + value
    low, high = math.min(low or place, place), math.max(high or place, place)
  end
  return filled, low, high
end

-- { from, to, n, sum } of each bin, also of empty ones between others.
local function distribution(values, unit, most_bins)
  local least, most, negative = extremes(values)
  local edge = least and bins.choose(unit, least, most, negative and most_bins // 2 or most_bins)
  local first = least and bins.place(edge, least)
  local filled, low, high = into_bins(values, edge, first)
  local rows = {}
  for place = low or 1, high or 0 do
    local bin, from, to = filled[place] or { n = 0, sum = 0 }, 0, 0
    if place > 0 then from, to = edge(first + place - 1), edge(first + place) end
    if place < 0 then from, to = -edge(first - place), -edge(first - place - 1) end
    if place ~= 0 or filled[0] then rows[#rows + 1] = { from, to, bin.n, bin.sum } end
  end
  return rows
end

local function unit_of(term)
  return term.unit == "any" and "number" or term.unit
end

local function write_distribution(out, seen, rows, drawn)
  local unit = unit_of(seen.term)
  local columns = { { name = "from", type = unit }, { name = "to", type = unit }, { name = "n", type = "count" },
    { name = "sum", type = unit } }
  if drawn then columns[5] = { name = "", type = "bar" } end
  local greatest = math.max(seen.unknown, seen.endless)
  for _, row in ipairs(rows) do greatest = math.max(greatest, row[3]) end
  local writer = core.writer(out.sink, drawn and "table" or out.format, columns, { human = out.human })
  local function write(cells)
    if drawn then cells[5] = cells[3] > 0 and cells[3] / greatest or 0.0 end
    writer:row(cells)
  end
  for _, row in ipairs(rows) do write(row) end
  if seen.endless > 0 then write { math.huge, math.huge, seen.endless, math.huge } end
  if seen.unknown > 0 then write { seen.reason, seen.reason, seen.unknown, seen.reason } end
  return writer
end

-- ---- who has how much

-- One row for many: its words are in the first column of text.
local function summary(seen, words, value, missing)
  local one = { value = value, missing = missing }
  for i, term in ipairs(seen.labels) do
    if term.unit == "text" or term.unit == "path" then
      one[i] = words
      break
    end
  end
  return one
end

local function others(seen)
  local left, sum, missing = seen.parts - #seen.greatest, seen.sum, seen.missing
  for _, one in ipairs(seen.greatest) do sum, missing = sum - one.value, missing - (one.missing or 0) end
  if left == 0 then return nil end
  return summary(seen, plural(left, "other"), sum, missing > 0 and missing or nil)
end

local function write_greatest(out, seen)
  local columns, width = {}, #seen.labels
  for i, term in ipairs(seen.labels) do columns[i] = { name = term.name, type = term.unit } end
  table.move({ { name = seen.term.name, type = unit_of(seen.term) }, { name = "share", type = "percent", about = true },
    { name = "", type = "bar" } }, 1, 3, width + 1, columns)
  local writer, rest = core.writer(out.sink, "table", columns, { human = out.human }), others(seen)
  local most = math.max(seen.greatest[1].value, rest and rest.value or 0)
  local function write(one)
    local cells, value = table.move(one, 1, width, 1, {}), one.value
    cells[width + 1], cells[width + 2], cells[width + 3] = value, value, value
    if core.known(value) then cells[width + 2], cells[width + 3] = 100 * value / seen.sum, value / most end
    local lost = seen.lost + seen.missing -- of the sum that shares are of
    writer:row(cells, { [seen.term.name] = one.missing, share = value ~= 0 and lost > 0 and lost or nil })
  end
  for _, one in ipairs(seen.greatest) do write(one) end
  if rest then write(rest) end
  if seen.unknown > 0 then write(summary(seen, ("%d unknown"):format(seen.unknown), seen.reason)) end
  return writer:close()
end

-- ---- all of it

local function title(set, seen)
  local text = ("%s of %s: %s"):format(seen.term.name, to_text().text(set), plural(seen.n, "row"))
  return text .. (seen.unknown > 0 and (", %d unknown"):format(seen.unknown) or "") .. "\n"
end

-- How many bins and rows a screen has room for.
local function room(sink)
  local height = sink:is_tty() and sink:height() or 40
  return math.max(8, math.min(16, (height - 8) // 2)), math.max(5, math.min(10, (height - 14) // 2))
end

-- ---- a number over time

-- Whether the rows are those of several moments, or a grouping by time.
local function is_series(set)
  local has_times = set.from.each ~= nil or set.schema.row == "row"
  local field = has_times and set.schema:field "time"
  return field ~= nil and field ~= false and field.type == "time"
end

-- The sum of the rows of each time, in their order: { time, value (nil: unknown), missing }.
local function collect_series(set, term)
  local time = evaluate.terms("time", set.schema, {})[1]
  local fields = term.fields and show().fields_of { term, time }
  local next_row, started = run.start(set, fields or nil)
  local by_time, seen = {}, { term = term, n = 0, unknown = 0, coverage = started.coverage, points = {} }
  for row in next_row do
    local at, value = time.value(row), term.value(row)
    seen.n = seen.n + 1
    local point = core.known(at) and by_time[at]
    if core.known(at) and not point then
      point = { time = at, value = 0, missing = 0 }
      by_time[at], seen.points[#seen.points + 1] = point, point
    end
    if is_unknown(value) then
      started:unknown_of(row, why(value))
      seen.unknown = seen.unknown + 1
      if point and why(value) ~= "no_memory" then point.missing, point.why = point.missing + 1, value end
    elseif point and type(value) == "number" then
      point.value, point.known = point.value + value, true
      point.missing = point.missing + (made_rows.missing_of(row, term) or 0)
    end
  end
  for _, point in ipairs(seen.points) do
    if not point.known and point.missing > 0 then point.value = nil end
  end
  table.sort(seen.points, function(a, b) return a.time < b.time end)
  return seen
end

local function is_ascii()
  return core.escape "\u{2800}" ~= "\u{2800}"
end

local function write_line(out, seen, unit)
  local points, low, high = seen.points, nil, nil
  for _, point in ipairs(points) do
    if point.value then
      low, high = math.min(low or point.value, point.value), math.max(high or point.value, point.value)
    end
  end
  if not low then return output.check(out.sink:print "nothing of it is known\n") end
  local width = (out.sink:is_tty() and out.sink:width() or 80) - 12
  local height = out.sink:is_tty() and math.max(6, math.min(16, out.sink:height() - 8)) or 12
  local lines = series().lines(points, low, high, math.max(width, 10), height, is_ascii())
  for at, line in ipairs(lines) do
    local label = at == 1 and value_text(high, unit, out.human ~= false)
      or at == height and value_text(low, unit, out.human ~= false) or ""
    output.check(out.sink:print(("%10s  %s\n"):format(label, line)))
  end
  local first, last = moments.text(points[1].time), moments.text(points[#points].time)
  local gap = math.max(1, width - #first - #last)
  output.check(out.sink:print(("%12s%s%s%s\n"):format("", first, (" "):rep(gap), last)))
end

local function write_points(out, seen, unit)
  local columns = { { name = "time", type = "time" }, { name = seen.term.name, type = unit } }
  local writer = core.writer(out.sink, out.format, columns, { human = out.human, partial = true })
  for _, point in ipairs(seen.points) do
    local value = point.value or point.why
    writer:row({ point.time, value }, point.missing > 0 and core.known(value)
      and { [seen.term.name] = point.missing } or nil)
  end
  return writer
end

local function draw_series(set, term, out, kind)
  local seen, unit = collect_series(set, term), unit_of(term)
  if kind == "picture" and #seen.points > 0 then
    output.check(out.sink:print(title(set, seen)))
    write_line(out, seen, unit)
  else
    local about = kind == "document" and json_meta().object(to_text().text(set), seen.coverage) or nil
    output.check(write_points(out, seen, unit):close(about))
  end
  output.say(seen.coverage)
end

--- Draws how a number is distributed over the rows, and which rows have most of it. Formats for programs have only the
--- distribution.
---@param set memsh.RowSet
---@param what string|fun(row: any): any
function plot.draw(set, what)
  local out = output.output()
  local kind = core.format_kind(out.format)
  local drawn = kind == "picture"
  if is_series(set) then return draw_series(set, value_term(set, what), out, kind) end
  local most_bins, most = room(out.sink)
  local seen = collect(set, value_term(set, what), most)
  if drawn then output.check(out.sink:print(title(set, seen))) end
  local about = kind == "document" and json_meta().object(to_text().text(set), seen.coverage) or nil
  local rows = distribution(seen.values, seen.term.unit, most_bins)
  output.check(write_distribution(out, seen, rows, drawn):close(about))
  if drawn and #seen.labels > 0 and seen.sum > 0 and seen.least >= 0 then
    output.check(out.sink:print "\n")
    output.check(write_greatest(out, seen))
  end
  output.say(seen.coverage)
end

return plot
