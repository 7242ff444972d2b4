-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a question costs over mappings that are in memory: lines of "NUMBER WHAT".
local set = maps:set()
local n = set:count()
collectgarbage()

local function time(what)
  collectgarbage()
  local start = os.clock()
  what()
  return (os.clock() - start) * 1e9 / n
end

local function say(figure, what)
  print(("%.2f %s"):format(figure, what))
end

say(n, "mappings in memory")
say(time(function() set:where"rss > 1M and private_dirty > 0":count() end), "ns a row for a condition of two fields")
say(time(function() set:where"path =~ 'libc' and w":count() end), "ns a row for a condition with a pattern")
say(time(function() set:sum"private_dirty" end), "ns a row for a sum")
say(time(function() set:by"path":sum"private_dirty":rows() end), "ns a row for a sum by path")

local numbers = {}
for i, row in ipairs(set:rows()) do numbers[i] = row.rss end
local ready = time(function() table.sort(numbers) end)
local sorted = time(function() set:sort"-rss":first() end)
local all = time(function() set:sort"-rss":rows() end)
say(all, "ns a row for a sort")
say(all / ready, "times table.sort on ready numbers: a sort by one field, all rows taken")
say(sorted / ready, "times table.sort on ready numbers: the first row of it alone")
