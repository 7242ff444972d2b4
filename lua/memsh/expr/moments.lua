-- SPDX-License-Identifier: GPL-3.0-or-later
-- Texts that are times: '09:10', '2026-11-26 03:14', 'yesterday 18:00', '-2h'; and as others write them: '3:14 pm',
-- '5 minutes ago', 'monday 03:14', 'Nov 26 03:14:07' (logs), 'Thu Nov 26 03:14:07 2026' (dmesg -T), '@1795662847'.
-- Local time, but for those that end in Z or an offset.
local core = require "memsh.core"
local SECONDS <const> = require "memsh.util.seconds"
local value_text = require "memsh.util.value_text"

local moments = { HINT = "write '09:10', '2026-11-26 03:14', 'yesterday 18:00' or '-2h'" }

--- While an expression is read that is asked of a moment of a recording: a function that gives its time, or nil.
---@type nil|fun(): number|nil
moments.asked = nil

local DAY <const> = SECONDS.d

-- Hours, minutes, seconds and the fraction of one; nothing where the text is none. An empty text is midnight.
local function clock(text)
  if text == "" then return 0, 0, 0, 0 end
  local hour, minute, rest = text:match "^(%d%d?):(%d%d)(.*)$"
  local second, fraction = (rest or ""):match "^:(%d%d)(.*)$"
  if not hour or rest ~= "" and not second then return nil end
  if second and fraction ~= "" and not fraction:find "^%.%d+$" then return nil end
  return tonumber(hour), tonumber(minute), tonumber(second or 0), tonumber("0" .. (fraction or "")) or 0
end

local function moment(is_utc, date, hour, minute, second, fraction)
  local at, again = core.moment(is_utc, date.year, date.month, date.day, hour, minute, second)
  return at and { at = fraction == 0 and at or at + fraction, again = again or nil, is_skipped = again == false } or nil
end

-- The date of some days before a moment, by the calendar: days may have 23 or 25 hours, and a zone may leave one out.
local function date_of(now, days)
  local year, month, day = core.date(false, math.floor(now))
  year, month, day = core.date(true, core.moment(true, year, month, day, 12, 0, 0) - days * DAY)
  return { year = year, month = month, day = day }
end

local NOT_KNOWN <const> = "what time it is now is not known here"

-- 3am, 3:14 pm: as 03:00 and 15:14; what is neither is left as it is.
local function on_24_hours(text)
  local before, hour, rest, half = text:match "^(.-)(%d%d?)(:?[%d:]*)%s*([ap])m$"
  hour = tonumber(hour)
  if not hour or hour < 1 or hour > 12 or before:find "[%d:]$" then return text end
  return ("%s%02d%s"):format(before, hour % 12 + (half == "p" and 12 or 0), rest == "" and ":00" or rest)
end

local function index(names)
  local places, n = {}, 0
  for name in names:gmatch "%a+" do
    places[name:sub(1, 3)], places[name] = n, n
    n = n + 1
  end
  return places
end

local WEEKDAYS <const> = index "sunday monday tuesday wednesday thursday friday saturday"
local MONTHS <const> = index "january february march april may june july august september october november december"

