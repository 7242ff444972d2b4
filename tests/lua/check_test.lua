-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- p:check() and the identities, over a machine whose numbers are made by the kernel's rules.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"
local identities = require "memsh.analysis.identities"
local selfcheck = require "memsh.analysis.selfcheck"

t.test("each process of the fixture: every identity is compared and holds", function()
  for p in procs:where "pid == 1 or pid > 400 and pid < 1200 or pid == 1400" do
    for _, row in ipairs(p:check():where "not has(what, 'pagemap')":rows()) do -- which no saved machine has
      t.eq(row.expected, true, p.pid .. ": " .. row.what)
      t.eq(row.difference, row.left - row.right, row.what)
      t.eq(row.why, "", row.what)
    end
  end
end)

t.test("check is a row set: filtered, sorted, shown", function()
  local set = proc(1107):check()
  t.eq(set:count(), #identities)
  t.eq(set:where "what == 'vm_rss = sum of rss over the mappings'":first().left, proc(1107).vm_rss)
  t.eq(set:where "not expected and not has(what, 'pagemap')":empty(), true)
end)

t.test("what has no memory has nothing to compare: nil, a message, a name", function()
  local set, message, name = proc(1200):check()
  t.eq(set, nil)
  t.eq(name, "no_memory")
  assert(message:find "1200")
end)

t.test("each identity has words of its own", function()
  local seen = {}
  for _, identity in ipairs(identities) do
    local text = identities.text(identity)
    t.eq(seen[text], nil, text)
    seen[text] = true
  end
end)

t.test("selfcheck counts processes, not kernel threads, and what could not be compared", function()
  local result = selfcheck.run()
  t.eq(result.failures, 0)
  t.eq(result.checked, 6)
  t.eq(result.moving, 0)
  t.eq(result.coverage:counts().no_memory, result.coverage:counts().total - 6)
  for _, row in ipairs(result.rows:rows()) do
    assert(row.processes == (row.identity:find "pagemap" and 0 or 6), row.identity)
    t.eq(row.explained + row.failures, 0, row.identity)
  end
  assert(core.kind(proc(1107)) == "process")
end)

t.finish()
