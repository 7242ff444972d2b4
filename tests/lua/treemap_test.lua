-- SPDX-License-Identifier: GPL-3.0-or-later
-- A treemap: areas are as sizes are, nothing overlaps or leaves the frame, and rectangles are near squares.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local layout = require "memsh.html.treemap"

local function near(a, b, what)
  t.ok(math.abs(a - b) <= 1e-6 * math.max(1, math.abs(b)), ("%s: %s, %s"):format(what, a, b))
end

local function check(sizes, x, y, w, h)
  local rects, total = layout(sizes, x, y, w, h), 0
  t.eq(#rects, #sizes)
  for _, size in ipairs(sizes) do total = total + size end
  for i, r in ipairs(rects) do
    near(r.w * r.h, sizes[i] / total * w * h, "area")
    t.ok(r.x >= x - 1e-6 and r.y >= y - 1e-6 and r.x + r.w <= x + w + 1e-6 and r.y + r.h <= y + h + 1e-6, "inside")
    for j = 1, i - 1 do
      local s = rects[j]
      local over_x = math.min(r.x + r.w, s.x + s.w) - math.max(r.x, s.x)
      local over_y = math.min(r.y + r.h, s.y + s.h) - math.max(r.y, s.y)
      t.ok(over_x < 1e-6 or over_y < 1e-6, "no overlap")
    end
  end
  return rects
end

t.test("the example of the paper", function()
  local rects = check({ 6, 6, 4, 3, 2, 2, 1 }, 0, 0, 6, 4)
  t.eq({ rects[1].w, rects[1].h, rects[2].h }, { 3.0, 2.0, 2.0 })
  near(rects[3].w, 12 / 7, "the third")
  near(rects[3].h, 7 / 3, "the third")
end)

t.test("none, one, equal ones, one beside many, sizes of memory", function()
  t.eq(layout({}, 0, 0, 10, 10), {})
  t.eq(check({ 5 }, 3, 4, 10, 20)[1], { x = 3, y = 4, w = 10.0, h = 20.0 })
  check({ 1, 1, 1, 1 }, 0, 0, 100, 100)
  local many = { 1 << 44 }
  for i = 2, 300 do many[i] = 4096 end
  check(many, 0, 0, 1200, 600)
end)

t.test("random sizes, and their shapes", function()
  math.randomseed(7, 16)
  for _ = 1, 50 do
    local sizes = {}
    for i = 1, math.random(1, 60) do sizes[i] = math.random(1, 1 << math.random(1, 20)) end
    table.sort(sizes, function(a, b) return a > b end)
    check(sizes, math.random(0, 50), 0, math.random(50, 1500), math.random(50, 900))
  end
  local even = {}
  for i = 1, 100 do even[i] = 10 end
  for _, r in ipairs(layout(even, 0, 0, 1000, 600)) do
    t.ok(math.max(r.w / r.h, r.h / r.w) < 2, "near a square")
  end
end)

t.finish()
