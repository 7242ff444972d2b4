-- SPDX-License-Identifier: GPL-3.0-or-later
-- One entry at the prompt: from what was typed to a function, and what is kept of it afterwards.
local commands = require "memsh.prompt.commands"
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local locals = require "memsh.prompt.locals"
local output = require "memsh.show.output"
local settings = require "memsh.show.settings"
local tokens = require "memsh.prompt.complete.tokens"

require "memsh" -- which sees to it that the session is told of the command line

local entry = {}

local habits = lazy "memsh.prompt.habits"
local syntax_errors = lazy "memsh.prompt.syntax_errors"

local CHUNK <const> = "=input"

local current, told = nil, false

--- What was typed last.
---@return string|nil
function entry.text()
  return current and current.text
end

--- The entries that went well, in their order: { text =, kind = "expression" | "statement" | "command" }.
entry.good = {}

-- A short text cannot go on in the next line, though Lua's message for it ends like that of what can.
local function is_unfinished(message)
  return message:find "<eof>$" and not message:find(": unfinished string near ", 1, true)
end

local function ends_muted(text)
  if not text:find(";", 1, true) then return false end
  local list = tokens.scan(text)
  return #list > 0 and list[#list].text == ";"
end

local function tell_once(names)
  if told or #names == 0 then return end
  told = true
  core.note(("(%s %s kept for the session; in a script a local ends with its block)"):format(
    table.concat(names, ", "), #names == 1 and "is" or "are"))
end

-- A name alone that means nothing: what to say of it. The answers so far (_, _1) may be none yet.
local function unknown_name(text)
  local name = text:match "^%s*([%a][%w_]*)%s*$"
  if not name or name == "nil" or locals.env[name] ~= nil then return nil end
  return require("memsh.prompt.runtime_hints").no_global(name, habits().word(name))
end

-- Lua text: an expression, else statements.
local function compile_lua(text)
  local code, names = locals.rewrite(text)
  local chunk, problem = load("return " .. code, CHUNK, "t", locals.env)
  if problem == "not enough memory" then error(problem, 0) end -- it says nothing about the text
  current.kind, current.names = chunk and "expression" or "statement", names
  output.mute(chunk and ends_muted(code))
  local unknown = chunk and unknown_name(code)
  output.of_code(chunk and code or nil)
  if unknown then return nil, unknown end
  if chunk then return chunk end
  local message
  chunk, message = load(code, CHUNK, "t", locals.env)
  if chunk then
    return function()
      tell_once(locals.declare(names))
      return chunk()
    end
  end
  if is_unfinished(message) then return nil, nil end
  local _, original = load(text, CHUNK, "t")
  return nil, syntax_errors().explain(text, CHUNK, original or message)
end

-- As commands.compile, but what is typed from the habit of other tools counts, too.
local function compile_command(text)
  local command, answer = habits().of(text)
  if answer then return nil, answer end
  if command then current.text = command end
  return commands.compile(current.text)
end

--- What was typed as a function; nil and a message where it is wrong; nil alone where it goes on.
---@param text string
---@return function|nil
---@return string|nil message
function entry.compile(text)
  current = { text = text, kind = "command", names = {} }
  local run, message, code = compile_command(text)
  output.mute(false)
  if run or message then
    current.started = core.clock()
    return run, message
  end
  run, message = compile_lua(code or text)
  current.code = code
  current.started = core.clock()
  return run, message
end

local RING <const> = 9

--- Keeps a value as `_`; those before it are _1 to _9.
function entry.keep(value)
  for i = RING, 2, -1 do rawset(_G, "_" .. i, rawget(_G, "_" .. (i - 1))) end
  rawset(_G, "_1", rawget(_G, "_"))
  rawset(_G, "_", value)
end

-- Ends watching, if the entry did: what it gave, and how often.
local function stop_watching()
  local watch = package.loaded["memsh.prompt.watch"]
  return watch and watch.stop() or nil
end

--- The end of an entry.
---@param well boolean
function entry.done(well)
  if not current then return end
  stop_watching()
  output.say_rest(well)
  locals.drop(current.names)
  if well then entry.good[#entry.good + 1] = current end
  if settings.get "time" == "on" and current.kind ~= "command" then
    core.note(("(%.1f ms)"):format((core.clock() - current.started) * 1000))
  end
end

--- Keeps what an interrupted entry has read, and gives a message that says so; nil where it has read nothing.
---@return string|nil
function entry.salvage()
  local set, message = output.salvage()
  local watched = stop_watching()
  if watched and watched.value ~= nil then
    local times = watched.n == 1 and "once" or watched.n .. " times"
    set, message = watched.value, ("watched %s; _ has the last answer"):format(times)
  end
  if set then entry.keep(set) end
  return message
end

return entry
