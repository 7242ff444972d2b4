-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Sums that 64 bits do not hold are unknown, those that they do are right in whatever order, and no limit is no number.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local rowset = require "memsh.query.rowset"
local schema = require "memsh.fields.schema"

local FIXTURES <const> = os.getenv "MEMSH_FIXTURES"
local HALF <const>, MOST <const>, NO_LIMIT <const> = 1 << 62, math.maxinteger, math.huge

-- A set of rows with these values, of a type, under the key of each.
local function set_of(kind, values, keys)
  local list = {}
  for i, value in ipairs(values) do list[i] = { v = value, k = keys and keys[i] or "one" } end
  return rowset.of_rows(list, schema.made { schema.column("v", kind, ""), schema.column("k", "text", "") })
end

local function said(value)
  return core.is_unknown(value) and why(value) or value
end

local function sum_of(values, kind)
  return said((set_of(kind or "count", values):sum "v"))
end

t.test("a sum that is too large, either way", function()
  t.eq(sum_of { HALF, HALF }, "too_large")
  t.eq(sum_of { HALF, HALF - 1 }, MOST)
  t.eq(sum_of { -HALF, -HALF, -1 }, "too_large")
  t.eq(sum_of { -HALF, -HALF }, math.mininteger)
  t.eq(sum_of { HALF, HALF, HALF, HALF }, "too_large") -- which is 0 modulo 2^64
  t.eq(sum_of({ HALF, HALF }, "bytes"), "too_large")
end)

t.test("one that is in range in the end is right, in whatever order it is added", function()
  for _, values in ipairs { { HALF, HALF, -HALF, 7 }, { -HALF, HALF, 7, HALF }, { 7, HALF, -HALF, HALF } } do
    t.eq(sum_of(values), HALF + 7)
  end
end)

t.test("floats do not wrap, whatever whole numbers came before", function()
  t.eq(sum_of({ HALF, HALF, 0.5 }, "number"), 2.0 ^ 63)
  t.eq(sum_of({ 0.5, HALF, HALF, HALF, HALF }, "number"), 2.0 ^ 64)
  t.eq(sum_of({ 1e308, 1e308 }, "number"), math.huge)
  -- Which of its neighbours it is depends on how a machine rounds: the FPU of i386 keeps more digits meanwhile.
  t.ok(math.abs(sum_of({ (1 << 53) + 1, 0.5, -1 }, "number") - 2.0 ^ 53) <= 1)
end)

t.test("an average of numbers whose sum is too large", function()
  t.eq({ set_of("count", { HALF, HALF }):avg "v" }, { 2.0 ^ 62, 0 })
  t.eq({ set_of("count", { -HALF, -HALF, -HALF }):avg "v" }, { -2.0 ^ 62, 0 })
  t.eq(set_of("count", { HALF, HALF }):max "v", HALF)
end)

t.test("each group by itself", function()
  local set = set_of("count", { HALF, HALF, 1, 2 }, { "a", "a", "b", "b" })
  local rows = set:by "k":sum "v":rows()
  t.eq({ said(rows[1].v), rows[2].v }, { "too_large", 3 })
  t.eq(set:by "k":sum "v":where "v > 1":rows(), { rows[2] })
end)

t.test("no limit is not added: what has some has none", function()
  t.eq(sum_of({ 4096, NO_LIMIT, NO_LIMIT, 8192 }, "bytes"), NO_LIMIT)
  t.eq(set_of("bytes", { 4096, NO_LIMIT }):avg "v", NO_LIMIT)
  t.eq(set_of("bytes", { 4096, NO_LIMIT }):min "v", 4096)
  t.eq({ set_of("bytes", { core.unknown("denied", "v"), NO_LIMIT }):sum "v" }, { NO_LIMIT, 1 })
  t.eq(said((set_of("bytes", { core.unknown("denied", "v") }):sum "v")), "denied")
end)

t.test("limits of processes", function()
  for set, field in pairs { [procs] = "limit_data", [procs:top(2)] = "limit_data", [procs:skip(1)] = "limit_as" } do
    local sum = 0
    for _, row in ipairs(set:where("known(" .. field .. ")"):rows()) do
      sum = (sum == NO_LIMIT or row[field] == NO_LIMIT) and NO_LIMIT or sum + row[field]
    end
    t.eq(sum == NO_LIMIT, field == "limit_data", "what the fixture has")
    t.eq((set:sum(field)), sum, field)
    t.eq(set:by "":sum(field):first()[field], sum, field)
  end
end)

t.test("a share of a sum that is none is unknown", function()
  local set = set_of("count", { HALF, HALF })
  t.eq(set:show "pct(v)":csv(), "pct(v),partial\r\n,\r\n,\r\n")
  t.eq(set_of("bytes", { 1, NO_LIMIT }):show "pct(v)":csv(), "pct(v),partial\r\n,\r\n,\r\n")
  t.eq(set_of("bytes", { 1, 3 }):show "pct(v)":csv(), "pct(v),partial\r\n25,\r\n75,\r\n")
end)

-- A machine with one process of `n` mappings, each with so many kilobytes.
local function machine_with(n, kb)
  local root = os.tmpname()
  os.remove(root)
  local copy = ("mkdir -p %s/7 && cp %s/full/stat %s/full/meminfo %s && cp %s/full/1/stat %s/7/stat && " ..
    "sed -i 's/^1 /7 /' %s/7/stat"):format(root, FIXTURES, FIXTURES, root, FIXTURES, root, root)
  assert(os.execute(copy))
  local smaps = assert(io.open(root .. "/7/smaps", "w"))
  for i = 1, n do
    smaps:write(("%x-%x rw-p 00000000 00:00 0 \nRss: %d kB\nPss: %d kB\n"):format(i << 32, (i << 32) + 4096, kb, kb))
  end
  smaps:close()
  return root
end

t.test("listings that are summed while they are read", function()
  for n, expected in pairs { [1] = MOST - 1023, [2] = "too_large", [4] = "too_large" } do
    local root = machine_with(n, (1 << 53) - 1)
    machine.configure(root)
    local function answers()
      local row = maps:by "path":sum "pss":avg "mean=pss":first()
      return { said((maps:sum "pss")), said(row.pss), row.mean, maps:set():count(), said((maps:set():sum "pss")) }
    end
    local found = answers()
    t.eq(found, t.plainly(answers))
    t.eq({ found[1], found[2], found[4], found[5] }, { expected, expected, n, expected })
    t.ok(math.abs(found[3] / 2.0 ^ 63 - 1) < 1e-12)
    os.execute("rm -r " .. root)
  end
end)

t.finish()
