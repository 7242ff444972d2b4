-- SPDX-License-Identifier: GPL-3.0-or-later
-- Mappings of a page: what repeats is one entry, and nothing is lost, however many there are.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local address_space = require "memsh.reports.bugreport.address_space"

-- { gap, size, rss, perms, name } in a row.
local function made(list)
  local at, i = 0x10000, 0
  return function()
    i = i + 1
    local one = list[i]
    if not one then return nil end
    local addr = at + one[1]
    at = addr + one[2]
    return { addr = addr, addr_end = at, size = one[2], rss = one[3], swap = 0, perms = one[4], name = one[5] or "",
      quadrant = one[6] or "private-anon" }
  end
end

local function totals(space)
  local n, size, rss = 0, 0, 0
  for _, entry in ipairs(space.entries) do n, size, rss = n + entry.n, size + entry.size, rss + entry.rss end
  return { n, size, rss }
end

local function check(list)
  local space, size, rss = address_space.of(made(list)), 0, 0
  for _, one in ipairs(list) do size, rss = size + one[2], rss + one[3] end
  t.eq(space.n, #list)
  t.eq(totals(space), { #list, size, rss })
  for i = 2, #space.entries do
    local before, entry = space.entries[i - 1], space.entries[i]
    t.eq(entry.addr - before.addr_end, entry.gap, "the gap between entries")
  end
  return space
end

t.test("a guard and a stack for each thread, between other mappings", function()
  local list = { { 0, 4096, 4096, "r-xp", "/bin/x", "private-file" } }
  for i = 1, 500 do
    list[#list + 1] = { 0, 4096, 0, "---p" }
    list[#list + 1] = { 0, 8 << 20, 4096 * i, "rw-p" }
  end
  list[#list + 1] = { 1 << 30, 4096, 4096, "rw-p", "[stack]" }
  local space = check(list)
  t.eq(#space.entries, 3)
  t.eq({ space.entries[2].n, space.entries[2].of }, { 1000, 2 })
  t.eq(space.entries[3].gap, 1 << 30)
  t.eq(space.largest[1].rss, 4096 * 500)
  t.eq(#space.largest, 10)
end)

t.test("equal gaps are part of what repeats, and another gap ends it", function()
  local list = {}
  for i = 1, 20 do list[i] = { 4096, 4096, 0, "rw-p" } end
  for i = 21, 30 do list[i] = { 8192, 4096, 0, "rw-p" } end
  local space = check(list)
  t.eq(#space.entries, 2)
  t.eq({ space.entries[1].n, space.entries[2].n }, { 20, 10 })
end)

t.test("a repetition that breaks off loses nothing", function()
  local list = {}
  for _ = 1, 5 do
    for _, one in ipairs { { 0, 4096, 1, "r--p" }, { 0, 8192, 2, "rw-p" }, { 0, 4096, 3, "r-xp" } } do
      list[#list + 1] = one
    end
  end
  list[#list + 1] = { 0, 4096, 1, "r--p" }
  list[#list + 1] = { 0, 8192, 2, "rw-p" }
  list[#list + 1] = { 0, 8192, 9, "---p" }
  local space = check(list)
  t.eq(space.entries[1].n, 15)
  t.eq(#space.entries, 4)
end)

t.test("random ones, and far more than are shown", function()
  math.randomseed(3, 9)
  for _ = 1, 60 do
    local list, kinds = {}, math.random(1, 4)
    for i = 1, math.random(1, 300) do
      list[i] = { math.random(0, 1) * 4096, 4096 * math.random(1, kinds), math.random(0, 1) * 4096,
        math.random(2) == 1 and "rw-p" or "r--p" }
    end
    check(list)
  end
  local list = {}
  for i = 1, 30000 do list[i] = { 0, 4096 * (i % 977 + 1), i == 17777 and 1 << 30 or 4096, "rw-p" } end
  local space = check(list)
  t.ok(#space.entries <= 1000, #space.entries)
  t.eq(space.rows, nil)
  local alone
  for _, entry in ipairs(space.entries) do alone = alone or entry.n == 1 and entry.rss == 1 << 30 end
  t.ok(alone, "the large one is by itself")
end)

t.finish()
