-- SPDX-License-Identifier: GPL-3.0-or-later
-- a - b: growth between two frozen sets. The machine is a copy of a fixture whose files this test rewrites.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local machine = require "memsh.fields.machine"

local root = os.tmpname()
os.remove(root)

local function shell(line)
  assert(os.execute(line))
end

local full = os.getenv "MEMSH_FIXTURES" .. "/full"
shell(("cp -r %s %s && chmod -R u+w %s"):format(full, root, root))

-- What tests change.
local CHANGED <const> = "412 413 1107 1400 errors"

-- A fresh machine.
local function install()
  shell(("cd %s && rm -rf %s 1999 && (cd %s && cp -r %s %s) && chmod -R u+w ."):format(root, CHANGED, full, CHANGED,
    root))
  machine.configure(root)
end

-- Replaces in a file of the machine, once.
local function rewrite(file, from, to)
  local path = root .. "/" .. file
  local handle = assert(io.open(path))
  local text = handle:read "a"
  handle:close()
  local first, last = text:find(from, 1, true)
  assert(first, file .. " has no " .. from)
  handle = assert(io.open(path, "w"))
  handle:write(text:sub(1, first - 1), to, text:sub(last + 1))
  handle:close()
end

local function number_of(file, label)
  for line in io.lines(root .. "/" .. file) do
    local value = line:match("^" .. label .. ":%s*(%d+) kB")
    if value then return tonumber(value) * 1024 end
  end
end

-- Changes a size, in kB.
local function grow(file, label, kb)
  local was = number_of(file, label) // 1024
  local last = 0
  for line in io.lines(root .. "/" .. file) do
    if line:find("^" .. label .. ":") then
      rewrite(file, line, ("%s:\t%8d kB"):format(label, was + kb))
      last = last + 1
    end
  end
  assert(last == 1)
end

local function by_pid(set)
  local rows = {}
  for row in set do rows[row.pid] = row end
  return rows
end

t.test("numbers are differences, text is as it is now", function()
  install()
  local before = procs:set()
  local was = number_of("412/status", "RssAnon")
  grow("412/status", "RssAnon", 3000)
  rewrite("412/statm", "479 329", "480 229")
  rewrite("412/cmdline", "nginx", "nginy")
  local rows = by_pid(procs:set() - before)
  t.eq(rows[412].rss_anon, 3000 * 1024)
  t.eq({ rows[412].status, rows[412].comm, rows[412].pid, rows[412].user }, { "same", "nginx", 412, "root" })
  t.has(rows[412].cmdline, "nginy")
  t.eq(rows[412]["before.rss_anon"], was)
  t.eq(rows[412]["now.rss_anon"], was + 3000 * 1024)
  t.eq(rows[1].rss_anon, 0)
  t.eq(rows[412].start_time, by_pid(before)[412].start_time)
end)

t.test("the questions that people ask of growth", function()
  install()
  local before = procs:set()
  grow("412/status", "RssAnon", 3000)
  grow("413/status", "VmRSS", 500)
  t.eq((procs:set() - before):where "rss_anon > 1M and status == 'same'":sort "-rss_anon":show "pid rss_anon":csv(),
    "pid,rss_anon\r\n412,3072000\r\n")
  t.eq((procs - before):where "rss_anon > 1M":count(), 1)
  t.eq((procs - before):where "rss > 0":sort "-rss":top(10):show "pid rss":tsv(), "pid\trss\n413\t512000\n")
  t.eq((procs - before):sum "rss_anon", 3000 * 1024)
  t.eq((procs:where "pid == 412":set() - before):where "status ~= 'same'":count(), 7)
end)

t.test("new counts whole, gone counts whole, less; another process of the same number is both", function()
  install()
  local before = procs:set()
  local nginx, zoo = number_of("413/status", "RssAnon"), number_of("1107/status", "RssAnon")
  shell(("rm -r %s/413 && mv %s/1107 %s/1999"):format(root, root, root))
  for _, file in ipairs { "stat", "status" } do
    rewrite("1999/" .. file, file == "stat" and "1107 (" or "Pid:\t1107", file == "stat" and "1999 (" or "Pid:\t1999")
  end
  rewrite("412/stat", " 0 900 ", " 0 901 ")
  local growth = procs:set() - before
  local rows = growth:where "status ~= 'same'":sort "pid, status":rows()
  local found = {}
  for i, row in ipairs(rows) do found[i] = ("%d %s %d"):format(row.pid, row.status, row.rss_anon) end
  local own = number_of("412/status", "RssAnon")
  t.eq(found, { ("412 gone %d"):format(-own), ("412 new %d"):format(own), ("413 gone %d"):format(-nginx),
    ("1107 gone %d"):format(-zoo), ("1999 new %d"):format(zoo) })
  t.eq(growth:sum "rss_anon", -nginx)
  t.eq(growth:where "pid == 413":first()["now.rss_anon"], 0)
end)

