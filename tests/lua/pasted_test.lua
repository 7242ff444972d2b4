-- SPDX-License-Identifier: GPL-3.0-or-later
-- What is pasted at once is cut into the entries that somebody would have typed.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local pasted = require "memsh.prompt.pasted"

local function entries(text)
  local list = {}
  while text do
    local first, rest = pasted.cut(text)
    list[#list + 1], text = first or text, rest
  end
  return list
end

t.test("questions are entries of their own, and a chain is one", function()
  t.eq(entries 'procs:top(1)\nprocs:top(2)', { 'procs:top(1)', 'procs:top(2)' })
  t.eq(entries 'procs:where"swap > 0"\n  :sort"-rss"\n  :top(3)\nmaps',
    { 'procs:where"swap > 0"\n  :sort"-rss"\n  :top(3)', 'maps' })
  t.eq(entries 'a = procs()\n  :sort"-rss"\na', { 'a = procs()\n  :sort"-rss"', 'a' })
end)

t.test("a line that begins with a bracket is not what the line before it is called with", function()
  t.eq(entries 'before = procs()\n(procs() - before):top(2)', { 'before = procs()', '(procs() - before):top(2)' })
end)

t.test("commands and verbs of the prompt are entries", function()
  t.eq(entries 'procs:where"swap > 0";\n:by"user":sum"swap"\nshr?\nhelp swap',
    { 'procs:where"swap > 0";', ':by"user":sum"swap"', 'shr?', 'help swap' })
end)

t.test("what shows nothing, is no Lua, or goes on, stays as it is", function()
  for _, text in ipairs { "x = 1\ny = 2", "for i = 1, 2 do\n  print(i)\nend", "a ==\n b c\nd", "procs:top(1)",
    "x\nfor i = 1" } do
    t.eq(entries(text), { text })
  end
end)

t.finish()
