-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- pct(...) is the share of what show saw, whatever follows; top(N, {others = true}) sums up the rest.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local machine = require "memsh.fields.machine"

-- The share of each process of what all of them have, worked out by hand.
local function shares_of(field)
  local sum, list = 0, {}
  for p in procs do sum = sum + (known(p[field]) and p[field] or 0) end
  for p in procs do list[p.pid] = known(p[field]) and 100 * p[field] / sum or nil end
  return list
end

local function is_near(a, b) return math.abs(a - b) < 1e-9 end

t.test("sort and top after show leave shares of all rows", function()
  local expected, n = shares_of "pss", 0
  for row in procs:show "comm, pss, share=pct(pss)":sort "-pss":top(3) do
    n = n + 1
    t.ok(is_near(row.share, expected[row.pid]), row.comm)
  end
  t.eq(n, 3)
  local csv = procs:show "pid, share=pct(pss)":sort "-pss":top(1):csv()
  local pid, share = csv:match "\r\n(%d+),([%d.]+),\r\n$"
  t.ok(is_near(tonumber(share), expected[tonumber(pid)]), csv)
end)

t.test("before show, top leaves shares of its rows", function()
  local csv = procs:sort "-rss":top(1):show "pid, pct(rss)":csv()
  t.has(csv, ",100,\r\n")
end)

t.test("a share can be sorted by, asked for and summed, under its name or as it is written", function()
  local by_share = procs:show "pid, share=pct(rss)":sort "-share"
  t.eq(by_share:csv(), procs:sort "-rss":show "pid, share=pct(rss)":csv())
  t.eq(procs:show "pid, pct(rss)":sort "-pct(rss)":csv(), procs:sort "-rss":show "pid, pct(rss)":csv())
  t.eq(procs:show "pid, share=pct(rss)":where "share > 50":rows()[1].pid, procs:sort "-rss":first().pid)
  t.ok(is_near(procs:show "share=pct(rss)":sum "share", 100))
end)

t.test("mappings, groups and joined rows have shares", function()
  local all = maps:sum "rss"
  for m in maps:show "path, share=pct(rss)":sort "-rss":top(4) do t.ok(is_near(m.share, 100 * m.rss / all)) end
  local csv = maps:by "user":sum "rss":show "user, pct(rss)":sort "-rss":csv()
  local sum = 0
  for share in csv:gmatch ",([%d.]+),?\r\n" do sum = sum + tonumber(share) end
  t.ok(is_near(sum, 100), csv)
end)

t.test("a frozen set keeps the shares that its rows had", function()
  local frozen = procs:show "pid, share=pct(rss)":sort "-rss":top(2):set()
  t.eq(frozen:csv(), procs:show "pid, share=pct(rss)":sort "-rss":top(2):csv())
  t.eq(frozen:sort "share":csv(), procs:show "pid, share=pct(rss)":sort "-rss":top(2):set():sort "rss":csv())
end)

t.test("the sum of shares that are shown is what they are of all", function()
  local shares = shares_of "rss"
  local first, second = table.unpack((procs:sort "-rss":top(2):rows()))
  local total = procs:show "comm, pct(rss)":sort "-rss":top(2):total():csv():match "total,([%d.]+)"
  t.ok(is_near(tonumber(total), shares[first.pid] + shares[second.pid]), total)
end)

-- ---- what is missing from the sum

-- Runs f where seven of the eight processes deny their pss.
local function denied(f)
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/denied")
  local ok, problem = pcall(f)
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/full")
  if not ok then error(problem, 0) end
end

t.test("a share of a sum that lacks something is marked, and decides no condition", function()
  denied(function()
    local set = procs:show "pid, pss, share=pct(pss)"
    t.has(set:jsonl(), '{"pid": 1400, "pss": 354304, "share": 100, "partial": {"share": 7}}')
    t.has(set:csv(), "pid,pss,share,partial\r\n")
    t.has(set:csv(), "1400,354304,100,share\r\n")
    t.eq(set:where "share > 50":count(), 0)
    t.eq(set:where "share <= 100":count(), 0)
    t.eq({ set:sum "share" }, { 100.0, 7 })
    t.has(set:show "pid, twice=share*2":jsonl(), '{"pid": 1400, "twice": 200, "partial": {"twice": 7}}')
    t.has(set:where "pid == 1400":total():csv():match "[^\n]*\n$", "354304,100,share\r\n")
    local frozen = set:set()
    t.eq(frozen:csv(), set:csv())
    t.eq({ frozen:sum "share" }, { 100.0, 7 })
    t.eq(frozen:where "share > 50":count(), 0)
    t.has(set:join(procs, "pid"):show "pid, share":jsonl(), '{"pid": 1400, "share": 100, "partial": {"share": 7}}')
    t.has(procs:show "pid, pct(rss)":where "pid == 1400":jsonl(), "}\n")
    t.eq(procs:show "pid, pct(rss)":jsonl():find("partial", 1, true), nil)
  end)
end)

