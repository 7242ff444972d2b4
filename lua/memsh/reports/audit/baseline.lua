-- SPDX-License-Identifier: GPL-3.0-or-later
-- The file of the keys that rows had when somebody accepted them.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"

local prompt = lazy "memsh.prompt"

local baseline = {}

local HEAD <const> = "# memsh baseline: "

-- The same in all locales, so that cron reads what a terminal wrote.
local function escape(text)
  return (text:gsub("[%c\\\127-\255]", function(byte) return ("\\x%02x"):format(byte:byte()) end))
end

local function key_of(row, fields)
  local parts = {}
  for i, field in ipairs(fields) do
    local value = field.get(row)
    if core.is_unknown(value) then return nil end
    parts[i] = escape(tostring(value))
  end
  return table.concat(parts, "\t")
end

--- The different keys of rows: { key = a row of it }.
---@param rows memsh.RowSet
---@param what string the key: fields or expressions
---@return table<string, table> keys
---@return memsh.RowSet grouped
function baseline.keys(rows, what)
  local grouped, keys, fields = rows:by(what):count(), {}, {}
  for i, field in ipairs(grouped.schema.fields) do
    if field.name == "n" or field.name == "procs" then break end
    fields[i] = field
  end
  for _, row in ipairs((grouped:rows())) do
    local key = key_of(row, fields)
    if key then keys[key] = row end
  end
  return keys, grouped
end

--- The keys of a file as a set; nil, a message and the name of the error if it cannot be used.
---@param path string
---@param what string
---@return table<string, boolean>|nil
---@return string|nil message
---@return string|nil name
function baseline.read(path, what)
  local text, message, name = prompt().read_file(path)
  if not text then return nil, message, name end
  local head, rest = text:match "^([^\n]*)\n(.*)$"
  if head ~= HEAD .. escape(what) then return nil, ("it was not made of %s"):format(what), "EINVAL" end
  if rest ~= "" and rest:sub(-1) ~= "\n" then return nil, "its end is missing", "EINVAL" end
  local keys = {}
  for line in rest:gmatch "([^\n]*)\n" do keys[line] = true end
  return keys
end

--- Writes the keys, whole or not at all.
---@param path string
---@param what string
---@param keys table<string, any>
---@return true|nil
---@return string|nil message
function baseline.write(path, what, keys)
  local lines = {}
  for key in pairs(keys) do lines[#lines + 1] = key .. "\n" end
  table.sort(lines)
  local sink, message = core.sink_file(path)
  if not sink then return nil, message end
  local done
  done, message = sink:print(HEAD .. escape(what) .. "\n" .. table.concat(lines))
  if done then done, message = sink:commit() end
  if not done then sink:abandon() end
  return done, message
end

return baseline
