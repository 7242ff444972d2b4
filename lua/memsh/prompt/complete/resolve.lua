-- SPDX-License-Identifier: GPL-3.0-or-later
-- What an expression is, told from its tokens alone: nothing is called, no metamethod runs.
local entries = require "memsh.catalogue.entries"
local locals = require "memsh.prompt.locals"

local resolve = {}

-- What the catalogue says that a method gives, as a kind.
local SETS <const> = { ["memsh.MappingSet"] = "mapping set", ["memsh.ProcessSet"] = "process set",
  ["memsh.RowSet"] = "grouped set", ["memsh.Statistics"] = "statistics set" }

-- The names of columns in the text of a list: those that can be typed.
local function columns_of(text)
  local columns = {}
  for item in text:gmatch(text:find "[,(]" and "[^,]+" or "%S+") do
    columns[#columns + 1] = item:match "^%s*([%a_][%w_]*)%s*=" or item:match "^%s*([%a_][%w_]*)%s*$"
  end
  return columns
end

-- The names that agg{name = "..."}, called at `i`, makes.
local function names_in_table(list, i)
  local columns = {}
  for at = i + 1, #list - 1 do
    if list[at].text == "}" then break end
    if list[at + 1].text == "=" then columns[#columns + 1] = list[at].text end
  end
  return columns
end

-- What groups have: the keys, the counts, and a column for each aggregate. `base`: what they are groups of.
local function grouped(list, i, kind, value)
  local columns = list[i].text == "agg" and names_in_table(list, i)
    or columns_of(list[i + 1].kind == "string" and list[i + 1].text:sub(2, -2) or "")
  if list[i].text == "by" then value = { columns = { "n", kind == "mapping set" and "procs" or nil }, base = kind } end
  table.move(value.columns, 1, #value.columns, #columns + 1, columns)
  return "grouped set", { columns = columns, base = value.base }
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

-- The kind of a row set, and its columns where it has its own, read without asking it.
local function rowset_kind(value)
  local schema = rawget(value, "schema")
  local row = type(schema) == "table" and rawget(schema, "row")
  if row == "difference" then return "difference set" end
  if row == "process" or row == "mapping" or row == "cgroup" then return row .. " set" end
  local columns = {}
  for i, field in ipairs(row and rawget(schema, "fields") or {}) do columns[i] = field.name end
  return "grouped set", #columns > 0 and { columns = columns } or nil
end

local kind_of

-- What a global is: its kind, and the value where it is a plain table.
local function resolve_global(name, type_of)
  local value = rawget(locals.values, name)
  if value == nil then value = rawget(_G, name) end
  if value == nil then return GLOBALS[name] end
  local type_name = type_of(value)
  if type_name == "memsh.rowset" and type(value) == "table" then return rowset_kind(value) end
  if GLOBALS[name] and type(value) == "table" then return GLOBALS[name] end
  if type(value) == "table" and not TYPES[type_name] then return "table", value end
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
    local kind, value = kind_of(list, i - 2, type_of)
    if kind == "table" then return nil end
    local row = entries.rowset[name]
    kind = kind or "row set"
    if name == "by" or value and row and (row.of_groups or name == "show") then return grouped(list, i, kind, value) end
    if not row or row.of_groups or row.own or row.gives == "SET" then return kind, value end
    if row.gives:find "^ROW%?" then return (kind:gsub(" set$", "")), value end
    return SETS[row.gives]
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
