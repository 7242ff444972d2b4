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
local NUMBERS <const> = "swap, uss=private_clean + private_dirty, pss, rss"
local mapped = maps:where("match(cmdline, p) and match(user, u)", { p = opt.processfilter, u = opt.userfilter })

local VIEWS <const> = {
  process = { function() return mapped:by "pid, user, command=cmdline":sum(NUMBERS) end,
    "pid, user, command, swap/swap_total, uss/mem_total, pss/mem_total, rss/mem_total" },
  users = { function() return mapped:by "user":sum(NUMBERS) end,
    "user, count=procs, swap/swap_total, uss/mem_total, pss/mem_total, rss/mem_total" },
  mappings = { function() return mapped:by "map=if(name == '', '<anonymous>', name)":sum "pss" end,
    "map, pids=procs, avgpss=pss // procs, pss/mem_total" },
  system = { function()
    local user, cache = sys.anon_pages + sys.mapped, sys.buffers + sys.cached + sys.s_reclaimable - sys.mapped
    return require "memsh.query.from_tables"({
      { area = "kernel and page cache", used = sys.mem_total - sys.mem_free - user, cache = cache },
      { area = "userspace memory", used = user, cache = sys.mapped },
      { area = "free memory", used = sys.mem_free, cache = sys.mem_free },
    }, { { "area", "text" }, { "used", "bytes" }, { "cache", "bytes" } })
  end, "area, used/mem_total, cache/mem_total, noncache/mem_total" },
}
local view = VIEWS[opt.users and "users" or opt.mappings and "mappings" or opt.system and "system" or "process"]
local columns = view[2]:gsub("(%w+)/([%w_]+)", function(name, of)
  local value = name == "noncache" and "(used - cache)" or name
  return name .. "=" .. (opt.percent and ("if(sys.%s == 0, 0, 100 * %s / sys.%s)"):format(of, value, of) or value)
end)
if opt.abbreviate then require "memsh".set("units", "human") end
local rows = view[1]()
if opt.reverse then opt.sort = opt.sort:gsub("[^,%s]+", "-%0"):gsub("%-%-", "") end
if not opt.system then rows = rows:sort(opt.sort) end
rows = rows:show(columns)
return opt.totals and rows:total() or rows
