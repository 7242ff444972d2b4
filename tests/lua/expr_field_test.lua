-- SPDX-License-Identifier: GPL-3.0-or-later
-- Lists of names alone go without the parser: they are to be what it makes of them.
local tests = os.getenv "MEMSH_TESTS"
local t = dofile(tests .. "/lua/testing.lua")
local sample = dofile(tests .. "/lua/sample.lua")
local field_lists = require "memsh.expr.field_lists"
local build = require "memsh.expr.build"

local GROUPED = sample.grouped { rss = "bytes", ["end"] = "bytes", ["true"] = "count", ["a..b"] = "bytes",
  ["a."] = "bytes", ["a.b"] = "bytes", ["a.1"] = "bytes", n = "count", max = "bytes", ["in"] = "any" }

local function context(text, schema)
  return { text = text, schema = schema, fields = {}, seen = {} }
end

-- What both say of a list; the quick one's is nil where it leaves the list to the parser.
local function both(text, schema, options)
  local ctx = context(text, schema)
  local quick = field_lists.items(ctx, options)
  if not quick then return nil end
  local slow = context(text, schema)
  local ok, items = pcall(build.items, slow, options)
  return { items = quick, fields = ctx.fields }, ok and { items = items, fields = slow.fields } or items
end

local function plain(items)
  local list = {}
  for i, one in ipairs(items) do
    local node = one.node
    list[i] = ("%s %s: %s %s %d-%d %s %s %s"):format(one.name, one.desc, node.k, node.name, node.s, node.e, node.type,
      node.unit, one.share)
  end
  return list
end

local function agree(text, schema, options)
  local quick, slow = both(text, schema, options)
  if not quick then return false end
  t.eq(plain(quick.items), plain(slow.items or {}), text)
  t.eq(quick.fields, slow.fields, text)
  return true
end

t.test("lists of names are quick, and what the parser makes of them", function()
  for _, text in ipairs { "pid", "pid comm", " pid,comm ", "pid, comm swap", "pid\tcomm\npid", "deleted odd" } do
    t.ok(agree(text, sample.quick, {}), text)
  end
  t.ok(agree("-rss pid, -swap", sample.quick, { signs = true }))
  t.ok(agree("a.b rss max in", GROUPED, { names = true }))
end)

t.test("anything else is left to the parser", function()
  for _, text in ipairs { "pid,", ",pid", "pid,,comm", "rss-swap", "rss -swap", "- rss", "mb=rss", "pct(rss)", "5 pid",
    "rss + swap", "nothing", "pid nothing", "'pid'", "(pid)" } do
    t.eq(field_lists.items(context(text, sample.quick), {}), nil, text)
  end
  for _, text in ipairs { "end", "true", "a..b", "a.", "a.1" } do
    t.eq(field_lists.items(context(text, GROUPED), {}), nil, text)
  end
end)

t.test("random lists", function()
  local PIECES <const> = { "pid", "rss", "n", "max", "end", "true", "a.b", "a..b", "a.", "in", " ", " ", ",", "-", ", ",
    "=", "(", ")", "1", "not" }
  local choose, taken = t.generator(1), 0
  for _ = 1, 20000 do
    local parts = {}
    for i = 1, choose(7) do parts[i] = PIECES[choose(#PIECES)] end
    local options = { signs = choose(2) == 1, names = choose(2) == 1, shares = choose(2) == 1 }
    if agree(table.concat(parts), choose(2) == 1 and GROUPED or sample.quick, options) then taken = taken + 1 end
  end
  t.ok(taken > 500, taken)
end)

t.finish()
