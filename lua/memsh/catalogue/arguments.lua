-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a row of the catalogue takes: how it is called, whether arguments fit, and what to say where they do not.
local core = require "memsh.core"
local entries = require "memsh.catalogue.entries"
local guard = require "memsh.catalogue.guard"

local arguments = {}

local function is_one_of(...)
  local kinds = { ... }
  return function(value)
    for _, kind in ipairs(kinds) do
      if type(value) == kind then return true end
    end
    return false
  end
end

local function is_pid(value)
  return guard.count(value) and value > 0
end

local function is_row_set(value)
  return type(value) == "table" and (getmetatable(value) or {}).__name == "memsh.rowset"
end

-- What show takes: a text, a function, or a table of such, some under the names that the columns get.
local function is_columns(value)
  if type(value) ~= "table" or getmetatable(value) then return is_one_of("string", "function")(value) end
  for name, one in pairs(value) do
    if not (type(name) == "string" and is_one_of("string", "function")(one) or is_columns(one)) then return false end
  end
  return next(value) ~= nil
end

-- Each kind of argument: what it is called, whether a value is one, how editors write its type, its parameter's name.
local TEXT <const> = { "a text in quotes", guard.text, "string" }
local QUERY <const> = { "an expression in quotes, or a function(row)", is_one_of("string", "function"),
  "string|fun(row: ROW): any" }
local TABLE <const> = { "a table", guard.table, "table", "options" }
local ANYTHING <const> = { "a value", guard.anything, "any" }
local KINDS <const> = {
  ['"EXPRESSION"'] = QUERY, ['"KEYS"'] = QUERY, ['"FIELDS"'] = QUERY,
  ['"COLUMNS"'] = { "an expression in quotes, a function(row), or a table {name = function}", is_columns,
    "string|table|fun(row: ROW): any" },
  N = { "a number of rows, 0 or more", guard.count, "integer" },
  OTHER = { "a row set", is_row_set, "memsh.RowSet" },
  PID = { "a process id", is_pid, "integer" },
  ['PID|"NAME"'] = { "a process id or a name", function(value) return is_pid(value) or guard.text(value) end,
    "integer|string", "pid" },
  ADDRESS = { "an address", is_one_of("number", "string", "userdata"), "integer|string" },
  BYTES = { "a number of bytes", is_one_of("number", "userdata"), "number" },
  MISSING = { "a sum's number of missing values", guard.count, "integer" },
  ['{summary = TEXT}|"NAME"'] = { "a table, or a report's name", is_one_of("table", "string"), "table|string",
    "declared" },
  FUNCTION = { "a function", is_one_of "function", "function", "f" },
}

local function kind_of(word)
  if KINDS[word] then return KINDS[word] end
  local choice = word:match '^"(%l+)"$'
  if choice then return { ("nothing, or %s"):format(word), function(value) return value == choice end, word, "how" } end
  return word:find "^{" and TABLE or word:find '^"' and TEXT or ANYTHING
end

local function fits(parameter, value)
  if value == nil and parameter.optional then return true end
  if not parameter.many or type(value) ~= "table" or parameter.fits(value) then return parameter.fits(value) end
  for _, one in ipairs(value) do
    if not parameter.fits(one) then return false end
  end
  return next(value) == nil or value[1] ~= nil
end

--- What a row takes: of each argument how it is shown, whether it may be left out or be several, its noun, its type.
function arguments.parameters(row)
  local list = {}
  for token in (row.takes or ""):gmatch "[^,%s][^,]*" do
    local word, many, optional = token:match "^(.-)(%.?%.?%.?)(%??)$"
    local kind = kind_of(word)
    list[#list + 1] = { word = word, many = many ~= "", optional = optional ~= "", noun = kind[1], fits = kind[2],
      type = kind[3], name = kind[4] or word:match "%a+":lower() }
  end
  return list
end

