-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: denied
-- What a query says where something can't be read: all but process 1400 deny maps, smaps, smaps_rollup and exe.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")

local machine = require "memsh.fields.machine"

local ALL <const>, DENIED <const>, OWN <const> = 8, 7, 1400

-- The pids that are given, and how many rows were undecided.
local function answer(set)
  local list, undecided = set:rows()
  for i, row in ipairs(list) do list[i] = row.pid end
  return table.concat(list, " "), undecided
end

-- Without the blanks behind colons and commas.
local function json(set)
  return (set:json():gsub('([:,]) ', "%1"))
end

local function meta(set)
  return json(set):match '"coverage":(%b{})'
end

t.test("a condition on what is denied is undecided, whichever way it is put", function()
  for _, text in ipairs { "pss > 0", "not (pss > 0)", "pss != 0", "pss == pss", "pss == 0", "pss ~= pss", "pss < 0",
    "pss > 0 or pss <= 0", "pss + 1 > 0", "0 * pss == 0", "min(pss, 1) >= 0", "exe == exe", "len(exe) >= 0" } do
    local set = procs:where("pid == 1"):where(text)
    local pids, undecided = answer(set)
    t.eq(pids, "", text)
    t.eq(undecided, 1, text)
    t.has(meta(set), '"undecided":1', text)
  end
end)

t.test("what settles it settles it", function()
  t.eq({ answer(procs:where "pid == 1 or pss > 0") }, { "1 1400", 6 })
  t.eq({ answer(procs:where "pss > 0 or pid == 1") }, { "1 1400", 6 })
  t.eq({ answer(procs:where "pss > 0 and pid > 412") }, { "1400", 5 })
  t.eq({ answer(procs:where "pss > 0 and false") }, { "", 0 })
  t.eq({ answer(procs:where "known(pss)") }, { "1400", 0 })
  t.eq({ answer(procs:where "not known(pss) and pid < 900") }, { "1 412 413", 0 })
  t.eq({ answer(procs:where "known(pss) and pss > 0") }, { "1400", 0 })
end)

t.test("the order of conditions never changes an answer", function()
  local parts = { "pss > 0", "pid < 1300", "res > 0", "comm ~= 'nginx'", "exe ~= ''", "(pss > 0 or pid == 1)" }
  local function permuted(n, f)
    if n == 1 then return f() end
    for i = 1, n do
      parts[i], parts[n] = parts[n], parts[i]
      permuted(n - 1, f)
      parts[i], parts[n] = parts[n], parts[i]
    end
  end
  local pids, undecided = answer(procs:where(table.concat(parts, " and ")))
  permuted(#parts, function()
    t.eq({ answer(procs:where(table.concat(parts, " and "))) }, { pids, undecided })
  end)
  permuted(4, function()
    local set = procs
    for _, part in ipairs(parts) do set = set:where(part) end
    t.eq({ answer(set) }, { pids, undecided })
  end)
end)

t.test("a condition behind a sort or a top means the same", function()
  t.eq({ answer(procs:sort "pid":where "pss > 0") }, { answer(procs:where "pss > 0") })
  t.eq({ answer(procs:top(100):where "pss > 0 and pid > 412") }, { "1400", 5 })
end)

t.test("a function that read an unknown without asking leaves its row undecided", function()
  t.eq({ answer(procs:where(function(p) return p.pss == 0 end)) }, { "", DENIED })
  t.eq({ answer(procs:where(function(p) return p.pss end)) }, { "1400", DENIED })
  t.eq({ answer(procs:where(function(p) return p.pss > 0 end)) }, { "1400", DENIED })
  t.eq({ answer(procs:where(function(p) return p.pss + 1 > 0 end)) }, { "1400", DENIED })
  t.eq({ answer(procs:where(function(p) local _ = p.pss return true end)) }, { "1400", DENIED })
  t.eq({ answer(procs:where(function(p) return pcall(function() return p.pss > 0 end) end)) }, { "1400", DENIED })
end)

t.test("a function that asks is believed", function()
  t.eq({ answer(procs:where(function(p) return not known(p.pss) end):top(2)) }, { "1 412", 0 })
  t.eq({ answer(procs:where(function(p) return why(p.pss) == "denied" end)) }, { "1 412 413 901 1107 1200 1300", 0 })
  t.eq({ answer(procs:where(function(p) return p:get("pss", 0) > 0 end)) }, { "1400", 0 })
  t.eq({ answer(procs:where(function(p)
    local pss = p.pss
    return known(pss) and pss > 0
  end)) }, { "1400", 0 })
  t.eq({ answer(procs:where(function(p)
    local pss = p.pss
    return known(pss + 1) and pss > 0
  end)) }, { "1400", 0 })
end)

