-- SPDX-License-Identifier: GPL-3.0-or-later
-- verb("name", function(set, ...) ... end, "signature", "what it does"): verbs of one's own.
local core = require "memsh.core"
local names = require "memsh.catalogue.names"
local rowset = require "memsh.query.rowset"
local verbs = require "memsh.catalogue.verbs"

local function check_name(name)
  if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" then core.raise("verb takes a name, as in x_y2") end
  if not load("local _ = _:" .. name .. "()") then core.raise(("'%s' is a word of Lua's own"):format(name)) end
  if rawget(rowset.methods, name) and not (verbs[name] and verbs[name].own) then
    core.raise(("row sets have a '%s' already; choose another name"):format(name))
  end
end

-- How it is called, and what is typed behind its name.
local function check_signature(name, signature)
  local after = type(signature) == "string" and signature:match("^" .. name .. "%s*([%(\"{])")
  if not after then
    core.raise(("the signature says how it is called, as in '%s(N)' or '%s\"FIELD\"'"):format(name, name))
  end
  return after
end

--- Adds a verb to row sets, or replaces one that was added.
---@param name string
---@param method fun(set: memsh.RowSet, ...: any): any
---@param signature string how it is called: "biggest(N)"
---@param meaning string what it does, in one line
return function(name, method, signature, meaning)
  check_name(name)
  if type(method) ~= "function" then core.raise("verb takes a function(set, ...) behind the name") end
  local after = check_signature(name, signature)
  if type(meaning) ~= "string" or meaning == "" then core.raise("the last thing that verb takes is what it does") end
  verbs[name] = { signature, meaning, own = true }
  names.rowset[name] = after
  rowset.add(name, method)
end
