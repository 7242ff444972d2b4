-- SPDX-License-Identifier: GPL-3.0-or-later
-- The usual slips in Lua text, each with its own answer.

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

--- A hint for what Lua says of `line`, or nil.
---@param text string Lua's message
---@param token string the token it stumbled over
---@param at integer where the token begins in it
function common_mistakes.hint(text, token, line, at)
  if line:lower():find "^%s*select%s.*%sfrom%s" then return CHAIN end
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
}

--- The verb that goes by that name elsewhere.
function common_mistakes.verb(name)
  return FOREIGN_VERBS[name:lower()]
end

--- What a word of an expression means elsewhere, where it is no field here.
function common_mistakes.word(name)
  local word = name:lower()
  if word == "desc" or word == "asc" then return "a leading minus means descending: sort\"-rss\"" end
  if word == "select" or word == "from" or word == "order" or word == "limit" then return CHAIN end
  return nil
end

return common_mistakes
