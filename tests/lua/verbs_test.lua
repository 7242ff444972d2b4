-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- The verbs of row sets: which rows, in which order.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")

-- The values of one field, in order.
local function values(set, field)
  local list = {}
  for i, row in ipairs(set:rows()) do list[i] = row[field] end
  return list
end

local ALL = { 1, 412, 413, 901, 1107, 1200, 1300, 1400 }

t.test("procs has every process once, by pid, without threads of the kernel", function()
  t.eq(values(procs, "pid"), ALL)
  t.eq(values(procs { kernel = true }, "pid"), { 1, 2, 412, 413, 901, 1107, 1200, 1300, 1400 })
  t.eq(values(procs {}, "pid"), ALL)
  t.raises(function() procs { kernle = true } end, "verbs_test.lua:%d+: .*'kernle'")
end)

t.test("where: text, parameters, function", function()
  t.eq(values(procs:where "swap > 0", "pid"), { 413, 901, 1107 })
  t.eq(values(procs:where("swap > lim", { lim = 4096 }), "pid"), { 901, 1107 })
  t.eq(values(procs:where(function(p) return p.comm == "nginx" end), "pid"), { 412, 413 })
  local narrow = procs:where "swap > 0":where "pid < 1000":where(function(p) return p.user == "postgres" end)
  t.eq(values(narrow, "pid"), { 901 })
  t.eq(values(procs:where "comm =~ '^n.*x$' and user ~= 'root'", "pid"), { 413 })
  t.eq(values(procs:where "false", "pid"), {})
end)

t.test("a parameter is a value, whatever it holds", function()
  t.eq(procs:where("comm == c", { c = "' or true or '" }):count(), 0)
  t.raises(function() procs:where("rss > pss2", { pss2 = 1, rss = 2 }) end,
    "verbs_test.lua:%d+: parameter 'rss' has the name of a field")
  t.raises(function() procs:where("rss > max", { max = 2 }) end, "has the name of a function")
end)

t.test("sort: keys, the leading minus, unknown values last either way", function()
  t.eq(values(procs:sort "swap", "pid"), { 1, 412, 1400, 413, 1107, 901, 1200, 1300 })
  t.eq(values(procs:sort "-swap", "pid"), { 901, 1107, 413, 1, 412, 1400, 1200, 1300 })
  t.eq(values(procs:sort "comm, -pid", "pid"), { 413, 412, 901, 1400, 1, 1300, 1200, 1107 })
  t.eq(values(procs:sort "comm -pid", "pid"), { 413, 412, 901, 1400, 1, 1300, 1200, 1107 })
  t.eq(values(procs:sort "-pid - 1", "pid"), { 1400, 1300, 1200, 1107, 901, 413, 412, 1 })
  t.eq(values(procs:sort(function(p) return -p.pid end), "pid"), { 1400, 1300, 1200, 1107, 901, 413, 412, 1 })
  t.eq(values(procs:sort { "comm", "-pid" }, "pid"), { 413, 412, 901, 1400, 1, 1300, 1200, 1107 })
end)

