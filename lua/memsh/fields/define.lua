-- SPDX-License-Identifier: GPL-3.0-or-later
-- define("name", "expression", "what it means"): the user's own fields, by an expression or a function.
local core = require "memsh.core"
local computed = require "memsh.fields.computed"
local expr = require "memsh.expr.expr"
local operators = require "memsh.expr.operators"
local schema = require "memsh.fields.schema"

local WORDS = { ["and"] = true, ["or"] = true, ["not"] = true, ["true"] = true, ["false"] = true, proc = true,
  sys = true }

local function is_word(name)
  return WORDS[name] or operators.functions[name] or core.methods("process")[name] or core.methods("mapping")[name]
end

-- Refuses names that an expression or a row has another use for.
local function check_name(name)
  if not name:find "^[%a_][%w_]*$" then core.raise("define takes a name, as in x_y2") end
  for _, own in ipairs { schema.process, schema.mapping } do
    local existing = own:field(name)
    if existing and not (existing.computed and existing.computed.own) then
      core.raise(("there is a field '%s' already"):format(name))
    end
  end
  if is_word(name) then core.raise(("'%s' means something else already; choose another name"):format(name)) end
end

-- Whether one of these fields is computed from `name`.
local function depends(own, names, name)
  for _, part in ipairs(names) do
    local field = own:field(part)
    if part == name or (field and field.parts and depends(own, field.parts, name)) then return true end
  end
  return false
end

-- Whether these rows have what the expression names; if not, why.
local function fits(own, name, text)
  local ok, e = pcall(expr.compile, text, own)
  if not ok then return false, e end
  if depends(own, e.fields, name) then core.raise(("'%s' would be computed from itself"):format(name)) end
  return true
end

-- A field that a function computes is one of processes and of mappings: it shows when it is called what it reads.
local function add_function(name, f, meaning)
  for _, kind in ipairs { "process", "mapping" } do
    computed.add(kind, { name = name, f = f, meaning = meaning, omits = "" })
  end
end

--- Adds a field that is computed from others, for processes, mappings or both, as far as they have its parts.
---@param text string|fun(row: any): any an expression, or a function
---@param meaning string what it is, in one line
return function(name, text, meaning)
  check_name(name)
  if type(text) == "function" then
    add_function(name, text, meaning)
    schema.process:forget()
    schema.mapping:forget()
    return
  end
  local of_processes, problem = fits(schema.process, name, text)
  local of_mappings = fits(schema.mapping, name, text)
  if not of_processes and not of_mappings then core.raise(problem) end
  local field = { name = name, text = text, meaning = meaning, omits = "" }
  if of_processes then computed.add("process", field) end
  if of_mappings then computed.add("mapping", field) end
  schema.process:forget()
  schema.mapping:forget()
end
