-- SPDX-License-Identifier: GPL-3.0-or-later
-- What tables show otherwise than data formats do: a name for what has none, and command lines as people know them.
local pictures = {}

local MOST <const> = 60 -- characters of a command line that nobody asked for by show

local BLANKS <const> = { unit = "(none)", container = "(none)", pod = "(none)" }

-- What an empty text in a column is shown as; nil: as it is.
local function blank_of(set, term)
  local name = term.fields and #term.fields == 1 and term.fields[1]
  local field = name and set.schema:field(name)
  return field and (field.blank or BLANKS[name])
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

--- The columns of a set as a table has them.
---@param set memsh.RowSet
---@param terms memsh.Term[]
---@return memsh.Term[]
function pictures.terms(set, terms)
  local list = {}
  for i, term in ipairs(terms) do
    local blank = blank_of(set, term)
    list[i] = term
    if blank then
      list[i] = with_value(term, function(value) return value == "" and blank or value end)
    elseif term.usual and term.name == "cmdline" then
      list[i] = with_value(term, command)
    end
  end
  return list
end

return pictures
