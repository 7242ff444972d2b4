-- SPDX-License-Identifier: GPL-3.0-or-later
-- The usual slips in Lua text, each with its own answer.
local suggest = require "memsh.suggest"

local slips = {}

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
  return ('in Lua write %s; sizes like %s%s stand in texts: where"pss > %s%s"'):format(product, number, unit:upper(),
    number, unit:upper())
end

local VERBS = { where = true, sort = true, show = true, by = true, sum = true, avg = true, min = true, max = true,
  distinct = true }

-- procs:where swap > 0
local function argument_hint(line, at)
  local verb = line:sub(1, at - 1):match "[:.]%s*(%a+)%s+$"
  if not VERBS[verb] then return nil end
  local rest = line:sub(at):match "^(.-)%s*$"
  local plain = #rest < 40 and not rest:find '[":]'
  return ('what %s takes is a text in quotes: %s"%s"'):format(verb, verb, plain and rest or "...")
end

--- A hint for what Lua says of `line`; nil where there is none.
---@param text string Lua's message
---@param token string the token it stumbled over
---@param line string
---@param at integer where the token begins in it
---@return string|nil
function slips.hint(text, token, line, at)
  if line:lower():find "^%s*select%s.*%sfrom%s" then return CHAIN end
  if text:find("malformed number", 1, true) then return number_hint(token) end
  if text:find("unfinished string", 1, true) then return "a quote is missing" end
  if text:find("function arguments expected", 1, true) then return argument_hint(line, at) end
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
}

--- The verb that goes by that name elsewhere.
---@param name string
---@return string|nil
function slips.verb(name)
  return FOREIGN_VERBS[name:lower()]
end

--- What a word of an expression means elsewhere, where it is no field here.
---@param name string
---@return string|nil hint
function slips.word(name)
  local word = name:lower()
  if word == "desc" or word == "asc" then return "a leading minus means descending: sort\"-rss\"" end
  if word == "select" or word == "from" or word == "order" or word == "limit" then return CHAIN end
  return nil
end

-- ---- at run time

local function names_there_are()
  local names = { table.unpack(require("memsh.prompt").globals) }
  for _, known in ipairs { _G, require("memsh.locals").values } do
    for name in next, known do
      if type(name) == "string" then names[#names + 1] = name end
    end
  end
  table.sort(names)
  return names
end

--- What a name that means nothing may have been meant to be.
---@param name string
---@return string|nil
function slips.nearest_global(name)
  return suggest.nearest(name, names_there_are())
end

local function global_hint(message)
  local name = message:match "^[^\n]*attempt to %a+ a nil value %(global '([%w_]+)'%)"
  local near = name and slips.nearest_global(name)
  return near and ("did you mean '%s'?"):format(near)
end

local LIBRARIES <const> = { "string", "table", "math", "os", "io", "utf8" }

-- string.fnd(x), ("x"):fnd(): the message does not tell of what it was, but these have most of what is called so.
local function member_hint(message)
  local how, name = message:match "^[^\n]*attempt to call a nil value %((%a+) '([%w_]+)'%)"
  if how ~= "field" and how ~= "method" then return nil end
  local list = {}
  for _, library in ipairs(how == "method" and { "string" } or LIBRARIES) do
    for key in next, rawget(_G, library) or {} do list[#list + 1] = key end
  end
  table.sort(list)
  local near = suggest.nearest(name, list)
  return near and near ~= name and ("did you mean '%s'?"):format(near) or nil
end

-- procs:where(swap > 0)
local function comparison_hint(message)
  local entry = package.loaded["memsh.entry"]
  local text = entry and entry.text()
  if not text or not message:find "^[^\n]*attempt to compare [^\n]*nil" then return nil end
  local verb, inner = text:match ":(%a+)%s*%(%s*([^\"'()]-)%s*%)"
  return VERBS[verb] and ('what %s takes is a text in quotes: %s"%s"'):format(verb, verb, inner)
end

--- The message of an error with a hint, where there is one for it.
---@param message string
---@return string
function slips.after(message)
  local hint = global_hint(message) or member_hint(message) or comparison_hint(message)
  return hint and (message:gsub("^[^\n]*", function(line) return line .. "\n  hint: " .. hint end, 1)) or message
end

return slips
