-- SPDX-License-Identifier: GPL-3.0-or-later
-- Fields by themselves: most lists are names alone, for which neither a parser nor generated code is needed.
local core = require "memsh.core"

local field_lists = {}

--- The type of the values of each unit.
field_lists.TYPES = {
  text = "text", path = "text", boolean = "boolean", list = "list", any = "any", bytes = "number", count = "number",
  integer = "number", addr = "number", time = "number", seconds = "number", percent = "number", number = "number",
}

--- Makes `node`, a name, one of this field.
function field_lists.use(node, ctx, found)
  node.field = found
  node.type, node.unit = field_lists.TYPES[found.type] or "any", found.type
  if node.type == "any" then node.unit = "any" end
  if not ctx.seen[node.name] then
    ctx.seen[node.name] = true
    ctx.fields[#ctx.fields + 1] = node.name
  end
end

local NAME <const> = "(%-?)()([%a_][%w_.]*)()"
-- What the lexer takes for no name, though columns of grouped rows may be called so.
local WORDS <const> = " and or not true false nil function break do else elseif end for goto local repeat return then "
  .. "until while "
local NO_DOT <const> = "%.[^%a_]"

-- Whether it is nothing but names, with blanks between them, or one comma.
local function is_plain(text)
  local rest = text:gsub(NAME, "_")
  return not rest:find "[^_,%s]" and not rest:find "__" and not rest:find ",%s*,"
    and not rest:find "^%s*," and not rest:find ",%s*$"
end

--- The items of a list that is names of fields alone, each with a minus in front of it where `options` has signs; nil
--- for any other.
---@return {node: table, name: string, desc: boolean}[]|nil
function field_lists.items(ctx, options)
  local text, items = ctx.text, {}
  if not is_plain(text) then return nil end
  for sign, s, name, e in text:gmatch(NAME) do
    local is_name = not WORDS:find(" " .. name .. " ", 1, true) and not (name .. "."):find(NO_DOT)
    local found = is_name and (sign == "" or options.signs) and ctx.schema:field(name)
    if not found then return nil end
    local node = { k = "field", name = name, s = s, e = e - 1 }
    field_lists.use(node, ctx, found)
    items[#items + 1] = { node = node, name = name, desc = sign ~= "" }
  end
  return items
end

--- function(_, row) that gives the field of a row; nil where it has no reader. `slow_way` is a function(row).
function field_lists.reader(node, slow_way)
  local fetch, id, get = core.fetch, node.field.id, node.field.get
  if math.type(id) == "integer" then
    return function(_, row)
      local value = fetch(row, id)
      if value == nil then return slow_way(row) end
      return value
    end
  end
  return get and function(_, row)
    local value = get(row)
    if value == nil then return slow_way(row) end
    return value
  end
end

return field_lists
