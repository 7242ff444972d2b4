-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which fields a row has, what reading each needs, and how. A row set's expressions are checked against one.
--
-- A field: { name, type, id (for core.fetch) or get(row), process = {ids of process fields that it needs},
-- counters = true where it needs smaps, by_smaps = true where maps has it and smaps may say otherwise }.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"

local computed = lazy "memsh.fields.computed"
local numa = lazy "memsh.fields.numa"
local expr = lazy "memsh.expr.expr"
local common_mistakes = lazy "memsh.util.common_mistakes"
local entries = lazy "memsh.catalogue.entries"
local suggest = lazy "memsh.util.suggest"

local schema = {}

local Schema = {}
Schema.__index = Schema

local NOTHING = {}

-- Numbers that say which, or what is set, and not how much.
local LABELS = {}
for name in ("pid ppid flags tracer_pid uid ruid gid rgid oom_score_adj inode protection_key kernel_page_size " ..
  "mmu_page_size limit_data limit_stack limit_core limit_rss limit_memlock limit_as memory_low memory_high " ..
  "memory_max memory_swap_max memory_min memory_limit"):gmatch "%S+" do LABELS[name] = true end

--- Whether a field of that name is a number of which neither a difference nor an average makes sense.
function schema.is_label(name)
  return LABELS[name] or false
end

--- Under this key a row that is a Lua table may have the types of those of its columns that are of any, by name.
schema.TYPES = {}

--- A function(row) that gives the value of a field.
function schema.reader(field)
  return field.get or function(row) return row[field.name] end
end

-- ---- fields of the field table

-- A mapping has its path at hand, but for one that has to be asked of the file.
local function path_getter(id)
  return function(row) return core.fetch(row, id) or computed().path(row) end
end

-- Kinds are judged by flags, too; and mappings that changed while one file was read need not do so in another.
local BY_SMAPS <const> = { kind = true, quadrant = true, on_shmem = true, inconsistent = true }

local function table_field(info, kind)
  return {
    get = kind == "mapping" and info.name == "path" and path_getter(info.id) or nil,
    name = info.name, type = info.type, id = info.id, meaning = info.meaning, info = info,
    process = kind == "process" and { info.id } or NOTHING,
    counters = kind == "mapping" and info.file == "smaps", by_smaps = kind == "mapping" and BY_SMAPS[info.name],
  }
end

local function system_field(name)
  local info = core.field("system", name)
  if not info or info.type == "table" then return nil end
  return { name = "sys." .. name, type = info.type, meaning = info.meaning, process = NOTHING,
    get = function(row) return machine.system(row and machine.of(row))[name] end }
end

-- ---- computed fields

-- Whether one of these fields has that trait.
local function any_is(self, names, trait)
  for _, name in ipairs(names) do
    local field = self:field(name)
    if field and field[trait] then return true end
  end
  return false
end

local function from_expression(self, field)
  local e = expr().compile(field.text, self)
  local process, counters = self:needs(e.fields)
  return { name = field.name, type = field.type or e.unit, meaning = field.meaning, process = process,
    counters = counters, get = e, computed = field, parts = e.fields, anything = any_is(self, e.fields, "anything"),
    by_smaps = any_is(self, e.fields, "by_smaps") }
end

-- A function of the user's, which may read anything.
local function from_lua(self, field)
  local function get(row)
    local value, reason = core.call(field.f, row)
    if value == nil then return core.unknown(reason or "not_recorded", field.name) end
    return value
  end
  return { name = field.name, type = "any", meaning = field.meaning, process = NOTHING,
    counters = self.row == "mapping", get = get, computed = field, anything = true }
end

local function from_function(self, field)
  local base = self:field(field.from)
  local function get(row)
    local value = row[field.from]
    if core.is_unknown(value) then return value end
    return field.compute(value, row)
  end
  return { name = field.name, type = field.type, meaning = field.meaning, process = base.process,
    counters = base.counters, by_smaps = base.by_smaps, get = get, computed = field, of_machine = field.of_machine,
    quick = math.type(base.id) == "integer" and field.quick or nil, of = base }
end

local function derived_field(self, name)
  local of_node = name:find "^numa%d" and numa().field(self.row, name)
  if of_node then return from_function(self, of_node) end
  for _, field in ipairs(computed().fields(self.row)) do
    if field.name == name then
      return (field.text and from_expression or field.f and from_lua or from_function)(self, field)
    end
  end
  return nil
end

-- ---- a mapping's view of its process

schema.of_owner = { "pid", "comm", "cmdline", "user", "uid", "exe", "cgroup", "unit", "container", "pod" }
local is_owner = {}
for _, name in ipairs(schema.of_owner) do is_owner[name] = true end

