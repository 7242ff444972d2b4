-- SPDX-License-Identifier: GPL-3.0-or-later
-- The usual slips in Lua text, each with its own answer.

local upward = require "memsh.util.lazy" "memsh.util.upward"

local common_mistakes = {}

local CHAIN <const> = 'a question is a chain, as in procs:where"swap > 0":show"pid comm swap":top(10)'

-- What other languages write, and what Lua does.
local OPERATORS <const> = {
  ["&&"] = "use 'and'", ["||"] = "use 'or'", ["!="] = "use '~='", ["!"] = "use 'not'", ["=>"] = "use '>='",
  ["=<"] = "use '<='", ["+="] = "there is no '+='; write x = x + 1", ["-="] = "there is no '-='; write x = x - 1",
  ["++"] = "there is no '++'; write x = x + 1",
}

local function operator_hint(line, at)
  for from = math.max(1, at - 1), at do
    for length = 2, 1, -1 do
      local hint = OPERATORS[line:sub(from, from + length - 1)]
      if hint and not (length == 1 and from < at) then return hint end
    end
  end
  return nil
end

local function number_hint(token)
  local number, unit = token:match "^(%d+%.?%d*)%s*([kKmMgGtT])[iI]?[bB]?$"
  if not number then return nil end
  local product = ("%s*%s"):format(number, unit:upper())
  return ('in Lua write %s; sizes like %s%s belong in texts: where"pss > %s%s"'):format(product, number, unit:upper(),
    number, unit:upper())
end

-- "comm =~ '\d'": an escape of the pattern, in a text of Lua.
local function escape_hint(token)
  local escape = token:match "\\[^\\]?$" or "\\"
  return ('in "..." Lua wants \\%s; in [[...]] it stays: where[[comm =~ \'%s\']]'):format(escape, escape)
end

local SENTENCE <const> = {}
for word in ("show list who whose what which how where find get give display tell is are please"):gmatch "%a+" do
  SENTENCE[word] = true
end

-- show me all processes
local function is_sentence(line)
  local plain = line:match "^%s*(%a[%a ,']*)[?.!]*%s*$"
  local first = plain and plain:match "^%a+"
  return first and plain:find "%a +%a" and SENTENCE[first:lower()]
end

-- procs where swap > 0, maps | sort -rss
local function is_chain_of_words(line)
  local rows = line:match "^%s*(%l+)[%s|]+%l"
  return rows == "procs" or rows == "maps" or rows == "cgroups"
end

--- A hint for what Lua says of `line`, or nil.
---@param text string Lua's message
---@param token string the token it stumbled over
---@param at integer where the token begins in it
function common_mistakes.hint(text, token, line, at)
  if line:lower():find "^%s*select%s.*%sfrom%s" then return CHAIN end
  if is_chain_of_words(line) then return CHAIN end
  local process = line:match "^%s*proc%s+([%w_-]+)%s*$"
  if process then
    return ("write %s"):format(process:find "^%d+$" and ("proc(%s)"):format(process) or ('proc"%s"'):format(process))
  end
  if is_sentence(line) then return CHAIN .. "; help and :examples have more" end
  if text:find("invalid escape", 1, true) then return escape_hint(token) end
  if text:find("malformed number", 1, true) then return number_hint(token) end
  if text:find("unfinished string", 1, true) then return "a quote is missing" end
  local hint = operator_hint(line, at)
  if hint then return hint end
  return select(2, line:gsub('\\.', ""):gsub('"', "")) % 2 == 1 and "a quote is missing" or nil
end

-- What SQL, pandas, R, jq and shells call the verbs.
local FOREIGN_VERBS <const> = {
  select = "show", columns = "show", project = "show", map = "show", pick = "show", filter = "where", grep = "where",
  having = "where", order = "sort", order_by = "sort", orderby = "sort", arrange = "sort", limit = "top", head = "top",
  take = "top", offset = "skip", drop = "skip", group = "by", group_by = "by", groupby = "by", uniq = "distinct",
  unique = "distinct", mean = "avg", average = "avg", len = "count", length = "count", size = "count",
  to_json = "json", to_csv = "csv", collect = "rows", each = "rows", foreach = "rows", merge = "join",
  histogram = "plot", hist = "plot", chart = "plot", draw = "plot", percentile = "p95", quantile = "p95",
  std = "stddev", stdev = "stddev", exists = "any", summary = "describe",
}

--- The verb that goes by that name elsewhere.
function common_mistakes.verb(name)
  return FOREIGN_VERBS[name:lower()]
end

-- What people call fields; the first of them that the rows have is meant.
local FOREIGN_FIELDS <const> = {
  started = "start_time", start = "start_time", began = "start_time", lstart = "start_time", etime = "age",
  elapsed = "age", name = "comm path", command = "comm cmdline", cmd = "cmdline", program = "comm", process = "comm",
  username = "user", owner = "user", memory = "rss memory_current", mem = "rss memory_current", heap = "rss_anon",
  file = "path exe", filename = "path exe", library = "path", parent = "ppid",
}

