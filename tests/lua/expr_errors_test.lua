-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the expression language says to a slip: the message, the place, and what to write instead.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local sample = dofile(os.getenv "MEMSH_TESTS" .. "/lua/sample.lua")
local core = require "memsh.core"
local expr = require "memsh.expr"

local function message(text, params, schema)
  local ok, problem = pcall(expr.compile, text, schema or sample.slow, params)
  t.ok(not ok, text .. " is refused")
  return problem
end

-- Each begins with the message, and its second line is the expression.
local MESSAGES = [=[
unknown field 'swpa' of processes
  swpa > 0
  ^^^^
  hint: did you mean 'swap'?

'=' is assignment
  user = 'root'
       ^
  hint: use '==' to compare

bad number '10MB'
  rss > 10MB
        ^^^^
  hint: sizes use K M G T, e.g. 10M

bad number '10k'
  rss > 10k
        ^^^
  hint: sizes use K M G T, e.g. 10K

bad number '1..2'
  rss > 1..2
        ^^^^
  hint: numbers are 42, 1.5, 0xff; sizes 64K 1.5G; ages 30s 5m 2h 7d

'&&' is not an operator here
  rss > 1M && swap > 0
           ^^
  hint: use 'and'

'||' is not an operator here
  rss > 1M || swap > 0
           ^^
  hint: use 'or'

'!' is not an operator here
  rss > 1M and !deleted
               ^
  hint: use 'not'

'=>' is not an operator here
  rss => 5
      ^^
  hint: use '>='

'=<' is not an operator here
  rss =< 5
      ^^
  hint: use '<='

'<>' is not an operator here
  rss <> 5
      ^^
  hint: use '~=' or '!='

'===' is not an operator here
  rss === 5
      ^^^
  hint: use '=='

'^' is not an operator here
  rss ^ 2
      ^
  hint: multiply, or use sizes such as 64K

'?' is not an operator here
  rss > 5 ? 1 : 2
          ^
  hint: use if(condition, a, b)

'#' is not an operator here
  #comm
  ^
  hint: use len(x)

'[' is not an operator here
  argv[1]
      ^
  hint: has(list, 'item') looks into a list

':' is not an operator here
  comm:lower() == 'x'
      ^
  hint: functions come first: lower(comm)

':' is not an operator here
  comm:find('x')
      ^
  hint: functions come first: has(comm, 'part')

5m is a time, and rss is none
  rss > 5m
        ^^
  hint: a size is written with a capital letter: 5M

5m is a time, and rss + swap is none
  rss + swap > 5m
               ^^
  hint: a size is written with a capital letter: 5M

2h is a time, and pid is none
  2h < pid
  ^^

comparisons do not chain
  1 < rss < 5
          ^
  hint: write 1 < rss and rss < 5

comparisons do not chain
  1 < rss < (5)
          ^
  hint: compare two and two: a < b and b < c

'nil' is no value here
  pss == nil
         ^^^
  hint: ask not known(pss)

'nil' is no value here
  pss ~= nil
         ^^^
  hint: ask known(pss)

'nil' is no value here
  nil == pss
  ^^^
  hint: ask known(x), or not known(x)

'NULL' is no value here
  comm == NULL
          ^^^^
  hint: ask known(x), or not known(x)

'like' is not an operator here
  comm like 'a%'
       ^^^^
  hint: use glob(comm, 'a*') or comm =~ 'pattern'

'is' is not an operator here
  comm is null
       ^^
  hint: ask known(comm), or not known(comm)

'BETWEEN' is not an operator here
  rss BETWEEN 1 AND 5
      ^^^^^^^
  hint: use rss >= 1 and rss <= 5

'in' is not an operator here
  user in ('root')
       ^^
  hint: use user == 'a' or user == 'b'

'AND' is not an operator here
  rss > 1M AND swap > 0
           ^^^
  hint: use 'and', in small letters

'NOT' is not an operator here
  NOT deleted
  ^^^
  hint: use 'not', in small letters

unknown field 'True' of processes
  deleted == True
             ^^^^
  hint: words of the language are written in small letters

unknown field 'p.swap' of processes
  p.swap > 0
  ^^^^^^
  hint: the row goes without saying: 'swap'

'path' is a field of mappings, not of processes
  path == '/bin/sh'
  ^^^^
  hint: processes have 'exe'

'inode' is a field of mappings, not of processes
  inode > 5
  ^^^^^

comm is text and 5 is a number
  comm > 5
       ^
  hint: text is written in quotes: '5'

pid is a number and '12' is text
  pid == '12'
      ^^
  hint: a number is written without quotes

deleted is a condition and 1 is a number
  deleted == 1
          ^^
  hint: it is true or false by itself: leave the comparison out

'<' orders numbers and text, and deleted is a condition
  deleted < true
          ^

lists are not compared, and argv is a list
  argv == 'x'
       ^^
  hint: look into it, e.g. has(argv, 'item')

'and' needs a condition, and user is text
  user and rss > 5
  ^^^^
  hint: compare it, e.g. user == 'root'

'or' needs a condition, and swap is a number
  rss > 5 or swap
             ^^^^
  hint: compare it, e.g. swap ~= 0

'not' needs a condition, and comm is text
  not comm == 'x'
      ^^^^
  hint: it binds tighter than comparisons: not (comm == ...)

'+' needs numbers, and comm is text
  rss + comm
        ^^^^
  hint: '..' joins text

'-' needs numbers, and comm is text
  -comm
   ^^^^

'..' joins text and numbers, and deleted is a condition
  comm .. deleted
          ^^^^^^^

'*' makes no sense with an address
  addr * 2
       ^
  hint: addr is one; addresses take +, -, // and %, and comparisons

'-' makes no sense with an address
  5 - addr
    ^
  hint: addr is one; addresses take +, -, // and %, and comparisons

'=~' needs text, and pid is a number
  pid =~ '12'
  ^^^

'=~' needs text, and 5 is a number
  comm =~ 5
          ^
  hint: a pattern is written in quotes: name =~ 'nginx'

malformed pattern: missing ']'
  comm =~ '[a'
           ^
  hint: %% stands for a percent sign, %. for a dot, %[ for a bracket

malformed pattern: missing ']'
  comm =~ '\x41[a'
          ^^^^^^^^
  hint: %% stands for a percent sign, %. for a dot, %[ for a bracket

malformed glob: missing ']'
  glob(comm, 'a[')
               ^

unknown function 'haz'
  haz(comm, 'x')
  ^^^
  hint: did you mean 'has'?

unknown function 'regex'
  regex(comm, 'x')
  ^^^^^
  hint: there are G K M T abs basename dirname ends floor glob has if known len lower match max min starts upper

'rss' is a field, not a function
  rss(5) > 1
  ^^^
  hint: write it without the parentheses

'has' is a function
  has comm
  ^^^
  hint: write has(text, part)

too few arguments for 'has'
  has(comm)
  ^^^
  hint: write has(text, part)

too many arguments for 'if'
  if(deleted, 1, 2, 3)
  ^^
  hint: write if(condition, a, b)

'starts' needs text, and argv is a list
  starts(argv, 'x')
         ^^^^
  hint: has(argv, 'item') looks into a list

'has' needs text, and 5 is a number
  has(comm, 5)
            ^
  hint: text is written in quotes: '5'

the two values of 'if' differ: 1 is a number, 'x' is text
  if(deleted, 1, 'x')
                 ^^^

this string has no end
  comm == 'abc and rss > 5
          ^^^^^^^^^^^^^^^^
  hint: close it with '

unknown escape '\dbc'
  comm =~ 'a\dbc'
            ^^
  hint: write \\ for one backslash; patterns use %, as in '%d+'

unknown escape '\300'
  comm == '\300'
           ^^
  hint: write \\ for one backslash; patterns use %, as in '%d+'

something is missing after '+'
  rss +
       ^

this '(' has no ')'
  (rss > 5
  ^

')' without '('
  rss > 5)
         ^

unexpected 'pid'
  rss pid
      ^^^
  hint: an operator is missing in front of it

unexpected 'M'
  rss > 100 M
            ^
  hint: a size is written without a blank: 100M

something is missing after '%'
  mem_percent > 10%
                   ^
  hint: '%' is the rest of a division; a percentage is a plain number: mem_percent > 10

'=~' needs text, and argv is a list
  argv =~ 'x'
  ^^^^
  hint: has(argv, 'item') looks into a list

unexpected 'and'
  and rss
  ^^^
  hint: a value is missing in front of it

unexpected '>'
  rss > > 5
        ^
  hint: a value is missing between '>' and '>'

unexpected ','
  rss > 5, swap > 3
         ^
  hint: one expression goes here; join conditions with 'and'

unexpected '@'
  @rss
  ^

'function' is not part of expressions
  function(p) return p.rss end
  ^^^^^^^^
  hint: hand over a function itself: where(function(p) return ... end)

'return' is not part of expressions
  return rss
  ^^^^^^

'99999999999' is too large
  rss > 99999999999T
        ^^^^^^^^^^^^
]=]

for wanted in (MESSAGES .. "\n"):gmatch "(.-)\n\n" do
  local text = wanted:match "\n  ([^\n]*)"
  t.test(text, function() t.eq(message(text), wanted) end)
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
  refused({ 5 }, "a parameter needs a name, and '1' is none")
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

t.test("errors stand where the caller is", function()
  local function verb(text, where)
    local e = expr.compile(text, sample.slow, nil, where)
    return e
  end
  local here = debug.getinfo(1, "l").currentline
  local _, own = pcall(function() verb("swpa", 0) end)
  local _, above = pcall(function() verb("swpa", 1) end)
  local _, list = pcall(function() expr.list("pid, swpa", sample.slow, nil, { where = 0 }) end)
  t.has(own, "expr_errors_test.lua:" .. here - 3 .. ": unknown field")
  t.has(above, "expr_errors_test.lua:" .. here + 2 .. ": unknown field")
  t.has(list, "expr_errors_test.lua:" .. here + 3 .. ": unknown field")
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
    ok, problem = pcall(expr.list, text, sample.slow, nil, { signs = true, names = true })
    t.ok(ok or not problem:find "%.lua:", problem)
  end
end)

t.test("lists", function()
  local function refused(text, options, expected)
    local ok, problem = pcall(expr.list, text, sample.slow, nil, options)
    t.ok(not ok, text)
    t.eq(problem, expected)
  end
  refused("pid, swpa", {}, "unknown field 'swpa' of processes\n  pid, swpa\n       ^^^^\n  hint: did you mean 'swap'?")
  refused("pid,", {}, "an item is missing after the last ','\n  pid,\n      ^")
  refused(", pid", {}, "an item is missing in front of this ','\n  , pid\n  ^")
  refused("pid,, comm", {}, "an item is missing in front of this ','\n  pid,, comm\n      ^")
  refused("mb=rss", { signs = true }, "'=' is assignment\n  mb=rss\n    ^\n  hint: use '==' to compare")
  refused("a.b=rss", { names = true }, "a column's name has no dots\n  a.b=rss\n  ^^^")
  local show = { names = true, pct = true }
  refused("pid rss/M", show, "unexpected 'rss'\n  pid rss/M\n      ^^^\n"
    .. "  hint: commas separate items, where one is more than a name")
  refused("pct(comm)", show, "'pct' needs numbers, and comm is text\n  pct(comm)\n      ^^^^")
  refused("pct()", show, "'pct' takes one argument\n  pct()\n  ^^^\n  hint: write pct(rss)")
  refused("1 + pct(rss)", show, "'pct' is for a whole column of show\n  1 + pct(rss)\n      ^^^\n"
    .. "  hint: as in show\"pid, pct(rss), share=pct(swap)\"")
  refused("-", { signs = true }, "an item is missing here\n  -\n   ^")
  refused("mb=, pid", { names = true }, "an item is missing here\n  mb=, pid\n     ^")
end)

t.finish()
