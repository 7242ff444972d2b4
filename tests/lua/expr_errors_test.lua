-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the expression language says to a slip: the message, the place, and what to write instead.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local sample = dofile(os.getenv "MEMSH_TESTS" .. "/lua/sample.lua")
local core = require "memsh.core"
local expr = require "memsh.expr.expr"

local function message(text, params, schema)
  local ok, problem = pcall(expr.compile, text, schema or sample.slow, params)
  t.ok(not ok, text .. " is refused")
  return problem
end

t.test("an empty expression", function()
  t.eq(message(""), "the expression is empty")
  t.eq(message("  \t"), "the expression is empty")
end)

t.test("a condition where one is needed", function()
  local ok, problem = pcall(expr.predicate, "user", sample.slow)
  t.ok(not ok)
  t.eq(problem, "this has to be a condition, and user is text\n  user\n  ^^^^\n"
    .. "  hint: compare it, e.g. user == 'root'")
  t.eq(expr.predicate("rss > 5", sample.slow).type, "boolean")
end)

t.test("a long expression is shown around the place", function()
  local long = ("rss > 1 and "):rep(20)
  t.eq(message(long .. "swpa > 0" .. (" and rss > 1"):rep(20)), [[
unknown field 'swpa' of processes
  ...and rss > 1 and rss > 1 and rss > 1 and swpa > 0 and rss > 1 and rss > 1...
                                             ^^^^
  hint: did you mean 'swap'?]])
end)

t.test("the caret stands under the place whatever is in front of it", function()
  local function places(text)
    local line, carets = message(text):match "^[^\n]*\n([^\n]*)\n([^\n]*)"
    return line, carets
  end
  local wide = "comm == '\u{6f22}\u{5b57}' and swpa > 0"
  local line, carets = places(wide)
  t.eq(line, "  " .. wide)
  t.eq(carets, (" "):rep(2 + 9 + 4 + 6) .. "^^^^")
  line, carets = places "comm == 'e\u{301}\u{e4}' and swpa > 0"
  t.eq(line, "  comm == 'e\u{301}\u{e4}' and swpa > 0")
  t.eq(carets, (" "):rep(2 + 9 + 2 + 6) .. "^^^^")
  line, carets = places "comm ==\t'a'\nand swpa > 0"
  t.eq(line, "  comm == 'a' and swpa > 0")
  t.eq(carets, (" "):rep(2 + 7 + 1 + 3 + 5) .. "^^^^")
end)

t.test("quotes from a word processor", function()
  t.eq(message "comm == \u{2018}x\u{2019}",
    "unexpected '\u{2018}'\n  comm == \u{2018}x\u{2019}\n          ^\n  hint: write it as '")
end)

t.test("nothing in a message acts on a terminal", function()
  for _, text in ipairs { "comm == '\27[2J' and swpa", "\27]0;x\7", "x\u{202e}y", "\u{9b}2J == swpa", "comm == '\xff",
    "\xff", "'\27' + 1", "swpa\0" } do
    local problem = message(text)
    t.ok(not problem:find "[\0-\9\11-\31\127]", text)
    t.ok(not problem:find("\u{202e}", 1, true) and not problem:find("\u{9b}", 1, true), text)
    t.ok(utf8.len(problem), text)
  end
  t.raises(function() expr.compile("rss > x", sample.slow, { ["\27[2J"] = 5 }) end, "needs a name")
end)

t.test("parameters", function()
  local function refused(params, pattern)
    t.raises(function() expr.compile("rss > 5", sample.slow, params) end, pattern)
  end
  refused({ rss = 5 }, "parameter 'rss' has the name of a field")
  refused({ has = 5 }, "parameter 'has' has the name of a function")
  refused({ M = 5 }, "parameter 'M' has the name of a function")
  refused({ lim = {} }, "parameter 'lim' is a table")
  refused({ lim = print }, "parameter 'lim' is a function")
  refused({ lim = core.unknown "denied" }, "parameter 'lim' is unknown .denied.")
  refused({ 5 }, "a parameter needs a name, and '1' is not one")
  refused({ ["a b"] = 5 }, "needs a name")
  refused(5, "the parameters are a table")
  t.eq(message("rss > lin", { lim = 5 }), "unknown field 'lin' of processes\n  rss > lin\n        ^^^\n"
    .. "  hint: did you mean 'lim'?")
  t.raises(function() expr.compile(5, sample.slow) end, "an expression is a string, and this is a number")
end)

t.test("rows of a grouping", function()
  local rows = sample.grouped { user = "text", n = "integer", rss = "bytes", what = "any" }
  t.eq(message("pss > 5", nil, rows),
    "unknown field 'pss' of these rows\n  pss > 5\n  ^^^\n  hint: did you mean 'rss'?")
  t.eq(message("command == 'x'", nil, rows),
    "unknown field 'command' of these rows\n  command == 'x'\n  ^^^^^^^\n  hint: they have n, rss, user, what")
end)

