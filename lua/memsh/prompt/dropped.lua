-- SPDX-License-Identifier: GPL-3.0-or-later
-- A script in which rows are asked for and shown nowhere: `procs:top(3)` in a line of its own does nothing at all.
local core = require "memsh.core"

local dropped = {}

local ROOTS <const> = { procs = true, maps = true, cgroups = true }
local OPEN <const> = { ["("] = 1, ["{"] = 1, ["["] = 1, [")"] = -1, ["}"] = -1, ["]"] = -1 }
local BEGIN <const> = { ["then"] = true, ["do"] = true, ["else"] = true, ["repeat"] = true, ["end"] = true,
  ["true"] = true, ["false"] = true, ["nil"] = true }
local COMPLETE <const> = { [")"] = true, ["]"] = true, ["}"] = true, [";"] = true, ["::"] = true, ["..."] = true }

-- Whether a name after this token begins a statement.
local function ends_one(token)
  if not token then return true end
  if token.kind == "name" then return not token.keyword or BEGIN[token.text] end
  return token.kind ~= "op" or COMPLETE[token.text]
end

-- The last method of the chain whose root is at `i`, and the token after it.
local function chain(list, i)
  local method, depth = nil, 0
  for at = i + 1, #list do
    local token = list[at]
    local text = token.kind == "op" and token.text
    if depth == 0 and text == ":" then method = list[at + 1] and list[at + 1].text end
    local goes_on = depth > 0 or OPEN[text] or text == ":" or text == "." or token.kind == "string"
      or list[at - 1].text == ":" or list[at - 1].text == "."
    if not goes_on then return method, token end
    depth = depth + (OPEN[text] or 0)
  end
  return method, nil
end

local function line_of(text, at)
  return select(2, text:sub(1, at):gsub("\n", "")) + 1
end

--- The lines whose rows are made and dropped.
---@param text string a script
---@return integer[]
function dropped.lines(text)
  local found = {}
  if not text:find "procs%s*:" and not text:find "maps%s*:" and not text:find "cgroups%s*:" then return found end
  text = text:gsub("^#[^\n]*", "")
  local list = require("memsh.prompt.complete.tokens").scan(text)
  local verbs = require("memsh.catalogue.entries").rowset
  for i, token in ipairs(list) do
    if token.kind == "name" and ROOTS[token.text] and ends_one(list[i - 1]) then
      local method, after = chain(list, i)
      local verb = method and verbs[method]
      local is_used = after and (after.text == "=" or after.text == ",")
      if verb and verb.gives ~= "nil" and not is_used then found[#found + 1] = line_of(text, token.at) end
    end
  end
  return found
end

local said = {}

--- Says them, once for each script.
---@param name string
---@param text string|nil nil: it is in the file of that name
function dropped.say(name, text)
  if said[name] then return end
  said[name] = true
  text = text or require("memsh.prompt").read_file(name)
  for _, line in ipairs(text and dropped.lines(text) or {}) do
    core.note(("memsh: %s:%d: rows are asked for here and shown nowhere: print or return them"):format(name, line))
  end
end

return dropped
