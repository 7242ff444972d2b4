-- SPDX-License-Identifier: GPL-3.0-or-later
-- The list that a second TAB shows: what each word means beside it, as far as the screen is wide.
local core = require "memsh.core"

local menu = {}

-- With more words than this, and than two screens have lines, only short meanings are shown.
local MOST <const> = 40
local GAP <const> = 2
local SHORT <const> = 16

local width_of = core.display_width

-- Escaped text cut at its end to at most `columns`, between characters.
local function cut(text, columns)
  if width_of(text) <= columns then return text end
  local mark = core.escape "…" == "…" and "…" or "..."
  local room, out, used = columns - width_of(mark), {}, 0
  for _, code in utf8.codes(text) do
    local character = utf8.char(code)
    used = used + width_of(character)
    if used > room then break end
    out[#out + 1] = character
  end
  return table.concat(out):gsub("%s+$", "") .. mark
end

local function padded(text, columns)
  return text .. (" "):rep(columns - width_of(text))
end

-- In columns, down and then right.
local function in_columns(words, width)
  local widest = 1
  for i, word in ipairs(words) do
    words[i] = cut(word, width)
    widest = math.max(widest, width_of(words[i]))
  end
  local across = math.max(1, (width + GAP) // (widest + GAP))
  local down = -(-#words // across)
  local lines = {}
  for row = 1, down do
    local cells = {}
    for at = row, #words, down do cells[#cells + 1] = at + down <= #words and padded(words[at], widest) or words[at] end
    lines[row] = table.concat(cells, (" "):rep(GAP))
  end
  return lines
end

-- How a word is called, and what it means.
local function parts(word, about)
  if type(about) == "table" then return core.escape(about[1]), core.escape(about[2]) end
  return core.escape(word), about and core.escape(about) or ""
end

local function with_meanings(words, about, width)
  local left, right, widest = {}, {}, 1
  for i, word in ipairs(words) do
    left[i], right[i] = parts(word, about[word])
    left[i] = cut(left[i], width // 2)
    widest = math.max(widest, width_of(left[i]))
  end
  local lines = {}
  for i in ipairs(words) do
    local text = right[i] == "" and left[i] or padded(left[i], widest + GAP) .. right[i]
    lines[i] = cut(text, width)
  end
  return lines
end

-- Many words; with what they mean where that is as short as a name.
local function many(words, about, width)
  local cells, hidden = {}, false
  for i, word in ipairs(words) do
    local _, right = parts(word, about[word])
    local is_short = type(about[word]) == "string" and width_of(right) <= SHORT
    hidden = hidden or right ~= "" and not is_short
    cells[i] = core.escape(word) .. (is_short and " " .. right or "")
  end
  local lines = in_columns(cells, width)
  if hidden then lines[#lines + 1] = "(a letter more or two, and the list says what each means)" end
  return lines
end

--- The lines to show.
---@param words string[]
---@param candidates memsh.Words
---@param width integer columns of the screen
---@param height integer
---@return string
function menu.text(words, candidates, width, height)
  width = math.max(20, width - 1) -- the last column makes some terminals wrap
  local explained = next(candidates.about) ~= nil and #words <= math.max(MOST, 2 * height)
  local lines = (explained and with_meanings or many)(words, candidates.about, width)
  lines[#lines + 1] = candidates.note
  return table.concat(lines, "\n")
end

--- Shows them where the prompt is.
---@param words string[]
---@param candidates memsh.Words
function menu.show(words, candidates)
  local out = core.sink_stdout()
  local text = menu.text(words, candidates, out:width(), out:height())
  if not out:is_tty() then return core.note(text) end
  out:print(text .. "\n")
  out:flush()
end

return menu
