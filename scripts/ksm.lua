-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "processes with pages merged by KSM, and what that saves",
  options = { { "a", "all", help = "all processes that offer memory to KSM, merged or not" } },
  example = "memsh ksm",
  needs = { "ksm_merging_pages" },
}
return procs:where("ksm_merging_pages > 0 or (everything and ksm_rmap_items > 0)", { everything = opt.all })
  :sort "-ksm_process_profit"
  :show [[pid, user, comm, merged=ksm_merging_pages * sys.page_size, zero=ksm_zero_pages * sys.page_size,
    profit=ksm_process_profit, watched=ksm_rmap_items * sys.page_size]]
