-- SPDX-License-Identifier: GPL-3.0-or-later
-- memsh --definitions: memsh's names, for editors (lua-language-server's annotations) and for luacheck.
local arguments = require "memsh.catalogue.arguments"
local entries = require "memsh.catalogue.entries"
local field_docs = require "memsh.help.field_docs"
local schema = require "memsh.fields.schema"
local sorted_keys = require "memsh.util.sorted_keys"

local editor_stubs = {}

-- ---- luacats

local function add_function(out, prefix, row, gives, of)
  local names = {}
  out[#out + 1] = ("--- %s\n---     %s"):format(row.meaning, arguments.call(row))
  if row.example then out[#out + 1] = "---     " .. row.example end
  for i, one in ipairs(arguments.parameters(row)) do
    names[i] = one.many and "..." or one.name
    local kind = one.type:gsub("ROW", of)
    out[#out + 1] = ("---@param %s%s %s"):format(names[i], one.optional and not one.many and "?" or "", kind)
  end
  if gives ~= "nil" then out[#out + 1] = "---@return " .. gives end
  out[#out + 1] = ("function %s%s(%s) end\n"):format(prefix, row[1], table.concat(names, ", "))
end

local function each(kind, take)
  for _, name in ipairs(sorted_keys(entries[kind], function(_, row) return not row.own end)) do
    take(name, entries[kind][name])
  end
end

local TYPES <const> = {
  bytes = "integer", count = "integer", integer = "integer", addr = "integer", text = "string", path = "string",
  boolean = "boolean", time = "number", seconds = "number", percent = "number", number = "number", table = "table",
  list = "any[]",
}

-- A row: its fields, and its methods.
local function add_row(out, class, docs, kind, more)
  out[#out + 1] = "---@class memsh." .. class
  for _, doc in ipairs(docs) do
    out[#out + 1] = ("---@field %s %s %s"):format(doc.name, TYPES[doc.type] or "any", field_docs.meaning(doc))
  end
  out[#out + 1] = more
  out[#out + 1] = ("local %s = {}\n"):format(class)
  each(kind, function(_, row) add_function(out, class .. ":", row, row.gives, "memsh." .. class) end)
end

local function add_set(out, class, of)
  out[#out + 1] = "---@class memsh." .. class
  out[#out + 1] = "---@operator sub(memsh.RowSet): memsh.RowSet"
  out[#out + 1] = ("---@overload fun(set: any, row: %s?): %s?"):format(of, of)
  out[#out + 1] = "---@operator sub(any): memsh.RowSet"
  out[#out + 1] = ("local %s = {}\n"):format(class)
  each("rowset", function(_, row)
    local gives = row.gives:gsub("SET", "memsh." .. class):gsub("ROW", of):gsub("Statistics", "RowSet")
    if class == "RowSet" and row.of_groups then gives = "any" end -- of groups these are columns
    add_function(out, class .. ":", row, gives, of)
  end)
end

local function add_globals(out)
  each("global", function(name, row)
    if row.takes then return add_function(out, "", row, row.gives, "any") end
    out[#out + 1] = ("--- %s\n---@type %s\n%s = nil\n"):format(row.meaning, row.gives, name)
  end)
end

-- The fields of a mapping: those of its process that it has itself, then its own.
local function of_mapping(of_process)
  local list, docs = {}, {}
  for _, doc in ipairs(of_process) do docs[doc.name] = doc end
  for i, name in ipairs(schema.of_owner) do list[i] = docs[name] end
  local own = field_docs.of "maps"
  return table.move(own, 1, #own, #list + 1, list)
end

local function luacats()
  local out = { "---@meta", "-- SPDX-License-Identifier: GPL-3.0-or-later",
    "-- Written by memsh --definitions=luacats: what editors need to know of memsh's names. The value of any field may",
    "-- be unknown: see known(v) and why(v).\n" }
  local of_process = field_docs.of "procs"
  add_row(out, "Process", of_process, "process")
  add_row(out, "Mapping", of_mapping(of_process), "mapping", "---@field proc memsh.Process its process")
  add_row(out, "Cgroup", field_docs.of "cgroups", "cgroup")
  add_row(out, "System", field_docs.of "sys", "system")
  add_set(out, "RowSet", "any")
  add_set(out, "ProcessSet", "memsh.Process")
  add_set(out, "MappingSet", "memsh.Mapping")
  add_globals(out)
  return table.concat(out, "\n")
end

-- ---- luacheck

local function luacheck()
  local names = {}
  each("global", function(name) names[#names + 1] = name end)
  return ([[
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Written by memsh --definitions=luacheck: memsh's globals. In a .luacheckrc:
--   stds.memsh = dofile "/usr/share/memsh/luacheck-std.lua"
--   std = "lua54+memsh"
return { read_globals = { "%s" } }
]]):format(table.concat(names, '", "'))
end

local FORMS <const> = { luacats = luacats, luacheck = luacheck }

---@param form "luacats"|"luacheck"
function editor_stubs.print(form)
  print((FORMS[form]():gsub("\n+$", "")))
end

return editor_stubs