t.test("asking once is for one value, not for all that were read", function()
  t.eq({ answer(procs:where(function(p) return known(p.pss) or p.private_dirty == 0 end)) }, { "1400", DENIED })
end)

t.test("what a computed field or a query in a function reads on its way is not what the function reads", function()
  define("small_t", "pss < 1 and private_dirty < 1", "of two files' fields")
  t.eq({ answer(procs:where(function(p) return not known(p.small_t) end):top(1)) }, { "1", 0 })
  t.eq({ answer(procs:where(function(p) return p.small_t end)) }, { "", DENIED })
  t.eq({ answer(procs:where(function(p) return p.uss > 0 end)) }, { "1400", DENIED })
  t.eq({ answer(procs:where(function(p) return p.pid == 1 and procs:where "known(pss)":count() == 1 end)) }, { "1", 0 })
  t.eq({ answer(procs:where(function(p) return p.pid == 1 and proc(1):maps():empty() end)) }, { "", 1 })
  t.eq({ answer(procs:where(function(p)
    return procs:where("known(pss) and pid >= me", { me = p.pid }):first().pss > 0
  end):top(1)) }, { "1", 0 })
end)

t.test("a value that was kept from an earlier row does not count for a later one", function()
  local kept
  t.eq({ answer(procs:where(function(p)
    if p.pid == 1 then
      kept = p.pss
      return true
    end
    return known(kept)
  end)) }, { "", 1 })
end)

t.test("an error in a function is an error, and names the row", function()
  t.raises(function() procs:where(function(p) return p.pid + nil end):count() end,
    "undecided_test.lua:%d+: .*nil.*at process 1")
  t.raises(function() procs:where(function(p) return p.psss end):count() end, "no field 'psss'.*at process 1")
end)

t.test("a function for a value or a key that reads an unknown gives an unknown", function()
  local row = procs:where "pid == 1":by(function(p) return p.pss > 3 end):count():first()
  t.eq(why(row.value), "denied")
  t.eq(procs:sort(function(p) return -p.pss end):first().pid, OWN)
end)

t.test("a sum lacks the rows that are unknown", function()
  local own = proc(OWN).pss
  t.eq({ procs:sum "pss" }, { own, DENIED })
  t.eq({ procs:avg "pss" }, { own / 1, DENIED })
  t.eq({ procs:max "pss" }, { own, DENIED })
  local value, missing = procs:where "pid < 100":sum "pss"
  t.eq(why(value), "denied")
  t.eq(missing, 1)
  t.eq({ procs:sum "pid" }, { 1 + 412 + 413 + 901 + 1107 + 1200 + 1300 + 1400, 0 })
end)

t.test("a sum, and a count, lack the rows that are undecided", function()
  t.eq({ procs:where "pss > 0":sum "pid" }, { OWN, DENIED })
  t.eq({ procs:where "pss > 0":count() }, { 1, DENIED })
  t.eq({ procs:where "pss > 0 and pid < 100":count() }, { 0, 1 })
  t.eq({ procs:where "pid < 100":count() }, { 1, 0 })
  local value, missing = procs:where "pss > 0 and pid < 100":sum "pid"
  t.eq(why(value), "denied")
  t.eq(missing, 1)
end)

t.test("groups lack those rows that may belong to them", function()
  local rows = procs:where "pss > 0 or comm == 'nginx'":by "comm":sum "pid":rows()
  t.eq(rows[1].comm, "nginx")
  t.eq(rows[1].partial, nil)
  local whole = procs:where "pss > 0":by "":sum "pid":first()
  t.eq(whole.pid, OWN)
  t.eq(whole.partial, { n = DENIED, pid = DENIED })
end)

t.test("every format marks what is partial", function()
  local set = procs:by "":sum "pss"
  local own = proc(OWN).pss
  t.eq(set:csv(), ("n,pss,partial\r\n8,%d,pss\r\n"):format(own))
  t.eq(set:tsv(), ("n\tpss\tpartial\n8\t%d\tpss\n"):format(own))
  t.has(set:md(), (">=%d"):format(own))
  t.has(json(set), '"partial":{"pss":7}')
  t.has(set:jsonl(), '{"n": 8, "pss": 354304, "partial": {"pss": 7}}\n')
  t.has(procs:show "comm, pss":total():csv(), ("total,%d,pss\r\n"):format(own))
end)

