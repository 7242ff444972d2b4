-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Processes, mappings, the system and unknown values as Lua sees them.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

local FIXTURE = os.getenv "MEMSH_FIXTURES" .. "/full/"
local ZOO <const>, ZOMBIE <const>, KTHREAD <const> = 1107, 1200, 2

-- The number in kilobytes behind a label of a file, in bytes.
local function kb(path, label)
  local file = assert(io.open(FIXTURE .. path, "rb"))
  local text = "\n" .. file:read "a"
  file:close()
  return tonumber(text:match("\n" .. label .. ":%s*(%d+) kB")) * 1024
end

local function opened()
  local copy = {}
  for file, n in pairs(machine.source():opened()) do copy[file] = n end
  return copy
end

-- How often each file was opened while f ran.
local function opens(f)
  local before, difference = opened(), {}
  f()
  for file, n in pairs(opened()) do
    if n ~= (before[file] or 0) then difference[file] = n - (before[file] or 0) end
  end
  return difference
end

t.test("a field gives what its file says, in bytes", function()
  local p = proc(ZOO)
  t.eq(p.pss, kb("1107/smaps_rollup", "Pss"))
  t.eq(p.private_dirty, kb("1107/smaps_rollup", "Private_Dirty"))
  t.eq(p.vm_hwm, kb("1107/status", "VmHWM"))
  t.eq(p.swap, kb("1107/status", "VmSwap"))
  t.eq(math.type(p.pss), "integer")
end)

t.test("a process opens nothing before it is asked, and no file twice", function()
  t.eq(opens(function() return machine.source():process(ZOO) end), {})
  local p = machine.source():process(ZOO)
  t.eq(opens(function() return p.pss end), { smaps_rollup = 1 })
  t.eq(opens(function() return p.private_dirty, p.swap_pss, p.pss end), {})
end)

t.test("a field that two files carry comes from the one that is loaded", function()
  local p = machine.source():process(ZOO)
  t.eq(opens(function() return p.vm_swap end), { status = 1 })
  t.eq(opens(function() return p.comm, p.ppid, p.threads, p.rss end), {})
end)

t.test("get has a default for what is unknown", function()
  t.eq(proc(ZOO):get("pss", 5), proc(ZOO).pss)
  t.eq(proc(ZOMBIE):get("pss", 5), 5)
  t.eq(proc(ZOMBIE):get "pss", nil)
  t.eq(maps:first():get("size", 1), maps:first().size)
  t.eq(sys:get("mem_total", 1), sys.mem_total)
end)

t.test("a misspelt field raises, with a suggestion, at the line that has it", function()
  t.raises(function() local _ = proc(ZOO).psss end,
    "^[^\n]*objects_test.lua:%d+: no field 'psss' of a process; did you mean 'pss'%?$")
  t.raises(function() local _ = maps:first().pth end,
    "objects_test.lua:%d+: no field 'pth' of a mapping; did you mean 'path'%?$")
  t.raises(function() local _ = sys.mem_totl end, "objects_test.lua:%d+: .*did you mean 'mem_total'%?$")
  t.raises(function() local _ = proc(ZOO):get "psss" end, "objects_test.lua:%d+: .*did you mean 'pss'%?$")
  t.raises(function() local _ = maps:first().proc.psss end, "objects_test.lua:%d+: .*did you mean 'pss'%?$")
  t.raises(function() local _ = proc(ZOO)["a\27[2Jb"] end, "no field 'a\\x1b%[2Jb'")
  t.raises(function() local _ = proc(ZOO)[1] end, "no field '1'")
  t.raises(function() proc(ZOO).pss = 1 end, "objects_test.lua")
end)

