-- SPDX-License-Identifier: GPL-3.0-or-later
-- What an expression is, told from its tokens alone: nothing is called, no metamethod runs.
local core = require "memsh.core"
local locals = require "memsh.prompt.locals"

local resolve = {}

-- What a method of a row set gives: itself where nothing is said.
local RESULTS = {
  maps = function() return "mapping set" end,
  procs = function() return "process set" end,
  by = function() return "grouped set" end,
  describe = function() return "statistics set" end,
  first = function(kind) return (kind:gsub(" set$", "")) end,
}
RESULTS.one = RESULTS.first
RESULTS.explain = RESULTS.by
local ENDS = { rows = true, any = true, empty = true }
for _, format in ipairs(core.formats()) do
  ENDS[format] = core.format_kind(format) ~= "picture" or nil
end

local TYPES = {
  ["memsh.process"] = "process", ["memsh.mapping"] = "mapping", ["memsh.system"] = "system", string = "string",
}
local GLOBALS = { procs = "process set", maps = "mapping set", cgroups = "cgroup set", sys = "system" }

--- Whether something that can be called ends at `i`.
---@param list table[] tokens
---@param i integer
function resolve.is_call(list, i)
  local token = list[i]
  return token and (token.kind == "name" and not token.keyword or token.text == ")" or token.text == "]")
end

-- The index of the bracket that the one at `i` closes.
local function opening(list, i)
  local depth = 0
  for at = i, 1, -1 do
    local text = list[at].kind == "op" and list[at].text
    if text == ")" or text == "}" or text == "]" then depth = depth + 1 end
    if text == "(" or text == "{" or text == "[" then depth = depth - 1 end
    if depth == 0 then return at end
  end
end

-- The kind of a row set, read without asking it.
local function rowset_kind(value)
  local schema = rawget(value, "schema")
  local row = type(schema) == "table" and rawget(schema, "row")
  if row == "difference" then return "difference set" end
  return (row == "process" or row == "mapping" or row == "cgroup") and row .. " set" or "grouped set"
end

local kind_of

-- What a global is: its kind, and the value where it is a plain table.
local function resolve_global(name, type_of)
  local value = rawget(locals.values, name)
  if value == nil then value = rawget(_G, name) end
  if value == nil then return GLOBALS[name] end
  local type_name = type_of(value)
  if type_name == "memsh.rowset" and type(value) == "table" then return rowset_kind(value) end
  if type(value) == "table" and not TYPES[type_name] then return GLOBALS[name] or "table", value end
  return TYPES[type_name]
end

local function resolve_member(list, i, type_of)
  local kind, value = kind_of(list, i - 2, type_of)
  if kind == "mapping" and list[i].text == "proc" then return "process" end
  if kind ~= "table" then return nil end
  local member = rawget(value, list[i].text)
  if type(member) == "table" and not TYPES[type_of(member)] then return "table", member end
  return TYPES[type_of(member)]
end

-- What a call gives whose function ends at `i` and whose arguments begin at `i + 1`.
local function resolve_call(list, i, type_of)
  local name, before = list[i].text, list[i - 1] and list[i - 1].text
  if before == ":" then
    local kind = kind_of(list, i - 2, type_of) or "row set"
    if ENDS[name] then return nil end
    if RESULTS[name] then return RESULTS[name](kind) end
    return kind
  end
  if before == "." then return nil end
  if name == "proc" then
    local first, after = list[i + 2], list[i + 3]
    local single = list[i + 1].text == "(" and first and first.kind == "number" and after and after.text == ")"
    return single and "process" or "process set"
  end
  return GLOBALS[name]
end

-- Whether the brackets from `open` to `close` hold a minus of their own, as in (procs - before).
local function is_difference(list, open, close)
  local depth = 0
  for i = open + 1, close - 1 do
    local text = list[i].kind == "op" and list[i].text
    if text == "(" or text == "{" or text == "[" then depth = depth + 1 end
    if text == ")" or text == "}" or text == "]" then depth = depth - 1 end
    if text == "-" and depth == 0 and i > open + 1 then return true end
  end
  return false
end

-- What the expression is that ends with token `i`: a kind of row, of row set ("process set"), "system", "string",
-- or "table" and the table; nil where that can't be told.
function kind_of(list, i, type_of)
  local token = list[i]
  if not token then return nil end
  if token.kind == "name" then
    local before = list[i - 1] and list[i - 1].text
    if before == "." then return resolve_member(list, i, type_of) end
    if before == ":" then return nil end
    return resolve_global(token.text, type_of)
  end
  if token.kind == "string" then
    if resolve.is_call(list, i - 1) then return resolve_call(list, i - 1, type_of) end
    return "string"
  end
  if token.text ~= ")" and token.text ~= "}" then return nil end
  local open = opening(list, i)
  if not open then return nil end
  if resolve.is_call(list, open - 1) then return resolve_call(list, open - 1, type_of) end
  if token.text ~= ")" then return nil end
  local inner = kind_of(list, i - 1, type_of)
  return is_difference(list, open, i) and (not inner or inner:find " set$") and "difference set" or inner
end

--- What the expression is that ends with a token (see above).
resolve.kind = kind_of

return resolve