t.test("what is partial stays partial on its way", function()
  local set = procs:by "":sum "pss"
  t.eq(set:by "all=n":sum "pss":first().partial, { pss = DENIED })
  t.eq(set:by "":max "pss":first().partial, { pss = DENIED })
  t.eq({ set:top(1):sum "pss" }, { proc(OWN).pss, DENIED })
  t.has(json(set:show "n, half=pss/2, more=pss+n"), '"partial":{"half":7,"more":7}')
  t.has(json(set:show "n, x=pss":sort "x":top(1)), '"partial":{"x":7}')
  t.has(json(set:set()), '"partial":{"pss":7}')
  t.has(json(procs:where "pid == 1":by "one=8":count():join(procs:by "":sum "pss":show "one=n, pss", "one")),
    '"partial":{"pss":7}')
end)

t.test("the row of totals says the same as a sum", function()
  local set = procs:where "pid > 1000"
  t.has(set:show "comm, pss":total():csv(), ("total,%d,pss\r\n"):format((set:sum "pss")))
  t.has(set:by "comm":sum "pss":total():csv(), (",%d,pss\r\n"):format((set:sum "pss")))
end)

t.test("where all is unknown, so is the sum", function()
  local set = procs:where "pid < 100":by "":sum "pss"
  t.eq(why(set:first().pss), "denied")
  t.has(json(set), '"unknown":{"pss":"denied"}')
  t.has(json(set), '"pss":null')
  t.eq(procs:where "pid < 100":show "comm, pss":total():csv():match "total,([^\r]*)", ",")
end)

t.test("mappings that can't be read are neither there nor not there", function()
  for _, set in ipairs { maps:where "pid == 1", proc(1):maps(), procs:where "pid == 1":maps() } do
    t.eq(why(set:where "w and x":empty()), "denied")
    t.eq(why(set:any()), "denied")
    t.eq({ set:count() }, { 0, 1 })
    t.eq(why((set:sum "rss")), "denied")
  end
  t.eq(maps:where "pid == 1400 and w":empty(), false)
  t.eq(maps:where "w":any(), true)
  t.eq(maps:where "pid == 1400 and w and x":empty(), true)
  t.eq({ maps:where "pid == 1400":count() }, { 12, 0 })
  t.eq({ maps:count() }, { 12, DENIED })
  t.has(meta(maps), '"denied":7')
end)

t.test("of a process that a condition rules out nothing is missing", function()
  t.eq({ maps:where "comm == 'sh'":count() }, { 12, 0 })
  t.eq({ maps:where "user == '4242' and rss > 0":count() == 0 }, { false })
  t.eq(maps:where "pid == 4711":empty(), true)
end)

t.test("the number of mappings of a process is unknown", function()
  t.eq(why(proc(1).mappings), "denied")
  t.eq(proc(OWN).mappings, 12)
end)

t.test("json counts the processes by the worst reason", function()
  t.eq(meta(procs:show "pid pss"), '{"denied":7,"read":1,"total":8,"undecided":0}')
  t.eq(meta(procs:show "pid"), '{"read":8,"total":8,"undecided":0}')
  t.eq(meta(procs:where "pss > 0"), '{"denied":7,"read":1,"total":8,"undecided":7}')
  t.eq(meta(maps), '{"denied":7,"read":1,"total":8,"undecided":0,"undecided_owners":7}')
end)

t.test("a row says of each field why it is not known", function()
  local text = json(procs:where "pid == 1":show "pid pss exe res")
  t.has(text, '"pss":null')
  t.has(text, '"unknown":{')
  t.has(text, '"pss":"denied"')
  t.has(text, '"exe":"denied"')
  t.eq(procs:where "pid == 1":show "pid pss":csv(), "pid,pss\r\n1,\r\n")
end)

t.test("sorting and top over unknowns", function()
  t.eq(answer(procs:sort "pss, pid":top(3)), "1400 1 412")
  t.eq(answer(procs:sort "-pss, -pid":top(3)), "1400 1300 1200")
end)

