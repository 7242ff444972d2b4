-- SPDX-License-Identifier: GPL-3.0-or-later
-- Rows as a table of a database: CREATE TABLE for each engine, and the statements with which sqlite takes them.
local core = require "memsh.core"

local sql = {}

-- What takes a value of a type as csv prints it. An address is text everywhere, because it has 64 bits and no sign; a
-- time is text where no type reads it, as are true and false (ClickHouse reads them as numbers only in JSON: `flag`).
local TYPES <const> = {
  sqlite = { bytes = "INTEGER", count = "INTEGER", integer = "INTEGER", number = "REAL", percent = "REAL",
    seconds = "REAL", boolean = "BOOLEAN", bar = "REAL", text = "TEXT", any = "" },
  postgresql = { bytes = "bigint", count = "bigint", integer = "bigint", number = "double precision",
    percent = "double precision", seconds = "double precision", boolean = "boolean", bar = "double precision",
    time = "timestamp with time zone", text = "text" },
  duckdb = { bytes = "BIGINT", count = "BIGINT", integer = "BIGINT", number = "DOUBLE", percent = "DOUBLE",
    seconds = "DOUBLE", boolean = "BOOLEAN", bar = "DOUBLE", time = "TIMESTAMP WITH TIME ZONE", text = "VARCHAR" },
  clickhouse = { bytes = "Int64", count = "Int64", integer = "Int64", number = "Float64", percent = "Float64",
    seconds = "Float64", flag = "UInt8", bar = "Float64", text = "String" },
}

-- Sizes that may be the word none: limits.
local LIMITS = {}
for name in ("limit_data limit_stack limit_core limit_rss limit_memlock limit_as memory_low memory_high memory_max " ..
  "memory_swap_max memory_min memory_limit"):gmatch "%S+" do LIMITS[name] = true end

local function type_of(column, engine)
  local types = TYPES[engine]
  local name = column.type == "bytes" and LIMITS[column.name] and "text" or column.type
  return types[name] or types.text
end

-- Where JSON is not as csv: a time is a number, and true no text.
local function as_json(column, engine)
  if column.type == "time" then return TYPES[engine].number end
  return column.type == "boolean" and TYPES[engine].flag or type_of(column, engine)
end

local function quoted(name)
  return '"' .. name:gsub('"', '""') .. '"'
end

-- MySQL's way, which ClickHouse of any age reads.
local function backticks(name)
  return "`" .. name:gsub("[\\`]", "\\%0") .. "`"
end

local function literal(text)
  return "'" .. text:gsub("'", "''") .. "'"
end

local function comment(text)
  return text and "  -- " .. core.escape(text) or ""
end

-- Each column with its type; the comma comes before what the column means.
local function lines_of(columns, form)
  local lines = {}
  for i, column in ipairs(columns) do lines[i] = form(column, i < #columns and "," or "") end
  return table.concat(lines, "\n")
end

local function commented(name, columns, engine, type_for)
  return ("CREATE TABLE %s (\n%s\n);\n"):format(quoted(name), lines_of(columns, function(column, comma)
    return ("  %s %s%s%s"):format(quoted(column.name), type_for(column, engine), comma, comment(column.meaning))
  end))
end

local ENGINES = {
  sqlite = function(name, columns, type_for) return commented(name, columns, "sqlite", type_for) end,
  duckdb = function(name, columns, type_for) return commented(name, columns, "duckdb", type_for) end,
}

function ENGINES.postgresql(name, columns, type_for)
  local out = { commented(name, columns, "postgresql", type_for) }
  for _, column in ipairs(columns) do
    if column.meaning then
      out[#out + 1] = ("COMMENT ON COLUMN %s.%s IS %s;\n"):format(quoted(name), quoted(column.name),
        literal(column.meaning))
    end
  end
  return table.concat(out)
end

function ENGINES.clickhouse(name, columns, type_for)
  return ("CREATE TABLE %s (\n%s\n) ENGINE = MergeTree ORDER BY tuple();\n"):format(backticks(name),
    lines_of(columns, function(column, comma)
      return ("  %s Nullable(%s)%s%s"):format(backticks(column.name), type_for(column, "clickhouse"), comma,
        comment(column.meaning))
    end))
end

--- CREATE TABLE for rows of these columns.
---@param engine string sqlite postgresql duckdb clickhouse
---@param name string of the table
---@param columns {name: string, type: string, meaning: string|nil}[]
---@param is_json boolean whether the rows come as JSON, not as csv
---@return string
function sql.create(engine, name, columns, is_json)
  return ENGINES[engine](name, columns, is_json and as_json or type_of)
end

--- The statements with which a database of memsh's own takes rows: to make the table, and to add a row.
---@return string create
---@return string insert
function sql.statements(name, columns)
  local types, names, marks = {}, {}, {}
  for i, column in ipairs(columns) do
    types[i] = (", %s %s"):format(quoted(column.name), type_of(column, "sqlite"))
    names[i], marks[i] = ", " .. quoted(column.name), ", ?"
  end
  return ("CREATE TABLE IF NOT EXISTS %s (memsh_row INTEGER PRIMARY KEY, memsh_answer INTEGER NOT NULL%s)"):format(
    quoted(name), table.concat(types)),
    ("INSERT INTO %s (memsh_answer%s) VALUES (?%s)"):format(quoted(name), table.concat(names), table.concat(marks))
end

return sql
