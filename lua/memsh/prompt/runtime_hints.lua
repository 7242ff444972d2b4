-- SPDX-License-Identifier: GPL-3.0-or-later
-- Hints for what goes wrong while Lua runs: names that mean nothing, conditions that are not in quotes.
local arguments = require "memsh.catalogue.arguments"
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local locals = require "memsh.prompt.locals"
local suggest = require "memsh.util.suggest"

local entries = lazy "memsh.catalogue.entries"

local runtime_hints = {}

local function names_there_are()
  local names = { table.unpack(require("memsh.prompt").globals) }
  for _, known in ipairs { _G, locals.values } do
    for name in next, known do
      if type(name) == "string" then names[#names + 1] = name end
    end
  end
  table.sort(names)
  return names
end

-- What a name that means nothing may have been meant to be; nil: nothing is near.
local function nearest_global(name)
  return suggest.nearest(name, names_there_are())
end

--- What is said of a name alone that means nothing.
---@param text string the name, blanks around it
---@param meant string|nil what it may have been typed for
---@return string
function runtime_hints.no_global(text, meant)
  local name = text:match "^%s*(.-)%s*$"
  if meant then return ("there is no '%s': %s"):format(name, meant) end
  local near = nearest_global(name)
  return ("there is no '%s'%s"):format(name, suggest.meant(near ~= name and near or nil, "; help lists what there is"))
end

local RECORDING <const> = 'recording"web1.memsh":%s; at the prompt :%s'

-- top(5), at"-2h": what goes on from rows, or from a recording.
local function method_hint(name)
  local verb = entries().rowset[name]
  if verb then return ("it goes on from rows, as in %s"):format(verb.example) end
  if name == "at" then return RECORDING:format('at"-2h"', "at -2h") end
  return name == "moments" and RECORDING:gsub(":", ".", 1):format(name, name) or nil
end

local function global_hint(message)
  local name = message:match "^[^\n]*attempt to %a+ a nil value %(global '([%w_]+)'%)"
  return name and (method_hint(name) or suggest.hint(nearest_global(name)))
end

local CONDITION <const> = '%s is a field: procs:where"%s"'

-- swap > 0: Lua does not say what it compares.
local function condition_hint(message, text)
  if not text or not message:find "^[^\n]*attempt to compare [^\n]*nil" then return nil end
  local name = text:match "^%s*([%a_][%w_]*)%s*[<>=~]"
  if not name or not core.field("process", name) or text:find '"' then return nil end
  return CONDITION:format(name, text:match "^%s*(.-)%s*$")
end

-- rss / 2
local function field_hint(message)
  local name = message:match "^[^\n]*attempt to [^\n]* a nil value %(global '([%w_]+)'%)"
  return name and core.field("process", name) and ('%s is a field: procs:show"pid comm %s"'):format(name, name) or nil
end

-- procs:sum"rss":sum"rss"
local function number_hint(message)
  return message:find "^[^\n]*attempt to index a number value%f[\n\0]"
    and "sum, count and the like of all rows give a number, which has no verbs: they come last" or nil
end

-- proc:where"swap > 0"
local function proc_hint(message)
  return message:find "^[^\n]*attempt to index a function value %(global 'proc'%)"
    and 'proc(PID) is one process; all of them: procs:where"swap > 0"' or nil
end

-- proc(1):rss()
local function call_hint(message)
  local name = message:match "^[^\n]*attempt to call a %a+ value %(method '([%w_]+)'%)"
  return name and core.field("process", name) and ("write .%s: it is a field"):format(name) or nil
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
  return near ~= name and suggest.hint(near) or nil
end

local UNQUOTED <const> = { "attempt to compare [^\n]*nil", "arithmetic on a nil", "takes an expression in quotes" }

-- procs:where(swap > 0), procs:sort(-rss), procs:by(user)
local function unquoted_hint(message, text)
  for _, complaint in ipairs(text and UNQUOTED or {}) do
    if message:find("^[^\n]*" .. complaint) then
      local verb, inner = text:match ":(%a+)%s*[({]%s*([^\"'(){}]-)%s*[)}]"
      return verb and inner ~= "" and arguments.hint(verb, inner) or nil
    end
  end
end

-- proc(99999).rss: that may be what is nil there, and may be something else.
local function refusal_hint(message)
  local one_process = package.loaded["memsh.query.one_process"]
  local refusal = one_process and one_process.refusal
  return refusal and message:find "^[^\n]*attempt to index a nil value" and "proc gave nil: " .. refusal or nil
end

local HINTS <const> = { field_hint, global_hint, condition_hint, number_hint, proc_hint, call_hint, member_hint,
  unquoted_hint, refusal_hint }

local function entry_text()
  local entry = package.loaded["memsh.prompt.entry"]
  return entry and entry.text()
end

--- The message of an error with a hint, where there is one for it and it has none.
---@param message string
---@param text string|nil the code that was run; nil: the entry at the prompt, if there is one
---@return string
function runtime_hints.after(message, text)
  if message:find("\n  hint: ", 1, true) then return message end
  text = text or entry_text()
  local hint
  for _, of in ipairs(HINTS) do hint = hint or of(message, text) end
  return hint and (message:gsub("^[^\n]*", function(line)
    return line:gsub("attempt to %a+ a nil value %(global ('[%w_]+')%)", "there is no %1") .. "\n  hint: " .. hint
  end, 1)) or message
end

return runtime_hints
