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
end)

t.finish()
