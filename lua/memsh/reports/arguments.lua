-- SPDX-License-Identifier: GPL-3.0-or-later
-- Reads the arguments of a report: options and arguments in any order, `--` ends the options, -abc for -a -b -c,
-- -nVALUE, --name=VALUE.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local suggest = require "memsh.util.suggest"

local memsh_options = lazy "memsh.options"

local arguments = {}

-- The error that says what is wrong with the command line.
local Refusal = {}

local function refuse(format, ...)
  error(setmetatable({ text = format:format(...) }, Refusal), 0)
end

local function find(of, field, name)
  for _, option in ipairs(of.options) do
    if option[field] == name then return option end
  end
  return nil
end

local function no_option(made, field, name)
  local shown, all = (field == "long" and "--" or "-") .. name, {}
  for _, option in ipairs(made.options) do all[#all + 1] = option.long end
  local near = field == "long" and suggest.nearest(name, all)
  if not near and find(memsh_options(), field, name) then
    refuse("%s is memsh's own option: put it before %s", shown, made.name)
  end
  refuse("no option %s%s", core.escape(shown), near and ("; did you mean --%s?"):format(near) or "")
end

local function converted(one, text)
  local value, message = one.type.read(text)
  if value == nil then refuse("%s%s", one.shown and one.shown .. ": " or "", message) end
  return value
end

-- Several process ids may be one word, 1,1065, as procps takes them.
local function add_all(list, one, text)
  if one.type.name ~= "pid" or not text:find "," then return table.insert(list, converted(one, text)) end
  for part in (text .. ","):gmatch "(.-)," do table.insert(list, converted(one, part)) end
end

local function take(opt, option, text)
  if option.many and option.type then
    opt[option.key] = opt[option.key] or {}
    add_all(opt[option.key], option, text)
  elseif option.many then
    opt[option.key] = (opt[option.key] or 0) + 1
  else
    opt[option.key] = not option.type or converted(option, text)
  end
end

local function next_value(state, option)
  state.at = state.at + 1
  local value = state.given[state.at]
  if value == nil then refuse("%s needs %s", option.shown, option.value) end
  return value
end

local function read_long(state, text)
  local name, equals, value = text:match "^%-%-([^=]*)(=?)(.*)$"
  local option = find(state.made, "long", name) or no_option(state.made, "long", name)
  if equals ~= "" and not option.type then refuse("--%s takes no value", option.long) end
  take(state.opt, option, option.type and equals == "" and next_value(state, option) or value)
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

-- ---- arguments that are not options

local function read_operands(made, opt, operands)
  local at = 1
  for _, argument in ipairs(made.args) do
    local shown = argument.name:upper()
    if operands[at] == nil and not argument.optional then refuse("it needs %s", shown) end
    if argument.many then
      opt[argument.key] = {}
      for i = at, #operands do add_all(opt[argument.key], argument, operands[i]) end
      table.move(opt[argument.key], 1, #opt[argument.key], at, opt)
      if #opt[argument.key] == 0 and argument.default ~= nil then opt[argument.key] = argument.default end
      return
    end
    if operands[at] ~= nil then opt[at] = converted(argument, operands[at]) end
    opt[argument.key] = opt[at] == nil and argument.default or opt[at]
    at = at + 1
  end
  if operands[at] ~= nil then
    local output = find(made, "long", "output")
    refuse("'%s' is one argument too many%s", core.escape(operands[at]),
      output and ("; -o %s names what is written"):format(output.value) or "")
  end
end

-- The value of an option that was not given.
local function default_of(option)
  if not option.type then return option.many and 0 or false end
  if option.default == nil and option.many then return {} end
  return option.default
end

local function read(made, given)
  local opt = {}
  local operands = read_all { made = made, opt = opt, given = given, at = 0 }
  if not opt.help then read_operands(made, opt, operands) end
  for _, option in ipairs(made.options) do
    if opt[option.key] == nil then opt[option.key] = default_of(option) end
  end
  return opt
end

--- What the arguments mean; nil and a message if they are wrong.
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
