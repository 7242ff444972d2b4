-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a function reads is not known before it is called. Its first rows teach what is read for the others, together
-- and ahead: what all of those had loaded for it.
local core = require "memsh.core"
local reference_mode = require "memsh.exec.reference_mode"

local prefetch = {}

--- So many rows of each chunk are asked first: what a function no longer wants is not read for long.
prefetch.SAMPLE = 8

--- The files that each of rows[1..n] has loaded.
function prefetch.common(rows, n)
  local files = n > 0 and ~0 or 0
  for i = 1, n do files = files & ~core.missing(rows[i], ~0) end
  return files
end

--- Whether rows[1..n] are enough to learn from them.
function prefetch.pays(n)
  return not reference_mode.plain and n > prefetch.SAMPLE
end

--- Loads for the rows after the first ones what those needed.
function prefetch.load(rows, n, files)
  if files ~= 0 and n > prefetch.SAMPLE then core.load(rows, prefetch.SAMPLE + 1, n, files) end
end

--- A function as a condition, for rows[1..n]: its first rows are asked, and the others' files are loaded.
function prefetch.condition(rows, n, condition)
  if condition.fields or not prefetch.pays(n) then return condition end
  local said = {}
  for i = 1, prefetch.SAMPLE do said[rows[i]] = { condition.decide(rows[i]) } end
  prefetch.load(rows, n, prefetch.common(rows, prefetch.SAMPLE))
  return { step = condition.step, decide = function(row)
    local known = said[row]
    if known then return known[1], known[2] end
    return condition.decide(row)
  end }
end

return prefetch
