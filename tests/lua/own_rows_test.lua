-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- One's own data as row sets: rows(TABLE), read_csv(FILE), read_jsonl(FILE).
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local machine = require "memsh.fields.machine"

local function file_of(text)
  local path = os.tmpname()
  local file <close> = assert(io.open(path, "wb"))
  file:write(text)
  return path
end

-- What read gives of a file with this text.
local function reading(read, text)
  local path = file_of(text)
  local ok, set = pcall(read, path)
  os.remove(path)
  if not ok then error(((tostring(set):gsub(path:gsub("%p", "%%%0"), "FILE"))), 0) end
  return set
end

local function types_of(set)
  local list = {}
  for i, field in ipairs(set.schema.fields) do list[i] = field.name .. ":" .. field.type end
  return table.concat(list, " ")
end

-- ---- rows

t.test("rows: columns by name, typed; what is not there is unknown", function()
  local set = rows { { pid = 1, team = "base", share = 0.5, ok = true }, { pid = 412, team = "web" } }
  t.eq(types_of(set), "ok:boolean pid:integer share:number team:text")
  local second = set:rows()[2]
  t.eq({ second.pid, second.team, why(second.ok), why(second.share) },
    { 412, "web", "not_recorded", "not_recorded" })
  t.eq(rows { 3, 1, 2 }:sort "value":rows()[1].value, 1)
  t.eq(rows({}):count(), 0)
  t.eq(why(rows { { v = proc(1200).rss }, { v = 1 } }:rows()[1].v), "no_memory")
end)

t.test("rows joins, groups and sorts as others do", function()
  local set = rows { { pid = 412, team = "web" }, { pid = 413, team = "web" }, { pid = 901, team = "db" } }
  local by_team = set:join(procs, "pid"):by "team":sum "rss":sort "team"
  t.eq(by_team:csv(), ("team,n,rss,partial\r\ndb,1,%d,\r\nweb,2,%d,\r\n"):format(proc(901).rss,
    proc(412).rss + proc(413).rss))
end)

t.test("rows refuses what is no row, in the caller's line", function()
  for what, message in pairs { ["values are numbers"] = { { f = print } }, ["need names"] = { { 1, 2 } },
    ["takes an array of rows"] = { pid = 1 } } do
    t.raises(function() rows(message) end, "own_rows_test.lua:%d+: rows.*" .. what)
  end
end)

t.test("columns may be called partial and bounds, and still something may be missing", function()
  local set = rows { { k = 1, partial = 5, bounds = "x" }, { k = 2, partial = 7, bounds = "y" } }
  t.eq(set:csv(), "bounds,k,partial,partial\r\nx,1,5,\r\ny,2,7,\r\n")
  t.eq({ (set:sum "partial"), (set:where "partial > 5":count()) }, { 12, 1 })
  local first = set:first()
  t.eq({ first.partial, first.bounds }, { 5, "x" })
  t.eq(set:join(set, "k"):where "bounds == 'y'":first().partial, 7)
  local function of(n) return rows { { k = 1, v = n } }:by "k":sum "partial=v":set() end
  t.eq((of(7) - of(4)):first().partial, 3)
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/denied")
  local groups = procs:by "partial='all'":sum "bounds=pss"
  local row = groups:first()
  t.eq({ row.partial, row.bounds, (groups:where "bounds < 1T":count()) }, { "all", 354304, 0 })
  t.has(groups:csv(), "partial,n,bounds,partial\r\nall,8,354304,bounds\r\n")
  t.eq(procs:by "":sum "pss":first().partial, { pss = 7 })
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/full")
end)

t.test("a column that a format has no place for is an error of the line that asks", function()
  local set = rows { { partial = 1 } }
  t.raises(function() print(set:json()) end,
    'own_rows_test.lua:%d+: column "?partial"? is what a JSON row calls its unknown or partial values')
end)

