-- SPDX-License-Identifier: GPL-3.0-or-later
-- Questions by need, and how to ask them. The README's cookbook is this list.

local LIST = {
  { "who is big: memory by user", 'procs:by"user":sum"rss swap pss":sort"-pss"' },
  { "who is big: memory by systemd unit", 'procs:by"unit":sum"pss swap":sort"-pss":top(15)' },
  { "who is big: memory by control group", 'procs:by"cgroup":sum"rss":sort"-rss"' },
  { "who is big: what each process would free if it ended",
    'procs:sort"-uss":top(10):show"pid comm uss pss bar(uss)"' },
  { "who is big: many threads, and what they cost",
    'procs:where"threads > 200":sort"-threads, comm":show"pid comm threads vm_stk vm_pte"' },
  { "who grew: remember how it is now ...", "before = procs()" },
  { "who grew: ... and ask later", '(procs() - before):where"rss > 0":sort"-rss":top(10)' },
  { "leaks: the same process with more anonymous memory",
    '(procs() - before):where"rss_anon > 1M and status == \'same\'":sort"-rss_anon"' },
  { "reserved: large mappings that were never used",
    'maps:where"kind == \'anon\' and size >= 64M and rss < size / 100":sort"-size":show"pid comm size rss perms"' },
  { "reserved: much data, of which little is in memory",
    'procs:where"data > 1G and rss < data / 10":sort"-data":show"pid comm data rss virt"' },
  { "shared: which library costs most private memory that was written to",
    'maps:where"has(path, \'.so\')":by"path":sum"private_dirty pss":sort"-private_dirty":top(10)' },
  { "shared: who maps libssl, and what it costs",
    'maps:where"path =~ \'libssl\'":by"user, comm":sum"rss private_dirty":sort"-private_dirty"' },
  { "shared: segments of shared memory, and how many processes use each",
    'maps:where"quadrant == \'shared-anon\'":by"path, inode":sum"size pss":sort"-procs":top(20)' },
  { "shared: mappings made private or shared, with a file or without",
    'maps:by"quadrant":sum"size rss pss private_dirty":sort"-pss"' },
  { "shared: what KSM saves by merging equal pages",
    'procs:where"ksm_merging_pages > 0":sort"-ksm_process_profit"'
      .. ':show"pid comm ksm_merging_pages ksm_process_profit"' },
  { "huge pages: who uses them",
    'procs:where"hugetlb_pages > 0 or anon_huge_pages > 0":show"pid comm hugetlb_pages anon_huge_pages"' },
  { "swap: who has most", 'procs:where"swap > 0":sort"-swap":top(10)' },
  { "swap: how much is swapped out, in GiB", 'procs:sum"swap" / G' },
  { "containers: memory of each", 'procs:where"container ~= \'\'":by"container":sum"pss uss":sort"-pss"' },
  { "limits: who has locked memory", 'procs:where"locked > 0":sort"-locked":show"pid user comm locked"' },
  { "security: who can write to memory that can be executed",
    'maps:where"w and x":show"pid user comm perms size path"' },
  { "security: who still runs libraries that were replaced",
    'maps:where"deleted and x and kind == \'file\'":by"comm, path":count():sort"comm"' },
  { "security: who maps files that were deleted", 'maps:where"deleted":show"pid user comm size path":top(20)' },
  { "a condition in Lua, where an expression is not enough",
    'proc(1):maps(function(m) return m.inode ~= 0 and m.rss > 0 end):sort"-rss":show"perms rss path"' },
  { "the machine: where all of its memory is", "reconcile()" },
}

local examples = {}
for i, one in ipairs(LIST) do examples[i] = { question = one[1], text = one[2] } end
return examples