t.test("sort: what is no number comes last either way, wherever it is", function()
  local set = rows { { a = 1.5 }, { a = 0 / 0 }, { a = 2.5 }, { a = 0 / 0 }, { a = 0.5 } }
  local function check(keys, numbers)
    local sorted = values(set:sort(keys), "a")
    t.eq(table.move(sorted, 1, 3, 1, {}), numbers)
    t.ok(#sorted == 5 and sorted[4] ~= sorted[4] and sorted[5] ~= sorted[5])
    t.eq(values(set:sort(keys):top(3), "a"), numbers)
  end
  local function as_ever(f, ...) return f(...) end
  for _, run in ipairs { as_ever, t.plainly } do
    run(check, "a", { 0.5, 1.5, 2.5 })
    run(check, "-a", { 2.5, 1.5, 0.5 })
  end
  t.eq(values(procs:where "pid <= 901":sort "-swap / swap":top(1), "pid"), { 413 })
end)

t.test("sorting is stable", function()
  t.eq(values(procs:sort "-pid":sort "comm", "pid"), { 413, 412, 901, 1400, 1, 1300, 1200, 1107 })
end)

t.test("text is sorted bytewise, booleans false first", function()
  define("label_t", "if(pid == 1, 'b', if(pid == 412, 'B', if(pid == 413, 'a', '\xff')))", "a test")
  t.eq(values(procs:where "pid <= 901":sort "label_t", "pid"), { 412, 413, 1, 901 })
  t.eq(values(procs:where "pid <= 901":sort "pid > 1, -pid", "pid"), { 1, 901, 413, 412 })
end)

t.test("addresses are sorted and compared unsigned", function()
  local set = proc(1107):maps()
  local last = set:sort "-addr":first()
  t.eq(("%x"):format(last.addr), "ffffffffff600000")
  t.eq(set:where("addr >= a", { a = last.addr }):count(), 1)
  t.eq(set:where "addr < 0x1000":count(), 0)
  t.eq(values(set:sort "addr", "addr"), values(set, "addr"))
end)

t.test("ties stay as they came: by pid and address", function()
  local function places(set)
    local list = {}
    for i, row in ipairs(set:rows()) do list[i] = ("%d %x"):format(row.pid, row.addr) end
    return list
  end
  t.eq(places(maps:sort "size > 0"), places(maps))
  t.eq(places(maps:sort "size > 0":top(70)), places(maps:top(70)))
  t.eq(values(procs:sort "-comm", "pid"), { 1107, 1200, 1300, 1, 1400, 901, 412, 413 })
end)

t.test("top and skip", function()
  t.eq(values(procs:top(2), "pid"), { 1, 412 })
  t.eq(values(procs:skip(6), "pid"), { 1300, 1400 })
  t.eq(values(procs:skip(2):top(2), "pid"), { 413, 901 })
  t.eq(values(procs:top(3):skip(2), "pid"), { 413 })
  t.eq(values(procs:top(0), "pid"), {})
  t.eq(values(procs:top(99), "pid"), ALL)
  t.eq(values(procs:skip(99), "pid"), {})
  t.eq(values(procs:sort "-pid":skip(1):top(2), "pid"), { 1300, 1200 })
  t.eq(values(procs:top(4):where "pid > 1", "pid"), { 412, 413, 901 })
  t.eq(values(procs:top(4):sort "-pid", "pid"), { 901, 413, 412, 1 })
  for _, wrong in ipairs { -1, 1.5, "3", {} } do
    t.raises(function() procs:top(wrong) end, "verbs_test.lua:%d+: top takes a number of rows")
    t.raises(function() procs:skip(wrong) end, "verbs_test.lua:%d+: skip takes a number of rows")
  end
end)

t.test("sort and top keep the same rows as sort alone", function()
  local all = values(maps:sort "-rss, path", "addr")
  for _, n in ipairs { 1, 2, 31, 32, 33, 64, 65, 100 } do
    t.eq(values(maps:sort "-rss, path":top(n), "addr"), table.move(all, 1, n, 1, {}), n)
  end
  t.eq(values(maps:sort "-rss, path":skip(5):top(3), "addr"), table.move(all, 6, 8, 1, {}))
end)

t.test("show names columns that later verbs see", function()
  local set = procs:show "pid, kb=rss/K, twice=2*rss"
  t.eq(values(set:sort "-kb":top(1), "pid"), { 901 })
  t.eq(values(set:where "twice > 100M", "pid"), { 901 })
  t.eq(set:by "":sum "kb":first().kb, procs:sum "rss" / 1024)
  t.raises(function() procs:where "kb > 3" end, "unknown field 'kb'")
  t.eq(procs:top(2):show "pid comm":csv(), "pid,comm\r\n1,systemd\r\n412,nginx\r\n")
end)

t.test("a name of show may not change what a field means", function()
  t.eq(values(procs:show "pid rss=pss":sort "-rss", "pid")[1], 901)
end)

t.test("by groups by keys, in the order in which they come", function()
  t.eq(procs:by "comm":count():csv(),
    "comm,n,partial\r\nsystemd,1,\r\nnginx,2,\r\npostgres,1,\r\nzoo,1,\r\nzombie,2,\r\nsh,1,\r\n")
  t.eq(procs:by "comm, user":count():count(), 7)
  t.eq(procs:by "comm user":count():count(), 7)
  t.eq(procs:by "":count():csv(), "n,partial\r\n8,\r\n")
  t.eq(procs:where "false":by "":count():csv(), "n,partial\r\n0,\r\n")
  t.eq(procs:where "false":by "comm":count():csv(), "comm,n,partial\r\n")
  t.eq(maps:by "basename(path)":count():where "n > 0":first()["basename(path)"], "systemd")
  t.eq(procs:by(function(p) return p.pid % 2 == 0 end):count():csv(), "value,n,partial\r\nfalse,4,\r\ntrue,4,\r\n")
  t.eq(procs:by "big=pid > 1000":count():csv(), "big,n,partial\r\nfalse,4,\r\ntrue,4,\r\n")
end)

t.test("one group for each reason of an unknown key", function()
  local rows = procs { kernel = true }:by "pss > 0":count():rows()
  t.eq(#rows, 2)
  t.eq(rows[1].n, 6)
  t.eq(why(rows[2]["pss > 0"]), "no_memory")
  t.eq(rows[2].n, 3)
end)

t.test("no text of one key passes for the end of it and the next one", function()
  -- A process may call itself what it likes.
  local function rows_of(a, b) return rows { { x = a[1], y = a[2] }, { x = b[1], y = b[2] } } end
  for _, pair in ipairs { { { "a\1sb", "c" }, { "a", "b\1sc" } }, { { "a1:s", "" }, { "a", "1:s" } },
    { { "1:a", "b" }, { "1:", "ab" } }, { { "a\0sb", "c" }, { "a", "b\0sc" } } } do
    local set = rows_of(table.unpack(pair))
    t.eq(set:by "x, y":count():rows()[2].n, 1)
    t.eq({ #set:distinct "x, y":rows(), #set:join(set, "x, y"):rows() }, { 2, 2 })
    local before = rows_of(pair[1], { "other", "" }):by "x, y":set()
    t.eq(values(rows_of(pair[2], { "other", "" }):by "x, y":set() - before, "status"), { "new", "same", "gone" })
  end
  local sort_keys = require "memsh.exec.sort_keys"
  for _, pair in ipairs { { { "a\0sb" }, { "a", "b" } }, { { "a", "b" }, { "a\0b" } }, { {}, { "" } },
    { { 1, 2 }, { "1", "2" } } } do
    t.ok(sort_keys.text(pair[1]) ~= sort_keys.text(pair[2]))
  end
end)

t.test("numbers are one key if they are equal", function()
  t.eq(#rows { { x = 0.1 + 0.2 }, { x = 0.3 } }:by "x":rows(), 2)
  t.eq(#rows { { x = 2.0 ^ 60 }, { x = 1 << 60 }, { x = (1 << 60) + 1 } }:distinct "x":rows(), 2)
end)

t.test("sum avg min max of groups, one after the other", function()
  local row = procs:where "known(pss)":by "":sum "pss":agg { most = "max(pss)", least = "min(pss)", mean = "avg(pss)",
    names = "count(comm)", rows = "count()" }:first()
  local list = values(procs:where "known(pss)", "pss")
  table.sort(list)
  local sum = 0
  for _, v in ipairs(list) do sum = sum + v end
  t.eq({ row.pss, row.least, row.most, row.mean, row.names, row.rows, row.n },
    { sum, list[1], list[#list], sum / #list, #list, #list, #list })
  t.eq(procs:where "known(pss)":by "comm":avg "pss":first().pss, proc(1).pss + 0.0)
  t.eq(procs:by "":max "comm":first().comm, "zoo")
  t.eq(procs:by "":min "comm":first().comm, "nginx")
  t.eq(procs:where "swap > 0":by "":sum "swap pss":csv():match "^[^\r]*", "n,swap,pss,partial")
end)

t.test("of a whole set they are values", function()
  local list = values(procs:where "known(pss)", "pss")
  table.sort(list)
  local known_ones = procs:where "known(pss)"
  t.eq({ known_ones:min "pss" }, { list[1], 0 })
  t.eq({ known_ones:max "pss" }, { list[#list], 0 })
  t.eq(math.type(known_ones:avg "pss"), "float")
  t.eq(procs:agg { most = "max(pid)" }:first().most, 1400)
  t.eq(procs:where "false":sum "pss", 0)
  t.eq(procs:where "false":max "pss", nil)
  t.eq(procs:count(), 8)
  t.raises(function() procs:sum "comm" end, "verbs_test.lua:%d+: sum needs numbers, and comm is a text")
  t.raises(function() maps:sum "addr" end, "sum needs numbers, and addr is an address")
  t.raises(function() procs:sum "" end, "verbs_test.lua:%d+: sum needs a field")
  t.raises(function() procs:show " " end, "verbs_test.lua:%d+: show needs a field")
  t.raises(function() procs:agg { a = "mex(pss)" } end, "verbs_test.lua:%d+: agg: 'mex")
  t.raises(function() procs:agg "x" end, "agg takes a table")
end)

t.test("n counts rows, procs processes", function()
  local row = maps:by "path":count():where "path == '/usr/lib/x86_64-linux-gnu/libc.so.6'":first()
  t.eq(row.n, 24)
  t.eq(row.procs, 6)
  t.raises(function() procs:by "comm":count():where "procs > 1" end, "unknown field 'procs'")
end)

t.test("grouped rows are rows: they can be filtered, sorted, grouped, shown", function()
  local set = maps:by "path":sum "rss":where "procs > 1":sort "-rss":top(2)
  t.eq(#set:rows(), 2)
  t.ok(set:rows()[1].rss >= set:rows()[2].rss)
  t.eq(maps:by "pid":sum "rss":by "":count():first().n, 6)
  t.eq(procs:by "user":count():show "user, twice=2*n":where "twice > 2":sort "-twice, user":csv(),
    "user,twice,partial\r\nalice,4,\r\nroot,4,\r\n")
  t.raises(function() local _ = procs:by "user":count():first().usr end, "no field 'usr'")
  t.raises(function() procs:by "user":count():maps() end, "verbs_test.lua:%d+: maps%(%) goes from processes")
end)

t.test("distinct keeps the first of each key", function()
  t.eq(values(procs:distinct "comm", "pid"), { 1, 412, 901, 1107, 1200, 1400 })
  t.eq(values(procs:distinct "user, comm", "pid"), { 1, 412, 413, 901, 1107, 1200, 1400 })
  t.eq(values(procs:distinct "pss", "pid"), { 1, 412, 413, 901, 1107, 1200 })
end)

t.test("join puts rows with the same key side by side", function()
  local set = procs:join(maps:by "pid":sum "size", "pid")
  local rows = set:show "pid comm n size":rows()
  t.eq(#rows, 6)
  t.eq(rows[1].pid, 1)
  t.eq(rows[1].comm, "systemd")
  t.eq(rows[1].size, (maps:where "pid == 1":sum "size"))
  t.eq(set:where "n > 40":show "comm n":csv(), "comm,n,partial\r\nzoo,42,\r\n")
  t.eq(procs:join(procs, "user"):count(), 2 * 2 + 1 + 1 + 1 + 2 * 2 + 1)
  t.raises(function() procs:join(3, "pid") end, "verbs_test.lua:%d+: join takes a row set")
  t.raises(function() local _ = rows[1].nope end, "no field 'nope'")
end)

t.test("from processes to mappings and back", function()
  t.eq(procs:maps():count(), maps:count())
  t.eq(values(maps:procs(), "pid"), { 1, 412, 413, 901, 1107, 1400 })
  t.eq(values(maps:where "w and x":procs(), "pid"), values(procs:maps "w and x":procs(), "pid"))
  t.eq(values(procs:where "swap > 0":maps():where "swap > 0":procs(), "pid"), { 413, 901, 1107 })
  t.eq(procs:sort "-pid":top(1):maps():first().pid, 1400)
  t.eq(proc(1107):maps():count(), maps:where "pid == 1107":count())
  t.eq(proc(1107):maps "w":count(), maps:where "pid == 1107 and w":count())
  t.raises(function() maps:maps() end, "verbs_test.lua:%d+: maps%(%) goes from processes")
  t.raises(function() procs:procs() end, "verbs_test.lua:%d+: procs%(%) goes from mappings")
end)

t.test("define adds a field", function()
  define("mb_t", "rss / M", "resident, in MiB")
  t.eq(proc(901).mb_t, proc(901).rss / (1 << 20))
  t.eq(values(procs:where "mb_t > 50", "pid"), { 901 })
  t.eq(maps:sort "-mb_t":first().pid, 901)
  define("twice_t", "2 * mb_t", "of another one")
  t.eq(proc(901).twice_t, 2 * proc(901).mb_t)
  define("mb_t", "rss / K", "now in KiB")
  t.eq(proc(901).mb_t, proc(901).rss / 1024)
  t.raises(function() define("pss", "rss", "x") end, "verbs_test.lua:%d+: there is a field 'pss' already")
  t.raises(function() define("x_t", "rsss", "x") end, "verbs_test.lua:%d+: unknown field 'rsss'")
  t.raises(function() define("9", "rss", "x") end, "define takes a name")
  t.raises(function() define("n_t", "rss") end, "verbs_test.lua:%d+: define takes")
end)

t.test("a field of one's own can't hide anything, nor be computed from itself", function()
  for _, name in ipairs { "and", "true", "max", "known", "K", "get", "raw", "maps", "refresh", "proc", "sys" } do
    t.raises(function() define(name, "rss", "x") end, "verbs_test.lua:%d+: '" .. name .. "' means something else")
  end
  define("loop_a", "rss", "x")
  define("loop_b", "loop_a + 1", "x")
  t.raises(function() define("loop_a", "loop_b + 1", "x") end, "verbs_test.lua:%d+: 'loop_a' would be .* from itself")
  t.eq(proc(1).loop_b, proc(1).rss + 1)
  define("of_both_t", "proc.rss // rss", "of a mapping's process, too")
  t.eq(maps:where "rss > 0":first().of_both_t, proc(1).rss // maps:where "rss > 0":first().rss)
  t.raises(function() local _ = proc(1).of_both_t end, "no field 'of_both_t' of a process")
end)

t.test("no two columns of groups have one name", function()
  for _, set in ipairs { procs:by "user", procs:by "user":sum "rss" } do
    t.raises(function() set:sum "pss":max "pss" end, "verbs_test.lua:%d+: two columns are called 'pss'")
    t.raises(function() set:agg { user = "sum(pss)" } end, "verbs_test.lua:%d+: two columns are called 'user'")
    t.raises(function() set:agg { n = "sum(pss)" } end, "verbs_test.lua:%d+: two columns are called 'n'")
  end
  t.raises(function() procs:by "rss":sum "rss" end, "verbs_test.lua:%d+: two columns are called 'rss'")
  t.raises(function() procs:by "n=user" end, "verbs_test.lua:%d+: two columns are called 'n'")
  t.raises(function() procs:by "user user" end, "verbs_test.lua:%d+: two columns are called 'user'")
  t.eq(procs:by "rss":sum "all=rss":count():first().all, 1347584 * 3)
  t.eq(procs:by "user":sum "pss":max "most=pss":first().most, proc(1).pss)
end)

t.test("a verb that does not exist is named, with a suggestion", function()
  t.raises(function() procs:wher "x" end, "verbs_test.lua:%d+: a row set has no 'wher'; did you mean ':where'")
  t.raises(function() return procs[1], nil end, "verbs_test.lua:%d+: .*has no %[n%]")
  t.raises(function() return #procs, nil end, "verbs_test.lua:%d+: .*:count")
  t.raises(function() procs:top(1).x = 1 end, "verbs_test.lua:%d+: a row set can't be changed")
  t.raises(function() procs "swap > 0" end, "verbs_test.lua:%d+: a row set is not a function")
end)

t.test("every verb says at which line its text is wrong", function()
  for _, verb in ipairs { "where", "sort", "show", "by", "sum", "avg", "min", "max", "distinct", "maps" } do
    t.raises(function()
      local _ = procs[verb](procs, "pss_x > ")
    end, "^[^\n]*verbs_test.lua:%d+: ", verb)
    t.raises(function()
      local _ = procs[verb](procs, 5)
    end, "^[^\n]*verbs_test.lua:%d+: " .. verb .. " takes an expression in quotes", verb)
  end
  t.raises(function() procs:join(maps, "psss") end, "verbs_test.lua:%d+: unknown field")
  t.raises(function() procs:agg { x = "max(psss)" } end, "verbs_test.lua:%d+: unknown field")
end)

t.test("why(field) is the reason in a word, empty where the field is known", function()
  local expected = {}
  for p in procs { kernel = true } do expected[#expected + 1] = ("%d,%s"):format(p.pid, why(p.pss) or "") end
  local csv = procs { kernel = true }:show "pid, why(pss)":csv()
  t.eq(csv, "pid,why(pss)\r\n" .. table.concat(expected, "\r\n") .. "\r\n")
  t.eq((procs:where "why(rss) == 'no_memory'":count()), (procs:where "not known(rss)":count()))
  t.eq((procs:by "why(rss)":count():where "n == 6":count()), 1)
  t.eq((t.plainly(function() return procs:where "why(rss) == ''":count() end)), (procs:where "known(rss)":count()))
end)

t.finish()
