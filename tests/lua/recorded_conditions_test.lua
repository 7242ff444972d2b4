-- SPDX-License-Identifier: GPL-3.0-or-later
-- first
-- source: full
-- Conditions on processes of a recording are mostly decided once for all moments. The truth: each process of each
-- moment read by itself, the plain way. Here processes come, go, execute programs, end, and can't be read. Of each
-- question some ends are asked, which MEMSH_SEED chooses; all of them, of more questions, with MEMSH_ALL.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"

local FIXTURES <const> = os.getenv "MEMSH_FIXTURES"
local random, pick, seed = t.generator(20261128)

local work = os.tmpname()
os.remove(work)
local root = work .. "/root"
assert(os.execute(("mkdir %s && cp -r '%s/full' %s"):format(work, FIXTURES, root)))

local function put(path, text)
  local file = assert(io.open(root .. "/" .. path, "w"))
  file:write(text)
  file:close()
end

local function edit(path, pattern, with)
  local file = assert(io.open(root .. "/" .. path))
  local text = file:read "a"
  file:close()
  put(path, (text:gsub(pattern, with)))
end

-- A process like another one.
local function add(pid, like)
  assert(os.execute(("cp -r %s/%d %s/%d"):format(root, like, root, pid)))
  edit(pid .. "/stat", "^%d+", pid)
  edit(pid .. "/status", "Pid:\t%d+", "Pid:\t" .. pid)
end

local function remove(pid) assert(os.execute(("rm -r %s/%d"):format(root, pid))) end

-- What happens before each moment but the first.
local CHANGES <const> = {
  function() add(500, 412) add(501, 901) end,
  function() edit("412/stat", "%(nginx%)", "(httpd)") edit("412/statm", "^%d+ %d+", "500 400") end,
  function() edit("1107/stat", "\n$", ") R 7\n") end, -- it begins as it did, and is of another program
  function() end,
  function() edit("1107/stat", "%) R 7\n$", "\n") end,
  function() put("errors", "413/stat EACCES\n901/statm EACCES\n501/stat ESRCH\n500/status EIO\n") end,
  function() edit("901/stat", " S ", " Z ") put("901/statm", "0 0 0 0 0 0 0\n") put("errors", "") end,
  function() remove(500) edit("413/stat", "^(.*%)).*", "%1 S 1\n") edit("413/statm", "^%d+ %d+", "500 x") end,
  function() add(500, 1107) edit("500/stat", "%(zoo%)", "(a) b ) c)") put("1400/stat", "") end,
  function()
    put("1400/stat", "1400 (sh) R 1 1400 1400 0 -1 2129984 1 0 0 0 1 3 0 0 20 0 1 0 7 0 0\n")
    put("1400/statm", "0 0 0 0 0 0 0\n")
    put("1400/cmdline", "")
    edit("1400/status", "Vm%a+:[^\n]*\n", "")
  end,
  function() os.remove(root .. "/1/statm") os.remove(root .. "/412/stat") end,
}

local FILE <const> = work .. "/x.memsh"
local START <const> = 1700086400

-- Another recording has the same as one recorder keeps it: as what changed since the first moment. To its source it is
-- the same time all along.
local DIFFERENCES <const> = work .. "/differences.memsh"
local recorder = assert(core.recorder(assert(core.source(root)), DIFFERENCES, {}))

local function take(i)
  edit(".machine/info", "now %d+", "now " .. START + 60 * i)
  assert(core.record_saved(assert(core.source(root)), FILE))
  assert(recorder:take { why = "asked", level = 4, files = {} })
end

take(0)
for i, change in ipairs(CHANGES) do
  change()
  take(i)
end
recorder:close()

local r, differences = recording(FILE), recording(DIFFERENCES)

-- ---- questions

local LEAVES <const> = { "comm == 'nginx'", "comm ~= 'nginx'", "comm =~ '^z'", "starts(comm, 'post')",
  "comm == 'httpd'",
  "state == 'Z'", "state ~= 'S'", "ppid == 1", "ppid == 1107", "pid == 412", "pid > 500", "pid == 500", "threads > 1",
  "flags == 2129984", "min_flt > 1000", "known(comm)", "not known(ppid)", "why(res) == 'denied'", "res > 400 * 4096",
  "res == 0", "rss < 2M", "virt > 3M", "known(res)", "uid == 0", "user == 'root'", "vm_swap > 0", "cmdline =~ 'x'",
  "has(cmdline, 'nginx')", "len(cmdline) > 3", "age > 100", "start_time > '-1d'", "pss > 1M", "swap > 0",
  "cgroup == '/'", "oom_score > 0", "time > '-3m'", "mem_percent > 0.1", "comm == 'none of them'", "true", "false" }

local function condition(depth)
  local how = depth > 0 and random(6) or 1
  if how <= 2 then return pick(LEAVES) end
  if how == 3 then return ("not (%s)"):format(condition(depth - 1)) end
  return ("(%s) %s (%s)"):format(condition(depth - 1), how == 4 and "or" or "and", condition(depth - 1))
end

local ENDS <const> = {
  function(set) return set:by "time":sum "rss":json() end,
  function(set) return set:show "time pid comm state res why(res)":json() end,
  function(set) return set:by "comm":agg { n = "count()", most = "max(res)", all = "sum(pss)" }:json() end,
  function(set) return set:sort "-res, pid, time":top(3):json() end,
  function(set) return set:top(3):json() end,
  function(set) return (set:count()) end,
  function(set) return set:where(function(p) return p.pid % 2 == 0 end):show "pid time":json() end,
  function(set) return set:maps():by "time":sum "rss":json() end,
  function(set) return set:set():show "pid res":csv() end,
}

