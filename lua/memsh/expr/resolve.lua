-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a name in an expression means: a field, else a parameter, else a constant; and what to say of any other.
local core = require "memsh.core"
local field_lists = require "memsh.expr.field_lists"
local lazy = require "memsh.util.lazy"
local diagnostics = require "memsh.expr.diagnostics"
local operators = require "memsh.expr.operators"

local common_mistakes = lazy "memsh.util.common_mistakes"
local entries = lazy "memsh.catalogue.entries"
local suggest = lazy "memsh.util.suggest"

local fail, quote = diagnostics.fail, diagnostics.quote

local resolve = {}

local function rows_of(schema)
  return schema.kind == "rows" and "these rows" or schema.kind
end

-- The same thing under the name that the other kind has for it.
local COUNTERPART = {
  processes = { path = "exe", name = "comm", size = "virt" },
  mappings = { virt = "size", res = "rss", comm = "comm" },
}

local PARAMETERS = { number = true, string = true, boolean = true }

local function refuse(problem, ...)
  error(problem:format(...), 0)
end

local function check_parameter(schema, name, value)
  if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" then
    refuse("a parameter needs a name, and '%s' is not one", quote(tostring(name)))
  end
  if operators.functions[name] then refuse("parameter '%s' has the name of a function: choose another one", name) end
  if schema:field(name) then refuse("parameter '%s' has the name of a field: choose another one", name) end
  if core.is_unknown(value) then
    refuse("parameter '%s' is unknown (%s): ask known(v) first", name, core.why(value))
  end
  if PARAMETERS[type(value)] then return end
  refuse("parameter '%s' is a %s: only numbers, strings and booleans can be handed over", name, type(value))
end

--- Refuses parameters that could not be used, or would hide something.
function resolve.check_parameters(schema, params)
  if type(params) ~= "table" then
    refuse("the parameters are a table such as {lim = 5}, not a %s", type(params))
  end
  for name, value in pairs(params) do check_parameter(schema, name, value) end
end

-- A number of the machine, which every row's expression may use.
local function of_machine(schema, name)
  for _, info in ipairs(core.fields "system") do
    if info.name == name then
      return ("'%s' is a field of the machine, not of %s"):format(name, rows_of(schema)), ("write sys.%s"):format(name)
    end
  end
  return nil
end

local function other_kind(schema, name)
  if not schema.other or not schema.other:field(name) then return of_machine(schema, name) end
  local mine = (COUNTERPART[schema.kind] or {})[name]
  local hint = schema:field("proc." .. name) and ("proc.%s is that of the mapping's process"):format(name)
    or mine and schema:field(mine) and ("%s have '%s'"):format(schema.kind, mine)
    or schema.kind == "processes" and ("mappings have it: " .. (schema.other:field(name).type == "boolean"
      and 'maps:where"%s"' or 'maps:show"pid comm %s"')):format(name) or nil
  return ("'%s' is a field of %s, not of %s"):format(name, schema.other.kind, rows_of(schema)), hint
end

