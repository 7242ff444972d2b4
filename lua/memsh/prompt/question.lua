-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"
local locals = require "memsh.prompt.locals"

local CHUNK <const> = "=input"

--- What a command is to ask, :explain QUERY, as a function in the names of the session. Raises where it is no Lua.
---@param text string
---@param or_statements boolean|nil statements will do, too
---@return fun(): any
return function(text, or_statements)
  local chunk, message = load("return " .. text, CHUNK, "t", locals.env)
  if not chunk and or_statements then chunk, message = load(text, CHUNK, "t", locals.env) end
  if not chunk then core.raise(require("memsh.prompt.syntax_errors").explain(text, CHUNK, message)) end
  return chunk
end