t.test("unknown on either side is unknown, with the reason", function()
  install()
  local before = procs:set()
  local now = procs:where "pss >= 0":set()
  local row = by_pid(now - before)[412]
  t.eq(why(row.pss), "not_recorded")
  local zombie = by_pid(procs:set() - before)[1200]
  t.eq(why(zombie.rss), "no_memory")
  t.eq({ (procs:set() - before):where "pss > 0":count() }, { 0, 8 })
  local with = procs:where "known(pss)":set()
  t.eq(by_pid(procs - with)[412].pss, 0, "what the set behind the minus has is read of the other, too")
end)

t.test("a callback that meets an unknown difference is undecided once", function()
  install()
  local before = procs:set()
  t.eq({ (procs:set() - before):where(function(row) return row.pss > 0 end):count() }, { 0, 8 })
  t.eq((procs:set() - before):where(function(row) return not known(row.pss) end):count(), 8)
end)

t.test("mappings: what they map, wherever it lies now", function()
  install()
  local before = maps:where "pid == 412":set()
  rewrite("412/smaps", "00400000-00410000", "00800000-00810000")
  rewrite("412/smaps", "Rss:                  64 kB", "Rss:                  40 kB")
  local growth = maps:where "pid == 412":set() - before
  t.eq(growth:where "status ~= 'same'":count(), 0)
  t.eq(growth:where "rss ~= 0":show "addr rss path":csv(), "addr,rss,path\r\n0x800000,-24576,/usr/sbin/nginx\r\n")
end)

