-- SPDX-License-Identifier: GPL-3.0-or-later
-- Each check of memsh doctor: trouble that is planted in a saved machine is found with the right severity and number;
-- the same machine without it has no finding; the question that a finding names shows the evidence.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local made = dofile(os.getenv "MEMSH_TESTS" .. "/lua/doctor_machine.lua")
local page = require "memsh.doctor.page"

local M <const> = 1024 -- kB

-- Runs a question as it is printed; its output.
local function ask(question)
  local command = table.concat(page.command(question), "\n"):gsub("^memsh", os.getenv "MEMSH" or "memsh")
  local pipe = assert(io.popen("exec 2>&1; " .. command))
  local text = pipe:read "a"
  local ok = pipe:close()
  t.ok(ok, question .. ": " .. text)
  return text
end

-- What one check says of a machine; its questions are asked.
local function findings(m, id, less)
  local result = made.judge(m, { id }, less)
  for _, finding in ipairs(result.findings) do t.ok(#ask(finding.question) > 0, finding.question) end
  return result.findings, result
end

-- The one finding there is to be.
local function one(m, id, less, expected)
  local found = findings(m, id, less)
  t.eq(#found, 1, id)
  for name, value in pairs(expected) do
    local is = found[1][name]
    if name == "text" or name == "question" then
      t.has(is, value)
    elseif math.type(value) == "float" then
      t.ok(math.abs(is - value) < 0.01, ("%s: %s instead of %s"):format(name, is, value))
    else
      t.eq(is, value, name)
    end
  end
  return found[1]
end

local function none(m, id, less)
  local found, result = findings(m, id, less)
  t.eq(found[1] and found[1].text, nil, id)
  return result
end

local SAMPLE <const> = {}

t.test("a healthy machine has no finding, and everything was checked", function()
  local result = made.judge(made.healthy(), nil, SAMPLE)
  t.eq(result.findings, {})
  t.eq(result.lacking, {})
  t.eq(#result.fine, #require("memsh.doctor.doctor").checks())
  t.has(page.text(result), "Nothing is wrong.")
end)

t.test("each check is listed, and says what it looks at and why", function()
  local listed = {}
  for _, check in ipairs(require("memsh.doctor.doctor").checks()) do
    listed[check.id] = true
    t.ok(#check.looks_at > 20 and #check.why > 40, check.id)
  end
  local pipe = assert(io.popen("ls '" .. os.getenv "MEMSH_ROOT" .. "/lua/memsh/doctor/checks'"))
  for name in pipe:lines() do t.ok(listed[name:match "^(.*)%.lua$"], name) end
end)

t.test("pressure", function()
  local m = made.healthy()
  m.pressure = { some = { 9, 9.9, 3 }, full = { 1, 1, 1 } }
  none(m, "pressure")
  m.pressure = { some = { 15, 12.5, 3 }, full = { 4, 3, 1 } }
  one(m, "pressure", nil, { severity = "warn", value = 12.5, threshold = 10, unit = "%" })
  m.pressure = { some = { 40, 35, 3 }, full = { 30, 25.5, 1 } }
  one(m, "pressure", nil, { severity = "crit", value = 25.5, text = "35 % of the time, and all of them 26 %" })
  m.pressure = { some = { 1, 35, 3 }, full = { 0, 2, 1 } }
  t.has(one(m, "pressure", nil, { severity = "warn" }).text, "it is ending")
  m.pressure = nil
  local result = none(m, "pressure")
  t.eq(result.fine, {})
  t.eq(result.lacking[1].what, "pressure")
  t.eq(result.lacking[1].name, "unsupported")
end)

t.test("available memory", function()
  local m = made.healthy()
  m.meminfo.MemFree = 60 * M -- caches fill the rest: no trouble
  none(m, "available")
  m.meminfo.MemAvailable = 700 * M
  one(m, "available", nil, { severity = "warn", value = 700 << 20, threshold = (8192 << 20) // 10 })
  m.meminfo.MemAvailable = 300 * M
  one(m, "available", nil, { severity = "warn", text = "2G of 2G swap is free" })
  m.meminfo.SwapFree = 100 * M
  one(m, "available", nil, { severity = "crit", value = 300 << 20 })
  m.meminfo.SwapFree, m.meminfo.SwapTotal = 0, 0
  one(m, "available", nil, { severity = "crit", text = "there is no swap" })
  m.meminfo.MemTotal, m.meminfo.MemAvailable = 1024 * 1024 * M, 3 * 1024 * M
  none(m, "available") -- 0.3 % of 1 TiB is 3 GiB
  m.meminfo.MemAvailable = nil
  t.eq(none(m, "available").lacking[1].name, "unsupported")
end)

t.test("swap read back now", function()
  local m = made.healthy()
  m.meminfo.SwapFree = 1024 * M
  m.vmstat.pswpin = 100000
  t.eq(none(m, "swap_in").lacking[1].what, "swap read back now")
  none(m, "swap_in", { vmstat = { pswpin = 511 } })
  m:process { pid = 300, comm = "reader", swap = 500 * M, maj_flt = 900 }
  local less = { vmstat = { pswpin = 1024, pswpout = 512 }, processes = { [300] = { maj_flt = 800 } } }
  local text = one(m, "swap_in", less, { severity = "warn", value = 2 << 20, threshold = 1 << 20 }).text
  t.has(text, "2M/s are read back from swap and 1M/s written")
  t.has(text, "Most of it is for reader (300)")
  m.pressure.full[1] = 12
  one(m, "swap_in", less, { severity = "crit" })
  m.meminfo.SwapTotal, m.meminfo.SwapFree = 0, 0
  none(m, "swap_in")
end)

t.test("swap nearly full", function()
  local m = made.healthy()
  m.meminfo.SwapFree = 300 * M
  none(m, "swap_full")
  m.meminfo.SwapFree = 100 * M
  one(m, "swap_full", nil, { severity = "info", value = 100 * 1948 / 2048, threshold = 90 })
  m.meminfo.MemAvailable = 500 * M
  one(m, "swap_full", nil, { severity = "warn", text = "500M of memory is available" })
end)

t.test("kills for lack of memory, by group", function()
  local m = made.healthy()
  m.groups["/a"] = { ["memory.events"] = { oom_kill = 3 }, ["memory.max"] = "max" }
  m.groups["/a/b"] = { ["memory.events"] = { oom_kill = 2 }, ["memory.max"] = "1073741824" }
  m.vmstat.oom_kill = 4
  local finding = one(m, "oom_kill", nil, { severity = "info", value = 4, text = "4 processes for lack of memory" })
  t.has(finding.text, "2 in /a/b, 1 in /a.")
  t.has(ask(finding.question), "/a/b")
  m.files.uptime = "3600.00 1.00\n"
  one(m, "oom_kill", nil, { severity = "warn" })
  one(m, "oom_kill", { vmstat = { oom_kill = 1 } }, { severity = "crit", text = "1 of them just now" })
  m.vmstat.oom_kill = nil
  one(m, "oom_kill", nil, { value = 3 })
  m.groups = { ["/"] = {} }
  t.has(none(m, "oom_kill").lacking[1].reason, "does not count oom_kill")
end)

-- A group of that many MiB of anonymous memory and page cache.
local function group(anon, file, most)
  return { ["memory.current"] = (anon + file) << 20, ["memory.max"] = most and most << 20 or "max",
    ["memory.high"] = "max", ["memory.swap.current"] = 0, ["memory.swap.max"] = 0,
    ["memory.stat"] = { anon = anon << 20, file = file << 20, active_file = file << 19, inactive_file = file << 19,
      slab_reclaimable = 0 },
    ["memory.events"] = { high = 0, max = 5, oom = 0, oom_kill = 0 } }
end

t.test("groups near their limit", function()
  local m = made.healthy()
  m.groups["/db"] = group(300, 700, 1000) -- page cache up to the limit is no trouble
  none(m, "cgroup_limit")
  m.groups["/db"] = group(920, 80, 1000)
  one(m, "cgroup_limit", nil, { severity = "warn", subject = "/db", value = 92.0, threshold = 90,
    text = "920M, 92 % of its memory_max (1000M)" })
  m.groups["/db"] = group(980, 10, 1000)
  local finding = one(m, "cgroup_limit", nil, { severity = "crit", value = 98.0, text = "none of it can go to swap" })
  t.has(ask(finding.question), "/db")
  m.groups["/db"]["memory.swap.max"] = "max"
  one(m, "cgroup_limit", nil, { severity = "warn", text = "could go to swap" })
  m.groups["/db"]["memory.events"].oom_kill = 7
  t.has(one(m, "cgroup_limit", nil, {}).text, "7 processes were killed in it so far")
  m.groups["/db"] = group(980, 10)
  none(m, "cgroup_limit")
  m.groups["/db"]["memory.high"] = 1000 << 20
  one(m, "cgroup_limit", nil, { severity = "warn", text = "of its memory_high" })
end)

t.test("a group whose name is no plain text can be asked about", function()
  local m = made.healthy()
  local odd = '/odd x"y'
  m.groups[odd] = group(990, 0, 1000)
  t.has(ask(one(m, "cgroup_limit", nil, {}).question), [[odd x"y]])
end)

t.test("pressure of groups: the lowest is named", function()
  local m = made.healthy()
  m.groups["/a"] = { ["memory.pressure"] = { some = { 20, 20, 5 }, full = { 1, 1, 1 } } }
  m.groups["/a/b"] = { ["memory.pressure"] = { some = { 30, 40, 5 }, full = { 1, 1, 1 } } }
  one(m, "cgroup_pressure", nil, { severity = "warn", subject = "/a/b", value = 40.0 })
  m.groups["/a/b"]["memory.pressure"].full = { 30, 20, 10 }
  one(m, "cgroup_pressure", nil, { severity = "crit", subject = "/a/b", value = 20.0 })
  m.groups["/a/b"]["memory.pressure"] = { some = { 1, 1, 1 }, full = { 0, 0, 0 } }
  one(m, "cgroup_pressure", nil, { subject = "/a" })
end)

t.test("processes near their limits", function()
  local m = made.healthy()
  m:process { pid = 300, comm = "vm", virt = 950 * M, limits = { as = 1000 << 20 } }
  one(m, "process_limits", nil, { severity = "warn", subject = "vm (300)", value = 95.0, text = "RLIMIT_AS" })
  m:process { pid = 300, comm = "heap", data = 990 * M, limits = { data = 1000 << 20 } }
  one(m, "process_limits", nil, { severity = "crit", value = 99.0, text = "RLIMIT_DATA" })
  m:process { pid = 300, comm = "deep", stack = 7800, limits = { stack = 8 << 20 } }
  one(m, "process_limits", nil, { severity = "warn", text = "RLIMIT_STACK" })
  m:process { pid = 300, comm = "db", locked = 8 * M, limits = { memlock = 8 << 20 } }
  one(m, "process_limits", nil, { severity = "crit", value = 100.0, text = "RLIMIT_MEMLOCK" })
  m:process { pid = 300, comm = "root", locked = 64 * M, limits = { memlock = 8 << 20 } }
  none(m, "process_limits") -- who locks more than the limit is exempt from it
  m:process { pid = 300, comm = "none", locked = 64 * M, limits = {} }
  none(m, "process_limits")
end)

t.test("mappings near vm.max_map_count", function()
  local m = made.healthy()
  m.files["sys/vm/max_map_count"] = "1000\n"
  m:process { pid = 300, comm = "search", maps = 799, virt = 8 * M }
  none(m, "map_count")
  m:process { pid = 300, comm = "search", maps = 850, virt = 8 * M }
  one(m, "map_count", nil, { severity = "warn", subject = "search (300)", value = 850, threshold = 1000 })
  m:process { pid = 300, comm = "search", maps = 990, virt = 8 * M }
  one(m, "map_count", nil, { severity = "crit", value = 990 })
end)

t.test("tasks near pids.max", function()
  local m = made.healthy()
  m.groups["/ci"] = { ["pids.max"] = 1000, ["pids.current"] = 899 }
  none(m, "pids_limit")
  m.groups["/ci"] = { ["pids.max"] = 1000, ["pids.current"] = 930 }
  one(m, "pids_limit", nil, { severity = "warn", subject = "/ci", value = 930, threshold = 1000 })
  m.groups["/ci"] = { ["pids.max"] = 1000, ["pids.current"] = 1000 }
  one(m, "pids_limit", nil, { severity = "crit" })
  m.groups["/ci"] = { ["pids.max"] = "max", ["pids.current"] = 5000 }
  none(m, "pids_limit")
end)

made.forget()
t.finish()
