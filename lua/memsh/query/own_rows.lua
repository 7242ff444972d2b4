-- SPDX-License-Identifier: GPL-3.0-or-later
-- Row sets of one's own data: rows(TABLE), read_csv(FILE), read_jsonl(FILE). A column has the type that all of its
-- values fit; what is empty is unknown (not_recorded).
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local exact_number = require "memsh.util.exact_number"
local lazy = require "memsh.util.lazy"
local made_rows = require "memsh.fields.made_rows"
local rowset = require "memsh.query.rowset"
local schema = require "memsh.fields.schema"

local csv = lazy "memsh.util.csv"
local json = lazy "memsh.util.json"
local prompt = lazy "memsh.prompt"

local own_rows = {}

-- ---- texts that are numbers, addresses, times or conditions

-- 007 is a name, not the number 7.
local function number_of(text)
  if not text:find "^%-?%d" or text:find "^%-?0%d" or not text:find "^%-?%d*%.?%d*[eE]?[+-]?%d*$" then return nil end
  return exact_number(text)
end

local function address_of(text)
  return #text <= 18 and text:find "^0x%x+$" and tonumber(text) or nil
end

-- A time as memsh writes it: 2026-11-27T14:05:09.25Z.
local function time_of(text)
  if not text:find "^%d%d%d%d%-%d%d%-%d%dT[%d:.]+Z$" then return nil end
  local moment = require("memsh.expr.moments").read(text)
  return moment and moment.at
end

local TRUTH <const> = { ["true"] = true, ["false"] = false }

local function condition_of(text) return TRUTH[text] end

local READINGS <const> = { { "number", number_of }, { "addr", address_of }, { "time", time_of },
  { "boolean", condition_of } }

-- ---- the type of a column

local TYPE_OF <const> = { string = "text", boolean = "boolean", table = "list" }

-- Whole numbers that can be summed are counts; those that name something are not.
local function number_type(name, values)
  for _, value in pairs(values) do
    if math.type(value) ~= "integer" then return "number" end
  end
  return schema.is_label(name) and "integer" or "count"
end

-- The type of values that are what they are; any where they differ.
local function type_of_values(name, values)
  local found
  for _, value in pairs(values) do
    local kind = type(value) == "number" and "number" or TYPE_OF[type(value)]
    if found and found ~= kind then return "any" end
    found = kind
  end
  return found == "number" and number_type(name, values) or found or "text"
end

-- The type of values that are texts, and the values: those of the first reading that fits them all.
local function read_texts(name, texts, readings)
  if next(texts) == nil then return "text", texts end
  for _, reading in ipairs(readings) do
    local values, fits = {}, true
    for place, text in pairs(texts) do
      values[place] = type(text) == "string" and reading[2](text)
      fits = values[place] ~= nil and type(text) == "string"
      if not fits then break end
    end
    if fits then return reading[1] == "number" and number_type(name, values) or reading[1], values end
  end
  return type_of_values(name, texts), texts
end

-- ---- columns to rows

---@class memsh.OwnColumn
---@field name string
---@field values table<integer, any> by row; what is not there is unknown
---@field type string
---@field unknown table<integer, string>|nil the reasons, where they are known
---@field partial table<integer, integer>|nil from how many rows something is missing in a value

-- A set of n rows.
local function set_of(columns, n)
  local names, fields, list, is_whole = {}, {}, {}, true
  for i, column in ipairs(columns) do
    names[i], fields[i] = column.name, schema.column(column.name, column.type, "a column of your own data")
    fields[i].about = column.partial ~= nil
    is_whole = is_whole and not column.partial and column.name ~= "partial" and #columns > 1
  end
  for at = 1, n do
    local row = made_rows.new(names)
    for _, column in ipairs(columns) do
      local value = column.values[at]
      if value == nil then
        value = core.unknown(column.unknown and column.unknown[at] or "not_recorded", column.name)
      end
      made_rows.put(row, column.name, value, column.partial and column.partial[at] or 0, "not_recorded", false)
    end
    list[at] = row
  end
  local made = schema.made(fields)
  made.is_whole = is_whole
  return rowset.of_rows(list, made, coverage.new())
