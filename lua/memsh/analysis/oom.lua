-- SPDX-License-Identifier: GPL-3.0-or-later
-- Kills for lack of memory, by the moments before and after: who is gone, who held the memory, who had grown. The
-- kernel's counters say that there was a kill and in which group, never whom; so a victim is at most likely, and why.
-- Its log says whom, while the machine still runs that was recorded.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local from_tables = require "memsh.query.from_tables"
local kills = require "memsh.analysis.kills"
local machine = require "memsh.fields.machine"
local recorded = require "memsh.fields.recorded"
local rowset = require "memsh.query.rowset"
local span = require "memsh.query.span"

local oom = {}

-- ---- one moment

local function known(value, default)
  if value == nil or core.is_unknown(value) then return default end
  return value
end

local function rows_of(set)
  local frozen = set:set()
  if frozen.from.coverage then frozen.from.coverage:tell() end
  return frozen.from.rows
end

--- What ending a process gives back: anonymous memory and swap.
function oom.memory(row)
  return known(row.rss_anon, 0) + known(row.vm_swap, 0)
end

local function is_missed(value)
  return core.is_unknown(value) and coverage.is_missed(core.why(value))
end

--- The same; nil where it is not known, as its file is damaged.
function oom.memory_if_read(row)
  return not (is_missed(row.rss_anon) or is_missed(row.vm_swap)) and oom.memory(row) or nil
end

-- What no other process of that boot has: the start in ticks, as start_time moves with the clock.
local function key(row)
  return ("%d %s"):format(row.pid, tostring(core.identity(row)))
end

-- Those that have not ended: of a zombie the memory is gone.
local function processes_of(source, fields)
  local list, by_key = rows_of(rowset.processes { on = source }:where("state ~= 'Z' and state ~= 'X'"):show(fields)), {}
  for _, row in ipairs(list) do by_key[key(row)] = row end
  return list, by_key
end

local VICTIM <const> = "pid, comm, start_time, user, rss_anon, vm_swap, oom_score, oom_score_adj, cgroup"

-- ---- in which groups

local function counted(source)
  local found = {}
  for _, row in ipairs(rows_of(rowset.cgroups(source):show "path, events_oom_kill, memory_max")) do
    if known(row.events_oom_kill) then found[row.path] = row end
  end
  return found
end

local function parent(path)
  return path ~= "/" and (path:match "^(.+)/[^/]*$" or "/") or nil
end

-- What a group has counted since; all of it where it was made anew, as that of a service that was started again.
local function counted_since(row, before)
  local n = row.events_oom_kill - (before and before.events_oom_kill or 0)
  return n >= 0 and n or row.events_oom_kill
end

