-- SPDX-License-Identifier: GPL-3.0-or-later
-- How much of the machine an answer rests on: the processes by the worst reason met, and what was undecided.
local core = require "memsh.core"
local machine = require "memsh.fields.machine"
local plural = require "memsh.util.plural"
local sorted_keys = require "memsh.util.sorted_keys"

local coverage = {}

local Coverage = {}
Coverage.__index = Coverage

-- Runs whose coverage was not reported yet.
local untold, begun = setmetatable({}, { __mode = "k" }), 0
-- What is to be said of those that are over: the texts, and of each the first run's number and how many runs.
local texts, numbers, times = {}, {}, {}

-- The worst first.
local ORDER = { "out_of_memory", "timeout", "denied", "io", "malformed", "too_large", "budget", "not_recorded",
  "unsupported", "no_memory", "gone" }
local RANK = {}
for i, reason in ipairs(ORDER) do RANK[reason] = i end

-- What has ended or has no address space has no memory that an answer could lack.
local NOTHING_LOST = { gone = true, no_memory = true }
-- And what this kernel does not know of any process.
local HARMLESS = { gone = true, no_memory = true, unsupported = true }

local function add(counts, name, n)
  counts[name] = (counts[name] or 0) + (n or 1)
end

--- Whether a value that is unknown for this reason is missing from a sum.
function coverage.loses(reason)
  return not NOTHING_LOST[reason]
end

--- Called with the coverage of each run that begins, and that of the frozen rows that it rests on; nil: by nobody.
---@type nil|fun(seen: table, base: table|nil)
coverage.watch = nil

--- Whether anything has been unknown so far for another reason than that there was nothing to know.
coverage.lost = false

--- Something that was asked for is unknown for this reason.
function coverage.miss(reason)
  if not NOTHING_LOST[reason] then coverage.lost = true end
  core.note_reason(reason)
end

--- Of two reasons why the same row is undecided that which stays when the other does not: what has no memory has none
--- whatever else could be read. So it does not matter which of its conditions was asked first.
---@param a string|nil
---@param b string
function coverage.lasting(a, b)
  return a and RANK[a] >= RANK[b] and a or b
end

--- What is to be said where processes are hidden, or where it is not known for this reason whether they are.
---@param hidden true|string
function coverage.hiding(hidden)
  if hidden == true then return "processes of others are hidden here (hidepid)" end
  return ("it is not known whether processes of others are hidden here (mountinfo: %s)"):format(hidden)
end

-- `asked`: the pids of processes that more was read of than what anybody may read; nil: nobody wants to know.
-- `of`: the source that the answer is of, or a function that opens it; false: several, or nobody can name it; nil: the
-- rows say it.
function coverage.new()
  return setmetatable({ met = {}, unlisted = {}, ruled_out = {}, total = 0, worst = {}, undecided = 0,
    undecided_by = {}, owners = 0, owners_by = {}, groups = 0, groups_by = {}, lost = 0, changed = 0, twice = 0,
    unread = 0, listings = 0, hidden = 0, unpaired = 0, bounds = {}, lacking = {}, parts = 0, earlier = 0, hosts = {},
    lost_hosts = {}, sources = {}, damaged = {} }, Coverage)
end

--- The next of several moments is read. What was met in those before it has been counted.
---@param host string
---@param source userdata
function Coverage:next_part(host, source)
  local known = self.sources[source:root()] or {}
  self.before = { of = source:root(), moments = known.moments or 0, from = known.from, to = known.to }
  self.parts, self.earlier = self.parts + 1, self.total
  self.hosts[host] = true
  self:add_source { source = source:root(), host = core.known(host) and host or nil, moments = 1,
    from = core.known(machine.time(source)) and machine.time(source) or nil }
  self.met, self.unlisted, self.ruled_out = {}, {}, {}
end

--- Takes the part that was begun last back: nothing of it could be listed.
function Coverage:drop_part()
  local known, before = self.sources[self.before.of], self.before
  self.parts = self.parts - 1
  known.moments, known.from, known.to = before.moments, before.from, before.to
end

