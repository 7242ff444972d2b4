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

t.test("mappings add up to their process", function()
  for node = 0, 1 do
    local name = "numa" .. node
    t.eq(proc(1107):maps():where("known(" .. name .. ")"):sum(name), proc(1107)[name])
  end
end)

t.test("a name that only begins so is no field", function()
  t.raises(function() return procs:show "numax" end, "unknown field 'numax'")
  t.raises(function() return procs:show "numa12345" end, "unknown field")
end)

-- A label of a node's meminfo in bytes, read without memsh.
local function label_of(node, label)
  local path = ("%s/full/.machine/sys/devices/system/node/node%d/meminfo"):format(os.getenv "MEMSH_FIXTURES", node)
  for line in io.lines(path) do
    local kb = line:match("^Node %d+ " .. label .. ":%s+(%d+) kB$")
    if kb then return math.tointeger(tonumber(kb)) * 1024 end
  end
end

t.test("the nodes as rows", function()
  local rows = sys.nodes:where "mem_used > 0":rows()
  t.eq(#rows, 2)
  for i, row in ipairs(rows) do
    t.eq(row.node, i - 1)
    for name, label in pairs { mem_total = "MemTotal", mem_free = "MemFree", anon_pages = "AnonPages",
      file_pages = "FilePages" } do
      t.eq(row[name], label_of(i - 1, label), name)
    end
    t.eq(why(row.shmem), "unsupported") -- this fixture's nodes have no such line: unknown, and not nothing
  end
  t.eq((sys.nodes:sum "mem_total"), label_of(0, "MemTotal") + label_of(1, "MemTotal"))
  t.has(sys.nodes:csv(), "node,mem_total,mem_free,mem_used,file_pages,anon_pages,shmem")
end)

t.test("pools and swap areas keep the kernel's order, and have verbs", function()
  t.eq(sys.hugepages:sort "-size":first().size, 1 << 30)
  t.eq(sys.hugepages:first().size, 2 << 20)
  local used = 0
  for row in sys.swaps:where "used > 0" do used = used + row.used end
  t.eq(used, sys.swap_total - sys.swap_free)
  t.eq(sys.swaps:count(), #sys.swaps)
end)

t.finish()
