-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: denied
-- What reports rest on: procs{pid=...}, rows of tables, and which groups lack mappings that may not be read.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local from_tables = require "memsh.query.from_tables"

local function partial(rows, name)
  local found = {}
  for i, row in ipairs(rows) do found[i] = row.partial and row.partial[name] or 0 end
  return found
end

t.test("procs{pid=...} takes one or several, those of the kernel included", function()
  t.eq(procs { pid = 2 }:count(), 1)
  local pids = {}
  for p in procs { pid = { 1, 2, 1400 } } do pids[#pids + 1] = p.pid end
  t.eq(pids, { 1, 2, 1400 })
  t.eq(procs { pid = { 1, 2, 1 } }:count(), 2)
  t.eq({ proc(1, 2, 1):count(), (proc(1, 1):sum "rss") }, { 2, proc(1).rss })
  t.raises(function() procs { pid = "1" } end, "takes a process id")
  t.raises(function() procs { pid = { 1, -1 } } end, "takes a process id")
  t.raises(function() procs { pids = 1 } end, "no option 'pids'")
end)

-- Of all processes but 1400 mappings are denied.
t.test("a process that can't be read is missing from its own groups", function()
  t.eq(partial(maps:by "pid":sum "rss":rows(), "rss"), { 0 })
  t.eq(partial(maps:by "pid, path":sum "rss":top(1):rows(), "rss"), { 0 })
  t.eq(partial(maps:by "comm":count():rows(), "n"), { 0 })
  for _, lost in ipairs(partial(maps:by "path":sum "rss":rows(), "rss")) do t.ok(lost > 1, "path") end
  t.eq(partial(maps:by "":sum "rss":rows(), "rss"), partial(maps:by "":count():rows(), "n"))
end)

t.test("and so it is where groups are joined", function()
  local by_path = maps:by "path":sum "all=rss"
  local joined = maps:by "path, pid":sum "rss":join(by_path, "path"):rows()
  t.ok(#joined > 0, "rows")
  for _, row in ipairs(joined) do
    t.eq((row.partial or {}).rss, nil)
    t.ok(row.partial.all > 1, "all")
  end
  -- A user that has processes of both kinds lacks some.
  local user = proc(1400).user
  for _, row in ipairs(maps:by "user":sum "rss":rows()) do
    t.eq((row.partial or {}).rss or 0, procs:where("user == u and pid ~= 1400 and virt > 0", { u = user }):count())
  end
end)

t.test("rows of tables are asked as all others", function()
  local rows = from_tables({ { name = "a", size = 3 * K }, { name = "b", size = 5 * K } },
    { { "name", "text" }, { "size", "bytes", "how much" } })
  t.eq(rows:where "size > 4K":show "name":csv(), "name,partial\r\nb,\r\n")
  t.eq(rows:sum "size", 8 * K)
end)

t.test("numbers that name something have no total", function()
  local text = procs:sort "pid":show "comm, pid, uid, res":total():csv()
  t.has(text, "total,,,")
end)

t.finish()
