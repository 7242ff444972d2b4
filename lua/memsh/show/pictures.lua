-- SPDX-License-Identifier: GPL-3.0-or-later
-- What tables show otherwise than data formats do: a name for what has none, and command lines as people know them.
local spark = require "memsh.util.lazy" "memsh.show.spark"

local pictures = {}

local MOST <const> = 60 -- characters of a command line that nobody asked for by show

local BLANKS <const> = { unit = "(none)", container = "(none)", pod = "(none)" }

-- What an empty text in a column is shown as; nil: as it is.
local function blank_of(set, term)
  local name = term.fields and #term.fields == 1 and term.fields[1]
  local field = name and set.schema:field(name)
  return field and (field.blank or BLANKS[name])
end

-- Numbers at several moments as small bars.
local function drawn(set, term)
  local name = term.fields and #term.fields == 1 and term.fields[1]
  local field = name and set.schema:field(name)
  if not (field and field.is_spark) then return nil end
  local made = { unit = "text", value = function(row)
    local value = term.value(row)
    return type(value) == "table" and spark()(value) or value
  end }
  return setmetatable(made, { __index = term })
end

-- /usr/sbin/nginx -g 'daemon off;' without the directory, and no longer than MOST.
local function command(text)
  text = text:gsub("^/%S*/(%S)", "%1")
  if not utf8.len(text) then return #text > MOST and text:sub(1, MOST - 3) .. "..." or text end
  local last = utf8.offset(text, MOST + 1)
  return last and last <= #text and text:sub(1, utf8.offset(text, MOST - 2) - 1) .. "..." or text
end

local function with_value(term, change)
  local value_of, made = term.value, {}
  for key, value in pairs(term) do made[key] = value end
  function made.value(row)
    local value = value_of(row)
    return type(value) == "string" and change(value) or value
  end
  return made
end

local function has_show(set)
  for _, stage in ipairs(set.stages) do
    if stage.op == "show" then return true end
  end
  return false
end

-- Those of the columns that nobody asked for by show for which a terminal has room, and what is said of the others.
local function that_fit(set, terms, sink)
  local narrow, list = set.schema.narrow, {}
  if not narrow or not sink or not sink:is_tty() or sink:width() >= narrow.width or has_show(set) then return terms end
  for _, term in ipairs(terms) do
    if (" " .. narrow.columns .. " "):find(" " .. term.name .. " ", 1, true) then list[#list + 1] = term end
  end
  return list, narrow.note
end

--- The columns of a set as a table has them.
---@param set memsh.RowSet
---@param terms memsh.Term[]
---@param sink any that of a table whose columns are beside each other; false: each value has a line
---@return memsh.Term[]
---@return string|nil note what is said of those that a narrow terminal has no room for
function pictures.terms(set, terms, sink)
  local list, fitting, note = {}, that_fit(set, terms, sink)
  for i, term in ipairs(fitting) do
    local blank = blank_of(set, term)
    list[i] = drawn(set, term) or term
    if blank then
      list[i] = with_value(term, function(value) return value == "" and blank or value end)
    elseif term.usual and term.name == "cmdline" then
      list[i] = with_value(term, command)
    end
  end
  return list, note
end

return pictures
