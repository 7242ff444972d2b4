-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a name means: a field, the kernel's label of one, or a column of another tool.
local field_docs = require "memsh.help.field_docs"
local lazy = require "memsh.util.lazy"
local other_tools = require "memsh.help.other_tools"

local moment_columns = lazy "memsh.query.moment_columns"

local lookup = {}

local function append(lines, more)
  if #lines > 0 and more[1]:find "^%S" then lines[#lines + 1] = "" end
  table.move(more, 1, #more, #lines + 1, lines)
end

-- `short` if the field of that name is above it.
local function tool_lines(tool, row, short)
  if short and not row.page then return { ("  in %s: %s"):format(tool, row.is) } end
  local lines = { ("%s (a column of %s)"):format(row.name, tool), "  " .. row.is }
  if row["not"] then lines[#lines + 1] = "  it is not " .. row["not"] end
  if row.page then lines[#lines + 1] = "  manual: " .. row.page end
  if row.field then lines[#lines + 1] = ("  in memsh: %s (%s)"):format(row.field, row.kind or "procs") end
  return lines
end

-- The descriptions of the fields that fit, each once.
local function add_fields(lines, fields, seen, fits)
  for _, doc in ipairs(fields) do
    if not seen[doc] and fits(doc) then
      seen[doc] = true
      append(lines, field_docs.lines(doc))
    end
  end
end

local function gather(fields, name, fold)
  local lines, seen = {}, {}
  local function same(text)
    return text and (fold and text:lower() or text) == name
  end
  add_fields(lines, fields, seen, function(doc) return same(doc.name) end)
  local short = #lines > 0
  for _, found in ipairs(other_tools.find(name, fold)) do append(lines, tool_lines(found.tool, found.row, short)) end
  add_fields(lines, fields, seen, function(doc) return doc.file ~= "stat" and same(doc.label) end)
  return lines
end

-- A column of :moments that is no field of anything else.
local function of_moments(name)
  for _, column in ipairs(moment_columns()) do
    if column[1] == name then return { ("%s (moments, %s)"):format(name, column[2]), "  " .. column[3] } end
  end
  return {}
end

--- The lines that explain a name, if it is one. Case counts only if something has exactly that name.
---@param name string
---@return string[]
function lookup.lines(name)
  local fields = field_docs.every()
  local lines = gather(fields, name)
  if #lines == 0 then lines = of_moments(name) end
  return #lines > 0 and lines or gather(fields, name:lower(), true)
end

--- Whether a field has exactly that name.
function lookup.knows(name)
  for _, doc in ipairs(field_docs.every()) do
    if doc.name == name then return true end
  end
  return false
end

--- All names, for suggestions.
---@return string[]
function lookup.names()
  local names = {}
  for i, doc in ipairs(field_docs.every()) do names[i] = doc.name end
  for _, row in other_tools.each() do names[#names + 1] = row.name end
  for _, column in ipairs(moment_columns()) do names[#names + 1] = column[1] end
  return names
end

return lookup
