-- SPDX-License-Identifier: GPL-3.0-or-later
-- Whom the kernel killed for lack of memory, as its own log has it: rows, the newest first.
local core = require "memsh.core"
local from_tables = require "memsh.query.from_tables"
local machine = require "memsh.fields.machine"

local oom_kills = {}

local COLUMNS <const> = {
  { "time", "time", "when, by the clock of the kernel's log, which stands still while the machine is suspended" },
  { "age", "seconds", "how long ago" },
  { "comm", "text", "its name" },
  { "pid", "count", "its number, in the first PID namespace" },
  { "uid", "count", "its user's number" },
  { "anon", "bytes", "its resident anonymous memory" },
  { "limited", "path", "the group for whose limit it was; empty: the machine was short of memory" },
  { "group", "path", "the control group that it was in" },
  { "file", "bytes", "its resident pages of files" },
  { "shmem", "bytes", "its resident shared memory" },
  { "virt", "bytes", "its address space" },
}

-- The log writes other characters than printable ones of ASCII as \xNN.
local function unescaped(text)
  return (text:gsub("\\x(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function row_of(kill, clock)
  local row = {}
  for name, value in pairs(kill) do row[name] = value end
  for _, name in ipairs { "comm", "group", "limited" } do row[name] = unescaped(kill[name]) end
  if kill.by_limit and row.limited == "" then row.limited = core.unknown("unsupported", "limited") end
  local now = machine.system().now
  row.age = clock and math.max(clock - kill.seconds, 0) or core.unknown("not_recorded", "age")
  row.time = core.is_unknown(now) and now or now - row.age
  return row
end

--- The kills that the log still has, the newest first; nil and the name of a reason.
---@return table[]|nil
---@return string|nil
function oom_kills.find()
  local kills, reason = core.oom_kills(machine.source())
  if not kills then return nil, reason end
  local rows = {}
  for i = #kills, 1, -1 do rows[#rows + 1] = row_of(kills[i], kills.seconds) end
  return rows
end

--- Why the log can't be read, for people.
function oom_kills.problem(reason)
  if reason == "denied" then return "only root (CAP_SYSLOG) may read the kernel's log" end
  if reason == "unsupported" then return "the kernel's log (/dev/kmsg) is not to be had here, as in a container" end
  return core.reason_text(reason)
end

--- As a row set; nil, a message and the name of a reason.
---@return memsh.RowSet|nil
function oom_kills.rows()
  local rows, reason = oom_kills.find()
  if not rows then return nil, oom_kills.problem(reason), reason end
  return from_tables(rows, COLUMNS)
end

return oom_kills
