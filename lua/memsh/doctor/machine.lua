-- SPDX-License-Identifier: GPL-3.0-or-later
-- The machine as the checks see it: one reading at the start of the sample and one at its end, taken once for all of
-- them. What is dearer (mappings, page walks) is read when the first check asks, and of those processes alone.
local core = require "memsh.core"
local cgroups = require "memsh.query.cgroups"
local coverage = require "memsh.exec.coverage"
local lazy = require "memsh.util.lazy"
local source_of = require "memsh.fields.machine"
local rowset = require "memsh.query.rowset"

local words = lazy "memsh.doctor.words"

local is_unknown = core.is_unknown

local machine = {}

---@class memsh.doctor.Machine
---@field sys table the system's fields at the end of the sample
---@field vmstat table|any its counters; unknown where they could not be read
---@field seconds number|nil how long the sample lasted
---@field no_sample string|nil why there is none
---@field processes table[] of all processes but the kernel's, at the end: the cheap files
---@field before table<integer, table> the same at the start, by pid
---@field unseen string|nil why processes may be missing
local Machine = {}
Machine.__index = Machine

local CHEAP <const> = "pid, ppid, comm, cmdline, state, threads, start_time, age, uid, user, virt, res, rss_anon, " ..
  "rss_file, rss_shmem, vm_swap, vm_lck, vm_pin, vm_data, vm_stk, vm_pte, maj_flt, limit_as, limit_data, " ..
  "limit_stack, limit_memlock"
local AT_START <const> = "pid, start_time, res, rss_anon, rss_shmem, vm_swap, maj_flt"

local function system_now()
  local system, values = source_of.source():system(), {}
  for _, info in ipairs(core.fields "system") do values[info.name] = system[info.name] end
  return values
end

-- The rows of a set and the coverage of its run, of which the checks speak themselves.
local function ask(set)
  local frozen = set:set()
  local covered = frozen.from.coverage
  if covered then covered:tell() end
  return frozen.from.rows, covered
end

local function processes_now(fields, pids)
  return ask(rowset.processes { pids = pids, kernel = pids ~= nil }:show(fields))
end

local function by_pid(rows)
  local found = {}
  for _, row in ipairs(rows) do found[row.pid] = row end
  return found
end

-- Why processes may be missing, and the reason's name where a machine has more than those listed.
local function why_unseen(covered)
  if covered and covered:is_nothing() then
    return ("no process could be read in %s"):format(core.escape(source_of.source():root())), "not_recorded"
  end
  if covered and covered.hidden > 0 then return "processes of others are hidden here (hidepid)", "denied" end
  if source_of.source():is_nested() then return "processes outside this PID namespace are not listed" end
  return nil
end