-- Adds to what is known of a recording or a saved machine: its host, how many moments, and from when to when they are.
function Coverage:add_source(part)
  local known = self.sources[part.source]
  if not known then
    known = { source = part.source, host = part.host, moments = 0 }
    self.sources[part.source] = known
    self.sources[#self.sources + 1] = known
  end
  known.moments = known.moments + part.moments
  local from, to = part.from, part.to or part.from
  if not from then return end
  known.from, known.to = math.min(known.from or from, from), math.max(known.to or to, to)
end

--- One of several machines was read.
---@param host string
function Coverage:read_host(host)
  self.hosts[host] = true
end

--- One of several machines could not be read.
---@param message string which, and why
---@param path string which
function Coverage:lose_host(message, path)
  coverage.miss "io"
  if self.lost_hosts[message] then return end
  self.lost_hosts[#self.lost_hosts + 1] = message
  self.lost_hosts[message] = path
end

--- The machines and moments that were read, and those that could not be; nil where one machine is asked of one moment.
---@return {source: string, host: string|nil, moments: integer, from: number|nil, to: number|nil}[]|nil
---@return {source: string, error: string}[]|nil
function Coverage:read_sources()
  local unread = {}
  for i, message in ipairs(self.lost_hosts) do
    local path = self.lost_hosts[message]
    local head = path .. ": "
    unread[i] = { source = path, error = message:sub(1, #head) == head and message:sub(#head + 1) or message }
  end
  return self.sources[1] and table.move(self.sources, 1, #self.sources, 1, {}), unread[1] and unread
end

--- Moments of a recording are damaged.
---@param of userdata the recording, or the moment that is asked
---@param count integer so many
---@param total integer|nil of all these; nil: of those after the moment that is asked, which may be meant instead
function Coverage:lose_moments(of, count, total)
  if count == 0 then return end
  coverage.miss "malformed"
  self.damaged[of] = { count = count, total = total }
end

-- How many moments are damaged, of how many.
function Coverage:count_damaged()
  local n, of = 0, 0
  for _, part in pairs(self.damaged) do n, of = n + part.count, of + (part.total or 0) end
  return n, of
end

--- The processes of the machine were listed; `hidden`: others are hidden from who asks, or the reason for which it is
--- not known whether they are.
function Coverage:list(hidden)
  self.listings = self.listings + 1
  if not hidden then return end
  self.hidden = self.hidden + 1
  if hidden ~= true then
    self.unsure = hidden
    coverage.miss(hidden)
  end
end

--- The groups below a control group could not be listed.
function Coverage:lose_groups(reason)
  coverage.miss(reason)
  self.groups = self.groups + 1
  self.lost = self.lost + 1
  add(self.groups_by, reason)
end

--- Whether a process was met.
function Coverage:has_met(pid)
  if self.met[pid] then return true end
  for _, one in ipairs(self.ruled_out) do
    if pid >> 32 == one.key >> 32 and one.sifted:has(pid & 0xffffffff) then return true end
  end
  return false
end

--- A process was met: it counts once, however many sets of a query it is in.
---@param left boolean|nil those that were ruled out are others
function Coverage:process(pid, left)
  if self.met[pid] or not left and #self.ruled_out > 0 and self:has_met(pid) then return end
  self.met[pid] = true
  self.total = self.total + 1
end

--- Processes were met, and ruled out by what could be read.
---@param list userdata[] what sifted them (core.verdicts), none of them twice
---@param key integer that of process 0 of their machine
---@return boolean first whether these are all that were ruled out of it
function Coverage:rules_out(list, key)
  local others = #self.ruled_out > 0 or next(self.met) ~= nil
  for _, sifted in ipairs(list) do
    for i = 1, others and #sifted or 0 do self:process(key | sifted:pid(i)) end
    if not others then self.total = self.total + #sifted end
  end
  for i = 1, others and 0 or #list do self.ruled_out[i] = { sifted = list[i], key = key } end
  return not others
end

--- Gives each process that was met.
function Coverage:each_met(f)
  for pid in pairs(self.met) do f(pid) end
  for _, one in ipairs(self.ruled_out) do
    for i = 1, #one.sifted do f(one.key | one.sifted:pid(i)) end
  end
end

--- A value of a process was unknown.
function Coverage:note(pid, reason)
  local before = self.worst[pid]
  if reason == "timeout" then self.gave_up = self.gave_up or core.readers(machine.source()).gave_up end
  coverage.miss(reason)
  if pid and (not before or RANK[reason] < RANK[before]) then self.worst[pid] = reason end
end

--- Whether what is unknown for this reason was there to be read, and was not.
function coverage.is_missed(reason)
  return not HARMLESS[reason] and reason ~= "not_recorded"
end

--- A value of a row of no process was unknown. What a kernel or a file never had is not missed there: the group / has
--- no memory.max, and a cell may be empty.
function coverage.note_other(reason)
  if coverage.is_missed(reason) then coverage.miss(reason) end
end

--- A row's predicate came out unknown.
function Coverage:undecide(pid, reason)
  self:note(pid, reason)
  self.undecided = self.undecided + 1
  if not NOTHING_LOST[reason] then self.lost = self.lost + 1 end
  add(self.undecided_by, reason)
end

-- Processes whose mappings are not known count once, however many sets of a query are of them.
function Coverage:unlist(pid, reason)
  if self.unlisted[pid] then return end
  self.unlisted[pid] = reason
  self.owners = self.owners + 1
  add(self.owners_by, reason)
end

--- The mappings of a process could not be read.
function Coverage:lose_owner(pid, reason)
  self:note(pid, reason)
  self.lost = self.lost + 1
  self:unlist(pid, reason)
end

--- Something happened once more. "changed": the mappings of a process changed each time they were read; "twice": a
--- process may share its address space with its parent, and its memory be counted twice.
--- "unpaired": a row of a join has no partner and is left out, which it should be.
---@param what "changed"|"twice"|"unpaired"
function Coverage:count(what)
  self[what] = self[what] + 1
end

--- A sum or the like of all rows lacks `missing` of them: whoever compares it with a number compares a bound.
---@param what string as it was asked for: "sum(pss)"
---@param at_least boolean it is a lower bound
function Coverage:bound(what, missing, at_least)
  coverage.lost = true
  self.bounds[#self.bounds + 1] = at_least and ("%s is a lower bound: %d more may be missing"):format(what, missing)
    or ("%s is only of what is known: %d more may be missing"):format(what, missing)
end

--- A row that was kept by set() lacks this field, which was not read then.
function Coverage:lacks(row, name)
  local rows = self.lacking[name] or { n = 0 }
  if not rows[row] then rows.n, rows[row] = rows.n + 1, true end
  self.lacking[name] = rows
end

--- Ctrl-C came when the first `at` of these processes had been read.
function Coverage:interrupt(run, at)
  local pids = run.pids
  for i = at + 1, #pids do
    local key = run:key(pids[i])
    if self.met[key] then
      self.met[key] = nil
      self.total = self.total - 1
    end
    self.worst[key] = nil
  end
  self.unread = self.unread + math.max(#pids - at, 1) -- a row that was on its way is lost, at the end, too
end

--- Whether something of this process could not be read that it has.
function Coverage:has_lost(pid)
  return self.worst[pid] ~= nil and not HARMLESS[self.worst[pid]]
end

--- How many such processes there are.
function Coverage:unreadable()
  local n = 0
  for pid in pairs(self.worst) do n = n + (self:has_lost(pid) and 1 or 0) end
  return n
end

--- There are processes that can't be seen, and what was asked is of the whole machine.
function Coverage:miss_processes(why)
  self.unseen = why
end

--- Whether the machine's processes were listed, and not one of them was there to be read: a machine has some.
function Coverage:is_nothing()
  if self.listings == 0 or self.earlier > 0 then return false end
  for _, one in ipairs(self.ruled_out) do
    if #one.sifted > 0 then return false end
  end
  for pid in pairs(self.met) do
    if self.worst[pid] ~= "gone" then return false end
  end
  return self.unread == 0
end

--- How many rows, or owners of rows, that have memory may be missing from what was selected.
function Coverage:missing()
  return self.lost + self.unread + self.hidden + #self.lost_hosts + (self:is_nothing() and 1 or 0)
end

--- The worst reason why something may be missing, or nil.
function Coverage:reason()
  for _, reason in ipairs(ORDER) do
    if not NOTHING_LOST[reason] and (self.undecided_by[reason] or self.owners_by[reason] or self.groups_by[reason]) then
      return reason
    end
  end
  if self.hidden > 0 then return self.unsure or "denied" end
  if #self.lost_hosts > 0 then return "io" end
  return (self.unread > 0 or self:is_nothing()) and "not_recorded" or nil
end

-- Processes whose mappings are not known, each once; those of earlier moments, of which only the number is known.
local function add_unlisted(self, other)
  local earlier = {}
  for reason, n in pairs(self.owners_by) do earlier[reason] = n end
  for pid, reason in pairs(self.unlisted) do
    earlier[reason] = earlier[reason] - 1
    other:unlist(pid, reason)
  end
  for reason, n in pairs(earlier) do
    if n > 0 then add(other.owners_by, reason, n) end
    other.owners = other.owners + n
  end
end

--- Adds what is known of this to another: a frozen set rests on the coverage of the run that made it, and a report on
--- the other includes this.
function Coverage:add_to(other)
  if self.untold then
    self.untold = nil
    coverage.begin(other)
  end
  local earlier = self.total -- what is no longer known one by one
  self:each_met(function(key)
    other:process(key)
    earlier = earlier - 1
  end)
  other.total, other.earlier = other.total + earlier, other.earlier + earlier
  for host in pairs(self.hosts) do other.hosts[host] = true end
  for _, message in ipairs(self.lost_hosts) do other:lose_host(message, self.lost_hosts[message]) end
  for _, part in ipairs(self.sources) do other:add_source(part) end
  for of, part in pairs(self.damaged) do other.damaged[of] = part end
  add_unlisted(self, other)
  for _, name in ipairs { "undecided", "groups", "lost", "changed", "twice", "unread",
    "listings", "hidden", "unpaired", "parts" } do
    other[name] = other[name] + self[name]
  end
  other.nested = other.nested or self.nested
  other.gave_up = other.gave_up or self.gave_up
  other.unseen = other.unseen or self.unseen
  other.unsure = other.unsure or self.unsure
  for pid, reason in pairs(self.worst) do other:note(pid, reason) end
  table.move(self.bounds, 1, #self.bounds, #other.bounds + 1, other.bounds)
  for _, name in ipairs { "undecided_by", "groups_by" } do
    for reason, n in pairs(self[name]) do add(other[name], reason, n) end
  end
end

--- How many machines were read.
function Coverage:count_hosts()
  local n = 0
  for _ in pairs(self.hosts) do n = n + 1 end
  return n
end

--- As numbers: { total, read, REASON = n, undecided, undecided_owners, unlisted_groups, inconsistent_listings,
--- unread }; and where there are processes that are not even listed `hidden`, true: from who asks, `unseen`, true: for
--- another reason.
function Coverage:counts()
  local counts = { total = self.total, read = self.total, undecided = self.undecided }
  for pid, reason in pairs(self.worst) do
    add(counts, reason)
    local of = (self:has_met(pid) or self.parts > 1) and "read" or "total" -- of several, it was met
    counts[of] = counts[of] + (of == "read" and -1 or 1)
  end
  for name, n in pairs { undecided_owners = self.owners, unlisted_groups = self.groups,
    inconsistent_listings = self.changed, maybe_counted_twice = self.twice, unread = self.unread } do
    if n > 0 then counts[name] = n end
  end
  if self.hidden > 0 then counts.hidden = true end
  if self.parts > 0 then counts.moments, counts.hosts = self.parts, self:count_hosts() end
  if #self.lost_hosts > 0 then counts.unread_hosts = #self.lost_hosts end
  if next(self.damaged) then counts.damaged_moments = (self:count_damaged()) end
  if self.unseen then counts.unseen = true end
  return counts
end

--- Whether something could not be answered.
function Coverage:is_partial()
  return self.unseen ~= nil or #self.bounds > 0 or next(self.damaged) ~= nil
    or self:missing() + self.unpaired + self.changed + self.twice + self:unreadable() > 0
end

local function by_reason(counts)
  local parts = {}
  for _, reason in ipairs(ORDER) do
    if counts[reason] then parts[#parts + 1] = ("%d %s"):format(counts[reason], reason) end
  end
  return table.concat(parts, ", ")
end

-- Nothing is missing from such a sum; `nested` is set by the sum.
local NESTED <const> = "groups contain one another, and sums count what is in the lower ones twice: "
  .. "cgroups:where\"path =~ '^/[^/]+$'\" has the topmost alone"

local MOST_HOSTS <const> = 5 -- are named

-- What to do about fields that were not kept.
local function lacking_text(lacking)
  local parts, names = {}, sorted_keys(lacking)
  for i, name in ipairs(names) do
    local n = lacking[name].n
    parts[i] = ("%s %s %s"):format(plural(n, "row"), n == 1 and "lacks" or "lack", name)
  end
  local list = table.concat(names, " ")
  if #names == 0 then return nil end
  return ("%s: kept rows (set(), procs(), the last answer) have only what was named before, as in "
    .. "procs:show\"%s\":set()"):format(table.concat(parts, ", "), list)
end

-- Whether one moment is asked of those that the recorder took: most of them lack smaps_rollup and smaps.
function Coverage:is_of_a_moment()
  local moment = self.parts == 0 and core.moment_of(machine.source())
  return moment and moment.why ~= "saved"
end

--- One line for people: "66 processes: 60 read, 6 denied; 6 rows undecided (6 denied)".
function Coverage:text()
  local counts, parts = self:counts(), {}
  local function say(holds, form, ...)
    if holds and holds ~= 0 then parts[#parts + 1] = form:format(...) end
  end
  local rest, lost = by_reason(counts), self.lost_hosts
  say(#lost, "%d of %s not read: %s%s", #lost, plural(#lost + self:count_hosts(), "host"),
    table.concat(lost, "; ", 1, math.min(#lost, MOST_HOSTS)), #lost > MOST_HOSTS and "; ..." or "")
  local damaged, of = self:count_damaged()
  say(counts.total > 0 or #self.bounds + self.unpaired + self.undecided + damaged + #lost == 0, "%s: %d read%s",
    plural(counts.total, "process"), counts.read, rest ~= "" and ", " .. rest or "")
  local is = damaged == 1 and "is" or "are"
  say(of, "%d of %s %s damaged", damaged, plural(of, "moment"), is)
  say(of == 0 and damaged, "%s after it %s damaged", plural(damaged, "moment"), is)
  say(self.undecided, "%s undecided (%s)", plural(self.undecided, "row"), by_reason(self.undecided_by))
  say(self.owners, "mappings of %s not listed (%s)", plural(self.owners, "process"), by_reason(self.owners_by))
  if self:is_nothing() then say(true, "no process could be read in %s", machine.source():root()) end
  say(self.groups, "groups below %s not listed (%s)", plural(self.groups, "control group"), by_reason(self.groups_by))
  say(self.hidden, "%s", coverage.hiding(self.unsure or true))
  say(self.unseen, "processes are missing: %s", self.unseen)
  say(self.unread, "interrupted before %d more were read", self.unread)
  say(self.gave_up, "so many readers hang that files which may hang were no longer opened")
  say(lacking_text(self.lacking), "%s", lacking_text(self.lacking))
  say(self.nested, "%s", NESTED)
  say(self.unpaired, "join left out %s without a partner", plural(self.unpaired, "row"))
  say(self.changed, "%s changed while read", plural(self.changed, "listing"))
  say(self.twice, "%s may share memory with the parent and count twice", plural(self.twice, "process"))
  say(counts.not_recorded and not next(self.lacking) and self:is_of_a_moment(),
    "another moment may have it (memsh moments)")
  table.move(self.bounds, 1, #self.bounds, #parts + 1, parts)
  return table.concat(parts, "; ")
end

-- ---- what is said of runs

--- A run begins: what it could not read is reported at the end, unless tell() reports it before.
function coverage.begin(seen)
  begun = begun + 1
  seen.untold = seen.untold or begun
  untold[seen] = true
end

--- Reports on this run: gives what there is to say, nil where nothing is missing.
function Coverage:tell()
  self.untold, untold[self] = nil, nil
  if not self:is_partial() then return self.nested and NESTED or nil end
  if self.hidden > 0 or self.unseen or self:is_nothing() then coverage.lost = true end
  return self:text()
end

local function keep_text(seen)
  local number, text = seen.untold, seen:tell()
  if not text then return end
  if not times[text] then texts[#texts + 1] = text end
  numbers[text] = math.min(numbers[text] or number, number)
  add(times, text)
end

-- A run that a loop or first() left early is over when nobody can go on with it.
function Coverage:__gc()
  if self.untold then keep_text(self) end
end

local MOST_TEXTS <const> = 10

--- What there is to report of all other runs, each text once.
function coverage.rest()
  -- By number: a run whose finalizer is due is still a key here, and the finalizer may run at any line below.
  local left = {}
  for seen in pairs(untold) do
    if seen.untold then left[seen.untold] = seen end
  end
  for _, n in ipairs(sorted_keys(left)) do
    if left[n].untold then keep_text(left[n]) end
  end
  -- In the order in which they began, whenever the collector found that they were over.
  local said = {}
  table.sort(texts, function(a, b) return numbers[a] < numbers[b] end)
  for i = 1, math.min(#texts, MOST_TEXTS) do
    local n = times[texts[i]]
    said[i] = n == 1 and texts[i] or ("%s (%d times)"):format(texts[i], n)
  end
  if #texts > MOST_TEXTS then
    said[#said + 1] = ("and %d answers more that lack something"):format(#texts - MOST_TEXTS)
  end
  texts, numbers, times = {}, {}, {}
  return said
end

--- Nothing is to be said of what was asked so far.
function coverage.forget()
  untold = setmetatable({}, { __mode = "k" })
  texts, numbers, times = {}, {}, {}
end

return coverage
