-- SPDX-License-Identifier: GPL-3.0-or-later
-- A local that stands in no block of an entry is kept for the session.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local locals = require "memsh.prompt.locals"

local function rewrites(text, expected, names)
  local code, found = locals.rewrite(text)
  t.eq(code, expected, text)
  t.eq(table.concat(found, " "), names, text)
end

t.test("the word goes, places stay", function()
  rewrites("local x = 1", "      x = 1", "x")
  rewrites("local x, y = f()", "      x, y = f()", "x y")
  rewrites("f() local x = 1 g()", "f()       x = 1 g()", "x")
  rewrites("local function f(a) return a end", "      function f(a) return a end", "f")
  rewrites("local x <const> = 1", "      x         = 1", "x")
  rewrites("local t = {", "      t = {", "t")
end)

t.test("without a value it is nil", function()
  rewrites("local x", "      x = nil", "x")
  rewrites("local x, y local z = 1", "      x, y = nil       z = 1", "z x y")
end)

t.test("what stands in a block, a text or a comment is left alone", function()
  for _, text in ipairs { "do local x = 1 end", "for i = 1, 2 do local x = i end", "if a then local x = 1 end",
    "f(function() local x = 1 return x end)", "repeat local x = f() until x", "while a do local x = 1 end",
    "x = 'local y = 1'", "-- local y = 1", "x = [[local y]]", "locals = 1", "local f <close> = g()",
    "local _ENV = {}" } do
    rewrites(text, text, "")
  end
  rewrites("if a then b() elseif c then d() end local x = 1", "if a then b() elseif c then d() end       x = 1", "x")
end)

t.test("what is kept is over the globals and hidden from them", function()
  local env = locals.env
  env.of_all = 1
  t.eq(rawget(_G, "of_all"), 1)
  t.eq(table.concat(locals.declare { "of_all", "mine" }, " "), "of_all mine")
  t.eq(env.of_all, nil)
  env.of_all, env.mine = 2, 3
  t.eq(rawget(_G, "of_all"), 1)
  t.eq(rawget(_G, "mine"), nil)
  t.eq(env.of_all + env.mine, 5)
  t.eq(#locals.declare { "mine", "_" }, 0)
  env.mine = nil
  locals.drop { "mine" }
  env.mine = 4
  t.eq(rawget(_G, "mine"), 4)
end)

t.finish()
