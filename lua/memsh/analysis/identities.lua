-- SPDX-License-Identifier: GPL-3.0-or-later
-- How the kernel's numbers of one process are related. crosscheck.lua checks it.
--
-- left, right: an expression over the process, { sum = expression, where = condition } over its mappings, or
--   { pages = { KIND = true } }, the pages of these kinds that lie below its mappings (pools of huge pages left out)
-- relation: "=" if it is missing, or "<=", ">="; above: how much larger the left side may be (as left and right)
-- each: both sides are expressions over a mapping, and it holds for every one for which `where` is true
-- one_file: both sides come from one reading of one file, so that it holds even while the process changes
-- lags: a side is a counter that some kernels update late
-- faults: names of the faults of kernels that explain a difference, as crosscheck.lua finds them
local identities = {}

local function add(identity)
  identities[#identities + 1] = identity
end

-- ---- statm and status

add { left = "virt", right = "vm_size" }
add { left = "res", right = "vm_rss" }
add { left = "shr", right = "rss_file + rss_shmem" }
add { left = "data", right = "vm_data + vm_stk" }
add { left = "code", relation = ">=", right = "vm_exe" }
add { left = "vm_rss", right = "rss_anon + rss_file + rss_shmem", one_file = true }
add { left = "vm_peak", relation = ">=", right = "vm_size", one_file = true }
add { left = "vm_hwm", relation = ">=", right = "vm_rss", one_file = true }

-- ---- status and the mappings

local COUNTED <const> = "kind != \"vsyscall\"" -- it is in no counter of the address space

add { left = "vm_size", right = { sum = "size", where = COUNTED }, faults = { "stack_guard" } }
add { left = "vm_stk", right = { sum = "size", where = "grows_down" },
  faults = { "shadow_stack", "stack_guard" } }
add { left = "vm_data", right = { sum = "size", where = "w and not shared and not grows_down" },
  faults = { "shadow_stack", "old_data" } }
add { left = "vm_exe + vm_lib", right = { sum = "size", where = "x and not w and not grows_down and " .. COUNTED },
  faults = { "old_text" } }
add { left = "vm_lck", right = { sum = "size", where = "locked_flag and not hugetlb_flag" } }
-- Of a private mapping of shmem, swap counts pages of the object, too, which vm_swap does not.
add { left = "vm_swap", right = { sum = "swap", where = "not on_shmem" },
  above = { sum = "swap", where = "on_shmem and not shared" } }
add { left = "hugetlb_pages", right = { sum = "shared_hugetlb + private_hugetlb" } }
add { left = "vm_rss", right = { sum = "rss" }, lags = true, faults = { "huge" } }
add { left = "rss_anon", right = { sum = "anonymous" }, lags = true, faults = { "huge" } }
add { left = "rss_shmem", right = { sum = "rss - anonymous", where = "on_shmem" }, lags = true }
add { left = "rss_file", right = { sum = "rss - anonymous", where = "not on_shmem" }, lags = true }

-- ---- smaps_rollup and smaps

add { left = "rss_exact", right = { sum = "rss" } }
for _, name in ipairs { "shared_clean", "shared_dirty", "private_clean", "private_dirty", "referenced", "anonymous",
  "ksm", "lazy_free", "anon_huge_pages", "shmem_pmd_mapped", "file_pmd_mapped", "shared_hugetlb",
  "private_hugetlb" } do
  add { left = name, right = { sum = name } }
end
add { left = "swap_exact", right = { sum = "swap" }, faults = { "swap" } }

-- smaps cuts the fraction of a kilobyte off each mapping, the rollup once.
local FRACTIONS <const> = { sum = "1023" }

for _, name in ipairs { "pss", "pss_dirty", "swap_pss" } do
  add { left = name, right = { sum = name }, above = FRACTIONS }
end
add { left = "locked", right = { sum = "locked" }, above = FRACTIONS, faults = { "locked" } }
add { left = "pss", right = "pss_anon + pss_file + pss_shmem", above = "2048", one_file = true }

-- ---- pagemap

--- The kinds of pages that are resident.
identities.PRESENT = { anonymous = true, file = true }

add { left = "rss_exact", right = { pages = identities.PRESENT }, faults = { "huge" } }

-- ---- each mapping

local function each(identity)
  identity.each, identity.one_file = true, true
  add(identity)
end

each { left = "rss", right = "shared_clean + shared_dirty + private_clean + private_dirty" }
for _, pair in ipairs { { "pss", "rss" }, { "private_clean + private_dirty", "pss" }, { "pss_dirty", "pss" },
  { "anonymous", "rss" }, { "referenced", "rss" }, { "ksm", "anonymous" }, { "lazy_free", "anonymous" },
  { "anon_huge_pages", "anonymous" }, { "swap_pss", "swap" } } do
  each { left = pair[1], relation = "<=", right = pair[2] }
end
each { left = "anonymous", right = "0", where = "shared" }
each { left = "locked", right = "pss", where = "locked_flag" }
each { left = "locked", right = "0", where = "not locked_flag", faults = { "locked" } }

local function side_text(side)
  if type(side) == "string" then return side end
  if side.pages then return "anonymous and file pages in pagemap" end
  return ("sum of %s over the mappings%s"):format(side.sum, side.where and " where " .. side.where or "")
end

--- An identity in words.
function identities.text(identity)
  local text = ("%s %s %s"):format(side_text(identity.left), identity.relation or "=", side_text(identity.right))
  if not identity.each then return text end
  return "each mapping" .. (identity.where and " where " .. identity.where or "") .. ": " .. text
end

return identities
