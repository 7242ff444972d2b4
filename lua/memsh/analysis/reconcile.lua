-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where the machine's memory is: lines that add up to MemTotal and do not overlap, the unexplained rest as the last.
--
-- Mapped pages come from the processes, each page divided among those that map it (PSS), so that the sum over all of
-- them counts it once. What processes do not map comes from meminfo, less what was counted already:
--   cached has all file and shmem pages, mapped or not; buffers the pages of block devices; swap_cached is in neither.
--   mapped anonymous pages are in anon_pages, also those that have a copy in swap and are in swap_cached.
--   vmalloc_used has the kernel's stacks where they are mapped pages (CONFIG_VMAP_STACK).
--   slab has s_reclaimable, and k_reclaimable has it, too.
--   unaccepted memory and free CMA pages are in mem_free; ballooned memory mostly is not in mem_total.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local machine = require "memsh.fields.machine"
local from_tables = require "memsh.query.from_tables"
local rowset = require "memsh.query.rowset"
local run = require "memsh.exec.run"
local address_spaces = require "memsh.exec.address_spaces"
local plural = require "memsh.util.plural"

local reconcile = {}

local is_unknown, why = core.is_unknown, core.why

local PARTS <const> = { "pss_anon", "pss_file", "pss_shmem" }

-- A process whose files could not be read, or has none.
local function note(seen, started, process, reason)
  if reason == "unsupported" then
    seen.split = false
    return
  end
  started.coverage:note(process.pid, reason)
  if coverage.loses(reason) then seen.unread = seen.unread + 1 end
end

-- Processes that share one address space show the same pages, each in full: they count once.
local function add_process(seen, started, process, each)
  local values = {}
  for i, name in ipairs(PARTS) do
    values[i] = process[name]
    if is_unknown(values[i]) then return note(seen, started, process, why(values[i])) end
  end
  if address_spaces.was_counted(seen.spaces, process, values[1], started) then return end
  seen.read = seen.read + 1
  for i, name in ipairs(PARTS) do seen[name] = seen[name] + values[i] end
  if each then each(process, table.unpack(values)) end
end

