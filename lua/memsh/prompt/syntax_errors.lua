-- SPDX-License-Identifier: GPL-3.0-or-later
-- Makes a syntax error point at its place. Lua names the token it stumbled over and the line, not the column.
local diagnostics = require "memsh.expr.diagnostics"
local common_mistakes = require "memsh.util.common_mistakes"
local lazy = require "memsh.util.lazy"

local arguments = lazy "memsh.catalogue.arguments"

local syntax_errors = {}

-- procs:where swap > 0
local function argument_hint(text, line, at)
  if not text:find("function arguments expected", 1, true) then return nil end
  local bare = line:sub(at, at) == ":" and line:sub(1, at - 1):match ":%s*(%a+)%s*$"
  if bare then return ("a verb has brackets, or a text in quotes: %s()"):format(bare) end
  local last = at > #line and line:match "[:.]%s*(%a+)%s*$"
  if last then return arguments().as_called(last) end
  local verb = line:sub(1, at - 1):match "[:.]%s*(%a+)%s+$"
  return verb and arguments().hint(verb, line:sub(at):match "^(.-)%s*$")
end

-- The line and token of Lua's message: `input:3: ... near 'token'`.
local function parse(complaint)
  local line, text = complaint:match("^[^\n]-:(%d+): (.*)$")
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

local function places(source, token, first, last)
  local list, at = {}, first
  while true do
    local from, to = source:find(token, at, true)
    if not from or from > last then return list end
    list[#list + 1] = { from, to }
    at = from + 1
  end
end

-- Where the token is that the parser stopped at: the first one after which the text can be cut and still fails with
-- the same message. (Cut before that, it is merely unfinished.)
local function find(source, first, last, token, chunk, complaint)
  local list = places(source, token, first, last)
  local low, high = 1, #list + 1
  while low < high do
    local middle = (low + high) // 2
    local _, cut = load(source:sub(1, list[middle][2]), chunk, "t")
    if cut == complaint then high = middle else low = middle + 1 end
  end
  if list[low] then return list[low][1], list[low][2] end
end

-- The message with excerpt and caret, and how far into the source it points. The first `skip` bytes are not the
-- user's.
local function point(source, chunk, complaint, skip)
  local number, text, token = parse(complaint)
  local line, first = nth_line(source, number or 0)
  if not line or not token then return text or complaint, 0 end
  local from, to
  if token == "<eof>" then
    from = first + #line
    to = from
    text = text:gsub(" near <eof>$", ": something is missing at the end")
  else
    from, to = find(source, first, first + #line - 1, token, chunk, complaint)
  end
  if not from then return text, 0 end
  local character = source:match("^[\xc2-\xf4][\x80-\xbf]+", from)
  if character and token == character:sub(1, 1) and utf8.len(character) then
    to = from + #character - 1
    text = text:gsub("'<\\%d+>'$", "'" .. character .. "'")
  end
  if text:find("invalid escape sequence", 1, true) then -- the token is the text up to it
    from = to - #token:match "\\?[^\\]?$" + 1
    text = ("invalid escape sequence '%s'"):format(source:sub(from, to))
  end
  local hidden = first == 1 and skip or 0
  local place = { text = text, s = from - first + 1 - hidden, e = to - first + 1 - hidden }
  line = line:sub(hidden + 1)
  place.hint = argument_hint(text, line, place.s) or common_mistakes.hint(text, token, line, place.s)
  return diagnostics.format(place, line), from - skip
end

--- Explains why `source` does not compile. Where it was tried as an expression first, the reading that got
--- farther is the one that was meant.
---@param source string what was compiled
---@param chunk string its name, as for load: "=input"
---@param complaint string Lua's message
---@return string
function syntax_errors.explain(source, chunk, complaint)
  local best, position = point(source, chunk, complaint, 0)
  local head = "return "
  local _, other = load(head .. source, chunk, "t")
  if other and not other:find("<eof>", 1, true) then
    local text, at = point(head .. source, chunk, other, #head)
    if at > math.max(position, source:find("%S") or 1) then return text end
  end
  return best
end

return syntax_errors