-- The last such day: today, where its time is not still to come.
local function on_weekday(weekday, rest, now)
  local hour, minute, second, fraction = clock(rest)
  if not hour then return nil end
  if not now then return nil, NOT_KNOWN end
  local year, month, day = core.date(false, math.floor(now))
  local days = (core.moment(true, year, month, day, 12, 0, 0) // DAY + 4 - weekday) % 7 -- 1970 began on a Thursday
  local found = moment(false, date_of(now, days), hour, minute, second, fraction)
  if found and found.at > now then found = moment(false, date_of(now, days + 7), hour, minute, second, fraction) end
  return found
end

-- Nov 26 03:14:07, without a year the last one.
local function on_day(month, day, rest, now)
  local text, year = rest:match "^(.-)%s*(%d%d%d%d)$"
  local hour, minute, second, fraction = clock(text or rest)
  if not hour then return nil end
  if not year and not now then return nil, NOT_KNOWN end
  local function of(in_year)
    return moment(false, { year = in_year, month = month + 1, day = tonumber(day) }, hour, minute, second, fraction)
  end
  if year then return of(tonumber(year)) end
  local this_year = core.date(false, math.floor(now))
  local found = of(this_year)
  return found and found.at <= now and found or of(this_year - 1)
end

-- What begins with the name of a day or a month.
local function named(text, now)
  local word, rest = text:match "^(%a+)[,%s]*(.*)$"
  if not word then return nil end
  local weekday = WEEKDAYS[word]
  if weekday and MONTHS[rest:match "^%a*"] then word, rest = rest:match "^(%a+)%s*(.*)$" end
  local day, after = rest:match "^(%d%d?)[,%s]+(.*)$"
  if not day and rest:find "^%d%d?$" then day, after = rest, "" end
  if MONTHS[word] and day then return on_day(MONTHS[word], day, after, now) end
  if weekday then return on_weekday(weekday, rest, now) end
  return nil
end

local AGO <const> = { second = 1, sec = 1, minute = SECONDS.m, min = SECONDS.m, hour = SECONDS.h, day = DAY,
  week = 7 * DAY }

-- -2h, -5min, 5 minutes ago
local function ago(text)
  local number, unit = text:match "^%-(%d+%.?%d*)%s*(%a+)$"
  if not number then number, unit = text:lower():match "^(%d+%.?%d*)%s*(%a+)%s+ago$" end
  local seconds = number and (SECONDS[unit] or AGO[unit:lower()] or AGO[unit:lower():gsub("s$", "")])
  return seconds and { ago = tonumber(number) * seconds }
end

local DAYS_AGO <const> = { today = 0, yesterday = 1 }

-- today 09:10, yesterday, 09:10
local function near(text, now)
  local word, rest = text:match "^(%a+)%s*(.*)$"
  local days, hour, minute, second, fraction = DAYS_AGO[word], clock(word and rest or text)
  if not hour or word and not days then return nil end
  if not now then return nil, NOT_KNOWN end
  local found = moment(false, date_of(now, days or 0), hour, minute, second, fraction)
  if word or not found or found.at <= now then return found end
  found = moment(false, date_of(now, 1), hour, minute, second, fraction)
  found.is_yesterday = true
  return found
end

local AFTERWARDS <const> = 3600

--- What time it is for whoever asks a recording for a time of day: now, where it was made today or ended in the last
--- hour; of an older one an hour after its end.
---@param newest number|nil the time of its newest moment
---@param now number
function moments.now_of(newest, now)
  if not newest or newest >= now then return newest end
  local y, m, d = core.date(false, math.floor(newest))
  local year, month, day = core.date(false, now)
  if y == year and m == month and d == day then return now end
  return math.min(now, newest + AFTERWARDS)
end

--- A moment as tables show it.
---@param at number seconds since 1970
---@return string
function moments.text(at)
  return (value_text(math.floor(at), "time"):gsub("[+-]%d%d:%d%d$", ""):gsub("T", " "))
end

local ULP <const> = 2^-22 -- seconds between two doubles that are times, until 2038

--- The last time that a text means which was read as `at`: 03:14:07 is that whole second, 03:14:07.5 a tenth of one, as
--- tables show times without their last digits. Without seconds it is `at`.
---@param text string
---@param at number seconds since 1970
---@return number
function moments.last(text, at)
  local digits = text:match ":%d%d:%d%d%.?(%d*)" or text:match "^%s*@%d+%.?(%d*)"
  return digits and math.max(at, at + 10.0 ^ -#digits - ULP) or at
end

local said = {}

-- What is to be known of how a text was read; nil: it has one meaning.
local function reading(text, found)
  if found.is_yesterday then
    return ("'%s' is read as %s, the last such time"):format(text, moments.text(found.at))
  elseif found.again then
    return ("'%s' is there twice, because the clocks are put back: this is the first; the second is '%s'"):format(text,
      value_text(found.again, "time"))
  elseif found.is_skipped then
    return ("there is no '%s', because the clocks are put forward: this is when they are, %s"):format(text,
      moments.text(found.at))
  end
  return nil
end

--- Says, once, how a time was read that may be meant otherwise.
function moments.note(text, found)
  local words = not said[text] and reading(text, found)
  if not words then return end
  said[text] = true
  core.note("memsh: " .. words)
end

-- 2026-11-26, with a time, with where it is so
local function dated(text)
  local year, month, day, rest = text:match "^(%d%d%d%d)%-(%d%d?)%-(%d%d?)(.*)$"
  if not year or rest ~= "" and not rest:find "^[T%s]" then return nil end
  rest = rest:match "^[T%s]%s*(.*)$" or rest
  local sign, hours, minutes = rest:match "([+-])(%d%d):?(%d%d)$"
  local is_utc = sign ~= nil or rest:find "Z$" ~= nil
  local hour, minute, second, fraction = clock((rest:gsub("Z$", ""):gsub("[+-]%d%d:?%d%d$", "")))
  if not hour or sign and rest:find "Z" then return nil end
  local found = moment(is_utc, { year = tonumber(year), month = tonumber(month), day = tonumber(day) }, hour, minute,
    second, fraction)
  if not found then return nil, "there is no such date" end
  if sign then found.at = found.at - (sign == "-" and -1 or 1) * (tonumber(hours) * 3600 + tonumber(minutes) * 60) end
  return found
end

---@class memsh.Reading a text as a time
---@field at number|nil seconds since 1970
---@field ago number|nil or so many seconds before now
---@field is_yesterday boolean|nil today it is still to come
---@field again number|nil the clocks were put back, and show it a second time then
---@field is_skipped boolean|nil the clocks were put forward, and never showed it: `at` is when they were

--- The moment that a text is; nil and, where that can be said, what is wrong with it.
---@param text string
---@param now number|nil seconds since 1970, where they are known
---@return memsh.Reading|nil
---@return string|nil
function moments.read(text, now)
  if core.is_unknown(now) then now = nil end
  text = text:match "^%s*(.-)%s*$"
  local found = ago(text)
  if found then return found end
  if text == "now" then return { ago = 0 } end
  if text:find "^%d%d%d%d%-" then return dated(text) end
  local number = text:match "^@(%d+%.?%d*)$"
  if number then return { at = math.tointeger(tonumber(number)) or tonumber(number) } end
  if text == "" then return nil end
  text = on_24_hours(text:lower())
  local message
  found, message = near(text, now)
  if found or message then return found, message end
  return named(text, now)
end

return moments
