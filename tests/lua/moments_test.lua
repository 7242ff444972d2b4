-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Times beside texts: start_time > '09:10'. The truth is the C library's, by os.time and os.date.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local moments = require "memsh.expr.moments"

local NOW <const> = os.time { year = 2026, month = 11, day = 27, hour = 14, min = 30, sec = 0 }

local function at(year, month, day, hour, min, sec)
  return os.time { year = year, month = month, day = day, hour = hour, min = min or 0, sec = sec or 0 }
end

t.test("texts that are times", function()
  for text, expected in pairs {
    ["09:10"] = at(2026, 11, 27, 9, 10), ["14:30"] = NOW, ["14:31"] = at(2026, 11, 26, 14, 31),
    ["23:59:59"] = at(2026, 11, 26, 23, 59, 59), ["9:05"] = at(2026, 11, 27, 9, 5),
    ["2026-11-26 03:14"] = at(2026, 11, 26, 3, 14), ["2026-11-26"] = at(2026, 11, 26, 0),
    ["2026-11-26T03:14:15"] = at(2026, 11, 26, 3, 14, 15), ["2030-01-01 00:00"] = at(2030, 1, 1, 0),
    ["yesterday 18:00"] = at(2026, 11, 26, 18), ["yesterday"] = at(2026, 11, 26, 0), ["today"] = at(2026, 11, 27, 0),
    ["today 18:00"] = at(2026, 11, 27, 18), [" 09:10 "] = at(2026, 11, 27, 9, 10),
    ["2023-11-14T22:13:20Z"] = 1700000000, ["2023-11-14T22:13:20.5Z"] = 1700000000.5,
    ["2023-11-15T00:13:20+02:00"] = 1700000000, ["2023-11-14T17:13:20-0500"] = 1700000000,
    ["2023-11-15T03:43:20+05:30"] = 1700000000,
    ["2024-02-29"] = at(2024, 2, 29, 0), ["3am"] = at(2026, 11, 27, 3), ["3:14 pm"] = at(2026, 11, 26, 15, 14),
    ["2:30:01 PM"] = at(2026, 11, 26, 14, 30, 1), ["12 am"] = at(2026, 11, 27, 0), ["12pm"] = at(2026, 11, 27, 12),
    ["yesterday 1pm"] = at(2026, 11, 26, 13), ["@1700000000"] = 1700000000,
    ["@1700000000.5"] = 1700000000.5 } do
    local found, message = moments.read(text, NOW)
    t.eq(found and found.at, expected, text .. " " .. tostring(message))
  end
  t.eq({ moments.read("-2h", NOW).ago, moments.read("-1.5d", NOW).ago, moments.read("now", NOW).ago },
    { 7200, 129600.0, 0 })
end)

-- The 27th is a Friday. `date -d` agrees: cli/moments.
t.test("days by their names are the last ones", function()
  for text, expected in pairs {
    ["friday 14:30"] = NOW, ["friday 14:31"] = at(2026, 11, 20, 14, 31), ["Thursday 03:14"] = at(2026, 11, 26, 3, 14),
    ["saturday 09:00"] = at(2026, 11, 21, 9), ["sun 09:00"] = at(2026, 11, 22, 9), ["mon 09:00"] = at(2026, 11, 23, 9),
    ["nov 27 14:30"] = NOW, ["Nov 27 14:31"] = at(2025, 11, 27, 14, 31),
    ["november 26 03:14:07"] = at(2026, 11, 26, 3, 14, 7),
    ["dec 1 08:00"] = at(2025, 12, 1, 8), ["jan 1 00:00"] = at(2026, 1, 1, 0),
    ["nov 26 03:14 2024"] = at(2024, 11, 26, 3, 14),
  } do
    local found, message = moments.read(text, NOW)
    t.eq(found and found.at, expected, text .. " " .. tostring(message))
  end
  t.eq({ moments.read("3 days ago", NOW).ago, moments.read("1 week ago", NOW).ago,
    moments.read("90 min ago", NOW).ago, moments.read("5 m ago", NOW).ago, moments.read("1.5 hours ago", NOW).ago },
    { 3 * 86400, 7 * 86400, 90 * 60, 300, 5400.0 })
end)

t.test("spans, by each of their names", function()
  for text, seconds in pairs { ["-5s"] = 5, ["-5min"] = 300, ["-2 Hours"] = 7200, ["30s ago"] = 30,
    ["2 seconds ago"] = 2, ["1 sec ago"] = 1, ["3 minutes ago"] = 180, ["1 minute ago"] = 60,
    ["2 hours ago"] = 7200, ["2 days ago"] = 2 * 86400 } do
    t.eq((moments.read(text, NOW) or {}).ago, seconds, text)
  end
end)

t.test("an hour after midnight, when another zone has another day and year", function()
  local now = at(2026, 1, 1, 1) -- a Thursday
  for text, expected in pairs { ["today"] = at(2026, 1, 1, 0), ["yesterday"] = at(2025, 12, 31, 0),
    ["00:30"] = at(2026, 1, 1, 0, 30), ["thursday 00:30"] = at(2026, 1, 1, 0, 30),
    ["thursday 01:01"] = at(2025, 12, 25, 1, 1), ["jan 1 00:30"] = at(2026, 1, 1, 0, 30),
    ["jan 1 01:01"] = at(2025, 1, 1, 1, 1), ["dec 31"] = at(2025, 12, 31, 0) } do
    t.eq((moments.read(text, now) or {}).at, expected, text)
  end
end)

