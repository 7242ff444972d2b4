-- source: full
-- SPDX-License-Identifier: GPL-3.0-or-later
-- Did you mean...? wherever a name can be wrong; and the usual slips, each with its own answer.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local memsh = require "memsh"
local runtime_hints = require "memsh.prompt.runtime_hints"
local suggest = require "memsh.util.suggest"

local function says(f, part)
  local ok, message = pcall(f)
  t.eq(ok, false)
  t.has(tostring(message), part)
end

t.test("near is at most one slip in three letters, or the only one that begins so", function()
  local names = { "swap", "swaps", "pss", "private_dirty", "private_clean", "rss" }
  t.eq(suggest.nearest("swpa", names), "swap")
  t.eq(suggest.nearest("SWAP", names), "swap")
  t.eq(suggest.nearest("private_drity", names), "private_dirty")
  t.eq(suggest.nearest("private_d", names), "private_dirty")
  t.eq(suggest.nearest("priv", names), nil, "two begin so")
  t.eq(suggest.nearest("pr", names), nil)
  t.eq(suggest.nearest("x", names), nil, "any letter is near any other")
  t.eq(suggest.nearest("completely_else", names), nil)
  t.eq(suggest.nearest(("x"):rep(100000), names), nil)
  t.eq(suggest.nearest("", names), nil)
end)

t.test("fields, methods, functions, formats, topics, options", function()
  says(function() return procs:where "swpa > 0" end, "did you mean 'swap'?")
  says(function() return maps:show "pth" end, "did you mean 'path'?")
  says(function() return procs:where "basnam(exe) == 'x'" end, "did you mean 'basename'?")
  says(function() return procs:whre "swap > 0" end, "did you mean ':where'?")
  says(function() return proc(1).conm end, "did you mean 'comm'?")
  says(function() return proc(1):refrsh() end, "did you mean ':refresh'?")
  says(function() return sys.mem_totl end, "did you mean 'mem_total'?")
  says(function() return sys:over {} end, "write procs:over{}:distinct\"time\":show\"time sys.mem_available\"")
  says(function() return maps:first().adr end, "did you mean 'addr'?")
  says(function() procs:by "user":agg { x = "summ(rss)" } end, "did you mean 'sum(rss)'?")
  says(function() return procs { kernl = true } end, "did you mean 'kernel'?")
  says(function() fields "prcs" end, "did you mean 'procs'?")
  says(function() desc "psz" end, "did you mean 'pss'?")
  says(function() help "wher" end, "did you mean 'where'?")
  says(function() help "rang" end, "did you mean 'ranges'?")
  says(function() help ":mdoe" end, "did you mean ':mode'?")
  says(function() memsh.set("moed", "json") end, "did you mean 'mode'?")
  says(function() memsh.command "hlep" end, "did you mean ':help'?")
end)

t.test("what other languages call the verbs", function()
  for name, verb in pairs { select = "show", filter = "where", order_by = "sort", limit = "top", group = "by",
    unique = "distinct", mean = "avg", head = "top", len = "count", histogram = "plot", quantile = "p95" } do
    says(function() return procs[name] end, ("a row set has no '%s'; did you mean ':%s'?"):format(name, verb))
  end
  says(function() return procs:kill() end, "a row set has no 'kill'; help lists the verbs")
  says(function() return procs.uss end, 'a row set has no \'uss\'; a field of its rows is shown by :show"uss"')
end)

t.test("SQL in an expression", function()
  says(function() return procs:where "SELECT comm FROM procs" end, "hint: a question is a chain")
  says(function() return procs:sort "rss desc" end, "hint: a leading minus means descending: sort\"-rss\"")
  says(function() return procs:sort "rss DESC" end, "hint: a leading minus")
  says(function() return procs:where "comm like 'x'" end, "hint: use glob(comm, 'a*')")
end)

t.test("the slips of other languages in an expression", function()
  for text, hint in pairs {
    ["user = 'root'"] = "use '==' to compare", ["rss > 1M && swap > 0"] = "use 'and'",
    ["rss > 1M || swap > 0"] = "use 'or'", ["!kthread"] = "use 'not'", ["rss > 10MB"] = "sizes use K M G T, e.g. 10M",
    ["age > 100ms"] = "times are in seconds: 0.1;", ["age > 2.5us"] = "times are in seconds: 2.5e-06;",
    ["rss => 1"] = "use '>='", ["comm == 'x"] = "close it with '", ["rss > 1 AND swap > 0"] = "use 'and'",
  } do
    says(function() return procs:where(text) end, "hint: " .. hint)
  end
end)

t.test("what may be text is told about quotes, columns and keys are not", function()
  for text, verb in pairs { ["comm == foo"] = "where", foo = "where", ["if(comm == foo, 1, 0)"] = "show" } do
    says(function() return procs[verb](procs, text) end, "hint: text is written in quotes: 'foo'")
  end
  for _, verb in ipairs { "sort", "sum", "show", "by", "distinct" } do
    local ok, message = pcall(procs[verb], procs, "foo")
    t.ok(not ok and message:find "unknown field 'foo'" and not message:find "hint")
  end
end)

t.test("a process by its number or name", function()
  says(function() return proc(nil) end, 'hint: a name is a text in quotes: proc"bash"')
  says(function() return proc "412" end, "proc takes an id without quotes: proc(412); a name of digits alone: "
    .. "procs:where\"comm == '412'\"")
end)

t.test("sums of what is no number", function()
  local mixed = rows { { a = 1 }, { a = "x" } }
  for _, verb in ipairs { "sum", "avg", "median", "stddev" } do
    says(function() return mixed[verb](mixed, "a") end, "take numbers, and 'x' is not one")
  end
  t.eq(rows({ { a = 1 }, { a = "2" } }):sum "a", 3)
end)

t.test("members of Lua's libraries", function()
  local function hint(code)
    local _, message = pcall(load(code))
    return runtime_hints.after(message):match "\n  hint: (.*)$"
  end
  t.eq(hint "string.fnd('x')", "did you mean 'find'?")
  t.eq(hint "('x'):uper()", "did you mean 'upper'?")
  t.eq(hint "local own = {} own.xyzzy()", nil)
  t.eq(hint "prnt(1)", "did you mean 'print'?")
  t.eq(hint [[procs:sum"rss":sum"rss"]],
    "sum, count and the like of all rows give a number, which has no verbs: they come last")
  t.eq(hint "return rss / 2", 'rss is a field: procs:show"pid comm rss"')
  t.eq(hint "top(5)", 'it goes on from rows, as in procs:sort"-rss":top(10)')
  t.eq(hint "at'-2h'", 'recording"web1.memsh":at"-2h"; at the prompt :at -2h')
  t.eq(hint "moments()", 'recording"web1.memsh".moments; at the prompt :moments')
  t.eq(hint "proc:where'pss > 0'", 'proc(PID) is one process; all of them: procs:where"swap > 0"')
  t.eq(hint "error('attempt to call a nil value')", nil)
end)

t.test("an error in a function names the process, or the mapping and its process", function()
  says(function() procs:where(function(p) return p.pid == 412 and p.comm.x.y end):rows() end,
    "(in a function, at process 412 (nginx))")
  says(function() procs:where "pid == 412":show(function(p) return p.comm.x.y end):csv() end, "at process 412 (nginx)")
  says(function() proc(1107):maps():where(function(m) return m.path.x.y end):rows() end, "of process 1107")
end)

t.finish()
