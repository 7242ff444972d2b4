-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which moment of a recording is meant by '03:14', '2026-11-26 03:14', '-2h', 'yesterday 18:00', 'pressure' or 'oom'.
local core = require "memsh.core"
local moments = require "memsh.expr.moments"
local suggest = require "memsh.util.suggest"

local recorded_moment = {}

-- Other words for the newest moment, and those that are near to one.
local NEWEST <const> = { newest = true, latest = true, last = true }
local WORDS <const> = { "newest", "latest", "pressure", "oom", "yesterday", "today", "now" }
local MEANT <const> = { kill = "oom", kills = "oom", oom_kill = "oom", psi = "pressure" }

local function hint(text)
  local word = text:lower():match "^[%a_]*"
  if MEANT[word] then return ("did you mean '%s'?"):format(MEANT[word]) end
  return (suggest.ending(word, WORDS, moments.HINT .. ", or 'pressure' or 'oom'"):gsub("^; ", ""))
end

-- What a moment can have been taken for.
local REASONS <const> = { every = true, pressure = true, oom = true, asked = true, saved = true }

-- A time as people write it is one before the newest moment.
local function before(text, newest)
  local when, message = moments.read(text, newest)
  if not when then return nil, ("'%s' is no time%s"):format(core.escape(text), message and ": " .. message or "") end
  if when.ago and not newest then return nil, "it is not known when the newest moment was" end
  moments.note(text, when)
  return when.at or newest - when.ago
end

local function none(recording, text)
  if REASONS[text] then return ("no moment was taken for '%s'"):format(text) end
  local first = recording:moments()[1]
  local from = first and first.time and "; the first is of " .. moments.text(first.time) or ""
  return "there is no moment so early" .. from
end

--- The last moment that is not after `text`, or was taken for it; nil and what is wrong.
---@param recording userdata see bind/recording.c
---@param text string
---@return table|nil
---@return string|nil
function recorded_moment.find(recording, text)
  local newest, message = recording:find {}
  if not newest then return nil, message or "there is no moment in it" end
  if NEWEST[text] then return newest end
  local wanted = { why = REASONS[text] and text or nil }
  if not wanted.why then
    wanted.before, message = before(text, newest.time)
    if not wanted.before then return nil, ("%s; %s"):format(message, hint(text)) end
  end
  local found
  found, message = recording:find(wanted)
  if found then
    found.asked = wanted.before
    return found
  end
  return nil, message or none(recording, text)
end

-- What was a minute before may be another state of the machine.
local NEAR <const> = 60

--- Says how long before the time that was asked a moment was, where that is long.
---@param found table of recorded_moment.find
---@param text string
function recorded_moment.note(found, text)
  local early = found.asked and found.time and found.asked - found.time
  if not early or early <= NEAR then return end
  core.note(("memsh: --at %s: the last moment before that is of %s, %s earlier"):format(core.escape(text),
    moments.text(found.time), require "memsh.util.value_text"(math.floor(early), "seconds", true)))
end

return recorded_moment
