-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Small roots (fixtures/trials) that stand for kinds of wrong or silent answers: each test says what is right and why.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"
local machine = require "memsh" and require "memsh.fields.machine" -- the former takes the command line's --source
local cgroup_names = require "memsh.fields.cgroup_names"
local root = machine.source():root()

local function trial(name, fn)
  machine.configure((root:gsub("full$", "trials/" .. name)))
  local ok, problem = pcall(fn)
  machine.configure(root)
  if not ok then error(problem, 0) end
end

local KB <const> = 1024
local ID <const> = ("0123456789abcdef"):rep(4)
local POD <const> = "12345678-9abc-def0-1234-56789abcdef0"
local POD_ <const> = POD:gsub("-", "_")

-- ---- containers: paths as the engines make them

t.test("08: every engine's container, and the pod, by the path of its group", function()
  for path, right in pairs {
    ["/docker/" .. ID] = { ID },
    ["/system.slice/docker-" .. ID .. ".scope"] = { ID },
    ["/actions_job/" .. ID] = { ID }, -- docker run --cgroup-parent
    ["/docker/" .. ID .. "/system.slice/a.service"] = { ID },
    ["/docker/" .. ("f"):rep(64) .. "/kubelet/kubepods/burstable/pod" .. POD .. "/" .. ID] = { ID, POD }, -- kind
    ["/machine.slice/libpod-" .. ID .. ".scope"] = { ID },
    ["/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" .. ID .. ".scope/container"] = { ID },
    ["/libpod_parent/libpod-" .. ID] = { ID },
    ["/machine.slice/libpod-payload-" .. ID] = { ID },
    ["/machine.slice/libpod-conmon-" .. ID .. ".scope"] = {}, -- watches from outside
    ["/libpod_parent/conmon"] = {},
    ["/machine.slice/machine-libpod_pod_" .. ("e"):rep(64) .. ".slice/libpod-" .. ID .. ".scope"] =
      { ID, ("e"):rep(64) },
    ["/kubepods/pod" .. POD .. "/" .. ID] = { ID, POD }, -- Guaranteed, driver cgroupfs
    ["/kubepods/burstable/pod" .. POD .. "/" .. ID] = { ID, POD },
    ["/kubepods/besteffort/pod" .. POD .. "/crio-" .. ID] = { ID, POD },
    ["/kubepods.slice/kubepods-pod" .. POD_ .. ".slice/cri-containerd-" .. ID .. ".scope"] = { ID, POD },
    ["/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" .. POD_ .. ".slice/crio-" .. ID .. ".scope"] =
      { ID, POD },
    ["/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" .. POD_ .. ".slice/docker-" .. ID ..
      ".scope"] =
      { ID, POD },
    ["/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" .. POD_ .. ".slice/crio-conmon-" .. ID ..
      ".scope"] = { nil, POD },
    ["/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" .. POD_ .. ".slice/cri-containerd-" .. ID ..
      ".scope"] = { ID, POD },
    ["/system.slice/containerd.service/kubepods-burstable-pod" .. POD_ .. ".slice:cri-containerd:" .. ID] = { ID, POD },
    ["/kubepods/burstable/pod" .. POD] = { nil, POD },
    ["/lxc/web"] = { "web" },
    ["/lxc/web/system.slice/nginx.service"] = { "web" },
    ["/lxc.payload/web/init.scope"] = { "web" },
    ["/lxc.payload.web/init.scope"] = { "web" },
    ["/lxc.monitor.web"] = {}, -- watches from outside
    ["/machine.slice/machine-web.scope/payload"] = { "web" },
    ["/machine.slice/machine-web\\x2dtest.scope/payload/init.scope"] = { "web-test" },
    ["/machine.slice/systemd-nspawn@web.service/payload"] = { "web" },
    ["/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt"] = {}, -- a virtual machine
    ["/machine.slice/machine-lxc\\x2d17\\x2dweb.scope"] = { "lxc-17-web" }, -- libvirt's driver of LXC
    ["/ecs/0123456789abcdef0123456789abcdef/" .. ID] = { ID },
    ["/ecstasks.slice/ecstasks-0123456789abcdef.slice/docker-" .. ID .. ".scope"] = { ID },
    ["/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-2531612879"] =
      { "0123456789abcdef0123456789abcdef-2531612879" }, -- Fargate
    ["/garden/6c25c1ba-3a0c-4b8d-5a35-0b1c2d3e4f50"] = { "6c25c1ba-3a0c-4b8d-5a35-0b1c2d3e4f50" },
    ["/docker/buildkit/u4qz3e9xo5vsgmgk0yabcdefg"] = { "u4qz3e9xo5vsgmgk0yabcdefg" },
    ["/user.slice/user-1000.slice/user@1000.service/user.slice/apptainer-4711.scope"] = { "4711" },
    ["/mesos/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"] = { "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9" },
    ["/mesos"] = {}, ["/system.slice/mesos-agent.service"] = {},
    ["/singularity/4711"] = { "4711" }, ["/system.slice/singularity-4711.scope"] = { "4711" },
    ["/"] = {}, [""] = {}, ["/init.scope"] = {}, ["/system.slice/nginx.service"] = {},
    ["/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.x.Y-12.scope"] = {},
    ["/system.slice/backup-" .. ID .. "0.service"] = {}, -- 65 digits
    ["/podcast/" .. ("a"):rep(63)] = {},
  } do
    local container, pod = right[1] or "", right[2] or ""
    t.eq(cgroup_names.container(path), container, path)
    t.eq(cgroup_names.pod(path), pod, path)
  end
end)

