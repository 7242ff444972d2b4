-- SPDX-License-Identifier: GPL-3.0-or-later
-- The same question again and again, at times that lie a fixed interval apart. A terminal sees the answer in place, and
-- marks at what has changed; a pipe gets block after block, each with its time.
local core = require "memsh.core"
local sort_keys = require "memsh.exec.sort_keys"
local lazy = require "memsh.util.lazy"

require "memsh" -- which sees to it that the session is told of the command line

local output = require "memsh.show.output"
local plural = require "memsh.util.plural"
local value_text = require "memsh.util.value_text"

local difference = lazy "memsh.query.difference"
local machine = lazy "memsh.fields.machine"

local watch = {}

-- So old may be what is known of the names of users, in seconds.
local NAMES_LAST <const> = 10

-- The head, the table's own, what is said below it, and the last line.
local OTHER_LINES <const> = 5

---@type table|nil what is being watched
local state

-- ---- marks at what has changed since the last time, row by row

local Marker = {}
Marker.__index = Marker

--- What tells the row from others, next time, too. Asked before its cells are read.
function Marker:identify(row, fields)
  self.place = self.place + 1
  local ok, identity = pcall(difference().identity, row, fields) -- frozen rows may have none
  return ok and identity or "#" .. self.place
end

local function mark_of(was, is)
  if math.type(was) and math.type(is) then
    return is > was and "+" or is < was and "-" or nil
  end
  return sort_keys.text(was) ~= sort_keys.text(is) and "*" or nil
end

--- A mark for each of the first `n` cells that differs from that of the row last time: + or - for numbers, * for the
--- rest; a row that was not there has one at its first cell.
function Marker:marks(identity, cells, n)
  local now = table.move(cells, 1, n, 1, {})
  self.now[identity] = now
  if not self.before then return nil end
  local was = self.before[identity]
  if not was then return { "*" } end
  local marks = {}
  for i = 1, n do marks[i] = mark_of(was[i], now[i]) end
  return marks
end

-- That of the next table of a tick.
local function next_marker()
  state.table = state.table + 1
  local marker = setmetatable({ now = {}, place = 0, before = state.before[state.table] }, Marker)
  state.now[state.table] = marker.now
  return marker
end

-- ---- rows with their time

local Stamped = {}
Stamped.__index = Stamped

function Stamped:row(cells, partial)
  local stamped = table.move(cells, 1, self.count, 2, { state.time })
  if cells.types then
    stamped.types = {}
    for i, name in pairs(cells.types) do stamped.types[i + 1] = name end
  end
  return self.writer:row(stamped, partial)
end

function Stamped:close(meta)
  return self.writer:close(meta)
end

function Stamped:fits()
  return self.writer:fits()
end

-- Whether rows of these columns go on from the last ones, below their header.
local function goes_on(columns)
  local names = {}
  for i, column in ipairs(columns) do names[i] = column.name end
  local text = table.concat(names, "\0")
  local same = state.header == text and not state.fresh
  state.header, state.fresh = text, false
  return same
end

