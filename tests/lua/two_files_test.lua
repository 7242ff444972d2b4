-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- What two files of a process carry is known where one of them has it, whatever else is asked of the process.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local machine = require "memsh.fields.machine"

-- The full fixture, changed by a command of the shell in it.
local function changed(command, f)
  local root = os.tmpname()
  assert(os.execute(("rm %s && cp -r %s/full %s && cd %s && { %s; }"):format(root, os.getenv "MEMSH_FIXTURES", root,
    root, command)))
  machine.configure(root)
  f()
  os.execute("rm -r " .. root)
end

local function same(field, expected, others)
  for _, columns in ipairs { field, others .. " " .. field, field .. " " .. others } do
    for _, set in ipairs { procs:where "pid == 1107", procs { pid = 1107 }, procs:where(("pid == 1107 and %s == %s")
      :format(field, type(expected) == "string" and "'" .. expected .. "'" or expected)) } do
      local function ask() return set:show(columns):first()[field] end
      t.eq(ask(), expected, columns)
      t.eq(t.plainly(ask), expected, columns)
    end
    t.has(procs:where "pid == 1107":show(columns):csv(), tostring(expected), columns)
    t.eq(procs:where "pid == 1107 and uid >= 0":max(field), expected, columns)
  end
end

local RES <const>, VIRT <const> = 4510 * 4096, 27102 * 4096

t.test("status lacks lines that statm has", function()
  changed("sed -i '/^VmRSS/d; /^VmSize/s/ kB//' 1107/status", function()
    same("res", RES, "uid")
    same("virt", VIRT, "swap")
  end)
end)

t.test("status is denied", function()
  changed("echo 1107/status EACCES >> errors", function()
    local row = procs { pid = 1107 }:show "uid res virt comm":first()
    t.eq({ row.res, row.virt, row.comm, why(row.uid) }, { RES, VIRT, "zoo", "denied" })
  end)
end)

t.test("stat was cut", function()
  changed("printf '1107 (zoo) S' > 1107/stat", function()
    same("ppid", 1400, "comm")
    same("threads", 2, "comm")
    same("ppid", 1400, "uid")
  end)
end)

t.test("neither has it", function()
  changed("sed -i '/^VmRSS/d' 1107/status; rm 1107/statm", function()
    t.eq(why(procs { pid = 1107 }:show "res":first().res), "unsupported")
    t.eq(why(procs { pid = 1107 }:show "uid res":first().res), "unsupported")
  end)
end)

t.test("what was kept has what was read", function()
  changed("sed -i '/^VmRSS/d' 1107/status", function()
    t.eq(procs { pid = 1107 }:where "res > 0 and uid >= 0":set():first().res, RES)
  end)
end)

t.finish()