t.test("mappings: nameless memory is known by either end, other memory of its kind is other memory", function()
  install()
  local function area(from, to, kb)
    local head = ("%s-%s rw-p 00000000 00:00 0 \nSize: %d kB\nRss: %d kB\nPss: %d kB\n"):format(from, to, kb, kb, kb)
    return head .. "VmFlags: rd wr mr mw me ac\n"
  end
  local function set_areas(text)
    local handle = assert(io.open(root .. "/412/smaps", "w"))
    handle:write(text)
    handle:close()
    return maps:where "pid == 412":set()
  end
  local before = set_areas(area("10000000", "10010000", 64) .. area("20000000", "20010000", 64) ..
    area("30000000", "30010000", 64))
  local after = set_areas(area("0fff0000", "10010000", 128) .. area("20000000", "20008000", 32) ..
    area("40000000", "40010000", 64))
  local found = {}
  for row in after - before do found[#found + 1] = ("%x %s %d"):format(row.addr, row.status, row.rss // 1024) end
  t.eq(found, { "fff0000 same 64", "20000000 same -32", "40000000 new 64", "30000000 gone -64" })
end)

t.test("mappings that are where they were: as without the quick way, whatever changed around them", function()
  install()
  local before = maps:set()
  rewrite("412/smaps", "00400000-00410000 r-xp", "00400000-00410000 rwxp")
  rewrite("413/smaps", "Rss:                  64 kB", "Rss:                  40 kB")
  shell(("rm -r %s/1400"):format(root))
  local after = maps:set()
  local function all(a, b)
    return (a - b):show "pid addr perms size rss status before.rss now.rss name":csv()
  end
  t.eq(all(after, before), t.plainly(all, after, before))
  t.eq(all(after:sort "-addr":set(), before), t.plainly(all, after:sort "-addr":set(), before))
  t.eq(all(after, before:sort "name, -rss":set()), t.plainly(all, after, before:sort "name, -rss":set()))
  t.eq(all(after:top(0):set(), before), t.plainly(all, after:top(0):set(), before))
  t.ok((after - before):where "status == 'new'":count() > 0)
end)

t.test("groups by their keys, control groups by their paths", function()
  install()
  local before = procs:by "user":sum "rss_anon":set()
  grow("412/status", "RssAnon", 3000)
  shell(("rm -r %s/1400"):format(root))
  local growth = procs:by "user":sum "rss_anon" - before
  t.eq(growth:csv():match "^[^\r]*", "user,status,n,rss_anon")
  t.eq(growth:where "user == 'root'":first().rss_anon, 3000 * 1024)
  t.eq(growth:where "status == 'gone'":first().n, -1)
  local groups = cgroups:set()
  t.eq((cgroups - groups):where "status ~= 'same'":count(), 0)
end)

t.test("what is missing from a sum leaves no bound of the difference", function()
  install()
  local before = procs:by "user":sum "pss":set()
  rewrite("errors", "", "413/smaps_rollup EACCES\n")
  machine.configure(root) -- which reads it; the boot is the same
  local growth = procs:by "user":sum "pss" - before
  t.has(growth:where "user == 'www-data'":show "user pss":csv(), "www-data,\r\n")
  install()
end)

t.test("signs are for people, numbers for programs", function()
  install()
  local before = procs:set()
  rewrite("412/statm", "479 329", "500 329")
  grow("412/status", "RssAnon", 3000)
  local growth = (procs:set() - before):where "pid == 412":show "pid, rss_anon, mb=rss_anon/M, back=-rss_anon"
  t.has(growth:md(), "| 412 | +3072000 | +2.9296875 | -3072000 |")
  t.eq(growth:csv(), "pid,rss_anon,mb,back\r\n412,3072000,2.9296875,-3072000\r\n")
  t.has(growth:jsonl(), '"rss_anon": 3072000')
  t.has((procs:set() - before):by "user":sum "rss_anon":md(), "+3072000")
end)

t.test("without show: who, how it stands, what was named, how much memory", function()
  install()
  local before = procs:set()
  t.eq((procs:set() - before):csv():match "^[^\r]*", "pid,user,comm,status,res,rss_anon,swap")
  t.eq((procs:set() - before):where "rss > 0":csv():match "^[^\r]*", "pid,user,comm,status,rss,rss_anon,swap")
  local with = procs:sort "-pss":set()
  t.eq((procs - with):csv():match "^[^\r]*", "pid,user,comm,status,pss,res,rss_anon,swap")
  t.eq((maps:set() - maps:set()):csv():match "^[^\r]*", "pid,comm,addr,perms,kind,status,size,rss,path")
end)

t.test("what can't be subtracted says what to do", function()
  install()
  local before = procs:set()
  t.raises(function() return procs - procs end, "growth_test.lua:%d+: the set after the minus is not frozen.*:set%(%)")
  t.raises(function() return maps - before end, "mappings and processes can't be subtracted")
  t.raises(function() return before - 5 end, "only a row set can be subtracted")
  t.raises(function() return 5 - before end, "only a row set can be subtracted")
  t.raises(function() return (before - before) - before end, "can't be subtracted again")
  local joined = procs:join(procs, "pid"):set()
  t.raises(function() return joined - joined end, "nothing to be matched by")
  local odd = procs:by "status=state":count():set()
  t.raises(function() return odd - odd end, "a column 'status'")
  t.raises(function() return (before - before):where "statsu == 'new'" end, "did you mean 'status'")
  t.raises(function() return (before - before):first().statsu end, "did you mean 'status'")
end)

t.test("sets of two boots have no process in common", function()
  install()
  local before = procs:set()
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/kernels/6.18")
  local after = procs:set()
  local both = after - before
  t.eq(both:where "status == 'same'":count(), 0)
  t.eq({ both:where "status == 'new'":count(), both:where "status == 'gone'":count() },
    { after:count(), before:count() })
  t.has(both.from.notes[1], "different machines, or of different boots")
  install()
end)

t.test("differences are rows like any", function()
  install()
  local before = procs:set()
  local growth = procs:set() - before
  t.eq(growth:by "status":count():show "status n":csv(), "status,n,partial\r\nsame,8,\r\n")
  t.eq(growth:join(procs, "pid"):count(), 8)
  t.eq(growth:set():count(), 8)
  t.eq(growth:distinct "comm":count() > 1, true)
  t.eq(growth:describe():where "column == 'res'":first().sum, 0)
  t.raises(function() return growth:maps() end, "goes from processes, and these rows are not processes")
end)

t.test("a column called process is one, of rows of tables", function()
  local function sums(v) return rows { { process = "x", v = v } }:by "process":sum "v" end
  local before = sums(1):set()
  local row = (sums(5) - before):first()
  t.eq({ row.process, row.v }, { "x", 4 })
  t.eq((sums(5) - before):where "process == 'x'":count(), 1)
end)

t.test("the live machine: what this program takes, and a child that comes and goes", function()
  machine.configure(nil)
  local function anon()
    for line in io.lines "/proc/self/status" do
      local kb = line:match "^RssAnon:%s*(%d+)"
      if kb then return tonumber(kb) * 1024 end
    end
  end
  local self = tonumber(io.open("/proc/self/stat"):read "n")
  local before, was = proc(self, self):top(1):set(), anon()
  local child = io.popen("echo $$; exec sleep 60 >/dev/null", "r")
  local pid = child:read "n"
  local memory = ("x"):rep(64 * 1024 * 1024)
  local now = anon()
  local after = proc(self, pid):set()
  local grown = by_pid(after - before)[self].rss_anon
  t.ok(math.abs(grown - (now - was)) < 8 * 1024 * 1024, ("%d against %d"):format(grown, now - was))
  t.eq(#memory, 64 * 1024 * 1024)
  t.eq(by_pid(after - before)[pid].status, "new")
  t.eq(by_pid(proc(self, pid) - after)[pid].status, "same")
  os.execute("kill " .. pid)
  child:close()
  t.eq(by_pid(proc(self, pid) - after)[pid].status, "gone")
  t.eq(by_pid(proc(self, pid) - before)[pid], nil)
  local shown = proc(self, self):show "pid comm user"
  local rows = shown:rows()
  local run = { coverage = before.from.coverage, source = machine.source() }
  local kept = require("memsh.query.rowset").frozen(shown, rows, run)
  if why(rows[1].start_time) == "not_recorded" then -- else it was read to know the kernel's threads
    t.raises(function() return before - kept end, "no start time")
  end
end)

os.execute("rm -rf " .. root)
t.finish()
