-- SPDX-License-Identifier: GPL-3.0-or-later
-- Transparent huge pages are part of resident memory; pages of the pool (hugetlb) are in no other number.
local opt = report {
  summary = "huge pages: who uses them, and the pools",
  options = { { "p", "pools", help = "the pools instead" },
    { "m", "mappings", help = "mappings with huge pages instead of processes" } },
  example = { "memsh hugepages", "memsh hugepages -m", "memsh hugepages -p" },
}
local THP <const> = "thp=anon_huge_pages + shmem_pmd_mapped + file_pmd_mapped"
local POOL <const> = "hugetlb=private_hugetlb + shared_hugetlb"

if opt.pools then
  return sys.hugepages:show "size, total, free, reserved, surplus"
end
local some = opt.mappings and maps or procs
return some:where "anon_huge_pages + shmem_pmd_mapped + file_pmd_mapped + private_hugetlb + shared_hugetlb > 0"
  :show((opt.mappings and "pid, user, comm, addr, size, rss, " or "pid, user, comm, rss, ") .. THP .. ", " .. POOL ..
    (opt.mappings and ", huge_page, name" or ""))
