-- SPDX-License-Identifier: GPL-3.0-or-later
-- `memsh NAME --help`.
local needs = require "memsh.reports.needs"
local types = require "memsh.reports.types"
local wrapped = require "memsh.util.wrap"

local page = {}

local WIDTH <const>, LEFT <const> = 80, 26

--- Its options and arguments, after the name.
function page.usage(made)
  if made.usage then return made.usage end
  local parts = {}
  if #made.options > 1 then parts[1] = "[OPTIONS]" end
  for _, argument in ipairs(made.args) do
    local text = argument.name:upper() .. (argument.many and "..." or "")
    parts[#parts + 1] = argument.optional and ("[%s]"):format(text) or text
  end
  return table.concat(parts, " ")
end

local function add_row(out, left, help)
  local lines = wrapped(help, WIDTH - LEFT)
  if #left + 2 > LEFT then
    out[#out + 1], left = left, ""
  end
  for i, line in ipairs(lines) do
    if i > 1 then left = "" end
    out[#out + 1] = left .. (" "):rep(LEFT - #left) .. line
  end
end

--- An option as it is written: "-n, --count N".
function page.option(option)
  local parts = {}
  if option.short then parts[1] = "-" .. option.short end
  if option.long then parts[#parts + 1] = "--" .. option.long end
  return table.concat(parts, ", ") .. (option.type and " " .. option.value or "")
end

local function option_left(option)
  return (option.short and "  " or "      ") .. page.option(option)
end

--- Its help, the words that it may be, its default.
function page.help_of(one)
  local words = one.type and one.type.words and ": " .. table.concat(one.type.words, ", ") or ""
  local has_default = one.type and one.default ~= nil and type(one.default) ~= "table"
  local default = has_default and types.shown(one.type, one.default)
  return one.help .. words .. (default and (" (%s)"):format(default) or "")
end

local function add_options(out, made)
  out[#out + 1] = ""
  for _, argument in ipairs(made.args) do
    if argument.help then add_row(out, "  " .. argument.name:upper(), page.help_of(argument)) end
  end
  for _, option in ipairs(made.options) do add_row(out, option_left(option), page.help_of(option)) end
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
  local use = ("  memsh %s %s"):format(made.command or made.name, page.usage(made))
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
