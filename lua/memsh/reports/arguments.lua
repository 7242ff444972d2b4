-- SPDX-License-Identifier: GPL-3.0-or-later
-- The arguments of a report, read as its declaration says: options and arguments in any order, `--` ends the options,
-- -abc for -a -b -c, -nVALUE, --name=VALUE.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local suggest = require "memsh.util.suggest"

local memsh_options = lazy "memsh.options"

local arguments = {}

-- What is wrong with the command line goes up as a message; nothing else does.
local Refusal = {}

local function refuse(format, ...)
  error(setmetatable({ text = format:format(...) }, Refusal), 0)
end

local function find(made, field, name)
  for _, option in ipairs(made.options) do
    if option[field] == name then return option end
  end
  return nil
end

-- An option of memsh's own, which stands in the wrong place.
local function is_memshs(field, name)
  for _, option in ipairs(memsh_options().options) do
    if option[field] == name then return true end
  end
  return false
end

local function no_option(made, field, name)
  local shown = (field == "long" and "--" or "-") .. name
  local all = {}
  for _, option in ipairs(made.options) do all[#all + 1] = option.long end
  local near = field == "long" and suggest.nearest(name, all)
  if near then
    refuse("no option %s; did you mean --%s?", core.escape(shown), near)
  elseif is_memshs(field, name) then
    refuse("%s is memsh's own option: put it before %s", shown, made.name)
  end
  refuse("no option %s", core.escape(shown))
end

local function take(opt, option, text)
  local value = true
  if option.type then
    local message
    value, message = option.type.read(text)
    if value == nil then refuse("%s: %s", option.shown, message) end
  end
  if not option.many then
    opt[option.key] = value
  elseif option.type then
    table.insert(opt[option.key], value)
  else
    opt[option.key] = opt[option.key] + 1
  end
end

-- The value of an option that stands in an argument of its own.
local function next_value(state, option)
  state.at = state.at + 1
  local value = state.given[state.at]
  if value == nil then refuse("%s needs %s", option.shown, option.value) end
  return value
end

local function read_long(state, text)
  local name, value = text:match "^%-%-([^=]*)=?(.*)$"
  local has_value = text:find("=", 1, true) ~= nil
  local option = find(state.made, "long", name) or no_option(state.made, "long", name)
  if has_value and not option.type then refuse("--%s takes no value", option.long) end
  take(state.opt, option, option.type and not has_value and next_value(state, option) or value)
end

local function read_short(state, text)
  local at = 2
  while at <= #text do
    local letter = text:sub(at, at)
    local option = find(state.made, "short", letter) or no_option(state.made, "short", letter)
    at = at + 1
    if option.type then
      local rest = text:sub(at)
      take(state.opt, option, rest ~= "" and rest or next_value(state, option))
      return
    end
    take(state.opt, option)
  end
end

local function read_all(state)
  local operands, given = {}, state.given
  while state.at < #given do
    state.at = state.at + 1
    local text = given[state.at]
    if text == "--" then
      table.move(given, state.at + 1, #given, #operands + 1, operands)
      return operands
    elseif text:find "^%-%-" then
      read_long(state, text)
    elseif text:find "^%-." then
      read_short(state, text)
    else
      operands[#operands + 1] = text
    end
  end
  return operands
end

-- ---- what is no option

local function converted(argument, text)
  local value, message = argument.type.read(text)
  if value == nil then refuse("%s", message) end
  return value
end

local function read_operands(made, opt, operands)
  local at = 1
  for _, argument in ipairs(made.args) do
    local shown = argument.name:upper()
    if operands[at] == nil and not argument.optional then refuse("it needs %s", shown) end
    if argument.many then
      opt[argument.key] = {}
      for i = at, #operands do
        opt[i] = converted(argument, operands[i])
        table.insert(opt[argument.key], opt[i])
      end
      if #opt[argument.key] == 0 and argument.default ~= nil then opt[argument.key] = argument.default end
      return
    end
    if operands[at] ~= nil then opt[at] = converted(argument, operands[at]) end
    opt[argument.key] = opt[at] == nil and argument.default or opt[at]
    at = at + 1
  end
  if operands[at] ~= nil then
    refuse("'%s' is one argument too many", core.escape(operands[at]))
  end
end

local function set_defaults(made, opt)
  for _, option in ipairs(made.options) do
    if option.many then
      opt[option.key] = option.type and {} or 0
    elseif not option.type then
      opt[option.key] = false
    end
  end
end

-- A list that was not given has its default, too.
local function fill_in(made, opt)
  for _, option in ipairs(made.options) do
    local value = opt[option.key]
    if option.default ~= nil and (value == nil or (option.many and option.type and #value == 0)) then
      opt[option.key] = option.default
    end
  end
end

local function read(made, given)
  local opt = {}
  set_defaults(made, opt)
  local operands = read_all { made = made, opt = opt, given = given, at = 0 }
  if not opt.help then read_operands(made, opt, operands) end
  fill_in(made, opt)
  return opt
end

--- What the arguments mean; nil and a message where they are wrong.
---@param made table what report.make gives
---@param given string[]
---@return table|nil opt
---@return string|nil message
function arguments.read(made, given)
  local ok, result = pcall(read, made, given)
  if ok then return result end
  if getmetatable(result) == Refusal then return nil, result.text end
  error(result, 0)
end

return arguments
