-- SPDX-License-Identifier: GPL-3.0-or-later
-- The patterns of =~, !~ and match(): regular expressions, each compiled once.
local core = require "memsh.core"
local diagnostics = require "memsh.expr.diagnostics"

local patterns = {}

local MOST <const> = 64 -- compiled ones that are kept

-- Compiled ones, by whether the opposite is asked for.
local kept, count = { [true] = {}, [false] = {} }, 0

local function given_up(pattern)
  return function()
    core.note(("memsh: '%s' takes too long on some texts: whether they match is unknown (budget). A simpler pattern "
      .. "may help, or one that begins with ^"):format(diagnostics.quote(pattern:sub(1, 200))))
  end
end

--- A function that gives true or false for a text, or unknown (budget) where that would take too long; nil, a message
--- and the place of the byte for a malformed pattern.
---@param opposite boolean true where the text does not match
function patterns.compile(pattern, opposite)
  local known = kept[opposite][pattern]
  if known then return known end
  local matches, message, place = core.regex(pattern, opposite, given_up(pattern))
  if not matches then return nil, message, place end
  if count >= MOST then kept, count = { [true] = {}, [false] = {} }, 0 end
  kept[opposite][pattern], count = matches, count + 1
  return matches
end

-- Where the pattern is known by the row only.
local function of_row(opposite)
  return function(text, pattern)
    local matches, message = patterns.compile(pattern, opposite)
    if not matches then error(("malformed pattern '%s': %s"):format(diagnostics.quote(pattern), message), 0) end
    return matches(text)
  end
end

--- function(text, pattern), as those of patterns.compile.
patterns.match, patterns.differs = of_row(false), of_row(true)

--- What Lua's own patterns have, as in %d.
local CLASS <const> = "%%[adlsuwxpcgADLSUWXPCG]"
local said = false

--- What to say of a malformed pattern; nil where it is malformed by its size alone.
function patterns.hint(pattern, message)
  if message:find "too " then return nil end
  return pattern:find(CLASS) and "regular expressions write \\d, not %d"
    or "a backslash takes the next character as it is: \\. \\[ \\("
end

--- Says, once, that a pattern looks like one of Lua's.
function patterns.note_lua(pattern)
  local class = not said and pattern:match(CLASS)
  if not class then return end
  said = true
  core.note(("memsh: '%s' in a pattern is these two characters: regular expressions write \\d, not %%d"):format(class))
end

return patterns