-- The PSS of all processes by kind; `read` and `unread` count those that have memory, `split` is whether this kernel
-- has the kinds.
local function scan(fields, each)
  local seen = { pss_anon = 0, pss_file = 0, pss_shmem = 0, read = 0, unread = 0, split = true, spaces = {} }
  local next_row, started = run.start(rowset.processes {},
    table.move(fields, 1, #fields, #PARTS + 1, { table.unpack(PARTS) }))
  for process in next_row do add_process(seen, started, process, each) end
  return seen, started.coverage
end

-- One reading of meminfo, right after the processes.
local function snapshot()
  local system, values = machine.source():system(), {}
  for _, info in ipairs(core.fields "system") do
    if info.file == "meminfo" then values[info.name] = system[info.name] end
  end
  values.zram = system.zram
  return values
end

-- ---- lines

local Lines = {}
Lines.__index = Lines

function Lines:add(what, size, from, bound)
  if why(size) == "unsupported" then return end -- what this kernel does not count is in the rest
  self[#self + 1] = { what = what, size = size, from = from, bound = bound or is_unknown(size) }
end

function Lines:sum()
  local sum = 0
  for _, line in ipairs(self) do sum = sum + (is_unknown(line.size) and 0 or line.size) end
  return sum
end

local function known_or(value, default)
  return is_unknown(value) and default or value
end

-- A difference of numbers that were read at different moments may be negative; an unknown one stays unknown.
local function at_least_0(value)
  return is_unknown(value) and value or math.max(value, 0)
end

local function smaller(a, b)
  return is_unknown(a) and a or is_unknown(b) and b or math.min(a, b)
end

-- ---- what processes map, and the page cache that they do not

-- More than memory moves by while the processes are read.
local LEAST_UNSEEN <const> = 16 << 20

-- Anonymous pages are mapped by some process. If far more are in use than the listed processes map, others are not
-- listed.
local function find_unseen(sys, seen, covered)
  if covered.hidden > 0 then return "others are hidden here (hidepid)" end
  if machine.source():is_nested() then return "those outside this PID namespace are not listed" end
  if is_unknown(sys.anon_pages) or is_unknown(seen.pss_anon) then return nil end
  local left = sys.anon_pages - seen.pss_anon
  if seen.unread == 0 and left > math.max(LEAST_UNSEEN, sys.anon_pages // 4) then
    return ("those listed map %s of AnonPages, %s"):format(core.human(seen.pss_anon), core.human(sys.anon_pages))
  end
  return nil
end

-- What bounds the memory of processes that were not read or not seen.
local function unread_from(seen, label)
  local cause = seen.unread > 0 and plural(seen.unread, "process") .. " could not be read" or seen.unseen
  return ("%s: %s less what the others map"):format(cause, label)
end

local function add_unread(lines, sys, seen)
  if seen.unread == 0 and not seen.unseen then return 0 end
  local file = at_least_0(sys.mapped - seen.pss_file - seen.pss_shmem)
  local which = (seen.unread > 0 and seen.unseen) and "not read or seen" or seen.unseen and "not seen" or "not read"
  lines:add("anonymous, of processes " .. which, at_least_0(sys.anon_pages - seen.pss_anon),
    unread_from(seen, "AnonPages"), true)
  lines:add("file and shmem, of processes " .. which, file, unread_from(seen, "Mapped"), true)
  return known_or(file, 0) -- else those pages stay in the page cache
end

-- Nobody can say which pages of processes not read are of files and which are shmem: file pages come first. What these
-- processes may map is not page cache that nobody maps. Where it is not known how much shmem there is, nothing tells
-- it from page cache.
local function add_cache(lines, sys, seen, unread)
  local bound, shmem = unread > 0 or seen.unseen ~= nil, sys.shmem
  if is_unknown(shmem) then
    return lines:add("page cache and shmem nobody maps",
      at_least_0(sys.cached + sys.buffers - seen.pss_file - seen.pss_shmem - unread),
      "Cached + Buffers - the file pages and shmem above: Shmem is not known", bound)
  end
  local file = at_least_0(sys.cached + sys.buffers - shmem - seen.pss_file)
  local unread_file = smaller(unread, file)
  lines:add("page cache nobody maps", file - unread_file, "Cached + Buffers - Shmem - the file pages above", bound)
  lines:add("shmem nobody maps", at_least_0(shmem - seen.pss_shmem - (unread - unread_file)),
    "Shmem - the shmem above: tmpfs files (shm -t), memfds, shared memory", bound)
end

local function add_mapped(lines, sys, seen)
  local from = "smaps_rollup %s of " .. plural(seen.read, "process")
  lines:add("anonymous, mapped", seen.pss_anon, from:format "Pss_Anon")
  lines:add("file pages, mapped", seen.pss_file, from:format "Pss_File")
  lines:add("shmem, mapped", seen.pss_shmem, from:format "Pss_Shmem")
  add_cache(lines, sys, seen, add_unread(lines, sys, seen))
end

-- If PSS has no kinds (before Linux 5.3), meminfo has to do.
local function add_mapped_by_meminfo(lines, sys)
  lines:add("anonymous, mapped", sys.anon_pages, "AnonPages: this kernel's PSS has no kinds")
  lines:add("file pages and shmem, mapped", sys.mapped, "Mapped")
  lines:add("page cache and shmem nobody maps", at_least_0(sys.cached + sys.buffers - sys.mapped),
    "Cached + Buffers - Mapped")
end

-- The anonymous lists have anonymous pages, shmem and the swap cache; locked pages are on no list, so that the
-- difference is a lower bound.
local function add_swap_cache(lines, sys)
  local over = sys.active_anon + sys.inactive_anon - sys.anon_pages - sys.shmem
  lines:add("swap cache nobody maps", at_least_0(smaller(sys.swap_cached, over)),
    "at least Active(anon) + Inactive(anon) - AnonPages - Shmem, at most SwapCached",
    known_or(sys.swap_cached, 1) > 0)
end

-- ---- the kernel's own

local function add_vmalloc(lines, sys)
  local used, chunk = sys.vmalloc_used, sys.vmalloc_chunk
  -- from 4.4 to 5.2 it is 0, and before 4.4 it was address space; then the largest free piece was known
  if is_unknown(used) or known_or(chunk, 0) > 0 or used == 0 then return end
  local stacks = known_or(sys.kernel_stack, 0) + known_or(sys.shadow_call_stack, 0)
  if used < stacks then stacks = 0 end
  lines:add("vmalloc", used - stacks, "VmallocUsed" .. (stacks > 0 and " - the stacks" or "") ..
    ": modules, BPF, large tables of the kernel")
end

local function add_hugetlb(lines, sys)
  if core.known(sys.hugetlb) then
    lines:add("hugetlb pools", sys.hugetlb, "Hugetlb: pages in use and free ones")
  else
    lines:add("hugetlb pools", sys.huge_pages_total * sys.hugepagesize, "HugePages_Total * Hugepagesize")
  end
end

local function add_zram(lines, sys)
  local devices, used = sys.zram, 0
  if is_unknown(devices) then return end
  for _, device in ipairs(devices) do used = used + device.used end
  if #devices > 0 then lines:add("zram", used, "/sys/block/zram*/mm_stat, memory used") end
end

local KERNEL <const> = {
  { "page tables", "page_tables", "PageTables" },
  { "page tables of devices and guests", "sec_page_tables", "SecPageTables" },
  { "page tables kept for reuse", "quicklists", "Quicklists" },
  { "kernel stacks", "kernel_stack", "KernelStack" },
  { "shadow call stacks", "shadow_call_stack", "ShadowCallStack" },
  { "per-CPU memory", "percpu", "Percpu" },
  { "zswap", "zswap", "Zswap: compressed pages" },
  { "bounce buffers", "bounce", "Bounce" },
  { "FUSE write buffers", "writeback_tmp", "WritebackTmp" },
  { "graphics", "gpu_active", "GPUActive" },
  { "graphics, reclaimable", "gpu_reclaim", "GPUReclaim" },
  { "broken", "hardware_corrupted", "HardwareCorrupted" },
}

local function add_kernel(lines, sys)
  lines:add("slab", sys.slab, "Slab")
  lines:add("other reclaimable kernel memory", at_least_0(sys.k_reclaimable - sys.s_reclaimable),
    "KReclaimable - SReclaimable")
  for _, line in ipairs(KERNEL) do lines:add(line[1], sys[line[2]], line[3]) end
  add_vmalloc(lines, sys)
  add_hugetlb(lines, sys)
  add_zram(lines, sys)
end

-- ---- the whole

-- A meminfo that some other program than the kernel makes may lack what every kernel has.
local BASIC <const> = { "mem_free", "cached", "buffers", "mapped", "anon_pages" }

local function missing(sys)
  local names = {}
  for _, name in ipairs(BASIC) do
    if is_unknown(sys[name]) then names[#names + 1] = name end
  end
  return names[1] and "; and all that these would show, which meminfo lacks: " .. table.concat(names, ", ") or ""
end

local function add_rest(lines, sys)
  local rest = sys.mem_total - lines:sum()
  lines:add("unexplained rest", rest, (rest < 0
    and "MemTotal less all lines above: less than nothing, as memory moved while it was read"
    or "MemTotal less all lines above: free pages kept by each CPU, network and device buffers, what drivers hold")
    .. missing(sys))
end

local COLUMNS <const> = {
  { "what", "text", "what the memory is" },
  { "size", "bytes", "how much it is" },
  { "percent", "percent", "its share of the machine's memory" },
  { "bound", "boolean", "whether it is a bound, because something could not be read" },
  { "from", "path", "where the number comes from" },
}

-- What `from` says does not fit beside the rest.
local NARROW <const> = { width = 110, columns = "what size percent bound",
  note = 'reconcile():show"what from" says where each number comes from' }

---@class memsh.Account
---@field lines {what: string, size: any, percent: any, bound: boolean, from: string}[] sizes add up to `total`
---@field total integer MemTotal, in bytes
---@field is_split boolean whether what is mapped is known by process
---@field coverage table

--- The lines of the account, with the processes that they were made of: `each` gets every process that was counted and
--- its anonymous memory, file pages and shmem in bytes, whose sums are the lines of what is mapped.
---@param fields string[] what `each` reads of a process beside that
---@param each nil|fun(process: any, anon: integer, file: integer, shmem: integer)
---@return memsh.Account|nil
---@return string|nil message
---@return string|nil name
function reconcile.account(fields, each)
  local seen, covered = scan(fields, each)
  local sys = snapshot()
  local lines, total = setmetatable({}, Lines), sys.mem_total
  if is_unknown(total) then return nil, "mem_total is not known: " .. core.reason_text(why(total)), why(total) end
  seen.unseen = seen.split and find_unseen(sys, seen, covered) or nil
  if seen.unseen then covered:miss_processes(seen.unseen) end
  lines:add("free", sys.mem_free, "MemFree")
  if seen.split then add_mapped(lines, sys, seen) else add_mapped_by_meminfo(lines, sys) end
  add_swap_cache(lines, sys)
  add_kernel(lines, sys)
  add_rest(lines, sys)
  for _, line in ipairs(lines) do line.percent = 100 * line.size / total end
  return { lines = setmetatable(lines, nil), total = total, is_split = seen.split, coverage = covered }
end

--- The machine's memory, line by line: what, size, percent, bound, from. The sizes add up to sys.mem_total.
---@return memsh.RowSet|nil
---@return string|nil message
---@return string|nil name
function reconcile.rows()
  local account, message, name = reconcile.account {}
  if not account then return nil, message, name end
  return from_tables(account.lines, COLUMNS, account.coverage, NARROW)
end

--- What none of the kernel's counters has, by meminfo and zram alone: as cheap as they are, and up to what processes
--- map less exact than the last line of rows().
---@param sys table|userdata the system's fields
---@return integer|any unknown where something that every kernel counts is
function reconcile.rest(sys)
  local lines = setmetatable({}, Lines)
  lines:add("free", sys.mem_free, "MemFree")
  add_mapped_by_meminfo(lines, sys)
  add_swap_cache(lines, sys)
  add_kernel(lines, sys)
  for _, name in ipairs(BASIC) do
    if is_unknown(sys[name]) then return sys[name] end
  end
  return sys.mem_total - lines:sum()
end

return reconcile