t.test("what show names is a field of rows of every kind that come out", function()
  t.eq(rows { { v = 2 } }:show "x=v*2":first().x, 4)
  t.eq(procs:by "user":sum "rss":show "user, mb=rss*2":first().mb, 2 * procs:by "user":sum "rss":first().rss)
  t.eq(rows { { v = 2 } }:join(rows { { v = 2, w = 5 } }, "v"):show "x=v+w":first().x, 7)
  local before = procs:show "pid, rss":set()
  t.eq((procs:show "pid, rss":set() - before):show "pid, x=rss+1":first().x, 1)
  t.eq(cgroups:show "path, x=procs*2":first().x, 2 * cgroups:first().procs)
  for row in rows { { v = 2 } }:show "x=v*2" do t.eq(row.x, 4) end
  t.eq(rows { { v = 2 }, { v = 3 } }:show "x=v*2":where(function(row) return row.x > 4 end):first().v, 3)
  t.raises(function() return rows { { v = 2 } }:first().x end, "no field 'x' of this row")
end)

-- ---- CSV

t.test("CSV as others write it", function()
  local set = reading(read_csv, '\xef\xbb\xbfid,name,kb,rate,on\n007,"Smith, J. ""Jo""",12,1.5,true\n'
    .. '008,"two\nlines",-3,2e3,false\n\n009,,,,\n')
  t.eq(types_of(set), "id:text name:text kb:count rate:number on:boolean")
  local first, second, third = table.unpack((set:rows()))
  t.eq({ first.id, first.name, first.kb, first.rate, first.on }, { "007", 'Smith, J. "Jo"', 12, 1.5, true })
  t.eq({ second.name, second.kb, second.rate, second.on }, { "two\nlines", -3, 2000.0, false })
  t.eq({ third.id, why(third.name), why(third.kb) }, { "009", "not_recorded", "not_recorded" })
  t.eq(set:sum "kb", 9)
  t.eq(reading(read_csv, "a;b\n1;x,y\n"):rows()[1].b, "x,y")
  t.eq(reading(read_csv, "a\tb\n1\t\"x\"\n"):rows()[1].b, '"x"')
end)

t.test("backslashes are memsh's escapes only in a file that memsh can have written", function()
  local function first_of(text) return reading(read_csv, text):rows()[1].a end
  t.eq(first_of "a,b\r\none\\ntwo\\x1b\\\\n,x\r\n", "one\ntwo\x1b\\n")
  t.eq(first_of "a\tb\none\\ntwo\\x1b\\\\n\tx\n", "one\ntwo\x1b\\n")
  t.eq(first_of "a,b\r\n\\xc3\\xa9,x\r\n", "é", "of a locale without UTF-8")
  for _, cell in ipairs { "C:\\temp", "C:\\new\\table", "\\\\nas\\temp", "C:\\dir", "\\x41", "\\x1B", "a\\",
    "\\q" } do
    t.eq(first_of("a,b\r\n" .. cell .. ",x\r\n"), cell, "CRLF")
    t.eq(first_of("a\tb\n" .. cell .. "\tx\n"), cell, "TSV")
  end
  -- Lines and separators that are not memsh's, and a text that it would have escaped.
  t.eq(first_of "a,b\none\\ntwo,x\n", "one\\ntwo")
  t.eq(first_of "a;b\r\none\\ntwo;x\r\n", "one\\ntwo")
  t.eq(first_of "a,b\r\none\\ntwo,\"x\r\ny\"\r\n", "one\\ntwo")
end)

t.test("texts of every kind come back from what memsh writes", function()
  local texts = { "C\ttemp", "a\\b", "\n\r\t", "\x1b[2J", "\xff\xfe", "é\u{202e}", 'x,"y"', "\\\\" }
  local given = {}
  for i, text in ipairs(texts) do given[i] = { text = text } end
  for _, format in ipairs { "csv", "tsv" } do
    local back = reading(read_csv, rows(given)[format](rows(given)))
    for i, row in ipairs((back:rows())) do t.eq(row.text, texts[i], format) end
  end
end)

