-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: kernels/6.1
-- Which filesystem a device is of may stand in the mounts of one process alone: whoever is asked first, answers agree.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"
local machine = require "memsh.fields.machine"

local FIXTURE <const> = os.getenv "MEMSH_FIXTURES" .. "/kernels/6.1"

local function answers(pids, source)
  machine.configure(source or FIXTURE)
  local found = {}
  for _, pid in ipairs(pids) do
    local p = proc(pid)
    found[pid] = { p and tostring(p.private_file), p and tostring(p.shared_anon) }
  end
  return found
end

t.test("the kind of a mapping does not depend on which process is asked first", function()
  local up, down = {}, {}
  for p in procs do table.insert(up, p.pid) end
  for i = #up, 1, -1 do table.insert(down, up[i]) end
  t.ok(#up > 1)
  t.eq(answers(up), answers(down))
end)

t.test("a recording of the machine says the same, whichever process is asked first", function()
  local file, up, down = os.tmpname(), {}, {}
  assert(os.remove(file))
  assert(core.record_saved(assert(core.source(FIXTURE)), file))
  machine.configure(FIXTURE)
  for p in procs do table.insert(up, p.pid) end
  for i = #up, 1, -1 do table.insert(down, up[i]) end
  local saved = answers(up)
  t.eq(answers(up, file), saved)
  t.eq(answers(down, file), saved)
  assert(os.remove(file))
end)

t.test("mounts that could not be read may be those of a device that no others name", function()
  local copy = os.tmpname()
  assert(os.remove(copy) and os.execute(("cp -r '%s' %s && ln -sf mountinfo %s/93"):format(FIXTURE, copy, copy)))
  machine.configure(copy)
  local _, missing = proc(1):maps():count()
  t.eq(missing, 1)
  assert(os.execute("rm -r " .. copy))
end)

t.test("pages of files are as many as the kernel counted", function()
  machine.configure(FIXTURE)
  for _, pid in ipairs { 1, 93 } do
    local file <close> = assert(io.open(("%s/%d/status"):format(FIXTURE, pid)))
    local kilobytes = math.tointeger(tonumber(file:read("a"):match "RssFile:%s*(%d+) kB"))
    t.eq(proc(pid).private_file + proc(pid).shared_file, kilobytes * 1024, pid)
  end
end)

t.finish()
