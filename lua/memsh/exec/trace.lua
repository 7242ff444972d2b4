-- SPDX-License-Identifier: GPL-3.0-or-later
-- The trace of a run that is explained: its steps, with what each opened, took, dropped and cost.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"
local plural = require "memsh.util.plural"
local schema = require "memsh.fields.schema"

local value_text = lazy "memsh.util.value_text"

local trace = {}

-- ---- what files cost

-- What a file of a small process takes, in seconds (of some 80 mappings; Linux 6.18).
local TYPICAL <const> = { maps = 36e-6, smaps_rollup = 41e-6, numa_maps = 60e-6, smaps = 138e-6 }
local CHEAP <const> = 20e-6 -- stat, statm, status
-- These look at every resident page: 17 to 26 ms for 256 MiB in pages of 4 KiB.
local WALKS <const> = { smaps_rollup = true, numa_maps = true, smaps = true }
local WALK <const> = 0.3e-6 / 4096
local SMALL <const> = 16 << 20 -- what most have, so that it is in what was measured
local USUAL <const> = 1536 << 10

-- What they took in this session, where it was measured: the { seconds, times } of the run that read the most. An
-- average of few is that of those that were asked for, and one huge process spoils it.
local measured = {}
local ENOUGH <const> = 10

-- Readers share the work.
local function estimate(file, resident, jobs)
  local known = measured[file]
  local walked = known and math.max(0, resident - SMALL) or resident
  local each = known and known.seconds / known.times or TYPICAL[file] or CHEAP
  return (each + (WALKS[file] and WALK * walked or 0)) / jobs
end

--- A measurement of a file: what is foreseen of it rests on the one of most processes.
---@param file string
---@param seconds number of all readers together
---@param times integer
function trace.keep_measured(file, seconds, times)
  local known = measured[file]
  if times < math.max(ENOUGH, known and known.times or 0) then return end
  measured[file] = { seconds = seconds, times = times }
end

--- What the file of a step would have taken of this many processes, of which the step read `n` in `seconds`.
---@param file string
---@param seconds number
---@param n integer
---@param processes integer
---@param jobs integer readers
---@return number seconds
function trace.of_all(file, seconds, n, processes, jobs)
  local each = 2 * n >= processes and seconds / n or estimate(file, USUAL, jobs)
  return seconds + math.max(0, processes - n) * each
end

-- ---- what steps leave

-- The { rows, left } of steps whose files are dear, by what they are (or their keys, if that is not all): those of the
-- last time.
local last_time = {}

-- How many of n rows a step leaves if it leaves as many as the last time; all where that is not known.
local function foreseen_left(self, step, n)
  local last = last_time[step.key or step.what]
  if not last then return n end
  self.recalls = true
  step.owed = (step.owed or 0) + n * math.min(1, last.left / last.rows)
  local whole = math.floor(step.owed + 0.5)
  step.owed = step.owed - whole
  return math.min(n, whole)
end

-- ---- traces

local Trace = {}
Trace.__index = Trace

-- The step of that name of the moment before, where the steps of another one begin.
local function step_again(self, what)
  for at = self.repeats or #self.steps + 1, #self.steps do
    if self.steps[at].what == what then
      self.repeats = at + 1
      return self.steps[at]
    end
  end
  return nil
end