local function candidates(schema, params)
  local list = schema:names()
  for name in pairs(params or {}) do list[#list + 1] = name end
  return list
end

local function listing(schema)
  local list = schema:names()
  if schema.kind ~= "rows" or #list == 0 or #list > 12 then return nil end
  return "they have " .. quote(table.concat(list, ", "))
end

-- proc.NAME and sys.NAME are not in the list of a schema's names.
local function near_with_prefix(schema, name)
  local prefix, rest = name:match "^(%a+)%.(.+)$"
  local list = {}
  if prefix == "proc" and schema.owner then list = schema.owner:names() end
  if prefix == "sys" then
    for i, info in ipairs(core.fields "system") do list[i] = info.name end
  end
  local near = prefix and suggest().nearest(rest, list)
  return near and prefix .. "." .. near
end

local HAND_OVER <const> = "a variable of Lua is handed over: where(\"rss > %s\", {%s = %s})"

-- Expressions do not see the variables of Lua.
local function is_variable(name)
  local locals = package.loaded["memsh.prompt.locals"]
  local value = rawget(_G, name)
  if value == nil and locals then value = locals.values[name] end
  return PARAMETERS[type(value)]
end

-- What is compared may be text; a column, or a key to sort by, is none.
local function may_be_text(ctx)
  return ctx.is_condition or ctx.text:find "[=~<>!]="
end

local function word_hint(ctx, name)
  if name:lower() ~= name and suggest().nearest(name:lower(), { "true", "false", "and", "or", "not" }) then
    return "words of the language are written in small letters"
  end
  if ctx.schema.kind == "rows" or not may_be_text(ctx) then return nil end
  if not name:find "^[%a_][%w_]*$" or #name > 20 then return nil end
  return ("text is written in quotes: '%s'; " .. HAND_OVER):format(name, name, name, name)
end

local SQL_NULL = { null = true, undefined = true }

-- `node` is a name that means nothing.
local function unknown_name(node, ctx)
  local schema, name = ctx.schema, node.name
  local shown = quote(name:sub(1, 60))
  if operators.functions[name] then
    fail(("'%s' is a function"):format(name), node.s, node.e, "write " .. operators.functions[name].usage)
  end
  if SQL_NULL[name:lower()] then
    fail(("'%s' is no value here"):format(shown), node.s, node.e, "ask known(x), or not known(x)")
  end
  local last = name:match "%.([^.]+)$"
  local plain = last and schema:field(last)
  local text, hint = other_kind(schema, name)
  if text and not plain then fail(text, node.s, node.e, hint) end
  if plain then
    hint = ("the row goes without saying: '%s'"):format(last)
  else
    local near = near_with_prefix(schema, name) or suggest().nearest(name, candidates(schema, ctx.params))
    hint = common_mistakes().word(name) or suggest().hint(common_mistakes().column(name, schema))
      or is_variable(name) and HAND_OVER:format(name, name, name)
      or near and suggest().hint(quote(near)) or listing(schema) or word_hint(ctx, name)
  end
  fail(("unknown field '%s' of %s"):format(shown, rows_of(schema)), node.s, node.e, hint)
end

local function use_value(node, value)
  node.k, node.v, node.name = "const", value, nil
  if type(value) == "number" then
    node.type, node.unit = "number", math.type(value) == "integer" and "integer" or "number"
  else
    node.type = type(value) == "string" and "text" or "boolean"
    node.unit = node.type
  end
end

--- Makes `node`, a name, a field or a constant.
function resolve.resolve(node, ctx)
  local found = ctx.schema:field(node.name)
  if found then return field_lists.use(node, ctx, found) end
  local value = ctx.params and ctx.params[node.name]
  if value ~= nil then return use_value(node, value) end
  local fn = operators.functions[node.name]
  if fn and fn.constant then
    node.k, node.v, node.type, node.unit = "const", fn.constant, "number", "bytes"
    return
  end
  if node.name == "none" then
    node.k, node.v, node.type, node.unit = "const", math.huge, "number", "bytes"
    return
  end
  unknown_name(node, ctx)
end

--- The function of a call.
function resolve.resolve_function(node, ctx)
  local fn = operators.functions[node.fn]
  if fn then return fn end
  local shown = quote(node.fn:sub(1, 60))
  if ctx.schema:field(node.fn) then
    fail(("'%s' is a field, not a function"):format(shown), node.os, node.oe, "write it without the parentheses")
  end
  if node.fn == "pct" or node.fn == "bar" then
    fail(("'%s' is for a whole column of show"):format(node.fn), node.os, node.oe,
      ("as in show\"pid, %s(rss), share=%s(swap)\""):format(node.fn, node.fn))
  end
  local verb, near = entries().rowset[node.fn], suggest().nearest(node.fn, operators.names)
  fail(("unknown function '%s'"):format(shown), node.os, node.oe, common_mistakes().called(node.fn)
    or verb and ("%s is a verb, as in %s"):format(node.fn, verb.example)
    or suggest().hint(near) or "there are " .. table.concat(operators.names, " "))
end

return resolve
