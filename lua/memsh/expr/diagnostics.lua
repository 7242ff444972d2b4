-- SPDX-License-Identifier: GPL-3.0-or-later
-- What is wrong with an expression, said to the person who typed it: a message, the place, and what to write instead.
local core = require "memsh.core"

local diagnostics = {}

local WINDOW <const> = 72 -- columns of the excerpt of a long expression
local BEFORE <const> = 40 -- at most this many of them in front of the place

local Failure = {}

--- Raises a failure about the bytes s..e of the expression.
function diagnostics.fail(text, s, e, hint)
  error(setmetatable({ text = text, s = s, e = e, hint = hint }, Failure), 0)
end

function diagnostics.is_failure(value)
  return getmetatable(value) == Failure
end

-- Everything between two blanks stays in its column; what a terminal would act on is spelt out.
local function show(char)
  if char:find "^[\x20-\x7e]$" then return char, 1 end
  if char == "\n" or char == "\t" or char == "\r" then return " ", 1 end
  local shown = core.escape(char)
  return shown, core.display_width(shown)
end

-- The characters of `text` as { at = first byte, shown =, width = }.
local function characters(text)
  local list, at = {}, 1
  while at <= #text do
    local char = text:match("^[\0-\x7f\xc2-\xf4][\x80-\xbf]*", at)
    if not char or not utf8.len(char) then char = text:sub(at, at) end
    local shown, width = show(char)
    list[#list + 1] = { at = at, shown = shown, width = width }
    at = at + #char
  end
  list[#list + 1] = { at = #text + 1, shown = "", width = 1 }
  return list
end

--- `bytes` as they may be quoted in a message.
function diagnostics.quote(bytes)
  local out = {}
  for i, char in ipairs(characters(bytes)) do out[i] = char.shown end
  return table.concat(out)
end

-- The columns (from 0) where the characters of the bytes s..e begin and end, and the column of each character.
local function columns(list, s, e)
  local column, first, last = 0, nil, nil
  for i, char in ipairs(list) do
    char.column = column
    local next_at = list[i + 1] and list[i + 1].at or math.huge
    if next_at > s and not first then first = column end
    if char.at <= e or not last then last = column + char.width end
    column = column + char.width
  end
  return first, math.max(last, first + 1), column - 1
end

local function excerpt(text, s, e)
  local list = characters(text)
  local first, last, total = columns(list, s, e)
  local from, to = 0, total
  if total > WINDOW then
    from = math.max(0, math.min(first - BEFORE, total - WINDOW))
    to = from + WINDOW
  end
  local out, start = { from > 0 and "..." or "" }, nil
  for _, char in ipairs(list) do
    if char.column >= from and char.column + char.width <= to and char.shown ~= "" then
      start = start or char.column
      out[#out + 1] = char.shown
    end
  end
  if to < total then out[#out + 1] = "..." end
  local indent = first - (start or 0) + (from > 0 and 3 or 0)
  local carets = math.max(1, math.min(last, math.max(to, first + 1)) - first)
  return table.concat(out), (" "):rep(indent) .. ("^"):rep(carets)
end

--- The whole message for a failure in `text`.
function diagnostics.format(failure, text)
  if not text:find "%S" then return failure.text end
  local line, carets = excerpt(text, failure.s, failure.e)
  local out = { failure.text, "  " .. line, "  " .. carets }
  if failure.hint then out[#out + 1] = "  hint: " .. failure.hint end
  return table.concat(out, "\n")
end

return diagnostics
