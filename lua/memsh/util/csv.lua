-- SPDX-License-Identifier: GPL-3.0-or-later
-- CSV and TSV as texts: a header, and records of cells that have not been looked into. Quotes are those of RFC 4180; a
-- cell may have line breaks in them.
local core = require "memsh.core"

local csv = {}

local SEPARATORS <const> = { ",", "\t", ";" }

-- The separator of the header: the first of these that is in it.
local function separator_of(text)
  local header = text:match "^[^\r\n]*"
  for _, separator in ipairs(SEPARATORS) do
    if header:find(separator, 1, true) then return separator end
  end
  return ","
end

local function fail(line, what)
  error({ line = line, what = what }, 0)
end

-- The quoted cell whose quote opens at `at`. Gives its text, what comes after it, and how many lines it has.
local function quoted(text, at, line)
  local parts, from, lines = {}, at + 1, 0
  while true do
    local quote = text:find('"', from, true)
    if not quote then fail(line, "a quote is opened and never closed") end
    parts[#parts + 1] = text:sub(from, quote - 1)
    if text:byte(quote + 1) ~= 0x22 then
      local cell = table.concat(parts, '"')
      for _ in cell:gmatch "\n" do lines = lines + 1 end
      return cell, quote + 1, lines
    end
    from = quote + 2
  end
end

--- The records of a text: each an array of cells, with the `line` where it begins. Lines without anything are skipped.
--- Raises { line =, what = } where the text is malformed.
---@param text string
---@return {line: integer, [integer]: string}[]
function csv.records(text)
  text = text:gsub("^\xef\xbb\xbf", "")
  local separator, records, at, line = separator_of(text), {}, 1, 1
  local plain = ("^([^%s\r\n]*)()"):format(separator)
  while at <= #text do
    local record, start = { line = line }, at
    while true do
      local cell, after, lines
      if text:byte(at) == 0x22 and separator ~= "\t" then
        cell, after, lines = quoted(text, at, line)
        line = line + lines
        if after <= #text and not text:find("^[\r\n" .. separator .. "]", after) then
          fail(line, "a quoted cell ends, and then more follows it")
        end
      else
        cell, after = text:match(plain, at)
      end
      record[#record + 1] = cell
      at = after
      if text:sub(at, at) ~= separator then break end
      at = at + 1
    end
    local is_empty = #record == 1 and at == start
    at = text:match("^\r?\n?()", at)
    line = line + 1
    if not is_empty then records[#records + 1] = record end
  end
  return records
end

local ESCAPES <const> = { n = "\n", t = "\t", ["\\"] = "\\" }

--- A text without memsh's escapes.
---@param text string
---@return string
function csv.unescaped(text)
  if not text:find("\\", 1, true) then return text end
  return (text:gsub("\\(.)(%x?%x?)", function(kind, digits)
    if kind == "x" and #digits == 2 then return string.char(tonumber(digits, 16)) end
    return (ESCAPES[kind] or "\\" .. kind) .. digits
  end))
end

-- Where the locale has no UTF-8 each of its bytes is an escape.
local function in_ascii(text)
  return (text:gsub("[\x80-\xff]", function(byte) return ("\\x%02x"):format(byte:byte()) end))
end

local function is_of_windows(cell)
  return cell:find "^%a:\\" or cell:find "^\\\\[^\\]"
end

--- Whether memsh wrote a text of these records, and so its backslashes begin escapes: each cell is what memsh would
--- have written for some text, and the lines end as memsh's do. C:\temp could be one with a tab in it; it is a path.
---@param text string
---@param records string[][]
function csv.is_escaped(text, records)
  local separator = separator_of(text)
  if not text:find("\\", 1, true) or separator == ";" then return false end
  if text:find(separator == "," and "[^\r]\n" or "\r") then return false end
  for _, record in ipairs(records) do
    for _, cell in ipairs(record) do
      if is_of_windows(cell) or in_ascii(core.escape(csv.unescaped(cell))) ~= in_ascii(cell) then return false end
    end
  end
  return true
end

return csv
