-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- reconcile(), over a machine whose numbers are known; /sys as tables.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"
local machine = require "memsh" and require "memsh.fields.machine" -- the former takes the command line's --source
local root = machine.source():root()

local function fixture_at(path, fn)
  machine.configure(path)
  local ok, problem = pcall(fn)
  machine.configure(root)
  if not ok then error(problem, 0) end
end

local function fixture(name, fn)
  fixture_at((root:gsub("full$", name)), fn)
end

local function by_name()
  local lines = {}
  for _, line in ipairs(reconcile():rows()) do
    t.eq(lines[line.what], nil, line.what)
    lines[line.what] = line
  end
  return lines
end

local KB <const> = 1024

t.test("the lines add up to MemTotal, exactly, on every kernel", function()
  t.eq(reconcile():sum "size", 8142336 * KB)
  for _, kernel in ipairs { "2.6.32", "3.10", "4.4", "4.14", "5.10", "6.1", "6.12", "7.3" } do
    fixture("kernels/" .. kernel, function()
      t.eq(reconcile():sum "size", machine.system().mem_total, kernel)
      t.eq(math.floor(reconcile():sum "percent" + 0.5), 100, kernel)
    end)
  end
end)

t.test("what is mapped is the PSS of all processes; what is not is the cache without it", function()
  local lines = by_name()
  local anon, file, shmem = procs:sum "pss_anon", procs:sum "pss_file", procs:sum "pss_shmem"
  t.eq(lines["anonymous, mapped"].size, anon)
  t.eq(lines["file pages, mapped"].size, file)
  t.eq(lines["shmem, mapped"].size, shmem)
  local unseen = lines["file and shmem, of processes not seen"].size
  t.eq(lines["page cache nobody maps"].size, (2531840 + 201728 - 312320) * KB - file - unseen)
  t.eq(lines["shmem nobody maps"].size, 312320 * KB - shmem)
end)

-- The fixture has a few processes of a machine that had more: their anonymous pages are in AnonPages.
t.test("memory of processes that are not there is a line of its own, and what depends on it a bound", function()
  local lines, sys = by_name(), machine.system()
  local file, shmem = procs:sum "pss_file", procs:sum "pss_shmem"
  t.eq(lines["anonymous, of processes not seen"].size, sys.anon_pages - procs:sum "pss_anon")
  t.eq(lines["file and shmem, of processes not seen"].size, sys.mapped - file - shmem)
  local bounds = { ["swap cache nobody maps"] = true, ["anonymous, of processes not seen"] = true,
    ["file and shmem, of processes not seen"] = true, ["page cache nobody maps"] = true, ["shmem nobody maps"] = true }
  for _, line in pairs(lines) do t.eq(line.bound, bounds[line.what] or false, line.what) end
end)

-- A copy of a machine without some lines of its meminfo.
local function without(pattern, fn)
  local copy = os.tmpname()
  assert(os.execute(("rm %s && cp -r '%s' %s && sed -i '/%s/d' %s/meminfo"):format(copy, root, copy, pattern, copy)))
  fixture_at(copy, fn)
  os.execute("rm -r " .. copy)
end

t.test("without Mapped, what processes not seen map of files stays in the page cache, and all adds up", function()
  without("^Mapped:", function()
    local lines, sys = by_name(), machine.system()
    t.eq(lines["file and shmem, of processes not seen"], nil)
    t.eq(lines["page cache nobody maps"].size, sys.cached + sys.buffers - sys.shmem - procs:sum "pss_file")
    t.eq(reconcile():sum "size", sys.mem_total)
  end)
end)

t.test("each other line is a number of meminfo, less what is counted already", function()
  local lines = by_name()
  local sizes = {
    free = 412672, slab = 401408, ["other reclaimable kernel memory"] = 262144 - 245760, ["page tables"] = 51200,
    ["page tables of devices and guests"] = 2048, ["page tables kept for reuse"] = 512, ["kernel stacks"] = 18432,
    ["shadow call stacks"] = 4608, ["per-CPU memory"] = 6144, zswap = 15360, ["bounce buffers"] = 8,
    ["FUSE write buffers"] = 12, graphics = 7168, ["graphics, reclaimable"] = 1024, broken = 4,
    ["hugetlb pools"] = 32768, zram = 14680064 // KB, ["swap cache nobody maps"] = 0,
  }
  for what, kb in pairs(sizes) do t.eq(lines[what] and lines[what].size, kb * KB, what) end
  t.eq(lines.vmalloc, nil, "a kernel with VmallocChunk counts address space")
end)

