-- SPDX-License-Identifier: GPL-3.0-or-later
-- What memory.stat of a control group says, line by line: the label, what it means, and the label of v1 where that has
-- the same. A field is called memory_ and the label.
local BYTES <const> = {
  { "anon", "anonymous memory charged to it", "total_rss" },
  { "file", "page cache charged to it, including shmem", "total_cache" },
  { "shmem", "shmem charged to it, mapped or not", "total_shmem" },
  { "kernel", "kernel memory charged to it: stacks, page tables, per-CPU memory, vmalloc, slab (v2 since 5.18)" },
  { "kernel_stack", "stacks that the kernel has for its threads (v2)" },
  { "pagetables", "page tables of its processes (v2)" },
  { "sec_pagetables", "page tables of its virtual machines and devices (v2)" },
  { "percpu", "per-CPU memory of the kernel (v2)" },
  { "sock", "buffers of its sockets (v2)" },
  { "vmalloc", "vmalloc memory of the kernel (v2)" },
  { "zswap", "what the copies of its pages in zswap take, compressed (v2)" },
  { "zswapped", "its pages in zswap, before compression (v2)" },
  { "file_mapped", "page cache and shmem that processes map", "total_mapped_file" },
  { "file_dirty", "page cache that is still to be written", "total_dirty" },
  { "file_writeback", "page cache that is being written", "total_writeback" },
  { "swapcached", "pages in memory that have a copy in swap", "total_swapcached" },
  { "anon_thp", "anonymous memory in transparent huge pages", "total_rss_huge" },
  { "file_thp", "page cache in transparent huge pages (v2)" },
  { "shmem_thp", "shmem in transparent huge pages (v2)" },
  { "inactive_anon", "anonymous memory and shmem not used of late", "total_inactive_anon" },
  { "active_anon", "anonymous memory and shmem used of late", "total_active_anon" },
  { "inactive_file", "page cache not used of late, the first to be reclaimed", "total_inactive_file" },
  { "active_file", "page cache used of late", "total_active_file" },
  { "unevictable", "memory that can't be reclaimed, such as what is locked", "total_unevictable" },
  { "slab_reclaimable", "kernel objects that can be reclaimed, such as cached names of files (v2)" },
  { "slab_unreclaimable", "kernel objects that can't be reclaimed (v2)" },
  { "slab", "kernel objects in slabs (v2)" },
  { "hugetlb", "huge pages of the pool, where they are charged (v2 since 6.14)" },
}

local COUNTS <const> = {
  { "workingset_refault", "reclaimed pages that were needed again (v2 before 5.9)" },
  { "workingset_activate", "of those, pages that were in use at once (v2 before 5.9)" },
  { "workingset_restore", "of those, pages that had been in use before (v2 before 5.9)" },
  { "workingset_refault_anon", "swapped pages that were needed again (v2)" },
  { "workingset_refault_file", "reclaimed pages of files that were needed again (v2)" },
  { "workingset_activate_anon", "swapped pages that were needed again and in use at once (v2)" },
  { "workingset_activate_file", "reclaimed pages of files that were needed again and in use at once (v2)" },
  { "workingset_restore_anon", "swapped pages in use before that were needed again (v2)" },
  { "workingset_restore_file", "reclaimed pages of files in use before that were needed again (v2)" },
  { "workingset_nodereclaim", "times the kernel's records of reclaimed pages were themselves reclaimed (v2)" },
  { "pgscan", "pages looked at for reclaim (v2)" },
  { "pgsteal", "pages reclaimed (v2)" },
  { "pgscan_kswapd", "pages that kswapd looked at for reclaim (v2)" },
  { "pgscan_direct", "pages that processes had to look at for reclaim themselves (v2)" },
  { "pgscan_khugepaged", "pages that khugepaged looked at for reclaim (v2)" },
  { "pgscan_proactive", "pages looked at because memory.reclaim asked for it (v2)" },
  { "pgsteal_kswapd", "pages that kswapd reclaimed (v2)" },
  { "pgsteal_direct", "pages that processes had to reclaim themselves (v2)" },
  { "pgsteal_khugepaged", "pages that khugepaged reclaimed (v2)" },
  { "pgsteal_proactive", "pages reclaimed because memory.reclaim asked for it (v2)" },
  { "pgdemote_kswapd", "pages that kswapd moved to slower memory (v2)" },
  { "pgdemote_direct", "pages that processes had to move to slower memory themselves (v2)" },
  { "pgdemote_khugepaged", "pages that khugepaged moved to slower memory (v2)" },
  { "pgdemote_proactive", "pages moved to slower memory because memory.reclaim asked for it (v2)" },
  { "pgpromote_success", "pages moved to faster memory (v2)" },
  { "pswpin", "pages read from swap (v2)" },
  { "pswpout", "pages written to swap (v2)" },
  { "pgfault", "page faults", "total_pgfault" },
  { "pgmajfault", "page faults that had to wait for a disk", "total_pgmajfault" },
  { "pgrefill", "pages in use that were looked at for reclaim (v2)" },
  { "pgactivate", "pages that became ones in use (v2)" },
  { "pgdeactivate", "pages that became ones not in use (v2)" },
  { "pglazyfree", "pages given back by MADV_FREE (v2)" },
  { "pglazyfreed", "pages given back by MADV_FREE that were reclaimed (v2)" },
  { "swpin_zero", "pages of zeros read from swap without a read (v2)" },
  { "swpout_zero", "pages of zeros swapped out without a write (v2)" },
  { "zswpin", "pages read from zswap (v2)" },
  { "zswpout", "pages put into zswap (v2)" },
  { "zswpwb", "pages written from zswap to swap (v2)" },
  { "thp_fault_alloc", "huge pages allocated by page faults (v2)" },
  { "thp_collapse_alloc", "huge pages that small ones were collapsed into (v2)" },
  { "thp_swpout", "huge pages swapped out whole (v2)" },
  { "thp_swpout_fallback", "huge pages that were split to be swapped out (v2)" },
  { "numa_pages_migrated", "pages moved between nodes to be near those who use them (v2)" },
  { "numa_pte_updates", "page table entries changed to see which node uses a page (v2)" },
  { "numa_hint_faults", "page faults made to see which node uses a page (v2)" },
  { "numa_task_migrated", "tasks moved to another node (v2)" },
  { "numa_task_swapped", "tasks of two nodes that changed places (v2)" },
}

local list = {}
for type, labels in pairs { bytes = BYTES, count = COUNTS } do
  for place, one in ipairs(labels) do
    list[#list + 1] = { label = one[1], type = type, meaning = one[2], v1 = one[3], place = place }
  end
end
table.sort(list, function(a, b)
  if a.type ~= b.type then return a.type < b.type end
  return a.place < b.place
end)

return list
