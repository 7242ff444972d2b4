-- SPDX-License-Identifier: GPL-3.0-or-later
-- first
-- source: full
-- Rows are written many at once where their columns are fields or made of those. The bytes are those of rows that are
-- written one by one, in every format, whatever is unknown, odd or without a limit.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local pager = require "memsh.show.pager"
local show = require "memsh.show.rowset"

local FIXTURES <const> = os.getenv "MEMSH_FIXTURES"
local ROOTS <const> = { "full", "denied", "sealed", "odd", "pages64k", "kernels/2.6.14", "kernels/2.6.32",
  "kernels/3.10", "kernels/4.4", "kernels/4.14", "kernels/5.10", "kernels/6.1", "kernels/6.12", "kernels/6.18",
  "kernels/7.3" }

-- How many rows were written in blocks.
local in_blocks = 0
local open = pager.open
function pager.open(...)
  local window = open(...)
  local rows = window.rows
  function window.rows(self, from_rows, places, from, till, parts)
    local at = rows(self, from_rows, places, from, till, parts)
    in_blocks = in_blocks + (at or from) - from
    return at
  end
  return window
end

local function text(set, format)
  local written = show.text(set, format)
  return (written:gsub('"time": [%d.]+', ""):gsub('"maybe_counted_twice": %d+,? ?', ""))
end

-- Every field of a kind of rows, a few at a time.
local function all_fields(kind)
  local lists, names = {}, {}
  for _, info in ipairs(core.fields(kind)) do
    if info.type ~= "table" and info.name ~= "age" then names[#names + 1] = info.name end
    if #names == 20 then lists[#lists + 1], names = table.concat(names, " "), {} end
  end
  lists[#lists + 1] = table.concat(names, " ")
  return lists
end

local MAPS_COLUMNS <const> = "pid addr addr_end perms offset dev inode path"

local SETS <const> = {
  function() return maps end,
  function() return maps:show(MAPS_COLUMNS) end,
  function() return maps:show"pid user comm cmdline exe name kind on_shmem rss ksm vm_flags anon_name" end,
  function() return maps:show"addr, pages = size // 4096, share = rss / size, big = rss > 1K, lib = path =~ 'lib'" end,
  function() return maps:show"addr, why = why(ksm), k = known(ksm), x = if(w, ksm, rss)" end,
  function() return maps:where"ksm > 0 or rss > 4K":show"pid addr ksm rss" end,
  function() return maps:where"path =~ 'lib'":where"size > 4K":show"proc.ppid path size" end,
  function() return maps:sort"-size, path":show"path size rss" end,
  function() return maps:sort"-rss":top(5):show"path, rss, mb = rss / 1M" end,
  function() return maps:top(7):show"pid addr path" end,
  function() return maps:skip(3):show"pid addr path" end,
  function() return maps:show"pid rss":total() end,
  function() return maps:show"pid pct(rss) bar(pss)" end,
  function() return maps:show { "pid", double = function(m) return 2 * m.size end } end,
  function() return maps:show"pid, a = rss + 1":where"a > 4K":sort"-a":show"pid, a, b = a * 2" end,
  function() return maps:by"path":sum"rss":sort"-rss" end,
  function() return maps:set():where"rss > 0":show"addr rss path" end,
  function() return maps:set():show"addr perms dev name vm_flags" end,
  function() return maps:set():sort"path":show"path rss" end,
  function() return procs end,
  function() return procs:show"pid user comm cmdline argv exe rss pss swap start_time limit_stack limit_as" end,
  function() return procs:where"rss > 1M":show"pid, comm, rss, half = rss / 2" end,
  function() return procs:where"cmdline =~ 'a'":show"pid cmdline" end,
  function() return procs:sort"-pss":show"pid pss threads mems_allowed_list" end,
  function() return procs:sort"comm":top(3) end,
  function() return procs:maps():show"pid addr size" end,
  function() return procs:set():show"pid comm rss" end,
  function() return procs { kernel = true }:show"pid comm kthread rss" end,
}

for _, list in ipairs(all_fields "mapping") do SETS[#SETS + 1] = function() return maps:show(list) end end
for _, list in ipairs(all_fields "process") do SETS[#SETS + 1] = function() return procs:show(list) end end

local function compare(set, note)
  for _, format in ipairs(core.formats()) do
    -- Rows that are the same series are no metrics; a database holds the time, too.
    local is_held = select(3, core.format_kind(format)) or format == "sqlite"
    if not is_held then
      t.eq(text(set(), format), t.plainly(function() return text(set(), format) end), ("%s: %s"):format(note, format))
    end
  end
end

-- A sanitized memsh asks of every third: they differ in values, not in code.
local STEP <const> = (os.getenv "MEMSH_SANITIZE" or "") ~= "" and 3 or 1

for i = 1, #ROOTS, STEP do
  local root = ROOTS[i]
  t.test("rows over " .. root, function()
    machine.configure(FIXTURES .. "/" .. root)
    for k, set in ipairs(SETS) do compare(set, "set " .. k) end
  end)
end

t.test("rows of fields and expressions are written in blocks, all but those with something unknown", function()
  machine.configure(FIXTURES .. "/full")
  local count = maps:count()
  for _, columns in ipairs { MAPS_COLUMNS, "addr, pages = size // 4096", "pid user cmdline vm_flags" } do
    for _, format in ipairs { "csv", "tsv", "json", "jsonl", "md", "vertical" } do
      in_blocks = 0
      show.text(maps:show(columns), format)
      t.ok(in_blocks > count * 0.8, ("%s: %d of %d rows"):format(format, in_blocks, count))
    end
  end
  in_blocks = 0
  show.text(procs:show"pid comm rss", "csv")
  t.ok(in_blocks > 3)
  in_blocks = 0
  t.plainly(function() return show.text(maps, "csv") end)
  t.eq(in_blocks, 0)
end)

t.test("an unknown value in the middle of a block is counted once, and its reason is there", function()
  machine.configure(FIXTURES .. "/full")
  local function lacks() return (maps:show"addr ksm":json():match '"meta": .*'):gsub('"time": [%d.]+', "") end
  t.eq(lacks(), t.plainly(lacks))
end)

t.test("csv and tsv without a header, with a text for what is unknown", function()
  core.separated("N,\"A", true)
  for _, root in ipairs { "full", "denied", "kernels/3.10" } do
    machine.configure(FIXTURES .. "/" .. root)
    for i, set in ipairs(SETS) do
      for _, format in ipairs { "csv", "tsv" } do
        t.eq(text(set(), format), t.plainly(function() return text(set(), format) end), ("%s, set %d"):format(root, i))
      end
    end
  end
end)

t.finish()
