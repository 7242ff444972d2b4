-- SPDX-License-Identifier: GPL-3.0-or-later
-- The rows of the report smem, of which few moments of a recording have mappings: more have the sums of each process
-- (smaps_rollup), which are taken there.
local core = require "memsh.core"
local from_tables = require "memsh.query.from_tables"
local machine = require "memsh.fields.machine"
local rowset = require "memsh.query.rowset"

local CHOSEN <const> = "match(cmdline, p) and match(user, u)"
local OF_MAPPINGS <const> = "swap, uss=private_clean + private_dirty, pss, rss"
local OF_PROCESSES <const> = "swap=swap_exact, uss=private_clean + private_dirty, pss, rss=rss_exact"

local function mappings_of(given)
  return rowset.mappings():where(CHOSEN, given)
end

-- Groups of the processes, and the name of their count.
local function grouped(given, by)
  if not core.moment_of(machine.source()) then return mappings_of(given):by(by):sum(OF_MAPPINGS), "procs" end
  return rowset.processes({}):where("res > 0"):where(CHOSEN, given):by(by):sum(OF_PROCESSES), "n"
end

local VIEWS <const> = {}

function VIEWS.process(given)
  return grouped(given, "pid, user, command=cmdline"),
    "pid, user, command, swap/swap_total, uss/mem_total, pss/mem_total, rss/mem_total"
end

function VIEWS.users(given)
  local rows, count = grouped(given, "user")
  return rows, ("user, count=%s, swap/swap_total, uss/mem_total, pss/mem_total, rss/mem_total"):format(count)
end

function VIEWS.mappings(given)
  return mappings_of(given):by "map=if(name == '', '<anonymous>', name)":sum "pss",
    "map, pids=procs, avgpss=pss // procs, pss/mem_total"
end

function VIEWS.system()
  local sys = machine.system()
  local user, cache = sys.anon_pages + sys.mapped, sys.buffers + sys.cached + sys.s_reclaimable - sys.mapped
  return from_tables({
    { area = "kernel and page cache", used = sys.mem_total - sys.mem_free - user, cache = cache },
    { area = "userspace memory", used = user, cache = sys.mapped },
    { area = "free memory", used = sys.mem_free, cache = sys.mem_free },
  }, { { "area", "text" }, { "used", "bytes" }, { "cache", "bytes" } }),
    "area, used/mem_total, cache/mem_total, noncache/mem_total"
end

-- swap/swap_total: the column swap, or with `percent` how much that is of sys.swap_total.
local function columns_of(text, percent)
  return (text:gsub("(%w+)/([%w_]+)", function(name, of)
    local value = name == "noncache" and "(used - cache)" or name
    return name .. "=" .. (percent and ("if(sys.%s == 0, 0, 100 * %s / sys.%s)"):format(of, value, of) or value)
  end))
end

--- The rows that the options of the report ask for.
---@param opt table
---@return memsh.RowSet
return function(opt)
  local view = opt.users and "users" or opt.mappings and "mappings" or opt.system and "system" or "process"
  local rows, columns = VIEWS[view] { p = opt.processfilter, u = opt.userfilter }
  if opt.reverse then opt.sort = opt.sort:gsub("[^,%s]+", "-%0"):gsub("%-%-", "") end
  if view ~= "system" then rows = rows:sort(opt.sort) end
  return rows:show(columns_of(columns, opt.percent))
end