local function owner_field(self, name, shown)
  local field = self.owner:field(name)
  if not field then return nil end
  local get = schema.reader(field)
  return { name = shown, type = field.type, id = field.id, meaning = field.meaning, process = field.process,
    owner = true, get = function(row) return get(row:process()) end }
end

-- ---- schemas

function Schema:find(name)
  local info = core.field(self.row, name)
  if info then return table_field(info, self.row) end
  local system = name:match "^sys%.([%w_]+)$"
  if system then return system_field(system) end
  local owned = self.owner and (is_owner[name] and name or name:match "^proc%.([%w_]+)$")
  if owned then return owner_field(self, owned, name) end
  return name:find "^[%w_]+$" and derived_field(self, name) or nil
end

--- The field of that name, or nil.
function Schema:field(name)
  local field = self.cache[name]
  if not field then
    field = self:find(name)
    self.cache[name] = field -- other names are not kept: there is no end of them
  end
  return field
end

--- All names, for suggestions and completion.
function Schema:names()
  local names = {}
  for _, info in ipairs(core.fields(self.row)) do names[#names + 1] = info.name end
  for _, field in ipairs(computed().fields(self.row)) do names[#names + 1] = field.name end
  for _, name in ipairs(self.owner and schema.of_owner or NOTHING) do names[#names + 1] = name end
  return names
end

--- What reading these fields needs: ids of process fields, and whether mappings need their counters.
function Schema:needs(names)
  local process, counters = {}, false
  for _, name in ipairs(names) do
    local field = self:field(name)
    for _, id in ipairs(field and field.process or NOTHING) do process[#process + 1] = id end
    counters = counters or (field and field.counters) or false
  end
  return process, counters
end

-- The field or the method (":maps") that may have been meant.
local function nearest(self, name)
  local column = type(name) == "string" and common_mistakes().column(name, self)
  if column then return column end
  local list, methods = self:names(), entries()[self.row] or NOTHING
  for method in pairs(methods) do list[#list + 1] = method end
  local near = suggest().nearest(name, list)
  return methods[near or ""] and ":" .. near or near
end

--- The value of a field that core's own table of fields lacks, for p.NAME. Raises for any other name.
function Schema:value(row, name)
  local field = type(name) == "string" and self:field(name)
  if not field then
    local idea = entries().idea[name]
    local number = self.row == "system" and common_mistakes().number(name)
    suggest().no_field(name, "a " .. self.row, not number and nearest(self, name) or nil,
      number and "; write " .. number or idea and ("; help\"%s\" says how to ask"):format(name))
  end
  if core.is_watched() then return core.quietly(field.get, row) end
  return field.get(row)
end

-- Forgets what it has worked out, as define() adds fields.
function Schema:forget()
  self.cache = {}
end

local function create(kind, row, owner)
  return setmetatable({ kind = kind, row = row, owner = owner, cache = {} }, Schema)
end

schema.process = create("processes", "process")
schema.mapping = create("mappings", "mapping", schema.process)
schema.system = create("the system", "system")
schema.process.other, schema.mapping.other = schema.mapping, schema.process

-- ---- schemas of rows that a query made

local Made = {}
Made.__index = Made

function Made:field(name)
  local own = self.by_name[name]
  if own then return own end
  if self.base then return self.base:field(name) end
  local system = name:match "^sys%.([%w_]+)$"
  return system and system_field(system) or nil
end

function Made:names()
  local names = self.base and self.base:names() or {}
  for _, field in ipairs(self.fields) do names[#names + 1] = field.name end
  return names
end

Made.needs = Schema.needs

--- A field of rows that are Lua tables: what they have under that name.
function schema.column(name, kind, meaning)
  return { name = name, type = kind, meaning = meaning, process = NOTHING,
    get = function(row) return rawget(row, name) end }
end

--- What the fields that a term reads make of its values: whether they are differences, and whether what is missing from
--- them may make them smaller, too.
---@param rows table the schema of the rows
function schema.traits(rows, names)
  local sign, about = false, false
  for _, name in ipairs(names or NOTHING) do
    local field = rows:field(name)
    sign, about = sign or field and field.sign or false, about or field and field.about or false
  end
  return sign, about
end

--- A schema of rows with these fields alone (grouped and joined rows), or of `base` with them added (show). `is_whole`:
--- no value of such a row is a bound.
function schema.made(fields, base)
  local self = setmetatable({ kind = base and base.kind or "rows", row = base and base.row or "row", fields = fields,
    base = base, by_name = {}, other = base and base.other, owner = base and base.owner, keys = base and base.keys,
    usual = base and base.usual, subject = base and base.subject,
    is_whole = base and base.is_whole, grown = base and base.grown }, Made)
  for _, field in ipairs(fields) do self.by_name[field.name] = field end
  return self
end

return schema