t.test("a process that may not be read: its memory is bounded by meminfo, and marked", function()
  fixture("denied", function()
    local lines = by_name()
    local anon, file, shmem = procs:sum "pss_anon", procs:sum "pss_file", procs:sum "pss_shmem"
    t.eq(lines["anonymous, of processes not read"].size, 3755008 * KB - anon)
    t.eq(lines["file and shmem, of processes not read"].size, 911360 * KB - file - shmem)
    t.eq(lines["anonymous, of processes not read"].bound, true)
    t.eq(lines["page cache nobody maps"].bound, true)
    t.eq(lines["page cache nobody maps"].size + lines["shmem nobody maps"].size, (2531840 + 201728 - 911360) * KB)
    t.eq(reconcile():sum "size", 8142336 * KB)
  end)
end)

t.test("kernels whose PSS has no kinds: meminfo's own numbers", function()
  fixture("kernels/4.14", function()
    local lines = by_name()
    t.eq(lines["anonymous, mapped"].size, 3755008 * KB)
    t.eq(lines["file pages and shmem, mapped"].size, 911360 * KB)
    t.eq(lines["page cache and shmem nobody maps"].size, (2531840 + 201728 - 911360) * KB)
  end)
end)

-- What is not known is not 0: the page cache would be larger by the shmem that nobody maps.
t.test("shmem that meminfo lacks or garbles: page cache and shmem are one line, of the same size", function()
  local lines = by_name()
  local both = lines["page cache nobody maps"].size + lines["shmem nobody maps"].size
  for edit, reason in pairs { ["/^Shmem:/d"] = "unsupported", ["s/^Shmem: .*/Shmem: x kB/"] = "malformed" } do
    local copy = os.tmpname()
    assert(os.execute(("rm %s && cp -r '%s' %s && sed -i '%s' %s/meminfo"):format(copy, root, copy, edit, copy)))
    machine.configure(copy)
    local ok, problem = pcall(function()
      t.eq(why(machine.system().shmem), reason)
      local cut = by_name()
      t.eq(cut["page cache and shmem nobody maps"].size, both)
      t.eq({ cut["page cache nobody maps"], cut["shmem nobody maps"] }, {})
      t.eq(cut["unexplained rest"].size, lines["unexplained rest"].size)
      t.eq(reconcile():sum "size", 8142336 * KB)
    end)
    machine.configure(root)
    os.execute("rm -r " .. copy)
    t.ok(ok, problem)
  end
end)

t.test("a machine whose meminfo can't be read: nil, a message, a name", function()
  fixture("sealed", function()
    local set, message, name = reconcile()
    t.eq(set, nil)
    t.eq(name, "denied")
    assert(message:find "mem_total")
  end)
end)

t.test("zram devices, in bytes; what an old kernel's mm_stat lacks is unknown", function()
  local first, second = sys.zram[1], sys.zram[2]
  t.eq(#sys.zram, 2)
  t.eq({ first.name, first.disksize, first.orig, first.compr, first.used, first.limit, first.used_max, first.same_pages,
    first.compacted, first.huge_pages, first.huge_pages_since },
    { "zram0", 1073741824, 52428800, 13107200, 14680064, 0, 15728640, 120, 3, 2, 5 })
  t.eq({ second.name, second.disksize, second.used, core.why(second.huge_pages) }, { "zram1", 0, 0, "unsupported" })
end)

t.test("pools of huge pages, nodes, zswap", function()
  t.eq(sys.hugepages, { { size = 2 << 20, total = 16, free = 6, reserved = 2, surplus = 1 },
    { size = 1 << 30, total = 0, free = 0, reserved = 0, surplus = 0 } })
  t.eq(#sys.nodes, 2)
  t.eq({ sys.nodes[2].node, sys.nodes[2].total, sys.nodes[2].free, sys.nodes[2].used, sys.nodes[2].anon,
    sys.nodes[2].file, sys.nodes[2].active_anon, sys.nodes[2].k_reclaimable, sys.nodes[2].huge_pages_total },
    { 1, 4194304 * KB, 206336 * KB, 3987968 * KB, 614400 * KB, 1048576 * KB, 524288 * KB, 65536 * KB, 8 })
  t.eq(sys.zswap_enabled, true)
end)

t.test("a saved machine without /sys, and one that may not be read", function()
  fixture("kernels/6.12", function()
    for _, name in ipairs { "zram", "hugepages", "nodes", "zswap_enabled" } do
      t.eq(core.why(machine.system()[name]), "not_recorded", name)
    end
  end)
  fixture("sealed", function()
    for _, name in ipairs { "zram", "hugepages", "nodes", "zswap_enabled" } do
      t.eq(core.why(machine.system()[name]), "denied", name)
    end
  end)
end)

t.finish()
