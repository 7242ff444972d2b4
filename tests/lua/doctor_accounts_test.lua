-- SPDX-License-Identifier: GPL-3.0-or-later
-- Trouble with memory as people have told of it in public, each made as a machine, and all that the doctor says of it,
-- the worst first. Where that is nothing, people took for trouble what is none.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local made = dofile(os.getenv "MEMSH_TESTS" .. "/lua/doctor_machine.lua")

local M <const> = 1024 -- kB

local function group(anon, file, most, events)
  return { ["memory.current"] = (anon + file) << 20, ["memory.max"] = most and most << 20 or "max",
    ["memory.high"] = "max", ["memory.swap.current"] = 0, ["memory.swap.max"] = 0,
    ["memory.stat"] = { anon = anon << 20, file = file << 20, active_file = file << 19, inactive_file = file << 19,
      slab_reclaimable = 0 },
    ["memory.events"] = events or { high = 0, max = 0, oom = 0, oom_kill = 0 } }
end

local function pool(m, total, free)
  local at = ".machine/sys/kernel/mm/hugepages/hugepages-2048kB/"
  m.files[at .. "nr_hugepages"], m.files[at .. "free_hugepages"] = total .. "\n", free .. "\n"
  m.files[at .. "resv_hugepages"], m.files[at .. "surplus_hugepages"] = "0\n", "0\n"
  m.meminfo.Hugetlb = total * 2 * M
  m.meminfo.MemFree = m.meminfo.MemFree - total * 2 * M
end

local function node(m, number, free, file)
  m.files[(".machine/sys/devices/system/node/node%d/meminfo"):format(number)] = (
    "Node %d MemTotal: %d kB\nNode %d MemFree: %d kB\nNode %d MemUsed: 1 kB\nNode %d FilePages: %d kB\n"):format(number,
    4096 * M, number, free * M, number, number, file * M)
end