t.test("what is beside such a share may decide; if not, its process was read all the same", function()
  denied(function()
    local set = procs:show "pid, share=pct(pss)"
    t.eq({ set:where "share > 50 or pid == 1400":count() }, { 1, 7 })
    t.eq({ set:where "pid == 1400 and share > 50":count() }, { 0, 1 })
    t.has(set:where "share > 50":json(), '"coverage": {"denied": 7, "read": 1, "total": 8, "undecided": 8}')
    t.has(set:set():where "share > 50":json(), '"denied": 7, "read": 1, "total": 8, "undecided": 8')
  end)
end)

t.test("rows that could not be decided are missing from the sum", function()
  denied(function()
    t.has(procs:where "pss > 0 or pid == 1":show "pid, share=pct(rss)":jsonl(), '"partial": {"share": 6}')
  end)
end)

t.test("nothing is no share of what cancels out, and 0 is 0 of anything", function()
  local set = rows { { v = 5 }, { v = -5 }, { v = 0 } }:show "v, share=pct(v)"
  t.has(set:jsonl(), '{"v": 0, "share": 0}')
  t.has(set:jsonl(), '{"v": 5, "share": null, "unknown"')
  t.has(set:jsonl(), '{"v": -5, "share": null, "unknown"')
end)

t.test("shares of what is near the largest number there is", function()
  local set = rows { { v = 1 << 61 }, { v = 1 << 61 } }:show "share=pct(v)"
  t.eq(set:jsonl(), '{"share": 50}\n{"share": 50}\n')
end)

t.test("what is unknown has no share", function()
  local n = 0
  for row in procs:show "share=pct(rss)":where "state == 'Z'" do
    n = n + 1
    t.eq(why(row.share), "no_memory")
  end
  t.ok(n > 0)
end)

-- ---- sums of columns

t.test("averages, percentiles and deviations of groups have no sum", function()
  for _, how in ipairs { "avg", "median", "p50", "p90", "p95", "p99", "stddev" } do
    local set = procs:by "user"
    set = set[how](set, "pss"):sum "rss":show "user, half=pss / 2, pss, rss"
    for _, last in ipairs { set:total(), set:sort "-pss":top(1, { others = true }) } do
      local line = last:csv():match "([^\r\n]*)[\r\n]*$"
      t.ok(line:find "^[^,]*,,,%d+,", how .. ": " .. line)
    end
  end
end)

-- ---- top(N, {others = true})

-- Lines of CSV by the text of their column `name`.
local function lines_of(csv, name)
  local names, rows = nil, {}
  for line in csv:gmatch "([^\r\n]+)" do
    local cells = {}
    for cell in (line .. ","):gmatch "([^,]*)," do cells[#cells + 1] = cell end
    if not names then
      names = cells
    else
      local row = {}
      for i, cell in ipairs(cells) do row[names[i]] = cell end
      rows[row[name]] = row
    end
  end
  return rows
end

t.test("others: one row has what top left out, summed, and how many rows those were", function()
  local sum, number = 0, 0
  for i, p in ipairs((procs:sort "-rss":rows())) do
    if i > 2 then sum, number = sum + (known(p.rss) and p.rss or 0), number + 1 end
  end
  local set = procs:sort "-rss":show "pid, comm, rss"
  local rows = lines_of(set:top(2, { others = true }):csv(), "comm")
  t.eq({ rows["(others)"].rss, rows["(others)"].n, rows["(others)"].pid }, { tostring(sum), tostring(number), "" })
  t.eq(rows.postgres.n, "1")
  t.eq(set:top(8, { others = true }):csv():find("others", 1, true), nil)
  t.eq(#set:top(2, { others = true }):rows(), 2)
end)

t.test("others of groups: n is that of their rows; totals and shares have the others, too", function()
  local set = procs:by "comm":sum "rss":show "comm, n, rss, share=pct(rss)":sort "-rss"
  local rows = lines_of(set:top(1, { others = true }):total():csv(), "comm")
  t.eq(tonumber(rows["(others)"].n) + tonumber(rows.postgres.n), procs:count())
  t.eq({ rows.total.rss, rows.total.share }, { tostring((procs:sum "rss")), "100" })
  t.ok(is_near(rows["(others)"].share + rows.postgres.share, 100))
end)

t.test("others reads what is needed for all rows", function()
  local csv = procs:sort "-rss":show "comm, pss":top(1, { others = true }):csv()
  local all = procs:sum "pss"
  local rows = lines_of(csv, "comm")
  t.eq(tonumber(rows["(others)"].pss) + tonumber(rows.postgres.pss), all)
end)

t.test("others comes last, and is an option of its own", function()
  t.raises(function() procs:top(2, { others = true }):where "pid > 1" end,
    "shares_test.lua:%d+: top%(2, {others = true}%) comes last: write where before it")
  t.raises(function() procs:top(2, { other = true }) end, "shares_test.lua:%d+: top takes {others = true}")
  t.eq(tostring(procs:top(2, { others = true })), "procs:top(2, {others = true})")
end)

t.finish()