t.test("raw gives labels as the kernel prints them, those the table lacks, too", function()
  local raw = proc(ZOO):raw "status"
  t.eq(raw.VmHWM, ("%d kB"):format(kb("1107/status", "VmHWM") // 1024))
  t.eq(raw.Name, "zoo")
  local rollup = proc(ZOO):raw "smaps_rollup"
  t.eq(rollup.Pss, ("%d kB"):format(kb("1107/smaps_rollup", "Pss") // 1024))
  local n = 0
  for label in pairs(rollup) do
    t.ok(not label:find "-", label) -- the header line is none
    n = n + 1
  end
  t.ok(n > 10)
end)

t.test("raw refuses what is no file, and says why it can't read one", function()
  t.raises(function() proc(ZOO):raw "psss" end, "objects_test.lua:%d+: no file 'psss' of a process")
  local value, message, name = proc(ZOMBIE):raw "smaps_rollup"
  t.eq(value, nil)
  t.ok(message)
  t.ok(name)
end)

t.test("raw of a mapping is its paragraph of smaps", function()
  local m = proc(ZOO):maps():where "path == '[heap]' or name == '[heap]'":first() or proc(ZOO):maps():first()
  local raw = m:raw()
  t.eq(raw.Rss, ("%d kB"):format(m.rss // 1024))
  t.eq(raw.Size, ("%d kB"):format(m.size // 1024))
end)

t.test("refresh gives a new object of the same process", function()
  local p = proc(ZOO)
  local _ = p.pss
  local fresh = p:refresh()
  t.ok(not rawequal(p, fresh))
  t.eq(p == fresh, true)
  t.eq(opens(function() return fresh.pss end).smaps_rollup, 1)
end)

t.test("processes are equal by pid and start time", function()
  t.eq(proc(ZOO) == proc(ZOO), true)
  t.eq(proc(ZOO) == proc(1), false)
  t.eq(proc(ZOO) == ZOO, false)
  t.eq(proc(ZOO) == procs:where("pid == given", { given = ZOO }):first(), true)
  t.eq(maps:first() == maps:first(), true)
  t.eq(maps:first() == maps:skip(1):first(), false)
  t.eq(maps:first():process() == proc(maps:first().pid), true)
end)

t.test("a process that is not there is nil, a message and a name", function()
  local p, message, name = proc(4711)
  t.eq(p, nil)
  t.eq(message, "no process 4711")
  t.eq(name, "gone")
  t.raises(function() proc(0) end, "objects_test.lua:%d+: proc takes a process id or a name, not 0")
  t.raises(function() proc(1.5) end, "1.5")
  t.raises(function() proc {} end, "not a table")
  t.raises(function() proc(1, "x\27") end, "not 'x\\x1b'")
end)

t.test("proc of a name or of several numbers is a row set", function()
  t.eq(proc "nginx":count(), 2)
  t.eq(proc(1, ZOO):count(), 2)
  t.eq(proc(ZOO, 1, 4711):show "pid":csv(), "pid\r\n1107\r\n1\r\n")
  t.eq(proc "kthreadd":count(), 1)
  t.eq(proc "'or true or'":count(), 0)
end)

t.test("a mapping's own fields win, some of its process are seen directly, the others as proc.FIELD", function()
  local m = proc(ZOO):maps():where "rss > 0":first()
  local p = proc(ZOO)
  for _, name in ipairs { "pid", "comm", "cmdline", "user", "uid", "exe", "cgroup", "unit", "container", "pod" } do
    t.eq(m[name], p[name], name)
  end
  t.ok(m.rss ~= p.rss)
  t.eq(m.proc.rss, p.rss)
  t.eq(m.proc.pss, p.pss)
  t.eq(m.proc == p, true)
  t.eq(proc(ZOO):maps():where("proc.pss == given", { given = p.pss }):count(), proc(ZOO):maps():count())
  t.raises(function() local _ = m.threads end, "no field 'threads' of a mapping")
end)

t.test("addresses are integers", function()
  local last = proc(ZOO):maps():sort "-addr":first()
  t.eq(math.type(last.addr), "integer")
  t.ok(last.addr < 0) -- the vsyscall page, beyond 2^63
  t.eq(("0x%x"):format(last.addr), "0xffffffffff600000")
end)

t.test("kept rows stay right when the listing has moved on and was collected", function()
  local function all()
    local found = {}
    for m in maps do
      found[#found + 1] = m
      if #found % 7 == 0 then collectgarbage() end
    end
    collectgarbage()
    collectgarbage()
    return found
  end
  local i = 0
  local found = all()
  for line in proc(1):raw "maps":gmatch "[^\n]+" do
    i = i + 1
    local from, to, perms = line:match "^(%x+)-(%x+) (%S+)"
    t.eq(found[i].pid, 1)
    t.eq(("%x"):format(found[i].addr), (from:gsub("^0+(.)", "%1")))
    t.eq(("%x"):format(found[i].addr_end), (to:gsub("^0+(.)", "%1")))
    t.eq(found[i].perms, perms)
    t.ok(found[i].rss)
    t.eq(found[i].comm, "systemd")
  end
  t.eq(found[i + 1].pid, 412)
  t.eq(#found, maps:count())
end)

t.test("a mapping that a function was given is over when the function is", function()
  local lent
  t.eq(maps:where(function(m)
    lent = lent or m
    return m.size > 0
  end):count(), maps:count())
  t.raises(function() return lent.size, nil end, "objects_test.lua:%d+: this mapping was lent")
  t.raises(function() return lent == lent:process() or lent == maps:first(), nil end, "was lent")
  t.has(tostring(lent), "mapping")
  collectgarbage()
end)

t.test("an unknown knows its reason, its field and its process", function()
  local pss = proc(ZOMBIE).pss
  t.eq(known(pss), false)
  t.eq(why(pss), "no_memory")
  t.eq(tostring(pss), "unknown (no_memory)")
  t.eq(core.kind(pss), "unknown")
  t.eq(pss.field, "pss")
  t.eq(pss.pid, ZOMBIE)
  t.eq(known(0), true)
  t.eq(known(nil), true)
  t.eq(why(0), nil)
end)

t.test("arithmetic on an unknown is unknown", function()
  local pss = proc(ZOMBIE).pss
  for _, value in ipairs { pss + 1, 1 + pss, pss - 1, pss * 2, pss / 2, pss // 2, pss % 3, pss ^ 2, -pss, pss | 1,
    pss & 1, pss ~ 1, ~pss, pss << 1, pss >> 1 } do
    t.eq(why(value), "no_memory")
  end
end)

t.test("ordering and concatenation raise and name field, process and reason", function()
  local pss = proc(ZOMBIE).pss
  local message = "^[^\n]*objects_test.lua:%d+: pss of process 1200 is unknown %(no_memory:.*known%(v%)"
  t.raises(function() return pss < 1, nil end, message)
  t.raises(function() return 1 <= pss, nil end, message)
  t.raises(function() return pss > pss, nil end, message)
  t.raises(function() return "x" .. pss, nil end, message)
  t.raises(function() return pss .. "x", nil end, message)
  t.raises(function() return #pss, nil end, message)
  t.raises(function() pss() end, message)
  t.raises(function() table.sort { pss, proc(ZOMBIE).rss, pss } end, "is unknown")
end)

t.test("threads of the kernel and zombies have no memory", function()
  t.eq(why(proc(KTHREAD).pss), "no_memory")
  t.eq(why(proc(ZOMBIE).pss), "no_memory")
  t.eq(why(proc(KTHREAD).vm_swap), "no_memory")
  t.eq(proc(ZOMBIE).state, "Z")
  t.eq(proc(KTHREAD).comm, "kthreadd")
end)

t.test("what does not apply is not unknown", function()
  local m = proc(ZOO):maps():where "inode == 0":first()
  t.eq(m.path, "")
  t.eq(m.inode, 0)
end)

t.test("the system", function()
  local file = assert(io.open(FIXTURE .. "meminfo", "rb"))
  local text = file:read "a"
  file:close()
  t.eq(sys.mem_total, tonumber(text:match "MemTotal:%s*(%d+)") * 1024)
  t.eq(sys.mem_available, tonumber(text:match "MemAvailable:%s*(%d+)") * 1024)
  t.eq(type(sys.vmstat), "table")
  local vmstat = assert(io.open(FIXTURE .. "vmstat", "rb"))
  local name, number = vmstat:read "a":match "(%S+) (%d+)"
  vmstat:close()
  t.eq(sys.vmstat[name], tonumber(number))
  t.eq(#sys.swaps, 2)
  t.eq(sys.swaps[1].path, "/dev/sda2")
  t.eq(sys.swaps[2].path, "/var/swap file")
  t.eq(sys.swaps[2].size, 524288 * 1024)
  t.eq(math.type(sys.swaps[1].used), "integer")
  t.eq(math.type(sys.swaps[1].priority), "integer")
end)

t.test("derived fields", function()
  local p = proc(ZOO)
  t.eq(p.uss, p.private_clean + p.private_dirty + p.private_hugetlb)
  t.eq(p.mem_percent, 100 * p.res / sys.mem_total)
  t.eq(why(proc(ZOMBIE).uss), "no_memory")
  t.eq(procs:where "container ~= ''":count(), 1)
  t.eq(proc(412).unit, "nginx.service")
end)

t.test("numbers of the machine that other tools show", function()
  t.raises(function() return sys.swap_used end,
    "no field 'swap_used' of a system; write sys.swap_total %- sys.swap_free$")
  t.raises(function() return sys.free end, "write sys.mem_available$")
  t.raises(function() return sys.tmpfs end, 'help"tmpfs" says how to ask$')
end)

t.finish()
