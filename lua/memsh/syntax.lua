-- SPDX-License-Identifier: GPL-3.0-or-later
-- Makes a syntax error point at its place. Lua names the token it stumbled over and the line, not the column.
local syntax = {}

--- The line and token of Lua's message: `input:3: ... near 'token'`.
local function parse(message)
  local line, text = message:match("^[^\n]-:(%d+): (.*)$")
  if not line then return nil end
  local token = text:match(" near '(.*)'$") or text:match(" near (<eof>)$")
  local byte = token and token:match("^<\\(%d+)>$") -- how Lua writes a character that begins no token
  return tonumber(line), text, byte and string.char(byte) or token
end

local function nth_line(source, wanted)
  local n, first = 1, 1
  for last, after in source:gmatch("()\n()") do
    if n == wanted then return source:sub(first, last - 1), first end
    n, first = n + 1, after
  end
  if n == wanted then return source:sub(first), first end
end

--- Where the token is that the parser stopped at: the text cut behind it fails with the same message.
local function find(source, first, last, token, chunk, message)
  local at = first
  while true do
    local from, to = source:find(token, at, true)
    if not from or from > last then return nil end
    local _, cut = load(source:sub(1, to), chunk, "t")
    if cut == message then return from, to end
    at = from + 1
  end
end

local function width(text)
  return utf8.len(text) or #text
end

--- The message with excerpt and caret, and how far into the source it points.
local function point(source, chunk, message)
  local number, text, token = parse(message)
  local line, first = nth_line(source, number or 0)
  if not line or not token then return text or message, 0 end
  local from, to
  if token == "<eof>" then
    from = first + #line
    to = from
    text = text:gsub(" near <eof>$", ": something is missing at the end")
  else
    from, to = find(source, first, first + #line - 1, token, chunk, message)
  end
  if not from then return text, 0 end
  to = math.min(to, first + #line)
  local before, marked = source:sub(first, from - 1), source:sub(from, to)
  local caret = (" "):rep(width(before)) .. ("^"):rep(math.max(1, width(marked)))
  return ("%s\n  %s\n  %s"):format(text, (line:gsub("[\t\r]", " ")), caret), from
end

--- Explains why `source` does not compile. Where it was tried as an expression first, the reading that got
--- farther is the one that was meant.
---@param source string what was compiled
---@param chunk string its name, as for load: "=input"
---@param message string Lua's message
---@return string
function syntax.explain(source, chunk, message)
  local best, position = point(source, chunk, message)
  local head = "return "
  local _, other = load(head .. source, chunk, "t")
  if other then
    local text, at = point(head .. source, chunk, other)
    if at - #head > math.max(position, source:find("%S") or 1) and not other:find("<eof>", 1, true) then
      text = text:gsub("\n  " .. head, "\n  ", 1):gsub("\n  (" .. (" "):rep(#head) .. ")( *%^)", "\n  %2", 1)
      return text
    end
  end
  return best
end

return syntax
