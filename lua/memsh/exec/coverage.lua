-- SPDX-License-Identifier: GPL-3.0-or-later
-- How much of the machine an answer rests on: the processes by the worst reason met, and what was undecided.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

local coverage = {}

local Coverage = {}
Coverage.__index = Coverage

-- Runs whose coverage nobody was told of yet.
local untold, begun = setmetatable({}, { __mode = "k" }), 0
local texts, times = {}, {} -- what is to be said of those that are over

-- The worst first.
local ORDER = { "out_of_memory", "timeout", "denied", "io", "malformed", "too_large", "budget", "not_recorded",
  "unsupported", "no_memory", "gone" }
local RANK = {}
for i, reason in ipairs(ORDER) do RANK[reason] = i end

-- What has ended or has no address space has no memory that an answer could lack.
local NOTHING_LOST = { gone = true, no_memory = true }
-- Beside those: what this kernel can't tell of anybody.
local HARMLESS = { gone = true, no_memory = true, unsupported = true }

--- Whether a value that is unknown for this reason is missing from a sum.
function coverage.loses(reason)
  return not NOTHING_LOST[reason]
end

--- Called with the coverage of each run that begins, and that of the frozen rows that it rests on; nil: by nobody.
---@type nil|fun(seen: table, base: table|nil)
coverage.watch = nil

--- Whether anything has been unknown so far for another reason than that there was nothing to know.
coverage.lost = false

--- Whether anything has been unknown so far because memsh ran out of memory.
coverage.starved = false

--- Something that was asked for is unknown for this reason.
function coverage.miss(reason)
  if not NOTHING_LOST[reason] then coverage.lost = true end
  if reason == "out_of_memory" then coverage.starved = true end
end

-- `asked`: the pids of processes that more was read of than what anybody may read; nil: nobody wants to know.
function coverage.new()
  return setmetatable({ met = {}, total = 0, worst = {}, undecided = 0, undecided_by = {}, owners = 0, owners_by = {},
    lost = 0, changed = 0, twice = 0, unread = 0, listings = 0, hidden = 0 }, Coverage)
end

--- The processes of the machine were listed; `hidden`: others are hidden from who asks.
function Coverage:list(hidden)
  self.listings = self.listings + 1
  if hidden then self.hidden = self.hidden + 1 end
end

--- A process was met: it counts once, however many sets of a query it is in.
function Coverage:process(pid)
  if self.met[pid] then return end
  self.met[pid] = true
  self.total = self.total + 1
end

--- A value of a process was unknown.
function Coverage:note(pid, reason)
  local before = self.worst[pid]
  if reason == "timeout" then self.gave_up = self.gave_up or core.readers(machine.source()).gave_up end
  coverage.miss(reason)
  if pid and pid > 0 and (not before or RANK[reason] < RANK[before]) then self.worst[pid] = reason end
end

--- A row's predicate came out unknown.
function Coverage:undecide(pid, reason)
  self:note(pid, reason)
  self.undecided = self.undecided + 1
  if not NOTHING_LOST[reason] then self.lost = self.lost + 1 end
  self.undecided_by[reason] = (self.undecided_by[reason] or 0) + 1
end

--- The mappings of a process could not be read.
function Coverage:lose_owner(pid, reason)
  self:note(pid, reason)
  self.owners = self.owners + 1
  self.lost = self.lost + 1
  self.owners_by[reason] = (self.owners_by[reason] or 0) + 1
end

--- The mappings of a process changed each time they were read.
function Coverage:change()
  self.changed = self.changed + 1
end

--- A process may share its address space with its parent, and its memory be counted twice.
function Coverage:note_twice()
  self.twice = self.twice + 1
end