t.test("08: what the namespace hides is unknown and not none", function()
  t.ok(core.is_unknown(cgroup_names.container "/../other.service"))
  t.eq(cgroup_names.container("/../" .. ID), ID)
  t.eq(cgroup_names.container "/..x", "")
  t.eq(why(cgroup_names.container "/.."), "denied")
  -- Of all lines of a process: one that is hidden hides what it would say, unless another one says it.
  for _, order in ipairs { { "0::/../a.service\n", "5:memory:%s\n" }, { "5:memory:%s\n", "0::/../a.service\n" } } do
    local lines = table.concat(order)
    t.eq(why(cgroup_names.containers(lines:format "/a.service")), "denied")
    t.eq(why(cgroup_names.pods(lines:format "/a.service")), "denied")
    t.eq(cgroup_names.containers(lines:format("/docker/" .. ID)), ID)
  end
end)

t.test("08: the fields of processes", function()
  trial("08-container-id", function()
    for pid, right in pairs { [40] = ID, [41] = ID, [42] = ID, [45] = "web" } do
      t.eq(proc(pid).container, right, pid)
    end
    t.eq(proc(40).pod, "aaaa-bbbb")
    t.eq(proc(42).pod, "0-0")
    t.eq(proc(45).unit, "nginx.service")
    t.eq(procs:by("container"):set():count(), 2)
  end)
end)

t.test("09: a container of v1 beside the unified hierarchy", function()
  trial("09-v1-without-memory", function()
    t.eq(proc(40).container, ID)
    t.eq(proc(40).unit, "", "name=systemd has it in /docker/ID")
    t.eq(proc(40).cgroup, "/system.slice/containerd.service")
  end)
  local both = "5:memory:/a\n1:name=systemd:/system.slice/a.service\n0::/\n"
  t.eq(cgroup_names.units(both), "a.service")
  t.eq(cgroup_names.units "5:memory:/system.slice/b.service\n0::/", "")
  t.eq(cgroup_names.units "5:memory:/system.slice/b.service\n", "b.service")
  -- Whichever line comes first: the hierarchy that counts memory, that of systemd, the others of v1, the unified one.
  local ranked = { "5:cpu,memory:/lxc/memory\n", "1:name=systemd:/lxc/systemd\n", "3:cpu:/lxc/cpu\n",
    "0::/lxc/unified\n" }
  for high = 1, #ranked do
    for low = high + 1, #ranked do
      local right = ranked[high]:match "/lxc/(%a+)"
      t.eq(cgroup_names.containers(ranked[high] .. ranked[low]), right)
      t.eq(cgroup_names.containers(ranked[low] .. ranked[high]), right)
    end
  end
end)

-- ---- mappings and listings

local function row_of(name)
  for _, mapping in ipairs(proc(40):maps():rows()) do
    if mapping.name:find(name, 1, true) then return mapping end
  end
end

t.test("01: ashmem, shared and private, and names on it", function()
  trial("01-ashmem", function()
    local shared, private, named = row_of "Stats-77", row_of "main heap", row_of "[anon:"
    t.eq({ shared.kind, shared.quadrant, shared.on_shmem }, { "shmem", "shared-anon", true })
    t.eq({ private.kind, private.quadrant, private.on_shmem }, { "anon", "private-anon", false })
    t.eq({ named.kind, named.quadrant, named.anon_name }, { "anon", "private-anon", "heap-LinearAlloc" })
    local p = proc(40)
    t.eq(p.private_anon + p.shared_anon + p.private_file + p.shared_file, p.vm_rss)
  end)
end)