t.test("columns of no fixed type are looked at row by row", function()
  local rows = sample.grouped { user = "text", what = "any" }
  local function run(text, what)
    return expr.compile(text, rows) { user = "root", what = what }
  end
  t.eq(run("what > 5", 6), true)
  t.eq(run("what == 'x'", 5), false)
  t.eq(run("what < 'y' and user == 'root'", "x"), true)
  t.eq(run("has(what, 'x')", { "y", "x" }), true)
  t.eq(run("not what", false), true)
  t.eq(run("what and true", true), true)
  t.eq(run("what + 1", 2), 3)
  t.eq(run("if(what, 1, 2)", false), 2)
  t.ok(core.is_unknown(run("what + 1", core.unknown "gone")))
  for _, case in ipairs { { "what > 5", "x" }, { "what + 1", "x" }, { "what and true", 5 }, { "true and what", 5 },
    { "not what", "x" }, { "starts(what, 'x')", 5 }, { "what < what", true }, { "what =~ 'x'", 5 }, { "-what", "x" },
    { "has(what, 'x')", 5 }, { "min(what, 2)", "x" }, { "if(what, 1, 2)", 5 }, { "what .. 'x'", true } } do
    t.raises(function() run(case[1], case[2]) end, "in one of the rows", case[1])
  end
  t.eq(select(2, pcall(run, "what + 1", "a\27b")), "this is text in one of the rows, which does not fit here\n"
    .. "  what + 1\n  ^^^^\n  hint: the row has what = 'a\\x1bb'")
end)

t.test("an error is placed where the query was written", function()
  local procs = require("memsh").procs
  for _, verb in ipairs { "where", "sort", "show", "by", "sum" } do
    t.raises(function() procs[verb](procs, "swpa") end, "expr_errors_test.lua:%d+: unknown field 'swpa'", verb)
  end
end)

t.test("whatever is typed, the answer is an expression or a message", function()
  local pieces = { "rss", "comm", "deleted", "argv", "addr", "odd", "5", "1.5", "64K", "5m", "'x'", "'", '"', "(", ")",
    ",", "+", "-", "*", "/", "//", "%", "..", "==", "~=", "!=", "<", ">=", "=~", "=", "and", "or", "not", "true", "nil",
    "has", "has(", "if(", "known(", "min(", "len(", "floor(", "match(", "K", ".", ":", "[", "&&", "\\", "\0", "\xff",
    "\u{e4}", "swpa", "lower", "glob(comm, '['", "0x", "1e", "..", "\n", " " }
  for _ = 1, 20000 do
    local parts = {}
    for i = 1, math.random(7) do parts[i] = pieces[math.random(#pieces)] end
    local text = table.concat(parts, math.random(2) == 1 and " " or "")
    local ok, problem = pcall(expr.compile, text, sample.slow)
    if ok then
      t.ok(problem.type, text)
    else
      t.ok(not problem:find "%.lua:" and (problem:find "\n  .*\n *^+" or problem:find "empty"), problem)
    end
    ok, problem = pcall(expr.list, text, sample.slow, { signs = true, names = true })
    t.ok(ok or not problem:find "%.lua:", problem)
  end
end)

t.test("lists", function()
  local function refused(text, options, expected)
    local ok, problem = pcall(expr.list, text, sample.slow, options)
    t.ok(not ok, text)
    t.eq(problem, expected)
  end
  refused("pid, swpa", {}, "unknown field 'swpa' of processes\n  pid, swpa\n       ^^^^\n  hint: did you mean 'swap'?")
  refused("pid,", {}, "an item is missing after the last ','\n  pid,\n      ^")
  refused(", pid", {}, "an item is missing in front of this ','\n  , pid\n  ^")
  refused("pid,, comm", {}, "an item is missing in front of this ','\n  pid,, comm\n      ^")
  refused("mb=rss", { signs = true }, "'=' is assignment\n  mb=rss\n    ^\n  hint: use '==' to compare")
  refused("a.b=rss", { names = true }, "a column's name has no dots\n  a.b=rss\n  ^^^")
  local show = { names = true, shares = true }
  refused("pid rss/M", show, "unexpected 'rss'\n  pid rss/M\n      ^^^\n"
    .. "  hint: commas separate items, where one is more than a name")
  refused("*", show, "unexpected '*'\n  *\n  ^\n"
    .. "  hint: columns are named one by one; fields\"procs\" lists them")
  refused("pct(comm)", show, "'pct' needs numbers, and comm is text\n  pct(comm)\n      ^^^^")
  refused("pct()", show, "'pct' takes one argument\n  pct()\n  ^^^\n  hint: write pct(rss)")
  refused("1 + pct(rss)", show, "'pct' is for a whole column of show\n  1 + pct(rss)\n      ^^^\n"
    .. "  hint: as in show\"pid, pct(rss), share=pct(swap)\"")
  refused("-", { signs = true }, "an item is missing here\n  -\n   ^")
  refused("mb=, pid", { names = true }, "an item is missing here\n  mb=, pid\n     ^")
end)

t.finish()
