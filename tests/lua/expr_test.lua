-- SPDX-License-Identifier: GPL-3.0-or-later
-- The expression language: what expressions mean.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local sample = dofile(os.getenv "MEMSH_TESTS" .. "/lua/sample.lua")
local expr = require "memsh.expr.expr"

local row = {
  pid = 7, threads = 3, rss = 100 << 20, swap = 0, pss = 50 << 20, comm = "nginx", user = "www",
  exe = "/usr/sbin/nginx", age = 3600, start_time = 1700000000, deleted = true, stopped = false, addr = 0x7f0000000000,
  addr_end = 0xffffffffff601000, argv = { "nginx", "-g", "daemon off;" }, mem_percent = 2.5,
}

-- The value of `text`, which is the same the quick way and the slow way.
local function value(text, params)
  local slow = expr.compile(text, sample.slow, params)(row)
  sample.with_fetch(function()
    local before = sample.fetched
    local e = expr.compile(text, sample.quick, params)
    t.eq(e(row), slow, "the quick way of " .. text)
    t.eq(e(row), slow, "again " .. text)
    -- Had there been no quick way, nothing would have been fetched.
    if text:find "rss" then t.ok(sample.fetched > before, "fetched " .. text) end
  end)
  return slow
end

local function is(text, expected, params)
  t.eq(value(text, params), expected, text)
end

t.test("numbers are Lua's", function()
  is("42", 42)
  is("0x10", 16)
  is("1.5", 1.5)
  is(".5", 0.5)
  is("1e3", 1000.0)
  is("1e-1", 0.1)
  is("0xffffffffffffffff", -1)
  is("0x1e-1", 29)
  is("-7", -7)
  is("- -7", 7)
end)

t.test("sizes are integers in bytes", function()
  is("64K", 65536)
  is("100M", 104857600)
  is("1.5G", 1610612736)
  is("2T", 2199023255552)
  is("0.1K", 102)
  is("0.7K", 717)
  is("M", 1048576)
  is("T", 1 << 40)
  is([["\255\010" == "]] .. "\255" .. [[\n"]], true)
  is("5*K", 5120)
  is("K(5)", 5120)
  is("T(1)", 1 << 40)
  is("rss/M", 100.0)
  is("rss == 100M", true)
end)

t.test("ages are seconds", function()
  is("30s", 30)
  is("5m", 300)
  is("2h", 7200)
  is("7d", 604800)
  is("age >= 1h and age < 1.5h", true)
  is("0.1s == 0.1 and 1.5s == 1.5 and 0.5m == 30", true)
  is("age > 3599.9s and age < 3600.4s", true)
  is("start_time + 1d > start_time", true)
end)

t.test("strings have Lua's escapes", function()
  is([['a\tb\n\\\'\"']], "a\tb\n\\'\"")
  is([["\x41\66\u{20ac}\0670"]], "AB\u{20ac}C0")
  is("'it\"s' .. \"it's\"", "it\"sit's")
  is("'a\nb'", "a\nb")
end)

t.test("operators bind as Lua's", function()
  local texts = {
    "1 + 2 * 3", "(1 + 2) * 3", "7 // 2 * 2", "7 % 4 + 1", "2 - 3 - 4", "2 - 3 * 4", "2 * 3 - 4",
    "-2 + 5", "- 2 * 3", "8 / 2 / 2",
    "1 .. 2 .. 3", "1 + 2 .. 3 + 4", "1 < 2 and 2 < 3", "true or true and false", "not true or true",
    "not (true or true)", "not false == true", "1 + 1 == 2 and 3 > 2", "1 .. 2 == '12'", "false and false or true",
    "5 // 2 .. ''", "-5 // 2", "-5 % 3", "5.5 // 1", "3 == 3.0", "2^53 == 2^53",
  }
  for _, text in ipairs(texts) do
    local plain = text:gsub("2%^53", "9007199254740992")
    is(plain, load("return " .. plain)())
  end
end)

t.test("dividing by zero does not raise", function()
  is("1 / swap", math.huge)
  is("rss // swap", math.huge)
  is("-rss // swap", -math.huge)
  is("rss % swap ~= rss % swap", true)
  is("1 // 0", math.huge)
  is("floor(1 / swap)", math.huge)
end)

