-- SPDX-License-Identifier: GPL-3.0-or-later
-- JSON as Lua values: objects are tables with their names in order, as json.NAMES, null is json.NULL. A number that
-- Lua cannot hold is the text that it was.
local exact_number = require "memsh.util.exact_number"

local json = { NULL = {}, NAMES = {} }

local DEEPEST <const> = 100

local function fail(what, at)
  error({ what = ("%s at byte %d"):format(what, at) }, 0)
end

local value_at

local ESCAPES <const> = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

-- \uD83D\uDE00 is one character, of two halves; a half alone is none.
local function unicode_at(text, at)
  local code = tonumber(text:match("^%x%x%x%x", at) or fail("\\u needs four digits", at), 16)
  if code < 0xd800 or code > 0xdfff then return utf8.char(code), at + 4 end
  local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 4) or "0", 16)
  if code > 0xdbff or low < 0xdc00 or low > 0xdfff then return "\xef\xbf\xbd", at + 4 end
  return utf8.char(0x10000 + ((code - 0xd800) << 10) + low - 0xdc00), at + 10
end

local function string_at(text, at)
  local parts, from = {}, at + 1
  while true do
    local stop = text:find('["\\\0-\31]', from)
    if not stop or not text:find('^["\\]', stop) then fail("a text is not closed", at) end
    parts[#parts + 1] = text:sub(from, stop - 1)
    if text:byte(stop) == 0x22 then return table.concat(parts), stop + 1 end
    local kind = text:sub(stop + 1, stop + 1)
    if kind == "u" then
      parts[#parts + 1], from = unicode_at(text, stop + 2)
    else
      parts[#parts + 1], from = ESCAPES[kind] or fail("no such escape", stop), stop + 2
    end
  end
end

local function number_at(text, at)
  local digits, after = text:match("^(%-?%d[%d.eE+-]*)()", at)
  if not digits or digits:find "^%-?0%d" or (digits .. "e"):find "%.%D" or not tonumber(digits) then
    fail("this is no value", at)
  end
  return exact_number(digits) or digits, after
end

local WORDS <const> = { ["true"] = true, ["false"] = false, null = json.NULL }

local function past_blanks(text, at)
  return text:match("^[ \t\r\n]*()", at)
end

local function array_at(text, at, depth)
  local list = {}
  at = past_blanks(text, at + 1)
  if text:sub(at, at) == "]" then return list, at + 1 end
  while true do
    list[#list + 1], at = value_at(text, at, depth)
    at = past_blanks(text, at)
    local sign = text:sub(at, at)
    if sign == "]" then return list, at + 1 end
    if sign ~= "," then fail("a comma or ] is missing", at) end
    at = at + 1
  end
end

local function object_at(text, at, depth)
  local names = {}
  local object = { [json.NAMES] = names }
  at = past_blanks(text, at + 1)
  if text:sub(at, at) == "}" then return object, at + 1 end
  while true do
    at = past_blanks(text, at)
    if text:sub(at, at) ~= '"' then fail("a name in quotes is missing", at) end
    local name
    name, at = string_at(text, at)
    at = past_blanks(text, at)
    if text:sub(at, at) ~= ":" then fail("a colon is missing", at) end
    if object[name] == nil then names[#names + 1] = name end
    object[name], at = value_at(text, at + 1, depth)
    at = past_blanks(text, at)
    local sign = text:sub(at, at)
    if sign == "}" then return object, at + 1 end
    if sign ~= "," then fail("a comma or } is missing", at) end
    at = at + 1
  end
end

function value_at(text, at, depth)
  if depth > DEEPEST then fail("this is nested too deep", at) end
  at = past_blanks(text, at)
  local sign = text:sub(at, at)
  if sign == '"' then return string_at(text, at) end
  if sign == "{" then return object_at(text, at, depth + 1) end
  if sign == "[" then return array_at(text, at, depth + 1) end
  local word, after = text:match("^(%l+)()", at)
  if word and WORDS[word] ~= nil then return WORDS[word], after end
  return number_at(text, at)
end

--- The value of a text that is one. Raises { what = } where it is not.
---@param text string
---@return any
function json.value(text)
  local value, at = value_at(text, 1, 0)
  at = past_blanks(text, at)
  if at <= #text then fail("more follows the value", at) end
  return value
end

local DIGITS <const> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- The bytes of a text in base64; nil where it is none.
---@param text string
---@return string|nil
function json.of_base64(text)
  local bits, n, bytes = 0, 0, {}
  for digit in text:gsub("=+$", ""):gmatch "." do
    local value = DIGITS:find(digit, 1, true)
    if not value then return nil end
    bits, n = (bits << 6 | (value - 1)) & 0xffffff, n + 6
    if n >= 8 then
      n = n - 8
      bytes[#bytes + 1] = string.char(bits >> n & 0xff)
    end
  end
  return table.concat(bytes)
end

return json
