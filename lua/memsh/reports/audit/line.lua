-- SPDX-License-Identifier: GPL-3.0-or-later
-- The one line that a monitoring system reads: NAME STATUS - what was found | performance data.
local core = require "memsh.core"
local threshold = require "memsh.reports.audit.threshold"

local line = {}

-- A bar begins performance data, and a line is one line.
local function plain(text)
  return (core.escape(text):gsub("\\\\", "\\"):gsub("|", "\\x7c"))
end

--- A share, never rounded up to what it is not: 94.99 is 94.9.
---@param share number
---@return string
function line.percent(share)
  return threshold.number(math.floor(share * 10) / 10)
end

-- 'label': what is no part of one goes, a quote is doubled.
local function label(text)
  return ("'%s'"):format((plain(text):gsub("=", "_"):gsub("'", "''")))
end

local function value_data(one)
  local value = one.value and threshold.number(one.value) .. one.unit or "U"
  local parts = { value, threshold.text(one.warn), threshold.text(one.crit),
    one.min and threshold.number(one.min) or "",
    one.max and threshold.number(one.max) or "" }
  return label(one.name) .. "=" .. table.concat(parts, ";"):gsub(";+$", "")
end

-- How many there were, and that there should be none.
local function finding_data(one)
  local limits = one.level == 2 and ";;0;0" or one.level == 1 and ";0;;0" or ";;;0"
  return label(one.text) .. "=" .. one.n .. limits
end

local function perfdata(self)
  local parts = {}
  for _, one in ipairs(self.values) do parts[#parts + 1] = value_data(one) end
  for _, one in ipairs(self.findings) do parts[#parts + 1] = finding_data(one) end
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

-- What was found first, the worst before the rest; then the values that are right.
local function found(self, out)
  for level = 2, 1, -1 do
    for _, one in ipairs(self.findings) do
      if one.level == level and one.n > 0 then
        out[#out + 1] = one.is_condition and one.text or ("%s: %d"):format(one.text, one.n)
      end
    end
    for _, one in ipairs(self.values) do
      if one.level == level then out[#out + 1] = value_text(one) end
    end
  end
end

local function not_found(self, out)
  for _, one in ipairs(self.findings) do
    if one.level == 0 and one.n > 0 then out[#out + 1] = ("%s: %d"):format(one.text, one.n) end
  end
  for _, one in ipairs(self.values) do
    if one.level == 0 then out[#out + 1] = value_text(one) end
  end
  if #out == 0 then out[1] = "nothing found" end
end

--- The line, without a newline.
---@param self memsh.Audit
---@param word string
---@return string
function line.text(self, word)
  local out = {}
  found(self, out)
  for _, doubt in ipairs(self.doubts) do out[#out + 1] = doubt end
  if self.accepted and self.accepted.done then out[#out + 1] = "what there is now was accepted" end
  not_found(self, out)
  if self.coverage.undecided > 0 then out[#out + 1] = ("%d undecided"):format(self.coverage.undecided) end
  if self.coverage.lost > 0 then
    out[#out + 1] = ("%d of %d processes not read"):format(self.coverage.lost, self.coverage.asked)
  end
  return ("%s %s - %s | %s"):format(plain(self.name):upper(), word, plain(table.concat(out, "; ")), perfdata(self))
end

return line
