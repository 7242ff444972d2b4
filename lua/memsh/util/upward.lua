-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a room asks of one above it, which it may not require. The front door, memsh (init.lua), which sees every room,
-- fills this in: each entry is a function that gives the module.

return setmetatable({}, { __index = function(self, name)
  require "memsh"
  return rawget(self, name)
end })
