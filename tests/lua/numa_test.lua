-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Memory by NUMA node, against the fixture's numa_maps, which is read here by other code.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")

-- The bytes on a node by address, and in all.
local function pages_of(pid, node)
  local by_address, sum = {}, 0
  for line in io.lines(("%s/full/%d/numa_maps"):format(os.getenv "MEMSH_FIXTURES", pid)) do
    local pages = tonumber(line:match("%sN" .. node .. "=(%d+)") or "0")
    local bytes = pages * tonumber(line:match "kernelpagesize_kB=(%d+)" or "0") * 1024
    by_address[tonumber(line:match "^%x+", 16)] = bytes
    sum = sum + bytes
  end
  return by_address, sum
end

t.test("of a process", function()
  for node = 0, 1 do
    local _, sum = pages_of(1107, node)
    t.eq(proc(1107)["numa" .. node], sum, "node " .. node)
    t.eq(procs:where "pid == 1107":sum("numa" .. node), sum)
  end
  t.ok(proc(1107).numa0 > 0)
end)

t.test("of its mappings", function()
  local by_address, compared = pages_of(1107, 0), 0
  for _, row in ipairs(proc(1107):maps():rows()) do
    local bytes = by_address[row.addr]
    if bytes then
      t.eq(row.numa0, bytes)
      compared = compared + 1
    else
      t.eq(why(row.numa0), "unsupported")
    end
  end
  t.ok(compared > 10)
end)

t.test("a name that only begins so is no field", function()
  t.raises(function() return procs:show "numax" end, "unknown field 'numax'")
  t.raises(function() return procs:show "numa12345" end, "unknown field")
end)

t.test("the nodes as rows", function()
  local rows = require "memsh.query.from_tables"(sys.nodes, { { "node", "integer" }, { "total", "bytes" },
    { "used", "bytes" } }):where "used > 0":rows()
  t.eq(#rows, 2)
end)

t.finish()
