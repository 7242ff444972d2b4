-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which processes of a recording grow: the slope of their anonymous memory and swap over its moments.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local from_tables = require "memsh.query.from_tables"
local oom = require "memsh.analysis.oom"
local recorded = require "memsh.fields.recorded"
local rowset = require "memsh.query.rowset"
local slope = require "memsh.analysis.slope"
local span = require "memsh.query.span"

local leaks = {}

--- With less nothing can be said: a program that starts grows, too.
leaks.SECONDS, leaks.MOMENTS = 600, 8

-- A process of a moment takes some 20 microseconds, pairs of moments the square.
local PROCESSES <const>, FEWEST <const>, MOST <const> = 60000, 30, 120

local function known(value)
  return value ~= nil and not core.is_unknown(value)
end

-- ---- the series of each process: of one boot, pid and start

local function add(found, moment, row)
  if not known(row.rss_anon) or not known(row.vm_swap) then return end
  local key = ("%s %d %s"):format(moment.boot_id or "", row.pid, tostring(core.identity(row)))
  local one = found[key]
  if not one then
    one = { pid = row.pid, times = {}, values = {} }
    found[key], found[#found + 1] = one, one
  end
  one.comm, one.user = row.comm, row.user
  one.times[#one.times + 1], one.values[#one.values + 1] = moment.time, oom.memory(row)
end

-- The processes of a moment; nil: it is damaged.
local function processes_of(recording, moment, seen)
  local source = recorded.whole(recording, moment.id)
  if not source then return nil end
  local from = rowset.processes { on = source }:show("pid, comm, user, start_time, rss_anon, vm_swap"):set().from
  if recorded.is_broken(from.rows, "rss_anon") then
    from.coverage:tell()
    recorded.leave_out(moment.id)
    return nil
  end
  from.coverage:add_to(seen)
  return from.rows
end

-- And how many of the moments are damaged.
local function series_of(recording, list, seen)
  local found, damaged = {}, 0
  for i, moment in ipairs(list) do
    core.progress(("moment %d of %d"):format(i, #list))
    local rows = processes_of(recording, moment, seen)
    if not rows then damaged = damaged + 1 end
    for _, row in ipairs(rows or {}) do add(found, moment, row) end
  end
  return found, damaged
end

-- ---- one process

local function third(list)
  return table.move(list, #list - #list // 3, #list, 1, {})
end

-- A process that grew and then kept its size is no leak: in the last third it grows by less than a tenth as fast.
local function verdict(one)
  local seconds = one.times[#one.times] - one.times[1]
  if #one.times < leaks.MOMENTS or seconds < leaks.SECONDS then return "too short" end
  if one.low > 0 then
    return (slope(third(one.times), third(one.values)) or 0) > one.slope / 10 and "grows" or "stopped"
  end
  if one.low == 0 and one.high == 0 then return "steady" end
  return one.high < 0 and "shrinks" or "unsure"
end

local HOUR <const> = 3600

local function judge(one)
  one.slope, one.low, one.high = slope(one.times, one.values)
  one.verdict = one.slope and verdict(one) or "too short"
  local function per_hour(name)
    return one[name] and math.floor(one[name] * HOUR + 0.5) or core.unknown("not_recorded", name)
  end
  one.per_hour, one.low, one.high = per_hour "slope", per_hour "low", per_hour "high"
  one.seconds, one.moments, one["until"] = one.times[#one.times] - one.times[1], #one.times, one.times[#one.times]
  one.memory = one.values[#one.values]
  one.grown = one.memory - one.values[1]
end

---@class memsh.Leaks
---@field rows table[] of processes that grew by so much: those that grow, then others, the fastest first
---@field moments integer that were read
---@field all integer that there are
---@field damaged integer and that are damaged, as far as they were read
---@field seen table the coverage
---@field seconds number from the first to the last

--- Raises where the recording can't be read. nil and a message where there is none in that time.
---@param recording userdata
---@param opt {from: any, to: any, min: integer, pid: integer[]|nil}
---@return memsh.Leaks|nil
---@return string|nil
function leaks.find(recording, opt)
  local list, damaged, timeless = span.whole(span.moments(recording), opt, "leaks: ")
  if #list == 0 then
    return nil, damaged > 0 and "all moments in that time are damaged" or "there is no moment in that time"
  end
  local sum = 0
  for _, moment in ipairs(list) do sum = sum + (moment.processes or 0) end
  local chosen = span.spread(list, math.max(FEWEST, math.min(MOST, PROCESSES * #list // math.max(sum, 1))))
  local rows, seen, is_asked = {}, coverage.new(), {}
  for _, pid in ipairs(opt.pid or {}) do is_asked[pid] = true end
  local series, broken = series_of(recording, chosen, seen)
  seen:lose_moments(recording, damaged + broken, #list + damaged + timeless)
  for _, one in ipairs(series) do
    if (is_asked[one.pid] or not next(is_asked)) and one.values[#one.values] - one.values[1] >= opt.min then
      judge(one)
      rows[#rows + 1] = one
    end
  end
  table.sort(rows, function(a, b)
    if (a.verdict == "grows") ~= (b.verdict == "grows") then return a.verdict == "grows" end
    if a.slope ~= b.slope then return (a.slope or 0) > (b.slope or 0) end
    return a.pid < b.pid
  end)
  return { rows = rows, moments = #chosen, all = #list, seconds = list[#list].time - list[1].time,
    damaged = damaged + broken, seen = seen }
end

local COLUMNS <const> = {
  { "pid", "count", "process" }, { "user", "text", "its user" }, { "comm", "text", "its name" },
  { "memory", "bytes", "anonymous memory and swap at its last moment" },
  { "grown", "bytes", "since its first moment" },
  { "per_hour", "bytes", "the median slope between all pairs of moments (Theil-Sen)" },
  { "low", "bytes", "per hour: the lower end of the 95 % interval" },
  { "high", "bytes", "per hour: the upper end" },
  { "verdict", "text", "grows; stopped: not in the last third; unsure: perhaps 0; steady; shrinks; too short" },
  { "moments", "count", "in which it was" }, { "seconds", "seconds", "from its first to its last moment" },
  { "until", "time", "its last moment" },
}

--- A row for each process that grows; of a recording that is too short, each that grew; with `all`, the others, too.
---@param found memsh.Leaks
---@param all boolean|nil
---@return memsh.RowSet
---@return integer how many more grew while they were there, too briefly to tell
function leaks.rows(found, all)
  local is_short, rows, brief = leaks.is_short(found), {}, 0
  for _, one in ipairs(found.rows) do
    if all or is_short or one.verdict == "grows" then
      rows[#rows + 1] = one
    elseif one.verdict == "too short" then
      brief = brief + 1
    end
  end
  return from_tables(rows, COLUMNS, found.seen, { width = 130,
    columns = "pid comm memory grown per_hour low high verdict",
    note = "a wider terminal also shows user, moments, seconds, until" }), brief
end

--- Whether it is too short to tell a leak from a start.
function leaks.is_short(found)
  return found.seconds < leaks.SECONDS or found.all < leaks.MOMENTS
end

return leaks
