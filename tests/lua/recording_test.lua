-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- recording(FILE): every moment is what the saved root was that it was made of; over{} is all of them, one by one.
-- The recording is made here of copies of a fixture, whose clock and memory were changed by hand.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"

local work = os.tmpname()
os.remove(work)
assert(os.execute(("mkdir %s && cp -r '%s/full' %s/root"):format(work, os.getenv "MEMSH_FIXTURES", work)))

local function edit(path, pattern, with)
  local file = assert(io.open(work .. "/root/" .. path))
  local text = file:read "a"
  file:close()
  file = assert(io.open(work .. "/root/" .. path, "w"))
  file:write((text:gsub(pattern, with)))
  file:close()
end

local function copy(name)
  assert(os.execute(("cp -r %s/root %s/%s"):format(work, work, name)))
  return work .. "/" .. name
end

-- The moments: when, and how many pages process 412 has resident.
local START <const>, STEP <const>, MOMENTS <const> = 1700086400, 600, 7
local FILE <const> = work .. "/x.memsh"
local times, roots = {}, {}

for i = 1, MOMENTS do
  times[i] = START + (i - 1) * STEP
  edit(".machine/info", "now %d+", "now " .. times[i])
  edit("412/statm", "^(%d+) %d+", "%1 " .. 1000 * i)
  edit("412/status", "VmRSS:%s*%d+", "VmRSS:\t" .. 4000 * i)
  edit("meminfo", "(MemAvailable:%s*)%d+", "%1" .. 100000 * i)
  roots[i] = copy("root" .. i)
  assert(core.record_saved(assert(core.source(roots[i])), FILE))
end

local r = recording(FILE)

-- The answer of memsh itself on the saved root, in a process of its own.
local function on_root(i, question)
  local memsh = os.getenv "MEMSH" or "memsh"
  local pipe = io.popen(("'%s' -s %s -f jsonl -e '%s' 2>/dev/null"):format(memsh, roots[i], question))
  local text = pipe:read "a"
  pipe:close()
  return text
end

-- Of a file that is read no more.
t.test("what a moment has is unknown where it can't be looked up", function()
  local broken = { moments = function() return { { id = 1, time = START, why = "every" } } end,
    has = function() return nil, "x.memsh: Input/output error" end }
  local row = require "memsh.query.moments" { { recording = broken, path = "x.memsh" } }:first()
  t.eq(core.why(row.also), "malformed")
end)

