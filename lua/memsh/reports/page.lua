-- SPDX-License-Identifier: GPL-3.0-or-later
-- `memsh NAME --help`.
local needs = require "memsh.reports.needs"

local page = {}

local WIDTH <const>, LEFT <const> = 80, 26

local function usage_of(made)
  if made.usage then return made.usage end
  local parts = {}
  if #made.options > 1 then parts[1] = "[OPTIONS]" end
  for _, argument in ipairs(made.args) do
    local text = argument.name:upper() .. (argument.many and "..." or "")
    parts[#parts + 1] = argument.optional and ("[%s]"):format(text) or text
  end
  return table.concat(parts, " ")
end

-- Lines that fit `width`; words that do not stand alone.
local function wrapped(text, width)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    if line ~= "" and #line + 1 + #word > width then
      lines[#lines + 1], line = line, word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  lines[#lines + 1] = line
  return lines
end

local function add_row(out, left, help)
  local lines = wrapped(help, WIDTH - LEFT)
  if #left + 2 > LEFT then
    out[#out + 1] = left
    left = ""
  end
  for i, line in ipairs(lines) do
    out[#out + 1] = ("%s%s"):format(i == 1 and left .. (" "):rep(LEFT - #left) or (" "):rep(LEFT), line)
  end
end

local function option_left(option)
  local left = "  " .. (option.short and "-" .. option.short or "  ")
  if option.long then left = left .. (option.short and ", --" or "  --") .. option.long end
  return option.type and left .. " " .. option.value or left
end

local function default_text(of)
  if of.default == nil or type(of.default) == "table" or not of.type then return "" end
  return (" (%s)"):format(tostring(of.default))
end

local function words_text(of)
  return of.type and of.type.words and ": " .. table.concat(of.type.words, ", ") or ""
end

local function add_options(out, made)
  out[#out + 1] = ""
  for _, argument in ipairs(made.args) do
    if argument.help then
      add_row(out, "  " .. argument.name:upper(), argument.help .. words_text(argument) .. default_text(argument))
    end
  end
  for _, option in ipairs(made.options) do
    add_row(out, option_left(option), option.help .. words_text(option) .. default_text(option))
  end
end

local function add_paragraphs(out, text)
  for paragraph in (text .. "\n\n"):gmatch "(.-)\n%s*\n" do
    if paragraph:find "%S" then
      out[#out + 1] = ""
      table.move(wrapped(paragraph, WIDTH), 1, WIDTH, #out + 1, out)
    end
  end
end

--- The text, without a newline at its end.
---@param made table what report.make gives
---@return string
function page.text(made)
  local use = ("  memsh %s %s"):format(made.command or made.name, usage_of(made))
  local out = { ("%s: %s"):format(made.name, made.summary), "", (use:gsub("%s+$", "")) }
  if made.more then add_paragraphs(out, made.more) end
  add_options(out, made)
  if #made.examples > 0 then
    out[#out + 1] = "\nFor example:"
    for _, example in ipairs(made.examples) do out[#out + 1] = "  " .. example end
  end
  local text = needs.text(made)
  if text then add_paragraphs(out, text) end
  return table.concat(out, "\n")
end

return page
