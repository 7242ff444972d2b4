-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the shell shows, and where: values to the output, what is to be said of them to standard error.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local plural = lazy "memsh.util.plural"

local coverage = lazy "memsh.exec.coverage"
local machine = lazy "memsh.fields.machine"
local json_meta = lazy "memsh.show.json_meta"
local denied = lazy "memsh.show.denied"
local single = lazy "memsh.show.single"
local rowset = lazy "memsh.query.rowset"
local settings = lazy "memsh.show.settings"
local show = lazy "memsh.show.rowset"

local output = {}

local options, muted, rest = {}, false, nil
local sink, sink_problem
local said -- where tests take what is said; nil: it goes to standard error
local tick -- of watching (see prompt/watch.lua), nil: what is shown is shown once

-- Lines of a screen that are no rows: the question, the header, what is said of the answer, the next prompt.
local OTHER_LINES <const> = 5

---@class memsh.Options
---@field format string|nil
---@field output string|nil
---@field bytes boolean|nil
---@field color string|nil
---@field sources string[]
---@field at string|nil
---@field export string|nil
---@field limits memsh.Limits
---@field interactive boolean
---@field debug string|nil
---@field check boolean
---@field accept boolean
---@field quiet boolean
---@field strict boolean
---@field test boolean
---@field min_coverage number per cent

local function open_sink()
  if not options.output then
    sink = core.sink_stdout()
    return
  end
  local message, name
  sink, message, name = core.sink_file(options.output)
  if not sink then sink_problem = { ("cannot write %s: %s"):format(options.output, message), name } end
end

--- Sets what the command line said, before anything is shown.
---@param given memsh.Options
function output.configure(given)
  options = given
  if given.format then settings().set("mode", given.format) end
  if given.bytes ~= nil then settings().set("units", given.bytes and "bytes" or "human") end
  if given.null or given.no_header then core.separated(given.null, given.no_header) end
  if given.color then settings().set("color", given.color) end
  if #given.sources > 0 or given.at then machine().configure(given.sources, given.at) end
  if next(given.limits) then machine().limit(given.limits) end
  open_sink()
end

--- Does what --export says.
function output.export()
  machine().export(options.export)
end

-- What writes to the output gives true, or nil, a message and the name of the error.
local function failure(message, name)
  return nil, ("cannot write output: %s"):format(message), name
end

local function human()
  local units = settings().get "units"
  if units ~= "auto" then return units == "human" end
  return nil
end

-- What one thing is shown in.
local function mode()
  local wanted = settings().get "mode"
  return wanted == "auto" and "table" or wanted
end

local function is_metrics()
  return (select(3, core.format_kind(mode())))
end

local function is_prompt()
  return options.interactive and not options.output
end

--- Whether rows that are shown are kept, to be asked more.
output.keeps = is_prompt

-- Of all answers of a run: metrics have each family once and one end, a database is one file.
local exposition, database

local function is_database()
  return mode() == "sqlite"
end

local function document()
  if not is_metrics() or is_prompt() then return nil end
  exposition = exposition or core.exposition(mode(), options.max_series)
  return exposition
end

local function tables()
  if not is_database() then return nil end
  if is_prompt() or sink:is_tty() then core.raise "sqlite is a file: memsh -f sqlite -o FILE.db" end
  database = database or core.database(options.append and options.output or nil)
  return database
end

-- A run without answers has a document, too.
local function write_document()
  local doc = sink and (document() or tables())
  exposition, database = nil, nil
  if doc then return doc:write(sink) end
  return true
end

-- ---- what is said of an answer

