-- SPDX-License-Identifier: GPL-3.0-or-later
-- What TAB offers. Everything is decided from the text: nothing of the user's is called, no metamethod runs, and
-- /proc is not read.
local core = require "memsh.core"
local locals = require "memsh.locals"
local names = require "memsh.names"
local tokens = require "memsh.complete.tokens"

local complete = {}

local KEYWORDS = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
  "not", "or", "repeat", "return", "then", "true", "until", "while",
}

-- Which texts of a query hold what.
local EXPRESSIONS = { where = true, maps = true }
local LISTS = {
  sort = true, show = true, by = true, distinct = true, sum = true, avg = true, min = true, max = true,
  count = true, agg = true, join = true, define = true,
}
local FIELDS = { get = true, desc = true, help = true }
local SETS = { procs = "", maps = "", cgroups = "", sys = "" } -- what fields"..." takes

-- What a method of a row set gives: itself where nothing is said.
local RESULTS = {
  maps = function() return "mapping set" end,
  procs = function() return "process set" end,
  by = function() return "grouped set" end,
  first = function(kind) return (kind:gsub(" set$", "")) end,
}
RESULTS.one = RESULTS.first
local ENDS = { rows = true, any = true, empty = true, json = true, jsonl = true, csv = true, tsv = true, md = true }

local TYPES = {
  ["memsh.process"] = "process", ["memsh.mapping"] = "mapping", ["memsh.system"] = "system", string = "string",
}
local GLOBALS = { procs = "process set", maps = "mapping set", cgroups = "cgroup set", sys = "system" }

local function is_call(list, i)
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
  return (row == "process" or row == "mapping" or row == "cgroup") and row .. " set" or "grouped set"
end

local resolve

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
  local kind, value = resolve(list, i - 2, type_of)
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
    local kind = resolve(list, i - 2, type_of) or "row set"
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

-- What the expression is that ends with token `i`: a kind of row, of row set ("process set"), "system", "string",
-- or "table" and the table; nil where that can't be told.
function resolve(list, i, type_of)
  local token = list[i]
  if not token then return nil end
  if token.kind == "name" then
    local before = list[i - 1] and list[i - 1].text
    if before == "." then return resolve_member(list, i, type_of) end
    if before == ":" then return nil end
    return resolve_global(token.text, type_of)
  end
  if token.kind == "string" then
    if is_call(list, i - 1) then return resolve_call(list, i - 1, type_of) end
    return "string"
  end
  if token.text ~= ")" and token.text ~= "}" then return nil end
  local open = opening(list, i)
  if not open then return nil end
  if is_call(list, open - 1) then return resolve_call(list, open - 1, type_of) end
  return token.text == ")" and resolve(list, i - 1, type_of) or nil
end

-- ---- candidates

local function add_fields(out, kind)
  for _, field in ipairs(core.fields(kind)) do out[field.name] = "" end
  local found, derived = pcall(require, "memsh.derived")
  for _, name in ipairs(found and derived.names(kind) or {}) do out[name] = "" end
end

-- The fields of a row, by its kind; where that is not known, of any row; of everything for "any".
local function fields(kind)
  local out = {}
  kind = kind and kind:gsub(" set$", "")
  if kind == "system" or kind == "any" then add_fields(out, "system") end
  if kind == "system" then return out end
  if kind == "cgroup" or kind == "any" then
    for _, field in ipairs(require("memsh.cgroup").fields()) do out[field.name] = "" end
  end
  if kind == "cgroup" then return out end
  if kind ~= "mapping" then add_fields(out, "process") end
  if kind ~= "process" then
    add_fields(out, "mapping")
    out.proc = "."
    for _, name in ipairs(names.of_process) do out[name] = "" end
  end
  if kind ~= "process" and kind ~= "mapping" then
    for _, name in ipairs(names.grouped) do out[name] = "" end
  end
  return out
end

local function keys(value, functions_only)
  local out = {}
  for key, member in next, value do
    if type(key) == "string" and (not functions_only or type(member) == "function") then
      out[key] = type(member) == "function" and "(" or ""
    end
  end
  return out
end

local function methods(kind, value)
  if kind == "table" then return keys(value, true) end
  if kind == "string" then return keys(string, true) end
  if names[kind] then return names[kind] end
  if kind then return names.rowset end
  local out = {}
  for _, list in ipairs { names.process, names.rowset } do
    for name, after in pairs(list) do out[name] = after end
  end
  return out
end

local function globals(extra)
  local out = keys(_G, false)
  for name, after in pairs(keys(locals.values, false)) do out[name] = after end
  for _, name in ipairs(extra) do out[name] = out[name] or "" end
  for _, name in ipairs(KEYWORDS) do out[name] = "" end
  return out
end

