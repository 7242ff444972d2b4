-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- parent, children, ancestors, descendants and the report tree, against the ppid of the fixture's stat files.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")

local parent_of, pids = {}, {}
for pid in io.popen("ls '" .. os.getenv "MEMSH_FIXTURES" .. "/full'"):lines() do
  if pid:find "^%d+$" then
    local file <close> = assert(io.open(("%s/full/%s/stat"):format(os.getenv "MEMSH_FIXTURES", pid)))
    parent_of[tonumber(pid)] = tonumber(file:read("a"):match "^.*%) %S (%d+)")
    pids[#pids + 1] = tonumber(pid)
  end
end
table.sort(pids)

local function is_below(pid, top)
  local above = parent_of[pid]
  while above and above ~= 0 do
    if above == top then return true end
    above = parent_of[above]
  end
  return false
end

local function pids_of(set)
  local found = {}
  for p in set do found[#found + 1] = p.pid end
  table.sort(found)
  return found
end

-- A user's systemd is a manager, as init is; what it and init have begun are trees.
t.test("the tree that each belongs to", function()
  local root = os.tmpname()
  os.remove(root)
  local function put(pid, parent, comm, start)
    assert(os.execute(("mkdir -p '%s/%d'"):format(root, pid)))
    local file <close> = assert(io.open(("%s/%d/stat"):format(root, pid), "w"))
    file:write(("%d (%s) S %d%s %d 4096 1%s\n"):format(pid, comm, parent, (" 0"):rep(17), start, (" 0"):rep(28)))
  end
  put(1, 0, "systemd", 1)
  local stat <close> = assert(io.open(root .. "/stat", "w"))
  stat:write "btime 1700000000\n"
  stat:close()
  local uptime <close> = assert(io.open(root .. "/uptime", "w"))
  uptime:write "1000.00 1.00\n"
  uptime:close()
  put(50, 1, "sshd", 100)
  put(60, 50, "sshd-session", 200)
  put(61, 60, "bash", 210)
  put(70, 1, "systemd", 150)
  put(71, 70, "dbus", 160)
  put(72, 71, "helper", 170)
  put(80, 99, "orphan", 300) -- its parent has ended meanwhile
  put(90, 61, "old", 50) -- the number of its parent was given out again
  local machine = require "memsh.fields.machine"
  machine.configure(root)
  local found = {}
  for p in require "memsh.query.rowset".processes {} do found[p.pid] = p.tree end
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/full")
  os.execute("rm -r '" .. root .. "'")
  t.eq(found, { [1] = "systemd (1)", [50] = "sshd (50)", [60] = "sshd (50)", [61] = "sshd (50)", [70] = "systemd (70)",
    [71] = "dbus (71)", [72] = "dbus (71)", [80] = "orphan (80)", [90] = "old (90)" })
end)

t.test("by tree, shared pages count once", function()
  local sums, above = {}, {}
  for _, pid in ipairs(pids) do
    local top = pid
    while top ~= 1 and parent_of[top] ~= 0 and parent_of[top] ~= 1 do top = parent_of[top] end
    above[pid] = top
  end
  for p in procs { kernel = true }:show "pid pss" do
    if known(p.pss) then sums[above[p.pid]] = (sums[above[p.pid]] or 0) + p.pss end
  end
  for row in procs { kernel = true }:by "tree":sum "pss" do
    if known(row.pss) then t.eq(row.pss, sums[tonumber(row.tree:match "%((%d+)%)$")], row.tree) end
  end
end)

t.test("of every process", function()
  t.ok(#pids >= 9)
  for _, pid in ipairs(pids) do
    local p, children, below, above = proc(pid), {}, {}, {}
    for _, other in ipairs(pids) do
      if parent_of[other] == pid then children[#children + 1] = other end
      if is_below(other, pid) then below[#below + 1] = other end
      if is_below(pid, other) then above[#above + 1] = other end
    end
    t.eq(pids_of(p:children()), children, "children of " .. pid)
    t.eq(pids_of(p:descendants()), below, "descendants of " .. pid)
    t.eq(pids_of(p:ancestors()), above, "ancestors of " .. pid)
    local parent, message, name = p:parent()
    if parent_of[pid] == 0 then
      t.eq(parent, nil)
      t.has(message, "has no parent here")
      t.eq(name, "none")
    else
      t.eq(parent.pid, parent_of[pid])
    end
  end
end)

t.test("they are sets that verbs work on", function()
  t.eq(proc(1):descendants():where "comm == 'nginx'":count(), 2)
  t.eq(proc(412):children():sum "pss", proc(413).pss)
  t.eq(proc(413):descendants():count(), 0)
end)

t.test("the tree's sums are those of the subtree's processes", function()
  local rows = report("tree", { 1 }):rows()
  for _, row in ipairs(rows) do
    local sum, n = { pss = 0, uss = 0 }, 0
    for _, pid in ipairs(pids) do
      if pid == row.pid or is_below(pid, row.pid) then
        n = n + 1
        for name in pairs(sum) do sum[name] = sum[name] + proc(pid):get(name, 0) end
      end
    end
    t.eq(row.processes, n, "processes of " .. row.pid)
    t.eq({ row.all_pss, row.all_uss }, { sum.pss, sum.uss }, "sums of " .. row.pid)
  end
  t.eq(#rows, 8)
  t.eq(#report("tree", { 1, depth = 0 }):rows(), 1)
  t.ok(#report("tree", { 1, min = "1M" }):rows() < 8)
  local mine = proc(1400).pss -- all that nobody may read
  require("memsh.fields.machine").configure(os.getenv "MEMSH_FIXTURES" .. "/denied")
  local text = report("tree", { 1 }):where "pid == 1":csv()
  require("memsh.fields.machine").configure(os.getenv "MEMSH_FIXTURES" .. "/full")
  t.has(text, (",%d,"):format(mine))
  t.has(text, "all_pss all_uss all_swap_pss")
end)

t.test("a tree has all that was below it: whose parent is unknown or has ended, too", function()
  local unknown = require("memsh.core").unknown
  local rows = { { pid = 1, ppid = 0, pss = 1 }, { pid = 2, ppid = unknown "io", pss = unknown "io" },
    { pid = 3, ppid = 99, pss = 4 }, { pid = 4, ppid = 2, pss = 8 }, { pid = 5, ppid = unknown "gone", pss = 16 } }
  local trees = require("memsh.query.family").subtrees(rows, 1, { "pss" })
  local shape = {}
  for i, tree in ipairs(trees) do shape[i] = { tree.row.pid, tree.depth, tree.processes } end
  t.eq(shape, { { 1, 0, 4 }, { 2, 1, 2 }, { 4, 2, 1 }, { 3, 1, 1 } })
  t.eq({ trees[1].pss, trees[1].missing.pss, trees[1].why.pss }, { 13, 1, "io" })
  t.eq({ trees[2].pss, trees[2].missing.pss, trees[3].missing.pss }, { 8, 1, 0 })
  t.eq(why(require("memsh.query.family").subtrees({ rows[2] }, 2, { "pss" })[1].pss), "io", "nothing is known of it")
end)

t.finish()
