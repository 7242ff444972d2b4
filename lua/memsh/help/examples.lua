-- SPDX-License-Identifier: GPL-3.0-or-later
-- Questions that people ask, and how memsh is asked. The README's tour is made of them.

local LIST = {
  { "who has most in swap", 'procs:where"swap > 0":sort"-swap":top(10)' },
  { "memory by user", 'procs:by"user":sum"rss swap pss":sort"-pss"' },
  { "memory by systemd unit", 'procs:by"unit":sum"pss swap":sort"-pss":top(15)' },
  { "memory by control group", 'procs:by"cgroup":sum"rss":sort"-rss"' },
  { "which library costs the most private memory that was written to",
    'maps:where"has(path, \'.so\')":by"path":sum"private_dirty pss":sort"-private_dirty":top(10)' },
  { "who maps files that have been deleted", 'maps:where"deleted":show"pid user comm size path":top(20)' },
  { "what was reserved and never touched",
    'maps:where"kind == \'anon\' and size >= 64M and rss < size / 100":sort"-size":show"pid comm size rss perms"' },
  { "who reserved much data and uses little of it",
    'procs:where"data > 1G and rss < data / 10":sort"-data":show"pid comm data rss virt"' },
  { "who uses huge pages",
    'procs:where"hugetlb_pages > 0 or anon_huge_pages > 0":show"pid comm hugetlb_pages anon_huge_pages"' },
  { "as it is now, to see later what has grown", "before = procs()" },
  { "who has grown since", '(procs() - before):where"rss > 0":sort"-rss":top(10)' },
  { "who may leak: the same process, with more anonymous memory",
    '(procs() - before):where"rss_anon > 1M and status == \'same\'":sort"-rss_anon"' },
  { "memory by container", 'procs:where"container ~= \'\'":by"container":sum"pss uss":sort"-pss"' },
  { "memory by what it was made as: private or shared, with a file or without",
    'maps:by"quadrant":sum"size rss pss private_dirty":sort"-pss"' },
  { "who can write to memory that can be executed", 'maps:where"w and x":show"pid user comm perms size path"' },
  { "who has locked memory", 'procs:where"locked > 0":sort"-locked":show"pid user comm locked"' },
  { "what merging equal pages saves", 'procs:where"ksm_merging_pages > 0":sort"-ksm_process_profit"'
      .. ':show"pid comm ksm_merging_pages ksm_process_profit"' },
  { "which shared memory is attached, and by how many",
    'maps:where"quadrant == \'shared-anon\'":by"path, inode":sum"size pss":sort"-procs":top(20)' },
  { "who still runs libraries that were replaced",
    'maps:where"deleted and x and kind == \'file\'":by"comm, path":count():sort"comm"' },
  { "who maps libssl, and what it costs",
    'maps:where"path =~ \'libssl\'":by"user, comm":sum"rss private_dirty":sort"-private_dirty"' },
  { "a condition that takes more than an expression",
    'proc(1):maps(function(m) return m.inode ~= 0 and m.rss > 0 end):sort"-rss":show"perms rss path"' },
  { "who has many threads, and what they cost",
    'procs:where"threads > 200":sort"-threads, comm":show"pid comm threads vm_stk vm_pte"' },
  { "how much is swapped out, in GiB", 'procs:sum"swap" / G' },
  { "what each process would free if it ended", 'procs:sort"-uss":top(10):show"pid comm uss pss bar(uss)"' },
  { "where all of the machine's memory is", "reconcile()" },
}

local examples = {}
for i, one in ipairs(LIST) do examples[i] = { question = one[1], text = one[2] } end
return examples
