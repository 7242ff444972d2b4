-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Conditions and sorts of rows in memory work on many rows at once: what they give is what rows one by one give.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local reference_mode = require "memsh.exec.reference_mode"

-- Which rows they are, and how many were undecided.
local function places(set)
  local list, undecided = set:rows()
  for i, row in ipairs(list) do list[i] = tostring(row) end
  return { list, undecided }
end

local function both(question)
  reference_mode.plain = true
  local one_by_one = question()
  reference_mode.plain = false
  return question(), one_by_one
end

local SETS = { mappings = maps:set(), processes = procs:where"known(pss) or true":set() }

local CONDITIONS = {
  mappings = { "rss > 100K and private_dirty > 0", "path =~ 'lib' and w", "has(path, 'lib') or kind == 'heap'",
    "not x and rss + pss > 8K * 2", "pid > 1 and user == 'root'", "known(ksm) and ksm > 0", "ksm == 0",
    "addr > 0x7f0000000000",
    "starts(name, '[')", "if(w, rss, pss) > 4K", "has(vm_flags, 'ac') or rss > 1", "swap > 1 and anon_name == ''",
    "proc.ppid == 1 and rss > 0", "rss / (size - size) > 1" },
  processes = { "rss > 1M and swap > 0", "pss > 1M", "comm =~ 'a'", "age > 1h", "rss > pss", "uid == 0 or pss > 0" },
}

local SORTS = {
  mappings = { "rss", "-rss", "-rss, addr", "path", "-path, -size", "addr", "-addr", "kind, -pss", "w", "-rss / size",
    "ksm", "-ksm", "anon_name", "proc.start_time, -addr", "offset", "if(w, rss, pss)", "dev, inode" },
  processes = { "-pss", "comm", "start_time", "-age, pid", "user, -rss", "-swap" },
}

for what, set in pairs(SETS) do
  for _, condition in ipairs(CONDITIONS[what]) do
    t.test(("%s where %s"):format(what, condition), function()
      local at_once, one_by_one = both(function() return places(set:where(condition)) end)
      t.eq(at_once, one_by_one)
    end)
  end
  for _, keys in ipairs(SORTS[what]) do
    t.test(("%s sorted by %s"):format(what, keys), function()
      local at_once, one_by_one = both(function() return places(set:sort(keys)) end)
      t.eq(at_once, one_by_one)
      t.eq(places(set:where"pid > 0":sort(keys)), at_once)
      local first = {}
      for i = 1, math.min(7, #at_once[1]) do first[i] = at_once[1][i] end
      t.eq(places(set:sort(keys):top(7))[1], first)
    end)
  end
end

t.test("conditions one behind the other", function()
  local set = SETS.mappings
  local at_once, one_by_one = both(function()
    return places(set:where"rss > 0":where"private_dirty > 0 or pss > 4K":where"w")
  end)
  t.eq(at_once, one_by_one)
  t.ok(#at_once[1] > 0)
end)

t.test("a condition in a listing that is read decides as it does in memory", function()
  t.eq(#maps:where"rss > 0 and x":rows(), #SETS.mappings:where"rss > 0 and x":rows())
end)

t.test("numbers, whole or not, and what is none", function()
  local set = SETS.mappings
  for _, keys in ipairs { "rss * 1.5", "-(rss - pss)", "rss / (pss - pss)", "(rss - rss) / (rss - rss), addr" } do
    local at_once, one_by_one = both(function() return places(set:sort(keys)) end)
    t.eq(at_once, one_by_one)
  end
end)

t.test("no rows", function()
  local none = SETS.mappings:where"rss > 1T":set()
  t.eq(none:where"rss > 0":count(), 0)
  t.eq(#none:sort"rss":rows(), 0)
end)

t.finish()