local function in_code(list, type_of, extra)
  local last = list[#list]
  local text = last and last.kind ~= "string" and last.text
  if text == ":" then return methods(resolve(list, #list - 1, type_of)) end
  if text == "." then
    local kind, value = resolve(list, #list - 1, type_of)
    if kind == "string" or kind and kind:find " set$" then return {} end
    return kind == "table" and keys(value, false) or fields(kind)
  end
  if text == "local" or text == "goto" or last and last.kind == "number" then return {} end
  return globals(extra)
end

-- ---- texts of a query

-- The index of the function whose argument the last token is, and whether it is the first one.
local function callee(list)
  local depth, first = 0, true
  if is_call(list, #list - 1) then return #list - 1, true end
  for i = #list - 1, 1, -1 do
    local text = list[i].kind == "op" and list[i].text
    if text == ")" or text == "}" or text == "]" then depth = depth + 1 end
    if text == "," and depth == 0 then first = false end
    if text == "(" or text == "{" or text == "[" then
      depth = depth - 1
      local called = depth < 0 and is_call(list, i - 1)
      if called and (text == "(" or list[i - 1].text == "agg") then return i - 1, first or text == "{" end
      if depth < 0 and (text ~= "{" or called) then return nil end
      if depth < 0 then depth = 0 end
    end
  end
end

local function add_functions(out, words)
  local ops = require "memsh.expr.ops"
  for _, name in ipairs(ops.names) do
    out[name] = ops.functions[name] and ops.functions[name].constant and "" or "("
  end
  for _, word in ipairs(words) do out[word] = "" end
end

-- True inside the quotes of a text in the expression.
local function in_inner_text(text)
  local quote
  for mark in text:gsub("\\.", ""):gmatch "['\"]" do
    if not quote then quote = mark elseif quote == mark then quote = nil end
  end
  return quote ~= nil
end

local function in_text(list, type_of)
  local at, first = callee(list)
  local verb = at and list[at].text
  local kind = at and list[at - 1] and list[at - 1].text == ":" and resolve(list, at - 2, type_of) or nil
  local body = list[#list].body
  if not verb or in_inner_text(body) then return {} end
  if EXPRESSIONS[verb] and not first then return {} end
  if verb == "fields" then return first and SETS or {} end
  if FIELDS[verb] then return fields(kind or verb ~= "get" and "any" or nil) end
  if verb == "maps" then kind = "mapping set" end
  if not EXPRESSIONS[verb] and not LISTS[verb] then return {} end
  local owner = body:match "([%a_][%w_]*)%.$"
  if owner then return owner == "proc" and fields "process" or {} end
  local out = fields(kind)
  add_functions(out, EXPRESSIONS[verb] and { "and", "or", "not", "true", "false" } or {})
  return out
end

-- ---- commands

-- The names of commands, and the verbs that go on from the last answer.
local function command_names(commands)
  local out = {}
  for name, after in pairs(names.rowset) do out[name] = after end
  for _, name in ipairs(commands.names) do
    out[name] = commands.find(name).usage:find " " and " " or ""
  end
  return out
end

-- What may stand at the end of a command; nil where the text is none.
local function in_command(text)
  if not text:find "^%s*:[^:\n]*$" then return nil end
  local commands = require "memsh.commands"
  if text:find "^%s*:%s*$" then return command_names(commands) end
  local name, before = text:match "^%s*:%s*([%a_]+)%s+(.*)$"
  local command = name and commands.find(name)
  if not command then return nil end
  local words, out = command.arguments, command.fields and fields "any" or {}
  if type(words) == "function" then words = words(before) end
  for _, word in ipairs(words or {}) do out[word] = "" end
  return out
end

--- Whether a file is meant at the end of `text`.
---@param text string
---@return boolean
function complete.takes_file(text)
  local name = text:match "^%s*:%s*([%a_]+)%s+%S*$"
  local command = name and require("memsh.commands").find(name)
  return command and command.files or false
end

-- ---- the entry

local function select(candidates, word)
  local out = {}
  for name in pairs(candidates) do
    if name:sub(1, #word) == word then out[#out + 1] = name end
  end
  table.sort(out)
  return out, #out == 1 and candidates[out[1]] or ""
end

--- What could stand at the end of `text`.
---@param text string everything before the cursor
---@param type_of fun(value: any): string the name of a value's type, found without running anything
---@param extra string[] names of globals that come at their first use
---@return integer start where the word begins that is to be completed
---@return string[] candidates whole words, sorted
---@return string append what to type after the word if it is the only one
function complete.complete(text, type_of, extra)
  local start = text:find "[%a_][%w_]*$" or #text + 1
  local word = text:sub(start)
  if text:sub(start - 1, start - 1):find "^%d$" then return start, {}, "" end
  local before = text:sub(1, start - 1)
  local verb = before:match "^%s*(:%s*[%a_]+%s*[%(\"'{%[].*)$"
  local list, where = tokens.scan(verb and "_" .. verb or before)
  local candidates = {}
  local of_command = in_command(before)
  if of_command then
    candidates = of_command
  elseif where == "text" then
    candidates = in_text(list, type_of)
  elseif where == "code" then
    candidates = in_code(list, type_of, extra)
  end
  return start, select(candidates, word)
end

return complete