--- The field that goes by that name elsewhere, if rows of this schema have it.
function common_mistakes.field(name, schema)
  for field in (FOREIGN_FIELDS[name:lower()] or ""):gmatch "%S+" do
    if schema:field(field) then return field end
  end
  return nil
end

-- Of what kind of rows other_tools.lua has columns.
local KINDS <const> = { processes = "procs", mappings = "maps", ["the system"] = "sys" }

--- The field, or the expression, for what people, or the columns of other tools, call so. Case alone may be wrong.
function common_mistakes.column(name, schema)
  local small = name:lower()
  local field = common_mistakes.field(name, schema) or schema:field(small) and small
  if field then return field end
  for _, found in ipairs(upward().other_tools().find(small, true)) do
    if (found.row.kind or "procs") == KINDS[schema.kind] then return found.row.field end
  end
  return nil
end

-- What SQL, Python, awk and spreadsheets call the functions of expressions.
local FOREIGN_FUNCTIONS <const> = {
  contains = "has", includes = "has", instr = "has", strpos = "has", position = "has", startswith = "starts",
  starts_with = "starts", endswith = "ends", ends_with = "ends", length = "len", strlen = "len", size = "len",
  round = "floor", int = "floor", trunc = "floor", tolower = "lower", lcase = "lower", toupper = "upper",
  ucase = "upper", regex = "match", regexp = "match", regexp_like = "match", like = "glob", fnmatch = "glob",
  iif = "if", ifelse = "if", case = "if",
}

local TIMES <const> = { now = true, time = true, date = true, today = true, interval = true, current_timestamp = true }

--- What to write for a function that goes by that name elsewhere, or for a method of a text; nil where nobody knows.
function common_mistakes.called(name)
  local object, method = name:match "^(.*)%.([^.]+)$"
  local word = (method or name):lower()
  local fn = FOREIGN_FUNCTIONS[word]
  if object then return fn and ("functions come first: %s(%s, ...)"):format(fn, object) end
  if fn then return ("did you mean '%s'?"):format(fn) end
  if TIMES[word] then return "a time is a text, '-1h' an hour ago: start_time > '-1h'; age is in seconds: age < 1h" end
  return nil
end

-- What free, top and vmstat show of the machine.
local FOREIGN_NUMBERS <const> = {
  used = "sys.mem_total - sys.mem_available", mem_used = "sys.mem_total - sys.mem_available",
  memory_used = "sys.mem_total - sys.mem_available", free = "sys.mem_available", available = "sys.mem_available",
  total = "sys.mem_total", memory = "sys.mem_total", swap_used = "sys.swap_total - sys.swap_free",
  swap = "sys.swap_total - sys.swap_free", over = 'procs:over{}:distinct"time":show"time sys.mem_available"',
}

--- What to write for a number of the machine that goes by that name elsewhere.
function common_mistakes.number(name)
  return FOREIGN_NUMBERS[name]
end

local SPANS <const> = {}
for words in ("s sec secs second seconds|m min mins minute minutes|h hr hrs hour hours|d day days"):gmatch "[^|]+" do
  for word in words:gmatch "%a+" do SPANS[word] = words:sub(1, 1) end
end

-- 9am, 9:30pm, 21:00: as a time is written.
local function clock(text)
  local hour, minute, half = text:match "^(%d%d?):?(%d*)%s*([ap]?)%.?m?%.?$"
  local number = tonumber(hour)
  if not number or half == "" and minute == "" or minute ~= "" and #minute ~= 2 then return nil end
  if half == "p" and number < 12 then number = number + 12 end
  if half == "a" and number == 12 then number = 0 end
  return number < 24 and ("%02d:%s"):format(number, minute == "" and "00" or minute) or nil
end

--- How a span is written, "10m" for 10 minutes; nil where the text is none.
function common_mistakes.span(text)
  local number, word = text:match "^%-?%s*(%d+)%s*(%a+)%s*a?g?o?$"
  local unit = word and (SPANS[word] or #word > 1 and SPANS[word:lower()])
  return unit and number .. unit or nil
end

--- How a time is written that somebody wrote otherwise: "'09:00'", "'-10m'"; nil where the text is none.
function common_mistakes.time(text)
  local span = common_mistakes.span(text)
  if span then return ("'-%s'"):format(span) end
  local time = clock(text:lower())
  return time and ("'%s'"):format(time)
end

--- What a word of an expression means elsewhere, where it is no field here.
function common_mistakes.word(name)
  local word = name:lower()
  if word == "desc" or word == "asc" then return "a leading minus means descending: sort\"-rss\"" end
  if word == "as" then return "a column gets a name in front: show\"pid, mb=rss/M\"" end
  if word == "select" or word == "from" or word == "order" or word == "limit" then return CHAIN end
  return nil
end

return common_mistakes
