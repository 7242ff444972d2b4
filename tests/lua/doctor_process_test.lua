-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- memsh doctor PID, against the fixture's smaps, which is read here by other code; and what it says of processes that
-- are made for it.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
require "memsh" -- opens what --source names
local page = require "memsh.doctor.page"
local parts = require "memsh.doctor.parts"
local process = require "memsh.doctor.process"

local function sum_of(pid, label)
  local sum = 0
  for line in io.lines(("%s/full/%d/smaps"):format(os.getenv "MEMSH_FIXTURES", pid)) do
    sum = sum + (tonumber(line:match("^" .. label .. ": +(%d+) kB")) or 0) * 1024
  end
  return sum
end

local function fact(seen, id)
  for _, one in ipairs(seen.facts) do
    if one.id == id then return one end
  end
end

t.test("its parts add up to what smaps says", function()
  for _, pid in ipairs { 1, 412, 901, 1107 } do
    local seen = process.look(tostring(pid), 0)
    for field, label in pairs { rss = "Rss", pss = "Pss", swap = "Swap", private_dirty = "Private_Dirty" } do
      local sum = 0
      for _, part in ipairs(seen.parts) do sum = sum + part[field] end
      t.eq(sum, sum_of(pid, label), pid .. " " .. field)
    end
  end
end)

t.test("facts of the zoo, with their numbers", function()
  local seen = process.look("1107", 0)
  t.eq(fact(seen, "own").value, sum_of(1107, "Private_Clean") + sum_of(1107, "Private_Dirty"))
  t.eq(fact(seen, "writable_code").value, 1)
  t.eq(fact(seen, "reserved").value, 64 << 20)
  local text = page.process(seen)
  t.has(text, "zoo (1107), user bob, unit app-zoo.scope")
  for line in text:gmatch "[^\n]+" do t.ok(#line <= 80 or line:find "^ +See:", line) end
end)

t.test("every question runs", function()
  for _, pid in ipairs { 901, 1107 } do
    for _, one in ipairs(process.look(tostring(pid), 0).facts) do
      local chunk = assert(load("return " .. one.question))
      t.ok(#chunk():rows() > 0, one.question)
    end
  end
end)

-- A mapping, and those beside it.
local function row(addr, size, perms, given)
  local made = { addr = addr, addr_end = addr + size, size = size, kind = "anon", anon_name = "", path = "",
    r = perms:find "r" ~= nil, w = perms:find "w" ~= nil, x = perms:find "x" ~= nil }
  for key, value in pairs(given or {}) do made[key] = value end
  return made
end

t.test("what anonymous mappings are for", function()
  local base, K4 <const>, MB <const> = 0x7f0000000000, 4096, 1 << 20
  local guard, stack = row(base, K4, ""), row(base + K4, 8 * MB, "rw")
  t.eq(parts.name(stack, guard, nil, {}), "thread stacks")
  t.eq(parts.name(guard, nil, stack, {}), "reserved, no access")
  local arena = row(base, MB, "rw")
  t.eq(parts.name(arena, nil, row(base + MB, 63 * MB, ""), {}), "malloc arenas")
  t.eq(parts.name(arena, nil, nil, {}), "other anonymous memory")
  t.eq(parts.name(row(base + K4, MB, "rwx"), nil, nil, {}), "generated code")
  t.eq(parts.name(row(base, MB, "rw", { anon_name = "go heap" }), nil, nil, {}), 'named "go heap"')
  local data = row(base, K4, "rw", { kind = "file", path = "/lib/a.so" })
  t.eq(parts.name(row(base + K4, K4, "rw"), data, nil, {}), "program and libraries") -- its .bss
  t.eq(parts.name(data, nil, nil, { ["/lib/a.so"] = true }), "program and libraries")
  t.eq(parts.name(data, nil, nil, {}), "mapped files")
end)

t.test("by name, by number, and mistakes", function()
  t.eq(process.find "zoo".pid, 1107)
  t.eq(process.find "1107".comm, "zoo")
  t.has(select(2, process.find "nginx"), "2 processes are called nginx, the largest first: 412 413")
  t.has(select(2, process.find "nothing"), "no process is called nothing")
  t.has(select(2, process.find "4711"), "no process 4711")
end)

t.finish()
