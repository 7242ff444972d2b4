-- SPDX-License-Identifier: GPL-3.0-or-later
-- A syntax error shows where it is: the caret stands where the text stops making sense.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local syntax_errors = require "memsh.prompt.syntax_errors"

local function explain(source)
  local chunk, message = load(source, "=input", "t")
  t.eq(chunk, nil, source)
  return syntax_errors.explain(source, "=input", message)
end

local function shows(source, message, excerpt, caret)
  t.eq(explain(source), ("%s\n  %s\n  %s"):format(message, excerpt, caret), source)
end

t.test("the token that is wrong, not another one like it", function()
  shows("x = = 3", "unexpected symbol near '='", "x = = 3", "    ^")
  shows("a = 1 b = 2 c == 3", "syntax error near '=='", "a = 1 b = 2 c == 3", "              ^^")
  shows("return return", "unexpected symbol near 'return'", "return return", "       ^^^^^^")
end)

t.test("as an expression, where that reading got farther", function()
  shows("1 +* 2", "unexpected symbol near '*'", "1 +* 2", "   ^")
  shows("procs:where'a' = = 2", "syntax error near '='", "procs:where'a' = = 2", "               ^")
end)

t.test("the line it is in", function()
  shows("if x then\n  y = = 3\nend", "unexpected symbol near '='", "  y = = 3", "      ^")
end)

t.test("what is missing at the end", function()
  shows("f(1", "')' expected: something is missing at the end", "f(1", "   ^")
  shows("print('abc", "unfinished string: something is missing at the end", "print('abc",
    "          ^\n  hint: a quote is missing")
end)

t.test("characters of more than one byte take one column", function()
  shows("x = 'é' +* 2", "unexpected symbol near '*'", "x = 'é' +* 2", "         ^")
  shows("procs:where“swap > 0”", "function arguments expected near '“'", "procs:where“swap > 0”", "           ^")
end)

t.test("wide characters take two, escaped ones as many as are shown", function()
  shows("x = '漢' +* 2", "unexpected symbol near '*'", "x = '漢' +* 2", "          ^")
  shows("x = '\1' +* 2", "unexpected symbol near '*'", "x = '\\x01' +* 2", "            ^")
end)

t.test("messages without a token stay", function()
  t.eq(explain "break", "break outside loop at line 1")
end)

t.test("a long line is cut around the place", function()
  local text = explain(("x = 1 "):rep(500) .. "y = = 2" .. (" z = 1"):rep(500))
  local excerpt, caret = text:match "\n  (.*)\n  (.*)$"
  t.eq(excerpt:sub(#caret - 4, #caret), "y = =")
  t.eq(#excerpt <= 80, true)
end)

t.test("a long expression, too", function()
  local text = explain("1 + " .. ("1 + "):rep(50) .. "* 2")
  local excerpt, caret = text:match "\n  (.*)\n  (.*)$"
  t.eq(excerpt:sub(#caret - 4, #caret), "1 + *")
end)

t.test("a line with many tokens of the kind takes no time", function()
  local start = os.clock()
  explain(("x = {" .. ("1, "):rep(20) .. "} "):rep(5000) .. "= = 3")
  t.eq(os.clock() - start < 5, true)
end)

local function hint(source)
  return (explain(source):match "\n  hint: (.*)$")
end

t.test("the usual slips have their own answers", function()
  t.eq(hint "x = 1M", "in Lua write 1*M; sizes like 1M belong in texts: where\"pss > 1M\"")
  t.eq(hint "procs:where(function(p) return p.pss > 10MB end)",
    "in Lua write 10*M; sizes like 10M belong in texts: where\"pss > 10M\"")
  t.eq(hint "procs:where swap > 0", "what where takes is a text in quotes: where\"swap > 0\"")
  t.eq(hint "procs:by user:sum'rss'", "what by takes is a text in quotes: by\"...\"")
  t.eq(hint "procs:where\"swap > 0", "a quote is missing")
  t.eq(hint "procs:where\"swap > 0:sort\"-swap\"", "a quote is missing")
  t.eq(hint "SELECT pid FROM procs WHERE swap > 0",
    "a question is a chain, as in procs:where\"swap > 0\":show\"pid comm swap\":top(10)")
  t.eq(hint "proc(1):maps:count()", "a verb has brackets, or a text in quotes: maps()")
  t.eq(hint "x = a && b", "use 'and'")
  t.eq(hint "x = a || b", "use 'or'")
  t.eq(hint "x = !y", "use 'not'")
  t.eq(hint "x = a != b", "use '~='")
  t.eq(hint "x = a => b", "use '>='")
  t.eq(hint "x += 1", "there is no '+='; write x = x + 1")
  t.eq(hint "x = = 3", nil)
end)

t.test("an escape that is none is pointed at", function()
  shows([[procs:where"comm =~ '\d'"]], [[invalid escape sequence '\d']], [[procs:where"comm =~ '\d'"]],
    (" "):rep(21) .. [[^^
  hint: in "..." Lua wants \\d; in [[...]] .. "]] it stays: where[[comm =~ '\\d']]")
end)

t.test("a question without a colon or quotes leads to a chain", function()
  for _, text in ipairs { 'procs where "swap > 0"', "procs|where swap > 0", "maps sort -rss" } do
    t.has(hint(text), "a question is a chain")
  end
  t.eq(hint "procs > 3 4", nil)
end)

t.test("a question in English leads to help", function()
  for _, text in ipairs { "show me all processes", "what uses swap?", "Which user has most memory" } do
    t.has(hint(text), "a question is a chain")
    t.has(hint(text), "help")
  end
end)

t.finish()
