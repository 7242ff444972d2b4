-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Row sets are immutable and lazy; set() freezes; loops nest; the ends.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local machine = require "memsh.fields.machine"

local ALL = { 1, 412, 413, 901, 1107, 1200, 1300, 1400 }

local function pids(set)
  local list = {}
  for row in set do list[#list + 1] = row.pid end
  return list
end

local function opened()
  local n = 0
  for _, times in pairs(machine.source():opened()) do n = n + times end
  return n
end

t.test("no verb changes its receiver", function()
  local set = procs:where "pid > 400":show "pid comm":sort "-pid"
  local text, before = tostring(set), set:csv()
  local grouped = procs:by "comm"
  local grouped_text, plain = tostring(grouped), grouped:count():csv()
  local _ = { set:where "pid > 900", set:sort "pid", set:top(1), set:skip(1), set:show "rss", set:by "comm",
    set:sum "pid", set:distinct "comm", set:join(procs, "pid"), set:total(),
    set:maps(), set:set(), set:count(), set:rows(),
    grouped:sum "pss", grouped:agg { x = "max(rss)" }, grouped:count():count(), grouped:top(1) }
  t.eq(tostring(set), text)
  t.eq(set:csv(), before)
  t.eq(tostring(grouped), grouped_text)
  t.eq(grouped:count():csv(), plain)
  t.eq(tostring(procs), "procs")
end)

t.test("a set shows as the chain that makes it", function()
  t.eq(tostring(procs:where "swap > 0":sort "-rss":top(3):show "pid mb=rss/M":total()),
    'procs:where("swap > 0"):sort("-rss"):top(3):show("pid mb=rss/M"):total()')
  t.eq(tostring(maps:by "path":sum "rss":agg { most = "max(size)" }),
    'maps:by("path"):sum("rss"):max("most=size")')
  t.eq(tostring(procs:join(maps:by "pid":count(), "pid")), 'procs:join(maps:by("pid"), "pid")')
  t.eq(tostring(procs:where(function() return true end):maps():skip(1)), "procs:where(function):maps():skip(1)")
  t.eq(tostring(procs:top(2):set()), "2 rows")
end)

t.test("each end reads anew", function()
  local set = procs:where "swap > 0":show "pid"
  local before = opened()
  set:csv()
  local once = opened() - before
  t.ok(once > 0)
  set:csv()
  t.eq(opened() - before, 2 * once)
end)

t.test("a process that somebody holds is not frozen with a set of its mappings", function()
  local p = proc(412)
  local mappings = p:maps():count()
  t.ok(mappings > 0)
  for _ = 1, 2 do
    local before = p:maps():set()
    t.eq(before:count(), mappings)
    t.eq(p:maps():count(), mappings)
    t.eq((p:maps():set() - before):where "status ~= 'same'":count(), 0)
    t.ok(known(p.pss) and known(p.cgroup) and before:first():process() == p)
  end
end)

t.test("loops nest, over one set and several", function()
  local n = 0
  for p in procs do
    for q in procs do
      n = n + (p == q and 1 or 0)
    end
  end
  t.eq(n, #ALL)
  local set, pairs_seen = procs:where "swap > 0", {}
  for p in set do
    for q in set do
      for r in set do pairs_seen[#pairs_seen + 1] = ("%d.%d.%d"):format(p.pid, q.pid, r.pid) end
    end
  end
  t.eq(#pairs_seen, 27)
  t.eq({ pairs_seen[1], pairs_seen[2], pairs_seen[27] }, { "413.413.413", "413.413.901", "1107.1107.1107" })
end)

t.test("a loop that is left can be started again", function()
  for _ = 1, 3 do
    for p in procs do
      if p.pid == 412 then break end
      t.eq(p.pid, 1)
    end
  end
  t.eq(pids(procs), ALL)
end)

t.test("loops over frozen rows", function()
  local set = procs:set()
  t.eq(pids(set), ALL)
  local n = 0
  for _ in set do
    for _ in set do n = n + 1 end
  end
  t.eq(n, 64)
  t.eq(pids(set:where "pid > 1000"), { 1107, 1200, 1300, 1400 })
  t.eq(pids(set:sort "-pid":top(2)), { 1400, 1300 })
  t.eq(pids(proc(412, 1)), { 412, 1 })
  t.eq(pids(proc(412, 1):set()), { 412, 1 })
end)

t.test("loops over what stages leave of frozen rows nest, whichever is left early", function()
  local set = procs:set():where "pid > 400":sort "-pid"
  local seen = {}
  for p in set do
    for q in set do
      if q == p then break end -- the inner loop ends at the row of the outer one
      seen[#seen + 1] = ("%d.%d"):format(p.pid, q.pid)
    end
  end
  t.eq(#seen, 7 * 6 // 2)
  t.eq({ seen[1], seen[2], seen[3], seen[#seen] }, { "1300.1400", "1200.1400", "1200.1300", "412.413" })
  local frozen, n = procs:set(), 0
  for p in frozen:where "pid > 400" do
    for q in frozen:where "pid < 1000":top(2) do n = n + (p == q and 1 or 0) end
  end
  t.eq(n, 1)
  t.eq(pids(rows { { pid = 3 }, { pid = 1 }, { pid = 2 } }:sort "pid"), { 1, 2, 3 })
  t.eq(pids(set:where "pid < 0"), {})
end)

t.test("loops over mappings keep each row right", function()
  local kept = {}
  for m in proc(1):maps() do
    for other in proc(412):maps():top(2) do t.eq(other.pid, 412) end
    kept[#kept + 1] = m
  end
  collectgarbage()
  local rows = proc(1):maps():rows()
  t.eq(#kept, #rows)
  for i, m in ipairs(kept) do t.eq(m == rows[i], true) end
end)

t.test("a row of a loop may be kept, and used in another one", function()
  local first
  for p in procs do first = first or p end
  t.eq(first.pid, 1)
  t.raises(function()
    for p in procs do
      local f = procs
      f(nil, p) -- takes the place of the loop
      f(nil, p)
    end
  end, "not one of the loop's")
end)

t.test("a frozen set reads nothing any more", function()
  local set = procs:where "swap > 0":show "pid comm swap":set()
  local before = opened()
  t.eq(set:csv(), "pid,comm,swap\r\n413,nginx,4096\r\n901,postgres,3145728\r\n1107,zoo,851968\r\n")
  t.eq(set:sum "swap", 4096 + 3145728 + 851968)
  t.eq(why(set:first().pss), "not_recorded")
  t.eq(why(set:first().private_dirty), "not_recorded")
  t.eq({ set:where "pss > 0":count() }, { 0, 3 })
  t.eq(why(set:maps():empty()), "not_recorded")
  t.eq(opened(), before)
end)

t.test("without anything named it freezes what is cheap", function()
  local set = procs:set()
  local before = opened()
  local p = set:where "pid == 1107":first()
  for _, name in ipairs { "comm", "state", "ppid", "rss", "virt", "vm_swap", "vm_hwm", "user", "cmdline", "cgroup",
    "unit", "start_time", "threads" } do
    t.ok(known(p[name]), name)
  end
  t.eq(why(p.pss), "not_recorded")
  t.eq(why(p.exe), "not_recorded")
  t.eq(opened(), before)
end)

t.test("what was named is frozen", function()
  t.eq(known(procs:where "pss > 0":set():first().pss), true)
  t.eq(known(procs:sort "-pss":set():first().private_dirty), true) -- the same file
  t.eq(known(procs:show "pid, x=pss/2":set():first().pss), true)
  t.eq(known(procs:where "swap > 0":sort "-private_dirty":top(1):set():first().pss), true)
end)

t.test("frozen mappings", function()
  local set = maps:where "comm == 'zoo' and rss > 0":set()
  local before = opened()
  t.eq(set:count(), maps:where "comm == 'zoo' and rss > 0":count())
  t.eq(set:first().comm, "zoo")
  t.ok(known(set:first().pss))
  t.ok(set:by "path":sum "rss":count())
  t.eq(set:procs():count(), 1)
  t.ok(opened() >= before)
  before = opened()
  t.eq(set:csv():sub(1, 4), "pid,")
  t.eq(opened(), before)
end)

t.test("a frozen set is frozen again, grouped, joined, shown", function()
  local set = procs:where "swap > 0":set()
  t.eq(pids(set:set()), { 413, 901, 1107 })
  t.eq(set:by "user":count():count(), 3)
  t.eq(set:join(procs:set(), "pid"):count(), 3)
  local groups = procs:by "user":count():set()
  t.eq(groups:sort "-n, user":first().user, "alice")
  t.eq(groups:first().user, "root")
end)

t.test("rows first one any empty count", function()
  t.eq(#procs:rows(), 8)
  t.eq(procs:first().pid, 1)
  t.eq(procs:where "false":first(), nil)
  t.eq(procs:where "pid == 412":one().pid, 412)
  t.eq({ procs:where "false":one() }, { nil, "no row", "none" })
  t.eq({ procs:one() }, { nil, "more than one row", "many" })
  t.eq(procs:any(), true)
  t.eq(procs:empty(), false)
  t.eq(procs:where "false":any(), false)
  t.eq(procs:where "false":empty(), true)
  t.eq(procs:where "pid < 412 or pid > 1000":count(), 5)
end)

t.test("the formats are text", function()
  local set = procs:top(2):show "pid comm"
  t.eq(set:csv(), "pid,comm\r\n1,systemd\r\n412,nginx\r\n")
  t.eq(set:tsv(), "pid\tcomm\n1\tsystemd\n412\tnginx\n")
  t.has(set:md(), "| 412 | nginx")
  t.eq(set:jsonl(), '{"pid": 1, "comm": "systemd"}\n{"pid": 412, "comm": "nginx"}\n')
  t.has(set:json(), '{"pid": 412, "comm": "nginx"}')
  t.has(set:json(), '"meta": {')
end)

t.test("a set without show has who it is, what its query named, and how much memory", function()
  t.eq(procs:csv():match "^[^\r]*", "pid,user,comm,res")
  t.eq(procs:where "swap > 0":sort "-private_dirty":csv():match "^[^\r]*", "pid,user,comm,swap,private_dirty,res")
  t.eq(procs:where "rss > 0":csv():match "^[^\r]*", "pid,user,comm,rss")
  t.eq(maps:csv():match "^[^\r]*", "pid,comm,addr,perms,kind,rss,path")
  t.eq(maps:where "w and x":csv():match "^[^\r]*", "pid,comm,addr,perms,kind,w,x,rss,path")
end)

t.test("totals and shares", function()
  local text = procs:where "swap > 0":show "comm, swap, pct(swap)":total():csv()
  local sum = 4096 + 3145728 + 851968
  t.has(text, ("total,%d,100"):format(sum))
  local share = tonumber(text:match "zoo,851968,([%d.]+)")
  t.ok(math.abs(share - 100 * 851968 / sum) < 0.06, share)
  t.eq(procs:where "false":show "comm, swap":total():csv(), "comm,swap,partial\r\ntotal,0,\r\n")
  t.eq(procs:where "swap > 0":show "comm swap pct(swap)":total():csv(), text)
end)

t.test("define, desc, fields and help know each other", function()
  define("half_t", "rss / 2", "half of what is resident")
  t.eq(proc(1).half_t, proc(1).rss / 2)
  t.raises(function() desc "psss" end, "freeze_test.lua:%d+: .*did you mean 'pss'")
  t.raises(function() fields "x" end, "freeze_test.lua:%d+: fields takes")
end)

t.test("sizes", function()
  t.eq({ bytes "1.5G", bytes "64K", bytes "7", bytes(3) }, { 3 << 29, 65536, 7, 3 })
  t.eq({ bytes "9007199254740993", bytes "0.1K", bytes(3.7) }, { 9007199254740993, 102, 3 })
  for _, wrong in ipairs { "x", "-1", "1e3", "99999999T", 0 / 0, 1 / 0, {} } do t.eq((bytes(wrong)), nil) end
  t.eq(human(1536), "1.5K")
  t.eq({ K, M, G, T }, { 1 << 10, 1 << 20, 1 << 30, 1 << 40 })
end)

t.finish()
