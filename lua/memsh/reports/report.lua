-- SPDX-License-Identifier: GPL-3.0-or-later
-- report{...}: the declaration of a saved report; scripts/README.md explains its keys. `memsh NAME --help`, the reading
-- of arguments, the line of `memsh --list`, completion, and the refusal if nothing can be read are made of it.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local suggest = require "memsh.util.suggest"
local types = require "memsh.reports.types"

local arguments = lazy "memsh.reports.arguments"
local needs = lazy "memsh.reports.needs"
local page = lazy "memsh.reports.page"
local processes = lazy "memsh.reports.processes"
local prompt = lazy "memsh.prompt"
local output = lazy "memsh.show.output"
local settings = lazy "memsh.show.settings"

local report = {}

-- ---- the check of a declaration

local function wrong(what, ...)
  core.raise(("report: " .. what):format(...))
end

local KEYS <const> = { summary = "string", usage = "string", more = "string", options = "table", args = "table",
  example = "string or table", needs = "table" }

local PART_KEYS <const> = { "string", "string", type = "string", values = "table", value = "string", many = "boolean",
  optional = "boolean", unchecked = "boolean", help = "string", default = "nil boolean number string table" }

--- Raises if a table has a key that `keys` (the types of each) lacks, or a value of another type.
---@param declared table
---@param keys table<string, string>
---@param what string whose keys they are: "report"
function report.check_keys(declared, keys, what)
  for key, value in pairs(declared) do
    if not keys[key] then
      local names = {}
      for name in pairs(keys) do
        if type(name) == "string" then names[#names + 1] = name end
      end
      core.raise(("%s has no '%s'%s"):format(what, core.escape(tostring(key)), suggest.ending(key, names)))
    end
    if keys[key] ~= type(value) and not keys[key]:find(type(value), 1, true) then
      core.raise(("%s: %s must be a %s"):format(what, key, keys[key]))
    end
  end
end

-- A list, each item of this kind.
local function check_list(list, kind, what)
  for key, value in pairs(list) do
    if math.type(key) ~= "integer" or type(value) ~= kind then
      core.raise(("report: %s must be a list of %ss, not of a %s"):format(what, kind, type(value)))
    end
  end
end

local function check_parts(parts, what)
  check_list(parts, "table", what)
  local one_of = "report: one of " .. what
  for _, part in pairs(parts) do
    report.check_keys(part, PART_KEYS, one_of)
    if part.values then check_list(part.values, "string", "values") end
  end
end

local function check_lists(declared)
  if type(declared.example) == "table" then check_list(declared.example, "string", "example") end
  check_list(declared.needs or {}, "string", "needs")
  check_parts(declared.options or {}, "options")
  check_parts(declared.args or {}, "args")
end

-- opt.NAME of an option or argument.
local function key_of(name)
  return (name:gsub("[^%w_]", "_"))
end

local function claim(taken, name)
  if taken[name] then wrong("'%s' is used twice, or is memsh's own", name) end
  taken[name] = true
end

local function check_type(given, what)
  if given.values then return types.choice(given.values) end
  if not given.type then return nil end
  local found = types.find(given.type)
  return found or wrong("%s: there is no type '%s'%s", what, core.escape(tostring(given.type)),
    suggest.ending(given.type, types.names, "; there are " .. table.concat(types.names, " ")))
end

local function make_option(given, taken)
  local first, second = given[1], given[2]
  if type(first) ~= "string" or first == "" or not (second == nil or type(second) == "string") then
    wrong "an option begins with a letter or a name, as in {\"n\", \"count\", type = \"integer\", help = \"...\"}"
  end
  local option = { short = #first == 1 and first or nil, long = #first > 1 and first or second, help = given.help or "",
    default = given.default, many = given.many, unchecked = given.unchecked }
  option.shown = option.long and "--" .. option.long or "-" .. option.short
  option.type = check_type(given, option.shown)
  option.value = option.type and (given.value or option.type.value)
  option.key = key_of(option.long or option.short)
  claim(taken, option.key)
  if option.short then claim(taken, "-" .. option.short) end
  if option.long then claim(taken, "--" .. option.long) end
  return option
end

local function make_argument(given, taken, is_last)
  if type(given[1]) ~= "string" or given[1] == "" then wrong "an argument begins with its name, as in {\"pid\"}" end
  if given.many and not is_last then wrong("'%s' takes all that are left, but it is not the last", given[1]) end
  local argument = { name = given[1], key = key_of(given[1]), help = given.help, many = given.many,
    optional = given.optional or given.default ~= nil, default = given.default,
    unchecked = given.unchecked }
  argument.type = check_type(given, argument.name) or types.find "text"
  claim(taken, argument.key)
  return argument
end

--- The declaration, checked and filled in. Raises if it is wrong.
---@param name string of the report
---@param declared table
function report.make(name, declared)
  if type(declared) ~= "table" then wrong "it takes a table, as in report{summary = \"...\"}" end
  report.check_keys(declared, KEYS, "report")
  check_lists(declared)
  if not declared.summary then wrong "it needs a summary, one line that says what it shows" end
  local made = { name = name, summary = declared.summary, usage = declared.usage, more = declared.more,
    needs = declared.needs or {}, options = {}, args = {} }
  made.examples = type(declared.example) == "table" and declared.example or { declared.example }
  local taken = { help = true, format = true, check = true, refuse = true, ["--help"] = true }
  for i, given in ipairs(declared.options or {}) do made.options[i] = make_option(given, taken) end
  for i, given in ipairs(declared.args or {}) do
    made.args[i] = make_argument(given, taken, i == #declared.args)
  end
  made.options[#made.options + 1] = { short = not taken["-h"] and "h" or nil, long = "help", shown = "--help",
    help = "this text", key = "help" }
  return made
end

-- ---- at the start of a report

--- The name of the report or script that runs.
---@return string
function report.name()
  local given = rawget(_G, "arg")
  return ((given and given[0] or "memsh"):gsub("^.*/", ""):gsub("%.lua$", ""))
end

local texts = {} -- those that were given as arguments: what each is called

local function keep_texts(made, opt)
  for _, list in ipairs { made.args, made.options } do
    for _, one in ipairs(list) do
      local value = opt[one.key]
      if type(value) == "string" and value ~= one.default then
        texts[value] = ("%s: %s"):format(made.name, one.shown or one.name:upper())
      end
    end
  end
end

--- The argument of the report that runs whose text this is, "top: --sort"; nil where it is of none.
---@return string|nil
function report.argument_of(text)
  return texts[text]
end

local function refuse(made, message)
  prompt().leave(2, ("%s: %s\nTry memsh %s --help"):format(made.name, message, made.command))
end

local function format()
  local mode = settings().get "mode"
  return mode == "auto" and "table" or mode
end

--- Says what this report is, and reads its arguments. A wrong command line ends the report with exit status 2.
---@param declared table
---@return table opt options and arguments by name, arguments by position, and format, check, refuse
function report.declare(declared)
  local made = report.make(report.name(), declared)
  local given = rawget(_G, "arg") or {}
  made.command = core.escape(given[0] or made.name)
  local opt, message = arguments().read(made, given)
  if not opt then return refuse(made, message) end
  if opt.help then
    print(page().text(made))
    return prompt().leave(0)
  end
  opt.format, opt.check = format(), output().options().check or output().options().accept
  -- A process that has ended is nothing for an audit to find.
  message = not opt.check and processes().missing(made, opt, opt.format == "table") or needs().refusal(made, opt)
  if message then return prompt().leave(1, ("%s: %s"):format(made.name, message)) end
  keep_texts(made, opt)
  opt.help = nil
  opt.refuse = function(text) return refuse(made, core.escape(text)) end
  return opt
end

-- ---- the reports there are

--- The declaration of the report in a file, without running it; nil, why there is none, and whether the author is to
--- know: it is no plain script.
---@param name string
---@param path string
function report.of_file(name, path)
  local declared, message, is_slow = prompt().declaration(path)
  if not declared then return nil, message, is_slow end
  local ok, made = pcall(report.make, name, declared)
  if made == "not enough memory" then error(made, 0) end -- it says nothing about the report
  if not ok then return nil, made, true end
  return made
end

-- Of one that declares none: the comment that it begins with; of one that is not to be run, why.
local function summary_of(found)
  return found.problem or (prompt().about(found.path):gsub("^memsh [%w_.-]+: ", ""))
end

--- The reports there are, by name: { name =, path =, summary =, report = what of_file gives or nil }. One that may not
--- be run has no path.
---@return boolean whether all directories could be listed
function report.all()
  local list = {}
  local all, lacks = prompt().reports()
  for _, lack in ipairs(lacks) do core.note("memsh: reports are not listed: " .. core.escape(lack)) end
  for i, found in ipairs(all) do
    local made, message, is_wrong
    if found.path then made, message, is_wrong = report.of_file(found.name, found.path) end
    list[i] = { name = found.name, path = found.path, summary = made and made.summary or summary_of(found),
      report = made or nil, problem = is_wrong and message or nil }
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list, #lacks == 0
end

local COLUMNS <const> = { { "name", "text", "memsh NAME runs it" }, { "summary", "text", "what it shows" },
  { "path", "path", "its file" } }

--- The reports there are, as rows.
---@param list table[]|nil what report.all gave
---@return memsh.RowSet
function report.rows(list)
  return require "memsh.query.from_tables"(list or report.all(), COLUMNS)
end

local function say_problems(list)
  for _, one in ipairs(list) do
    if one.problem then
      core.note(("memsh: %s is not listed with what it declares: %s"):format(one.name, one.problem))
    end
  end
end

--- Shows the reports, a line each.
function report.print_list()
  require "memsh" -- so that -f is known
  local list, is_whole = report.all()
  say_problems(list)
  if format() ~= "table" then return report.rows(list):print() end
  local lines = {}
  for i, one in ipairs(list) do lines[i] = ("  %-12s %s"):format(one.name, one.summary) end
  if lines[1] or is_whole then print(lines[1] and table.concat(lines, "\n") or "there are no saved reports") end
end

--- The path of a saved report. Raises where there is none, or where it is not to be run.
---@param name string what has a slash in it, or ends in .lua, is a path
---@return string
function report.path_of(name)
  if name:find "/" or name:find "%.lua$" then return name end
  local names = {}
  for _, found in ipairs(prompt().reports()) do
    if found.name == name then
      return found.path or core.raise(("report '%s' is not run: %s"):format(name, core.escape(found.problem)))
    end
    names[#names + 1] = found.name
  end
  core.raise(("there is no report '%s'%s\n  looked in %s"):format(core.escape(name),
    suggest.ending(name, names, "; :reports lists them"), core.escape(table.concat(prompt().report_places(), ", "))))
end

return report
