-- SPDX-License-Identifier: GPL-3.0-or-later
local commands = require "memsh.prompt.commands"

local KINDS = require("memsh.help.field_docs").KINDS

-- "maps priv*", "maps", "priv*": the kind and the pattern.
local function split(argument)
  local kind, glob = (commands.unquoted(argument) or ""):match "^(%a*)%s*(.*)$"
  for _, known in ipairs(KINDS) do
    if known == kind then return kind, glob ~= "" and glob or nil end
  end
  return nil, argument and commands.unquoted(argument)
end

return {
  usage = ":fields [KIND] [GLOB]",
  help = "the fields there are; those like maps *dirty*",
  run = function(argument)
    require("memsh.help.help").fields(split(argument))
  end,
  arguments = KINDS,
  script = function(argument)
    local kind, glob = split(argument)
    return ("fields(%s, %s)"):format(kind and ("%q"):format(kind) or "nil", glob and ("%q"):format(glob) or "nil")
  end,
}
