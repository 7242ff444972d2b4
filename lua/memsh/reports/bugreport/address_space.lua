-- SPDX-License-Identifier: GPL-3.0-or-later
-- The mappings of a process in one pass, however many they are: in the order of addresses, with what repeats said once
-- (a guard and a stack for each of 500 threads is one entry), and the largest of them.
local core = require "memsh.core"

local address_space = {}

---@class memsh.SpaceEntry mappings that are one line of a page
---@field n integer how many mappings
---@field of integer how many different ones repeat; 0: they are not alike
---@field addr integer
---@field addr_end integer
---@field gap integer bytes that are not mapped before it
---@field shapes table[] of each that repeats: perms, name, quadrant, size
---@field size integer
---@field rss integer|any
---@field swap integer|any
---@field resident table<string, integer> rss by quadrant

---@class memsh.Space
---@field n integer
---@field entries memsh.SpaceEntry[]
---@field largest table[] by rss and swap
---@field resident table<string, integer> by quadrant
---@field rows any[]|nil all mappings, where they are few

local LONGEST <const>, FEW <const>, LARGEST <const> = 4, 400, 10

local function add(a, b)
  return core.is_unknown(a) and a or core.is_unknown(b) and b or a + b
end

local function known(value)
  return core.is_unknown(value) and 0 or value
end

-- ---- entries

local function item_of(row, last_end)
  local addr = row.addr
  return { addr = addr, addr_end = row.addr_end, size = row.size, rss = row.rss, swap = row.swap, perms = row.perms,
    name = row.name, quadrant = row.quadrant, gap = last_end and addr - last_end or 0 }
end

local function add_item(entry, item)
  entry.n, entry.addr_end, entry.size = entry.n + 1, item.addr_end, entry.size + item.size
  entry.rss, entry.swap = add(entry.rss, item.rss), add(entry.swap, item.swap)
  entry.resident[item.quadrant] = (entry.resident[item.quadrant] or 0) + known(item.rss)
end

local function entry_of(items)
  local first = items[1]
  local entry = { n = 0, of = #items, addr = first.addr, gap = first.gap, shapes = items, size = 0, rss = 0, swap = 0,
    resident = {} }
  for _, item in ipairs(items) do add_item(entry, item) end
  return entry
end

-- The gap before the first of a repetition is another matter when it is the first of all.
local function alike(a, b, is_first)
  return a.size == b.size and a.perms == b.perms and a.name == b.name and a.quadrant == b.quadrant
    and (is_first or a.gap == b.gap)
end

local Fold = {}
Fold.__index = Fold

-- Where the last `length` single mappings were there just before, too, they become one entry that repeats.
function Fold:close_repetition(length)
  local list = self.entries
  local from = #list - 2 * length
  for i = 1, length do
    local a, b = list[from + i], list[from + length + i]
    if not a or a.n > 1 or b.n > 1 or not alike(a.shapes[1], b.shapes[1], i == 1) then return false end
  end
  local items = {}
  for i = 1, 2 * length do items[i] = list[from + i].shapes[1] end
  local entry = entry_of { table.unpack(items, 1, length) }
  for i = length + 1, 2 * length do add_item(entry, items[i]) end
  for i = #list, from + 1, -1 do list[i] = nil end
  entry.every = items[length + 1].gap
  list[#list + 1], self.open = entry, entry
  return true
end

function Fold:add_single(item)
  self.entries[#self.entries + 1] = entry_of { item }
  for length = 1, LONGEST do
    if self:close_repetition(length) then return end
  end
end

-- A repetition that is not complete is single mappings.
function Fold:give_up()
  local begun = self.begun
  self.open, self.begun = nil, {}
  for _, one in ipairs(begun) do self:add_single(one) end
end

function Fold:add(item)
  local open, begun = self.open, self.begun
  if open then
    local place = #begun + 1
    local gap = place == 1 and open.every or open.shapes[place].gap
    if alike(item, open.shapes[place], true) and item.gap == gap then
      begun[place] = item
      if place < open.of then return end
      for _, one in ipairs(begun) do add_item(open, one) end
      self.begun = {}
      return
    end
    self:give_up()
    if self.open then return self:add(item) end
  end
  self:add_single(item)
end

-- ---- too many to be shown

local MOST <const> = 1000

local function join(entry, other)
  if entry.of ~= 0 then
    entry.of, entry.shapes = 0, {}
  end
  entry.n, entry.addr_end, entry.size = entry.n + other.n, other.addr_end, entry.size + other.size
  entry.rss, entry.swap = add(entry.rss, other.rss), add(entry.swap, other.swap)
  for quadrant, bytes in pairs(other.resident) do
    entry.resident[quadrant] = (entry.resident[quadrant] or 0) + bytes
  end
end

-- The same with neighbours as one that are both smaller.
local function coarser(entries, least)
  local list, last = {}, nil
  for _, entry in ipairs(entries) do
    if last and known(last.rss) + known(last.swap) < least and known(entry.rss) + known(entry.swap) < least then
      join(last, entry)
    else
      list[#list + 1] = entry
    end
    last = list[#list]
  end
  return list
end

-- What is small now may grow: what repeats at the moment is left as it is.
local function shortened(self)
  while #self.entries > MOST do
    self.least = self.least * 2
    self.entries = coarser(self.entries, self.least)
  end
  self.open = self.open and self.entries[#self.entries] == self.open and self.open.of > 0 and self.open or nil
end

-- ---- the largest

local function weight(item)
  return known(item.rss) + known(item.swap)
end

local function is_before(a, b)
  if weight(a) ~= weight(b) then return weight(a) > weight(b) end
  if a.size ~= b.size then return a.size > b.size end
  return math.ult(a.addr, b.addr)
end

local function keep_largest(list, item)
  if list[LARGEST] and not is_before(item, list[LARGEST]) then return end
  local at = #list + 1
  while at > 1 and is_before(item, list[at - 1]) do at = at - 1 end
  table.insert(list, at, item)
  list[LARGEST + 1] = nil
end

--- The mappings of a process, in one pass.
---@param mappings any a row set, or what gives the next row
---@return memsh.Space
function address_space.of(mappings)
  local self = setmetatable({ entries = {}, begun = {}, least = 2048 }, Fold)
  local space, last_end = { n = 0, largest = {}, resident = {}, rows = {} }, nil
  for row in mappings do
    local item = item_of(row, last_end)
    last_end, space.n = item.addr_end, space.n + 1
    if space.rows then space.rows[space.n] = row end
    if space.n > FEW then space.rows = nil end
    space.resident[item.quadrant] = add(space.resident[item.quadrant] or 0, item.rss)
    keep_largest(space.largest, item)
    self:add(item)
    if #self.entries > 2 * MOST then
      self:give_up()
      shortened(self)
    end
  end
  self:give_up()
  shortened(self)
  space.entries = self.entries
  return space
end

return address_space
