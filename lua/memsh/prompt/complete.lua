-- SPDX-License-Identifier: GPL-3.0-or-later
-- What TAB offers. Everything is decided from the text: nothing of the user's is called, no metamethod runs. Values
-- that are there now (complete/values.lua) are the only thing that is read.
local commands = require "memsh.prompt.commands"
local entries = require "memsh.catalogue.entries"
local resolve = require "memsh.prompt.complete.resolve"
local tokens = require "memsh.prompt.complete.tokens"
local values = require "memsh.prompt.complete.values"
local words = require "memsh.prompt.complete.words"

local complete = {}

-- Whether one of the texts that a verb or function takes is of a kind, such as "KEYS".
local function takes(name, kind)
  local row = entries.rowset[name] or entries.process[name] or entries.global[name]
  return row and row.takes and row.takes:find(kind, 1, true) ~= nil
end

-- Functions that take the name of a file; those of io after `io.`.
local FILES <const> = { dofile = true, loadfile = true, read_csv = true, read_jsonl = true, recording = true }
local IO_FILES <const> = { open = true, lines = true, input = true, output = true }

local NAME <const>, DIGITS <const> = "[%a_][%w_]*$", "%d+$"

-- ---- code

local function in_code(list, type_of, extra)
  local last = list[#list]
  local text = last and last.kind ~= "string" and last.text
  if text == ":" then return words.methods(resolve.kind(list, #list - 1, type_of)) end
  if text == "." then
    local kind, value = resolve.kind(list, #list - 1, type_of)
    if kind == "string" or kind and kind:find " set$" then return words.new() end
    return kind == "table" and words.keys(value, false) or words.fields(kind, value)
  end
  if text == "local" or text == "goto" or last and last.kind == "number" then return words.new() end
  return words.globals(extra)
end

-- The index of the function whose argument comes after token `last`, and whether it is the first one.
local function callee(list, last)
  local depth, first = 0, true
  if resolve.is_call(list, last) then return last, true end
  for i = last, 1, -1 do
    local text = list[i].kind == "op" and list[i].text
    if text == ")" or text == "}" or text == "]" then depth = depth + 1 end
    if text == "," and depth == 0 then first = false end
    if text == "(" or text == "{" or text == "[" then
      depth = depth - 1
      local called = depth < 0 and resolve.is_call(list, i - 1)
      if called and (text == "(" or list[i - 1].text == "agg") then return i - 1, first or text == "{" end
      if depth < 0 and (text ~= "{" or called) then return nil end
      if depth < 0 then depth = 0 end
    end
  end
end

-- Whether the next argument is one of proc's: after `proc(` or `proc(1,`.
local function is_argument_of_proc(list)
  local last = list[#list]
  if not last or last.kind ~= "op" or not (last.text == "(" or last.text == ",") then return false end
  local at = callee(list, #list)
  local before = at and list[at - 1] and list[at - 1].text
  return at ~= nil and list[at].text == "proc" and before ~= "." and before ~= ":"
end

-- ---- texts

-- Where the text opens that the end of `body` is in, and its quote; nil outside of texts.
local function open_text(body)
  local at, quote = nil, nil
  for place, mark in body:gsub("\\.", "  "):gmatch "()(['\"])" do
    if not quote then at, quote = place, mark elseif quote == mark then at, quote = nil, nil end
  end
  return at, quote
end

-- What is compared with the text that opens at `at`: comm == ', starts(comm, '
local function compared(body, at)
  local before = body:sub(1, at - 1)
  return before:match "([%a_][%w_.]*)%s*[=~!]=%s*$" or before:match "%a%s*%(%s*([%a_][%w_.]*)%s*,%s*$"
end

local function is_expression(verb, first)
  if takes(verb, "EXPRESSION") then return first or verb == "define" end
  return verb == "agg" or takes(verb, "KEYS") or takes(verb, "COLUMNS") or takes(verb, "FIELDS")
end

-- In the text of an expression; also the length of what is typed of a text in it.
local function in_expression(body, verb, kind, value)
  local at, quote = open_text(body)
  if at then
    local name = compared(body, at)
    return name and values.of(name, quote) or words.new(), #body - at
  end
  local owner = body:match "([%a_][%w_]*)%.[%w_]*$"
  if owner then return owner == "proc" and words.fields "process" or words.new() end
  local row = entries.rowset[verb]
  if value and row and row.of_groups then kind, value = value.base, nil end
  local out = words.fields(verb == "maps" and "mapping set" or kind, value)
  if takes(verb, "EXPRESSION") and verb ~= "plot" then out:add_all { "and", "or", "not", "true", "false" } end
  return out:add_functions()
end

-- What a text of Lua is compared with, as in p.comm == "
local function compared_in_code(list)
  local op, name = list[#list - 1], list[#list - 2]
  local compares = op and (op.text == "==" or op.text == "~=")
  return compares and name and name.kind == "name" and name.text or nil
end

local function is_file(list, at)
  local name, before = list[at].text, list[at - 1] and list[at - 1].text
  if before == "." then return IO_FILES[name] and list[at - 2] and list[at - 2].text == "io" end
  return before ~= ":" and FILES[name]
end

-- The words, and how much of the text's end is typed of one; nil: a name.
local function in_text(list, type_of, quote)
  local last = list[#list]
  local field = compared_in_code(list)
  if field then return values.of(field, quote), #last.body end
  local at, first = callee(list, #list - 1)
  if not at then return words.new() end
  local verb, is_method = list[at].text, list[at - 1] and list[at - 1].text == ":"
  local kind, value
  if is_method then kind, value = resolve.kind(list, at - 2, type_of) end
  if kind == "table" then value = nil end
  if first and is_file(list, at) then
    local out = words.new()
    out.files = true
    return out, #last.body
  end
  if verb == "proc" and not is_method then return values.of("comm", quote), #last.body end
  if verb == "report" and not is_method then return words.reports(quote), #last.body end
  if verb == "fields" then return first and words.new():add_all(words.KINDS) or words.new() end
  if takes(verb, '"FIELD"') or verb == "help" then
    return open_text(last.body) and words.new() or words.fields(kind or verb ~= "get" and "any" or nil)
  end
  if not is_expression(verb, first) then return words.new() end
  return in_expression(last.body, verb, kind, value)
end

-- ---- Lua text

-- What may stand at the end of Lua text, and where the word begins that is to be completed.
local function in_lua(text, type_of, extra)
  local digits = text:match(DIGITS) or ""
  local list, where = tokens.scan(text:sub(1, #text - #digits))
  if where == "code" and not text:find(NAME) and is_argument_of_proc(list) then
    return values.pids(digits), #text - #digits + 1
  end
  local start = text:find(NAME) or #text + 1
  list, where = tokens.scan(text)
  if where == "text" then
    local last = list[#list]
    local out, typed = in_text(list, type_of, text:sub(last.at, last.at))
    return out, typed and #text - typed + 1 or start
  end
  if where ~= "code" or text:sub(start - 1, start - 1):find "^%d$" then return words.new(), start end
  list = tokens.scan(text:sub(1, start - 1))
  return in_code(list, type_of, extra), start
end

-- ---- commands

-- The names of commands, and the verbs that go on from the last answer.
local function command_names()
  local out = words.new():add_methods "rowset"
  for _, name in ipairs(commands.names) do
    local command = commands.find(name)
    out:add(name, command.usage:find " " and " " or "", { command.usage, command.help })
  end
  return out
end

local function arguments_of(command, before)
  local out = command.fields and words.fields "any" or words.new()
  local list = command.arguments
  if type(list) == "function" then list = list(before) end
  return out:add_all(list or {})
end

-- Where a command's question begins; nil for none.
local function question_at(text, command, from)
  if type(command.query) ~= "function" then return command.query and (text:match("^[%d.]+s?%s+()", from) or from) end
  local place = command.query(text:sub(from))
  return place and from + place - 1
end

-- What may come after a command's name; the words and where the last one begins. nil: it is not the command's.
local function in_argument(text, command, from, type_of, extra)
  if command.files then
    local quote = text:match("^(['\"]?)", from)
    local out = words.new()
    out.files = true
    return out, quote ~= "" and from + 1 or text:find "%S*$"
  end
  local start, question = text:find(NAME) or #text + 1, question_at(text, command, from)
  local out = words.new()
  if not question or question == from and not text:find("[^%w_]", from) then
    out = arguments_of(command, text:sub(from, start - 1))
  end
  if not question then return out, start end
  local lua, at = in_lua(text:sub(question), type_of, extra)
  if next(out.after) == nil then return lua, at + question - 1 end
  for name, after in pairs(lua.after) do out:add(name, after, lua.about[name]) end
  return out, start
end

-- At the end of a command; nil where the text is none.
local function in_command(text, type_of, extra)
  if text:find "^%s*:%s*[%a_]*$" then return command_names(), text:find "[%a_]*$" end
  local name, from = text:match "^%s*:%s*([%a_]+)!?%s+()"
  local command = name and commands.find(name)
  if command then return in_argument(text, command, from, type_of, extra) end
  if not text:find "^%s*:%s*[%a_]+%s*[%(\"'{%[]" then return nil end
  -- A verb that goes on from the last answer.
  local out, start = in_lua("_" .. text, type_of, extra)
  return out, start - 1
end

-- ---- the entry

local function select(candidates, word)
  local out = {}
  if candidates.order then
    table.move(candidates.order, 1, #candidates.order, 1, out)
  else
    for name in pairs(candidates.after) do
      if name:sub(1, #word) == word then out[#out + 1] = name end
    end
    table.sort(out)
  end
  return out, #out == 1 and candidates.after[out[1]] or ""
end

--- What could stand at the end of `text`.
---@param text string everything before the cursor
---@param type_of fun(value: any): string the name of a value's type, found without running anything
---@param extra string[] names of globals that come at their first use
---@return integer start where the word begins that is to be completed
---@return string[] list whole words, in order
---@return string append what to type after the word if it is the only one
---@return memsh.Words candidates what they mean; or that a file is meant
function complete.complete(text, type_of, extra)
  local candidates, start = in_command(text, type_of, extra)
  if not candidates then candidates, start = in_lua(text, type_of, extra) end
  local list, append = select(candidates, text:sub(start))
  return start, list, append, candidates
end

return complete
