-- SPDX-License-Identifier: GPL-3.0-or-later
-- A local of the prompt would be gone with its line. So a `local` that is in no block is taken away, and its
-- names are kept for the session, over the globals and hidden from everything but the prompt.
local tokens = require "memsh.prompt.complete.tokens"

local locals = {}

local declared, values = {}, {}

--- The environment of the prompt's entries.
locals.env = setmetatable({}, {
  __index = function(_, name)
    if declared[name] then return values[name] end
    return _G[name]
  end,
  __newindex = function(_, name, value)
    if declared[name] then values[name] = value else _G[name] = value end
  end,
})

--- Names that are kept, and their values: for completion, which runs nothing.
locals.values = values

--- Keeps names from here on. Gives those that are new.
---@param names string[]
---@return string[]
function locals.declare(names)
  local new = {}
  for _, name in ipairs(names) do
    local is_answer = name == "_" -- `local _, x = f()` must not hide the answers to come
    if not declared[name] and not is_answer then new[#new + 1] = name end
    declared[name] = not is_answer or nil
  end
  return new
end

--- Gives up the names that got no value.
---@param names string[]
function locals.drop(names)
  for _, name in ipairs(names) do
    if values[name] == nil then declared[name] = nil end
  end
end

local DEPTH <const> = { ["function"] = 1, ["do"] = 1, ["if"] = 1, ["repeat"] = 1, ["end"] = -1, ["until"] = -1 }

-- The names after the `local` at `i`: them, what to cut out, the last token of the list; nil where one is <close> or
-- _ENV, which must stay what they are.
local function list_of(list, i)
  local names, cuts, at = {}, {}, i + 1
  while list[at] and list[at].kind == "name" and not list[at].keyword do
    if list[at].text == "_ENV" then return nil end
    names[#names + 1] = list[at].text
    if list[at + 1] and list[at + 1].text == "<" and list[at + 3] and list[at + 3].text == ">" then
      if list[at + 2].text == "close" then return nil end
      cuts[#cuts + 1] = { list[at + 1].at, list[at + 3].last }
      at = at + 3
    end
    if not (list[at + 1] and list[at + 1].text == ",") then break end
    at = at + 2
  end
  return names, cuts, at
end

local function blank(text, from, to)
  return text:sub(1, from - 1) .. (" "):rep(to - from + 1) .. text:sub(to + 1)
end

-- What to do at the `local` at `i`: { blanks..., insert = place, names = }.
local function edit_at(list, i)
  local edit = { { list[i].at, list[i].last }, names = {} }
  local following = list[i + 1]
  if following and following.text == "function" then
    edit.names[1] = list[i + 2] and list[i + 2].text
    return edit.names[1] and edit
  end
  local names, cuts, last = list_of(list, i)
  if not names or #names == 0 then return nil end
  table.move(cuts, 1, #cuts, 2, edit)
  edit.names = names
  if not (list[last + 1] and list[last + 1].text == "=") then edit.insert = list[last] and list[last].last end
  return edit
end

--- The text without the word `local` where it is in no block, and the names that it made. Places in a line stay
--- what they were, up to a local without a value.
---@param text string
---@return string text
---@return string[] names
function locals.rewrite(text)
  if not text:find("local", 1, true) then return text, {} end
  local list, names, depth, edits = tokens.scan(text), {}, 0, {}
  for i, token in ipairs(list) do
    if token.keyword and depth == 0 and token.text == "local" then edits[#edits + 1] = edit_at(list, i) end
    if token.keyword then depth = depth + (DEPTH[token.text] or 0) end
  end
  for i = #edits, 1, -1 do
    local edit = edits[i]
    if edit.insert then text = text:sub(1, edit.insert) .. " = nil" .. text:sub(edit.insert + 1) end
    for _, place in ipairs(edit) do text = blank(text, place[1], place[2]) end
    table.move(edit.names, 1, #edit.names, #names + 1, names)
  end
  return text, names
end

return locals
