-- SPDX-License-Identifier: GPL-3.0-or-later
-- Which moment of a recording is meant by '03:14', '2026-11-26 03:14', '-2h', 'yesterday 18:00', 'pressure' or 'oom'.
local core = require "memsh.core"
local moments = require "memsh.expr.moments"
local suggest = require "memsh.util.suggest"
local value_text = require "memsh.util.value_text"

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

-- Why there is no newest moment.
local function no_newest(recording)
  return #(recording:moments() or {}) > 0 and "all moments of it are damaged" or "there is no moment in it"
end

-- Whether a moment is one of those that are wanted.
local function fits(moment, wanted)
  if wanted.why then return moment.why == wanted.why end
  return not wanted.before or moment.time and moment.time <= wanted.before
end

local MOST_TRIED <const> = 1000

-- The last that can be opened of those before one of which pieces are lost, and a source of it.
local function last_that_opens(recording, lost)
  local list = recording:moments() or {}
  local damaged, last = lost.damaged + 1, #list
  while last > 0 and list[last].id >= lost.id do last = last - 1 end
  for i = last, math.max(1, last - MOST_TRIED), -1 do
    local one = list[i]
    local is_wanted = one.why ~= "damaged" and fits(one, lost.wanted)
    local source = is_wanted and recording:source(one.id)
    if source then
      one.asked, one.damaged = lost.asked, damaged
      return source, one
    end
    damaged = damaged + ((is_wanted or one.why == "damaged") and 1 or 0)
  end
  return nil
end

--- A moment that was found, as a source; where pieces of it are lost, the last one before it that opens. nil and a
--- message where there is none.
---@param recording userdata
---@param found table of recorded_moment.find
---@param ahead userdata|nil that opens it
---@return userdata|nil
---@return string|nil message
---@return table found the moment that was opened
function recorded_moment.open(recording, found, ahead)
  local source, message, name
  if ahead then source, message, name = ahead:take() else source, message, name = recording:source(found.id) end
  if name ~= "EUCLEAN" then return source, message, found end
  local whole
  source, whole = last_that_opens(recording, found)
  return source, message, whole or found
end

-- A time as people write it is one before the newest moment: what is wanted; nil and what is wrong.
local function before(text, newest)
  local when, message = moments.read(text, moments.now_of(newest.time, core.now()))
  if not when then return nil, ("'%s' is not a time%s"):format(core.escape(text), message and ": " .. message or "") end
  if when.ago and not newest.time then return nil, "it is not known when the newest moment was" end
  moments.note(text, when)
  local at = when.at or newest.time - when.ago
  return { before = moments.last(text, at), asked = at, is_relative = when.ago ~= nil }
end

--- That there is no moment so early, and of when the first is.
function recorded_moment.too_early(recording)
  local first = recording:moments()[1]
  local from = first and first.time and "; the first is of " .. moments.text(first.time) or ""
  return "there is no moment so early" .. from
end

local function none(recording, text)
  if REASONS[text] then return ("no moment was taken for '%s'"):format(text) end
  return recorded_moment.too_early(recording)
end

--- The last moment that is not after `text`, or was taken for it; nil and what is wrong. It is a whole one: `damaged`
--- ones come after it, of which one may be the one that is meant.
---@param recording userdata see bind/recording.c
---@param text string|nil nil: the newest
---@return table|nil
---@return string|nil
function recorded_moment.find(recording, text)
  local newest, message, name = recording:find {}
  if name == "EBADMSG" then message = "its list of moments is damaged" end
  if not newest then return nil, message or no_newest(recording) end
  newest.wanted = {}
  if not text or NEWEST[text] then return newest end
  local wanted = { why = text }
  if not REASONS[text] then
    wanted, message = before(text, newest)
    if not wanted then return nil, ("%s; %s"):format(message, hint(text)) end
  end
  local found
  found, message = recording:find(wanted)
  if not found then return nil, message or none(recording, text) end
  found.asked, found.wanted = wanted.asked, wanted
  if wanted.is_relative then found.damaged = math.max(found.damaged, newest.damaged) end
  return found
end

-- What was a minute before may be another state of the machine.
local NEAR <const> = 60

--- Says how long before the time that was asked a moment was, where that is long, and what may be nearer to it.
---@param found table of recorded_moment.find
---@param text string|nil
---@param path string|nil of which of several recordings
function recorded_moment.note(found, text, path)
  local asked = text and "--at " .. core.escape(text) .. ": " or ""
  local head = ("memsh: %s%s"):format(path and core.escape(path) .. ": " or "", asked)
  local early = found.asked and found.time and found.asked - found.time
  local of = "of " .. (found.time and moments.text(found.time) or "an unknown time")
  if early and early > NEAR then
    core.note(("%sthe last moment before that is %s, %s earlier"):format(head, of,
      value_text(math.floor(early), "seconds", true)))
  end
  if found.damaged == 0 then return end
  core.note(("%sthis is the moment %s: %s"):format(head, of, found.damaged == 1
    and "one after it, which may be meant, is damaged"
    or found.damaged .. " after it, of which one may be meant, are damaged"))
end

return recorded_moment