--- Ctrl-C came when the first `at` of these processes had been read.
function Coverage:interrupt(pids, at)
  for i = at + 1, #pids do
    if self.met[pids[i]] then
      self.met[pids[i]] = nil
      self.total = self.total - 1
    end
    self.worst[pids[i]] = nil
  end
  self.unread = self.unread + math.max(#pids - at, 1) -- a row that was on its way is lost, at the end, too
end

--- How many processes something could not be read of.
function Coverage:unreadable()
  local n = 0
  for _, reason in pairs(self.worst) do
    if not HARMLESS[reason] then n = n + 1 end
  end
  return n
end

--- Whether something of this process could not be read that it has.
function Coverage:has_lost(pid)
  return self.worst[pid] ~= nil and not HARMLESS[self.worst[pid]]
end

--- There are processes that can't be seen, and what was asked is of the whole machine.
function Coverage:miss_processes(why)
  self.unseen = why
end

--- Whether the machine's processes were listed, and not one of them was there to be read: a machine has some.
function Coverage:is_nothing()
  if self.listings == 0 then return false end
  for pid in pairs(self.met) do
    if self.worst[pid] ~= "gone" then return false end
  end
  return self.unread == 0
end

--- How many rows, or owners of rows, that have memory may be missing from what was selected.
function Coverage:missing()
  return self.lost + self.unread + self.hidden + (self:is_nothing() and 1 or 0)
end

--- The reason that stands for all that may be missing, or nil.
function Coverage:reason()
  for _, reason in ipairs(ORDER) do
    if not NOTHING_LOST[reason] and (self.undecided_by[reason] or self.owners_by[reason]) then return reason end
  end
  if self.hidden > 0 then return "denied" end
  return (self.unread > 0 or self:is_nothing()) and "not_recorded" or nil
end

--- Adds what is known of this to another: a frozen set rests on the coverage of the run that made it, and who is told
--- of the other is told of this.
function Coverage:add_to(other)
  if self.untold then
    self.untold = nil
    coverage.begin(other)
  end
  for pid in pairs(self.met) do other:process(pid) end
  for _, name in ipairs { "undecided", "owners", "lost", "changed", "twice", "unread", "listings", "hidden" } do
    other[name] = other[name] + self[name]
  end
  other.gave_up = other.gave_up or self.gave_up
  other.unseen = other.unseen or self.unseen
  for pid, reason in pairs(self.worst) do other:note(pid, reason) end
  for name, by in pairs { undecided_by = self.undecided_by, owners_by = self.owners_by } do
    for reason, n in pairs(by) do other[name][reason] = (other[name][reason] or 0) + n end
  end
end

--- As numbers: { total, read, REASON = n, undecided, undecided_owners, inconsistent_listings, unread }; and where
--- there are processes that are not even listed `hidden`, true: from who asks, `unseen`, true: for another reason.
function Coverage:counts()
  local counts = { total = self.total, read = self.total, undecided = self.undecided }
  for _, reason in pairs(self.worst) do
    counts[reason] = (counts[reason] or 0) + 1
    counts.read = counts.read - 1
  end
  if self.owners > 0 then counts.undecided_owners = self.owners end
  if self.changed > 0 then counts.inconsistent_listings = self.changed end
  if self.twice > 0 then counts.maybe_counted_twice = self.twice end
  if self.unread > 0 then counts.unread = self.unread end
  if self.hidden > 0 then counts.hidden = true end
  if self.unseen then counts.unseen = true end
  return counts
end

--- Whether something could not be answered.
function Coverage:is_partial()
  if self.unseen or self:missing() > 0 or self.changed > 0 or self.twice > 0 then return true end
  for _, reason in pairs(self.worst) do
    if not HARMLESS[reason] then return true end
  end
  return false
end

local function by_reason(counts)
  local parts = {}
  for _, reason in ipairs(ORDER) do
    if counts[reason] then parts[#parts + 1] = ("%d %s"):format(counts[reason], reason) end
  end
  return table.concat(parts, ", ")
end

local function plural(n, one)
  return ("%d %s%s"):format(n, one, n == 1 and "" or one:find "s$" and "es" or "s")
end

--- One line for people: "66 processes: 60 read, 6 denied; 6 rows undecided (6 denied)".
function Coverage:text()
  local counts = self:counts()
  local rest = by_reason(counts)
  local parts = { ("%s: %d read%s"):format(plural(counts.total, "process"), counts.read,
    rest ~= "" and ", " .. rest or "") }
  if self.undecided > 0 then
    parts[#parts + 1] = ("%s undecided (%s)"):format(plural(self.undecided, "row"), by_reason(self.undecided_by))
  end
  if self.owners > 0 then
    parts[#parts + 1] = ("mappings of %s not listed (%s)"):format(plural(self.owners, "process"),
      by_reason(self.owners_by))
  end
  if self:is_nothing() then parts[#parts + 1] = "no process could be read in " .. machine.source():root() end
  if self.hidden > 0 then parts[#parts + 1] = "processes of others are hidden here (hidepid)" end
  if self.unseen then parts[#parts + 1] = "processes are missing: " .. self.unseen end
  if self.unread > 0 then parts[#parts + 1] = ("interrupted before %d more were read"):format(self.unread) end
  if self.gave_up then
    parts[#parts + 1] = "so many readers hang that files which may hang were no longer opened"
  end
  if self.changed > 0 then parts[#parts + 1] = plural(self.changed, "listing") .. " changed while read" end
  if self.twice > 0 then
    parts[#parts + 1] = plural(self.twice, "process") .. " may share memory with the parent and count twice"
  end
  return table.concat(parts, "; ")
end

-- ---- what is said of runs

--- A run begins: what it could not read is said in the end, unless somebody is told before.
function coverage.begin(seen)
  begun = begun + 1
  seen.untold = seen.untold or begun
  untold[seen] = true
end

--- Somebody is told of this run: gives what there is to say, nil where nothing is missing.
function Coverage:tell()
  self.untold, untold[self] = nil, nil
  if not self:is_partial() then return nil end
  if self.hidden > 0 or self.unseen or self:is_nothing() then coverage.lost = true end
  return self:text()
end

local function keep_text(seen)
  local text = seen:tell()
  if not text then return end
  if not times[text] then texts[#texts + 1] = text end
  times[text] = (times[text] or 0) + 1
end

-- A run that a loop or first() left early is over when nobody can go on with it.
function Coverage:__gc()
  if self.untold then keep_text(self) end
end

local MOST_TEXTS <const> = 10

--- What is to be said of all runs that nobody was told of, each text once.
function coverage.rest()
  local left = {}
  for seen in pairs(untold) do
    if seen.untold then left[#left + 1] = seen end
  end
  table.sort(left, function(a, b) return a.untold < b.untold end)
  for _, seen in ipairs(left) do keep_text(seen) end
  local said = {}
  for i = 1, math.min(#texts, MOST_TEXTS) do
    local n = times[texts[i]]
    said[i] = n == 1 and texts[i] or ("%s (%d times)"):format(texts[i], n)
  end
  if #texts > MOST_TEXTS then
    said[#said + 1] = ("and %d answers more that lack something"):format(#texts - MOST_TEXTS)
  end
  texts, times = {}, {}
  return said
end

--- Nothing is to be said of what was asked so far.
function coverage.forget()
  untold, texts, times = setmetatable({}, { __mode = "k" }), {}, {}
end

return coverage