t.test("products do not wrap around", function()
  is("rss * rss * rss", (100.0 * (1 << 20)) ^ 3)
  is("-rss * rss * rss < 0", true)
  is("rss * 3", 314572800)
  is("pid * threads", 21)
  is("T(16777216)", 2.0 ^ 64)
  is("rss * 1T", 100.0 * 2 ^ 60)
  is("1T * rss", 100.0 * 2 ^ 60)
  is("1.5 * rss", 157286400.0)
  is("v * 32768", 2.0 ^ 69, { v = 1 << 54 })
  is("1000 * v", 1000 * 2.0 ^ 54, { v = 1 << 54 })
end)

t.test("nor do sums and differences, and what has no opposite", function()
  local most, least = { n = math.maxinteger }, { n = math.mininteger }
  is("n + 1", 2.0 ^ 63, most)
  is("n + n - n", 2.0 ^ 63, most)
  is("pid + n > 0", true, most)
  is("-n - 2", -2.0 ^ 63, most)
  is("0 - n", 2.0 ^ 63, least)
  is("n - 1 < 0", true, least)
  is("-n", 2.0 ^ 63, least)
  is("abs(n)", 2.0 ^ 63, least)
  is("n // -1", 2.0 ^ 63, least)
  is("n - 1 + 1", math.maxinteger, most)
  is("-n - 1", math.mininteger, most)
  is("rss + swap - rss", 0)
  is("1e300 - 1", 1e300)
  is("-(1 / n) < 0 and 1 / -(pid - pid) > 0", true, most)
end)

t.test("text", function()
  is("has(comm, 'gin')", true)
  is("has(comm, '.')", false)
  is("has(comm, '')", true)
  is("starts(exe, '/usr/')", true)
  is("starts(comm, 'nginx2')", false)
  is("ends(exe, 'nginx')", true)
  is("ends(exe, '')", true)
  is("ends('x', 'xx')", false)
  is("upper(comm) .. lower('ABC')", "NGINXabc")
  is("len(comm)", 5)
  is("comm .. ':' .. pid", "nginx:7")
  is("comm < 'o' and comm >= 'nginx'", true)
  is("comm != 'bash'", true)
  is("comm =~ '^n[a-z]+x$'", true)
  is("match(comm, '^g')", false)
  is("comm =~ 'n' .. 'g'", true)
  is("comm !~ 'n' .. 'g'", false)
  is([[comm =~ '\w{5}' and comm !~ "\d"]], true)
  is("comm =~ '(?i)^NGINX$'", true)
  is("comm =~ '^(node|nginx)$'", true)
  is("glob(exe, '/usr/*/ng?nx')", true)
  is("glob(comm, 'n[!a-f]*')", true)
  is("glob(comm, 'ginx')", false)
end)

t.test("paths", function()
  is("basename(exe)", "nginx")
  is("dirname(exe)", "/usr/sbin")
  for path, parts in pairs {
    ["/"] = { "/", "/" }, [""] = { "", "" }, ["/x"] = { "x", "/" }, ["a/b"] = { "b", "a" },
    ["[heap]"] = { "[heap]", "" }, ["/a/b/"] = { "b", "/a" }, ["//"] = { "/", "/" }, ["//a"] = { "a", "/" },
    ["a//b//"] = { "b", "a" }, ["a/"] = { "a", "" },
  } do
    is("basename(x)", parts[1], { x = path })
    is("dirname(x)", parts[2], { x = path })
  end
end)

t.test("numbers' functions", function()
  is("min(3, 1, 2)", 1)
  is("max(rss, pss)", 100 << 20)
  is("abs(-5)", 5)
  is("floor(2.7)", 2)
  is("if(rss > 1G, 'big', 'small')", "small")
  is("if(deleted, 1, 2) + if(stopped, 10, 20)", 21)
  is("known(rss)", true)
  is("if(deleted, stopped, deleted)", false)
end)

t.test("conditions of derived fields", function()
  is("rss > 1 and pss > 40M", true)
  is("rss > 1 and (pss > 60M or mem_percent > 2)", true)
  is("pss > 60M or pss > 55M or mem_percent > 2 and rss > 1", true)
  is("if(pss > 40M, pss, rss) == pss", true)
  is("not (pss > 40M and rss < 1)", true)
end)

t.test("lists", function()
  is("has(argv, '-g')", true)
  is("has(argv, 'g')", false)
  is("len(argv)", 3)
  is("rss > 0 and has(argv, 'nginx')", true)
  t.eq(expr.compile("argv", sample.slow).unit, "list")
end)

