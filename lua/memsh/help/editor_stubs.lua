-- SPDX-License-Identifier: GPL-3.0-or-later
-- memsh --definitions: memsh's names for other programs: for editors (lua-language-server's annotations) and luacheck.
local field_docs = require "memsh.help.field_docs"
local signatures = require "memsh.catalogue.signatures"
local verbs = require "memsh.catalogue.verbs"

local editor_stubs = {}

-- ---- from how something is called to its parameters

local INTEGERS <const> = { N = true, PID = true, BYTES = true, ADDRESS = true }
local QUESTION <const> = "string|fun(row: ROW): any"

local function parameter(text, optional)
  local quoted = text:match '^"(.*)"$'
  if text == "..." then return { name = "...", type = "any" } end
  if text:find "^{" then return { name = "options", type = "table", optional = optional } end
  local name = (quoted or text):match "^%a+" or "value"
  local kind = quoted and "string" or INTEGERS[text] and "integer" or text == "FUNCTION" and "function" or "any"
  if name == "EXPRESSION" and quoted and optional then kind = QUESTION end
  return { name = name == "FUNCTION" and "f" or name:lower(), type = kind, optional = optional }
end

-- Behind a bracket what follows may be left out.
local function in_brackets(inside)
  local list, optional = {}, false
  for part in (inside .. ","):gmatch "%s*(.-)%s*," do
    if part:find "^%[" or part == "" and #list == 0 and inside ~= "" then optional = true end
    local text = part:gsub("[%[%]%s]", "")
    if text ~= "" then list[#list + 1] = parameter(text, optional) end
    if part:find "%[$" then optional = true end
  end
  return list
end

-- The parameters of "top(N)", 'where"EXPRESSION" [, {name = value}]', "agg{...}".
local function parameters(signature)
  local rest = signature:match "^[%w_]+%s*(.*)$"
  if signature:find "%S  %S" then return { { name = "what", type = "any" }, { name = "...", type = "any" } } end
  if rest:find '^"' then
    local list = { { name = "what", type = QUESTION .. "|table" } }
    if rest:find "%[, {" then list[2] = { name = "params", type = "table", optional = true } end
    return list
  end
  if rest:find "^{" then return { { name = "what", type = "table" } } end
  return in_brackets(rest:match "^%((.*)%)$" or "")
end

-- ---- luacats

local function add_function(out, name, signature, meaning, returns, row)
  local names = {}
  out[#out + 1] = ("--- %s"):format(meaning)
  out[#out + 1] = ("---     %s"):format(signature)
  for i, one in ipairs(parameters(signature)) do
    names[i] = one.name
    out[#out + 1] = ("---@param %s%s %s"):format(one.name, one.optional and "?" or "", (one.type:gsub("ROW", row)))
  end
  if returns ~= "nil" then out[#out + 1] = "---@return " .. returns end
  out[#out + 1] = ("function %s(%s) end\n"):format(name, table.concat(names, ", "))
end

local TYPES <const> = {
  bytes = "integer", count = "integer", integer = "integer", addr = "integer", text = "string", path = "string",
  boolean = "boolean", time = "number", seconds = "number", percent = "number", number = "number", table = "table",
  list = "any[]",
}

local function add_field(out, doc)
  local meaning = doc.alias_of and "the same as " .. doc.alias_of or doc.meaning
  local omits = not doc.alias_of and doc.omits ~= "" and "; but: " .. doc.omits or ""
  out[#out + 1] = ("---@field %s %s %s%s"):format(doc.name, TYPES[doc.type] or "any", meaning, omits)
end

-- A row: its fields, and its methods.
local function add_row(out, class, docs, methods, more)
  out[#out + 1] = "---@class memsh." .. class
  for _, doc in ipairs(docs) do add_field(out, doc) end
  for _, line in ipairs(more or {}) do out[#out + 1] = line end
  out[#out + 1] = ("local %s = {}\n"):format(class)
  local names = {}
  for name in pairs(methods) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local about = methods[name]
    add_function(out, class .. ":" .. name, about[1], about[2], about[3], "memsh." .. class)
  end
end

-- What methods of row sets give: SET the same kind of set, ROW one of its rows.
local GIVES <const> = {
  where = "SET", sort = "SET", top = "SET", skip = "SET", show = "SET", distinct = "SET", total = "SET", set = "SET",
  by = "memsh.RowSet", agg = "memsh.RowSet", join = "memsh.RowSet",
  maps = "memsh.MappingSet",
  procs = "memsh.ProcessSet", rows = "ROW[], integer", first = "ROW?", one = "ROW?, string?, string?",
  sum = "number, integer", avg = "number, integer", min = "number, integer", max = "number, integer",
  count = "integer, integer", any = "boolean", empty = "boolean", json = "string", jsonl = "string", csv = "string",
  tsv = "string", md = "string", print = "nil", plot = "nil", describe = "memsh.RowSet", explain = "memsh.RowSet",
}
-- Of groups these are columns.
local OF_GROUPS <const> = { sum = true, avg = true, min = true, max = true, count = true }

local function add_set(out, class, row)
  out[#out + 1] = "---@class memsh." .. class
  out[#out + 1] = "---@operator sub(memsh.RowSet): memsh.RowSet"
  out[#out + 1] = ("---@overload fun(set: any, row: %s?): %s?"):format(row, row)
  out[#out + 1] = "---@operator sub(any): memsh.RowSet"
  out[#out + 1] = ("local %s = {}\n"):format(class)
  local names = {}
  for name, about in pairs(verbs) do
    if not about.own then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local gives = (GIVES[name] or "any"):gsub("SET", "memsh." .. class):gsub("ROW", row)
    if class == "RowSet" and OF_GROUPS[name] then gives = "any" end
    add_function(out, class .. ":" .. name, verbs[name][1], verbs[name][2], gives, row)
  end
end

local function add_globals(out)
  local names = {}
  for name in pairs(signatures.globals) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local about = signatures.globals[name]
    if about[1]:find "[%(\"{]" then
      add_function(out, name, about[1], about[2], about[3], "any")
    else
      out[#out + 1] = ("--- %s\n---@type %s\n%s = nil\n"):format(about[2], about[3], name)
    end
  end
end

-- The fields of its process that a mapping has itself.
local function owned()
  local list = {}
  for _, name in ipairs(require("memsh.catalogue.names").of_process) do
    for _, doc in ipairs(field_docs.of "procs") do
      if doc.name == name then list[#list + 1] = doc end
    end
  end
  return list
end

local function luacats()
  local out = { "---@meta", "-- SPDX-License-Identifier: GPL-3.0-or-later",
    "-- Written by memsh --definitions=luacats: what editors need to know of memsh's names. The value of any field may",
    "-- be unknown: known(v) and why(v) tell.\n" }
  local mapping = owned()
  table.move(field_docs.of "maps", 1, #field_docs.of "maps", #mapping + 1, mapping)
  add_row(out, "Process", field_docs.of "procs", signatures.process)
  add_row(out, "Mapping", mapping, signatures.mapping, { "---@field proc memsh.Process its process" })
  add_row(out, "Cgroup", field_docs.of "cgroups", {})
  add_row(out, "System", field_docs.of "sys", signatures.system)
  add_set(out, "RowSet", "any")
  add_set(out, "ProcessSet", "memsh.Process")
  add_set(out, "MappingSet", "memsh.Mapping")
  add_globals(out)
  return table.concat(out, "\n")
end

-- ---- luacheck

local function luacheck()
  local names = {}
  for name in pairs(signatures.globals) do names[#names + 1] = name end
  table.sort(names)
  return ([[
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Written by memsh --definitions=luacheck: memsh's globals. In a .luacheckrc:
--   stds.memsh = dofile "/usr/share/memsh/luacheck-std.lua"
--   std = "lua54+memsh"
return { read_globals = { "%s" } }
]]):format(table.concat(names, '", "'))
end

local FORMS <const> = { luacats = luacats, luacheck = luacheck }

--- Prints them in a form: "luacats" or "luacheck".
---@param form string
function editor_stubs.print(form)
  print((FORMS[form]():gsub("\n+$", "")))
end

return editor_stubs
