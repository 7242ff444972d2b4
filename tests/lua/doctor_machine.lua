-- SPDX-License-Identifier: GPL-3.0-or-later
-- Saved machines for the doctor's tests: a healthy one of 8 GiB, and whatever is changed in it.
--
--   local made = dofile(os.getenv "MEMSH_TESTS" .. "/lua/doctor_machine.lua")
--   local m = made.healthy()            m.meminfo.MemAvailable = 100 * 1024 (kB), m.groups["/a"]["memory.max"] = ...
--   m:process { pid = 77, comm = "big", ... }
--   made.judge(m, { "available" })      what the doctor says of it, asked about nothing but its files

local made = {}

local M <const> = 1024 -- kB

local Machine = {}
Machine.__index = Machine

local function copy(value)
  if type(value) ~= "table" then return value end
  local new = {}
  for key, one in pairs(value) do new[key] = copy(one) end
  return setmetatable(new, getmetatable(value))
end

local HEALTHY <const> = {
  meminfo = { MemTotal = 8192 * M, MemFree = 2600 * M, MemAvailable = 5200 * M, Buffers = 100 * M, Cached = 2800 * M,
    SwapCached = 0, ["Active(anon)"] = 1500 * M, ["Inactive(anon)"] = 600 * M, AnonPages = 2000 * M, Mapped = 500 * M,
    Shmem = 100 * M, KReclaimable = 200 * M, Slab = 320 * M, SReclaimable = 200 * M, SUnreclaim = 120 * M,
    KernelStack = 16 * M, PageTables = 40 * M, SecPageTables = 0, Percpu = 8 * M, VmallocUsed = 80 * M,
    SwapTotal = 2048 * M, SwapFree = 2048 * M, Dirty = 2 * M, Writeback = 0, Unevictable = 8 * M, Mlocked = 8 * M,
    CommitLimit = 6144 * M, Committed_AS = 5000 * M, HardwareCorrupted = 0, AnonHugePages = 300 * M, Hugetlb = 0,
    HugePages_Total = 0, HugePages_Free = 0, HugePages_Rsvd = 0, HugePages_Surp = 0, Hugepagesize = 2048,
    Zswap = 0, Zswapped = 0 },
  vmstat = { pswpin = 0, pswpout = 0, oom_kill = 0, pgmajfault = 1000, nr_dirty_threshold = 250000,
    nr_dirty_background_threshold = 125000, workingset_refault_anon = 0, workingset_refault_file = 100,
    workingset_activate_file = 10, workingset_restore_file = 10, zone_reclaim_failed = 0, zswpwb = 0 },
  pressure = { some = { 0.0, 0.0, 0.0 }, full = { 0.0, 0.0, 0.0 } },
  groups = { ["/"] = {} },
  files = { ["sys/vm/max_map_count"] = "65530\n", ["sys/vm/overcommit_memory"] = "0\n",
    ["sys/kernel/random/boot_id"] = "00000000-0000-4000-8000-000000000001\n", uptime = "864000.00 1700000.00\n",
    version = "Linux version 6.12.0 (made) #1 SMP\n", stat = "cpu  1 2 3 4 0 0 0\nbtime 1700000000\nprocesses 4711\n",
    swaps = "Filename Type Size Used Priority\n",
    [".machine/info"] = "hz 100\npage_size 4096\nhost made\nnow 1700864000\n",
    [".machine/sys/devices/system/node/node0/meminfo"] = false },
  processes = {},
}

local LIMITS <const> = { { "Max data size", "data" }, { "Max stack size", "stack" }, { "Max core file size", "core" },
  { "Max resident set", "rss" }, { "Max locked memory", "memlock" }, { "Max address space", "as" } }

--- A machine without trouble.
function made.healthy()
  local m = setmetatable(copy(HEALTHY), Machine)
  m:process { pid = 1, comm = "init", rss_anon = 4 * M, rss_file = 8 * M }
  for pid = 100, 102 do m:process { pid = pid, comm = "service" .. pid, rss_anon = 180 * M, rss_file = 20 * M } end
  return m
end

