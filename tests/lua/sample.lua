-- SPDX-License-Identifier: GPL-3.0-or-later
-- Rows and schemas for tests of expressions: rows are Lua tables, so that a test can say what is known in them.
local core = require "memsh.core"

local sample = {}

sample.types = {
  pid = "integer", threads = "count", rss = "bytes", swap = "bytes", pss = "bytes", comm = "text", user = "text",
  exe = "path", age = "seconds", start_time = "time", deleted = "boolean", stopped = "boolean", addr = "addr",
  addr_end = "addr", argv = "list", mem_percent = "percent", odd = "any",
}

local MAPPINGS = { path = "path", size = "bytes", kind = "text", inode = "integer" }

local function schema(kind, types, describe)
  local names = {}
  for name in pairs(types) do names[#names + 1] = name end
  table.sort(names)
  return {
    kind = kind,
    field = function(_, name) return types[name] and describe(name, types[name]) or nil end,
    names = function() return names end,
  }
end

local MAPS = schema("mappings", MAPPINGS, function(name, type) return { name = name, type = type } end)

--- Fields are read one by one, row.name.
sample.slow = schema("processes", sample.types, function(name, type) return { name = name, type = type } end)
sample.slow.other = MAPS

--- Fields have ids, for core.fetch; `pss` and `mem_percent` are derived.
local ids, name_of = {}, {}
for i, name in ipairs(sample.slow:names()) do
  ids[name], name_of[i] = i, name
end
sample.quick = schema("processes", sample.types, function(name, type)
  if name == "pss" or name == "mem_percent" then
    return { name = name, type = type, get = function(row) return row[name] end }
  end
  return { name = name, type = type, id = ids[name] }
end)
sample.quick.other = MAPS

--- Grouped rows: their columns may have any name.
function sample.grouped(types)
  return schema("rows", types, function(name, type) return { name = name, type = type } end)
end

--- What core.fetch does, for rows that are tables. `fetched` counts.
sample.fetched = 0
local function fetch(row, ...)
  local out, n = {}, select("#", ...)
  sample.fetched = sample.fetched + 1
  for i = 1, n do
    local value = row[name_of[(select(i, ...))]]
    if value == nil or core.is_unknown(value) then return nil end
    out[i] = value
  end
  return table.unpack(out, 1, n)
end

--- Runs f while core.fetch takes such rows.
function sample.with_fetch(f)
  local real = core.fetch
  core.fetch = fetch
  local ok, problem = pcall(f)
  core.fetch = real
  if not ok then error(problem, 0) end
end

return sample
