-- SPDX-License-Identifier: GPL-3.0-or-later
-- A session as a script that does the same.
local commands = require "memsh.prompt.commands"
local core = require "memsh.core"
local entry = require "memsh.prompt.entry"
local tokens = require "memsh.prompt.complete.tokens"

local save = {}

local HEAD <const> = [[
#!/usr/bin/env memsh
-- saved by memsh %s
local memsh, keep = require "memsh", require("memsh.prompt.entry").keep
local function show(...)
  if select("#", ...) > 0 then keep((memsh.show(...))) end
end
]]

-- Fields and verbs of init.lua, which scripts do not run: so it is in the script, in a block of its own.
local INIT <const> = [[
do -- %s
%s
end
]]

local function init_text()
  local prompt = require "memsh.prompt"
  local text = prompt.init and prompt.read_file(prompt.init)
  return text and text:find "%S" and INIT:format(core.escape(prompt.init), (text:gsub("^#[^\n]*", ""))) or nil
end

local BLOCK <const> = { ["function"] = 1, ["do"] = 1, ["if"] = 1, ["repeat"] = 1, ["end"] = -1, ["until"] = -1 }

-- A `return` in no block would end the script.
local function returns(text)
  local depth = 0
  for _, token in ipairs((tokens.scan(text))) do
    if token.keyword and depth == 0 and token.text == "return" then return true end
    if token.keyword then depth = depth + (BLOCK[token.text] or 0) end
  end
  return false
end

-- The text without a semicolon at its end, and whether there was one. A comment after it goes.
local function without_mark(text)
  local list = tokens.scan(text)
  local last = list[#list]
  if last.text == ";" then return text:sub(1, list[#list - 1].last), true end
  return text:sub(1, last.last), false
end

local function of_command(good)
  local name, argument = commands.parse(good.text)
  local command = commands.find(name)
  return command and command.script and command.script(argument) or nil
end

local function lines_of(good)
  if good.kind == "command" then return of_command(good) end
  local text = good.code or good.text
  if good.kind == "statement" then
    return returns(text) and ("show((function()\n%s\nend)())"):format(text) or text
  end
  local expression, muted = without_mark(text)
  return muted and ("keep((%s))"):format(expression) or ("show(%s)"):format(expression)
end

--- The script, of how many entries it is made, and whether init.lua is in it.
---@return string text
---@return integer count
---@return boolean has_init
function save.text()
  local out, count = { HEAD:format(require("memsh.prompt").version), init_text() }, 0
  local has_init = out[2] ~= nil
  for _, good in ipairs(entry.good) do
    local text = lines_of(good)
    if text then
      out[#out + 1] = text .. "\n"
      count = count + 1
    end
  end
  return table.concat(out), count, has_init
end

-- What is no regular file loses nothing.
local function exists(path)
  local text, _, name = require("memsh.prompt").read_file(path)
  return text ~= nil or not (name == "ENOENT" or name == "ENOTDIR" or name == "EINVAL")
end

--- Writes it, whole or not at all. The number of entries and whether init.lua is in it, or nil, a message, a name.
---@param path string
---@param overwrite boolean whether a file of that name is replaced
function save.write(path, overwrite)
  local sink, message, name = core.sink_file(path) -- first: what can't be written is no file to be replaced
  if not sink then return nil, message, name end
  if not overwrite and exists(path) then
    sink:abandon()
    return nil, "it exists; :save! replaces it", "EEXIST"
  end
  local text, count, has_init = save.text()
  sink:print(text)
  local ok
  ok, message, name = sink:commit()
  if not ok then return nil, message, name end
  return count, has_init
end

return save
