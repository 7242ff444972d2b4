-- SPDX-License-Identifier: GPL-3.0-or-later
-- A row set as the chain that makes it, as it could be written.
local sorted_keys = require "memsh.util.sorted_keys"

local to_text = {}

local function argument_text(argument)
  if type(argument) == "string" then return ("%q"):format(argument) end
  if type(argument) == "table" then
    local parts = {}
    for i, part in ipairs(argument) do parts[i] = argument_text(part) end
    local names = sorted_keys(argument, function(name) return type(name) == "string" end)
    for i, name in ipairs(names) do names[i] = ("%s = %s"):format(name, argument_text(argument[name])) end
    if #names > 0 then parts[#parts + 1] = "{" .. table.concat(names, ", ") .. "}" end
    return table.concat(parts, ", ")
  end
  return type(argument) == "number" and tostring(argument) or type(argument)
end

local function stage_text(stage)
  local arguments = {}
  if stage.op == "join" then arguments[1] = to_text.text(stage.other) end
  if stage.text ~= nil or stage.n then arguments[#arguments + 1] = argument_text(stage.text or stage.n) end
  if stage.others then arguments[#arguments + 1] = "{others = true}" end
  local text = (":%s(%s)"):format(stage.op, table.concat(arguments, ", "))
  for _, one in ipairs(stage.grouping and stage.grouping.aggregates or {}) do
    local what = one.term.text or "function"
    if one.name ~= what then what = one.name .. "=" .. what end
    text = ("%s:%s(%q)"):format(text, one.how, what)
  end
  return text
end

local function source_text(from)
  if from.kind == "list" then return ("%d rows"):format(#from.rows) end
  local text = from.of and to_text.text(from.of) .. ":describe()" or from.kind
  if not from.over then return text end
  local options = argument_text(from.over)
  return ("%s:over%s"):format(text, options ~= "" and options or "{}")
end

--- The chain of a set.
function to_text.text(set)
  local parts = { source_text(set.from) }
  for i, stage in ipairs(set.stages) do parts[i + 1] = stage_text(stage) end
  return table.concat(parts)
end

return to_text
