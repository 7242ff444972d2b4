-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Rows are sifted, counted and summed in blocks: what that gives is what rows one by one give, with what is missing.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local machine = require "memsh.fields.machine"

local FIXTURES <const> = os.getenv "MEMSH_FIXTURES"

local plainly = t.plainly

-- Rows with what they rest on, but for the time.
local function answer(set)
  return (set:json():gsub('"time": [%d.]+', ""):gsub('"maybe_counted_twice": %d+,? ?', ""))
end

local function number(value, missing)
  return { known(value) and value or why(value), missing }
end

-- All ends of a set, as one value.
local ENDS = {
  mappings = {
    function(set) return answer(set:by"path":sum"private_dirty") end,
    function(set) return answer(set:by"path, w":sum"rss pss":avg"mean=pss":min"addr":max"name") end,
    function(set) return answer(set:by"pid":sum"rss + swap":count()) end,
    function(set) return answer(set:by"has(path, 'lib'), inode, user":max"rss / 3":sum"ksm") end,
    function(set) return answer(set:by"anon_name":sum"ksm, rss") end,
    function(set) return answer(set:by"rss / 4096":sum"rss") end,
    function(set) return answer(set:by"deleted":sum"rss":median"half=rss") end,
    function(set) return answer(set:by"kind, deleted_by":p90"if(deleted, rss, 0)":max"if(deleted, path, '')") end,
    function(set) return number(set:sum"if(deleted, size, 0)") end,
    function(set) return answer(set:by"vm_flags, proc.start_time":max"last=proc.start_time") end,
    function(set) return answer(set:by"":sum"rss ksm":avg"pss") end,
    function(set) return answer(set:by"comm":agg { n_dirty = "count(private_dirty)", all = "sum(rss)" }) end,
    function(set) return answer(set:by"path":sum(function(m) return m.rss end)) end,
    function(set) return number(set:count()) end,
    function(set) return number(set:sum"private_dirty") end,
    function(set) return number(set:sum"ksm") end,
    function(set) return number(set:avg"rss * 1.5") end,
    function(set) return number(set:min"addr") end,
    function(set) return number(set:max"path") end,
    function(set) return answer(set:show"pid addr") end,
    function(set) return answer(set:top(3):show"pid addr") end,
    function(set) return { number(set:any()), number(set:empty()) } end,
  },
  processes = {
    function(set) return answer(set:by"user":sum"rss pss":max"comm") end,
    function(set) return answer(set:by"comm, uid":avg"swap":min"start_time") end,
    function(set) return answer(set:by"":sum"rss, swap, uss") end,
    function(set) return answer(set:by"rss > 1M":sum"pss + swap") end,
    function(set) return number(set:sum"pss") end,
    function(set) return number(set:max"age") end,
    function(set) return number(set:count()) end,
    function(set) return answer(set:show"pid") end,
  },
}

local function compare(kind, make, text)
  for i, finish in ipairs(ENDS[kind]) do
    t.eq(finish(make()), plainly(function() return finish(make()) end), ("%s: end %d"):format(text, i))
  end
end

-- ---- random conditions, from a seed that can be given

local random, pick = t.generator(20240611)

local NUMBERS = {
  mappings = { "rss", "pss", "size", "private_dirty", "swap", "ksm", "addr", "inode", "pid", "proc.ppid", "offset",
    "protection_key", "uid", "shared_hugetlb", "proc.rss", "proc.start_time" },
  processes = { "rss", "pss", "swap", "pid", "uid", "threads", "start_time", "vm_hwm", "uss" },
}
local TEXTS = { mappings = { "path", "name", "perms", "kind", "comm", "user", "anon_name" },
  processes = { "comm", "user", "state", "exe" } }
local TRUTHS = { mappings = { "w", "x", "shared", "inconsistent", "accounted", "thp_eligible" },
  processes = { "uid == 0" } }
local CONSTANTS = { "0", "1", "4K", "100K", "1M", "4096", "1.5", "0x7f0000000000", "0xffffffffffffffff", "-1" }
local OPERATORS = { "<", "<=", ">", ">=", "==", "~=" }

local function sum(kind)
  local one = pick(NUMBERS[kind])
  local how = random(6)
  if how == 1 then return ("(%s + %s)"):format(one, pick(NUMBERS[kind])) end
  if how == 2 then return ("%s // %s"):format(one, pick(NUMBERS[kind])) end
  if how == 3 then return ("if(%s, %s, %s)"):format(pick(TRUTHS[kind]), one, pick(NUMBERS[kind])) end
  return one
end

