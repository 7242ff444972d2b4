-- SPDX-License-Identifier: GPL-3.0-or-later
-- The one line that a monitoring system reads: NAME STATUS - what was found | performance data.
local core = require "memsh.core"
local threshold = require "memsh.reports.audit.threshold"

local line = {}

-- A bar would begin the performance data, a line break end the line.
local function plain(text)
  return (core.escape(text):gsub("\\\\", "\\"):gsub("|", "\\x7c"))
end

--- A share, never rounded up to what it is not: 94.99 is 94.9.
---@param share number
---@return string
function line.percent(share)
  return threshold.number(math.floor(share * 10) / 10)
end

-- 'label': = may not be in it, a quote is doubled.
local function label(text)
  return ("'%s'"):format((plain(text):gsub("=", "_"):gsub("'", "''")))
end

local function value_data(one)
  local value = one.value and threshold.number(one.value) .. one.unit or "U"
  local parts = { value, threshold.text(one.warn), threshold.text(one.crit),
    one.min and threshold.number(one.min) or "", one.max and threshold.number(one.max) or "" }
  return label(one.name) .. "=" .. table.concat(parts, ";"):gsub(";+$", "")
end

-- The limits of a finding, by level: there should be none.
local LIMITS <const> = { [0] = ";;;0", ";0;;0", ";;0;0" }

local function perfdata(self)
  local parts = {}
  for _, one in ipairs(self.values) do parts[#parts + 1] = value_data(one) end
  for _, one in ipairs(self.findings) do
    parts[#parts + 1] = label(one.label or one.text) .. "=" .. one.n .. LIMITS[one.level]
  end
  parts[#parts + 1] = ("'undecided'=%d;;;0"):format(self.coverage.undecided)
  return table.concat(parts, " ")
end

local function amount(number, unit)
  if unit == "B" then return core.human(number) end
  return threshold.number(number) .. unit
end

local function value_text(one)
  if not one.value then return nil end
  local text = ("%s %s"):format(one.name, amount(one.value, one.unit))
  if one.of and one.of > 0 then
    text = ("%s of %s (%s%%)"):format(text, amount(one.of, one.unit), line.percent(100 * one.value / one.of))
  end
  return text
end

local function add_level(self, level, out)
  for _, one in ipairs(self.findings) do
    if one.level == level and one.n > 0 then
      out[#out + 1] = one.is_condition and one.text or ("%s: %d"):format(one.text, one.n)
    end
  end
  for _, one in ipairs(self.values) do
    if one.level == level then out[#out + 1] = value_text(one) end
  end
end

--- The line, without a newline: the worst findings first, then doubts, then what is right.
---@param self memsh.Audit
---@param word string
---@return string
function line.text(self, word)
  local out = {}
  for level = 2, 1, -1 do add_level(self, level, out) end
  table.move(self.doubts, 1, #self.doubts, #out + 1, out)
  if self.accepted and self.accepted.done then out[#out + 1] = "what there is now was accepted" end
  add_level(self, 0, out)
  if #out == 0 then out[1] = "nothing found" end
  if self.coverage.undecided > 0 then out[#out + 1] = ("%d undecided"):format(self.coverage.undecided) end
  if self.coverage.lost > 0 then
    out[#out + 1] = ("%d of %d processes not read"):format(self.coverage.lost, self.coverage.asked)
  end
  return ("%s %s - %s | %s"):format(plain(self.name):upper(), word, plain(table.concat(out, "; ")), perfdata(self))
end

return line
