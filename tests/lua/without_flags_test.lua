-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which conditions maps alone can rule out. VmFlags, which maps lacks, may make a device or a mapping of huge pages of
-- any mapping: its kind may become 'device' or 'hugetlb' and no other, and it may leave shmem, but not get there.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local expr = require "memsh.expr.expr"
local schema = require "memsh.fields.schema"

local function ruled_out(text) return expr.predicate(text, schema.mapping).stays_false end

t.test("what maps is false of for good", function()
  for _, text in ipairs {
    "w and x", "path == 'file'", "'file' == path", "path == exe", "perms == 'r-xp' or not deleted", "has(path, 'lib')",
    "kind == 'file'", "'sysv' == kind", "kind == 'heap' and w", "w and kind == 'heap'", "kind == 'heap' or x",
    "on_shmem", "on_shmem or kind == 'file'", "size + addr > 1T", "-size < -1T",
  } do t.ok(ruled_out(text), text) end
end)

t.test("what flags may make true", function()
  for _, text in ipairs {
    "kind == 'device'", "'hugetlb' == kind", "kind ~= 'file'", "'file' ~= kind", "not (kind == 'file')", "not on_shmem",
    "kind == path", "path == kind", "kind =~ '^d'", "starts(kind, 'd')", "has(path, kind)", "'x' == 'x' .. kind",
    "kind .. 'x' == 'devicex'", "kind < 'e'", "'e' > kind", "on_shmem == false", "false == on_shmem",
    "quadrant == 'private-file'", "'private-file' == quadrant", "kind == 'file' or kind == 'device'",
    "kind == 'device' or w", "w or kind == 'device'", "w and kind == 'device'", "kind == 'device' and w",
    "inconsistent",
  } do t.ok(not ruled_out(text), text) end
end)

t.finish()