--- A process; sizes in kB: rss_anon rss_file rss_shmem swap locked virt data stack; limits in bytes by name (memlock);
--- maps: lines of it, or their number; rollup: its values in kB by label; state, threads, uid, ppid, cgroup, age.
function Machine:process(given)
  local p = { ppid = 1, state = "S", threads = 1, uid = 0, cgroup = "/", swap = 0, locked = 0, stack = 132,
    rss_anon = 0, rss_file = 0, rss_shmem = 0, age = 100000, limits = {}, maj_flt = 0 }
  for key, value in pairs(given) do p[key] = value end
  p.res = p.rss_anon + p.rss_file + p.rss_shmem
  p.virt = given.virt or p.res * 2 + 20 * M
  p.data = given.data or p.rss_anon + p.swap
  self.processes[p.pid] = p
  return p
end

-- ---- files

local function stat_of(p)
  return ("%d (%s) %s %d 1 1 0 -1 4194304 100 0 %d 0 1 1 0 0 20 0 %d 0 %d %d %d 18446744073709551615%s\n"):format(p.pid,
    p.comm, p.state, p.ppid, p.maj_flt, p.threads, math.floor((864000 - p.age) * 100), p.virt * 1024, p.res // 4,
    (" 0"):rep(27))
end

local function status_of(p)
  local lines = { "Name:\t" .. p.comm, "State:\t" .. p.state, "Pid:\t" .. p.pid, "PPid:\t" .. p.ppid,
    ("Uid:\t%d\t%d\t%d\t%d"):format(p.uid, p.uid, p.uid, p.uid) }
  local sizes = { { "VmSize", p.virt }, { "VmLck", p.locked }, { "VmPin", 0 }, { "VmHWM", p.res }, { "VmRSS", p.res },
    { "RssAnon", p.rss_anon }, { "RssFile", p.rss_file }, { "RssShmem", p.rss_shmem }, { "VmData", p.data },
    { "VmStk", p.stack }, { "VmPTE", 100 }, { "VmSwap", p.swap } }
  for _, one in ipairs(p.state ~= "Z" and sizes or {}) do
    lines[#lines + 1] = ("%s:\t%8d kB"):format(one[1], one[2])
  end
  lines[#lines + 1] = "Threads:\t" .. p.threads
  return table.concat(lines, "\n") .. "\n"
end

local function limits_of(p)
  local lines = { "Limit                     Soft Limit           Hard Limit           Units     " }
  for _, one in ipairs(LIMITS) do
    local value = tostring(p.limits[one[2]] or "unlimited")
    lines[#lines + 1] = ("%-26s%-21s%-21s%-10s"):format(one[1], value, value, "bytes")
  end
  return table.concat(lines, "\n") .. "\n"
end

local function maps_of(p)
  if type(p.maps) == "string" then return p.maps end
  local lines = {}
  for i = 1, p.maps or 10 do
    lines[i] = ("%x-%x %s 00000000 00:00 0 "):format(0x10000 + i * 0x2000, 0x11000 + i * 0x2000, "rw-p")
  end
  return table.concat(lines, "\n") .. "\n"
end

local function rollup_of(p)
  local shared = p.rss_file
  local values = { Rss = p.res, Pss = p.rss_anon + p.rss_shmem + shared // 4, Pss_Anon = p.rss_anon,
    Pss_File = shared // 4, Pss_Shmem = p.rss_shmem, Shared_Clean = shared, Shared_Dirty = 0, Private_Clean = 0,
    Private_Dirty = p.rss_anon + p.rss_shmem, Anonymous = p.rss_anon, LazyFree = 0, AnonHugePages = 0,
    Private_Hugetlb = 0, Shared_Hugetlb = 0, Swap = p.swap, SwapPss = p.swap, Locked = 0 }
  for label, value in pairs(p.rollup or {}) do values[label] = value end
  local lines = { "00400000-7ffc181a6000 ---p 00000000 00:00 0                              [rollup]" }
  for label, value in pairs(values) do lines[#lines + 1] = ("%s: %d kB"):format(label, value) end
  return table.concat(lines, "\n") .. "\n"
end

local function pressure_text(given)
  local lines = {}
  for i, who in ipairs { "some", "full" } do
    local value = given[who]
    lines[i] = ("%s avg10=%.2f avg60=%.2f avg300=%.2f total=%d"):format(who, value[1], value[2], value[3],
      value.total or 0)
  end
  return table.concat(lines, "\n") .. "\n"
end

local COUNTED <const> = { HugePages_Total = true, HugePages_Free = true, HugePages_Rsvd = true, HugePages_Surp = true }

local function meminfo_text(given)
  local lines = {}
  for label, value in pairs(given) do
    lines[#lines + 1] = ("%s: %d%s"):format(label, value, COUNTED[label] and "" or " kB")
  end
  return table.concat(lines, "\n") .. "\n"
end

local function counters_text(given)
  local lines = {}
  for label, value in pairs(given) do lines[#lines + 1] = ("%s %d"):format(label, value) end
  return table.concat(lines, "\n") .. "\n"
end

local function files_of(m)
  local files = copy(m.files)
  files.meminfo, files.vmstat = meminfo_text(m.meminfo), counters_text(m.vmstat)
  files["pressure/memory"] = m.pressure and pressure_text(m.pressure)
  for path, group in pairs(m.groups) do
    local dir = ".machine/cgroup" .. (path == "/" and "" or path) .. "/"
    files[dir .. "cgroup.procs"] = ""
    for name, value in pairs(group) do
      local text = type(value) ~= "table" and value .. "\n"
        or value.some and pressure_text(value) or counters_text(value)
      files[dir .. name] = text
    end
  end
  for pid, p in pairs(m.processes) do
    local dir = pid .. "/"
    files[dir .. "stat"], files[dir .. "status"], files[dir .. "limits"] = stat_of(p), status_of(p), limits_of(p)
    files[dir .. "statm"] = ("%d %d %d 1 0 %d 0\n"):format(p.virt // 4, p.res // 4, (p.res - p.rss_anon) // 4,
      (p.data + p.stack) // 4)
    files[dir .. "cgroup"], files[dir .. "cmdline"] = "0::" .. p.cgroup .. "\n", (p.cmdline or p.comm) .. "\0"
    files[dir .. "maps"], files[dir .. "smaps_rollup"] = maps_of(p), rollup_of(p)
    files[dir .. "exe"] = "/usr/bin/" .. p.comm
  end
  return files
end

local directories = {}

--- Writes it, and gives the directory. All go when made.forget() is called.
function Machine:write()
  local root = os.tmpname()
  os.remove(root)
  directories[#directories + 1] = root
  local seen, list = {}, {}
  for name, text in pairs(files_of(self)) do
    local dir = root .. "/" .. (name:match "^(.*)/[^/]*$" or "")
    if text and not seen[dir] then seen[dir], list[#list + 1] = true, "'" .. dir .. "'" end
  end
  assert(os.execute("mkdir -p " .. table.concat(list, " ")))
  for name, text in pairs(files_of(self)) do
    if text then
      local file <close> = assert(io.open(root .. "/" .. name, "w"))
      file:write(text)
    end
  end
  return root
end

--- Removes what was written.
function made.forget()
  for _, root in ipairs(directories) do os.execute("rm -rf '" .. root .. "'") end
  directories = {}
end

-- ---- what the doctor says

local doctor = require "memsh.doctor.doctor"
local doctors_machine = require "memsh.doctor.machine"
local source = require "memsh.fields.machine"

local NO_CHANGE <const> = { vmstat = {}, processes = {} }

-- As if it had been looked at for two seconds, with these counters less at their start.
local function sample(seen, less)
  seen.seconds, seen.no_sample = 2, nil
  local vmstat, events = {}, {}
  for name, value in pairs(seen.vmstat) do vmstat[name] = value - (less.vmstat[name] or 0) end
  for _, row in ipairs(seen:groups()) do
    events[row.path] = { events_max = row.events_max }
  end
  for _, row in ipairs(seen.processes) do
    local before = {}
    for _, name in ipairs { "pid", "start_time", "res", "rss_anon", "rss_shmem", "vm_swap", "maj_flt" } do
      before[name] = row[name]
    end
    for name, value in pairs(less.processes[row.pid] or {}) do before[name] = before[name] - value end
    seen.before[row.pid] = before
  end
  seen.first = { vmstat = vmstat, events = events, processes = seen.before }
end

--- What the doctor says: its result, and the root.
---@param ids string[]|nil only these checks
---@param less table|nil how much counters grew in a sample: { vmstat = {...}, processes = { [pid] = {...} } }
function made.judge(m, ids, less)
  local root = m:write()
  source.configure(root)
  local seen = doctors_machine.take(0)
  if less then
    less = { vmstat = less.vmstat or NO_CHANGE.vmstat, processes = less.processes or NO_CHANGE.processes }
    sample(seen, less)
  end
  return doctor.judge(assert(doctor.choose(ids or {}, {})), seen), root
end

return made