--- A new step, after those there are.
---@param files integer|string|nil what it reads: a mask (as of core.plan), or one file by its name
function Trace:step(what, files)
  local known = step_again(self, what)
  if known then return known end
  local names = type(files) == "string" and { files } or core.file_names(files or 0)
  local step = { what = what, file = names[#names], files = names, rows = 0, left = 0,
    seconds = 0, opened = {}, undecided = 0, reasons = {},
    missed = setmetatable({}, { __mode = "k" }), trace = self }
  self.steps[#self.steps + 1] = step
  return step
end

-- How often each file was opened, or nanoseconds spent on it, by this run: of the sources that it has left, too.
local function added(past, now)
  for name, n in pairs(past) do now[name] = (now[name] or 0) + n end
  return now
end

local function opened(self)
  return added(self.past.opened, self.source:opened())
end

local function time_spent(self)
  return added(self.past.spent, self.source:spent())
end

local NO_PIECES <const> = { pieces = 0, bytes = 0 }

-- The run is at a source that may be of a recording. What was read of it before the run began was not for it.
local function begin_pieces(self, source)
  if not core.moment_of(source) then return end
  local is_new = machine.since(source) >= self.started
  self.at = { source = source, before = is_new and NO_PIECES or core.pieces_read(source) }
end

-- It leaves that source.
local function end_pieces(self)
  local at = self.at
  if not at then return end
  self.at, self.decompressed = nil, self.decompressed or { pieces = 0, bytes = 0 }
  local all = self.decompressed
  for what, n in pairs(core.pieces_read(at.source)) do all[what] = all[what] + n - at.before[what] end
end

-- What of recordings was read.
local function note_pieces(self)
  end_pieces(self)
  if not self.decompressed then return end
  local n = self.decompressed.pieces
  table.insert(self.notes, ("%s of recordings: %s %s decompressed, %s in the files"):format(
    plural(math.max(1, self.run.coverage.parts), "moment"), plural(n, "piece"), n == 1 and "was" or "were",
    value_text()(self.decompressed.bytes, "bytes", true)))
end

--- The run goes on with another source: what that one has opened so far was not for it.
function Trace:moves_to(source)
  end_pieces(self)
  begin_pieces(self, source)
  self.repeats = self.first
  self.first = self.first or #self.steps + 1
  if source == self.source then return end
  local past = { opened = opened(self), spent = time_spent(self) }
  for what, numbers in pairs(past) do
    for name, n in pairs(source[what](source)) do numbers[name] = (numbers[name] or 0) - n end
  end
  self.past, self.source = past, source
end

local function add_opened(self, step, file, n)
  if n == 0 then return end
  step.opened[file] = (step.opened[file] or 0) + n
  self.opened[file] = (self.opened[file] or 0) + n
end

-- What was opened since `before`, and not for a step within, was for this one.
local function attribute(self, step, before, within)
  for file, n in pairs(opened(self)) do
    local own = n - (before[file] or 0) - ((self.opened[file] or 0) - (within[file] or 0))
    local other = self.shared[file]
    local others = other and math.min(math.max(own, 0), other.n) or 0
    if others > 0 then
      other.n = other.n - others
      add_opened(self, other.step, file, others)
    end
    if own > others then add_opened(self, self.ahead[file] or step, file, own - others) end
  end
end

--- The file of a step is opened by readers ahead of it: whoever sees it opened, it is for this one.
function Trace:reads_ahead(step)
  self.ahead[step.file] = step
end

--- A step will open once more a file that is read ahead for another one.
function Trace:shares(step, file)
  local shared = self.shared[file] or { n = 0 }
  shared.step, shared.n = step, shared.n + 1
  self.shared[file] = shared
end

--- Gives what f gives. Its time is the step's, but for that of steps within.
---@param opens boolean|nil whether files may be opened in it
function Trace:spend(step, f, opens)
  local outer, spent, started = self.current, self.spent, core.clock()
  local before, within = opens and opened(self) or nil, {}
  for file, n in pairs(opens and self.opened or {}) do within[file] = n end
  self.current = step
  local results = table.pack(f())
  self.current = outer
  local own = core.clock() - started - (self.spent - spent)
  step.seconds, self.spent = step.seconds + own, self.spent + own
  if before then attribute(self, step, before, within) end
  return table.unpack(results, 1, results.n)
end

local function is_dear(step)
  return trace.is_dear(step.file)
end

local function count(step, reason)
  step.reasons[reason] = (step.reasons[reason] or 0) + 1
end

-- How much is resident, which decides what a walk over it takes: a step of its own in front of the one that asks.
local function load_resident(self, step, processes, n)
  if not self.sizes then
    self.sizes = self:step("resident sizes")
    local at = #self.steps
    while self.steps[at - 1] ~= step do at = at - 1 end
    table.insert(self.steps, at - 1, table.remove(self.steps))
  end
  self.sizes.rows, self.sizes.left = self.sizes.rows + n, self.sizes.left + n
  self:spend(self.sizes, function()
    core.load(processes, 1, n, core.plan({ schema.process:field("res").id }, ~core.missing(processes[1], ~0)))
  end, true)
end

-- What the step's files would take, of these processes.
local function foresee(self, step, processes, n)
  if not is_dear(step) or n == 0 then return end
  load_resident(self, step, processes, n)
  local most = core.readers(self.source).max_rss
  for i = 1, n do
    local resident = processes[i].res
    for _, file in ipairs(core.is_unknown(resident) and {} or step.files) do
      if WALKS[file] and most > 0 and resident > most then
        count(step, "budget")
      elseif TYPICAL[file] then
        step.seconds = step.seconds + estimate(file, resident, self.jobs)
        step.opened[file] = (step.opened[file] or 0) + 1
      end
    end
  end
end

--- Gives what f gives, how many of n rows are left. Where nothing dear is to be read, and f would, those that are
--- foreseen.
---@param unforeseen boolean|nil whether f may read anything
function Trace:measure(step, rows, n, f, unforeseen)
  step.rows = step.rows + n
  if self.dry and (is_dear(step) or unforeseen or step.keeps and self.inexact) then
    step.foreseen, self.unforeseen = not step.keeps, self.unforeseen or unforeseen
    self.inexact = self.inexact or not step.keeps
    if step.keeps then step.left = step.left + n end
    foresee(self, step, rows, n)
    return step.keeps and n or foreseen_left(self, step, n)
  end
  step.decides = true
  local left = self:spend(step, f, true)
  step.left = step.left + left
  return left
end

--- A step leaves n rows that it does not look at.
function Trace.passes(_, step, n)
  Trace.leaves(step, n, n)
end

--- A step was given n rows at once, and left some of them.
function Trace.leaves(step, n, left)
  step.rows, step.left = step.rows + n, step.left + left
end

--- Runs f, which reads the files of a step ahead of it; not where nothing dear is to be read.
function Trace:read(step, f)
  if not (self.dry and is_dear(step)) then self:spend(step, f, true) end
end

--- A function that gives rows, as a step: the next one is given what it gives.
function Trace:gives(step, next_row, opens)
  step.input, self.last = self.last, step
  return function()
    local row = self:spend(step, next_row, opens)
    if row ~= nil then step.left = step.left + 1 end
    return row
  end
end

--- n mappings leave the source as a whole, without a row for each.
function Trace:takes(n)
  self.given.left = self.given.left + n
end

--- Counts the rows that leave the source.
function Trace:counts(next_row)
  local counter = { left = 0 }
  self.last, self.given = counter, counter
  return function()
    local row = next_row()
    if row ~= nil then counter.left = counter.left + 1 end
    return row
  end
end

-- The first n rows, after all were asked for.
local function first_of(next_row, n)
  local rows, at
  return function()
    if not rows then
      rows, at = {}, 0
      for row in next_row do rows[#rows + 1] = row end
    end
    at = at + 1
    return at <= n and rows[at] or nil
  end
end

--- The rows that a stage has at most, where nothing dear is to be read: all that it is given, if it is not known what
--- is left of them.
function Trace:foresees(step, next_row, stage, make, opens)
  if not (self.inexact or opens or is_dear(step)) then return self:gives(step, make(), false) end
  step.input, step.foreseen, self.inexact, step.files, step.file = self.last, true, true, {}, nil
  return stage.op == "top" and first_of(next_row, stage.n) or next_row
end

--- A row of this step came out unknown. It may be that nothing comes of it: another step may drop it.
function Trace:doubt(row, step)
  if not self.doubts[row] then self.doubts[row] = step end
end

--- What a condition says of a row.
function Trace:decide(step, condition, row)
  step.rows = step.rows + 1
  local yes, reason = self:spend(step, function() return condition.decide(row) end, not condition.fields)
  if yes ~= false then step.left = step.left + 1 end
  if yes == false then self.doubts[row] = nil end
  if yes == nil then self:doubt(row, step) end
  return yes, reason
end

--- A step could not decide on a row, or on the mappings of a process.
function Trace.lost(_, step, reason)
  step.undecided = step.undecided + 1
  count(step, reason)
end

--- A row could be neither taken nor dropped.
function Trace:undecided(row, reason)
  local step = self.doubts[row] or self.current or self.steps[#self.steps]
  self.doubts[row] = nil
  self:lost(step, reason)
end

--- A value of a row was unknown. A process is counted once, however many of its values are asked for, and how often.
function Trace:unknown(row, reason)
  local step = self.current
  if not step then return end
  if core.kind(row) == "process" then
    if step.missed[row] then return end
    step.missed[row] = true
  end
  count(step, reason)
end

--- The rows of a set with what is shown of them, as a step.
function Trace:shows(next_row, terms, run)
  local parts, opens = {}, false
  for i, term in ipairs(terms) do
    parts[i], opens = term.name, opens or not term.fields
  end
  local function rows()
    local row = next_row()
    for _, term in ipairs(row ~= nil and terms or {}) do run:value(term, row) end
    return row
  end
  return self:gives(self:step("columns: " .. table.concat(parts, " ")), rows, opens)
end

-- ---- the end

--- The file that a step is known by: the one that was planned, else the dearest that was opened.
function trace.file_of(step)
  if step.file and (step.opened[step.file] or not next(step.opened)) then return step.file end
  local dearest = next(step.opened)
  for _, file in ipairs(core.file_names(~0)) do
    if step.opened[file] then dearest = file end
  end
  return dearest
end

--- Whether a file is one of those that a dry run does not open.
function trace.is_dear(file)
  return TYPICAL[file or ""] ~= nil
end

-- What is to be known the next time: what files took, and what steps left.
local function remember(self)
  local took, times = time_spent(self), opened(self)
  for file in pairs(TYPICAL) do
    local n = (times[file] or 0) - (self.before[file] or 0)
    if n > 0 then trace.keep_measured(file, (took[file] - (self.spent_before[file] or 0)) / 1e9, n) end
  end
  for _, step in ipairs(self.steps) do
    if step.decides and step.rows > 0 and is_dear(step) then
      last_time[step.key or step.what] = { rows = step.rows, left = step.left }
    end
  end
end

--- Ends a trace. What was opened for no step was for the last: for the rows that came out.
function Trace:finish()
  self.elapsed = core.clock() - self.started
  note_pieces(self)
  if self.dry or #self.steps == 0 then return end
  attribute(self, self.steps[#self.steps], self.before, {})
  remember(self)
end

--- What the run took, and would have taken for what was only estimated.
function Trace:seconds()
  local foreseen = -self.spent
  for _, step in ipairs(self.steps) do foreseen = foreseen + step.seconds end
  return self.elapsed + math.max(foreseen, 0)
end

--- A trace for a run that is about to begin.
---@param source userdata
function trace.new(dry, source)
  local self = setmetatable({ steps = {}, spent = 0, opened = {}, ahead = {}, shared = {},
    doubts = setmetatable({}, { __mode = "k" }), notes = {}, dry = dry, before = source:opened(),
    spent_before = source:spent(), started = core.clock(), source = source, past = { opened = {}, spent = {} },
    jobs = math.max(1, core.readers(source).jobs) }, Trace)
  begin_pieces(self, source)
  return self
end

return trace
