-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the prompt takes that is no Lua: `:desc pss`, and `pss?` for the same. A command is a file below commands/:
-- { usage = ":desc NAME", help = "one line", run = function(argument) ... end }.
local core = require "memsh.core"
local suggest = require "memsh.suggest"

local commands = {}

commands.names = { "desc", "help" }

local function load_command(name)
  for _, known in ipairs(commands.names) do
    if known == name then return require("memsh.commands." .. name) end
  end
  return nil
end

local function unknown(name)
  local near = suggest.nearest(name, commands.names)
  return ("there is no command ':%s'%s"):format(core.escape(name),
    near and ("; did you mean ':%s'?"):format(near) or "; :help lists them")
end

--- The function that an entry stands for; nil and a message where there is no such command.
---@param text string one line that begins with a colon or ends with a question mark
---@return fun()|nil
---@return string|nil message
function commands.compile(text)
  local field = text:match "^%s*([^%s:]%S*)%s*%?%s*$"
  if field then
    return function() load_command("desc").run(field) end
  end
  local name, argument = text:match "^%s*:%s*([%a_]+)%s*(.-)%s*$"
  if not name then return nil, "a command is a colon and a name, as in :desc pss; :help lists them" end
  local command = load_command(name)
  if not command then return nil, unknown(name) end
  return function() command.run(argument ~= "" and argument or nil) end
end

return commands
