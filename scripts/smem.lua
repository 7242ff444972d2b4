-- SPDX-License-Identifier: GPL-3.0-or-later
-- As smem does, it sums over mappings; procs:sum"pss" reads less and keeps what the kernel rounds off each mapping.
local opt = report {
  summary = "swap, USS, PSS and RSS by process, user or file, as smem has it",
  options = {
    { "u", "users", help = "by user" },
    { "m", "mappings", help = "by mapped file" },
    { "w", "system", help = "the whole machine" },
    { "P", "processfilter", type = "text", value = "PATTERN", default = "", help = "only command lines that match" },
    { "s", "sort", type = "text", value = "KEYS", default = "pss", help = "sort by KEYS" },
    { "r", "reverse", help = "sort the other way round" },
    { "U", "userfilter", type = "text", value = "PATTERN", default = "", help = "only users that match" },
    { "p", "percent", help = "as percentages of the machine's memory and swap" },
    { "k", "abbreviate", help = "scaled sizes" },
    { "t", "totals", help = "add a row of totals" },
  },
  example = { "memsh smem -t", "memsh smem -u -p", "memsh smem -m -s -pss", "memsh smem -w -k" },
}
local rows = require "memsh.reports.smem"(opt)
if opt.abbreviate then require "memsh".set("units", "human") end
return opt.totals and rows:total() or rows
