-- SPDX-License-Identifier: GPL-3.0-or-later
-- first
-- What reports make of a recording: timeline, oom, leaks and the doctor's checks. The recording is made here, moment by
-- moment, of machines whose numbers are known; slopes are computed by Python, too.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local made = dofile(os.getenv "MEMSH_TESTS" .. "/lua/doctor_machine.lua")
local core = require "memsh.core"
local kills = require "memsh.analysis.kills"
local leaks = require "memsh.analysis.leaks"
local oom = require "memsh.analysis.oom"
local slope = require "memsh.analysis.slope"
local timeline = require "memsh.analysis.timeline"

local M <const> = 1024 -- kB
local START <const>, STEP <const>, MOMENTS <const> = 1700864000, 60, 40

local files = {}

local function record(m, file, time)
  m.files[".machine/info"] = ("hz 100\npage_size 4096\nhost made\nnow %d\n"):format(time)
  assert(core.record_saved(assert(core.source(m:write())), file))
  made.forget()
end

local function new_file()
  local name = os.tmpname()
  os.remove(name)
  files[#files + 1] = name
  return name
end

-- What process 200 has at each moment: it leaks, and is not quite even.
local function leaky(i) return 100 * M + 2 * M * i + (i * 7919) % 977 end
local function cache(i) return 50 * M + 4 * M * math.min(i, 20) end
local function wave(i) return 40 * M + 2 * M * (i % 8) end

-- ---- the recording

local FILE <const> = new_file()
local KILL <const>, GROUP_KILL <const>, PRESSED <const> = 30, 35, 12

local function machine_at(i)
  local m = made.healthy()
  m:process { pid = 200, comm = "leaky", rss_anon = leaky(i), swap = i * 16 }
  m:process { pid = 201, comm = "cache", rss_anon = cache(i) }
  m:process { pid = 202, comm = "wave", rss_anon = wave(i) }
  local is_first = i <= 20
  m:process { pid = 204, comm = "twice", rss_anon = is_first and 200 * M or 10 * M + i * M // 2,
    age = is_first and 900 or 5 }
  if i >= 20 and i < 25 then m:process { pid = 203, comm = "brief", rss_anon = i * 10 * M } end
  if i <= KILL then m:process { pid = 300, comm = "victim", rss_anon = 900 * M + i * M, cgroup = "/batch" } end
  if i == KILL then m:process { pid = 310, comm = "chance", rss_anon = 2 * M } end
  if i <= GROUP_KILL then m:process { pid = 301, comm = "worker", rss_anon = 90 * M, cgroup = "/web" } end
  m:process { pid = 302, comm = "worker", rss_anon = 8 * M, cgroup = "/web" }
  m.vmstat.oom_kill = 3 + (i > KILL and 1 or 0) + (i > GROUP_KILL and 1 or 0)
  m.groups["/batch"] = { ["memory.max"] = "max", ["memory.events"] = { oom_kill = 0 } }
  m.groups["/web"] = { ["memory.max"] = 100 * M * 1024, ["memory.events"] = { oom_kill = i > GROUP_KILL and 1 or 0 } }
  if i <= KILL then m.meminfo.MemAvailable = 300 * M end
  m.pressure.some.total = i >= PRESSED and 15000000 or 0
  return m
end

for i = 1, MOMENTS do record(machine_at(i), FILE, START + i * STEP) end

local recording = assert(core.recording(FILE))

local function time(i) return START + i * STEP + 0.0 end

-- ---- timeline

local ALL <const> = { by = "program", of = "anon", top = 8 }

local function anon_of(m)
  local sums = {}
  for _, p in pairs(m.processes) do sums[p.comm] = (sums[p.comm] or 0) + p.rss_anon * 1024 end
  return sums
end

t.test("timeline: every moment has each program's memory, and all of it", function()
  local line = assert(timeline.take(recording, ALL))
  t.eq({ #line.points, line.moments, line.without }, { MOMENTS, MOMENTS, 0 })
  for i, point in ipairs(line.points) do
    local sums, all = anon_of(machine_at(i)), 0
    for _, bytes in pairs(sums) do all = all + bytes end
    t.eq({ point.time, point.total, point.values.leaky, point.values.worker },
      { time(i), all, sums.leaky, sums.worker })
    local shown = timeline.rest(line, point)
    for _, name in ipairs(line.names) do shown = shown + (point.values[name] or 0) end
    t.eq(shown, all)
  end
  t.eq(line.names[1], "victim")
end)

t.test("timeline: pressure is of the time between two moments, kills are where the counter grew", function()
  for i, point in ipairs(timeline.take(recording, ALL).points) do
    t.eq(point.kills, (i == KILL + 1 or i == GROUP_KILL + 1) and 1 or 0)
    t.eq(point.pressure, i > 1 and (i == PRESSED and 25.0 or 0.0) or nil)
  end
end)

t.test("timeline: a span, units, swap, and what was not recorded", function()
  local line = timeline.take(recording, { by = "unit", of = "swap", top = 8, from = "-10m", to = "-5m" })
  t.eq({ #line.points, line.points[1].time }, { 6, time(MOMENTS - 10) })
  t.eq(line.points[6].total, (MOMENTS - 5) * 16 * 1024)
  local rows = timeline.rows(timeline.take(recording, { by = "program", of = "anon", top = 1, from = "-2m" })):rows()
  t.eq({ #rows, rows[1].program, rows[2].program }, { 6, "leaky", "(others)" })
  local one = anon_of(machine_at(MOMENTS))
  t.eq({ rows[5].memory, rows[5].n, rows[6].memory }, { one.leaky, 1, one.init + one.service100 + one.service101 +
    one.service102 + one.cache + one.wave + one.twice + one.worker })
  t.eq(rows[6].used, (8192 - 5200) * M * 1024)
  local none, message = timeline.take(recording, { by = "program", of = "anon", top = 1, to = START })
  t.eq({ none, message }, { nil, "there is no moment in that time" })
  t.raises(function() timeline.take(recording, { by = "program", of = "anon", top = 1, from = "soon" }) end,
    "not a time")
end)

-- A recording as it would be with as many processes that not all of its moments are read.
local function as_crowded(recorded)
  return setmetatable({
    moments = function()
      local list = recorded:moments()
      for _, moment in ipairs(list) do moment.processes, moment.why = 60000, "every" end
      return list
    end,
  }, { __index = function(_, name) return function(_, ...) return recorded[name](recorded, ...) end end })
end

t.test("timeline: of pss those moments are read that have it, and a kill between them is not lost", function()
  local file = new_file()
  for i = 1, 48 do
    local m = made.healthy()
    m:process { pid = 200, comm = "leaky", rss_anon = 100 * M, rollup = { Pss = i * M } }
    m.vmstat.oom_kill = i > 12 and 1 or 0
    m.files[".machine/info"] = ("hz 100\npage_size 4096\nhost made\nnow %d\n"):format(START + i * STEP)
    local root = m:write()
    for pid in pairs(m.processes) do
      if i % 8 ~= 3 then assert(os.remove(("%s/%d/smaps_rollup"):format(root, pid))) end
    end
    assert(core.record_saved(assert(core.source(root)), file))
    made.forget()
  end
  local opt = { by = "program", of = "pss", top = 8 }
  local line = assert(timeline.take(as_crowded(assert(core.recording(file))), opt))
  local seen = {}
  for i, point in ipairs(line.points) do seen[i] = { point.time, point.values.leaky, point.kills } end
  t.eq(seen, { { time(3), 3 * M * 1024, 0 }, { time(11), 11 * M * 1024, 0 }, { time(19), 19 * M * 1024, 1 },
    { time(27), 27 * M * 1024, 0 }, { time(35), 35 * M * 1024, 0 }, { time(43), 43 * M * 1024, 0 } })
  t.eq(timeline.notes(line), { "42 moments did not record pss." })
end)

-- ---- kills

t.test("kills are found whichever moments are looked at", function()
  local list = recording:moments()
  local found, reason, search = kills.find(recording, list)
  t.eq({ #found, reason }, { 2, nil })
  t.eq({ found[1].before.time, found[1].after.time, found[1].n }, { time(KILL), time(KILL + 1), 1 })
  t.eq({ found[2].before.time, found[2].after.time, found[2].n }, { time(GROUP_KILL), time(GROUP_KILL + 1), 1 })
  for first = 1, MOMENTS - 1 do
    for last = first + 1, MOMENTS do
      local part = table.move(list, first, last, 1, {})
      local n = (first <= KILL and last > KILL and 1 or 0) + (first <= GROUP_KILL and last > GROUP_KILL and 1 or 0)
      t.eq(#kills.find(recording, part), n)
    end
  end
  t.eq(search.earlier, 3)
end)

t.test("oom: the victim, who held memory, who had grown, and why it is likely", function()
  local found = oom.find(recording, { before = 600, count = 20 })
  t.eq(#found.kills, 2)
  local group, whole = found.kills[1], found.kills[2]
  t.eq({ whole.process.pid, whole.sure, whole.group }, { 300, "likely", nil })
  t.has(whole.why, "largest of 2")
  t.eq(oom.memory(whole.process), (900 + KILL) * M * 1024)
  t.eq({ whole.held[1].name, whole.held[1].bytes }, { "victim", (900 + KILL) * M * 1024 })
  -- A new process counts in full.
  t.eq({ whole.grown[1].name, whole.grown[1].bytes }, { "twice", (10 * M + KILL * M // 2) * 1024 })
  t.eq({ whole.grown[2].name, whole.grown[2].bytes }, { "leaky",
    (leaky(KILL) - leaky(KILL - 10)) * 1024 + 10 * 16 * 1024 })
  t.eq(whole.since.time, time(KILL - 10))
  t.eq({ group.process.pid, group.sure, group.group.path, group.group.limit },
    { 301, "likely", "/web", 100 * M * 1024 })
  t.eq({ group.held[1].name, group.held[1].bytes, group.held[1].n }, { "worker", 98 * M * 1024, 2 })
  t.has(require "memsh.reports.oom"(found), "3 kills since boot before the first")
  t.eq(oom.rows(found):rows()[1].comm, "worker")
  t.eq(#oom.find(recording, { before = 600, count = 1 }).kills, 1)
  t.eq(oom.find(recording, { before = 600, count = 1 }).left, 1)
end)

-- A copy of the recording of which moments lack pieces, or have one of that kind that nobody can decompress.
local function damaged_copy(sql)
  local name = new_file()
  assert(os.execute(("cp %s %s && python3 -c 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]);"
    .. "db.executescript(sys.argv[2])' %s \"%s\""):format(FILE, name, name, sql)))
  return assert(core.recording(name))
end

local function broken(kind, where)
  return ("UPDATE piece SET bytes = x'00' WHERE (id >> 12 & 65535) = (SELECT id FROM kind WHERE name = '%s') AND %s")
    :format(kind, where)
end

local report_of_kills = require "memsh.reports.oom"

t.test("timeline: a moment whose measure is damaged is counted as such, and not as one that lacks it", function()
  local line = assert(timeline.take(damaged_copy(broken("status", "id >> 28 = 7")), ALL))
  t.eq({ #line.points, line.moments, line.damaged, line.without }, { MOMENTS - 1, MOMENTS, 1, 0 })
  t.eq(timeline.notes(line), { ("1 of %d moments is damaged, and left out."):format(MOMENTS) })
  t.eq(line.seen:counts().damaged_moments, 1)
  t.eq({ timeline.take(damaged_copy(broken("status", "1")), ALL) }, { nil, "all moments in that time are damaged" })
end)

t.test("oom: of moments that can't be used it is not said that nobody was killed", function()
  local opt = { before = 600, count = 20, to = time(5) }
  local function said_of(sql)
    local found = oom.find(damaged_copy(sql), opt)
    t.eq(#found.kills, 0)
    return report_of_kills(found):match "^[^\n]*", found.seen:counts()
  end
  local unknown = "Whether the kernel killed anybody for lack of memory is not known: "
  t.eq(said_of "SELECT 1", "The kernel killed nobody for lack of memory in 5 moments.")
  local said, counts = said_of(broken("stat", "id >> 28 IN (1, 5)"))
  t.eq(said, "The kernel killed nobody for lack of memory in the 3 of 5 moments that could be used.")
  t.eq(counts.damaged_moments, 2)
  said, counts = said_of(broken("stat", "id >> 28 <= 5"))
  t.eq(said, unknown .. "of 5 moments none could be used.")
  t.eq(counts.damaged_moments, 5)
  t.eq(said_of(broken("stat", "id >> 28 <= 4")),
    unknown .. "that takes two moments of one boot, and 4 of 5 moments could not be used.")
  opt.to = START
  t.eq(said_of "SELECT 1", unknown .. "there is no moment in that time.")
end)

t.test("oom: what can't be compared with an earlier moment is said, and the rest shown", function()
  local opt, id = { before = 600, count = 20 }, KILL - 10
  local whole = oom.find(recording, opt).kills[2]
  for _, sql in ipairs { ("DELETE FROM piece WHERE id = (SELECT max(id) FROM piece WHERE id >> 28 = %d)"):format(id),
    broken("stat", "id >> 28 = " .. id) } do
    local found = oom.find(damaged_copy(sql), opt)
    local kill = found.kills[2]
    t.eq({ #found.kills, kill.process.pid, kill.held, kill.since.time }, { 2, 300, whole.held, time(id - 1) })
    t.eq({ kill.grown[2].name, kill.grown[2].bytes },
      { "leaky", (leaky(KILL) - leaky(id - 1)) * 1024 + 11 * 16 * 1024 })
  end
  local found = oom.find(damaged_copy(broken("status", "id >> 28 = " .. id)), opt)
  local kill, n = found.kills[2], 0
  -- 203 has ended since, and 204 began anew.
  for pid in pairs(machine_at(id).processes) do n = n + ((pid == 203 or pid == 204) and 0 or 1) end
  t.eq({ kill.since.time, kill.grown_lacks, kill.held }, { time(id), n, whole.held })
  t.eq(kill.grown[1].name, "twice") -- it is new, as is what follows
  t.has(report_of_kills(found), ("in the 10 min before; not known of %d processes"):format(n))
  t.eq(core.why(oom.rows(found):rows()[2].grown), "malformed")
  t.eq(oom.rows(found):rows()[2].holder_memory, whole.held[1].bytes)
  found = oom.find(damaged_copy("DELETE FROM piece WHERE id >> 28 BETWEEN 2 AND 29 AND (id & 4095) = 0;"
    .. broken("stat", "id >> 28 = 1")), opt)
  t.eq({ #found.kills, found.kills[2].since, found.kills[2].held }, { 2, nil, whole.held })
  t.has(report_of_kills(found), "grown   not known: the earlier moments of that boot are damaged")
end)

-- Two moments: how the first differs from what all have, and how the next from it.
local function pair(change, first)
  local file, m = new_file(), made.healthy()
  m.groups["/web"] = { ["memory.max"] = 100 * M * 1024, ["memory.events"] = { oom_kill = 0 } }
  m:process { pid = 301, comm = "worker", rss_anon = 90 * M, cgroup = "/web" }
  m:process { pid = 302, comm = "helper", rss_anon = M, cgroup = "/web" }
  m:process { pid = 400, comm = "other", rss_anon = 400 * M }
  if first then first(m) end
  record(m, file, START)
  m.vmstat.oom_kill = 1
  change(m)
  record(m, file, START + 10)
  return oom.find(assert(core.recording(file)), { before = 600, count = 20 })
end

t.test("oom: what is not known is not guessed", function()
  local found = pair(function(m) m.groups["/web"]["memory.events"].oom_kill = 1 end).kills
  t.eq({ #found, found[1].process, found[1].sure, found[1].group.path }, { 1, nil, "unknown", "/web" })
  t.has(found[1].why, "began and ended between the two moments")

  -- Of the group only the little one is gone.
  found = pair(function(m)
    m.groups["/web"]["memory.events"].oom_kill, m.processes[302] = 1, nil
  end).kills
  t.eq({ found[1].process.pid, found[1].sure }, { 302, "possible" })
  t.has(found[1].why, "little of the limit of 100M")

  -- Killed, and its parent has not asked yet.
  found = pair(function(m)
    m.groups["/web"]["memory.events"].oom_kill = 1
    m:process { pid = 301, comm = "worker", state = "Z", cgroup = "/web" }
  end).kills
  t.eq({ found[1].process.pid, found[1].sure }, { 301, "likely" })

  -- The group is gone with what was in it, and the machine had memory.
  found = pair(function(m) m.groups["/web"], m.processes[301], m.processes[302] = nil, nil, nil end).kills
  t.eq({ found[1].process.pid, found[1].sure }, { 301, "likely" })
  t.eq(core.why(oom.rows { kills = found }:rows()[1].group), "not_recorded")

  -- Another process of the same number is not the one that was there.
  found = pair(function(m)
    m.groups["/web"]["memory.events"].oom_kill = 1
    m:process { pid = 301, comm = "worker", rss_anon = 90 * M, cgroup = "/web", age = 3 }
  end).kills
  t.eq({ found[1].process.pid, found[1].sure }, { 301, "likely" })
end)

t.test("oom: a group that was made anew counts from 0, and hides no other", function()
  local function count(m, slice, again, web)
    m.groups["/slice"] = { ["memory.max"] = "max", ["memory.events"] = { oom_kill = slice } }
    m.groups["/slice/again"] = { ["memory.max"] = "max", ["memory.events"] = { oom_kill = again } }
    m.groups["/slice/web"] = { ["memory.max"] = "max", ["memory.events"] = { oom_kill = web } }
  end
  local found = pair(function(m)
    count(m, 3, 0, 1)
    m.processes[302] = nil
  end, function(m)
    count(m, 2, 2, 0)
    m:process { pid = 302, comm = "helper", rss_anon = M, cgroup = "/slice/web" }
  end).kills
  t.eq({ #found, found[1].group.path, found[1].process.pid }, { 1, "/slice/web", 302 })
end)

t.test("oom: moments without a time are no damaged ones, and nothing is known between them", function()
  local file, m = new_file(), made.healthy()
  m.files[".machine/info"], m.files.uptime = "hz 100\npage_size 4096\nhost made\n", nil
  m.files.stat = m.files.stat:gsub("btime %d+\n", "")
  for _ = 1, 2 do assert(core.record_saved(assert(core.source(m:write())), file)) end
  made.forget()
  local found = oom.find(assert(core.recording(file)), { before = 600, count = 20 })
  local counts = found.seen:counts()
  t.eq({ found.moments, found.unused, counts.undecided, counts.damaged_moments }, { 2, 2, 2, nil })
  t.has(report_of_kills(found), "is not known: of 2 moments none could be used.")
end)

t.test("oom: the kernel's log, where the boot still runs, is certain", function()
  local live = core.source():system()
  local file, m = new_file(), made.healthy()
  m.files["sys/kernel/random/boot_id"] = live.boot_id .. "\n"
  m.groups["/web"] = { ["memory.max"] = 100 * M * 1024, ["memory.events"] = { oom_kill = 0 } }
  m:process { pid = 301, comm = "worker", rss_anon = 90 * M, cgroup = "/web" }
  local now = math.floor(live.now)
  record(m, file, now - 100)
  m.vmstat.oom_kill = 1
  record(m, file, now - 90)
  local ask, log = core.oom_kills, { seconds = 5000 }
  core.oom_kills = function() return log end
  local function found() return oom.find(assert(core.recording(file)), { before = 600, count = 20 }).kills end
  log[1] = { seconds = 5000 - 95, pid = 4711, comm = "bomb", anon = 99 << 20, by_limit = true, limited = "/web" }
  local kills_found = found()
  t.eq({ #kills_found, kills_found[1].sure, kills_found[1].process.pid, kills_found[1].group.path },
    { 1, "certain", 4711, "/web" })
  t.eq({ oom.memory(kills_found[1].process), kills_found[1].held[1].name }, { 99 << 20, "worker" })
  log[1].seconds = 5000 - 60 -- one of another time
  t.eq(found()[1].sure, "unknown")
  core.oom_kills = function() return nil, "denied" end
  t.eq(found()[1].sure, "unknown")
  core.oom_kills = ask
end)

t.test("oom: another boot, and a kernel that does not count", function()
  local file, m = new_file(), made.healthy()
  m.vmstat.oom_kill = 5
  record(m, file, START)
  m.files["sys/kernel/random/boot_id"] = "00000000-0000-4000-8000-000000000002\n"
  m.vmstat.oom_kill = 9
  record(m, file, START + 100)
  local found = oom.find(assert(core.recording(file)), { before = 600, count = 20 })
  t.eq({ #found.kills, found.no_kills }, { 0, nil })
  t.has(report_of_kills(found), "is not known: that takes two moments of one boot.")
  m.vmstat.oom_kill = nil
  record(m, file, START + 200)
  record(m, file, START + 300)
  found = oom.find(assert(core.recording(file)), { before = 600, count = 20 })
  t.eq({ #found.kills, found.no_kills }, { 0, "this kernel does not count them" })
  t.has(report_of_kills(found), "is not known: this kernel does not count them.")
  t.eq({ found.unused, found.seen:counts().undecided }, { 2, 2 })
end)

-- ---- leaks

local PYTHON <const> = [[
import itertools, math, statistics, sys
times, values = ([float(x) for x in line.split()] for line in sys.stdin.read().strip().split("\n"))
points = list(zip(times, values))
slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.combinations(points, 2))
n = len(points)
ties = [values.count(v) for v in set(values)]
var = (n * (n - 1) * (2 * n + 5) - sum(k * (k - 1) * (2 * k + 5) for k in ties)) / 18
c = statistics.NormalDist().inv_cdf(0.975) * math.sqrt(var)
low = slopes[max(int(math.floor((len(slopes) - c) / 2 + 0.5)) - 1, 0)]
high = slopes[min(int(math.floor((len(slopes) + c) / 2 + 0.5)), len(slopes) - 1)]
print("%.17g %.17g %.17g" % (statistics.median(slopes), low, high))
]]

local function python(times, values)
  local program, data = new_file(), new_file()
  local numbers = table.concat(times, " ") .. "\n" .. table.concat(values, " ")
  for name, text in pairs { [program] = PYTHON, [data] = numbers } do
    local file <close> = assert(io.open(name, "w"))
    file:write(text)
  end
  local pipe = assert(io.popen(("python3 %s <%s"):format(program, data)))
  local median, low, high = pipe:read("n", "n", "n")
  pipe:close()
  return median, low, high
end

local function near(a, b)
  t.ok(math.abs(a - b) <= 1e-9 * math.max(math.abs(a), math.abs(b)), ("%s instead of %s"):format(a, b))
end

t.test("slopes and intervals are those of Python", function()
  local seed = 12345
  local function random()
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed / 2147483648
  end
  for _, n in ipairs { 2, 3, 5, 8, 13, 40, 119 } do
    local times, values = {}, {}
    for i = 1, n do times[i], values[i] = i * 10 + random(), math.floor(i * 3 + random() * n * 2) end
    local one, other = { slope(times, values) }, { python(times, values) }
    for i = 1, 3 do near(one[i], other[i]) end
  end
  t.eq(slope({ 1 }, { 1 }), nil)
end)

local function of_pid(list, pid)
  local found = {}
  for _, one in ipairs(list) do
    if one.pid == pid then found[#found + 1] = one end
  end
  return found
end

t.test("leaks: who grows, who has stopped, who only goes up and down, and who was there too briefly", function()
  local found = assert(leaks.find(recording, { min = M }))
  local grows = of_pid(found.rows, 200)[1]
  local times, values = {}, {}
  for i = 1, MOMENTS do times[i], values[i] = time(i), (leaky(i) + i * 16) * 1024 end
  local median, low, high = python(times, values)
  t.eq({ grows.verdict, grows.per_hour, grows.low, grows.high }, { "grows", math.floor(median * 3600 + 0.5),
    math.floor(low * 3600 + 0.5), math.floor(high * 3600 + 0.5) })
  t.eq({ grows.moments, grows.seconds, grows.grown },
    { MOMENTS, (MOMENTS - 1) * STEP + 0.0, values[MOMENTS] - values[1] })
  t.eq(of_pid(found.rows, 201)[1].verdict, "stopped")
  t.eq(of_pid(found.rows, 203)[1].verdict, "too short")
  t.eq(found.rows[1].verdict, "grows")
  -- Of number 204 there were two processes; the first did not grow.
  local twice = of_pid(found.rows, 204)
  t.eq({ #twice, twice[1].moments, twice[1].verdict }, { 1, 20, "grows" })
  local waves = leaks.find(recording, { min = -1 << 40, to = time(MOMENTS - 1) })
  t.eq(of_pid(waves.rows, 202)[1].verdict, "unsure")
  local rows, brief = leaks.rows(found)
  t.eq({ rows:count(), brief }, { 3, 1 }) -- leaky, victim, twice
  t.eq(leaks.is_short(found), false)
  t.eq(leaks.is_short(leaks.find(recording, { min = M, from = "-5m" })), true)
end)

-- ---- the doctor

local doctor = require "memsh.doctor.doctor"
local session = require "memsh.fields.machine"

local function judged(when, ids)
  session.configure(FILE, when)
  local result = doctor.run(assert(doctor.choose(ids, {})), 0)
  session.configure(nil)
  return result
end

t.test("doctor: growth over hours, and who was big before each kill", function()
  local found = judged(nil, { "grown" }).findings
  t.eq({ #found, found[1].severity, found[1].subject }, { 1, "info", "leaky (200)" })
  t.has(found[1].text, "95 % confidence")
  found = judged("-10m", { "grown" }).findings -- 300M are available
  t.eq({ #found, found[1].severity, found[1].subject, found[2].subject }, { 2, "warn", "leaky (200)", "victim (300)" })
  found = judged(nil, { "before_kill" }).findings
  t.eq({ #found, found[1].subject, found[2].subject }, { 2, "worker (301)", "victim (300)" })
  t.has(found[2].text, "The largest were: victim 930M")
  t.has(found[2].text, "What grew in the 10 min before: twice 25M, leaky 20")
end)

t.test("doctor: only what was before the moment that is asked", function()
  t.eq(judged("-20m", { "before_kill" }).findings, {})
  local result = judged("-36m", { "grown" })
  t.eq({ #result.findings, #result.lacking }, { 0, 1 })
  t.has(result.lacking[1].reason, "too short")
end)

t.test("doctor: a machine that is no recording has no such checks, unless they are asked for", function()
  local m = made.healthy()
  local result = made.judge(m, { "grown", "before_kill" })
  t.eq({ #result.findings, #result.lacking }, { 0, 2 })
  for _, check in ipairs(doctor.choose({}, {})) do t.ok(not check.of_recordings, check.id) end
end)

made.forget()
for _, name in ipairs(files) do os.remove(name) end
t.finish()