t.test("what is not said beside now needs it", function()
  t.eq(moments.read("nov 26 03:14 2024").at, at(2024, 11, 26, 3, 14))
  for _, text in ipairs { "nov 26 03:14", "thursday 03:14", "03:14", "yesterday" } do
    t.eq({ moments.read(text) }, { nil, "what time it is now is not known here" }, text)
  end
end)

t.test("a time of day that is still to come is yesterday's, and says so", function()
  t.eq(moments.read("14:31", NOW).is_yesterday, true)
  t.eq(moments.read("14:30", NOW).is_yesterday, nil)
  t.eq(moments.read("today 18:00", NOW).is_yesterday, nil)
  t.eq(moments.read("2030-01-01 00:00", NOW).is_yesterday, nil)
  local notes = {}
  local core = require "memsh.core"
  local note = core.note
  core.note = function(text) notes[#notes + 1] = text end
  for _ = 1, 2 do moments.note("14:31", moments.read("14:31", NOW)) end
  moments.note("14:30", moments.read("14:30", NOW))
  core.note = note
  t.eq(notes, { "memsh: '14:31' is read as 2026-11-26 14:31:00, the last such time" })
end)

t.test("a recording is asked as of now where it is of today, else as of an hour after its end", function()
  for newest, now in pairs { [NOW] = NOW, [NOW + 5] = NOW + 5, [NOW - 7200] = NOW,
    [at(2026, 11, 26, 22)] = at(2026, 11, 26, 23), [at(2020, 1, 1, 0)] = at(2020, 1, 1, 1) } do
    t.eq(moments.now_of(newest, NOW), now)
  end
  local after_midnight = at(2026, 11, 27, 0, 10)
  t.eq(moments.now_of(at(2026, 11, 26, 23, 55), after_midnight), after_midnight)
  t.eq(moments.now_of(nil, NOW), nil)
end)

t.test("the last time of a text is that of its last digit, without seconds its own", function()
  for text, width in pairs { ["14:29:59"] = 1, ["9:05:07"] = 1, ["2026-11-26T03:14:15+01:00"] = 1, ["2:30:01 pm"] = 1,
    ["Nov 26 03:14:07 2024"] = 1, ["@1700000000"] = 1, ["@1700000000.5"] = 0.1, ["09:10:20.25"] = 0.01,
    ["2026-11-26 03:14:15.123Z"] = 0.001 } do
    local first = moments.read(text, NOW).at
    local last = moments.last(text, first)
    t.ok(last < first + width and last > first + width - 1e-6, text)
  end
  for _, text in ipairs { "09:10", "2026-11-26 03:14", "2026-11-26T03:14+01:00", "2026-11-26", "yesterday", "-2h",
    "3am", "09:10:20.123456789" } do
    t.eq(moments.last(text, NOW), NOW, text)
  end
end)

t.test("explain says how a time was read", function()
  for _, set in ipairs { procs, procs:set() } do
    local notes = set:where "rss > 0 and start_time > '2023-11-14 01:02'":explain().from.notes
    t.has(table.concat(notes, "\n"), "'2023-11-14 01:02' is 2023-11-14 01:02:00")
  end
end)

t.test("texts that are not", function()
  for _, text in ipairs { "", "x", "25:00", "09:60", "9", "2026-02-30", "2026-13-01", "2026-11-26 3", "tomorrow", "2h",
    "-2x", "-2M", "-2 x", "- 2h",
    "yesterday x", "yesterday18", "2026-11-26T03:14ZZ", "09:10 Z", "2026-11-2603:14:00+01:00Z", "-h",
    "09:10:2099", "09:10:20.", "2026-11-26 03:14:2099", "2026-11-26T03:14:2099Z", "2026-11-26T03:14:15Z+01:00",
    "0am", "13pm", "3:60pm", "nov", "nov x", "nov 27 x", "friday x", "2 fortnights ago", "x ago" } do
    t.eq(moments.read(text, NOW), nil, text)
  end
  t.eq({ moments.read("2026-02-30", NOW) }, { nil, "there is no such date" })
end)

t.test("start_time is compared with them", function()
  local start = math.floor(proc(412).start_time)
  local text = os.date("%Y-%m-%d %H:%M:%S", start + 1)
  local expected = 0
  for p in procs do expected = expected + (p.start_time > start + 1 and 1 or 0) end
  t.ok(expected > 0 and expected < 8, expected)
  t.eq((procs:where("start_time > '" .. text .. "'"):count()), expected)
  t.eq((procs:where("'" .. text .. "' < start_time"):count()), expected)
  t.eq((procs:where("start_time > t", { t = text }):count()), expected)
  t.eq(procs:where "start_time > '-400d'":csv(), procs:where "start_time > sys.now - 400d":csv())
  t.eq((procs:where "start_time > '-2h' or start_time <= '-2h'":count()), 8)
end)

t.test("a relative time is relative to when it is asked", function()
  local set = procs:where "start_time > '-24h'"
  t.eq((set:count()), (procs:where "sys.now - start_time < 86400":count()))
  t.eq(set.stages[1].conditions[1].fields, { "start_time", "sys.now" })
end)

t.test("a text that is no time is an error with its place", function()
  t.raises(function() procs:where "start_time > 'soon'" end, "moments_test.lua:%d+: 'soon' is not a time\n"
    .. "  start_time > 'soon'\n               ^^^^^^\n  hint: write '09:10'")
  t.raises(function() procs:where "start_time > '2026-02-30'" end, "'2026%-02%-30' is not a time: there is no such")
  t.raises(function() procs:where "rss > '09:10'" end, "rss is a number")
end)

t.finish()