local function say(seen, n, cut, fields)
  local text, parts = seen:tell(), {}
  if tick then return tick.say(text, n, cut) end
  if n and is_prompt() then parts[1] = plural()(n, "row") end
  if cut then parts[#parts + 1] = ("%d more; :more or :all"):format(cut) end
  parts[#parts + 1] = text
  if is_prompt() and not said and sink:is_tty() then
    parts[#parts + 1] = denied().keep(seen, fields)
  end
  if #parts == 0 then return end
  if said then
    said[#said + 1] = text
    return
  end
  core.note(is_prompt() and "(" .. table.concat(parts, "; ") .. ")" or "memsh: " .. text)
end

--- Says what the answers lacked that were asked for and not shown: those of loops, and of sums in a script. Of an entry
--- that failed or was interrupted nothing is said, nor later.
---@param well boolean
function output.say_rest(well)
  if not package.loaded["memsh.exec.coverage"] then return end
  local rest_of = coverage().rest()
  if not well or #rest_of == 0 then return end
  if said then
    table.move(rest_of, 1, #rest_of, #said + 1, said)
  elseif tick then
    tick.say(table.concat(rest_of, "\nmemsh: "))
  else
    for _, text in ipairs(rest_of) do core.note(is_prompt() and "(" .. text .. ")" or "memsh: " .. text) end
  end
end

-- ---- values

-- What of the rows is shown; all of them but at the prompt.
local function window_options(format, all)
  local wanted = { human = human(), auto = settings().get "mode" == "auto", keep = is_prompt(), meta = json_meta().of,
    exposition = document(), max_series = options.max_series, database = tables() }
  if tick then return tick.window(wanted, format) end
  local rows = settings().get "rows"
  if all or rows == "all" or not is_prompt() or not (format == "table" or format == "vertical") then return wanted end
  if rows == "auto" then wanted.lines = math.max(1, sink:height() - OTHER_LINES) else wanted.rows = rows end
  return wanted
end

local ORDERS <const> = { procs = "by pid", maps = "by pid and address" }
local has_noted = false

-- What top() took the first of, where nothing was sorted before it; nil where it was, or cut nothing.
local function unsorted_top(set, n)
  local order, stage = ORDERS[set.from.kind], nil
  for _, one in ipairs(order and set.stages or {}) do
    if one.op == "sort" then return nil end
    if one.op == "by" or one.op == "join" then order = "as they were met" end
    if one.op == "top" then
      stage = one
      break
    end
  end
  return stage and stage.n > 1 and n >= stage.n and order or nil
end

local function remark(text)
  core.note(is_prompt() and "(" .. text .. ")" or "memsh: " .. text)
end

-- Once, and only where somebody looks on.
local function note_unsorted(set, n)
  local order = not has_noted and core.progress() and unsorted_top(set, n)
  if not order then return end
  has_noted = true
  local columns = set.schema.keys and set.schema.fields or {}
  local text = ("these are the first %d %s; sort first: sort\"-%s\":top(%d)"):format(n, order,
    #columns > 0 and core.escape(columns[#columns].name) or "rss", n)
  remark(text)
end

-- Where somebody looks on, and sums are of many moments.
local function note_moments(set)
  local text = set and set.from.over and core.progress() and require "memsh.show.added_moments"(set)
  if text then remark(text) end
end

-- The fields that a row set asked for, those of its conditions first.
local function fields_of(set)
  local names, shown = rowset().named_by(set), show().fields_of(show().columns_of(set))
  return table.move(shown, 1, #shown, #names + 1, names)
end

-- Files of a group are read when a field is; of a group that the screen had no place for none was.
local function load_groups(set, rows)
  require("memsh.query.cgroups").load(rows, fields_of(set))
end

-- A row set: its rows are shown, and frozen where they are to be the prompt's `_`.
local function show_set(set, all)
  if options.ddl then
    sink:print(show().table_for(set, options.ddl, mode()))
    return set
  end
  local format = mode()
  core.may_end_early(true)
  local done, message, name = show().write(set, sink, format, window_options(format, all))
  if not done then return failure(message, name) end
  say(done.coverage, done.n, done.left > 0 and done.left or nil, is_prompt() and fields_of(set) or nil)
  if not tick and not said and core.format_kind(format) == "picture" then
    note_unsorted(set, done.n)
    note_moments(set)
  end
  for _, note in ipairs(set.from.notes or {}) do remark(note) end
  if done.note then remark(done.note) end
  core.may_end_early(false)
  if not done.rows then return set end
  if set.schema.row == "cgroup" then load_groups(set, done.rows) end
  local frozen = rowset().frozen(set, done.rows, done.run)
  rest = done.left > 0 and { set = frozen, from = done.n - done.left } or nil
  return frozen
end

--- Shows rows that the last answer's table had no place for: the next screen of them, or all.
---@param all boolean
function output.show_rest(all)
  if not rest then core.raise "there are no more rows: the last answer was shown whole" end
  local wanted = window_options(mode(), all)
  wanted.from, wanted.keep = rest.from, nil
  local done, message = show().write(rest.set, sink, mode(), wanted)
  if not done then error(message, 0) end
  if done.left > 0 then core.note(("(%d more; :more or :all)"):format(done.left)) end
  rest = done.left > 0 and { set = rest.set, from = done.n - done.left } or nil
  done.coverage:tell()
end

local function show_record(value)
  if is_database() then core.raise "sqlite has rows: make some of it, as with procs:where\"pid == 1\"" end
  local wanted = { human = human(), time = tick and tick.time(), exposition = document() }
  if tick then tick.window(wanted, mode()) end
  local done, message, name = single().write(value, sink, mode(), wanted)
  if not done then return failure(message, name) end
  return value
end

-- One value as a table of one row.
local function write_row_of(value, last, missing)
  local wanted = tick.window({ human = human() }, mode())
  local writer = wanted.open(sink, mode(), { { name = "value", type = last and last.unit or nil } }, wanted)
  writer:row({ value }, missing and missing > 0 and { value = missing } or nil)
  return writer:close()
end

local code -- what the value that is shown next is of, as it was typed

--- Says of which code the next value is.
---@param text string
function output.of_code(text)
  code = text
end

local KINDS <const> = { "system", "process", "mapping" }

-- Code whose brackets and texts are empty: what is left of commas and operators joins its parts.
local function bare(text)
  return (text:gsub("%b\"\"", ""):gsub("%b''", ""):gsub("%b()", "()"):gsub("%b{}", "{}"))
end

-- The type of a value that is a field of something, as sys.mem_total and procs:sort"-rss":first().rss are.
local function type_of_part(plain)
  local name = plain:match "^%s*[%a_][%w_.:(){}]*%.([%a_][%w_]*)%s*$"
  for _, kind in ipairs(name and KINDS or {}) do
    local field = core.field(kind, name)
    if field then return field.type ~= "table" and field.type or nil end
  end
  return nil
end

-- Sums and differences of sizes are sizes, too.
local function type_of_field()
  local plain, all = code and bare(code) or "", nil
  local is_one = not plain:find "[+-]"
  for part in plain:gmatch "[^+-]+" do
    local one = type_of_part(part)
    if not one or not is_one and one ~= "bytes" then return nil end
    all = one
  end
  return all
end

-- The code of each of several values; none where it does not show which is whose.
local function parts_of_code(n)
  local parts = {}
  for part in (code and bare(code) or ""):gmatch "[^,]+" do parts[#parts + 1] = part end
  return #parts == n and parts or {}
end

local function type_of_value(value, last)
  return last and last.unit or type(value) == "number" and type_of_field()
    or type(value) == "string" and "text" or type(value) == "boolean" and "boolean" or "number"
end

-- One value as a sample, or as a row of a table.
local function write_as_row(value, last, missing)
  if is_metrics() and (type(value) == "string" or value == nil) then
    core.raise(("%s has rows and numbers, not a %s"):format(mode(), type(value)))
  end
  local columns = { { name = "value", type = type_of_value(value, last), meaning = code } }
  local wanted = { exposition = document(), max_series = options.max_series, database = tables() }
  if wanted.database then
    wanted.subject = "value"
    wanted.create, wanted.insert = require("memsh.show.sql").statements("value", columns)
  end
  local writer = core.writer(sink, mode(), columns, wanted)
  writer:row({ value }, missing and missing > 0 and { value = missing } or nil)
  return writer:close(wanted.database and json_meta().object(code, last and last.coverage) or nil)
end

local function write_scalar(value, last, missing)
  if is_metrics() or is_database() then return write_as_row(value, last, missing) end
  if tick and tick.stamps(mode()) then return write_row_of(value, last, missing) end
  local about = core.format_kind(mode()) == "document" and json_meta().object(nil, last and last.coverage) or nil
  local unit = last and last.unit
  if not unit and type(value) == "number" and type_of_field() == "bytes" then unit = "bytes" end
  return core.scalar(sink, mode(), value, { human = human(), type = unit,
    sign = last and last.sign, about = last and last.about }, about, missing)
end

-- A "?" by itself does not say whether it is the question, the right or the file that is missing.
local function say_unknown(value)
  local of = value.pid ~= 0 and (" of process %d"):format(value.pid) or ""
  local text = ("%s%s is unknown: %s"):format(value.field ~= "" and value.field or "the value", of,
    core.reason_text(core.why(value)))
  if said then
    said[#said + 1] = text
  elseif tick then
    tick.say(text)
  else
    core.note(is_prompt() and "(" .. text .. ")" or "memsh: " .. text)
  end
end

-- A number, a text...; `last`: the run that gave it.
local function show_scalar(value, last, missing)
  if core.is_unknown(value) then coverage().miss(core.why(value)) end
  local ok, message, name = write_scalar(value, last, missing)
  if not ok then return failure(message, name) end
  if missing and core.format_kind(mode()) ~= "lines" then last.coverage.bounds = {} end -- it was shown with its >=
  if last and not tick and not said then note_moments(last.set) end
  if last and last.coverage:is_partial() then
    say(last.coverage)
  elseif core.is_unknown(value) then
    say_unknown(value)
  end
  return value, true
end

-- reconcile, where reconcile() was meant; proc(1).maps, where it was a method.
local function text_of(value)
  local text, entries = single().text(value), require "memsh.catalogue.entries"
  local function called(kind, has, before)
    for name, row in pairs(type(value) == "function" and entries[kind] or {}) do
      if rawequal(rawget(has, name), value) then
        return ("%s: call it, %s%s"):format(text, before, require("memsh.catalogue.arguments").call(row))
      end
    end
    return nil
  end
  return called("global", _G, "") or called("process", core.methods "process", "proc(PID):") or text
end

local function show_value(value, last, missing)
  local kind = core.kind(value)
  if kind == "process" or kind == "mapping" or kind == "system" then return show_record(value) end
  if type(value) == "table" then
    if package.loaded["memsh.query.rowset"] and rowset().is(value) then return show_set(value) end
    local meta = getmetatable(value)
    if type(meta) == "table" and meta.rows then return show_set(meta.rows(value)) end -- a list that has verbs
    return show_record(value)
  end
  if value == nil and core.format_kind(mode()) ~= "picture" then return show_scalar(nil) end
  if value == nil or type(value) == "function" or type(value) == "thread" or
    (type(value) == "userdata" and not kind) then
    return show_scalar(text_of(value), nil)
  end
  return show_scalar(value, last, missing)
end

-- A scalar end gives the value and how many are missing from it: they are shown as one.
local function is_counted(last, n, value, missing)
  return last and n == 2 and last.missing ~= nil and last.missing == missing and type(value) ~= "table"
end

-- The list of numbers that the end spark gives, drawn where people look; anything else as it is.
local function drawn(last, value)
  local is_list = last and last.unit == "list" and type(value) == "table" and core.format_kind(mode()) == "picture"
  return is_list and require "memsh.show.spark"(value) or value
end

--- Whether the next values are kept without being shown.
---@param quiet boolean|nil
function output.mute(quiet)
  muted = quiet or false
end

-- A row set is read all the same: it is to be what there was when it was asked for.
local function kept_quietly(value)
  if package.loaded["memsh.query.rowset"] and rowset().is(value) then return value:set() end
  return value
end

-- Why proc(PID) gave nil, a message and a reason; nil where it is not that.
local function refusal(first, message)
  local one_process = first == nil and message and package.loaded["memsh.query.one_process"]
  return one_process and one_process.refusal == message and message or nil
end

--- Shows the values of an expression. Gives the first, frozen if it is a row set; nil, a message and the name of
--- the error where the output could not be written.
function output.show(...)
  if sink_problem then return nil, table.unpack(sink_problem) end
  if muted then return kept_quietly((...)) end
  local n, first = select("#", ...), (...)
  local last = package.loaded["memsh.query.rowset"] and rowset().last_run or nil
  if last then rowset().last_run = nil end
  local refused = refusal(...)
  if refused then core.raise(refused) end
  local seen = drawn(last, first)
  if is_counted(last, n, seen, (select(2, ...))) then
    local shown, message, name = show_value(seen, last, (select(2, ...)))
    if name then return shown, message, name end
    return first
  end
  local kept, parts = nil, parts_of_code(n)
  for i = 1, n do
    if n > 1 then code = parts[i] end
    local shown, message, name = show_value((select(i, ...)), n == 1 and last or nil)
    if name then return shown, message, name end
    if i == 1 then kept = shown end
  end
  code = nil
  return kept
end

--- What was read of the rows that Ctrl-C came into, as a set that says that it is partial, and a message; nil where
--- nothing was read.
---@return memsh.RowSet|nil
---@return string|nil message
function output.salvage()
  local left = package.loaded["memsh.show.rowset"] and show().salvage()
  if not left or left.read == 0 then return nil end
  local set = rowset().frozen(left.set, left.rows, left.run)
  return set, ("interrupted after %d of %d processes; _ has %s, partial"):format(left.read, left.all,
    plural()(#left.rows, "row"))
end

--- Shows a row set as a script asks for it: all rows, no `_`.
function output.print_set(set)
  if sink_problem then error(sink_problem[1], 0) end
  local shown, message = show_set(set, true)
  if shown == nil then error(message, 0) end
end

--- Where values go, and how: { sink, format, human }.
---@return {sink: any, format: string, human: boolean|nil}
function output.output()
  if sink_problem then error(sink_problem[1], 0) end
  return { sink = sink, format = mode(), human = human() }
end

--- Raises what a writer or sink said of its output, if it was not written.
function output.check(ok, message)
  if not ok then error((select(2, failure(message))), 0) end
end

--- Says on standard error what an answer lacks.
function output.say(seen)
  say(seen)
end

-- ---- audits and tests of reports

--- What the command line said.
---@return memsh.Options
function output.options()
  return options
end

--- Runs a row set, and gives its rows as they would be shown.
---@param set memsh.RowSet
---@return {n: integer, output: string|nil, rows: table|nil}
function output.render(set)
  if sink_problem then error(sink_problem[1], 0) end
  local memory = core.sink_memory(sink)
  local done, message = show().write(set, memory, mode(), { human = human(), keep = options.test or nil,
    auto = settings().get "mode" == "auto", meta = json_meta().of })
  if not done then error(message, 0) end
  return { n = done.n, output = done.n > 0 and memory:text() or nil, rows = done.rows }
end

local function for_people()
  return core.format_kind(mode()) == "picture"
end

-- In what a monitoring system reads, a bar begins performance data, also after the first line.
local function rows_text(one, to_stdout)
  local out = {}
  if for_people() then out[1] = ("%s: %d\n"):format(one.text, one.n) end
  out[#out + 1] = one.output
  for _, name in ipairs(not one.output and one.names or {}) do out[#out + 1] = name .. "\n" end
  local text = table.concat(out)
  return for_people() and to_stdout and text:gsub("|", "\\x7c") or text
end

local function must(done, message)
  if not done then error("cannot write output: " .. message, 0) end
end

--- Writes the verdict of an audit: its line to standard output, the rows to the output.
---@param line string
---@param findings table[]
function output.print_verdict(line, findings)
  if sink_problem then error(sink_problem[1], 0) end
  local out = options.test and sink or core.sink_stdout()
  must(out:print(line .. "\n"))
  for _, one in ipairs(findings) do
    if one.n > 0 and (one.output or one.names) then must(sink:print((rows_text(one, not options.output)))) end
  end
end

--- Takes what is written from here on into memory, and what is said of it: for tests of reports. Gives a function that
--- ends it and gives both.
---@return fun(): string, string[]
function output.capture()
  local before, memory = sink, core.sink_memory()
  sink, said = memory, {}
  coverage().forget()
  return function()
    output.say_rest(true)
    local notes = said
    sink, said = before, nil
    return memory:text(), notes
  end
end

--- print() where there is an output file.
function output.print(_, text)
  if sink_problem then return nil, table.unpack(sink_problem) end
  local ok, message, name = sink:print(text)
  if not ok then return failure(message, name) end
  return true
end

-- ---- watching

--- What is shown from here on belongs to this tick; nil: to none. Gives where it goes, and the format.
---@param one table|nil
---@return any sink nil where it can't be written
---@return string format
function output.begin_tick(one)
  tick = one
  if one and options.output and not sink and not sink_problem then open_sink() end
  return sink, mode()
end

--- The end of a tick: what was shown arrives, a file as a whole.
---@return true|nil done
---@return string|nil message
function output.end_tick()
  if not sink then return true end
  local ok, message = write_document()
  if ok and options.output then
    ok, message = sink:commit()
    sink = nil
  end
  if not ok then return failure(message) end
  return true
end

--- Whether what is shown goes to the file of -o.
---@return boolean
function output.has_file()
  return options.output ~= nil
end

-- ---- the end

local function say_labels()
  if options.debug ~= "labels" or not package.loaded["memsh.fields.machine"] then return end
  for _, label in ipairs(machine().source():unknown_labels()) do
    core.note("memsh: no field for the label " .. label)
  end
end

-- Whether --strict has something to complain of, which is said.
local function is_incomplete(well)
  local lost = core.has_shown() or package.loaded["memsh.exec.coverage"] and coverage().lost
  if not (well and options.strict and lost) then return false end
  core.note "memsh: --strict: not all that was asked for could be read"
  return true
end

--- Ends the output: an output file takes its place, if all went well.
---@param well boolean
---@return true|nil done
---@return string|boolean|nil message or, where it is done, whether --strict has something to complain of
---@return string|nil name
function output.finish(well)
  say_labels()
  output.say_rest(well)
  if sink_problem then return nil, table.unpack(sink_problem) end
  if not sink then return true, is_incomplete(well) end
  if options.output and not well then
    sink:abandon()
    return true
  end
  local ok, message, name = true, nil, nil
  if well then ok, message, name = write_document() end
  if ok then ok, message, name = sink:commit() end
  if not ok then return failure(message, name) end
  return true, is_incomplete(well)
end

return output
