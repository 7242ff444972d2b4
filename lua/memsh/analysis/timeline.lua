-- SPDX-License-Identifier: GPL-3.0-or-later
-- Memory by program, unit or user at moments of a recording. Of many moments those are read that a picture has room
-- for, and those that were taken on pressure, and those beside a kill.
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local from_tables = require "memsh.query.from_tables"
local kills = require "memsh.analysis.kills"
local made_rows = require "memsh.fields.made_rows"
local machine = require "memsh.fields.machine"
local recorded = require "memsh.fields.recorded"
local plural = require "memsh.util.plural"
local rowset = require "memsh.query.rowset"
local span = require "memsh.query.span"

local timeline = {}

-- What memory is grouped by, and what of a process counts.
local FIELDS <const> = { program = "comm", unit = "unit", user = "user" }
local NONE <const> = { program = "?", unit = "no unit", user = "?" }
local MEASURED <const> = { anon = "rss_anon", rss = "res", pss = "pss", swap = "vm_swap" }

--- What the numbers are, for people.
timeline.MEANING = { anon = "resident anonymous memory", rss = "resident memory, shared pages in each process",
  pss = "resident memory, shared pages divided (PSS)", swap = "memory in swap" }

-- ---- which moments

-- A process of a moment takes about 20 microseconds of CPU: so many of all moments together are read.
local PROCESSES <const>, FEWEST <const>, MOST <const> = 60000, 40, 360

