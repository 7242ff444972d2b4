-- SPDX-License-Identifier: GPL-3.0-or-later
-- The tokens of Lua text that may end anywhere, as far as completion needs to know them.
local tokens = {}

local KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then true
until while]]):gmatch "%a+" do
  KEYWORDS[word] = true
end

-- Where the long bracket at `at` ends, or nil; and where its content begins. Nothing if there is none.
local function long_bracket(text, at)
  local _, from, level = text:find("^%[(=*)%[", at)
  if not from then return false end
  local _, to = text:find("]" .. level .. "]", from + 1, true)
  return to, from + 1
end

-- Where the short text at `at` ends: after its quote, at the line's end, or nil.
local function short_text(text, at)
  local quote = text:sub(at, at)
  local i = at + 1
  while i <= #text do
    local c = text:sub(i, i)
    if c == quote or c == "\n" then return i end
    i = i + (c == "\\" and 2 or 1)
  end
end

-- Each reader takes the text and a place; gives the kind, the last index (nil: the text ends before), and where
-- the content begins.
local function read_comment(text, at)
  local to, from = long_bracket(text, at + 2)
  if from then return "comment", to, from end
  local line = text:find("\n", at, true)
  return "comment", line, at
end

local function read(text, at)
  local c = text:sub(at, at)
  if c:find "%s" then return "space", select(2, text:find("^%s+", at)) end
  if c:find "[%a_]" then return "name", select(2, text:find("^[%w_]+", at)) end
  if text:find("^%.?%d", at) then return "number", select(2, text:find("^%.?%d[%w.]*", at)) end
  if c == '"' or c == "'" then return "string", short_text(text, at), at + 1 end
  if text:find("^%-%-", at) then return read_comment(text, at) end
  local to, from = long_bracket(text, at)
  if from then return "string", to, from end
  for _, op in ipairs { "^%.%.%.", "^%.%.", "^::", "^[=~<>]=" } do
    local _, last = text:find(op, at)
    if last then return "op", last end
  end
  return "op", at
end

--- Reads `text`: its tokens, each with the places `at` and `last` of its bytes. The second result says where it ends:
--- in "code", in a "text" (the last token, whose `body` is what it holds so far) or in a "comment".
function tokens.scan(text)
  local list, at = {}, 1
  while at <= #text do
    local kind, last, from = read(text, at)
    if kind == "comment" and not last then return list, "comment" end
    if kind == "string" and not last then
      list[#list + 1] = { kind = "string", text = "", body = text:sub(from), at = at, last = #text }
      return list, "text"
    end
    if kind ~= "space" and kind ~= "comment" then
      local token = { kind = kind, text = text:sub(at, last), at = at, last = last }
      token.keyword = kind == "name" and KEYWORDS[token.text] or nil
      list[#list + 1] = token
    end
    at = last + 1
  end
  return list, "code"
end

return tokens
