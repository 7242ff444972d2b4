-- SPDX-License-Identifier: GPL-3.0-or-later
local core = require "memsh.core"

--- The text as lines that fit `width` columns; a word that does not fit has a line of its own.
---@param text string
---@param width integer
---@return string[]
return function(text, width)
  local lines, used = { "" }, 0
  for word in text:gmatch "%S+" do
    local columns = core.display_width(word)
    if used == 0 then
      lines[#lines], used = word, columns
    elseif used + 1 + columns > width then
      lines[#lines + 1], used = word, columns
    else
      lines[#lines], used = lines[#lines] .. " " .. word, used + 1 + columns
    end
  end
  return lines
end