-- Groups whose count grew, less what groups in them counted: { path, n, limit }, by path.
local function groups_of(before, after)
  local old, now, own, list = counted(before), counted(after), {}, {}
  for path, row in pairs(now) do
    local n = counted_since(row, old[path])
    own[path] = (own[path] or 0) + n
    local above = parent(path)
    if above and now[above] then own[above] = (own[above] or 0) - n end
  end
  for path, n in pairs(own) do
    if n > 0 then list[#list + 1] = { path = path, n = n, limit = now[path].memory_max } end
  end
  table.sort(list, function(a, b) return a.path < b.path end)
  return list
end

-- Groups that are there before and not after: their limits by path.
local function ended_groups(before, after)
  local ended = {}
  for _, row in ipairs(rows_of(rowset.cgroups(before):show "path, memory_max")) do
    ended[row.path] = known(row.memory_max, math.huge)
  end
  for _, row in ipairs(rows_of(rowset.cgroups(after):show "path")) do ended[row.path] = nil end
  return ended
end

-- A test of processes: whether they were in a group (a path, or a set of paths); nil: all are.
local function within(group)
  if not group then return function() return true end end
  if group.ended then
    return function(row) return group.ended[known(row.cgroup, "")] ~= nil end
  end
  local path = group.path
  return function(row)
    local own = known(row.cgroup, "")
    return path == "/" or own == path or own:sub(1, #path + 1) == path .. "/"
  end
end

-- ---- whom

-- The kernel kills the process with the highest score; without scores the largest stands for it.
local function rank(row)
  return known(row.oom_score, -1)
end

local function by_rank(a, b)
  if rank(a) ~= rank(b) then return rank(a) > rank(b) end
  if oom.memory(a) ~= oom.memory(b) then return oom.memory(a) > oom.memory(b) end
  return a.pid < b.pid
end

-- The limit for which a process was killed; math.huge where none is known.
local function limit_of(group, row)
  if not group then return math.huge end
  return known(group.ended and group.ended[known(row.cgroup, "")] or group.limit, math.huge)
end

-- A victim that has less than a tenth of the limit, or of what one that lives on has, is a doubtful one.
local SMALL <const> = 10
local RATHER <const> = "it grew fast, or rather one was killed that began and ended between the two moments"

-- How sure the first of those that are gone is the victim: a word, and why.
local function judged(gone, alive, n, scope, limit)
  local first, largest = gone[1], nil
  if limit < math.huge and oom.memory(first) * SMALL < limit then
    return "possible", ("it was gone after, but had little of the limit of %s: %s"):format(core.human(limit), RATHER)
  end
  for _, row in ipairs(alive) do
    if known(row.oom_score_adj, 0) > -1000 and (not largest or oom.memory(row) > oom.memory(largest)) then
      largest = row
    end
  end
  if largest and oom.memory(first) * SMALL < oom.memory(largest) then
    return "possible", ("it was gone after, but is small beside %s (%d), which lived on: %s"):format(
      core.escape(known(largest.comm, "?")), largest.pid, RATHER)
  end
  local highest = rank(first) >= 0
  for _, row in ipairs(alive) do highest = highest and rank(row) <= rank(first) end
  if #gone <= n then return "likely", "only it was gone after, of all " .. scope end
  if highest then
    return "likely", ("of all %s it had the highest oom_score (%d), and was gone after"):format(scope, rank(first))
  end
  if oom.memory(first) >= 2 * oom.memory(gone[n + 1]) then
    return "likely", ("by far the largest of %d that were gone after, of all %s"):format(#gone, scope)
  end
  return "possible", ("the largest of %d that were gone after, of all %s"):format(#gone, scope)
end

local function split(list, after)
  local gone, alive = {}, {}
  for _, row in ipairs(list) do
    local target = after[key(row)] and alive or gone
    target[#target + 1] = row
  end
  table.sort(gone, by_rank)
  return gone, alive
end

local NOBODY <const> = "none that was there before was gone after: it began and ended between the two moments"

local function victims(list, after, group, n)
  local gone, alive = split(list, after)
  local scope = not group and "processes" or group.ended and "in groups that are gone" or "in the group"
  local found = {}
  for i = 1, n do
    if not gone[i] then
      found[i] = { sure = "unknown", why = i == 1 and NOBODY or "no other was gone after" }
    else
      local rest = table.move(gone, i, #gone, 1, {})
      local sure, why = judged(rest, alive, n - i + 1, scope, limit_of(group, gone[i]))
      found[i] = { process = gone[i], sure = sure, why = why }
    end
  end
  return found
end

-- ---- who held the memory, who had grown

-- The programs with most of what a function gives of their processes; and of how many processes that is not known.
local function by_program(list, value_of)
  local sums, found, missing = {}, {}, 0
  for _, row in ipairs(list) do
    local name, value = known(row.comm, "?"), value_of(row)
    if not value then
      missing = missing + 1
    elseif not sums[name] then
      sums[name] = { name = name, bytes = 0, n = 0 }
      found[#found + 1] = sums[name]
    end
    if value then sums[name].bytes, sums[name].n = sums[name].bytes + value, sums[name].n + 1 end
  end
  table.sort(found, function(a, b)
    if a.bytes ~= b.bytes then return a.bytes > b.bytes end
    return a.name < b.name
  end)
  local shown = {}
  for i = 1, math.min(#found, 3) do
    if found[i].bytes > 0 then shown[#shown + 1] = found[i] end
  end
  return shown, missing
end

-- The last moment of the same boot that is at least so long before; of a shorter recording, the first.
local function earlier(list, moment, seconds, lost)
  local found
  for _, one in ipairs(list) do
    if one.id == moment.id then break end
    if one.boot_id == moment.boot_id and one.why ~= "damaged" and one.time and not lost[one.id] and
      (not found or one.time <= moment.time - seconds) then found = one end
  end
  return found
end

-- That moment and its source. One that lacks pieces is stepped over.
local function open_earlier(self, moment)
  while true do
    local since = earlier(self.all, moment, self.seconds, self.lost)
    local source = since and recorded.whole(self.recording, since.id)
    if source or not since then return since, source end
    self.lost[since.id] = true
  end
end

local function growth(source, list)
  local _, old = processes_of(source, "pid, start_time, rss_anon, vm_swap")
  return by_program(list, function(row)
    local before, now = old[key(row)], oom.memory_if_read(row)
    local was = before and oom.memory_if_read(before) or not before and 0
    return now and was and now - was
  end)
end

-- ---- all

---@class memsh.Kill
---@field before table the moment before
---@field after table the moment after
---@field group table|nil { path, n, limit }, or { ended = limits by path }: one that is gone; nil: none that is known
---@field process table|nil the victim, as it was before
---@field sure "certain"|"likely"|"possible"|"unknown"
---@field why string
---@field held {name: string, bytes: integer, n: integer}[] programs with most memory before
---@field held_lacks integer of how many processes it is not known what they held
---@field grown {name: string, bytes: integer, n: integer}[]|nil programs that grew most; nil: no moment is earlier
---@field grown_lacks integer|nil
---@field since table|nil the moment since which
---@field steps_over boolean earlier moments are damaged

-- Those of a list that a function is true of.
local function only(list, is_wanted)
  local kept = {}
  for _, row in ipairs(list) do
    if is_wanted(row) then kept[#kept + 1] = row end
  end
  return kept
end

-- All kills of one interval in one group, or one that the log has.
local function add(self, found, seen, group, n, certain)
  local list = only(seen.rows, within(group))
  local since, source = open_earlier(self, seen.before)
  local made = { before = seen.before, after = seen.after, group = group, since = since,
    mem_available = seen.sys.mem_available, mem_total = seen.sys.mem_total, steps_over = next(self.lost) ~= nil }
  made.held, made.held_lacks = by_program(list, oom.memory_if_read)
  if since then made.grown, made.grown_lacks = growth(source, list) end
  for _, one in ipairs(certain or victims(list, seen.there, group, n)) do
    local kill = { process = one.process, sure = one.sure, why = one.why }
    for name, value in pairs(made) do kill[name] = value end
    found[#found + 1] = kill
  end
end

-- ---- the kernel's log, of the boot that is still running

-- Kills of that boot with the time of each; none where it is over, or the log is not to be read.
local function logged(boot)
  local live = core.source()
  local system = live and live:system()
  if not system or system.boot_id ~= boot or core.is_unknown(system.now) then return {} end
  local list = core.oom_kills(live) or {}
  for _, kill in ipairs(list) do kill.time = system.now - (list.seconds - kill.seconds) end
  return list
end

-- A second more on both sides: the clock of the log is not quite that of the moments.
local SLACK <const> = 1

-- What the log has of an interval, if that is all of it.
local function log_of(self, interval)
  local boot = interval.after.boot_id or ""
  self.logs = self.logs or {}
  self.logs[boot] = self.logs[boot] or logged(boot)
  local found = {}
  for _, kill in ipairs(self.logs[boot]) do
    if kill.time >= interval.before.time - SLACK and kill.time <= interval.after.time + SLACK then
      found[#found + 1] = kill
    end
  end
  return #found == interval.n and found or nil
end

local function victim_of(rows, kill)
  local found = { pid = kill.pid, comm = kill.comm, rss_anon = kill.anon, vm_swap = 0 }
  for _, row in ipairs(rows) do
    if row.pid == kill.pid then found.user, found.vm_swap = row.user, row.vm_swap end
  end
  return found
end

local function group_of(before, after, kill)
  local path = known(kill.limited, "")
  if not kill.by_limit or path == "" then return nil end
  local row = counted(after)[path] or counted(before)[path]
  return { path = path, n = 1, limit = row and row.memory_max or nil }
end

local LOGGED <const> = "the kernel's log names it, with its anonymous memory when it was killed"

-- With so much of memory available the machine itself was not short: per cent.
local PLENTY <const> = 20

local function has_plenty(sys)
  local total, available = known(sys.mem_total), known(sys.mem_available)
  return total and available and available * 100 > total * PLENTY
end

local function look(self, interval, found)
  local before, after = recorded.source(self.recording, interval.before.id),
    recorded.source(self.recording, interval.after.id)
  local rows, _ = processes_of(before, VICTIM)
  local _, there = processes_of(after, "pid, start_time")
  local seen = { before = interval.before, after = interval.after, rows = rows, there = there,
    sys = machine.system(before) }
  local log = log_of(self, interval)
  for _, kill in ipairs(log or {}) do
    add(self, found, seen, group_of(before, after, kill), 1,
      { { process = victim_of(rows, kill), sure = "certain", why = LOGGED } })
  end
  local left = log and 0 or interval.n
  for _, group in ipairs(left > 0 and groups_of(before, after) or {}) do
    local n = math.min(group.n, left)
    if n > 0 then add(self, found, seen, group, n) end
    left = left - n
  end
  if left > 0 then
    add(self, found, seen, has_plenty(seen.sys) and { ended = ended_groups(before, after) } or nil, left)
  end
end

---@class memsh.Kills
---@field kills memsh.Kill[] the newest first
---@field left integer how many intervals with kills are older than those
---@field no_kills string|nil why some are not known
---@field earlier integer|nil kills on that boot before the first moment
---@field moments integer how many there are in the span
---@field unused integer how many are damaged, or have no time or no counter, as far as they were asked
---@field compared boolean whether it was read in two moments of one boot
---@field seen table coverage

-- What is not known of kills, as coverage; and of how many moments.
local function lacks_of(recording, search, moments, damaged, timeless)
  local seen = coverage.new()
  for _ in pairs(search.damaged) do damaged = damaged + 1 end
  seen:lose_moments(recording, damaged, moments)
  for _, reason in ipairs(search.without) do seen:undecide(nil, reason) end
  for _ = 1, timeless do seen:undecide(nil, "not_recorded") end
  return seen, damaged + #search.without + timeless
end

--- Raises where the recording can't be read.
---@param recording userdata
---@param opt {from: any, to: any, before: number, count: integer} `before`: seconds in which growth is looked at
---@return memsh.Kills
function oom.find(recording, opt)
  local all = span.moments(recording)
  local list, damaged, timeless = span.whole(all, opt, "oom: ")
  local intervals, no_kills, search = kills.find(recording, list)
  local self = { recording = recording, all = all, seconds = opt.before, lost = {} }
  local found = {}
  local last = math.max(#intervals - opt.count + 1, 1)
  for i = #intervals, last, -1 do look(self, intervals[i], found) end
  local moments = #list + damaged + timeless
  local seen, unused = lacks_of(recording, search, moments, damaged, timeless)
  seen.of = recorded.last(recording, list)
  return { kills = found, left = last - 1, no_kills = no_kills, earlier = search.earlier, moments = moments,
    unused = unused, compared = search.compared or false, seen = seen }
end

-- ---- as rows

local COLUMNS <const> = {
  { "time", "time", "of the moment after" },
  { "before", "time", "of the moment before: it was between the two" },
  { "group", "path", "the control group that counted it; empty: the machine was short; unknown: it is gone" },
  { "pid", "count", "the victim, as far as it is known" }, { "comm", "text", "its name" },
  { "user", "text", "its user" },
  { "memory", "bytes", "its anonymous memory and swap before" },
  { "sure", "text", "certain: of the kernel's log; likely, possible or unknown" }, { "why", "text", "for what reason" },
  { "holder", "text", "the program with most anonymous memory and swap before" },
  { "holder_memory", "bytes", "what it had" },
  { "grower", "text", "the program that had grown most" }, { "grown", "bytes", "by so much" },
  { "since", "time", "since that moment" },
}

-- Where something is not known of some, any may have had more.
local function first_of(list, lacks, name)
  if (lacks or 0) == 0 then return list and list[1] or {} end
  local lacking = core.unknown("malformed", name)
  return { name = lacking, bytes = lacking }
end

local function row_of(kill)
  local process, holder, grower = kill.process or {}, first_of(kill.held, kill.held_lacks, "holder"),
    first_of(kill.grown, kill.grown_lacks, "grower")
  local row = { time = kill.after.time, before = kill.before.time,
    group = not kill.group and "" or kill.group.path, -- of one that is gone: nil
    pid = process.pid, comm = process.comm, user = process.user,
    memory = kill.process and (oom.memory_if_read(process) or core.unknown("malformed", "memory")),
    sure = kill.sure, why = kill.why, holder = holder.name, holder_memory = holder.bytes, grower = grower.name,
    grown = grower.bytes, since = kill.since and kill.since.time }
  for _, column in ipairs(COLUMNS) do
    if row[column[1]] == nil then row[column[1]] = core.unknown("not_recorded", column[1]) end
  end
  return row
end

--- A row for each kill.
---@param found memsh.Kills
---@return memsh.RowSet
function oom.rows(found)
  local rows = {}
  for i, kill in ipairs(found.kills) do rows[i] = row_of(kill) end
  return from_tables(rows, COLUMNS, found.seen)
end

return oom
