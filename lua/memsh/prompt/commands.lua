-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the prompt takes that is no Lua: `:desc pss`, `pss?` for the same, `help`, `quit`, and `:by"user"` for
-- `_:by"user"`. A command is a file below commands/: { usage = ":desc NAME", help = "one line",
-- run = function(argument) ... end } and, where there is more to say, `more` (lines for :help), `script` (a function
-- that gives the same as Lua, for :save), and for TAB: `arguments` (words, or a map of them to what they mean, or a
-- function that gives either), `fields` (names of fields), `files` (a file), `query` (true: a question, after a
-- number or not; or a function that finds the place in the argument where it begins, nil for none).
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local suggest = require "memsh.util.suggest"

local commands = {}

local entries = lazy "memsh.catalogue.entries"

local PREFIX <const> = "memsh.prompt.commands."

--- The names of the commands there are.
commands.names = require("memsh.prompt").modules(PREFIX)

--- The command of that name, or nil.
---@param name string
function commands.find(name)
  for _, known in ipairs(commands.names) do
    if known == name then return require(PREFIX .. name) end
  end
  return nil
end

local function unknown(name)
  local all = table.move(commands.names, 1, #commands.names, 1, {})
  for verb in pairs(entries().rowset) do all[#all + 1] = verb end
  table.sort(all)
  local near = suggest.nearest(name, all)
  return ("there is no command ':%s'%s"):format(core.escape(name),
    suggest.meant(near and ":" .. near, "; :help lists them"))
end

-- Examples have remarks after them, and are pasted with them.
local function without_remark(text)
  return text:match "^(.-)%s+%-%-%s.*$" or text
end

-- where?, top?: what is no field.
local function is_verb_alone(name)
  return entries().rowset[name] and not core.field("process", name) and not core.field("mapping", name)
end

--- The name and the argument of a command; nil where the text is none. Where a bracket or quote follows, it is a verb
--- if there is such a verb.
---@param text string
---@return string|nil name
---@return string|nil argument
---@return boolean|nil is_verb
function commands.parse(text)
  text = without_remark(text)
  local field = text:match "^%s*([%w_%%+][%w_%%+:.-]*)%s*%?%s*$"
  if field then return is_verb_alone(field) and "help" or "desc", field end
  local word, topic = text:match "^%s*(%a+)%s*([%w_:]*)%s*$"
  local own = word and rawget(_G, word)
  if word == "help" and (own == nil or own == require("memsh").help) then
    return word, topic ~= "" and topic or nil
  end
  if topic ~= "" then word = nil end
  if (word == "quit" or word == "exit") and own == nil then return "quit" end
  local name, argument = text:match "^%s*:%s*([%a_]+)%s*(.-)%s*$"
  if not name then return nil end
  local is_verb = entries().rowset[name] and (argument:find "^[%(\"'{%[]" or not commands.find(name))
  return name, argument ~= "" and argument or nil, is_verb and true or false
end

--- The function that an entry stands for; nil and a message where there is no such command; nil, nil and Lua text for a
--- verb; nothing where it is none.
---@param text string
---@return fun()|nil
---@return string|nil message
---@return string|nil code
function commands.compile(text)
  local name, argument, is_verb = commands.parse(text)
  local last = type(rawget(_G, "_"))
  if is_verb and last == "nil" then
    return nil, (":%s goes on from the last answer, and there is none yet"):format(name)
  elseif is_verb and last ~= "table" and last ~= "userdata" then
    return nil, (":%s goes on from rows, and the last answer is a %s; _1 to _9 are those before it"):format(name, last)
  end
  if is_verb and (argument or ""):find "^;?$" then return nil, nil, ("_:%s()%s"):format(name, argument or "") end
  if is_verb then return nil, nil, "_" .. text:match "^%s*(.*)$" end
  if not name then
    if not text:find "^%s*:" or text:find "^%s*::" then return nil end
    return nil, "a command is a colon and a name, as in :desc pss; :help lists them"
  end
  local command = commands.find(name)
  if not command then return nil, unknown(name) end
  if argument and argument ~= ";" and not command.usage:find " " then
    return nil, (":%s takes nothing after its name; :help %s"):format(name, name)
  end
  return function() command.run(argument) end
end

--- Runs a command, for its Lua twin: command"mode json".
---@param text string
function commands.run(text)
  local run, message = commands.compile(":" .. text:match "^%s*:?(.*)$")
  if not run then core.raise(message or "command takes the name of a command, as in command\"desc pss\"") end
  run()
end

--- The argument without the quotes that somebody may have put around it.
---@param argument string|nil
---@return string|nil
function commands.unquoted(argument)
  return argument and (argument:match '^"(.*)"$' or argument:match "^'(.*)'$" or argument)
end

return commands
