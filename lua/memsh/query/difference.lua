-- SPDX-License-Identifier: GPL-3.0-or-later
-- a - b: what has changed between two frozen sets. A row of either is matched with that of the other which is the same
-- process (by pid and start time), mapping (by its process and what it maps), control group or group (by its keys).
-- Numbers are differences: new rows count in full, vanished rows count negatively.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local sort_keys = require "memsh.exec.sort_keys"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"
local reference_mode = require "memsh.exec.reference_mode"
local made_rows = require "memsh.fields.made_rows"
local named_columns = require "memsh.fields.named_columns"
local schema = require "memsh.fields.schema"
local suggest = require "memsh.util.suggest"

local rowset = lazy "memsh.query.rowset"

local difference = {}

local is_unknown, known, why, unknown = core.is_unknown, core.known, core.why, core.unknown

-- Units whose values can be subtracted from each other; of functions and the like each value decides.
local NUMBERS = {}
for unit in ("bytes count number percent seconds integer any"):gmatch "%S+" do NUMBERS[unit] = true end

-- What such a set shows of itself.
local USUAL = {
  process = { first = "pid user comm status", last = "res rss_anon swap" },
  mapping = { first = "pid comm addr perms kind status", last = "size rss path" },
  cgroup = { first = "path status", last = "procs memory_current" },
}

-- ---- rows: the row now under 1, the one before under 2 (false where there is none), their schema under 3

local Row = {}

-- The process of a row that is there now, for sums that count each address space once.
local function process_of(row)
  local now = rawget(row, 1)
  return now and now:process() or nil
end

function Row.__index(row, name)
  local fields = rawget(row, 3)
  local field = type(name) == "string" and fields:field(name)
  if not field and name == "process" then return process_of end -- rows of tables may have a column of that name
  if not field then
    local is_named, value = named_columns.read(row, name)
    if is_named then return value end
    if name == "partial" then return made_rows.partial(row) end
  end
  if not field then suggest.no_field(name, "a difference", suggest.nearest(name, fields:names())) end
  if core.is_watched() then return core.quietly(field.get, row) end
  return field.get(row)
end

function Row.__tostring(row)
  return ("difference (%s, %s)"):format(tostring(rawget(row, 1) or rawget(row, 2)), tostring(row.status))
end

function Row.source_of(row)
  return machine.of(rawget(row, 1) or rawget(row, 2))
end

function Row.pid_of(row)
  local one = rawget(row, 1) or rawget(row, 2)
  return core.kind(one) and one.pid or nil
end

-- ---- fields

local function subtract(a, b)
  if is_unknown(a) then return a end
  if is_unknown(b) then return b end
  if type(a or b) ~= "number" then return a end
  if a == nil or b == nil then return a or -b end
  return type(b) == "number" and a - b or a
end

local function change(field)
  local read = schema.reader(field)
  return function(row)
    local now, before = rawget(row, 1), rawget(row, 2)
    if not before then return read(now) end
    if now then return subtract(read(now), read(before)) end
    return subtract(nil, read(before))
  end
end

local function as_it_is(field)
  local read = schema.reader(field)
  return function(row) return read(rawget(row, 1) or rawget(row, 2)) end
end

-- now.NAME and before.NAME: the values that the difference is made of.
local function on_one_side(field, name, side)
  local read, none = schema.reader(field), NUMBERS[field.type] and field.type ~= "any" and 0 or nil
  return { name = name, type = field.type, process = {}, meaning = field.meaning, get = function(row)
    local one = rawget(row, side)
    if not one then return none end
    return read(one)
  end }
end

local STATUS = schema.column("status", "text", "new, gone, or same: in both sets")

local Schema = { needs = schema.process.needs, field = schema.process.field }
Schema.__index = Schema

function Schema:find(name)
  if name == "status" then return STATUS end
  local side, inner = name:match "^(%a+)%.(.+)$"
  side = side == "now" and 1 or side == "before" and 2 or nil
  local field = self.grown:field(side and inner or name)
  if not field then return nil end
  if side then return on_one_side(field, name, side) end
  local made = { name = name, type = field.type, process = {}, column = field.id }
  if NUMBERS[field.type] and not schema.is_label(name) and not self.is_key[name] and not name:find "^sys%." then
    made.meaning, made.get, made.sign, made.about = "change of: " .. field.meaning, change(field), true, true
  else
    made.meaning, made.get = field.meaning, as_it_is(field)
  end
  return made
end

