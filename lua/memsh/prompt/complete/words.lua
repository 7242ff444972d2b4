-- SPDX-License-Identifier: GPL-3.0-or-later
-- The words that may stand somewhere, each with what is typed after it and what it means.
local arguments = require "memsh.catalogue.arguments"
local cgroups = require "memsh.query.cgroups"
local core = require "memsh.core"
local computed = require "memsh.fields.computed"
local locals = require "memsh.prompt.locals"
local entries = require "memsh.catalogue.entries"
local operators = require "memsh.expr.operators"
local schema = require "memsh.fields.schema"

local words = {}

---@class memsh.Words
---@field after table<string, string> what follows each word
---@field about table<string, string|string[]> what it means; or how it is called, and what it does
---@field order string[]|nil the words in an order of their own
---@field note string|nil what is to be said of them all
---@field files boolean|nil whether names of files are meant
local Words = {}
Words.__index = Words

---@return memsh.Words
function words.new()
  return setmetatable({ after = {}, about = {} }, Words)
end

function Words:add(name, after, about)
  self.after[name] = after or ""
  self.about[name] = about
end

--- Plain words: a list, or their names with what each means.
function Words:add_all(list)
  for key, value in pairs(list) do
    if type(key) == "number" then self:add(value) else self:add(key, "", value) end
  end
  return self
end

local KEYWORDS <const> = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
  "not", "or", "repeat", "return", "then", "true", "until", "while",
}

--- What fields"..." takes.
words.KINDS = { procs = "fields of processes", maps = "fields of mappings", cgroups = "fields of control groups",
  sys = "fields of the machine" }

-- ---- fields

local function meaning(field)
  return field.alias_of and "the same as " .. field.alias_of or field.meaning
end

local function add_fields(out, kind)
  for _, field in ipairs(core.fields(kind)) do out:add(field.name, "", meaning(field)) end
  for _, field in ipairs(computed.fields(kind)) do out:add(field.name, "", field.meaning) end
end

local function add_owners(out)
  local of = {}
  for _, field in ipairs(core.fields "process") do of[field.name] = field.meaning end
  for _, field in ipairs(computed.fields "process") do of[field.name] = field.meaning end
  out:add("proc", ".", "its process: proc.FIELD")
  for _, name in ipairs(schema.of_owner) do out:add(name, "", of[name]) end
end

local COUNTS <const> = { n = "how many rows the group has",
  procs = "how many processes the group's mappings are of" }

--- The saved reports.
---@param quote string what ends their names
---@return memsh.Words
function words.reports(quote)
  local out, prompt = words.new(), require "memsh.prompt"
  for _, found in ipairs(prompt.reports()) do
    if found.path then out:add(found.name, quote, prompt.about(found.path)) end
  end
  return out
end

--- The fields of a row, by its kind; where that is not known, of any row; of everything for "any".
---@param kind string|nil
---@param made {columns: string[]}|nil the columns of a grouped set, where they are known
---@return memsh.Words
function words.fields(kind, made)
  local out = words.new()
  if made and made.columns then
    local all = words.fields(made.base)
    for _, name in ipairs(made.columns) do out:add(name, "", COUNTS[name] or all.about[name]) end
    return out
  end
  kind = kind and kind:gsub(" set$", "")
  if kind == "system" or kind == "any" then add_fields(out, "system") end
  if kind == "system" then return out end
  if kind == "cgroup" or kind == "any" then
    for _, field in ipairs(cgroups.fields()) do out:add(field.name, "", field.meaning) end
  end
  if kind == "cgroup" then return out end
  if kind == "statistics" then return out:add_all(require("memsh.show.describe").COLUMNS) end
  if kind == "difference" then out:add_all { status = "new, gone, or same: in both sets" } end
  if kind ~= "process" then
    add_owners(out)
    add_fields(out, "mapping")
  end
  if kind ~= "mapping" then add_fields(out, "process") end
  if kind ~= "process" and kind ~= "mapping" then out:add_all(COUNTS) end
  return out
end

--- The functions of the expression language.
function Words:add_functions()
  for _, name in ipairs(operators.names) do
    local f = operators.functions[name]
    self:add(name, f.constant and "" or "(", f.constant and "a unit: 10 * " .. name or { f.usage, f.meaning })
  end
  return self
end

-- ---- methods and globals

-- How a row of the catalogue is called, and what it means.
local function about_of(row)
  return row and { arguments.call(row), row.meaning }
end

-- Read raw: a table of the user's may have any metatable.
local function add_keys(out, value, functions_only, rows)
  for key, member in next, value do
    if type(key) == "string" and (not functions_only or type(member) == "function") then
      out:add(key, type(member) == "function" and "(" or "", rows and about_of(rows[key]))
    end
  end
  return out
end

--- The keys of a plain table.
function words.keys(value, functions_only)
  return add_keys(words.new(), value, functions_only)
end

--- The methods of a kind of row ("process"), or of row sets ("rowset").
function Words:add_methods(kind)
  for name, row in pairs(entries[kind]) do self:add(name, arguments.after(row), about_of(row)) end
  return self
end

--- The methods of what `kind` says, of rows and row sets where it says nothing.
---@param kind string|nil
---@param value table|nil the table itself, for "table"
function words.methods(kind, value)
  if kind == "table" then return words.keys(value, true) end
  if kind == "string" then return words.keys(string, true) end
  if kind then return words.new():add_methods(entries[kind] and kind or "rowset") end
  return words.new():add_methods "process":add_methods "rowset"
end

--- The names that an expression of Lua can begin with.
---@param extra string[] names of globals that come at their first use
function words.globals(extra)
  local out = words.new()
  add_keys(out, _G, false, entries.global)
  add_keys(out, locals.values, false)
  for _, name in ipairs(extra) do
    if not out.after[name] then out:add(name, "", about_of(entries.global[name])) end
  end
  for _, name in ipairs(KEYWORDS) do out:add(name) end
  return out
end

return words
