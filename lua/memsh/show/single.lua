-- SPDX-License-Identifier: GPL-3.0-or-later
-- One thing shown by itself: a process, a mapping, the system, a Lua table. A list of tables that have the same names
-- is a table of rows; one whose metatable has `units` (of values, by name) is a record like a process, and `words` (a
-- function, by name) says what a value that is a table is for people.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local computed = require "memsh.fields.computed"
local machine = require "memsh.fields.machine"
local schema = require "memsh.fields.schema"

local lazy = require "memsh.util.lazy"

local topics, metrics = lazy "memsh.show.topics", lazy "memsh.show.metrics"

local single = {}

local COMPOUND = { table = true }

-- All fields of a row, without those that are another name of one.
local function columns_of(kind)
  local columns = {}
  for _, info in ipairs(core.fields(kind)) do
    if not info.alias_of and not COMPOUND[info.type] then
      columns[#columns + 1] = { name = info.name, type = info.type }
    end
  end
  for _, field in ipairs(computed.fields(kind)) do
    columns[#columns + 1] = { name = field.name, type = schema[kind]:field(field.name).type }
  end
  return columns
end

local function cells_of(row, columns)
  local cells = {}
  for i, column in ipairs(columns) do
    cells[i] = row[column.name]
    local reason = core.why(cells[i])
    if reason and reason ~= "unsupported" then coverage.miss(reason) end -- nobody asked for what this kernel lacks
  end
  return cells
end

local function load_all(process)
  local ids = {}
  for _, info in ipairs(core.fields "process") do ids[#ids + 1] = info.id end
  core.load({ process }, 1, 1, core.plan(ids))
end

local function write_one(cells, columns, sink, format, options)
  local writer = (options.open or core.writer)(sink, format, columns, { human = options.human, record = true,
    dense = options.dense, subject = options.subject, exposition = options.exposition })
  if options.marker then cells.marks = options.marker:marks("", cells, #columns) end
  writer:row(cells)
  return writer
end

-- On a terminal: a headline, and topic by topic.
local function write_topics(row, kind, columns, sink, format, options)
  local cells, at = cells_of(row, columns), {}
  for i, column in ipairs(columns) do at[column] = i end
  options.dense = true
  sink:print(topics().headline(kind, row, options.human ~= false) .. "\n")
  for _, group in ipairs(topics().group(kind, columns)) do
    local some = {}
    for i, column in ipairs(group) do some[i] = cells[at[column]] end
    local ok, message, name = sink:print("-- " .. group.title .. "\n")
    if ok then ok, message, name = write_one(some, group, sink, format, options):close() end
    if not ok then return nil, message, name end
  end
  return true
end

local NAMES <const> = { system = {}, process = { pid = true, comm = true, user = true },
  mapping = { pid = true, comm = true, addr = true } }
local WORDS <const> = { text = true, path = true, list = true, addr = true }

-- The texts of a thing would be labels of each of its numbers: but for its names they are labels of one sample.
local function parts_of(columns, names)
  local texts, numbers = {}, {}
  for _, column in ipairs(columns) do
    local is_text = WORDS[column.type] or column.id
    if is_text then texts[#texts + 1] = column end
    if not is_text or names[column.name] then numbers[#numbers + 1] = column end
  end
  return { texts, numbers }
end

local function write_metrics(row, kind, columns, sink, format, options)
  for _, column in ipairs(columns) do metrics().describe_field(column, schema[kind], column.name) end
  options.subject = kind == "system" and "machine" or kind
  for _, part in ipairs(parts_of(columns, NAMES[kind])) do
    local ok, message, name = write_one(cells_of(row, part), part, sink, format, options):close()
    if not ok then return nil, message, name end
  end
  return true
end

local function write_row(row, columns, sink, format, options)
  local writer = write_one(cells_of(row, columns), columns, sink, format, options)
  return writer:close(core.format_kind(format) == "document" and require("memsh.show.json_meta").object(nil, nil,
    machine.of(row)) or nil)
end

-- ---- Lua values

--- A value as text, without the address that Lua's tostring shows of it.
---@param value any
---@return string
function single.text(value)
  local kind = type(value)
  if kind == "function" or kind == "thread" then return kind end
  if kind ~= "userdata" and kind ~= "table" then return tostring(value) end
  local ok, text = pcall(tostring, value) -- __tostring may be anybody's
  return ok and text:gsub(": 0x%x+", "") or kind
end

local DEPTH <const>, ITEMS <const> = 4, 200

local function key_text(key)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" then return key end
  return "[" .. (type(key) == "string" and ("%q"):format(key) or single.text(key)) .. "]"
end

local function sorted_keys(value)
  local keys = {}
  for key in next, value do
    if not (math.type(key) == "integer" and key >= 1 and key <= #value) then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "string" or type(a) == "number") then return a < b end
    return type(a) < type(b)
  end)
  return keys
end

local lua_text

-- How long a line of Lua text may be.
local most = 100

local function table_text(value, depth, seen)
  if seen[value] then return "{...}" end
  if depth > DEPTH then return "{...}" end
  seen[value] = true
  local parts = {}
  for i = 1, math.min(#value, ITEMS) do parts[i] = lua_text(value[i], depth + 1, seen) end
  if #value > ITEMS then parts[#parts + 1] = ("... %d more"):format(#value - ITEMS) end
  for i, key in ipairs(sorted_keys(value)) do
    if i > ITEMS then
      parts[#parts + 1] = "..."
      break
    end
    parts[#parts + 1] = key_text(key) .. " = " .. lua_text(rawget(value, key), depth + 1, seen)
  end
  seen[value] = nil
  local line = "{ " .. table.concat(parts, ", ") .. " }"
  if #line + 2 * depth < most then return #parts == 0 and "{}" or line end
  local indent = ("  "):rep(depth + 1)
  return "{\n" .. indent .. table.concat(parts, ",\n" .. indent) .. "\n" .. ("  "):rep(depth) .. "}"
end

function lua_text(value, depth, seen)
  if type(value) == "string" then return '"' .. core.escape(value):gsub('"', '\\"') .. '"' end
  local meta = getmetatable(value)
  if type(value) == "table" and not (type(meta) == "table" and meta.__tostring) then
    return table_text(value, depth, seen)
  end
  return single.text(value)
end

-- JSON of a table: unknown values and row objects stand for what they are.
local function plain(value, depth)
  if type(value) ~= "table" or depth > 32 then
    if core.is_unknown(value) then return value end
    return type(value) == "userdata" and single.text(value) or value
  end
  local copy = {}
  for key, item in next, value do
    if type(key) ~= "table" then copy[key] = plain(item, depth + 1) end
  end
  return copy
end

local SIMPLE <const> = { number = true, string = true, boolean = true }

-- The names that all items of a list have, if they are tables of simple values; nil where they are anything else.
local function names_of_rows(value)
  local first, count = value[1], 0
  if type(first) ~= "table" or getmetatable(value) or #value > ITEMS then return nil end
  local names = sorted_keys(first)
  for _ in next, value do count = count + 1 end
  if count ~= #value or #names == 0 or #first > 0 then return nil end
  for _, item in ipairs(value) do
    if type(item) ~= "table" or getmetatable(item) then return nil end
    local n = 0
    for key, part in next, item do
      if type(key) ~= "string" or first[key] == nil or not (SIMPLE[type(part)] or core.is_unknown(part)) then
        return nil
      end
      n = n + 1
    end
    if n ~= #names then return nil end
  end
  return names
end

local function write_rows(rows, names, sink, format, options)
  local columns = {}
  local of_memory = rows[1].addr and rows[1].addr_end -- m:ranges(): each is what it is of a mapping
  for i, name in ipairs(names) do
    local field = of_memory and core.field("mapping", name)
    columns[i] = { name = name, type = field and field.type or nil }
  end
  local writer = (options.open or core.writer)(sink, format, columns, { human = options.human })
  for _, row in ipairs(rows) do writer:row(cells_of(row, columns)) end
  return writer:close()
end

local function write_units(value, meta, sink, format, options)
  local units, words = meta.units, meta.words or {}
  local columns, cells = {}, {}
  for i, name in ipairs(sorted_keys(value)) do
    local part = rawget(value, name)
    columns[i] = { name = name, type = units[name] }
    if type(part) == "table" then part = words[name] and words[name](part) or table_text(part, 0, {}) end
    cells[i] = part
  end
  return write_one(cells, columns, sink, format, options):close()
end

local function write_table(value, sink, format, options)
  local text
  local kind, is_json, is_metrics = core.format_kind(format)
  if is_metrics then core.raise(format .. " has rows and numbers, no table of Lua; rows(TABLE) makes rows of it") end
  local meta = getmetatable(value)
  local units = type(meta) == "table" and meta.units
  if units and kind == "picture" then return write_units(value, meta, sink, format, options) end
  local names = kind == "picture" and names_of_rows(value)
  if names then return write_rows(value, names, sink, format, options) end
  if sink:is_tty() then most = sink:width() end
  if is_json then
    local body, time = core.json(plain(value, 0)), options.time
    text = kind == "lines" and (time and ('{"time":%s,"value":%s}'):format(core.json(time), body) or body)
      or ('{"value":%s,"meta":%s}'):format(body, core.json(require("memsh.show.json_meta").object()))
  else
    text = type(meta) == "table" and meta.__tostring and single.text(value) or table_text(value, 0, {})
  end
  return sink:print(text .. "\n")
end

--- Writes one thing.
---@return true|nil, string|nil message, string|nil name
function single.write(value, sink, format, options)
  local kind = core.kind(value)
  if not kind then return write_table(value, sink, format, options) end
  if kind == "process" then load_all(value) end
  if kind == "system" then machine.source():tick() end
  if select(3, core.format_kind(format)) then
    return write_metrics(value, kind, columns_of(kind), sink, format, options)
  end
  local is_read = format == "table" and sink:is_tty() and not options.open and not options.marker
  if is_read and kind ~= "mapping" then return write_topics(value, kind, columns_of(kind), sink, format, options) end
  return write_row(value, columns_of(kind), sink, format, options)
end

return single
