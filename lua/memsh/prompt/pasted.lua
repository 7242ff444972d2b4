-- SPDX-License-Identifier: GPL-3.0-or-later
-- Several entries that were pasted at once: a terminal hands them over as one text, and as Lua two questions are a
-- mistake, or statements that show nothing.
local commands = require "memsh.prompt.commands"

local pasted = {}

local MOST_LINES <const> = 100 -- more is a script: each way to cut it is compiled

-- :sort"-rss" goes on from the last answer, as _:sort"-rss".
local function is_expression(text)
  return load("return " .. text:gsub("^%s*:%s*(%a)", "_:%1"), "=input", "t") ~= nil
end

local function is_command(text)
  return not text:find "\n" and commands.parse(text) ~= nil
end

-- The last line of the entry that begins with line `first`, and whether it is more than statements. As Lua, a line that
-- begins with a bracket would be what the line before it is called with; one with a colon or dot goes on.
local function entry_from(lines, first)
  local last, is_question
  for i = first, #lines do
    local text = table.concat(lines, "\n", first, i)
    local question = is_expression(text) or is_command(text)
    local goes_on = not last or is_question or lines[i]:find "^%s*[:.]"
    if goes_on and (question or not is_question and load(text, "=input", "t")) then
      last, is_question = i, is_question or question
    end
    if last == i and (lines[i + 1] or ""):find "^%s*%(" then break end
  end
  return last, is_question
end

--- The first entry of several that were pasted, and the rest; nil where the text is one entry, or cannot be cut into
--- entries.
---@param text string
---@return string|nil first
---@return string|nil rest
function pasted.cut(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  if #lines > MOST_LINES then return nil end
  local ends, any, first = {}, false, 1
  while first <= #lines do
    local last, is_question = entry_from(lines, first)
    if not last then return nil end
    ends[#ends + 1], any, first = last, any or is_question, last + 1
  end
  if #ends < 2 or not any then return nil end
  return table.concat(lines, "\n", 1, ends[1]), table.concat(lines, "\n", ends[1] + 1)
end

return pasted