t.test("first and one", function()
  t.eq(procs:where "pss > 0":first().pid, OWN)
  t.eq(procs:where "pss > 0 and pid < 100":first(), nil)
  t.eq({ procs:where "pid > 99999":one() }, { nil, "no row", "none" })
  t.eq(select(3, procs:one()), "many")
  t.eq(procs:where "pid == 1":one().pid, 1)
end)

t.test("a sum that something is missing from decides only what a lower bound can decide", function()
  local sums = procs:by "":sum "pss" -- of process 1400 alone
  local own = proc(OWN).pss
  local function rows(set)
    local list, undecided = set:rows()
    return { #list, undecided }
  end
  t.eq(rows(sums:where "pss > 1K"), { 1, 0 })
  t.eq(rows(sums:where("pss >= own", { own = own })), { 1, 0 })
  t.eq(rows(sums:where "pss > 1T"), { 0, 1 })
  t.eq(rows(sums:where "pss < 1T"), { 0, 1 })
  t.eq(rows(sums:where "pss > 1K or n < 0"), { 1, 0 })
  t.eq(rows(sums:where "1K < pss and n > 0"), { 1, 0 })
  t.eq(rows(sums:where "pss > 1T or n < 0"), { 0, 1 })
  t.eq(rows(sums:where "pss > 1T or n > 0"), { 1, 0 })
  t.eq(rows(sums:where "pss < 1K"), { 0, 0 }) -- it is more than that already
  t.eq(rows(sums:where "not (pss < 1K)"), { 1, 0 })
  t.eq(rows(sums:where "pss == pss"), { 0, 1 })
  t.eq(rows(sums:where "if(n > 0, true, pss < 1K)"), { 1, 0 })
  t.eq(rows(sums:where "known(pss) and why(pss) == ''"), { 1, 0 })
  t.eq(rows(sums:where "pss > 2 * pss - 1T"), { 0, 1 }) -- true of the bound, and not of what is larger
  t.eq(rows(sums:where "n > 0"), { 1, 0 })
  t.eq(rows(sums:show "x=pss":where "x > 1T"), { 0, 1 })
  t.eq(rows(sums:join(procs:by "":count(), "0"):where "pss > 1T"), { 0, 1 })
  t.eq(rows(procs:by "":min "pss":where "pss > 0"), { 0, 1 })
  t.eq(rows(procs:by "":max "pss":where "pss > 0"), { 1, 0 })
end)

t.test("a process in doubt may have added to each group of mappings", function()
  local rows = procs:where "pss > 0":maps():by "perms":count():rows()
  t.ok(#rows > 1)
  for _, row in ipairs(rows) do t.eq(row.partial.n, DENIED) end
end)

t.test("a total over all processes counts each once", function()
  t.eq(procs:count(), ALL)
end)

t.test("whether processes are hidden may be unknown, and is no better than hidden", function()
  local coverage = require "memsh.exec.coverage"
  for hidden, right in pairs { [true] = { "denied", "processes of others are hidden here (hidepid)" },
    io = { "io", "it is not known whether processes of others are hidden here (mountinfo: io)" } } do
    local seen, sum = coverage.new(), coverage.new()
    seen:process(1)
    seen:list(hidden)
    seen:add_to(sum)
    for _, one in ipairs { seen, sum } do
      t.has(one:text(), right[2])
      t.eq(one:reason(), right[1])
      t.ok(one:is_partial())
      t.eq(one:counts().hidden, true)
    end
  end
end)

-- A zombie has no memory, and of this one another file is denied.
t.test("a row without memory is missing from nothing, whatever else is denied, in whatever order", function()
  local root = os.tmpname()
  assert(os.execute(("rm %s && cp -r %s/full %s && echo 1200/oom_score EACCES >> %s/errors"):format(root,
    os.getenv "MEMSH_FIXTURES", root, root)))
  machine.configure(root)
  local kept = procs:show "pss oom_score":set()
  for _, text in ipairs { "pss > 0 and oom_score >= 0", "oom_score >= 0 and pss > 0" } do
    for _, set in ipairs { procs, kept, procs:where "pid > 0", procs:sort "-pid" } do
      local function count() return { set:where(text):count() } end
      t.eq(count(), { 6, 0 }, text)
      t.eq(t.plainly(count), { 6, 0 }, text)
      t.has(meta(set:where(text)), '"undecided":2', text)
    end
  end
  os.execute("rm -r " .. root)
end)

t.finish()