t.test("the machine at every moment", function()
  local rows = r.procs:over {}:distinct "time":show "time free=sys.mem_available":rows()
  t.eq(#rows, MOMENTS)
  for i, row in ipairs(rows) do t.eq({ row.time, row.free }, { times[i] + 0.0, 100000 * i * 1024 }) end
end)

t.test("the moments are those that were recorded", function()
  local rows = r.moments:rows()
  t.eq(#rows, MOMENTS)
  for i, row in ipairs(rows) do
    t.eq(row.time, times[i] + 0.0)
    t.eq({ row.why, row.processes, row.host }, { "saved", 9, "fixture" })
    t.ok(row.size > 0)
  end
  t.eq(r.moments:where("time > t", { t = times[3] }):count(), MOMENTS - 3)
end)

t.test("each moment answers as the saved root that it was made of", function()
  for _, question in ipairs { 'procs:show"pid comm res pss swap mem_percent time host"', 'maps:by"path":sum"pss rss"',
    'cgroups:show"path memory_current memory_limit procs time"', 'maps:where"w and x":show"pid addr size"',
    'procs:by"user":sum"res":sort"-res":show"user res share=res*100/sys.mem_total"' } do
    for i = 1, MOMENTS, 3 do
      local moment = r:at(times[i])
      local here = assert(load("return " .. question, "=", "t",
        { procs = moment.procs, maps = moment.maps, cgroups = moment.cgroups }))()
      t.eq(here:jsonl(), on_root(i, question), question)
    end
  end
end)

t.test("moments side by side, and beside the machine of the session", function()
  local early, late = r:at(times[1]), r:at(times[5])
  t.eq({ early:proc(412).res, late:proc(412).res }, { 1000 * 4096, 5000 * 4096 })
  t.eq({ early.sys.now, late.sys.now }, { times[1] + 0.0, times[5] + 0.0 })
  local all = procs:show "pid comm":set()
  t.eq(all:first().time, procs:first().time)
  t.eq(early.procs:join(late.procs, "pid"):count(), 8)
  local p = late:proc(413)
  t.eq(p:parent().time, times[5] + 0.0)
  t.eq(p:parent():children():where "pid == 413":first().time, times[5] + 0.0)
  local none, _, name = late:proc(77)
  t.eq({ none == nil, name }, { true, "gone" })
end)

t.test("when: as people write it", function()
  t.eq(r:at("-20m").time, times[5] + 0.0)
  t.eq(r:at("2023-11-15T22:30:00Z").time, times[2] + 0.0)
  t.eq(r:at("saved").time, times[MOMENTS] + 0.0)
  t.eq(r:at(r.moments:rows()[2]).time, times[2] + 0.0)
  t.raises(function() return r:at "2001-01-01" end, "no moment so early")
  t.raises(function() return r:at "soon" end, "not a time")
  t.raises(function() return r:at(START - 1) end, "no moment so early")
  t.raises(function() return r:at() end, "takes a time")
  t.raises(function() return r.momemts end, "did you mean 'moments'")
  t.raises(function() return recording(work .. "/none") end, "No such file")
end)

local function series(set)
  local list = {}
  for _, row in ipairs(set:rows()) do list[#list + 1] = { row.time, row.res } end
  return list
end

local function expected(first, last, step)
  local list = {}
  for i = first, last, step or 1 do list[#list + 1] = { times[i] + 0.0, 1000 * i * 4096 } end
  return list
end

t.test("over is every moment, with its time", function()
  local of_412 = r.procs:over {}:where "pid == 412":by "time":sum "res"
  t.eq(series(of_412), expected(1, MOMENTS))
  t.eq(series(r.procs:over { from = "-30m" }:where "pid == 412":show "time res"), expected(4, MOMENTS))
  t.eq(series(r.procs:over { from = times[2], to = times[4] }:where "pid == 412"), expected(2, 4))
  t.eq(series(r.procs:over { step = "20m" }:where "pid == 412"), expected(1, MOMENTS, 2))
  t.eq(r.procs:over {}:count(), 8 * MOMENTS)
  t.eq(r.procs:where "pid == 412":over {}:count(), MOMENTS)
  t.eq(series(r.procs:over {}:sort "-time":where "pid == 412":top(2)),
    { { times[7] + 0.0, 7000 * 4096 }, { times[6] + 0.0, 6000 * 4096 } })
end)

t.test("rows of many moments are shown with their time, where nobody says what is shown", function()
  local some = r.procs:over {}:where "pid == 412 and time > 0"
  for _, set in ipairs { some, some:set(), some:sort "-time", r.maps:over {}, r.cgroups:over {}, some:maps(),
    some:join(r.procs, "pid") } do
    t.eq(set:csv():match "^[^,]*,", "time,")
  end
  t.eq(some:csv():match "^[^\r]*", "time,pid,user,comm,res")
  t.eq(some:show("pid"):csv():match "^[^\r]*", "pid")
  t.eq(r.procs:where("pid == 412"):csv():match "^[^\r]*", "pid,user,comm,res")
end)

t.test("over: mappings and groups, too, and what is of several moments is not taken for one", function()
  local each = r.maps:over {}:by "time":sum "pss":rows()
  t.eq(#each, MOMENTS)
  for i, row in ipairs(each) do
    t.eq(row.pss, (r:at(times[i]).maps:sum "pss"))
    t.eq({ row.n, row.procs }, { r:at(times[i]).maps:count(), 6 })
  end
  t.eq((r.maps:over {}:sum "pss"), MOMENTS * (r:at(times[1]).maps:sum "pss"))
  t.eq((r.procs:over {}:maps "w":sum "rss"), MOMENTS * (r:at(times[1]).maps:where "w":sum "rss"))
  t.eq(r.maps:over {}:by "path":count():first().procs % MOMENTS, 0)
  t.eq(r.cgroups:over {}:count(), MOMENTS * r.cgroups:count())
  t.eq((r.procs:over {}:where "pid == 412":max "mem_percent"), r:at(times[7]):proc(412).mem_percent)
end)

t.test("the plain way gives the same", function()
  local function ask()
    return r.maps:over { from = times[5] }:by "time, comm":sum "pss":csv(),
      r.procs:over {}:by "comm":max "res":sort "comm":csv()
  end
  t.eq({ ask() }, { t.plainly(ask) })
end)

t.test("the coverage counts what was read of each moment", function()
  local text = r.procs:over {}:where "pss > 0":show "pid":json()
  t.has(text, ('"total": %d'):format(8 * MOMENTS))
  t.has(text, ('"no_memory": %d'):format(2 * MOMENTS))
end)

t.test("one process whose value is unknown in each moment counts in each", function()
  for _, set in ipairs { r.procs:over {}:where "pid == 1300", r.procs:over {}:where "pid == 1300":set() } do
    t.has(set:show "pid res":json(), ('"no_memory": %d,'):format(MOMENTS))
  end
end)

t.test("what can't be gone over is refused", function()
  t.raises(function() return procs:over {} end, "of a recording")
  t.raises(function() return r.procs:sort "-rss":over {} end, "over comes before sort")
  t.raises(function() return r.procs:over { form = 1 } end, "did you mean 'from'")
  t.raises(function() return r.procs:over { step = "often" }:count() end, "not a step")
  t.raises(function() return r.procs:over { from = "soon" }:count() end, "not a time")
  t.raises(function() return r.moments:over {} end, "over is of procs")
end)

t.test("times in expressions are beside the moment that is asked", function()
  t.eq(r.procs:over {}:where "pid == 412 and time > '-25m'":count(), 3)
  t.eq(r:at(times[3]).procs:over {}:where "pid == 412 and time >= '-10m'":count(), 6)
  t.eq(r.procs:over {}:where("pid == 412 and time == t", { t = times[2] }):first().res, 2000 * 4096)
  t.eq(r.procs:over {}:by "time":count():where "time >= '-10m'":count(), 2)
  t.eq(r.procs:over {}:where "pid == 412 and time < '2023-11-15T22:30:00Z'":count(), 2)
  local moment = r:at(times[4])
  local age = math.floor(moment.time - moment:proc(1107).start_time)
  t.ok(age > 60)
  t.eq(moment.procs:where(("pid == 1107 and start_time > '-%ds'"):format(age + 60)):count(), 1)
  t.eq(moment.procs:where(("pid == 1107 and start_time > '-%ds'"):format(age - 60)):count(), 0)
  t.has(table.concat(r.procs:where "time > '-1h'":explain().from.notes, "\n"), "'-1h' is "
    .. os.date("%Y-%m-%d %H:%M:%S", times[MOMENTS] - 3600))
  t.raises(function() return r.procs:where "time > 'soon'" end, "is not a time")
end)

t.test("spark: the sums at each moment, as a list, and drawn", function()
  local row = r.procs:over {}:where "pid == 412":by "comm":spark "res":first()
  local expected_sums = {}
  for i = 1, MOMENTS do expected_sums[i] = 1000 * i * 4096 end
  t.eq(row.res, expected_sums)
  local set = r.procs:over {}:by "comm":agg { trend = "spark(res)", most = "max(res)" }:sort "-most"
  local by_hand = {}
  for i = 1, MOMENTS do by_hand[i] = (r:at(times[i]).procs:where "comm == 'nginx'":sum "res") end
  t.eq(set:where "comm == 'nginx'":first().trend, by_hand)
  local of_two = r.procs:over {}:where "time > '-15m' and pid == 412 or pid == 413":by "pid":spark "res"
  t.eq(of_two:where "pid == 412":first().res, { 0, 0, 0, 0, 0, 6000 * 4096, 7000 * 4096 })
  t.has(set:json(), ('"trend": [%d, '):format(1347584))
  -- 412 grows, from less than the others have to more.
  local last = {}
  for i, one in ipairs(r:at(times[MOMENTS]).procs:where "res > 0":sort "-res":rows()) do last[i] = one.pid end
  local sorted, falls = {}, true
  for i, one in ipairs(r.procs:over {}:where "res > 0":by "pid":spark "res":sort "-res":rows()) do
    falls = falls and (i == 1 or one.res[1] <= sorted[i - 1].res[1])
    sorted[i] = one
  end
  t.ok(not falls, "sums at the first moment have another order")
  for i, one in ipairs(sorted) do sorted[i] = one.pid end
  t.eq(sorted, last)
  local drawn = require "memsh.show.spark"
  t.eq(utf8.len(drawn { 1, 2, 3 }), 3)
  t.ok(drawn { 0, 8, 4 }:find "^ [█#][▄=]")
  local long = {}
  for i = 1, 100 do long[i] = i end
  t.eq(utf8.len(drawn(long)), 24)
  t.eq(drawn {}, "")
end)

t.test("growth between two moments", function()
  local grown = r:at(times[6]).procs - r:at(times[2]).procs
  local row = grown:where "res > 0":one()
  t.eq({ row.pid, row.res, row.status }, { 412, 4000 * 4096, "same" })
  t.eq(grown:where "status == 'same'":count(), 8)
  local mapped = r:at(times[6]).maps - r:at(times[2]).maps
  t.eq(mapped:where "status ~= 'same'":count(), 0)
  local by_user = r:at(times[6]).procs:by "user":sum "res" - r:at(times[2]).procs:by "user":sum "res"
  t.eq(by_user:where "user == 'root'":first().res, 4000 * 4096)
end)

t.test("growth across recordings: one boot or two", function()
  local other = work .. "/other.memsh"
  assert(core.record_saved(assert(core.source(roots[4])), other))
  local before, now = r:at(times[2]).procs, recording(other).procs
  local row = (now - before):where "res > 0":one()
  t.eq({ row.pid, row.res, row.status }, { 412, 2000 * 4096, "same" })
  -- The same machine, booted again: its processes are others, whatever their numbers.
  edit("sys/kernel/random/boot_id", "%x+", "0")
  assert(core.record_saved(assert(core.source(work .. "/root")), work .. "/again.memsh"))
  local again = recording(work .. "/again.memsh").procs - before
  t.eq(again:by "status":count():sort "status":csv(), "status,n,partial\r\ngone,8,\r\nnew,8,\r\n")
  t.eq(again:where "pid == 412 and status == 'gone'":first().res, -2000 * 4096)
end)

os.execute("rm -rf " .. work)
t.finish()
