-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the columns of other tools are, and which field of memsh has the same: people know those names.
local other_tools = {}

---@class memsh.ToolName
---@field name string
---@field is string what the column is, and where the tool has it from
---@field field string|nil the field of memsh
---@field kind string|nil "maps" or "sys" if it is not a field of processes
---@field ["not"] string|nil what it is easily taken for
---@field page string|nil where a released version of a manual page is wrong

---@type {tool: string, rows: memsh.ToolName[]}[]
local TOOLS = {
  { tool = "top", rows = {
    { name = "%MEM", is = "RES as a share of the machine's memory", field = "mem_percent" },
    { name = "VIRT", is = "address space reserved: statm, field 1", field = "virt", ["not"] = "memory used" },
    { name = "RES", is = "resident memory, anonymous, file and shmem pages: statm, field 2", field = "res",
      ["not"] = "what the process costs: pages that others map, too, count in full, and hugetlb not at all",
      page = "top(1) says that all of it is backed by swap; unmodified file pages are not, they are dropped" },
    { name = "SHR", is = "resident pages of files and shmem: statm, field 3", field = "shr",
      ["not"] = "what is shared with anybody: file pages that only this process maps are in it",
      page = "older top(1) says that not all of it is typically resident; all of it is" },
    { name = "CODE", is = "address space of the main program's text: statm, field 4", field = "code",
      ["not"] = "resident, nor the libraries' code", page = "top(1) calls it physical memory; it is address space" },
    { name = "DATA", is = "address space of private writable mappings and stacks: statm, field 6", field = "data",
      ["not"] = "resident: a program that reserves terabytes and touches none of it shows them",
      page = "older top(1) calls it physical memory (the data resident set); it is address space" },
    { name = "nDRT", is = "field 7 of statm, always 0 since Linux 2.6", field = "private_dirty",
      ["not"] = "a number of dirty pages" },
    { name = "SWAP", is = "anonymous memory that is swapped out: VmSwap of status", field = "swap",
      ["not"] = "swapped shmem",
      page = "before top 3.3.0 it was VIRT - RES, which means nothing; before Linux 2.6.34 it is always 0" },
    { name = "USED", is = "RES + SWAP", ["not"] = "complete: swapped shmem and hugetlb are missing",
      field = "res + swap" },
    { name = "RSan", is = "resident anonymous pages: RssAnon of status", field = "rss_anon" },
    { name = "RSfd", is = "resident pages of files: RssFile of status", field = "rss_file" },
    { name = "RSsh", is = "resident shmem pages: RssShmem of status", field = "rss_shmem",
      page = "top(1) says shm and mmap pages; pages of any tmpfs file are in it, too" },
    { name = "RSlk", is = "address space locked by mlock: VmLck of status", field = "vm_lck",
      ["not"] = "resident; locked counts what is",
      page = "top(1) calls it a subset of RES; it may be larger than RES" },
    { name = "PSS", is = "each resident page divided by the number of its mappings: Pss of smaps_rollup",
      field = "pss", page = "top(1) divides by processes; the kernel counts mappings, two in one process as two" },
    { name = "PSan", is = "the part of PSS on anonymous pages", field = "pss_anon" },
    { name = "PSfd", is = "the part of PSS on file pages", field = "pss_file" },
    { name = "PSsh", is = "the part of PSS on shmem pages", field = "pss_shmem" },
    { name = "USS", is = "resident pages mapped once: Private_Clean + Private_Dirty of smaps_rollup", field = "uss",
      ["not"] = "just what its end gives back: page cache stays cached, shmem stays while it has a name",
      page = "memsh's uss has Private_Hugetlb in it, too; without hugetlb both are the same" },
    { name = "nMaj", is = "page faults so far that waited for a disk", field = "maj_flt" },
    { name = "nMin", is = "page faults so far that needed no disk", field = "min_flt" },
  } },
  { tool = "pmap", rows = {
    { name = "Kbytes", is = "address space of the mapping", field = "size", kind = "maps", ["not"] = "memory used" },
    { name = "RSS", is = "resident memory of the mapping: Rss of smaps", field = "rss", kind = "maps" },
    { name = "Dirty", is = "Shared_Dirty + Private_Dirty of smaps: resident pages that were written to",
      field = "shared_dirty + private_dirty", kind = "maps",
      ["not"] = "what waits to be written to a file, save in shared file mappings: elsewhere swap would take it" },
    { name = "Mode", is = "r w x, and s where it was made with MAP_SHARED", field = "perms", kind = "maps",
      ["not"] = "a sign that somebody else maps it",
      page = "the R of MAP_NORESERVE, seen in older descriptions, is not shown by pmap 4.0: noreserve is" },
    { name = "Mapping", is = "file name, [ stack ], else [ anon ]: heap and vdso are [ anon ], too", field = "name",
      kind = "maps", ["not"] = "the path: pmap -p shows it" },
    { name = "Perm", is = "r w x and p or s, of pmap -X", field = "perms", kind = "maps" },
    { name = "Offset", is = "where in the file it begins, of pmap -X", field = "offset", kind = "maps" },
    { name = "Device", is = "device of the file, of pmap -X", field = "dev", kind = "maps" },
    { name = "Inode", is = "inode of the file, of pmap -X", field = "inode", kind = "maps" },
    { name = "Size", is = "address space of the mapping, of pmap -X", field = "size", kind = "maps" },
  } },
  { tool = "ps", rows = {
    { name = "vsz", is = "address space reserved: VmSize", field = "virt",
      page = "ps(1) says that mappings of devices are excluded; they are not" },
    { name = "rss", is = "resident memory: VmRSS", field = "res" },
    { name = "rssize", is = "another name of ps's rss", field = "res" },
    { name = "rsz", is = "another name of ps's rss", field = "res" },
    { name = "pss", is = "Pss of smaps_rollup", field = "pss" },
    { name = "uss", is = "Private_Clean + Private_Dirty of smaps_rollup", field = "uss" },
    { name = "sz", is = "address space reserved, in pages: statm, field 1", field = "virt",
      page = "ps(1) calls it the core image in physical pages; it is address space" },
    { name = "size", is = "address space of private writable mappings and stacks: VmData + VmStk", field = "data",
      page = "ps(1) means the swap it could take at worst, a very rough number" },
    { name = "drs", is = "vsz - trs: address space that is not the main program's text", field = "virt - code",
      page = "ps(1) calls it physical memory; it is address space" },
    { name = "trs", is = "address space of the main program's text", field = "code",
      page = "ps(1) calls it physical memory; it is address space" },
    { name = "pmem", is = "rss as a share of the machine's memory", field = "mem_percent" },
    { name = "%mem", is = "rss as a share of the machine's memory", field = "mem_percent" },
    { name = "maj_flt", is = "page faults so far that waited for a disk", field = "maj_flt" },
    { name = "min_flt", is = "page faults so far that needed no disk", field = "min_flt" },
    { name = "nlwp", is = "number of threads", field = "threads" },
  } },
  { tool = "smem", rows = {
    { name = "PSS", is = "the sum of Pss over smaps, each truncated to a kilobyte", field = "pss" },
    { name = "USS", is = "the sum of Private_Clean + Private_Dirty over smaps", field = "uss" },
    { name = "RSS", is = "the sum of Rss over smaps", field = "rss_exact" },
    { name = "Swap", is = "the sum of Swap over smaps: shmem counts in each process that maps it",
      field = "swap_exact" },
    { name = "VSS", is = "the sum of Size over smaps", field = "virt" },
  } },
  { tool = "psutil", rows = {
    { name = "rss", is = "statm, field 2", field = "res" },
    { name = "vms", is = "address space reserved: statm, field 1", field = "virt" },
    { name = "shared", is = "resident pages of files and shmem: statm, field 3", field = "shr",
      ["not"] = "what is shared with anybody" },
    { name = "text", is = "address space of the main program's text: statm, field 4", field = "code",
      page = "psutil's manual calls it memory devoted to code; it is address space" },
    { name = "lib", is = "field 5 of statm, always 0 since Linux 2.6", field = "vm_lib",
      ["not"] = "memory of libraries" },
    { name = "data", is = "address space of private writable mappings and stacks: statm, field 6", field = "data",
      page = "psutil's manual calls it physical memory; it is address space" },
    { name = "dirty", is = "field 7 of statm, always 0 since Linux 2.6", field = "private_dirty",
      ["not"] = "a number of dirty pages" },
    { name = "uss", is = "all Private_ numbers of smaps_rollup, hugetlb included", field = "uss" },
    { name = "pss", is = "Pss of smaps_rollup", field = "pss" },
    { name = "swap", is = "Swap of smaps_rollup: swapped shmem of its mappings is in it", field = "swap_exact" },
  } },
  { tool = "free", rows = {
    { name = "total", is = "MemTotal", field = "mem_total", kind = "sys" },
    { name = "used", is = "MemTotal - MemAvailable since free 4.0.1; before, all but free, buffers and cache",
      field = "mem_total - mem_available", kind = "sys" },
    { name = "free", is = "MemFree", field = "mem_free", kind = "sys", ["not"] = "what programs could have" },
    { name = "shared", is = "Shmem: shared anonymous memory, memfd, SysV, tmpfs", field = "shmem", kind = "sys",
      ["not"] = "memory that is shared by processes" },
    { name = "buff/cache", is = "Buffers + Cached + SReclaimable", field = "buffers + cached + s_reclaimable",
      kind = "sys", ["not"] = "all to be had: shmem is in it, and can only go to swap" },
    { name = "buffers", is = "Buffers", field = "buffers", kind = "sys" },
    { name = "cache", is = "Cached + SReclaimable", field = "cached + s_reclaimable", kind = "sys",
      ["not"] = "all to be had: shmem is in it" },
    { name = "available", is = "MemAvailable", field = "mem_available", kind = "sys" },
  } },
}

--- Each column there is, with its tool.
---@return fun(): string|nil, memsh.ToolName
function other_tools.each()
  return coroutine.wrap(function()
    for _, entry in ipairs(TOOLS) do
      for _, row in ipairs(entry.rows) do coroutine.yield(entry.tool, row) end
    end
  end)
end

--- What is called `name`: rows with their tools; `fold` ignores case.
---@param name string
---@param fold boolean|nil
---@return {tool: string, row: memsh.ToolName}[]
function other_tools.find(name, fold)
  local found, wanted = {}, fold and name:lower() or name
  for tool, row in other_tools.each() do
    if (fold and row.name:lower() or row.name) == wanted then found[#found + 1] = { tool = tool, row = row } end
  end
  return found
end

return other_tools
