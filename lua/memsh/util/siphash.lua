-- SPDX-License-Identifier: GPL-3.0-or-later
-- SipHash-2-4: a hash that nobody can compute, or try texts against, who does not have the key.

local function rotate(value, bits)
  return value << bits | value >> (64 - bits)
end

local function rounds(v, n)
  local a, b, c, d = v[1], v[2], v[3], v[4]
  for _ = 1, n do
    a, c = a + b, c + d
    b, d = rotate(b, 13) ~ a, rotate(d, 16) ~ c
    a = rotate(a, 32)
    c, a = c + b, a + d
    b, d = rotate(b, 17) ~ c, rotate(d, 21) ~ a
    c = rotate(c, 32)
  end
  v[1], v[2], v[3], v[4] = a, b, c, d
end

local function take(v, word)
  v[4] = v[4] ~ word
  rounds(v, 2)
  v[1] = v[1] ~ word
end

--- The hash of a text, as an integer of 64 bits.
---@param key string 16 bytes
return function(key, text)
  local low, high = string.unpack("<i8i8", key)
  local v = { low ~ 0x736f6d6570736575, high ~ 0x646f72616e646f6d, low ~ 0x6c7967656e657261, high ~ 0x7465646279746573 }
  local whole = #text - #text % 8
  for at = 1, whole, 8 do take(v, (string.unpack("<i8", text, at))) end
  local rest = text:sub(whole + 1) .. ("\0"):rep(7 - #text % 8) .. string.char(#text & 0xff)
  take(v, (string.unpack("<i8", rest)))
  v[3] = v[3] ~ 0xff
  rounds(v, 4)
  return v[1] ~ v[2] ~ v[3] ~ v[4]
end