local ALL <const> = os.getenv "MEMSH_ALL"

-- What an answer says, its coverage included.
local function same(set, what, ends)
  for k = 1, ALL and #ENDS or ends or 1 do
    local i = ALL and k or random(#ENDS)
    local answer = ENDS[i]
    local ok, fast = pcall(answer, set)
    local plain_ok, plain = pcall(t.plainly, answer, set)
    t.eq({ ok, fast }, { plain_ok, plain }, ("%s, end %d, seed %d"):format(what, i, seed))
  end
end

t.test("each condition by itself", function()
  for _, leaf in ipairs(LEAVES) do
    same(r.procs:over {}:where(leaf), leaf, 3)
    same(r:at(START + 240).procs:where(leaf), "at one moment: " .. leaf, 3)
    same(differences.procs:over {}:where(leaf), "differences: " .. leaf)
  end
end)

t.test("conditions of conditions, and several of them", function()
  for _ = 1, ALL and 150 or 30 do
    local first, second = condition(2), condition(1)
    same(r.procs:over {}:where(first), first)
    same(r.procs:over { step = "2m" }:where(first):where(second), first .. " / " .. second)
    same(differences.procs:over {}:where(first):where(second), "differences: " .. first .. " / " .. second)
  end
end)

t.test("threads of the kernel, where they are asked for; processes that are named; functions in between", function()
  local with = r:at(START + 60).procs { kernel = true }
  for i = 1, #LEAVES, 3 do
    local leaf = LEAVES[i]
    same(with:over {}:where(leaf), "kernel: " .. leaf, 3)
    same(r.procs { pid = 413 }:over {}:where(leaf), "named: " .. leaf, 2)
    same(r.procs:over {}:where(function(p) return p.pid ~= 1 end):where(leaf), "after a function: " .. leaf, 2)
    same(r.procs:over {}:where(leaf):where(function(p) return p.pid ~= 1 end), "before a function: " .. leaf, 2)
  end
end)

t.test("parameters: a text of conditions is not all that they are", function()
  for _, pid in ipairs { 412, 413, 500, 412 } do
    same(r.procs:over {}:where("pid == p", { p = pid }), "pid " .. pid)
    same(r.procs:over {}:where("pid >= p", { p = pid }):where("pid <= q", { q = pid }), "from to " .. pid)
  end
end)

t.test("sets that meet one another", function()
  local at = r:at(START + 120)
  for _, leaf in ipairs { "comm == 'nginx'", "res > 400 * 4096", "state == 'Z'" } do
    local function ask()
      return at.procs:where(leaf):join(at.procs:where "ppid == 1", "pid"):json(),
        at.procs:where(leaf):join(at.procs:where(leaf), "pid"):json(),
        (r:at(START + 180).procs:where(leaf) - at.procs:where(leaf)):json()
    end
    t.eq({ ask() }, { t.plainly(ask) }, leaf)
  end
end)

t.test("explain: what each step was given and left, and what was decompressed", function()
  local function steps(leaf)
    local list = {}
    for i, row in ipairs(r.procs:over {}:where(leaf):by "time":sum "rss":explain():rows()) do
      list[i] = { row.what, row.rows, core.known(row.left) and row.left, row.undecided, row.why }
    end
    return list
  end
  for i = 1, #LEAVES, 2 do t.eq(steps(LEAVES[i]), t.plainly(steps, LEAVES[i]), LEAVES[i]) end
  local notes = r.procs:over {}:where "comm == 'nginx'":explain().from.notes
  t.ok(table.concat(notes, "\n"):find "12 moments of recordings: %d+ pieces were decompressed, [%d.]+K? in the files",
    table.concat(notes, "\n"))
end)

t.test("each saved machine, recorded", function()
  local pipe = io.popen(("ls -d '%s'/*/ '%s'/kernels/*/"):format(FIXTURES, FIXTURES))
  local list = {}
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  local taken = 0
  for i, path in ipairs(list) do
    local source, file = core.source(path), ("%s/%d.memsh"):format(work, i)
    if source and core.record_saved(source, file) then
      taken = taken + 1
      for _, leaf in ipairs(LEAVES) do same(recording(file).procs:where(leaf), path .. ": " .. leaf, 2) end
    end
  end
  t.ok(taken >= 14, taken)
end)

t.test("which process, which moment: beside what was written", function()
  local times = {}
  for _, row in ipairs(r.procs:over {}:where "comm == 'httpd'":rows()) do
    t.eq(row.pid, 412)
    times[#times + 1] = (row.time - START) // 60
  end
  t.eq(times, { 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0 })
  t.eq((r.procs:over {}:where "comm == 'a) b ) c'":count()), 3)
  for _, one in ipairs { r, differences } do
    t.eq((one.procs:over {}:where "comm == 'zoo'":count()), 10)
    t.eq((one.procs:over {}:where "ppid == 7 and comm =~ '^zoo. S 1400'":count()), 2)
  end
  t.eq((r.procs:over {}:where "pid == 501 and comm == 'postgres'":count()), 10)
end)

os.execute("rm -r " .. work)
t.finish()
