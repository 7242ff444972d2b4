-- SPDX-License-Identifier: GPL-3.0-or-later
-- The hash behind --redact, by the test vectors of its authors.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local siphash = require "memsh.util.siphash"

local bytes = {}
for i = 0, 15 do bytes[i + 1] = string.char(i) end
local key = table.concat(bytes)

t.test("SipHash-2-4 of 0, 1, 7, 8, 15 bytes", function()
  for length, hash in pairs { [0] = 0x726fdb47dd0e0e31, [1] = 0x74f839c593dc67fd, [7] = 0xab0200f58b01d137,
    [8] = 0x93f5f5799a932462, [15] = 0xa129ca6149be45e5 } do
    t.eq(("%016x"):format(siphash(key, key:sub(1, length))), ("%016x"):format(hash))
  end
end)

t.finish()
