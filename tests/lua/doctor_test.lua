-- SPDX-License-Identifier: GPL-3.0-or-later
-- Each check of memsh doctor: trouble that is planted in a saved machine is found with the right severity and number;
-- the same machine without it has no finding; the question that a finding names shows the evidence.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local made = dofile(os.getenv "MEMSH_TESTS" .. "/lua/doctor_machine.lua")
local doctor = require "memsh.doctor.doctor"
local page = require "memsh.doctor.page"

local M <const> = 1024 -- kB

-- Runs a question as it is printed; its output.
local function ask(question)
  local command = table.concat(page.command(question), "\n"):gsub("^memsh", os.getenv "MEMSH" or "memsh")
  local pipe = assert(io.popen("exec 2>&1; " .. command))
  local text = pipe:read "a"
  local ok = pipe:close()
  t.ok(ok, question .. ": " .. text)
  return text
end

local asked = {}

-- What one check says of a machine; each of its questions is asked once.
local function findings(m, id, less)
  local result = made.judge(m, { id }, less)
  for _, finding in ipairs(result.findings) do
    if doctor.check(id).only_notes then t.eq(finding.severity, "info", id) end
    if not asked[finding.question] then t.ok(#ask(finding.question) > 0, finding.question) end
    asked[finding.question] = true
  end
  return result.findings, result
end

-- The one finding there is to be.
local function one(m, id, less, expected)
  local found = findings(m, id, less)
  t.eq(#found, 1, id)
  for name, value in pairs(expected) do
    local is = found[1][name]
    if name == "text" or name == "question" then
      t.has(is, value)
    elseif math.type(value) == "float" then
      t.ok(math.abs(is - value) < 0.01, ("%s: %s instead of %s"):format(name, is, value))
    else
      t.eq(is, value, name)
    end
  end
  return found[1]
end

local function none(m, id, less)
  local found, result = findings(m, id, less)
  t.eq(found[1] and found[1].text, nil, id)
  return result
end

local SAMPLE <const> = {}

t.test("a healthy machine has no finding, and everything was checked", function()
  local result = made.judge(made.healthy(), nil, SAMPLE)
  t.eq(result.findings, {})
  t.eq(result.lacking, {})
  t.eq(#result.fine, #assert(require("memsh.doctor.doctor").choose({}, {})))
  t.has(page.text(result), "Nothing is wrong.")
end)

t.test("each check is listed, and says what it looks at and why", function()
  local listed = {}
  for _, check in ipairs(require("memsh.doctor.doctor").checks()) do
    listed[check.id] = true
    t.ok(#check.looks_at > 20 and #check.why > 40, check.id)
  end
  local pipe = assert(io.popen("ls '" .. os.getenv "MEMSH_ROOT" .. "/lua/memsh/doctor/checks'"))
  for name in pipe:lines() do t.ok(listed[name:match "^(.*)%.lua$"], name) end
end)

t.test("pressure", function()
  local m = made.healthy()
  m.pressure = { some = { 9, 9.9, 3 }, full = { 1, 1, 1 } }
  none(m, "pressure")
  m.pressure = { some = { 15, 12.5, 3 }, full = { 4, 3, 1 } }
  one(m, "pressure", nil, { severity = "warn", value = 12.5, threshold = 10, unit = "%" })
  m.pressure = { some = { 40, 35, 3 }, full = { 30, 25.5, 1 } }
  one(m, "pressure", nil, { severity = "crit", value = 25.5, text = "35 % of the time, and all of them 26 %" })
  m.pressure = { some = { 1, 35, 3 }, full = { 0, 2, 1 } }
  t.has(one(m, "pressure", nil, { severity = "warn" }).text, "it is ending")
  m.pressure = nil
  local result = none(m, "pressure")
  t.eq(result.fine, {})
  t.eq(result.lacking[1].what, "pressure")
  t.eq(result.lacking[1].name, "unsupported")
end)

t.test("available memory", function()
  local m = made.healthy()
  m.meminfo.MemFree = 60 * M -- caches fill the rest: no trouble
  none(m, "available")
  m.meminfo.MemAvailable = 700 * M
  one(m, "available", nil, { severity = "warn", value = 700 << 20, threshold = (8192 << 20) // 10 })
  m.meminfo.MemAvailable = 300 * M
  one(m, "available", nil, { severity = "warn", text = "2G of 2G swap is free" })
  m.meminfo.SwapFree = 100 * M
  one(m, "available", nil, { severity = "crit", value = 300 << 20 })
  m.meminfo.SwapFree, m.meminfo.SwapTotal = 0, 0
  one(m, "available", nil, { severity = "crit", text = "there is no swap" })
  m.meminfo.MemTotal, m.meminfo.MemAvailable = 1024 * 1024 * M, 3 * 1024 * M
  none(m, "available") -- 0.3 % of 1 TiB is 3 GiB
  m.meminfo.MemAvailable = nil
  t.eq(none(m, "available").lacking[1].name, "unsupported")
end)

t.test("swap read back now", function()
  local m = made.healthy()
  m.meminfo.SwapFree = 1024 * M
  m.vmstat.pswpin = 100000
  t.eq(none(m, "swap_in").lacking[1].what, "swap read back now")
  none(m, "swap_in", { vmstat = { pswpin = 511 } })
  m:process { pid = 300, comm = "reader", swap = 500 * M, maj_flt = 900 }
  local less = { vmstat = { pswpin = 1024, pswpout = 512 }, processes = { [300] = { maj_flt = 800 } } }
  local text = one(m, "swap_in", less, { severity = "warn", value = 2 << 20, threshold = 1 << 20 }).text
  t.has(text, "2M/s are read back from swap and 1M/s written")
  t.has(text, "Most of it is for reader (300)")
  m.pressure.full[1] = 12
  one(m, "swap_in", less, { severity = "crit" })
  m.meminfo.SwapTotal, m.meminfo.SwapFree = 0, 0
  none(m, "swap_in")
end)

t.test("swap nearly full", function()
  local m = made.healthy()
  m.meminfo.SwapFree = 300 * M
  none(m, "swap_full")
  m.meminfo.SwapFree = 100 * M
  one(m, "swap_full", nil, { severity = "info", value = 100 * 1948 / 2048, threshold = 90 })
  m.meminfo.MemAvailable = 500 * M
  one(m, "swap_full", nil, { severity = "warn", text = "500M of memory is available" })
end)

t.test("kills for lack of memory, by group", function()
  local m = made.healthy()
  m.groups["/a"] = { ["memory.events"] = { oom_kill = 3 }, ["memory.max"] = "max" }
  m.groups["/a/b"] = { ["memory.events"] = { oom_kill = 2 }, ["memory.max"] = "1073741824" }
  m.vmstat.oom_kill = 4
  local finding = one(m, "oom_kill", nil, { severity = "info", value = 4, text = "4 processes for lack of memory" })
  t.has(finding.text, "2 in /a/b, 1 in /a.")
  t.has(ask(finding.question), "/a/b")
  m.files.uptime = "3600.00 1.00\n"
  one(m, "oom_kill", nil, { severity = "warn" })
  one(m, "oom_kill", { vmstat = { oom_kill = 1 } }, { severity = "crit", text = "1 of them just now" })
  m.vmstat.oom_kill = nil
  one(m, "oom_kill", nil, { value = 3 })
  m.groups = { ["/"] = {} }
  t.has(none(m, "oom_kill").lacking[1].reason, "does not count oom_kill")
end)

-- A kill as the kernel's log has it, so many seconds after boot.
local function logged(seconds, pid, comm, group)
  local numbers = "total-vm:800000kB, anon-rss:524288kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB"
  local start = ("6,7,%d,-;oom-kill:constraint=%s,nodemask=(null),cpuset=/,mems_allowed=0,%s,task_memcg=%s/x," ..
    "task=%s,pid=%d,uid=0\n"):format(seconds * 1000000, group and "CONSTRAINT_MEMCG" or "CONSTRAINT_NONE",
    group and "oom_memcg=" .. group or "global_oom", group or "", comm, pid)
  return start .. ("3,8,%d,-;%s: Killed process %d (%s) %s\n"):format(seconds * 1000000,
    group and "Memory cgroup out of memory" or "Out of memory", pid, comm, numbers)
end

t.test("kills: when and whom, by the kernel's log", function()
  local m = made.healthy()
  m.vmstat.oom_kill = 2
  local result = made.judge(m, { "oom_kill" })
  t.eq(result.lacking[1].name, "not_recorded")
  m.files[".machine/kmsg"] = "6,1,0,-;Linux version 6.12\n"
  one(m, "oom_kill", nil, { severity = "info", text = "When and whom is no longer in the kernel's log." })
  m.files[".machine/kmsg"] = logged(400000, 300, "java", "/db") .. logged(863400, 301, "bad\\x1bname")
  local finding = one(m, "oom_kill", nil, { severity = "warn", question = "oom_kills",
    text = "301) 10 min ago, as the machine was short, with 512M resident; java (300) 5 days 8 h ago, at " ..
      "the limit of group /db, with 512M" })
  t.has(finding.text, "bad\\x1bname (301)")
  local shown = ask(finding.question)
  t.has(shown, "/db/x")
  t.ok(not shown:find("\27", 1, true))
  m.files[".machine/kmsg"] = logged(400000, 300, "java", "/db")
  one(m, "oom_kill", nil, { severity = "info", text = "The last one: java (300)" })
  m.files.errors = ".machine/kmsg EPERM\n"
  t.has(made.judge(m, { "oom_kill" }).lacking[1].reason, "only root (CAP_SYSLOG)")
  m.vmstat.oom_kill = 0
  t.eq(none(m, "oom_kill").lacking, {}) -- who was not killed is not looked for
end)

-- A group of that many MiB of anonymous memory and page cache.
local function group(anon, file, most)
  return { ["memory.current"] = (anon + file) << 20, ["memory.max"] = most and most << 20 or "max",
    ["memory.high"] = "max", ["memory.swap.current"] = 0, ["memory.swap.max"] = 0,
    ["memory.stat"] = { anon = anon << 20, file = file << 20, active_file = file << 19, inactive_file = file << 19,
      slab_reclaimable = 0 },
    ["memory.events"] = { high = 0, max = 5, oom = 0, oom_kill = 0 } }
end

t.test("groups near their limit", function()
  local m = made.healthy()
  m.groups["/db"] = group(300, 700, 1000) -- page cache up to the limit is no trouble
  none(m, "cgroup_limit")
  m.groups["/db"] = group(920, 80, 1000)
  one(m, "cgroup_limit", nil, { severity = "warn", subject = "/db", value = 92.0, threshold = 90,
    text = "920M, 92 % of its memory_max (1000M)" })
  m.groups["/db"] = group(980, 10, 1000)
  local finding = one(m, "cgroup_limit", nil, { severity = "crit", value = 98.0, text = "none of it can go to swap" })
  t.has(ask(finding.question), "/db")
  m.groups["/db"]["memory.swap.max"] = "max"
  one(m, "cgroup_limit", nil, { severity = "warn", text = "could go to swap" })
  m.groups["/db"]["memory.events"].oom_kill = 7
  t.has(one(m, "cgroup_limit", nil, {}).text, "7 processes were killed in it so far")
  m.groups["/db"] = group(980, 10)
  none(m, "cgroup_limit")
  m.groups["/db"]["memory.high"] = 1000 << 20
  one(m, "cgroup_limit", nil, { severity = "warn", text = "of its memory_high" })
end)

t.test("a group whose name is no plain text can be asked about", function()
  local m = made.healthy()
  local odd = '/odd x"y'
  m.groups[odd] = group(990, 0, 1000)
  t.has(ask(one(m, "cgroup_limit", nil, {}).question), [[odd x"y]])
end)

t.test("pressure of groups: the lowest is named", function()
  local m = made.healthy()
  m.groups["/a"] = { ["memory.pressure"] = { some = { 20, 20, 5 }, full = { 1, 1, 1 } } }
  m.groups["/a/b"] = { ["memory.pressure"] = { some = { 30, 40, 5 }, full = { 1, 1, 1 } } }
  one(m, "cgroup_pressure", nil, { severity = "warn", subject = "/a/b", value = 40.0 })
  m.groups["/a/b"]["memory.pressure"].full = { 30, 20, 10 }
  one(m, "cgroup_pressure", nil, { severity = "crit", subject = "/a/b", value = 20.0 })
  m.groups["/a/b"]["memory.pressure"] = { some = { 1, 1, 1 }, full = { 0, 0, 0 } }
  one(m, "cgroup_pressure", nil, { subject = "/a" })
end)

t.test("processes near their limits", function()
  local m = made.healthy()
  m:process { pid = 300, comm = "vm", virt = 950 * M, limits = { as = 1000 << 20 } }
  one(m, "process_limits", nil, { severity = "warn", subject = "vm (300)", value = 95.0, text = "RLIMIT_AS" })
  m:process { pid = 300, comm = "heap", data = 990 * M, limits = { data = 1000 << 20 } }
  one(m, "process_limits", nil, { severity = "crit", value = 99.0, text = "RLIMIT_DATA" })
  m:process { pid = 300, comm = "deep", stack = 7800, limits = { stack = 8 << 20 } }
  one(m, "process_limits", nil, { severity = "warn", text = "RLIMIT_STACK" })
  m:process { pid = 300, comm = "db", locked = 8 * M, limits = { memlock = 8 << 20 } }
  one(m, "process_limits", nil, { severity = "crit", value = 100.0, text = "RLIMIT_MEMLOCK" })
  m:process { pid = 300, comm = "root", locked = 64 * M, limits = { memlock = 8 << 20 } }
  none(m, "process_limits") -- who locks more than the limit is exempt from it
  m:process { pid = 300, comm = "none", locked = 64 * M, limits = {} }
  none(m, "process_limits")
end)

t.test("mappings near vm.max_map_count", function()
  local m = made.healthy()
  m.files["sys/vm/max_map_count"] = "1000\n"
  m:process { pid = 300, comm = "search", maps = 799, virt = 8 * M }
  none(m, "map_count")
  m:process { pid = 300, comm = "search", maps = 850, virt = 8 * M }
  one(m, "map_count", nil, { severity = "warn", subject = "search (300)", value = 850, threshold = 1000 })
  m:process { pid = 300, comm = "search", maps = 990, virt = 8 * M }
  one(m, "map_count", nil, { severity = "crit", value = 990 })
end)

t.test("tasks near pids.max", function()
  local m = made.healthy()
  m.groups["/ci"] = { ["pids.max"] = 1000, ["pids.current"] = 899 }
  none(m, "pids_limit")
  m.groups["/ci"] = { ["pids.max"] = 1000, ["pids.current"] = 930 }
  one(m, "pids_limit", nil, { severity = "warn", subject = "/ci", value = 930, threshold = 1000 })
  m.groups["/ci"] = { ["pids.max"] = 1000, ["pids.current"] = 1000 }
  one(m, "pids_limit", nil, { severity = "crit" })
  m.groups["/ci"] = { ["pids.max"] = "max", ["pids.current"] = 5000 }
  none(m, "pids_limit")
end)

t.test("strict overcommit near its limit", function()
  local m = made.healthy()
  m.meminfo.Committed_AS = 6100 * M
  none(m, "overcommit") -- in mode 0 the limit means nothing
  m.files["sys/vm/overcommit_memory"] = "2\n"
  one(m, "overcommit", nil, { severity = "crit", value = 100 * 6100 / 6144, threshold = 97 })
  m.meminfo.Committed_AS = 5700 * M
  one(m, "overcommit", nil, { severity = "warn", value = 100 * 5700 / 6144 })
  m.meminfo.Committed_AS = 5000 * M
  none(m, "overcommit")
end)

t.test("growth that uses memory up soon", function()
  local m = made.healthy()
  local less = { processes = { [100] = { rss_anon = 16 << 20 } } }
  none(m, "growing", less) -- 8 MiB/s, and 5200 MiB available
  less.processes[100].rss_anon = 40 << 20
  one(m, "growing", less, { severity = "warn", subject = "service100 (100)", value = 20 << 20,
    text = "grew by 40M in 2 s; at that rate the 5.1G available is used up in 4 min" })
  m.processes[100].age = 30
  one(m, "growing", less, { severity = "info" })
  t.eq(none(m, "growing").lacking[1].what, "growth")
end)

t.test("page cache that is dropped and read again", function()
  local m = made.healthy()
  local less = { vmstat = { workingset_activate_file = 4096 } }
  m.vmstat.workingset_activate_file = 10000
  none(m, "refault", less) -- nobody waits
  m.pressure.some[1] = 8
  one(m, "refault", less, { severity = "warn", value = 8 << 20, threshold = 4 << 20, text = "8M/s of files in use" })
  none(m, "refault", { vmstat = { workingset_activate_file = 100 } })
  m.vmstat.workingset_activate_file = nil
  m.vmstat.workingset_activate = 10000
  one(m, "refault", { vmstat = { workingset_activate = 4096 } }, { value = 8 << 20 })
end)

t.test("who holds most, where memory is short", function()
  local m = made.healthy()
  m:process { pid = 300, comm = "hog", rss_anon = 3000 * M, swap = 500 * M }
  none(m, "largest")
  m.meminfo.MemAvailable = 200 * M
  one(m, "largest", nil, { severity = "info", subject = "hog", value = 3500 << 20, threshold = 2048 << 20 })
end)

t.test("shared memory that nobody maps", function()
  local m = made.healthy()
  m.meminfo.Shmem = 3000 * M
  one(m, "tmpfs", nil, { severity = "warn", value = 3000 << 20, text = "At least 2.9G of shared memory" })
  m:process { pid = 300, comm = "db", rss_shmem = 1500 * M }
  one(m, "tmpfs", nil, { severity = "info", value = 1500 << 20 })
  m:process { pid = 300, comm = "db", rss_shmem = 2900 * M }
  none(m, "tmpfs")
end)

t.test("swap of shared memory", function()
  local m = made.healthy()
  m.meminfo.SwapFree = 1048 * M
  m:process { pid = 300, comm = "db", swap = 990 * M }
  none(m, "shmem_swapped")
  m:process { pid = 300, comm = "db", swap = 200 * M }
  one(m, "shmem_swapped", nil, { severity = "info", value = 800 << 20, threshold = 256 << 20 })
  m.meminfo.SwapCached = 700 * M
  none(m, "shmem_swapped")
end)

t.test("memory of the kernel itself", function()
  for _, case in ipairs { { "SUnreclaim", 900, "slab" }, { "PageTables", 700, "page tables" },
    { "KernelStack", 400, "stacks" }, { "Percpu", 500, "per-CPU" }, { "VmallocUsed", 900, "vmalloc" },
    { "SecPageTables", 450, "virtual machines" } } do
    local m = made.healthy()
    m.meminfo[case[1]] = case[2] * M
    one(m, "kernel_memory", nil, { severity = "warn", value = case[2] << 20, text = case[3] })
  end
  local small = made.healthy()
  small.meminfo.MemTotal, small.meminfo.SUnreclaim = 512 * M, 60 * M
  none(small, "kernel_memory") -- 12 % of a small machine is what every kernel needs
end)

t.test("memory in none of the kernel's counters", function()
  local m = made.healthy()
  m.meminfo.MemFree = 700 * M
  local finding = one(m, "unexplained", nil, { severity = "warn" })
  local rest = 8192 - 700 - 2800 - 100 - 2000 - 320 - 40 - 16 - 8 - (80 - 16)
  t.eq(finding.value, rest << 20)
  t.has(ask(finding.question), "unexplained rest")
end)

t.test("huge pages that nobody uses", function()
  local m = made.healthy()
  m.meminfo.HugePages_Total, m.meminfo.HugePages_Free, m.meminfo.HugePages_Rsvd = 1000, 900, 800
  local pool = ".machine/sys/kernel/mm/hugepages/hugepages-2048kB/"
  local function set(total, free, reserved)
    m.files[pool .. "nr_hugepages"], m.files[pool .. "free_hugepages"] = total .. "\n", free .. "\n"
    m.files[pool .. "resv_hugepages"], m.files[pool .. "surplus_hugepages"] = reserved .. "\n", "0\n"
  end
  set(1000, 900, 800) -- promised ones will be used
  none(m, "hugepages")
  set(1000, 600, 100)
  one(m, "hugepages", nil, { severity = "info", value = 1000 << 20, text = "500 of 1000 pages" })
  m.meminfo.MemAvailable = 500 * M
  one(m, "hugepages", nil, { severity = "warn" })
  m.meminfo.MemAvailable = 5000 * M
  set(1500, 1500, 0)
  one(m, "hugepages", nil, { severity = "warn", value = 3000 << 20 })
end)

t.test("zram at its limit, zram without gain, zswap that overflows", function()
  local m = made.healthy()
  local function set(orig, used, limit)
    m.files[".machine/sys/block/zram0/disksize"] = (4 << 30) .. "\n"
    m.files[".machine/sys/block/zram0/mm_stat"] = ("%d %d %d %d %d 0 0 0 0\n"):format(orig << 20, used << 20,
      used << 20, limit << 20, used << 20)
  end
  set(900, 300, 1000)
  none(m, "compressed_swap")
  set(2800, 950, 1000)
  one(m, "compressed_swap", nil, { severity = "warn", subject = "zram0", value = 95.0 })
  set(1000, 950, 0)
  one(m, "compressed_swap", nil, { severity = "info", value = 1000 / 950 })
  set(100, 30, 0)
  m.meminfo.Zswap, m.meminfo.Zswapped, m.vmstat.zswpwb = 100 * M, 300 * M, 5000
  none(m, "compressed_swap", { vmstat = { zswpwb = 100 } })
  one(m, "compressed_swap", { vmstat = { zswpwb = 1024 } }, { severity = "warn", subject = "zswap", value = 2 << 20 })
end)

local function node(m, number, total, free, file)
  m.files[(".machine/sys/devices/system/node/node%d/meminfo"):format(number)] = (
    "Node %d MemTotal: %d kB\nNode %d MemFree: %d kB\nNode %d MemUsed: %d kB\nNode %d FilePages: %d kB\n" ..
    "Node %d AnonPages: %d kB\nNode %d Shmem: 0 kB\nNode %d SReclaimable: 0 kB\n"):format(number, total * M, number,
    free * M, number, (total - free) * M, number, file * M, number, (total - free - file) * M, number, number)
end

t.test("a NUMA node used up while another is free", function()
  local m = made.healthy()
  node(m, 0, 4096, 20, 1000)
  node(m, 1, 4096, 3000, 500)
  none(m, "numa") -- page cache can be dropped
  node(m, 0, 4096, 20, 100)
  one(m, "numa", nil, { severity = "info", subject = "node 0", value = 100 * 120 / 4096, text = "node 1 has 3.4G" })
  m.pressure.some[1] = 9
  one(m, "numa", nil, { severity = "warn" })
  node(m, 1, 4096, 30, 100)
  none(m, "numa")
end)

t.test("dirty page cache", function()
  local m = made.healthy()
  m.meminfo.Dirty = 700 * M
  none(m, "dirty")
  m.meminfo.Dirty, m.meminfo.Writeback = 700 * M, 100 * M
  one(m, "dirty", nil, { severity = "warn", value = 800 << 20, threshold = 187500 * 4096 })
  m.vmstat.nr_dirty_threshold = nil
  t.eq(none(m, "dirty").fine, {})
end)

t.test("locked and broken memory", function()
  local m = made.healthy()
  m.meminfo.Unevictable = 2500 * M
  one(m, "locked", nil, { severity = "info", value = 2500 << 20 })
  m.meminfo.Unevictable = 5000 * M
  one(m, "locked", nil, { severity = "warn" })
  m.meminfo.HardwareCorrupted = 4
  one(m, "corrupted", nil, { severity = "warn", value = 4096 })
end)

t.test("a process that hangs, and what can't be read", function()
  local m = made.healthy()
  m:process { pid = 300, comm = "stuck" }
  none(m, "hung")
  -- No file of a saved machine hangs: tests/live/doctor.bats has a process that does.
  local check, out = require "memsh.doctor.checks.hung", { add = function(self, finding) self[1] = finding end }
  check.find({ timed_out = function() return { { pid = 300, comm = "stuck", state = "D" } } end }, out)
  t.eq(out[1].subject, "stuck (300)")
  t.has(out[1].text, "hangs with its mappings locked (state D)")
  m.files.errors = "300/maps EACCES\n"
  none(m, "hung")
  local result = none(m, "deleted")
  t.eq(result.lacking[1], { id = "deleted", what = "code in use of 1 process", reason = "no permission to read it",
    name = "denied" })
end)

t.test("RSS that counts shared memory again and again", function()
  local m = made.healthy()
  m.meminfo.Mapped, m.meminfo.Shmem = 2500 * M, 2000 * M
  for pid = 300, 305 do m:process { pid = pid, comm = "postgres", rss_shmem = 2000 * M, rss_anon = 10 * M } end
  local sum = 6 * 2010 + 3 * 200 + 12
  one(m, "shared_rss", nil, { severity = "info", value = (sum - 4500) << 20, text = "6 of postgres" })
end)

t.test("memory given back that RSS still counts", function()
  local m = made.healthy()
  m:process { pid = 300, comm = "go", rss_anon = 2000 * M, rollup = { LazyFree = 900 * M } }
  one(m, "lazy_free", nil, { severity = "info", subject = "go (300)", value = 900 << 20 })
  m.files.errors = "300/smaps_rollup EACCES\n"
  t.eq(none(m, "lazy_free").lacking[1].name, "denied")
end)

t.test("KSM that costs more than it saves", function()
  local m = made.healthy()
  m:process { pid = 300, comm = "vm" }
  local function set(merging, profit)
    m.files["300/ksm_merging_pages"] = merging .. "\n"
    m.files["300/ksm_stat"] = ("ksm_rmap_items 100000\nksm_zero_pages 0\nksm_merging_pages %d\n" ..
      "ksm_process_profit %d\n"):format(merging, profit)
  end
  set(1000, 3 << 20)
  none(m, "ksm")
  set(10, -(6 << 20))
  one(m, "ksm", nil, { severity = "info", value = -(6 << 20), text = "KSM costs 6M more than it saves" })
end)

t.test("a process whose main thread has ended", function()
  local m = made.healthy()
  m:process { pid = 300, comm = "gone", state = "Z", threads = 1 }
  none(m, "leaderless")
  m:process { pid = 300, comm = "gone", state = "Z", threads = 3 }
  one(m, "leaderless", nil, { severity = "info", value = 3, text = "still has 2 threads" })
end)

t.test("replaced code", function()
  local m = made.healthy()
  local line = "7f0000000000-7f0000010000 %s 00000000 08:01 77 %s (deleted)\n"
  m:process { pid = 300, comm = "old", maps = line:format("r-xp", "/usr/lib/a.so") }
  one(m, "deleted", nil, { severity = "info", value = 1, text = "1 process runs replaced or deleted code: old (300)." })
  m:process { pid = 300, comm = "old", maps = line:format("rw-p", "/tmp/data") }
  none(m, "deleted")
end)

t.test("a memory cgroup of version 1", function()
  local m = made.healthy()
  m.groups = { ["/"] = {}, ["/docker/a"] = { ["memory.limit_in_bytes"] = 1000 << 20,
    ["memory.usage_in_bytes"] = 990 << 20, ["memory.failcnt"] = 12, ["memory.oom_control"] = { oom_kill = 3 },
    ["memory.stat"] = { total_rss = 980 << 20, total_cache = 10 << 20, total_active_file = 4 << 20,
      total_inactive_file = 6 << 20 } } }
  m.meminfo.SwapTotal, m.meminfo.SwapFree = 0, 0
  one(m, "cgroup_limit", nil, { severity = "crit", value = 98.0, subject = "/docker/a" })
end)

t.test("what nobody can see is said: processes hidden, a kernel without a file", function()
  local m = made.healthy()
  m.files.errors = "meminfo EACCES\npressure/memory EACCES\nvmstat EACCES\nswaps EACCES\n"
  local result = made.judge(m, nil, nil)
  t.eq(result.findings, {})
  local lacking = {}
  for _, lack in ipairs(result.lacking) do lacking[lack.id] = true end
  for _, id in ipairs { "pressure", "available", "swap_full", "tmpfs", "kernel_memory", "unexplained", "dirty",
    "locked", "oom_kill" } do
    t.ok(lacking[id], id)
  end
end)

made.forget()
t.finish()
