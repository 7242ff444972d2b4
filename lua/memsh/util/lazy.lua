-- SPDX-License-Identifier: GPL-3.0-or-later
-- Modules that are loaded when they are first used.

--- A function that gives the module.
return function(name)
  local module
  return function()
    module = module or require(name)
    return module
  end
end