t.test("what memsh writes as CSV is read back: values, unknown ones, what is partial", function()
  local function again(set) return reading(read_csv, set:csv()) end
  for _, set in ipairs { procs:show "pid user comm rss swap start_time", maps:show "pid addr perms size rss path",
    procs:by "user":sum "rss" } do
    local expected, got = set:rows(), again(set):rows()
    t.eq(#got, #expected)
    for i, row in ipairs(expected) do
      for _, name in ipairs(again(set).schema:names()) do
        local value, back = row[name], got[i][name]
        if not known(value) or value == "" then
          t.eq(why(back), "not_recorded", name)
        elseif name == "start_time" then
          t.ok(math.abs(value - back) < 0.002, name)
        else
          t.eq(back, value, name)
        end
      end
    end
  end
  t.eq(types_of(again(maps:show "addr size")), "addr:addr size:count")
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/denied")
  local text = procs:by "'all'":sum "pss":show "n pss":csv()
  t.has(text, ",pss\r\n")
  local back = reading(read_csv, text)
  t.eq({ back:csv(), (back:where "pss > 0":count()) }, { text, 0 }, "a partial sum decides nothing")
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/full")
end)

t.test("a column of one's own that is called partial comes back from memsh's CSV", function()
  local text = rows { { k = 1, partial = 5 }, { k = 2, partial = 7 } }:csv()
  t.eq(text, "k,partial,partial\r\n1,5,\r\n2,7,\r\n")
  t.eq(reading(read_csv, text):csv(), text)
  t.eq(types_of(reading(read_csv, "k,partial,partial\n1,5,k\n")), "k:count partial:count")
  t.eq(reading(read_csv, "k,partial,partial\n1,5,k partial\n"):csv(), "k,partial,partial\r\n1,5,k partial\r\n")
end)

t.test("errors of a CSV name file and line", function()
  local function refused(text, message)
    t.raises(function() reading(read_csv, text) end, message)
  end
  refused("a,b\n1,2\n3\n", "FILE:3: there are 1 cells, and the header has 2")
  refused('a,b\n"x\ny",1\n"z,2\n', "FILE:4: a quote is opened and never closed")
  refused('a,b\n"x"y,1\n', "FILE:2: a quoted cell ends, and then more follows it")
  refused("a,a\n1,2\n", "FILE:1: two columns are called 'a'")
  refused("", "FILE:1: the file is empty")
  t.raises(function() read_csv "/nowhere/there.csv" end,
    "own_rows_test.lua:%d+: read_csv: cannot read /nowhere/there.csv: No such file or directory")
  t.raises(function() read_csv "/" end, "cannot read /: it is a directory")
  refused("partial,a,partial\n1,2,b\n", "FILE:1: two columns are called 'partial'")
  refused("partial,partial,a\n1,2,3\n", "FILE:1: two columns are called 'partial'")
end)

-- ---- JSON lines

t.test("JSONL as others write it", function()
  local set = reading(read_jsonl, '{"a": 1, "b": "x\\u00e9\\ud83d\\ude00\\n", "c": null, "d": [1, "y"], "e": true}\n\n'
    .. '{"b":"\\/","a":2.5}\r\n')
  t.eq(types_of(set), "a:number b:text c:text d:list e:boolean")
  local first, second = table.unpack((set:rows()))
  t.eq({ first.a, first.b, why(first.c), first.d, first.e }, { 1, "xé😀\n", "not_recorded", { 1, "y" }, true })
  t.eq({ second.a, second.b, why(second.d) }, { 2.5, "/", "not_recorded" })
end)

t.test("what memsh writes as JSONL is read back, with the reasons", function()
  local set = procs:show "pid comm rss argv"
  local expected, got = set:rows(), reading(read_jsonl, set:jsonl()):rows()
  t.eq(#got, #expected)
  local lacking = 0
  for _, row in ipairs(got) do lacking = lacking + (why(row.rss) == "no_memory" and 1 or 0) end
  t.ok(lacking > 0)
  for i, row in ipairs(expected) do
    t.eq({ got[i].pid, got[i].comm, why(got[i].rss) }, { row.pid, row.comm, why(row.rss) })
    if known(row.rss) then t.eq(got[i].rss, row.rss) end
    if known(row.argv) then t.eq(got[i].argv, row.argv) end
  end
  local addresses = maps:show "addr size"
  local back = reading(read_jsonl, addresses:jsonl())
  t.eq(types_of(back), "addr:addr size:count")
  t.eq(back:csv(), reading(read_csv, addresses:csv()):csv())
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/denied")
  local text = procs:by "'all'":sum "pss":jsonl()
  t.has(text, '"partial": {"pss": 7}')
  t.eq(reading(read_jsonl, text):jsonl(), text)
  machine.configure(os.getenv "MEMSH_FIXTURES" .. "/full")
end)

t.test("bytes that are no UTF-8 come back from JSONL as they were", function()
  local text = rows { { name = "a\xffb" } }:jsonl()
  t.has(text, '"name_b64"')
  local back = reading(read_jsonl, text)
  t.eq({ types_of(back), back:rows()[1].name }, { "name:text", "a\xffb" })
  local turned = reading(read_jsonl, '{"name_b64": "Yf9i", "name": "a?b"}\n')
  t.eq({ types_of(turned), turned:rows()[1].name }, { "name:text", "a\xffb" }, "in any order")
  -- What is no such twin is a column of its own.
  for _, line in ipairs { '{"x_b64": "Yf9i"}', '{"x_b64": "Yf9i", "x": null}', '{"x": 1, "x_b64": "Yf9i"}',
    '{"x": "a", "x_b64": "no base64!"}', '{"x": "a", "x_b64": 5}' } do
    local set = reading(read_jsonl, line .. "\n")
    t.ok(set.schema:field "x_b64", line)
    t.ok(known(set:rows()[1].x_b64), line)
  end
end)

t.test("numbers that Lua cannot hold are their digits, and none is infinite", function()
  local held = { "9223372036854775807", "-9223372036854775808", "1.5", "0" }
  local not_held = { "9223372036854775808", "-9223372036854775809", "340282366920938463463374607431768211455", "1e400",
    "-1e400" }
  for _, digits in ipairs(held) do
    local expected = math.tointeger(digits) or tonumber(digits)
    t.eq(reading(read_jsonl, '{"a": ' .. digits .. "}\n"):rows()[1].a, expected)
    t.eq(reading(read_csv, "a,b\n" .. digits .. ",x\n"):rows()[1].a, expected)
  end
  for _, digits in ipairs(not_held) do
    t.eq(reading(read_jsonl, '{"a": ' .. digits .. "}\n"):rows()[1].a, digits)
    t.eq(reading(read_csv, "a,b\n" .. digits .. ",x\n"):rows()[1].a, digits)
  end
end)

t.test("numbers of JSON are those of RFC 8259, not Lua's", function()
  for _, digits in ipairs { "1.", "1.e5", "0.e1", "-1.", "01", "1..2", ".5", "+1", "0x1", "1e", "-", "1-1" } do
    t.raises(function() reading(read_jsonl, '{"a": ' .. digits .. "}\n") end, "FILE:1: ", digits)
  end
  local right = { ["1.5e2"] = 150.0, ["1E2"] = 100.0, ["1e+2"] = 100.0, ["10e-1"] = 1.0, ["-0.5"] = -0.5 }
  for digits, value in pairs(right) do
    t.eq(reading(read_jsonl, '{"a": ' .. digits .. "}\n"):rows()[1].a, value)
  end
end)

t.test("a byte 127 may be in a text of JSON, those below 32 may not", function()
  t.eq(reading(read_jsonl, '{"a": "x\127y"}\n'):rows()[1].a, "x\127y")
  for code = 0, 31 do
    if code ~= 10 then -- ends the line
      t.raises(function() reading(read_jsonl, '{"a": "x' .. string.char(code) .. '"}\n') end, "a text is not closed")
    end
  end
end)

t.test("errors of JSONL name file and line", function()
  local function refused(text, message)
    t.raises(function() reading(read_jsonl, text) end, message)
  end
  refused('{"a": 1}\n{"a": }\n', "FILE:2: this is no value at byte 7")
  refused('{"a": 1} x\n', "FILE:1: more follows the value at byte 10")
  refused("[1, 2]\n", "FILE:1: a line is one object")
  refused('{"a": {"b": 1}}\n', "FILE:1: 'a' has values in values")
  refused('{"a": "x\n', "FILE:1: a text is not closed at byte 7")
  refused(("["):rep(1000), "FILE:1: this is nested too deep")
  refused('{"a": 01}\n', "FILE:1: this is no value")
end)

t.test("no reader of files is given what would never end", function()
  t.raises(function() read_jsonl "/dev/zero" end, "cannot read /dev/zero: it is no ordinary file")
end)

t.test("rows of a file that are whole have no column of bounds in CSV; their sums have", function()
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write "a,b\n1,x\n2,y\n"
  file:close()
  t.eq(read_csv(path):csv(), "a,b\r\n1,x\r\n2,y\r\n")
  t.eq(read_csv(path):show"b":csv(), "b\r\nx\r\ny\r\n")
  t.eq(read_csv(path):by"b":sum"a":csv():match "^[^\r]*", "b,n,a,partial")
  file = assert(io.open(path, "w"))
  file:write "a,b,partial\n1,x,a\n2,y,\n"
  file:close()
  t.eq(read_csv(path):csv(), "a,b,partial\r\n1,x,a\r\n2,y,\r\n")
  os.remove(path)
end)

-- The ids of rows in an order that is worked out here: those without a value last, equal ones as they came.
local function ids_in_order(list, less, n)
  local sorted, ids = table.move(list, 1, #list, 1, {}), {}
  table.sort(sorted, function(a, b)
    if (a.v == nil) ~= (b.v == nil) then return b.v == nil end
    if a.v ~= nil and a.v ~= b.v then return less(a.v, b.v) end
    return a.id < b.id
  end)
  for i = 1, math.min(n, #sorted) do ids[i] = sorted[i].id end
  return ids
end

local function ids_of(set)
  local ids = {}
  for i, row in ipairs(set:rows()) do ids[i] = row.id end
  return ids
end

t.test("the first rows of many, and all of them, come in the order of their values, however many there are", function()
  local function up(a, b) return a < b end
  local function down(a, b) return a > b end
  local kinds = {
    numbers = function(i) return (i * 7919) % 5003 end,
    fractions = function(i) return (i * 7919) % 5003 / 8 end,
    texts = function(i) return ("n%d"):format((i * 7919) % 977) end,
    ["values some of which are missing"] = function(i) return i % 3 == 0 and (i * 7919) % 5003 or nil end,
    ["whole numbers and fractions"] = function(i) return i % 2 == 0 and (i * 7919) % 5003 or (i * 31) % 701 + 0.5 end,
  }
  for kind, value in pairs(kinds) do
    local list = {}
    for i = 1, 9000 do list[i] = { id = i, v = value(i) } end
    local set = rows(list)
    for _, n in ipairs { 0, 1, 10, 3000, 9000, 20000 } do
      t.eq(ids_of(set:sort"v":top(n)), ids_in_order(list, up, n), kind)
      t.eq(ids_of(set:sort"-v":top(n)), ids_in_order(list, down, n), kind)
    end
    t.eq(ids_of(set:sort"-v"), ids_in_order(list, down, 9000), kind)
    t.eq(ids_of(set:by"id":max"v":sort"-v":show"id":top(20)), ids_in_order(list, down, 20), kind)
    t.eq(ids_of(set:sort"-v":skip(5):top(3)), { table.unpack(ids_in_order(list, down, 8), 6) }, kind)
  end
end)

t.test("rows are sorted by functions, and by more than one key", function()
  local list = {}
  for i = 1, 6000 do list[i] = { id = i, a = i % 5, b = (i * 7919) % 5003 } end
  table.sort(list, function(x, y)
    if x.a ~= y.a then return x.a > y.a end
    return x.b < y.b
  end)
  local should = {}
  for i = 1, 15 do should[i] = list[i].id end
  table.sort(list, function(x, y) return x.id < y.id end)
  t.eq(ids_of(rows(list):sort"-a b":top(15)), should)
  local calls = 0
  local set = rows(list):sort(function(row)
    calls = calls + 1
    return row.id == 4711 and "a text" or row.b
  end)
  t.eq(#set:top(15):rows(), 15)
  t.eq(calls, 6000)
end)

t.finish()