t.test("addresses are unsigned", function()
  is("addr < addr_end", true)
  is("addr_end > 0x7fffffffffff", true)
  is("addr_end >= addr and addr <= addr_end", true)
  is("addr_end < 0", false)
  is("addr_end - addr > 0 or true", true)
  is("max(addr, addr_end) == addr_end", true)
  is("min(addr, addr_end) == addr", true)
  is("addr_end == 18446744073699069952", true)
  is("addr_end > 18446744073699069951", true)
  is("18446744073699069952 == addr_end and 18446744073699069951 < addr_end", true)
  is("addr_end // 1G", 17179869183)
  is("addr_end % 1G", 0xff601000 & 0x3fffffff)
  is("addr_end % 1.5", 18446744073699069952.0 % 1.5)
  is("addr_end % 1.0", 0.0)
  is("addr_end % 0 ~= addr_end % 0", true)
  is("addr_end // addr_end", 1)
  is("'' .. addr_end", "0xffffffffff601000")
  is("addr // 0 > 1", true)
  for _ = 1, 2000 do
    local a, b = math.random(0), math.random(0) >> math.random(0, 63)
    if b ~= 0 then
      local q, r = expr.compile("addr // addr_end", sample.slow), expr.compile("addr % addr_end", sample.slow)
      local one = { addr = a, addr_end = b }
      t.eq(q(one) * b + r(one), a)
      t.ok(math.ult(r(one), b))
    end
  end
end)

t.test("parameters", function()
  is("rss > lim", true, { lim = 5 })
  is("comm == who", true, { who = "nginx" })
  is("flag and rss > 0", true, { flag = true })
  is("x", -5, { x = -5 })
  is("x", -0.5, { x = -0.5 })
  is("x .. ''", "1.1529215046068e+18", { x = 2.0 ^ 60 })
  is("x == y", true, { x = 1 << 60, y = 2.0 ^ 60 })
end)

t.test("what a parameter holds is never program text", function()
  for _, text in ipairs { "'", '"', "]]", "\\", "a' or true or '", "\0", "os.exit()", "%s", "\n--" } do
    is("comm == x", false, { x = text })
    is("x", text, { x = text })
    is(("comm == %q"):format(text):gsub("\\\n", "\\n"), false)
  end
end)

t.test("nothing but the language is reachable", function()
  local bad = {
    "os.exit()", "_G", "_ENV", "require('os')", "load('x')", "string.rep('x', 10)", "comm.len", "(function() end)()",
    "print(1)", "rss -- comment", "rss; os.exit()", "rss) os.exit((1", "end os.exit()", "[[x]]", "{}", "...", "rss=5",
    "::x::", "goto x", "getmetatable('')", "('x'):rep(5)", "u1", "row", "v1", "d1", "rss\0", "#argv", "a.b.c.d",
  }
  for _, text in ipairs(bad) do
    t.ok(not pcall(expr.compile, text, sample.slow), text)
  end
end)

t.test("size and depth are bounded", function()
  t.raises(function() expr.compile(("("):rep(5000) .. "1" .. (")"):rep(5000), sample.slow) end, "nested too deeply")
  t.raises(function() expr.compile(("not "):rep(5000) .. "deleted", sample.slow) end, "nested too deeply")
  t.raises(function() expr.compile(("-"):rep(500) .. "1", sample.slow) end, "nested too deeply")
  t.raises(function() expr.compile("rss" .. (" + rss"):rep(9000), sample.slow) end, "too long")
  t.raises(function() expr.compile((" "):rep(65537), sample.slow) end, "too long")
  is(("("):rep(199) .. "1" .. (")"):rep(199), 1)
  t.raises(function() expr.compile(("("):rep(200) .. "1" .. (")"):rep(200), sample.slow) end, "nested too deeply")
  is("0" .. (" + rss"):rep(5000), 5000 * row.rss)
  t.raises(function() expr.compile("0" .. (" + rss"):rep(5001), sample.slow) end, "too long")
  is("pid == 1" .. (" or pid == 2"):rep(1000) .. " or pid == 7", true)
  is("comm" .. (" .. comm"):rep(1000) .. " == ''", false)
  is(("("):rep(150) .. "rss" .. (")"):rep(150), row.rss)
  local many = {}
  for i = 1, 300 do many[i] = ("comm == 'x%d'"):format(i) end
  is(table.concat(many, " or "), false)
end)

