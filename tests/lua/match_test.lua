-- SPDX-License-Identifier: GPL-3.0-or-later
-- memsh's matcher against Lua's own, which shares no code with it; and its globs.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"

local random = math.random

local PIECES = {
  "a", "b", "c", ".", "%a", "%d", "%s", "%w", "%W", "%x", "%p", "%c", "%g", "%u", "%l", "%A", "%S", "[ab]", "[^ab]",
  "[a-c]", "[%d%s]", "[%a-]", "[]a]", "[^]]", "[^%s]", "[%]x]", "*", "+", "-", "?", "*", "?", "(", ")", "()", "%1",
  "%2",  "%b()", "%bab", "%baa", "%f[%a]", "%f[%W]", "^", "$", "%.", "%%", "%", "[", "]", "\0", "\xff", "(a*)",
  "(.-)%1", "[\0-\x1f]", "[\x80-\xff]",
}
local BYTES = { "a", "b", "c", "A", "1", " ", "(", ")", "[", "]", "%", ".", "-", "\0", "\xff", "a", "b", "ab", "/" }

local function random_text(pieces, most)
  local out = {}
  for i = 1, random(0, most) do out[i] = pieces[random(#pieces)] end
  return table.concat(out)
end

-- string.find takes a pattern without these as it stands, even one that is malformed.
local function is_pattern(text)
  return text:find "[%^%$%*%+%?%.%(%[%%%-]" ~= nil
end

t.test("random patterns match what Lua's do", function()
  local matched, malformed = 0, 0
  for _ = 1, 200000 do
    local text, pattern = random_text(BYTES, 8), random_text(PIECES, 6)
    if not pattern:find "%%[zZ]" then
      local ok, found = pcall(string.find, text, pattern)
      local sound, _, offset = core.match_check(pattern)
      if sound then
        t.ok(ok, ("%q is malformed to Lua"):format(pattern))
        t.eq(core.match(text, pattern), found ~= nil, ("%q in %q"):format(pattern, text))
        if found then matched = matched + 1 end
      else
        malformed = malformed + 1
        t.ok(offset >= 1 and offset <= #pattern, pattern)
        t.ok(not pcall(core.match, text, pattern), pattern)
        -- What Lua finds whole cannot be malformed, but for the letters that are no class.
        if ok and found and is_pattern(pattern) then t.ok(pattern:find "%[", pattern) end
      end
    end
  end
  t.ok(matched > 20000 and malformed > 10000)
end)

t.test("every class has the bytes that Lua's has", function()
  for letter in ("adlsuwxpcgADLSUWXPCG"):gmatch "." do
    for byte = 0, 255 do
      local one = string.char(byte)
      t.eq(core.match(one, "^%" .. letter .. "$"), one:find("%" .. letter) ~= nil, letter .. byte)
      t.eq(core.match(one, "^[^%" .. letter .. "_]$"), one:find("[^%" .. letter .. "_]") ~= nil)
    end
  end
end)

t.test("malformed patterns say what and where", function()
  local cases = {
    { "a%", "it ends with '%'", 2 }, { "[a", "missing ']'", 1 }, { "x[]", "missing ']'", 2 },
    { "[^]", "missing ']'", 1 }, { "(a", "'(' without ')'", 1 }, { "a)", "')' without '('", 2 },
    { "%1", "there is no such capture before it", 1 },
    { "(a%1)", "there is no such capture before it", 3 }, { "%0", "there is no such capture before it", 1 },
    { "a%b(", "'%b' needs two characters after it", 2 }, { "%fa", "'%f' needs a set after it", 1 },
    { "%f", "'%f' needs a set after it", 1 }, { "%q", "there is no class of this letter", 1 },
    { ("()"):rep(33), "too many captures", 65 }, { ("a*"):rep(600), "the pattern is too long", 1027 },
  }
  for _, case in ipairs(cases) do
    local sound, message, offset = core.match_check(case[1])
    t.eq({ sound, message, offset }, { nil, case[2], case[3] }, case[1])
  end
  t.eq(core.match_check "libssl%.so[%d.]*$", true)
end)

t.test("a pattern that would take forever is refused, and names itself", function()
  local text = t.raises(function() core.match(("a"):rep(200), ("a*"):rep(20) .. "b") end, "takes too long")
  t.has(text, ("a*"):rep(20) .. "b")
  t.ok(not text:find "^[^ ]*:%d+:", "no place in the program")
end)

t.test("habits that are linear stay so", function()
  local long = ("x"):rep(1 << 20)
  t.eq(core.match(long, ".*y"), false)
  t.eq(core.match(long, "^.*y$"), false)
  t.eq(core.match(long, ".-y"), false)
  t.eq(core.match(long, "%d"), false)
  t.eq(core.match(long .. "7", "%d+$"), true)
  t.eq(core.match(long, "y.*"), false)
  t.eq(core.match(long .. "y", "[xz]y"), true)
  t.eq(core.glob(long, "*y"), false)
  t.eq(core.glob(long, "*x*x*x"), true)
end)

t.test("globs", function()
  local yes = {
    { "", "" }, { "", "*" }, { "a", "?" }, { "abc", "a*c" }, { "abc", "*" }, { "a/b/c", "a*c" }, { "abc", "[a-c]*" },
    { "x", "[!a-c]" }, { "x", "[^a-c]" }, { "*", "\\*" }, { "]", "[]]" }, { "a", "[!]]" }, { "-", "[a-]" },
    { "-", "[\\-]" }, { "\\", "[\\\\]" }, { "\\", "\\\\" }, { "aXbXc", "*X*X*" }, { "aab", "*ab" }, { "a\0b", "a?b" },
    { "\xff", "?" }, { "mississippi", "m*issip*" }, { "b", "[\\a-c]" }, { "!", "[a!]" },
  }
  for _, case in ipairs(yes) do t.ok(core.glob(case[1], case[2]), case[1] .. " in " .. case[2]) end
  local no = {
    { "a", "" }, { "", "?" }, { "abc", "a*b" }, { "abc", "?" }, { "a", "[!a-c]" }, { "a", "\\*" }, { "A", "a" },
    { "ab", "*ab?" }, { "abc", "b*" }, { "a", "[]]" },
  }
  for _, case in ipairs(no) do t.ok(not core.glob(case[1], case[2]), case[1] .. " not in " .. case[2]) end
  t.eq({ core.glob_check "a[b" }, { nil, "missing ']'", 2 })
  t.eq({ core.glob_check "a\\" }, { nil, "it ends with '\\'", 2 })
  t.raises(function() core.glob("a", "[") end, "missing ']'")
end)

-- The same glob written as one of Lua's patterns.
local function as_pattern(glob)
  return "^" .. glob:gsub("[%^%$%(%)%%%.%+%-]", "%%%0"):gsub("%*", ".*"):gsub("%?", ".") .. "$"
end

t.test("random globs match what the same patterns do", function()
  local pieces = { "a", "b", "*", "?", "/", ".", "-", "*", "ab", "%", "(" }
  local matched = 0
  for _ = 1, 100000 do
    local text, glob = random_text({ "a", "b", "/", ".", "%", "-" }, 8), random_text(pieces, 6)
    local expected = text:find(as_pattern(glob)) ~= nil
    t.eq(core.glob(text, glob), expected, ("%q in %q"):format(glob, text))
    if expected then matched = matched + 1 end
  end
  t.ok(matched > 5000)
end)

t.finish()