local function condition(kind, depth)
  local how = random(depth > 0 and 9 or 5)
  if how <= 2 then return ("%s %s %s"):format(sum(kind), pick(OPERATORS), pick(CONSTANTS)) end
  if how == 3 then return ("%s %s %s"):format(sum(kind), pick(OPERATORS), sum(kind)) end
  if how == 4 then
    return pick { "%s == 'zoo'", "has(%s, 'lib')", "%s =~ '[a-k]'", "%s ~= ''", "known(%s)", "%s < 'm'" }:format(
      pick(TEXTS[kind]))
  end
  if how == 5 then return pick(TRUTHS[kind]) end
  if how == 6 then return ("not (%s)"):format(condition(kind, depth - 1)) end
  return ("(%s) %s (%s)"):format(condition(kind, depth - 1), how == 7 and "or" or "and", condition(kind, depth - 1))
end

-- A condition that the types of fields allow.
local function fitting(kind, set)
  while true do
    local text = condition(kind, 2)
    if pcall(set.where, set, text) then return text end
  end
end

local function outcome(set, field)
  local rows, undecided = set:rows()
  local places = {}
  for i, row in ipairs(rows) do places[i] = tostring(row) end
  return { places, undecided, number(set:count()), number(set:sum(field)), answer(set:by(field):max("most=" .. field)) }
end

for _, root in ipairs { "full", "denied", "kernels/3.10", "kernels/6.18" } do
  t.test("random conditions over " .. root, function()
    machine.configure(FIXTURES .. "/" .. root)
    local sets = { mappings = { maps:set(), maps }, processes = { procs:show"pss exe age vm_hwm":set() } }
    for kind, list in pairs(sets) do
      for i, set in ipairs(list) do
        for _ = 1, i == 1 and 60 or 15 do
          local text = fitting(kind, set)
          t.eq(outcome(set:where(text), "rss"), plainly(function() return outcome(set:where(text), "rss") end), text)
        end
      end
    end
  end)
end

-- ---- every end of sets with and without conditions

for _, root in ipairs { "full", "denied", "kernels/3.10" } do
  t.test("sums and groups over " .. root, function()
    machine.configure(FIXTURES .. "/" .. root)
    local frozen, processes = maps:set(), procs:show"pss exe age vm_hwm":set()
    for _, text in ipairs { "pid > 0", "w and rss > 0", "ksm == 0 or rss > 4K", "path =~ 'lib'", "rss > 1T",
      "user == 'root' and swap >= 0" } do
      compare("mappings", function() return frozen:where(text) end, "frozen " .. text)
      compare("mappings", function() return maps:where(text) end, "read " .. text)
      compare("mappings", function() return maps:where(text):where"size > 4K" end, "twice " .. text)
    end
    compare("mappings", function() return frozen end, "frozen")
    compare("mappings", function() return frozen:where(function(m) return m.rss > 0 end) end, "a function")
    compare("mappings", function() return maps:where(function(m) return m.rss > 0 end) end, "a function, read")
    compare("mappings", function() return procs:maps():where"rss > 0" end, "of processes")
    compare("processes", function() return processes end, "processes")
    compare("processes", function() return processes:where"rss > 1M" end, "processes with a condition")
  end)
end

machine.configure(FIXTURES .. "/full")

t.test("groups stand in the order in which their first rows come, whatever is unknown of those", function()
  local set = maps:set()
  local paths, seen = {}, {}
  for _, m in ipairs(set:rows()) do
    if not seen[m.path] then paths[#paths + 1] = m.path end
    seen[m.path] = true
  end
  for i, row in ipairs(set:by"path":sum"ksm rss":rows()) do t.eq(row.path, paths[i]) end
end)

t.test("more rows than a block has, and none", function()
  local set = maps:set()
  local many = {}
  for _ = 1, 40 do
    for _, m in ipairs(set:rows()) do many[#many + 1] = m end
  end
  local rowset, schema = require "memsh.query.rowset", require "memsh.fields.schema"
  local large = rowset.of_rows(many, schema.mapping)
  t.ok(#many > 2000)
  t.eq(large:count(), #many)
  t.eq(large:where"rss > 0":count(), 40 * set:where"rss > 0":count())
  t.eq(large:sum"rss", 40 * set:sum"rss")
  t.eq(#large:by"path":sum"rss":rows(), #set:by"path":sum"rss":rows())
  t.eq(rowset.of_rows({}, schema.mapping):count(), 0)
  t.eq(rowset.of_rows({}, schema.mapping):where"rss > 0":sum"rss", 0)
end)

t.finish()
