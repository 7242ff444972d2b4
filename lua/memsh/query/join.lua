-- SPDX-License-Identifier: GPL-3.0-or-later
-- a:join(b, "key"): rows of two sets that have the same key, side by side.
local evaluate = require "memsh.query.evaluate"
local schema = require "memsh.fields.schema"
local suggest = require "memsh.util.suggest"

local join = {}

-- A row of both. Fields of the left one win.
local Joined = {}

function Joined:__index(name)
  local left, right, fields = rawget(self, 1), rawget(self, 2), rawget(self, 3)
  if fields.left:field(name) then return left[name] end
  if fields.right:field(name) then return right[name] end
  suggest.no_field(name, "this row")
end

function Joined:__tostring()
  return ("row (%s, %s)"):format(tostring(rawget(self, 1)), tostring(rawget(self, 2)))
end

-- What is partial in either row, by field; `what`: "partial" (how much is missing) or "bounds" (why).
local function merged_of(what, left, right, left_fields)
  local merged
  for side, row in ipairs { left, right } do
    for name, missing in pairs(type(row) == "table" and rawget(row, what) or {}) do
      if side == 1 or not left_fields:field(name) then
        merged = merged or {}
        merged[name] = missing
      end
    end
  end
  return merged
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
          sign = field.sign, about = field.about, get = function(row) return get(rawget(row, side)) end,
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
    terms = evaluate.terms(key, left.schema, {}),
    other_terms = evaluate.terms(key, right.schema, {}),
    combine = function(a, b)
      return setmetatable({ a, b, both, partial = merged_of("partial", a, b, both.left),
        bounds = merged_of("bounds", a, b, both.left) }, Joined)
    end }
  return stage, joined_schema(left, right)
end

return join