--- How it is called: top(N), where"EXPRESSION" [, {name = value}].
function arguments.call(row)
  if row.call or not row.takes then return row.call or row[1] end
  local list = arguments.parameters(row)
  local first, second = list[1], list[2]
  local bare = first and not first.optional and first.word:find '^["{]' and (not second or second.optional)
  local text = ""
  for i, parameter in ipairs(list) do
    local comma = i > 1 and ", " or ""
    text = text .. (parameter.optional and (i > 1 and " [" or "[") .. comma .. parameter.word .. "]"
      or comma .. parameter.word)
  end
  return row[1] .. (bare and text or "(" .. text .. ")")
end

--- What is typed after its name: a quote, a bracket, or nothing.
function arguments.after(row)
  return arguments.call(row):match "^[%w_]+%s*([%(\"{])" or ""
end

local function in_words(value)
  if value == nil then return "nothing" end
  if type(value) == "string" then return ("'%s'"):format(core.escape(value:sub(1, 40))) end
  if type(value) == "number" or type(value) == "boolean" then return tostring(value) end
  return core.is_unknown(value) and "an unknown value" or "a " .. type(value)
end

-- Raises: says how something is called.
local function refuse(row, problem)
  local hint = row.hint and "\n  hint: " .. row.hint or ""
  core.raise(("%s %s\n  %s, as in %s%s"):format(row[1], problem, arguments.call(row), row.example, hint))
end

-- user == alice: what is not a field is meant as text.
local function with_quotes(text)
  return (text:gsub("([=~!]=%s*)([%a_][%w_]*)", function(before, word)
    local is_name = core.field("process", word) or core.field("mapping", word) or word == "true" or word == "false"
    return not is_name and ("%s'%s'"):format(before, word) or nil
  end))
end

--- What to write for a verb whose argument has no quotes or brackets; nil where it is not a verb.
---@param inner string what was written
function arguments.hint(verb, inner)
  local row = entries.rowset[verb]
  if not row or not row.takes then return nil end
  if not row.takes:find '^"%u' then return "write " .. arguments.call(row) end
  local is_plain = #inner < 40 and not inner:find "[\":']"
  return ('what %s takes is a text in quotes: %s"%s"'):format(verb, verb, is_plain and with_quotes(inner) or "...")
end

--- How a verb is called, for whoever gave it nothing; nil where it is not a verb.
function arguments.as_called(verb)
  local row = entries.rowset[verb]
  return row and ("write %s, as in %s"):format(arguments.call(row), row.example)
end

-- Which of several values is wrong, and its place; else the value itself.
local function misfit(parameter, value, place)
  if parameter.many and type(value) == "table" and #value > 0 and not getmetatable(value) then
    for i, one in ipairs(value) do
      if not parameter.fits(one) then return one, place + i - 1 end
    end
  end
  return value, place
end

-- The last of them may be several.
local function gathered(list, ...)
  local given = table.pack(...)
  if #list > 0 and list[#list].many and given.n > #list then
    given[#list] = { table.unpack(given, #list, given.n) }
    given.n = #list
  end
  while given.n > #list and given[given.n] == nil do given.n = given.n - 1 end
  return given
end

--- The arguments as the function takes them: several that are one list as a table. Raises where they do not fit.
function arguments.take(kind, name, ...)
  local row = entries[kind][name]
  local list = arguments.parameters(row)
  local given = gathered(list, ...)
  for i, parameter in ipairs(list) do
    if not fits(parameter, given[i]) then
      local wrong, number = misfit(parameter, given[i], i)
      local place = number > 1 and (" as argument %d"):format(number) or ""
      refuse(row, ("takes %s%s, not %s"):format(parameter.noun, place, in_words(wrong)))
    end
  end
  if given.n > #list then
    local number = #list == 0 and "no argument" or #list == 1 and "one argument" or #list .. " arguments"
    refuse(row, ("takes %s; %s is one too many"):format(number, in_words(given[#list + 1])))
  end
  return table.unpack(given, 1, #list)
end

return arguments