local ACCOUNTS <const> = {
  { "free shows almost nothing free, as page cache has it (\"Linux ate my RAM\")", function(m)
    m.meminfo.MemFree, m.meminfo.Cached = 80 * M, 5300 * M
  end, {} },
  { "swap is full of pages nobody needs, while memory is available", function(m)
    m.meminfo.SwapFree = 10 * M
    m:process { pid = 300, comm = "idle", swap = 2000 * M }
  end, { { "swap_full", "info" } } },
  { "unreclaimable slab grows for weeks: a leak in a driver", function(m)
    m.meminfo.Slab, m.meminfo.SUnreclaim = 3200 * M, 3000 * M
    m.meminfo.MemFree, m.meminfo.MemAvailable = 200 * M, 2000 * M
  end, { { "kernel_memory", "warn" } } },
  { "reclaimable slab after find / (dentries): can be taken back", function(m)
    m.meminfo.Slab, m.meminfo.SReclaimable, m.meminfo.KReclaimable = 2600 * M, 2480 * M, 2480 * M
    m.meminfo.MemFree = 300 * M
  end, {} },
  { "files forgotten in /dev/shm fill the memory, and no process has it", function(m)
    m.meminfo.Shmem, m.meminfo.Cached, m.meminfo.MemFree = 4000 * M, 4800 * M, 300 * M
    m.meminfo.MemAvailable = 1100 * M
  end, { { "tmpfs", "warn" } } },
  { "memfds leak: shared memory that nobody maps", function(m)
    m.meminfo.Shmem, m.meminfo.Cached, m.meminfo.MemFree = 1500 * M, 3300 * M, 2000 * M
  end, { { "tmpfs", "info" } } },
  { "a container is killed while the host has plenty", function(m)
    m.groups["/kubepods/pod1/c1"] = group(508, 2, 512, { high = 0, max = 900, oom = 4, oom_kill = 4 })
    m.vmstat.oom_kill = 4
  end, { { "cgroup_limit", "crit" }, { "oom_kill", "info" } } },
  { "a container at its limit by page cache alone", function(m)
    m.groups["/kubepods/pod1/c1"] = group(100, 411, 512, { high = 0, max = 900, oom = 0, oom_kill = 0 })
  end, {} },
  { "a service is throttled above memory.high and crawls", function(m)
    local slow = group(1000, 0)
    slow["memory.high"] = 1000 << 20
    slow["memory.pressure"] = { some = { 90, 85, 60 }, full = { 80, 75, 50 } }
    m.groups["/system.slice/app.service"] = slow
  end, { { "cgroup_pressure", "crit" }, { "cgroup_limit", "warn" } } },
  { "huge pages set aside for a database that was moved elsewhere", function(m)
    pool(m, 1200, 1200)
  end, { { "hugepages", "warn" } } },
  { "huge pages in use by a database", function(m)
    pool(m, 1200, 5)
  end, {} },
  { "a database can't lock its memory: ulimit -l", function(m)
    m:process { pid = 300, comm = "oracle", locked = 64 * M, limits = { memlock = 64 << 20 } }
  end, { { "process_limits", "crit" } } },
  { "a search engine runs into vm.max_map_count", function(m)
    m.files["sys/vm/max_map_count"] = "2000\n"
    m:process { pid = 300, comm = "java", maps = 1990, virt = 100 * M, rss_anon = 50 * M }
  end, { { "map_count", "crit" } } },
  { "workers of one parent: RSS adds up to more than there is", function(m)
    m.meminfo.AnonPages, m.meminfo.Mapped = 3000 * M, 600 * M
    for pid = 300, 320 do m:process { pid = pid, comm = "php-fpm", rss_anon = 300 * M, rss_file = 60 * M } end
  end, { { "shared_rss", "info" } } },
  { "connections of a database each count the shared buffers", function(m)
    m.meminfo.Shmem, m.meminfo.Cached, m.meminfo.Mapped, m.meminfo.MemFree = 2000 * M, 3000 * M, 2300 * M, 2400 * M
    for pid = 300, 310 do m:process { pid = pid, comm = "postgres", rss_shmem = 1900 * M } end
  end, { { "shared_rss", "info" } } },
  { "a JVM reserves far more than it uses (committed, -Xmx)", function(m)
    m:process { pid = 300, comm = "java", rss_anon = 900 * M, virt = 40000 * M, data = 12000 * M }
    m.meminfo.Committed_AS = 18000 * M
  end, {} },
  { "malloc fails with memory free: vm.overcommit_memory=2", function(m)
    m.files["sys/vm/overcommit_memory"] = "2\n"
    m.meminfo.Committed_AS = 6143 * M
  end, { { "overcommit", "crit" } } },
  { "a Go program keeps what it gave back (MADV_FREE)", function(m)
    m:process { pid = 300, comm = "prometheus", rss_anon = 1500 * M, rollup = { LazyFree = 900 * M } }
  end, { { "lazy_free", "info" } } },
  { "zram is at its limit", function(m)
    m.files[".machine/sys/block/zram0/disksize"] = (4 << 30) .. "\n"
    m.files[".machine/sys/block/zram0/mm_stat"] = ("%d %d %d %d %d 0 0 0 0\n"):format(2900 << 20, 980 << 20, 990 << 20,
      1000 << 20, 990 << 20)
    m.meminfo.MemFree = 1600 * M
  end, { { "compressed_swap", "warn" } } },
  { "one NUMA node is full and swaps, the other is empty", function(m)
    node(m, 0, 30, 60)
    node(m, 1, 3000, 500)
    m.pressure.some[1] = 9
  end, { { "numa", "warn" } } },
  { "the machine thrashes: swap in and out, everybody waits", function(m)
    m.meminfo.MemAvailable, m.meminfo.SwapFree, m.meminfo.MemFree = 250 * M, 1000 * M, 100 * M
    m.meminfo.AnonPages, m.meminfo.Cached = 6300 * M, 1000 * M
    m.pressure = { some = { 70, 65, 40 }, full = { 50, 45, 30 } }
    m:process { pid = 300, comm = "hog", rss_anon = 3500 * M, swap = 1000 * M, maj_flt = 5000 }
    m.vmstat.pswpin, m.vmstat.pswpout = 90000, 90000
  end, { { "pressure", "crit" }, { "swap_in", "crit" }, { "available", "warn" }, { "largest", "info" } },
    { vmstat = { pswpin = 8000, pswpout = 9000 } } },
  { "a leak eats memory while one looks", function(m)
    m:process { pid = 300, comm = "leaky", rss_anon = 2000 * M }
  end, { { "growing", "warn" } }, { processes = { [300] = { rss_anon = 200 << 20 } } } },
  { "page tables take gigabytes: many processes, one large shared memory", function(m)
    m.meminfo.PageTables, m.meminfo.MemFree = 1400 * M, 1300 * M
  end, { { "kernel_memory", "warn" } } },
  { "per-CPU memory of thousands of dead control groups", function(m)
    m.meminfo.Percpu, m.meminfo.MemFree = 900 * M, 1700 * M
  end, { { "kernel_memory", "warn" } } },
  { "a balloon or a driver took memory: nothing adds up", function(m)
    m.meminfo.MemFree, m.meminfo.MemAvailable = 500 * M, 3000 * M
  end, { { "unexplained", "warn" } } },
  { "copying to a slow disk: everything that writes stalls", function(m)
    m.meminfo.Dirty, m.meminfo.Writeback = 900 * M, 60 * M
  end, { { "dirty", "warn" } } },
  { "fork fails in a build container: pids.max", function(m)
    m.groups["/docker/ci"] = { ["pids.max"] = 500, ["pids.current"] = 499 }
  end, { { "pids_limit", "crit" } } },
  { "swap used by shared memory is in no process", function(m)
    m.meminfo.SwapFree = 1000 * M
    m:process { pid = 300, comm = "db", swap = 100 * M }
  end, { { "shmem_swapped", "info" } } },
  { "libraries were updated, services not restarted", function(m)
    m:process { pid = 300, comm = "sshd",
      maps = "7f0000000000-7f0000010000 r-xp 00000000 08:01 77 /usr/lib/libssl.so.3 (deleted)\n" }
  end, { { "deleted", "info" } } },
}

t.test("there are 25 at least", function() t.ok(#ACCOUNTS >= 25) end)

for _, account in ipairs(ACCOUNTS) do
  local told, plant, finds, less = table.unpack(account)
  t.test(told, function()
    local m = made.healthy()
    plant(m)
    local said = {}
    for i, finding in ipairs(made.judge(m, nil, less or {}).findings) do
      said[i] = { finding.id, finding.severity }
      t.ok(#finding.text > 20 and #finding.advice > 10, finding.id)
    end
    t.eq(said, finds)
  end)
end

made.forget()
t.finish()
