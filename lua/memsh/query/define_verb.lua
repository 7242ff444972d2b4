-- SPDX-License-Identifier: GPL-3.0-or-later
-- verb("name", function(set, ...) ... end, "signature", "what it does"): the user's own verbs.
local core = require "memsh.core"
local entries = require "memsh.catalogue.entries"
local rowset = require "memsh.query.rowset"

local function check_name(name)
  if not name:find "^[%a_][%w_]*$" then core.raise("verb takes a name, as in x_y2") end
  if not load("local _ = _:" .. name .. "()") then core.raise(("'%s' is a word of Lua"):format(name)) end
  if rawget(rowset.methods, name) and not (entries.rowset[name] and entries.rowset[name].own) then
    core.raise(("row sets have a '%s' already; choose another name"):format(name))
  end
end

local function check_signature(name, signature)
  if not signature:find("^" .. name .. "%s*[%(\"{]") then
    core.raise(("the signature says how it is called, as in '%s(N)' or '%s\"FIELD\"'"):format(name, name))
  end
end

--- Adds a verb to row sets, or replaces one that was added.
---@param signature string how it is called: "biggest(N)"
---@param meaning string what it does, in one line
return function(name, method, signature, meaning)
  check_name(name)
  check_signature(name, signature)
  if meaning == "" then core.raise("the last argument of verb says what it does") end
  entries.rowset[name] = { name, call = signature, meaning = meaning, own = true, place = math.huge }
  rowset.add(name, method)
end
