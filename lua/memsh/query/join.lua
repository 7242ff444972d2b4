-- SPDX-License-Identifier: GPL-3.0-or-later
-- a:join(b, "key"): rows of two sets that have the same key, side by side.
local evaluate = require "memsh.query.evaluate"
local made_rows = require "memsh.fields.made_rows"
local named_columns = require "memsh.fields.named_columns"
local schema = require "memsh.fields.schema"
local suggest = require "memsh.util.suggest"

local join = {}

-- A row of both. Fields of the left one win.
local Joined = {}

function Joined:__index(name)
  local left, right, fields = rawget(self, 1), rawget(self, 2), rawget(self, 3)
  if fields.left:field(name) then return left[name] end
  if fields.right:field(name) then return right[name] end
  local is_named, value = named_columns.read(self, name)
  if is_named then return value end
  if name == "partial" then return made_rows.partial(self) end
  suggest.no_field(name, "this row")
end

function Joined:__tostring()
  return ("row (%s, %s)"):format(tostring(rawget(self, 1)), tostring(rawget(self, 2)))
end

-- What is missing from either row is missing from both.
local function joined_row(left, right, fields)
  local row = setmetatable({ left, right, fields }, Joined)
  for side, one in ipairs { left, right } do
    for name, lack in pairs(made_rows.lacks(one)) do
      if side == 1 or not fields.left:field(name) then
        made_rows.lose(row, name, lack.missing, lack.why, lack.at_least)
      end
    end
  end
  return row
end

-- What a joined row has: the left set's fields, and of the other's those that the left lacks.
local function joined_schema(left, right)
  local fields, seen = {}, {}
  local function add(set, side)
    for _, name in ipairs(set.schema:names()) do
      local field = not seen[name] and set.schema:field(name)
      if field then
        seen[name] = true
        local get = schema.reader(field)
        fields[#fields + 1] = { name = name, type = field.type, meaning = field.meaning, process = {},
          sign = field.sign, about = field.about, no_bound = field.no_bound,
          get = function(row) return get(rawget(row, side)) end,
          lacks = field.lacks and function(row) return field.lacks(rawget(row, side)) end }
      end
    end
  end
  add(left, 1)
  add(right, 2)
  return schema.made(fields)
end

--- The stage of a join, and the schema after it.
function join.stage(left, right, key)
  local both = { left = left.schema, right = right.schema }
  local stage = { op = "join", set = left, other = right, text = key,
    terms = evaluate.keys(key, left.schema, {}),
    other_terms = evaluate.keys(key, right.schema, {}),
    combine = function(a, b) return joined_row(a, b, both) end }
  return stage, joined_schema(left, right)
end

return join
