-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- No limit is a value of its own: larger than every number, and shown as none. In the fixture it is what limit_data of
-- process 1 is; limit_memlock is 65536.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")

local one = procs:where "known(limit_data)":top(1)

local function value(text)
  return one:show("v=" .. text):first().v
end

t.test("it compares as larger than every number", function()
  for text, expected in pairs {
    ["limit_data > 1G"] = true, ["limit_data < 1G"] = false, ["limit_data > 9223372036854775807"] = true,
    ["limit_data == none"] = true, ["limit_data ~= none"] = false, ["limit_memlock == none"] = false,
    ["limit_memlock < none"] = true, ["limit_data <= none"] = true, ["none == none"] = true,
  } do
    t.eq(value(text), expected, text)
    t.eq(one:where(text):count(), expected and 1 or 0, text)
  end
end)

t.test("it sorts behind all numbers", function()
  local set = procs:where "pid == 1 or pid == 1107"
  local rows = set:show "v=if(pid == 1, limit_data, limit_memlock)":sort "v":rows()
  t.eq({ rows[1].v, rows[2].v }, { 65536, math.huge })
  rows = set:show "v=if(pid == 1, limit_data, limit_memlock)":sort "-v":rows()
  t.eq({ rows[1].v, rows[2].v }, { math.huge, 65536 })
end)

t.test("what is divided by it is 0, other arithmetic gives none", function()
  t.eq(value "100 * res / limit_data", 0.0)
  for _, text in ipairs { "limit_data / 2", "limit_data + 1", "limit_data - res", "min(limit_data, none)",
    "2 * limit_data" } do
    t.eq(value(text), math.huge, text)
  end
  t.eq(value "min(limit_data, limit_memlock)", 65536)
  t.eq(value "max(limit_data, limit_memlock)", math.huge)
end)

t.test("every format shows a word that is no number", function()
  local set = procs:where "pid == 1":show "limit_data limit_memlock"
  t.eq(set:csv(), "limit_data,limit_memlock\r\nnone,65536\r\n")
  t.eq(set:tsv(), "limit_data\tlimit_memlock\nnone\t65536\n")
  t.has(set:json(), '{"limit_data": "none", "limit_memlock": 65536}')
  t.has(set:md(), "none")
end)

t.test("a plot counts it beside the bins", function()
  t.has(procs:where "pid == 1":show "limit_data":csv(), "none")
  local out = os.tmpname()
  local line = ("%s -s %s/full -f csv -e 'procs:where\"pid == 1\":plot\"limit_data\"' > %s"):format(os.getenv "MEMSH",
    os.getenv "MEMSH_FIXTURES", out)
  t.ok(os.execute(line))
  local file = assert(io.open(out))
  t.eq(file:read "a", "from,to,n,sum\r\nnone,none,1,none\r\n")
  file:close()
  os.remove(out)
end)

t.test("a bar of none is the longest", function()
  local set = procs:where "pid == 1":show "bar(limit_data), bar(limit_memlock)"
  t.eq(set:csv(), "bar(limit_data),bar(limit_memlock),partial\r\n1,1,\r\n")
end)

t.finish()