end

-- ---- rows(TABLE)

local FITS <const> = { number = true, string = true, boolean = true }

local function take_value(columns, by_name, place, name, value)
  if type(name) ~= "string" then
    core.raise(("rows: the columns of row %d need names, as in {pid = 1}"):format(place))
  end
  if not by_name[name] then
    by_name[name] = { name = name, values = {}, unknown = {} }
    columns[#columns + 1] = by_name[name]
  end
  local column = by_name[name]
  if core.is_unknown(value) then
    column.unknown[place] = core.why(value)
  elseif FITS[type(value)] then
    column.values[place] = value
  else
    core.raise(("rows: '%s' of row %d is a %s; values are numbers, texts, conditions or unknown"):format(
      core.escape(name), place, type(value)))
  end
end

--- The rows of an array: of tables { name = value }, whose columns go by their names, or of values, as `value`.
---@param given table
---@return memsh.RowSet
function own_rows.of_table(given)
  local columns, by_name = {}, {}
  for place, row in ipairs(given) do
    if type(row) ~= "table" then row = { value = row } end
    for name, value in pairs(row) do take_value(columns, by_name, place, name, value) end
  end
  if #given == 0 and next(given) ~= nil then
    core.raise "rows takes an array of rows, as in rows{{pid = 1}, {pid = 2}}"
  end
  table.sort(columns, function(a, b) return a.name < b.name end)
  for _, column in ipairs(columns) do column.type = type_of_values(column.name, column.values) end
  return set_of(columns, #given)
end

-- ---- files

local function text_of(what, path)
  local text, message = prompt().read_file(path)
  if not text then core.raise(("%s: cannot read %s: %s"):format(what, core.escape(path), message)) end
  return text
end

local function wrong(path, line, what, ...)
  core.raise(("%s:%d: %s"):format(core.escape(path), line, what:format(...)))
end

-- Calls f. Where it raises { line =, what = } that is said of the file.
local function said_of(path, line, f, ...)
  local ok, result = pcall(f, ...)
  if ok then return result end
  if type(result) ~= "table" or not result.what then error(result, 0) end
  return wrong(path, result.line or line, "%s", result.what)
end

local function refuse_twice(path, line, name)
  wrong(path, line, "two columns are called '%s'", core.escape(name))
end

-- A column of the user's own may be called partial, too: then memsh's is the second one.
local function new_columns(header, path)
  local columns, seen = {}, {}
  for i, name in ipairs(header) do
    if name == "" then name = ("column%d"):format(i) end
    if seen[name] and not (name == "partial" and i == #header) then refuse_twice(path, header.line, name) end
    seen[name] = true
    columns[i] = { name = name, values = {} }
  end
  return columns
end

-- memsh's last column says which of the others lack something. False: a last column is called so, and is none of those.
local function take_partial(columns)
  local last, by_name = columns[#columns], {}
  if #columns < 2 or last.name ~= "partial" then return true end
  for i = 1, #columns - 1 do by_name[columns[i].name] = columns[i] end
  for _, text in pairs(last.values) do
    for name in text:gmatch "%S+" do
      if not by_name[name] then return by_name.partial == nil end
    end
  end
  columns[#columns] = nil
  for place, text in pairs(last.values) do
    for name in text:gmatch "%S+" do
      local column = by_name[name]
      column.partial = column.partial or {}
      column.partial[place] = 1
    end
  end
  return true
end

--- The rows of a file of CSV or TSV with a header.
---@param path string
---@return memsh.RowSet
function own_rows.of_csv(path)
  local text = text_of("read_csv", path)
  local records = said_of(path, 1, csv().records, text)
  local header = table.remove(records, 1)
  if not header then wrong(path, 1, "the file is empty: a line with the names of the columns comes first") end
  local columns = new_columns(header, path)
  local is_escaped = csv().is_escaped(text, records)
  for place, record in ipairs(records) do
    if #record ~= #header then
      wrong(path, record.line, "there are %d cells, and the header has %d", #record, #header)
    end
    for i, cell in ipairs(record) do
      if cell ~= "" then columns[i].values[place] = is_escaped and csv().unescaped(cell) or cell end
    end
  end
  if not take_partial(columns) then refuse_twice(path, header.line, "partial") end
  for _, column in ipairs(columns) do column.type, column.values = read_texts(column.name, column.values, READINGS) end
  return set_of(columns, #records)
end

local OF_JSON <const> = { { "addr", address_of }, { "time", time_of } }

-- The names of fields that were not known, with the reasons that memsh gave.
local function reasons_of(object, names)
  local unknown = object.unknown
  if type(unknown) ~= "table" or not unknown[json().NAMES] then return {} end
  for _, name in ipairs(unknown[json().NAMES]) do
    local reason = unknown[name]
    if not names[name] or type(reason) ~= "string" or not pcall(core.unknown, reason) then return {} end
  end
  object.unknown = nil
  return unknown
end

local function parts_of(object, names)
  local partial = object.partial
  if type(partial) ~= "table" or not partial[json().NAMES] then return {} end
  for _, name in ipairs(partial[json().NAMES]) do
    if not names[name] or math.type(partial[name]) ~= "integer" then return {} end
  end
  object.partial = nil
  return partial
end

local function is_list(value)
  if value[json().NAMES] then return false end
  for _, one in ipairs(value) do
    if type(one) == "table" then return false end
  end
  return true
end

local function take_member(column, place, value, where)
  if value == json().NULL then return end
  if type(value) == "table" and not is_list(value) then
    wrong(where.path, where.line, "'%s' has values in values, and a column has none", core.escape(column.name))
  end
  column.values[place] = value
end

-- X_b64 has the bytes of the text X, which JSON could not hold. The object without such members.
local function take_bytes(object, names)
  for _, name in ipairs(object[json().NAMES]) do
    local plain = name:match "^(.*)_b64$"
    local bytes = plain and type(object[plain]) == "string" and type(object[name]) == "string"
      and json().of_base64(object[name])
    if bytes then object[plain], object[name], names[name] = bytes, nil, nil end
  end
end

-- Takes the object of a line as a row.
local function take_object(columns, by_name, place, object, where)
  local names = {}
  for _, name in ipairs(object[json().NAMES]) do names[name] = true end
  take_bytes(object, names)
  local unknown, partial = reasons_of(object, names), parts_of(object, names)
  for _, name in ipairs(object[json().NAMES]) do
    local value = object[name]
    if value ~= nil then
      local column = by_name[name] or { name = name, values = {}, unknown = {} }
      if not by_name[name] then by_name[name], columns[#columns + 1] = column, column end
      take_member(column, place, value, where)
      column.unknown[place] = unknown[name]
      if partial[name] then
        column.partial = column.partial or {}
        column.partial[place] = partial[name]
      end
    end
  end
end

--- The rows of a file that has a JSON object a line.
---@param path string
---@return memsh.RowSet
function own_rows.of_jsonl(path)
  local columns, by_name, number, n = {}, {}, 0, 0
  for line in text_of("read_jsonl", path):gmatch "([^\n]*)\n?" do
    number = number + 1
    if line:find "%S" then
      local object = said_of(path, number, json().value, line)
      if type(object) ~= "table" or not object[json().NAMES] then
        wrong(path, number, "a line is one object, as in {\"pid\": 1}")
      end
      n = n + 1
      take_object(columns, by_name, n, object, { path = path, line = number })
    end
  end
  for _, column in ipairs(columns) do column.type, column.values = read_texts(column.name, column.values, OF_JSON) end
  return set_of(columns, n)
end

return own_rows
