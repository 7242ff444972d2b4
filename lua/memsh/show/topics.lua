-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which fields belong together, and the headline: so a process, the machine and the list of fields are read. A name
-- that ends in * stands for all that begin so; what no topic names comes last.
local core = require "memsh.core"
local value_text = require "memsh.util.value_text"

local topics = {}

---@type table<string, {[1]: string, [2]: string}[]>
local TOPICS <const> = {
  process = {
    { "identity", "pid comm user state ppid start_time age threads kthread exe exe_deleted cmdline argv unit container "
      .. "pod cgroup uid ruid gid rgid tracer_pid flags fd_size core_dumping shares_mm_with" },
    { "memory", "res rss pss uss mem_percent vm_rss vm_hwm rss_exact shr rss_anon rss_file rss_shmem private_anon "
      .. "shared_anon private_file shared_file locked vm_lck vm_pin" },
    { "swap", "swap vm_swap swap_exact swap_pss" },
    { "shared and private pages", "pss_* shared_clean shared_dirty private_clean private_dirty referenced anonymous "
      .. "lazy_free" },
    { "huge pages", "anon_huge_pages shmem_pmd_mapped file_pmd_mapped shared_hugetlb private_hugetlb hugetlb_pages "
      .. "thp_enabled" },
    { "same pages merged", "ksm ksm_*" },
    { "graphics", "drm_*" },
    { "address space", "virt vm_size vm_peak code data vm_* mappings map_count_percent *_virt untag_mask" },
    { "limits", "limit_* memory_limit memory_limit_percent oom_score oom_score_adj" },
    { "faults and switches", "maj_flt min_flt voluntary_ctxt_switches nonvoluntary_ctxt_switches" },
    { "nodes", "numa* mems_allowed_list" },
  },
  system = {
    { "memory", "mem_total mem_available mem_free buffers cached shmem anon_pages mapped mlocked unevictable" },
    { "swap", "swap_total swap_free swap_cached zswap zswapped zswap_enabled" },
    { "pressure", "pressure_*" },
    { "aging", "active inactive active_* inactive_* dirty writeback writeback_tmp" },
    { "kernel", "slab s_reclaimable s_unreclaim k_reclaimable kernel_stack page_tables sec_page_tables percpu "
      .. "vmalloc_*" },
    { "huge pages", "huge_pages_* hugepagesize hugetlb anon_huge_pages shmem_huge_pages shmem_pmd_mapped "
      .. "file_huge_pages file_pmd_mapped" },
    { "limits", "commit_limit committed_as overcommit_memory max_map_count" },
    { "machine", "host kernel version uptime now boot_id page_size hz" },
  },
}

TOPICS.maps = {
  { "place and permissions", "addr addr_end size perms r w x shared offset" },
  { "what it maps", "kind quadrant on_shmem path name dev inode deleted deleted_by anon_name build_id inconsistent" },
  { "memory", "rss pss anonymous private_anon locked numa*" },
  { "swap", "swap swap_pss" },
  { "shared and private pages", "pss_dirty shared_clean shared_dirty private_clean private_dirty referenced "
    .. "lazy_free ksm" },
  { "huge pages", "kernel_page_size mmu_page_size anon_huge_pages shmem_pmd_mapped file_pmd_mapped shared_hugetlb "
    .. "private_hugetlb thp_eligible" },
  { "flags", "vm_flags *_flag noreserve grows_down pfn_map dont_* wipe_on_fork mergeable huge_page no_huge_page sealed "
    .. "accounted protection_key nonlinear" },
}

TOPICS.cgroups = {
  { "identity", "path cgroup unit container pod procs" },
  { "memory", "memory_current memory_peak memory_swap_current" },
  { "limits", "memory_limit memory_limit_percent memory_max memory_high memory_low memory_min memory_swap_max" },
  { "events", "events_*" },
  { "pressure", "pressure_*" },
  { "memory.stat", "*" },
}

TOPICS.procs, TOPICS.sys = TOPICS.process, TOPICS.system

-- The topic of a name, and its place there.
local function place_of(list, name)
  for i, topic in ipairs(list) do
    local at = 0
    for word in topic[2]:gmatch "%S+" do
      at = at + 1
      if core.glob(name, word) then return i, at end
    end
  end
  return #list + 1, 0
end

--- Items that have a `name`, topic by topic: { title =, items... } of each topic that has some. nil where this kind of
--- row has no topics.
---@param kind string "process" or "procs", "system" or "sys"
---@param items {name: string}[]
---@return table[]|nil
function topics.group(kind, items)
  local list = TOPICS[kind]
  if not list then return nil end
  local groups, places = {}, {}
  for i, item in ipairs(items) do
    local topic, at = place_of(list, item.name)
    groups[topic] = groups[topic] or { title = list[topic] and list[topic][1] or "other" }
    table.insert(groups[topic], item)
    places[item] = at * #items + i
  end
  local out = {}
  for topic = 1, #list + 1 do
    local group = groups[topic]
    if group then
      table.sort(group, function(a, b) return places[a] < places[b] end)
      out[#out + 1] = group
    end
  end
  return out
end

-- ---- the headline

local HEADLINES <const> = {
  system = function(row, size)
    return ("memory: %s used, %s available of %s; swap: %s used of %s"):format(size(row.mem_total - row.mem_available),
      size(row.mem_available), size(row.mem_total), size(row.swap_total - row.swap_free), size(row.swap_total))
  end,
  process = function(row, size)
    return ("%d %s: res %s, pss %s, uss %s, swap %s"):format(row.pid,
      core.known(row.comm) and core.escape(row.comm) or "?", size(row.res), size(row.pss), size(row.uss),
      size(row.swap))
  end,
}

--- How a row is in a line; nil where there is none.
---@param kind string
---@param row any
---@param human boolean|nil
---@return string|nil
function topics.headline(kind, row, human)
  local of = HEADLINES[kind]
  return of and of(row, function(value) return value_text(value, "bytes", human) end)
end

return topics