t.test("what an expression says of itself", function()
  local e = expr.compile(" swap > 1M and (has(comm, 'x') or rss>swap) and not deleted ", sample.slow)
  t.eq(e.type, "boolean")
  t.eq(e.text, "swap > 1M and (has(comm, 'x') or rss>swap) and not deleted")
  t.eq(e.name, e.text)
  t.eq(tostring(e), e.text)
  t.eq(e.fields, { "swap", "comm", "rss", "deleted" })
  t.eq(#e.conjuncts, 3)
  t.eq(e.conjuncts[1].text, "swap > 1M")
  t.eq(e.conjuncts[2].text, "(has(comm, 'x') or rss>swap)")
  t.eq(e.conjuncts[2].fields, { "comm", "rss", "swap" })
  t.eq(e.conjuncts[3](row), false)
  local one = expr.compile("rss", sample.quick)
  t.eq({ one.name, one.unit, one.type, one.field.name }, { "rss", "bytes", "number", "rss" })
  t.ok(one.conjuncts[1] == one and #one.conjuncts == 1)
  local deep = ("(deleted and "):rep(80) .. "deleted" .. (")"):rep(80)
  t.eq(#expr.compile(deep, sample.slow).conjuncts, 81)
  t.eq(#expr.compile("deleted" .. (" and deleted"):rep(4000), sample.slow).conjuncts, 4001)
  t.eq(#expr.compile("a and (b and (c and d))", sample.grouped { a = "boolean", b = "boolean", c = "boolean",
    d = "boolean" }).conjuncts, 4)
end)

t.test("units", function()
  local units = {
    rss = "bytes", ["rss + swap"] = "bytes", ["rss + 1"] = "bytes", ["rss / swap"] = "number", ["rss * 2"] = "bytes",
    ["2 * rss"] = "bytes", ["rss / 2"] = "bytes", ["rss / 1024"] = "number", ["rss / M"] = "number",
    ["rss / threads"] = "bytes", ["threads * 4K"] = "bytes", ["min(rss, swap)"] = "bytes", ["max(rss, 5)"] = "bytes",
    ["abs(rss - swap)"] = "bytes", ["floor(rss / M)"] = "integer", ["threads + 1"] = "count", age = "seconds",
    ["age / 3600"] = "number", ["age + 5m"] = "seconds", start_time = "time", ["start_time - start_time"] = "seconds",
    ["start_time + age"] = "time", ["addr + 5"] = "addr", ["addr_end - addr"] = "bytes",
    ["max(addr, addr_end)"] = "addr",
    ["1 + 2"] = "integer", ["1 / 2"] = "number", ["7 // 2"] = "integer", ["1.5 * 2"] = "number", ["64K"] = "bytes",
    comm = "text", exe = "path", ["basename(exe)"] = "text", ["dirname(exe)"] = "path", ["rss > 1"] = "boolean",
    argv = "list", ["len(comm)"] = "count", ["if(deleted, rss, swap)"] = "bytes", ["if(deleted, exe, comm)"] = "text",
    mem_percent = "percent", ["mem_percent * 2"] = "percent", ["-rss"] = "bytes", ["rss + age"] = "number",
    ["pid .. ''"] = "text", ["odd"] = "any", ["known(rss)"] = "boolean", ["addr // 1G"] = "integer",
  }
  for text, unit in pairs(units) do
    t.eq(expr.compile(text, sample.slow).unit, unit, text)
  end
end)

local function list(text, options, schema)
  local out = {}
  for i, item in ipairs(expr.list(text, schema or sample.slow, options)) do
    out[i] = (item.desc and "-" or "") .. item.name .. ":" .. item.expr.text
  end
  return table.concat(out, " | ")
end

t.test("lists of columns", function()
  local show = { names = true }
  t.eq(list("pid, comm, mb=rss/M", show), "pid:pid | comm:comm | mb:rss/M")
  t.eq(list("pid comm rss", show), "pid:pid | comm:comm | rss:rss")
  t.eq(list("pid comm mb=rss/M, rss", show), "pid:pid | comm:comm | mb:rss/M | rss:rss")
  t.eq(list("pid mb=rss/M gb=rss/G", show), "pid:pid | mb:rss/M | gb:rss/G")
  t.eq(list("mb = rss / M, pid", show), "mb:rss / M | pid:pid")
  t.eq(list("a=min(rss, swap), b='x, y'", show), "a:min(rss, swap) | b:'x, y'")
  t.eq(list("rss - swap", show), "rss - swap:rss - swap")
  t.eq(list("rss -swap", show), "rss -swap:rss -swap")
  t.eq(list("basename(exe)", show), "basename(exe):basename(exe)")
  t.eq(list("deleted and stopped", show), "deleted and stopped:deleted and stopped")
  t.eq(list("ok=rss==5 pid", show), "ok:rss==5 | pid:pid")
  t.eq(list("a=starts(comm,'x') pid", show), "a:starts(comm,'x') | pid:pid")
  t.eq(list("", show), "")
  t.eq(list("  ", show), "")
end)

t.test("shares in lists of columns", function()
  local items = expr.list("pid, pct(rss), s=pct(rss + swap)", sample.slow, { names = true, shares = true })
  t.eq(#items, 3)
  t.eq({ items[2].name, items[2].share, items[2].expr.name }, { "pct(rss)", "pct", "rss" })
  t.eq({ items[3].name, items[3].share, items[3].expr(row) }, { "s", "pct", 100 << 20 })
  t.eq(items[1].share, nil)
end)

t.test("lists of sort keys", function()
  local sort = { signs = true }
  t.eq(list("-swap, comm", sort), "-swap:swap | comm:comm")
  t.eq(list("-swap comm", sort), "-swap:swap | comm:comm")
  t.eq(list("rss -swap", sort), "rss:rss | -swap:swap")
  t.eq(list("rss - swap", sort), "rss - swap:rss - swap")
  t.eq(list("-(rss + swap)", sort), "-(rss + swap):(rss + swap)")
  t.eq(list("-rss + swap, pid", sort), "-rss + swap:rss + swap | pid:pid")
  t.eq(list("- rss", sort), "-rss:rss")
end)

t.test("columns of grouped rows", function()
  local rows = sample.grouped { ["basename(path)"] = "text", n = "integer", max = "bytes", ["rss / M"] = "number" }
  t.eq(list("-basename(path), n", { signs = true }, rows), "-basename(path):basename(path) | n:n")
  t.eq(list("rss / M", {}, rows), "rss / M:rss / M")
  t.eq(expr.compile("basename(path)", rows) { ["basename(path)"] = "x" }, "x")
  t.eq(expr.compile("max > 5 and max(n, 1) == 2", rows) { max = 6, n = 2 }, true)
end)

t.test("fields with dots", function()
  local rows = sample.grouped { ["proc.pss"] = "bytes", ["sys.mem_total"] = "bytes", rss = "bytes" }
  local one = { ["proc.pss"] = 10, ["sys.mem_total"] = 100, rss = 5 }
  t.eq(expr.compile("rss <= proc.pss/2 and proc.pss*10==sys.mem_total", rows)(one), true)
  t.eq(expr.compile("proc.pss..rss", rows)(one), "105")
  t.eq(list("-proc.pss, rss", { signs = true }, rows), "-proc.pss:proc.pss | rss:rss")
end)

t.test("order of values", function()
  local function less(a, b, unit) return expr.less(unit)(a, b) end
  t.ok(less(1, 2, "bytes") and not less(2, 1, "bytes"))
  t.ok(less("a", "b", "text") and less("B", "a", "path") and less("a\0", "a\1", "text"))
  t.ok(less(0x7f0000000000, 0xffffffffff600000, "addr") and not less(0xffffffffff600000, 0, "addr"))
  t.ok(less(false, true, "boolean") and not less(true, true, "boolean"))
  t.ok(less(1, 0 / 0, "number") and not less(0 / 0, 1, "number") and not less(0 / 0, 0 / 0, "number"))
  t.ok(less({ "a" }, { "a", "b" }, "list") and less({ "a", "b" }, { "b" }, "list"))
  t.ok(less(5, "a", "any") and not less("a", 5, "any"))
  t.ok(less(true, 1, "any") and not less(1, true, "any") and less("a", {}, "any") and not less({}, "a", "any"))
end)

t.test("names near a slip", function()
  local suggest = require "memsh.util.suggest"
  local names = { "swap", "ksm", "rss", "private_dirty", "private_clean", "pid", "swap_pss" }
  t.eq(suggest.nearest("swpa", names), "swap")
  t.eq(suggest.nearest("os", names), nil)
  t.eq(suggest.nearest("RSS", names), "rss")
  t.eq(suggest.nearest("privat_drity", names), "private_dirty")
  t.eq(suggest.nearest("wap", names), "swap")
  t.eq(suggest.nearest("", names), nil)
  t.eq(suggest.nearest(("x"):rep(1000), names), nil)
end)

t.finish()
