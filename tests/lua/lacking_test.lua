-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- What `memsh --version` says that the kernel lacks: the fields that a row calls unsupported, each asked by itself.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"

local function unsupported(kind, row, skip)
  local names = {}
  for _, field in ipairs(core.fields(kind)) do
    local asked = not field.alias_of and field.since ~= "1.0" and not skip[field.name]
    if asked and why(row[field.name]) == "unsupported" then names[#names + 1] = field.name end
  end
  return table.concat(names, " ")
end

-- They are sums of what mappings say.
local SUMS <const> = { private_file = true, shared_file = true }

t.test("the fields that rows of a fixture and of this machine lack", function()
  for _, source in ipairs { core.source(os.getenv "MEMSH_FIXTURES" .. "/full"), core.source() } do
    local pid = source:is_live() and tonumber(io.open "/proc/self/stat":read "a":match "^%d+") or 413
    local process, fresh = source:process(pid), source:process(pid)
    t.eq(table.concat(core.lacking(process), " "), unsupported("process", fresh, SUMS))
    t.eq(table.concat(core.lacking(source:system()), " "), unsupported("system", source:system(), {}))
    local mapping = core.listing(process, true, 0):view()
    t.eq(table.concat(core.lacking(mapping), " "), unsupported("mapping", mapping, {}))
  end
end)

t.test("what is no row lacks nothing", function()
  t.raises(function() core.lacking(1) end, "not a row")
end)

t.finish()