function Schema:names()
  local names = self.grown:names()
  names[#names + 1] = "status"
  return names
end

-- Columns of rows that a query made, and the status after their keys.
local function made_fields(self, base)
  local fields = {}
  for _, name in ipairs(base:names()) do
    fields[#fields + 1] = self:field(name)
    if name == base.keys[#base.keys] then table.insert(fields, STATUS) end
  end
  if #base.keys == 0 then table.insert(fields, 1, STATUS) end
  return fields
end

local function usual_of(row, sets)
  local usual = USUAL[row]
  if not usual then return nil end
  local first = { usual.first }
  for _, set in ipairs(sets) do
    for _, name in ipairs(set.from.named or {}) do first[#first + 1] = name end
  end
  return { first = table.concat(first, " "), last = usual.last }
end

local function schema_of(a, b)
  local base = a.schema
  local self = setmetatable({ kind = "differences", row = "difference", grown = base, cache = {}, is_key = {},
    usual = usual_of(base.row, { a, b }) }, Schema)
  for _, name in ipairs(base.keys or {}) do self.is_key[name] = true end
  if not self.usual then self.fields = made_fields(self, base) end
  return self
end

-- ---- identities: each pass gives a text that two rows have in common if they are the same, or nil

-- A process is the same in all sources of one boot.
local function process_key(process)
  local start = core.identity(process)
  if start then return machine.boot_key(process) .. process.pid .. "." .. start end
  if why(process.start_time) == "not_recorded" then
    core.raise("these rows have no start time, so that a later process of the same number would pass for one of them; "
      .. "keep rows with :set(), as in before = procs:set()")
  end
  return machine.boot_key(process) .. process.pid .. ".?"
end

local owner_keys = setmetatable({}, { __mode = "k" })

local function owner_key(mapping)
  local process = mapping:process()
  local key = owner_keys[process]
  if not key then
    key = process_key(process)
    owner_keys[process] = key
  end
  return key
end

-- What it maps, and where it is if `place`, a name, says so.
local function mapping_key(mapping, place)
  return owner_key(mapping) .. " " .. sort_keys.text_of({ mapping.kind, mapping.perms, mapping.dev, mapping.inode,
    mapping.offset, mapping.name, place and mapping[place] }, 7)
end

-- Nameless memory is known by where it lies alone; it may have grown at either end.
local function by_place(name)
  return function(mapping) return mapping_key(mapping, name) end
end

local function by_content(mapping)
  return (mapping.name ~= "" or mapping.inode ~= 0) and mapping_key(mapping) or nil
end

local PASSES = {
  process = { process_key },
  mapping = { by_place "addr", by_place "addr_end", by_content },
  cgroup = { function(row) return row.path end },
}

local function by_keys(names)
  return { function(row)
    local values = {}
    for i, name in ipairs(names) do values[i] = row[name] end
    return sort_keys.text_of(values, #names)
  end }
end

--- A text that identifies a row of such a schema, in other readings, too; nil where it has no identity.
---@param fields table the schema of the rows
function difference.identity(row, fields)
  if core.kind(row) == "process" then return process_key(row) end
  if core.kind(row) == "mapping" then return by_place "addr"(row) end
  if fields.row == "cgroup" then return row.path end
  if fields.row == "difference" then return difference.identity(rawget(row, 1) or rawget(row, 2), fields.grown) end
  if type(row) == "table" and fields.keys then return by_keys(fields.keys)[1](row) end
  return nil
end

local function passes_of(fields)
  local passes = PASSES[fields.row] or fields.keys and by_keys(fields.keys)
  if not passes then
    core.raise("these rows have nothing to be matched by; processes, mappings, control groups and groups have")
  end
  return passes
end

-- ---- matching

-- Of those that are left of `rows`, by key, in their order.
local function index(rows, taken, key)
  local by_key = {}
  for i, row in ipairs(rows) do
    local text = not taken[i] and key(row)
    if text then
      by_key[text] = by_key[text] or { at = 1 }
      table.insert(by_key[text], i)
    end
  end
  return by_key
end

-- What a mapping that is where it was has in common with itself, and the address.
local CONTENT <const> = { "kind", "perms", "dev", "inode", "offset", "name" }

-- The columns of an array of mappings: addr, then those of CONTENT. Nil where one of a row is not known.
local function columns_of(rows)
  local ids, columns = { core.field("mapping", "addr").id }, { {} }
  for i, name in ipairs(CONTENT) do ids[i + 1], columns[i + 1] = core.field("mapping", name).id, {} end
  core.columns(rows, 1, #rows, ids, columns)
  return columns
end

-- Where each mapping is, by its process and address; those that an address has twice are left out. And the process
-- of each row.
local function places_of(rows, addresses)
  local places, of_row = {}, {}
  for i, row in ipairs(rows) do
    local key, addr = owner_key(row), addresses[i]
    local own = places[key] or {}
    places[key], of_row[i] = own, key
    if addr then own[addr] = own[addr] == nil and i end
  end
  return places, of_row
end

local function is_same(a, i, b, j)
  for k = 2, #a do
    if a[k][i] ~= b[k][j] then return false end
  end
  return true
end

-- Most mappings are what they were, where they were: this finds them without a text for each, as the first of the
-- passes would.
local function match_in_place(now, before, partner, taken)
  local a, b = columns_of(now), columns_of(before)
  local theirs, ours, keys = places_of(before, b[1]), places_of(now, a[1])
  for i, key in ipairs(keys) do
    local addr = a[1][i]
    local j = addr and theirs[key] and theirs[key][addr]
    if j and ours[key][addr] and is_same(a, i, b, j) then partner[i], taken[j] = before[j], true end
  end
end

-- partner[i]: the row of `before` that now[i] is; taken[j]: whether before[j] is one.
local function match(now, before, passes)
  local partner, taken = {}, {}
  local in_memory = core.kind(now[1] or false) == "mapping" and core.kind(before[1] or false) == "mapping"
  if passes == PASSES.mapping and in_memory and not reference_mode.plain then
    match_in_place(now, before, partner, taken)
  end
  for _, key in ipairs(passes) do
    local left = index(before, taken, key)
    for i, row in ipairs(now) do
      local text = not partner[i] and key(row)
      local list = text and left[text]
      if list and list[list.at] then
        partner[i], taken[list[list.at]] = before[list[list.at]], true
        list.at = list.at + 1
      end
    end
  end
  return partner, taken
end

local identified = setmetatable({}, { __mode = "k" })

local function has_identity(process)
  if identified[process] == nil then identified[process] = core.identity(process) ~= nil end
  return identified[process]
end

-- Whether a process is the same is not known where its start time could not be read.
local function status_of(now, before)
  local process = core.kind(now or before) and (now or before):process()
  if process and not has_identity(process) then
    return unknown(why(process.start_time) or "io", "status", process.pid)
  end
  return not before and "new" or not now and "gone" or "same"
end

-- What is missing from a difference is what is missing from either side, and no bound is left of it.
local function new_row(now, before, fields)
  local row = setmetatable({ now, before, fields, status = status_of(now, before) }, Row)
  if type(now or before) ~= "table" then return row end -- what was read lacks no parts
  for side = 1, 2 do
    for name, lack in pairs(made_rows.lacks(rawget(row, side))) do
      made_rows.lose(row, name, (made_rows.missing(row, { name }) or 0) + lack.missing, lack.why, false)
    end
  end
  return row
end

-- ---- the difference of two sets

-- What is to be said of sets of which no process can be in both.
local function apart(a, b)
  local one, other = a.from.source, b.from.source
  if one == other or not (PASSES[a.schema.row] and a.schema.row ~= "cgroup") then return nil end
  local boot = machine.boot(one)
  if boot == machine.boot(other) then return nil end
  return { known(boot) and known(machine.boot(other))
    and "these sets are of different machines, or of different boots of one: no process of one is in the other"
    or "it is not known whether these sets are of one boot: no process of one is taken for one of the other" }
end

-- What a moment of a recording has stays as it is.
local function is_past(set)
  return set.from.on ~= nil and core.moment_of(set.from.on) ~= nil
end

local function check(a, b)
  if not (rowset().is(a) and rowset().is(b)) then
    core.raise("from a row set only a row set can be subtracted, as in procs:set() - before")
  end
  if b.schema.row == "difference" or a.schema.row == "difference" then
    core.raise("what was subtracted can't be subtracted again; take the sets that it was made of")
  end
  if a.schema.row ~= b.schema.row then
    core.raise(("%s and %s can't be subtracted from each other"):format(a.schema.kind, b.schema.kind))
  end
  if not (b.from.source or is_past(b)) then
    core.raise("the set after the minus is not frozen: it would be read now, and not be what there was; "
      .. "keep that with :set(), as in before = procs:set()")
  end
  passes_of(a.schema)
  if a.schema:field "status" then
    core.raise("the rows have a column 'status', which is what a difference calls new, gone or same: "
      .. "give yours another name")
  end
end

-- What was read of these processes, to be read of those that they are compared with.
local function files_of(set)
  local files = 0
  if set.schema.row ~= "process" then return 0 end
  for _, row in ipairs(set.from.rows) do files = files | ~core.missing(row, -1) end
  return files
end

local function freeze(set, files)
  if set.from.source and #set.stages == 0 then return set end
  return rowset().freeze(set, not set.from.source and files or 0)
end

--- What a has more than b. `b` must be frozen; what of `a` is not is read now.
function difference.between(a, b)
  check(a, b)
  b = freeze(b)
  a = freeze(a, files_of(b))
  local fields, rows, seen = schema_of(a, b), {}, coverage.new()
  local partner, taken = match(a.from.rows, b.from.rows, passes_of(a.schema))
  for i, row in ipairs(a.from.rows) do rows[i] = new_row(row, partner[i] or false, fields) end
  for i, row in ipairs(b.from.rows) do
    if not taken[i] then rows[#rows + 1] = new_row(false, row, fields) end
  end
  a.from.coverage:add_to(seen)
  b.from.coverage:add_to(seen)
  seen.of = a.from.coverage.of
  local made = rowset().of_rows(rows, fields, seen)
  made.from.notes = apart(a, b)
  return made
end

return difference
