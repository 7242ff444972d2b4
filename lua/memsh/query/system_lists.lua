-- SPDX-License-Identifier: GPL-3.0-or-later
-- sys.nodes, sys.hugepages, sys.swaps, sys.zram: arrays of tables, in the kernel's order, that have the verbs of row
-- sets, too: sys.swaps:where"used > 0".
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local made_rows = require "memsh.fields.made_rows"
local rowset = require "memsh.query.rowset"
local schema = require "memsh.fields.schema"

-- The columns of each: { name, type, meaning, key } where the array has it under another key.
local COLUMNS <const> = {
  nodes = {
    { "node", "integer", "number of the node" },
    { "mem_total", "bytes", "its memory", "total" },
    { "mem_free", "bytes", "what is free of it", "free" },
    { "mem_used", "bytes", "mem_total less mem_free, caches included", "used" },
    { "file_pages", "bytes", "page cache, mapped or not, shmem included", "file" },
    { "anon_pages", "bytes", "anonymous memory that is mapped", "anon" },
    { "shmem", "bytes", "shared memory and tmpfs files" },
    { "slab", "bytes", "the kernel's small objects" },
    { "huge_pages_total", "count", "pages of the pools, of the default size" },
    { "huge_pages_free", "count", "those of them that are free" },
  },
  hugepages = {
    { "size", "bytes", "size of a page of the pool" },
    { "total", "count", "pages of the pool" },
    { "free", "count", "those of them that are free" },
    { "reserved", "count", "free ones that are promised already" },
    { "surplus", "count", "pages above the size that was set" },
  },
  swaps = {
    { "path", "path", "its file or device" },
    { "kind", "text", "file or partition" },
    { "size", "bytes", "how much it can hold" },
    { "used", "bytes", "how much of it is in use" },
    { "priority", "integer", "the area of the highest is filled first" },
  },
  zram = {
    { "name", "text", "name of the device" },
    { "disksize", "bytes", "its size as a disk" },
    { "orig", "bytes", "what is written to it, uncompressed" },
    { "compr", "bytes", "the same, compressed" },
    { "used", "bytes", "memory that it takes" },
    { "limit", "bytes", "the most that it may take; 0: no limit" },
    { "used_max", "bytes", "the most that it took" },
    { "same_pages", "count", "pages of one repeated value, which take no memory" },
    { "compacted", "count", "pages that compaction freed" },
    { "huge_pages", "count", "pages that could not be compressed" },
    { "huge_pages_since", "count", "such pages since the device was set up" },
  },
}

-- The labels of a node's meminfo that this kernel has beside the usual ones.
local function add_labels(columns, list)
  local seen, more = {}, {}
  for _, column in ipairs(columns) do seen[column[4] or column[1]] = true end
  for _, one in ipairs(list) do
    for name in pairs(one) do
      if not seen[name] then more[#more + 1] = name end
      seen[name] = true
    end
  end
  table.sort(more)
  for _, name in ipairs(more) do
    columns[#columns + 1] = { name, name:find "^huge_pages_" and "count" or "bytes", "as meminfo of the node has it" }
  end
end

local function row_of(one, columns, names)
  local row = made_rows.new(names)
  for _, column in ipairs(columns) do
    local value = one[column[4] or column[1]]
    if value == nil then value = core.unknown("unsupported", column[1]) end
    rawset(row, column[1], value)
  end
  return row
end

local function set_of(list, usual)
  local columns, names, fields, rows = table.move(usual, 1, #usual, 1, {}), {}, {}, {}
  add_labels(columns, list)
  for i, column in ipairs(columns) do
    names[i], fields[i] = column[1], schema.column(column[1], column[2], column[3])
  end
  for i, one in ipairs(list) do rows[i] = row_of(one, columns, names) end
  local made = schema.made(fields)
  made.keys = { names[1] }
  if #columns > #usual then made.usual = { first = table.concat(names, " ", 1, #usual), last = "" } end
  return rowset.of_rows(rows, made, coverage.new())
end

for name, usual in pairs(COLUMNS) do
  local meta, sets = core.list_meta(name), setmetatable({}, { __mode = "k" })

  local function rows(list)
    sets[list] = sets[list] or set_of(list, usual)
    return sets[list]
  end

  meta.rows = rows

  function meta.__index(list, key)
    if type(key) ~= "string" then return nil end
    local method = rows(list)[key]
    return type(method) == "function" and function(self, ...)
      return method(self == list and rows(list) or self, ...)
    end or nil
  end

  function meta.__call(list, ...)
    return rows(list)(...)
  end
end
