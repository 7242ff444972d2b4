-- SPDX-License-Identifier: GPL-3.0-or-later
-- Values that are there now: names after comm == ', numbers after proc(. They are read while TAB waits, so as many as
-- the time allows, and only from files that never wait for the process that they are of.
local core = require "memsh.core"
local computed = require "memsh.fields.computed"
local machine = require "memsh.fields.machine"
local plural = require "memsh.util.plural"
local words = require "memsh.prompt.complete.words"
require "memsh.fields.schema" -- gives rows their computed fields

local values = {}

--- Seconds, and what measures them.
values.budget, values.clock = 0.040, core.clock

local BATCH <const> = 64

-- What is read without taking the address space's lock, which may be held for ever.
local QUICK <const> = { stat = true, status = true, cgroup = true }

-- What a text field can be, from the words of its meaning.
local CLOSED <const> = {
  kind = function(meaning) return meaning:gmatch "()(%l+)" end,
  quadrant = function(meaning) return meaning:match(": (.*)$"):gmatch "()(%l+%-%l+)" end,
  state = function(meaning) return meaning:gmatch "%f[%w](%a) ([^,]+)" end,
}

local function find(kind, name)
  for _, field in ipairs(core.fields(kind)) do
    if field.name == name then return field end
  end
end

-- The field of the field table that is read for one of that name.
local function read_for(name)
  for _, field in ipairs(computed.fields "process") do
    if field.name == name and field.type == "text" then return find("process", field.from) end
  end
  local field = find("process", name)
  return field and (field.type == "text" or field.type == "path") and field or nil
end

-- Hands out processes, the last ones first (the kernel's threads have low numbers), a batch at a time and one at
-- least, until the time is over. How many of them it was.
local function each(pids, mask, stop, take)
  local source, left = machine.source(), #pids
  while left > 0 and (left == #pids or values.clock() < stop) do
    local rows = {}
    for i = left, math.max(left - BATCH + 1, 1), -1 do rows[#rows + 1] = source:process(pids[i]) end
    core.load(rows, 1, #rows, mask)
    for _, row in ipairs(rows) do take(row) end
    left = left - #rows
  end
  return #pids - left
end

local function note(read, all, hidden)
  local parts = {}
  if read < all then parts[1] = ("%d of %d processes"):format(read, all) end
  if hidden > 0 then parts[#parts + 1] = ("left out: %d with bytes that need escapes"):format(hidden) end
  return #parts > 0 and "(" .. table.concat(parts, "; ") .. ")" or nil
end

-- A text that can be typed between quotes as it is.
local function is_plain(text)
  return text ~= "" and core.escape(text) == text and not text:find "['\"\\]"
end

local function add_live(out, name, field, quote)
  local stop, counts, hidden = values.clock() + values.budget, {}, 0
  local pids = machine.pids()
  local is_of_all = field.file == "stat" or field.file == "status" -- else threads of the kernel have none
  local read = each(pids, core.plan { field.id }, stop, function(row)
    local value = row[name]
    if type(value) ~= "string" or (is_of_all and core.is_kernel(row)) then return end -- procs() has none either
    if is_plain(value) then
      counts[value] = (counts[value] or 0) + 1
    elseif value ~= "" then
      hidden = hidden + 1
    end
  end)
  for value, n in pairs(counts) do out:add(value, quote, plural(n, "process")) end
  out.note = note(read, #pids, hidden)
end

--- What a text field is compared with; `quote` ends the text.
---@param name string the field
---@param quote string
---@return memsh.Words
function values.of(name, quote)
  local out = words.new()
  local owned = name:match "^proc%.([%w_]+)$"
  local closed = CLOSED[owned or name]
  if closed then
    local field = find(name == "state" and "process" or owned and "process" or "mapping", owned or name)
    for word, about in closed(field.meaning) do
      if type(word) == "number" then word, about = about, nil end
      out:add(word, quote, about)
    end
    return out
  end
  local field = read_for(owned or name)
  if field and QUICK[field.file] then add_live(out, owned or name, field, quote) end
  return out
end

--- The numbers of processes that begin with `digits`, each with the name of its program; of all of them without the
--- kernel's threads.
---@param digits string
---@return memsh.Words
function values.pids(digits)
  local out, pids, stop = words.new(), {}, values.clock() + values.budget
  for _, pid in ipairs(machine.pids()) do
    if tostring(pid):sub(1, #digits) == digits then pids[#pids + 1] = pid end
  end
  out.order = {}
  local read = each(pids, core.plan { find("process", "comm").id }, stop, function(row)
    if type(row.comm) ~= "string" or (digits == "" and core.is_kernel(row)) then return end
    local word = tostring(row.pid)
    out.order[#out.order + 1] = word
    out:add(word, "", row.comm)
  end)
  table.sort(out.order, function(a, b) return tonumber(a) < tonumber(b) end)
  out.note = note(read, #pids, 0)
  return out
end

return values