-- Without asking each process for its group: a group that no hierarchy shows has no files to read.
local function group_rows()
  local list, seen = {}, coverage.new()
  for row in cgroups.rows({ coverage = seen, source = source_of.source() }, function() return nil end) do
    list[#list + 1] = row
  end
  if #list == 0 then list.problem = "no hierarchy of groups that counts memory is seen here" end
  if seen:missing() > 0 then list.problem = core.reason_text(seen:reason() or "io") end
  return list
end

-- The counters of groups that are compared over the sample.
local EVENTS <const> = { "events_max" }

local function events_of(groups)
  local found = {}
  for _, row in ipairs(groups) do
    local events = {}
    for _, name in ipairs(EVENTS) do events[name] = row[name] end
    found[row.path] = events
  end
  return found
end

local function start_of_sample(pids)
  local system = source_of.source():system()
  return { at = core.clock(), vmstat = system.vmstat, processes = by_pid((processes_now(AT_START, pids))),
    events = pids and {} or events_of(group_rows()) }
end

local function wait_until(moment)
  repeat until core.wait(moment) -- a terminal that is resized wakes it
end

--- Whether what is looked at is a moment of a recording.
function machine.is_recording()
  return core.moment_of(source_of.source()) ~= nil
end

local function why_no_sample(is_live)
  if is_live then return "no sample was taken (--seconds 2 takes one)" end
  if machine.is_recording() then return "of a recording one moment is looked at, and this takes two" end
  return "a saved machine is a single moment"
end

--- Looks at the machine for so many seconds; 0: once.
---@param seconds number
---@param pids integer[]|nil only these of its processes
---@return memsh.doctor.Machine
function machine.take(seconds, pids)
  local is_live, start = source_of.source():is_live(), nil
  local made = { made = {}, pids = pids }
  if seconds > 0 and is_live then
    start = start_of_sample(pids)
    wait_until(start.at + seconds)
  else
    made.no_sample = why_no_sample(is_live)
  end
  made.sys = system_now()
  made.vmstat = made.sys.vmstat
  for _, name in ipairs { "vmstat", "uptime" } do
    local reason = core.why(made.sys[name])
    if reason then coverage.note_other(reason) end
  end
  if start then made.seconds, made.first = core.clock() - start.at, start end
  local covered
  made.processes, covered = processes_now(CHEAP, pids)
  made.before = start and start.processes or {}
  made.unseen, made.unseen_name = why_unseen(covered)
  return setmetatable(made, Machine)
end

-- ---- what checks ask

--- The recording of which it is a moment, and the moment; nil where it is of none.
function Machine.recording(_)
  local source = source_of.source()
  return source_of.recording(source), core.moment_of(source)
end

local function remember(self, name, make)
  if self.made[name] == nil then self.made[name] = make() end
  return self.made[name]
end

--- How much a counter of vmstat grew per second; nil and why not.
---@param name string
---@return number|nil
---@return string|nil
function Machine:rate(name)
  if not self.seconds then return nil, self.no_sample end
  local before, after = self.first.vmstat, self.vmstat
  for _, counters in ipairs { before, after } do
    if is_unknown(counters) then return nil, core.reason_text(core.why(counters)) end
  end
  if not before[name] or not after[name] then return nil, ("this kernel does not count %s"):format(name) end
  return math.max(after[name] - before[name], 0) / self.seconds
end

--- The same of pages, in bytes.
function Machine:byte_rate(name)
  local pages, reason = self:rate(name)
  if not pages then return nil, reason end
  return pages * self.sys.page_size
end

--- A counter of vmstat since boot; nil and why not.
function Machine:counter(name)
  if is_unknown(self.vmstat) then return nil, core.reason_text(core.why(self.vmstat)) end
  if not self.vmstat[name] then return nil, ("this kernel does not count %s"):format(name) end
  return self.vmstat[name]
end

--- The control groups, rows of `cgroups`.
function Machine:groups()
  return remember(self, "groups", group_rows)
end

--- How much a counter of a group grew during the sample; nil where that is not known.
function Machine:group_growth(row, name)
  local before = self.first and self.first.events[row.path]
  local then_value, now = before and before[name], row[name]
  if then_value == nil or is_unknown(then_value) or is_unknown(now) then return nil end
  return now - then_value
end

--- A file of a group: a number, math.huge for "max"; nil and a reason.
function Machine.group_number(_, row, file)
  local text, reason = core.cgroup_read(source_of.source(), row.path, file)
  if not text then return nil, reason end
  local word = text:match "^(%S+)%s*$"
  if word == "max" then return math.huge end
  return math.tointeger(tonumber(word)), "malformed"
end

--- The sum of a field over all processes, and how many it is unknown of (those without memory not counted).
---@param name string
function Machine:sum(name)
  return table.unpack(remember(self, "sum " .. name, function()
    local sum, missing = 0, 0
    for _, row in ipairs(self.processes) do
      local value = row[name]
      if not is_unknown(value) then
        sum = sum + value
      elseif core.why(value) ~= "no_memory" and core.why(value) ~= "gone" then
        missing = missing + 1
      end
    end
    return { sum, missing }
  end))
end

local MOST_WALKED <const> = 12

-- What a process would give back at least: what swap and memory it alone is likely to have.
local function weight(row)
  local known = words().known
  return known(row.rss_anon, known(row.res, 0)) + known(row.vm_swap, 0)
end

--- The largest processes with the numbers of smaps_rollup: a walk over the pages of those alone.
function Machine:largest()
  return remember(self, "largest", function()
    local rows, pids = { table.unpack(self.processes) }, {}
    table.sort(rows, function(a, b)
      local first, second = weight(a), weight(b)
      if first ~= second then return first > second end
      return a.pid < b.pid
    end)
    for i = 1, math.min(#rows, MOST_WALKED) do pids[i] = rows[i].pid end
    if #pids == 0 then return {} end
    return (ask(rowset.processes { pids = pids }:show "pid, comm, res, lazy_free"))
  end)
end

--- Processes whose number of mappings can be this large at all (each needs a page of address space), with `mappings`.
---@param least integer mappings
function Machine:many_mappings(least)
  local pids, page = {}, words().known(self.sys.page_size, 4096)
  for _, row in ipairs(self.processes) do
    if words().known(row.virt, 0) >= least * page then pids[#pids + 1] = row.pid end
  end
  if #pids == 0 then return {} end
  return (ask(rowset.processes { pids = pids }:show "pid, comm, mappings"))
end

--- Processes of whom KSM has merged pages, with what that saves.
function Machine:merging()
  return remember(self, "merging", function()
    local merging = rowset.processes { pids = self.pids }:where "ksm_merging_pages > 0"
    return (ask(merging:show "pid, comm, ksm_process_profit"))
  end)
end

-- As the report `deleted` has it.
local STALE <const> = "deleted and x and (kind == 'file' or kind == 'shmem' and starts(path, '/') and not " ..
  "starts(path, '/dev/zero'))"

-- One look at the mappings of all processes: { rows, missing =, reason =, timed_out = pids }.
local function scan_mappings(self)
  return remember(self, "mappings", function()
    local rows, covered = ask(rowset.mappings():where(STALE):by "pid, comm":count():sort "pid")
    local found = { rows = rows, missing = 0, timed_out = {} }
    for pid, reason in pairs(covered.worst) do
      if reason == "timeout" then
        found.timed_out[pid] = true
      elseif reason ~= "gone" and reason ~= "no_memory" then
        found.missing, found.reason = found.missing + 1, reason
      end
    end
    return found
  end)
end

--- Processes that run code whose file was replaced or deleted; of how many that is not known, and why.
function Machine:stale_code()
  local found = scan_mappings(self)
  return found.rows, found.missing, found.reason
end

--- Processes whose mappings could not be read in time, or their command line, which is in their memory.
function Machine:timed_out()
  local pids, list = scan_mappings(self).timed_out, {}
  for _, row in ipairs(self.processes) do
    if pids[row.pid] or core.why(row.cmdline) == "timeout" then list[#list + 1] = row end
  end
  return list
end

--- Processes by their program's name, the largest groups first: { comm, n, anon, shmem, file, swap }.
function Machine:programs()
  return remember(self, "programs", function()
    local known, found, list = words().known, {}, {}
    for _, row in ipairs(self.processes) do
      local name = known(row.comm, "?")
      local one = found[name]
      if not one then
        one = { comm = name, n = 0, anon = 0, shmem = 0, file = 0, swap = 0, pid = row.pid }
        found[name], list[#list + 1] = one, one
      end
      one.n = one.n + 1
      one.anon = one.anon + known(row.rss_anon, 0)
      one.shmem = one.shmem + known(row.rss_shmem, 0)
      one.file = one.file + known(row.rss_file, 0)
      one.swap = one.swap + known(row.vm_swap, 0)
    end
    table.sort(list, function(a, b)
      local first, second = a.anon + a.swap, b.anon + b.swap
      if first ~= second then return first > second end
      return a.comm < b.comm
    end)
    return list
  end)
end

return machine