-- A writer with a first column `time`.
local function open_stamped(sink, format, columns, options)
  local all = { { name = "time", type = "time" } }
  for i, column in ipairs(columns) do
    if column.name == "time" then
      core.raise("the column 'time' is the one that watching adds: give yours another name, as in show\"at=time\"")
    end
    all[i + 1] = column
  end
  options.headless = goes_on(columns)
  return setmetatable({ writer = core.writer(sink, format, all, options), count = #columns }, Stamped)
end

-- ---- what the session asks of a tick

local tick = {}

--- The options of a table (see show/pager.lua) as they are in a tick.
function tick.window(wanted, format)
  if core.format_kind(format) == "lines" then wanted.open = open_stamped end
  if not state.seen then return wanted end
  wanted.marker = next_marker()
  wanted.lines = math.max(1, state.sink:height() - OTHER_LINES)
  return wanted
end

--- Whether single values get a table of their own, for the sake of the time.
function tick.stamps(format)
  return core.format_kind(format) == "lines"
end

--- What is to be said of an answer, if anything.
---@param text string|nil how much of the machine it rests on
---@param n integer|nil how many rows it has
---@param cut integer|nil how many of them were not shown
function tick.say(text, n, cut)
  if not state.seen then
    if text and text ~= state.said then core.note("memsh: " .. text) end
    state.said = text
    return
  end
  local parts = {}
  if cut then parts[1] = ("%d rows; %d more"):format(n, cut) end
  parts[#parts + 1] = text
  if #parts > 0 then core.note("(" .. table.concat(parts, "; ") .. ")") end
end

--- The time of the tick, for a line of JSON.
function tick.time()
  return state.time
end

-- ---- ticks

local function time_text(human)
  return value_text(state.time, "time", human)
end

local function draw()
  local missed = state.missed > 0 and ("  (%s missed)"):format(plural(state.missed, "tick")) or ""
  state.width, state.height = state.sink:width(), state.sink:height()
  state.sink:draw(("%s  every %s s%s  %s"):format(time_text(true), ("%g"):format(state.interval), missed,
    (state.title:gsub("%s+", " "))), state.picture)
end

--- Begins to watch: `title` is what is asked, `count` how often; nil: until something ends it.
---@param interval number seconds
---@param count integer|nil
---@param title string|nil
function watch.start(interval, count, title)
  state = { interval = interval, count = count, title = title or "", n = 0, due = 0, missed = 0, before = {},
    started = core.clock(), names_at = core.clock() }
  machine().source():keep_files(true)
end

-- Names of users change while one looks on.
local function refresh()
  local source = machine().source()
  source:tick()
  if core.clock() - state.names_at > NAMES_LAST then
    source:forget_names()
    state.names_at = core.clock()
  end
end

--- Before each run.
function watch.begin()
  local format
  state.sink, format = output.begin_tick(tick)
  state.n, state.table, state.now, state.fresh = state.n + 1, 0, {}, output.has_file()
  refresh()
  state.time = machine().system().now
  if not state.sink then return end -- it can't be written, which is said when something is shown
  local kind = core.format_kind(format)
  state.seen = kind == "picture" and state.sink:is_tty()
  state.live = state.seen and state.sink:is_screen()
  state.is_block = (kind == "picture" or kind == "page") and not state.live
  if state.live then state.sink:hold() end
  if state.is_block then state.sink:print(time_text(false) .. (kind == "page" and "\n\n" or "\n")) end
end

--- After each run.
---@param value any what it gave
function watch.finish(value)
  state.value, state.before = value, state.now
  output.say_rest(true)
  if state.live then
    state.picture = state.sink:take()
    draw()
  elseif state.is_block then
    state.sink:print "\n"
  end
  local done, message = output.end_tick()
  if not done then error(message, 0) end
end

-- Ticks whose time has passed are not made up for.
local function next_due()
  local passed = (core.clock() - state.started) / state.interval
  local next = math.max(state.due + 1, math.floor(passed) + 1)
  local missed = next - state.due - 1
  state.due = next
  if missed == 0 then return end
  state.missed = state.missed + missed
  if not state.live then
    core.note(("memsh: %s missed: asking took longer than %g s"):format(plural(missed, "tick"), state.interval))
  end
end

--- Waits for the next run. False where there is none.
---@return boolean
function watch.wait()
  if state.count and state.n >= state.count or not state.sink or state.sink:error() then return false end
  next_due()
  while not core.wait(state.started + state.due * state.interval, not state.seen and not output.has_file()) do
    local resized = state.live and (state.width ~= state.sink:width() or state.height ~= state.sink:height())
    if resized then draw() end
  end
  return true
end

--- Ends watching, however it came to that. Gives the last answer, and how often it was asked; nil where nothing was
--- watched.
---@return {value: any, n: integer}|nil
function watch.stop()
  local last = state
  if not last then return nil end
  if last.live then last.sink:take() end
  output.begin_tick(nil)
  machine().source():keep_files(false)
  state = nil
  return { value = last.value, n = last.n }
end

return watch
