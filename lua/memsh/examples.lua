-- SPDX-License-Identifier: GPL-3.0-or-later
-- Questions that people ask, and how memsh is asked.

local LIST = {
  { "who has swapped memory", 'procs:where"swap > 0":sort"-swap":top(10)' },
  { "memory by user", 'procs:by"user":sum"rss swap pss":sort"-pss"' },
  { "memory by systemd unit", 'procs:by"unit":sum"pss swap":sort"-pss":top(15)' },
  { "memory by control group", 'procs:by"cgroup":sum"rss":sort"-rss"' },
  { "memory by container", 'procs:where"container ~= \'\'":by"container":sum"pss uss":sort"-pss"' },
  { "which library costs the most private memory that was written to",
    'maps:where"has(path, \'.so\')":by"path":sum"private_dirty pss":sort"-private_dirty":top(10)' },
  { "who maps files that have been deleted", 'maps:where"deleted":show"pid user comm size path":top(20)' },
  { "what was reserved and hardly touched",
    'maps:where"size > 64M and rss < size / 100":sort"-size":show"pid comm size rss perms":top(10)' },
  { "who reserved much data and uses little of it",
    'procs:where"data > 1G and rss < data / 10":sort"-data":show"pid comm data rss virt"' },
  { "who uses huge pages",
    'procs:where"hugetlb_pages > 0 or anon_huge_pages > 0":show"pid comm hugetlb_pages anon_huge_pages"' },
  { "what each process would free if it ended", 'procs:sort"-uss":show"pid comm uss pss rss":top(10)' },
  { "memory by what it was made as, private or shared, with a file or without",
    'maps:by"quadrant":sum"size rss pss private_dirty":sort"-pss"' },
  { "who can write to memory that can be executed", 'maps:where"w and x":show"pid user comm perms size path"' },
  { "who has locked memory", 'procs:where"vm_lck > 0":sort"-vm_lck":show"pid user comm vm_lck"' },
  { "which shared memory is attached by how many",
    'maps:where"shared and quadrant == \'shared-anon\'":by"path, inode":sum"size pss":sort"-pss":top(20)' },
  { "who still runs libraries that were replaced",
    'maps:where"deleted and x and kind == \'file\'":by"comm, path":count():sort"comm"' },
  { "who maps libc, and what does it cost",
    'maps:where"path =~ \'libc[.-]\'":by"user, comm":sum"rss private_dirty":sort"-private_dirty":top(10)' },
  { "the largest mappings of one process", 'proc(1):maps():sort"-rss":show"addr perms rss path":top(10)' },
  { "who has many threads, and what they cost",
    'procs:where"threads > 50":sort"-threads":show"pid comm threads vm_stk vm_pte"' },
  { "whose memory was once much larger than it is now",
    'procs:where"vm_hwm > 2 * rss and vm_hwm > 100M":show"pid comm rss vm_hwm"' },
  { "a condition that takes more than an expression",
    'procs:where(function(p) return p.comm:find "^sys" and p.rss > 1*M end):show"pid comm rss"' },
  { "how much is swapped out, in GiB", 'procs:sum"swap" / G' },
}

local examples = {}
for i, one in ipairs(LIST) do examples[i] = { question = one[1], text = one[2] } end
return examples