local function room(list)
  local sum = 0
  for _, moment in ipairs(list) do sum = sum + (moment.processes or 0) end
  return math.max(FEWEST, math.min(MOST, PROCESSES * #list // math.max(sum, 1)))
end

-- Moments that are drawn however many there are: those beside kills, and a number of those on pressure.
local function needed_of(list, intervals)
  local needed, n = {}, 0
  for i, interval in ipairs(intervals) do
    if i > MOST // 4 then break end
    needed[interval.before.id], needed[interval.after.id] = true, true
  end
  for _, moment in ipairs(list) do
    if moment.why ~= "every" and n < MOST // 4 then needed[moment.id], n = true, n + 1 end
  end
  return needed
end

-- Those that have the measure, which not each moment has where it is pss, and how many have not.
local function measured_of(recording, list, field)
  if field ~= "pss" then return list, 0 end
  local found = {}
  for _, moment in ipairs(list) do
    -- nil: it can't be looked up, which is said when the moment is read.
    if recording:has(moment.id, "smaps_rollup") ~= false then found[#found + 1] = moment end
  end
  if #found == 0 then return list, 0 end -- smaps may have it
  return found, #list - #found
end

-- ---- one moment

local function known(value)
  if core.is_unknown(value) then return nil end
  return value
end

local function machine_of(source)
  local sys = machine.system(source)
  local total, free = known(sys.swap_total), known(sys.swap_free)
  return { mem_total = known(sys.mem_total), mem_available = known(sys.mem_available),
    swap_used = total and free and total - free, stalled = known(sys.pressure_some_total) }
end

-- nil: it is damaged.
local function take(self, moment)
  local source = recorded.whole(self.recording, moment.id)
  if not source then return nil end
  local point = machine_of(source)
  point.moment, point.time, point.boot = moment, moment.time, moment.boot_id
  point.values, point.n, point.missing, point.total = {}, {}, 0, 0
  local set = rowset.processes { on = source }:by(self.key):sum(self.field):set()
  if set.from.coverage then set.from.coverage:tell() end
  for _, row in ipairs(set.from.rows) do
    local name, value = row[self.key], row[self.field]
    name = core.known(name) and name ~= "" and name or NONE[self.by]
    point.missing = point.missing + (made_rows.missing(row, { self.field }) or 0)
    if core.known(value) then
      point.values[name] = (point.values[name] or 0) + value
      point.total = point.total + value
      point.is_known = true
    end
    point.n[name] = (point.n[name] or 0) + row.n
  end
  if not recorded.is_broken(set.from.rows, self.field) then return point end
  recorded.leave_out(moment.id)
  return nil
end

-- ---- all

-- The share of the time between two moments in which a process waited for memory, per cent: by the kernel's counter, so
-- that it is of all that time.
local function add_pressure(before, point)
  if not before or before.boot ~= point.boot or not before.stalled or not point.stalled then return end
  local seconds = point.time - before.time
  if seconds > 0 then point.pressure = math.min(100, 100 * (point.stalled - before.stalled) / seconds) end
end

-- A kill belongs to the first point after it, whichever moments were drawn.
local function add_kills(self, intervals)
  local at = 1
  for _, point in ipairs(self.points) do
    point.kills = 0
    while intervals[at] and intervals[at].after.id <= point.moment.id do
      point.kills, at = point.kills + intervals[at].n, at + 1
    end
  end
end

-- The names with the highest values at any moment, the highest first.
local function names_of(points, top)
  local peaks, names = {}, {}
  for _, point in ipairs(points) do
    for name, value in pairs(point.values) do
      if not peaks[name] then names[#names + 1] = name end
      peaks[name] = math.max(peaks[name] or 0, value)
    end
  end
  table.sort(names, function(a, b)
    if peaks[a] ~= peaks[b] then return peaks[a] > peaks[b] end
    return a < b
  end)
  local all = #names
  for i = all, top + 1, -1 do names[i] = nil end
  while #names > 0 and peaks[names[#names]] == 0 do names[#names] = nil end
  return names, all - #names
end

-- What usually lies between two moments that were drawn: twice that is a gap.
local function mark_gaps(points)
  local steps = {}
  for i = 2, #points do steps[#steps + 1] = points[i].time - points[i - 1].time end
  table.sort(steps)
  local usual = steps[(#steps + 1) // 2] or 0
  points[1].is_alone = true
  for i = 2, #points do
    points[i].is_alone = points[i].boot ~= points[i - 1].boot
    local step = points[i].time - points[i - 1].time
    points[i].is_apart = step > 3 * usual + 1 or points[i].is_alone
  end
end

---@class memsh.Timeline
---@field points table[] { time, moment, boot, values = bytes by name, n = processes by name, total, missing,
--- mem_total, mem_available, swap_used, pressure, kills, is_apart: after a gap, is_alone: the first of its boot }
---@field names string[] the largest, at any moment
---@field others integer how many names are not among them
---@field moments integer how many there are in the span
---@field chosen integer how many of them were to be read
---@field damaged integer how many of them are damaged, as far as they were read
---@field unmeasured integer moments of which it was known that they lack the measure: they were not to be read
---@field without integer moments that were read, and lack it
---@field no_kills string|nil why kills are not known

local function add_points(self, chosen, damaged)
  for i, moment in ipairs(chosen) do
    core.progress(("moment %d"):format(i))
    local point = take(self, moment)
    if not point then
      damaged[moment.id] = true
    elseif point.is_known then
      add_pressure(self.points[#self.points], point)
      self.points[#self.points + 1] = point
    else
      self.without = self.without + 1
    end
  end
  for _ in pairs(damaged) do self.damaged = self.damaged + 1 end
  self.seen:lose_moments(self.recording, self.damaged, self.moments)
end

local function nothing(self)
  if self.moments == 0 then return "there is no moment in that time" end
  if self.without == 0 then return "all moments in that time are damaged" end
  return ("%s was not recorded in that time%s"):format(self.field, self.damaged > 0 and ", or is damaged" or "")
end

--- Raises where the recording can't be read. nil and a message where there is nothing to draw.
---@param recording userdata
---@param opt {by: string, of: string, from: string|nil, to: string|nil, top: integer}
---@return memsh.Timeline|nil
---@return string|nil
function timeline.take(recording, opt)
  local list, damaged = span.whole(span.moments(recording), opt, "timeline: ")
  local intervals, no_kills, search = kills.find(recording, list)
  local self = { recording = recording, by = opt.by, of = opt.of, key = FIELDS[opt.by], field = MEASURED[opt.of],
    points = {}, moments = #list + damaged, damaged = damaged, without = 0, no_kills = no_kills,
    host = list[1] and list[#list].host, seen = coverage.new() }
  local measured, unmeasured = measured_of(recording, list, self.field)
  local chosen = span.spread(measured, room(measured), needed_of(measured, intervals))
  self.seen.of = recorded.last(recording, list)
  self.chosen, self.unmeasured = #chosen + damaged, unmeasured
  add_points(self, chosen, search.damaged)
  if #self.points == 0 then return nil, nothing(self) end
  add_kills(self, intervals)
  mark_gaps(self.points)
  self.names, self.others = names_of(self.points, opt.top)
  return self
end

--- What is not of the names that are shown.
function timeline.rest(self, point)
  local rest = point.total
  for _, name in ipairs(self.names) do rest = rest - (point.values[name] or 0) end
  return rest
end

--- The highest value of a name, or of the others, and when that was.
---@param name string|nil
function timeline.highest(self, name)
  local most, when
  for _, point in ipairs(self.points) do
    local value = name and (point.values[name] or 0) or not name and timeline.rest(self, point)
    if not most or value > most then most, when = value, point.time end
  end
  return most, when
end

--- What is to be known of the numbers.
---@param self memsh.Timeline
---@return string[]
function timeline.notes(self)
  local out = {}
  local measured, lacking = self.moments - self.unmeasured, self.unmeasured + self.without
  if self.chosen < measured then
    out[1] = ("%d of %d moments%s were read, evenly spread; pressure and kills are of all the time."):format(
      #self.points + self.without, measured, self.unmeasured > 0 and (" with %s"):format(self.field) or "")
  end
  if self.damaged > 0 then
    out[#out + 1] = ("%d of %s %s damaged, and left out."):format(self.damaged, plural(self.moments, "moment"),
      self.damaged == 1 and "is" or "are")
  end
  if lacking > 0 then out[#out + 1] = ("%s did not record %s."):format(plural(lacking, "moment"), self.field) end
  if self.no_kills then out[#out + 1] = "Kills are not known: " .. self.no_kills .. "." end
  local missing = 0
  for _, point in ipairs(self.points) do missing = missing + point.missing end
  if missing > 0 then
    out[#out + 1] = ("%s could not be read, as of processes that ended meanwhile."):format(plural(missing, "value"))
  end
  return out
end

-- ---- as rows

local function columns(self)
  return {
    { "time", "time", "of the moment" },
    { self.by, "text", "whose memory it is; '(others)': of all that are not named" },
    { "memory", "bytes", timeline.MEANING[self.of] },
    { "n", "count", "processes" },
    { "used", "bytes", "of the machine: memory that is not available" },
    { "swap_used", "bytes", "of the machine" },
    { "pressure", "percent", "time since the row before in which a process waited for memory" },
    { "oom_kills", "count", "since the moment before" },
    { "why", "text", "what the moment was taken for" },
  }
end

local function or_unknown(value, name)
  if value == nil then return core.unknown("not_recorded", name) end
  return value
end

local function row_of(self, point, name, memory, n)
  local used = point.mem_total and point.mem_available and point.mem_total - point.mem_available
  return { time = point.time, [self.by] = name, memory = memory, n = n, used = or_unknown(used, "used"),
    swap_used = or_unknown(point.swap_used, "swap_used"), pressure = or_unknown(point.pressure, "pressure"),
    oom_kills = or_unknown(not (self.no_kills or point.is_alone) and point.kills or nil, "oom_kills"),
    why = point.moment.why }
end

--- A row for each name and moment.
---@param self memsh.Timeline
---@return memsh.RowSet
function timeline.rows(self)
  local rows = {}
  for _, point in ipairs(self.points) do
    local n = 0
    for _, count in pairs(point.n) do n = n + count end
    for _, name in ipairs(self.names) do
      rows[#rows + 1] = row_of(self, point, name, point.values[name] or 0, point.n[name] or 0)
      n = n - (point.n[name] or 0)
    end
    if self.others > 0 then rows[#rows + 1] = row_of(self, point, "(others)", timeline.rest(self, point), n) end
  end
  return from_tables(rows, columns(self), self.seen)
end

return timeline