t.test("04: maps without smaps: the mappings are there, counters unknown", function()
  trial("04-maps-without-smaps", function()
    local rows = proc(40):maps():rows()
    t.eq(#rows, 2)
    t.eq({ rows[1].size, core.why(rows[1].rss), core.why(rows[1].vm_flags) }, { 0x2000, "unsupported", "unsupported" })
    t.eq(maps:sum "size", 0x6000)
    t.ok(core.is_unknown(maps:sum "rss"))
    t.eq(maps:where "rss > 0":count(), 0)
    t.eq(maps:where "kind == 'heap'":count(), 1)
    t.eq(proc(40).mappings, 2)
    t.eq(core.why(proc(40).pss), "unsupported")
  end)
end)

t.test("05: an empty listing of a process that has memory was denied", function()
  trial("05-empty-smaps", function()
    t.eq(core.why(maps:sum "rss"), "denied")
    t.eq({ core.why(proc(40).pss), core.why(proc(40).mappings), proc(40).rss }, { "denied", "denied", 250 * 4096 })
  end)
end)

t.test("13: unsigned numbers of 64 bits", function()
  trial("13-large-numbers", function()
    t.eq(row_of "data.bin".inode, 13835058055282163712.0)
    t.eq(maps:where "inode > 0":count(), 1)
    t.eq({ core.why(proc(40).vm_peak), core.why(proc(40).vm_swap), proc(40).vm_size },
      { "malformed", "malformed", 8192 })
  end)
end)

t.test("19: smaps alone", function()
  trial("19-lone-smaps", function()
    t.eq(maps:count(), 1)
    t.eq(maps:sum "rss", 8192)
    local p = proc(40)
    t.eq({ core.why(p.comm), core.why(p.rss), core.why(p.exe), p.mappings },
      { "not_recorded", "not_recorded", "not_recorded", 1 })
  end)
  trial("19-lone-smaps/40/smaps", function()
    t.eq({ procs:count(), maps:count(), maps:sum "rss", (maps:sum "pss") }, { 1, 1, 8192, 8192 })
    t.eq({ proc(40).pid, core.why(proc(40).comm), (proc(41)) }, { 40, "not_recorded", nil })
  end)
  trial("01-ashmem/40/maps", function()
    t.eq({ maps:count(), (maps:sum "size") }, { 4, 2432 * KB })
    t.eq(core.why(maps:first().rss), "not_recorded")
  end)
end)

t.test("11: what kernels before 4.5 and 4.12 count is explained, and nothing else", function()
  local selfcheck = require "memsh.analysis.selfcheck"
  trial("11-before-4.5", function()
    local result = selfcheck.run()
    t.eq({ result.checked, result.failures }, { 1, 0 })
    local explained = 0
    for _, row in ipairs(result.rows:rows()) do explained = explained + row.explained end
    t.eq(explained, 4)
  end)
  trial("11-off-by-more", function() -- the same with VmData, VmStk and VmLib that no kernel would show
    t.eq(selfcheck.run().failures, 3)
  end)
end)

-- ---- the machine

local function by_what()
  local lines = {}
  for _, line in ipairs(reconcile():rows()) do lines[line.what] = line end
  return lines
end

t.test("03: a meminfo without SwapCached", function()
  trial("03-no-swapcached", function()
    local lines = by_what()
    t.eq(lines["free"].size, 700000 * KB)
    t.eq(lines["swap cache nobody maps"], nil)
    t.eq(reconcile():sum "size", 1048576 * KB)
  end)
end)

t.test("14, 15: memory of 0 kB, or without MemTotal, is no total of which there are parts", function()
  for _, name in ipairs { "14-mem-total-0", "15-reconcile-silent" } do
    trial(name, function()
      t.eq(core.why(machine.system().mem_total), "malformed", name)
      local rows, message, reason = reconcile()
      t.eq({ rows, reason }, { nil, "malformed" }, name)
      t.has(message, "mem_total is not known")
    end)
  end
  trial("14-mem-total-0", function()
    t.eq(core.why(proc(40).mem_percent), "malformed")
    t.eq(procs:where "mem_percent > 10":count(), 0)
  end)
end)

t.finish()
