-- SPDX-License-Identifier: GPL-3.0-or-later
-- Where processes come from, read in the cheapest order: a function that gives the next row, nil at the end.
local readahead = require "memsh.exec.readahead"
local core = require "memsh.core"
local coverage = require "memsh.exec.coverage"
local prefetch = require "memsh.exec.prefetch"
local reference_mode = require "memsh.exec.reference_mode"
local machine = require "memsh.fields.machine"
local schema = require "memsh.fields.schema"
local verdicts = require "memsh.util.lazy" "memsh.exec.verdicts"

local source = {}

-- So few processes of a moment are not worth threads.
local FEW <const> = 32

-- What a file costs, by its place in the table: the field table lists the files of a process by cost.
local function cost(files)
  local top = 0
  while files > 0 do
    top, files = top + 1, files >> 1
  end
  return top
end

-- The conditions, cheapest first. A function may do anything, so nothing moves across it.
local function ordered(conditions, fields)
  local list, from = {}, 1
  for i, condition in ipairs(conditions) do
    local files = condition.fields and core.plan((fields:needs(condition.fields))) or 0
    list[i] = { of = condition, decide = condition.decide, is_text = condition.fields ~= nil, files = files,
      cost = cost(files), at = i, fields = condition.fields, text = condition.text }
  end
  for i = 1, #list + 1 do
    if i > #list or not list[i].is_text then
      local part = table.move(list, from, i - 1, 1, {})
      table.sort(part, function(a, b)
        if a.cost ~= b.cost then return a.cost < b.cost end
        return a.at < b.at
      end)
      table.move(part, 1, #part, from, list)
      from = i + 1
    end
  end
  return list
end

-- Decides a condition for rows[1..n]; maybe[row] is why it, or one before it, came out unknown. Gives the new n.
local function filter(rows, n, condition, maybe)
  local kept = 0
  for i = 1, n do
    local row = rows[i]
    local yes, reason = condition.decide(row)
    if yes ~= false then
      kept = kept + 1
      rows[kept] = row
      if yes == nil then maybe[row] = coverage.lasting(maybe[row], reason) end
      if yes == nil and condition.step then condition.step.trace:doubt(row, condition.step) end
    end
  end
  for i = kept + 1, n do rows[i] = nil end
  return kept
end

-- Rows whose files were read again while they were decided are decided again.
local function decide_again(rows, n, conditions, maybe)
  if #conditions == 0 then return n end
  local changed = {}
  for i = 1, n do
    if core.revision(rows[i]) > 0 then changed[#changed + 1] = rows[i] end
  end
  if #changed == 0 then return n end
  for _, row in ipairs(changed) do maybe[row] = nil end
  local fits, left = {}, #changed
  for _, condition in ipairs(conditions) do
    if condition.is_text then left = filter(changed, left, condition, maybe) end
  end
  for i = 1, left do fits[changed[i]] = true end
  return filter(rows, n, { decide = function(row) return core.revision(row) == 0 or fits[row] or false end }, maybe)
end

-- Puts aside what is undecided, and what has gone.
local function settle(run, rows, n, maybe)
  if next(maybe) == nil then return n end
  return filter(rows, n, { decide = function(row)
    local reason = maybe[row]
    if not reason then return true end
    if reason == "gone" and core.is_gone(row) then
      run.coverage:note(run:key(row.pid), "gone")
    else
      run:undecided(row, reason)
    end
    return false
  end }, maybe)
end

-- Puts aside what is more than will be asked for; of those nothing more is read. work.want is nil where something else
-- decides which rows are left.
local function set_aside(rows, n, work)
  local want = work.want
  if not want or n <= want then return n end
  work.spare = table.move(rows, want + 1, n, 1, {})
  return want
end

-- Leaves threads of the kernel out, where they are not asked for. Of processes that were named, and not found in a
-- listing, something must be read to know whether they exist. One that may be either counts, and is noted.
local function drop_kernel(run, rows, n, work)
  if work.kernel and work.named then core.load_kernel(rows, 1, n) end
  local doubts
  if not work.kernel then n, doubts = core.drop_kernel(rows, n) end
  n = set_aside(rows, n, work)
  local left = work.sifted and work.sifted.are_others
  for i = 1, n do
    local key, reason = run:key(rows[i].pid), doubts and doubts[rows[i]]
    run.coverage:process(key, left)
    if reason and coverage.is_missed(reason) then run.coverage:note(key, reason) end
  end
  return n
end

-- The files of a process that not everybody may read.
local function guarded_files()
  local ids = {}
  for _, info in ipairs(core.fields "process") do
    if info.permission ~= "anybody" then ids[#ids + 1] = info.id end
  end
  return core.plan(ids)
end

-- Loads files of all rows that are left, so that these are complete when they leave. Audits count the processes that an
-- answer rests on: those that were not ruled out by what anybody may read.
local function load_rest(run, rows, n, files)
  if files == 0 or n == 0 then return end
  local asked = run.coverage.asked
  if asked and files & guarded_files() ~= 0 then
    for i = 1, n do asked[run:key(rows[i].pid)] = true end
  end
  core.load(rows, 1, n, files)
end

-- `files`: what was read last.
local function drop_gone(run, rows, n, files)
  return filter(rows, n, { decide = function(row)
    if not core.is_gone(row, files) then return true end
    run.coverage:note(run:key(row.pid), "gone")
    return false
  end }, {})
end

-- Completes rows that are left. Where that read anything of them again they are decided again.
local function complete(run, rows, n, work, maybe)
  load_rest(run, rows, n, work.files)
  prefetch.load(rows, n, work.prefetched)
  n = decide_again(rows, n, work.conditions, maybe)
  n = settle(run, rows, n, maybe)
  return drop_gone(run, rows, n, work.files)
end

-- Decides a condition for rows that are there.
local function decide(rows, n, work, condition, maybe)
  local found = work.sifted
  local before = found and #found.groups > 0 and table.move(rows, 1, n, 1, {})
  n = filter(rows, n, prefetch.condition(rows, n, condition), maybe)
  if before then verdicts().learn(found, condition, before, rows, n) end
  return n
end

-- One chunk of processes through all conditions.
local function sift(run, rows, work)
  local n, maybe = #rows, {}
  local first = work.conditions[1] or work
  if not work.want then run:read(first.step, function() load_rest(run, rows, n, first.files) end) end
  n = run:measure(work.kernel_step, rows, n, function() return drop_kernel(run, rows, n, work) end)
  for _, condition in ipairs(work.conditions) do
    n = run:measure(condition.step, rows, n, function()
      load_rest(run, rows, n, condition.files)
      return decide(rows, n, work, condition, maybe)
    end, not condition.is_text)
  end
  n = settle(run, rows, n, maybe)
  return run:measure(work.step, rows, n, function() return complete(run, rows, n, work, maybe) end)
end

local function name_list(names)
  local list, seen = {}, {}
  for _, name in ipairs(names) do
    if not seen[name] then list[#list + 1] = name end
    seen[name] = true
  end
  return table.concat(list, " ")
end

-- The steps of a run that is explained.
local function declare(run, work, wanted, files)
  work.list_step = run:step(work.named and "processes named" or "processes", "/proc")
  if work.named or not work.kernel then work.kernel_step = run:step("no kernel threads", "stat") end
  for _, condition in ipairs(work.conditions) do
    condition.step = run:step("where " .. (condition.text or "function"), condition.files)
  end
  if work.files ~= 0 or wanted.open then
    work.step = run:step("read " .. name_list(wanted.fields) .. (wanted.open and " ..." or ""), files)
    work.step.keeps = true
  end
end

-- A run that is explained shows what each condition left: where one rules processes out, it is known which.
local function sift_explained(run, work, wanted)
  local first, found = work.conditions[1], nil
  if not first or work.conditions[2] then return nil end
  run:read(work.kernel_step or first.step, function() found = verdicts().sift(run, work, wanted.conditions) end)
  if not found then return nil end
  run.trace.leaves(work.list_step, 0, found.all)
  if work.kernel_step then run.trace.leaves(work.kernel_step, found.kernel + found.out, found.out) end
  run.trace.leaves(first.step, found.out, 0)
  return found
end

-- Of a moment of a recording that is read as a whole, the ids of processes that conditions do not rule out by what a
-- file of theirs shows, where that can be said.
local function sift_pids(run, work, wanted, files)
  if not core.moment_of(run.source) then return nil end
  local found
  if wanted.all and run.trace then
    found = sift_explained(run, work, wanted)
  elseif wanted.all then
    found = verdicts().sift(run, work, wanted.conditions)
  end
  work.sifted, run.wants = found, verdicts().wants(found, files)
  if found then run.coverage:list(false) end
  return found and found.pids
end

-- All process ids.
local function list_pids(run, step)
  local pids, hidden
  run:measure(step, {}, 0, function()
    pids, hidden = machine.pids(run.source, run.lose_part)
    return #pids
  end)
  run.coverage:list(hidden)
  return pids
end

-- What shows cheapest that a process is no thread of the kernel. The link to its program takes half of what stat does,
-- but root alone may follow all of them, and what else is read needs stat. `alone`: nothing else is.
local function telling_file(of, alone)
  local follows = alone and require("memsh.prompt").privileged and of:is_live()
  return core.plan { schema.process:field(follows and "exe" or "flags").id }
end

-- The files that are read of each process before anything is decided.
local function read_first(of, work, alone)
  local files = (work.conditions[1] or work).files
  return files == 0 and not work.kernel and telling_file(of, alone) or files
end

---@class memsh.WantedProcesses
---@field pids integer[]|nil
---@field kernel boolean
---@field conditions memsh.Condition[]
---@field fields string[] what later stages read
---@field most integer|nil how many rows will be asked for
---@field open boolean|nil whether they may be asked for more than `fields`
---@field all boolean|nil whether all rows will be asked for

-- What is to be done with them.
local function work_of(run, wanted)
  local fields, have = schema.process, 0
  local work = { kernel = wanted.kernel, named = wanted.pids ~= nil, conditions = ordered(wanted.conditions, fields),
    prefetched = 0 }
  for _, condition in ipairs(work.conditions) do have = have | condition.files end
  work.files = core.plan((fields:needs(wanted.fields)), have)
  if run.trace then declare(run, work, wanted, work.files & ~have) end
  local takes_first = #work.conditions == 0 and not run.trace and not reference_mode.plain
  work.want, work.all_files = takes_first and wanted.most or nil, have | work.files
  local ahead, alone = wanted.all and not run.trace and not wanted.pids, not wanted.open and work.all_files == 0
  work.reads = ahead and read_first(run.source, work, alone) or 0
  return work
end

-- Rows that come a chunk after another: `next_row` is the next of the `n` that are left of this one.
local Rows = {}
Rows.__index = Rows

local function begin(self)
  local run, work, wanted = self.run, self.work, self.wanted
  local pids = wanted.pids or sift_pids(run, work, wanted, work.all_files) or list_pids(run, work.list_step)
  self.list = readahead.of(run.source, pids, wanted.most, work.sifted and #pids < FEW and 0 or work.reads)
  run:reads(pids, 0)
end

-- A chunk that Ctrl-C comes into is as if it had not been begun.
local function fill(self)
  local run, work, list = self.run, self.work, self.list
  if self.wanted.open and prefetch.pays(self.n) then
    work.prefetched = prefetch.common(self.rows, prefetch.SAMPLE)
  end
  local fresh = work.spare or list:next()
  work.spare = nil
  self.rows, self.n, self.next_row = fresh, sift(run, fresh, work), 1
  if work.want then work.want = work.want > self.n and work.want - self.n or nil end
  run:reads(list.pids, list.done)
end

-- False where there are no more.
function Rows:has_some()
  if not self.list then begin(self) end
  while self.next_row > self.n do
    if not self.work.spare and self.list:is_over() or self.run:must_stop() then return self.list:drop() end
    fill(self)
  end
  return true
end

function Rows:next_one()
  if not self:has_some() then return nil end
  self.next_row = self.next_row + 1
  return self.rows[self.next_row - 1]
end

function Rows:next_block()
  if not self:has_some() then return nil end
  local from, places = self.next_row - 1, {}
  for i = 1, self.n - from do places[i] = from + i end
  self.next_row = self.n + 1
  return self.rows, places, #places
end

--- Processes.
function source.processes(run, wanted)
  local rows = setmetatable({ run = run, work = work_of(run, wanted), wanted = wanted, rows = {}, n = 0, next_row = 1 },
    Rows)
  local in_blocks = not (run.trace or reference_mode.plain)
  return function() return rows:next_one() end, in_blocks and {
    next = function() return rows:next_block() end,
    row = function(place) return rows.rows[place] end,
  } or nil
end

--- All processes, nothing of them read.
function source.owners(run)
  local from, pids, at, step = run.source, nil, 0, run:step("processes", "/proc")
  run.wants = core.moment_of(from) and verdicts().wants(nil, 0) or nil
  return function()
    pids = pids or list_pids(run, step)
    run:reads(pids, at)
    at = at + 1
    return pids[at] and from:process(pids[at])
  end
end

return source
