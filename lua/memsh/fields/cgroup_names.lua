-- SPDX-License-Identifier: GPL-3.0-or-later
-- What the paths of control groups say: systemd unit, container, pod. Each engine names its groups in a way of its own.
local core = require "memsh.core"

local cgroup_names = {}

-- systemd writes other characters than letters, digits and :_. as \xHH.
local function unescaped(name)
  return (name:gsub("\\x(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

-- ---- unit

-- The part of a path that is a service, a scope or the like: the last one that has such an ending.
local UNIT_ENDINGS = { service = true, scope = true, socket = true, mount = true, swap = true, timer = true }

--- The systemd unit of a group, "" for none.
function cgroup_names.unit(path)
  local unit, slice = "", ""
  for part in path:gmatch "[^/]+" do
    local ending = part:match "^[^.].*%.(%a+)$"
    if UNIT_ENDINGS[ending] then unit = part end
    if ending == "slice" then slice = part end
  end
  return unit ~= "" and unit or slice
end

-- ---- container

local ID_LENGTH <const> = 64

-- Docker, containerd, CRI-O, podman and others: 64 hexadecimal digits with the engine's name before them and .scope
-- after them, or neither. conmon and the like watch over a container from outside; podman's pods have such ids, too.
local function long_id(part)
  if part:find "conmon" or part:find "libpod_pod_" then return nil end
  for id in part:gmatch "%f[%w]%x+%f[%W]" do
    if #id == ID_LENGTH then return id end
  end
end

-- Engines that name containers otherwise: patterns for a whole part of the path. libvirt and machined call a virtual
-- machine machine-qemu..., which is no container.
local function named(part)
  local machine = part:match "^machine%-(.+)%.scope$"
  if machine and not unescaped(machine):find "^qemu%-" then return unescaped(machine) end
  local found = part:match "^systemd%-nspawn@(.+)%.service$" or part:match "^lxc%.payload%.(.+)$"
    or part:match "^apptainer%-(.+)%.scope$" or part:match "^singularity%-(.+)%.scope$"
  return found and unescaped(found)
end

-- Engines that have a group of their own, with one below it for each container.
local PARENTS = { lxc = true, ["lxc.payload"] = true, garden = true, buildkit = true, mesos = true, singularity = true }

-- ECS on Fargate: /ecs/TASK/TASK-NUMBER.
local function of_ecs(part, task)
  local id, number = part:match "^(%x+)%-(%d+)$"
  return id == task and number and part or nil
end

local function container_in(path)
  local found, above, in_ecs
  for group in path:gmatch "[^/]+" do
    for part in group:gmatch "[^:]+" do -- containerd's SLICE:PREFIX:ID
      found = long_id(part) or named(part) or PARENTS[above] and part or in_ecs and of_ecs(part, above) or found
    end
    in_ecs = in_ecs or group == "ecs"
    above = group
  end
  return found
end

-- ---- pod

-- The kubelet names the group of a pod podUID below kubepods, kubepods-burstable or kubepods-besteffort; with systemd
-- as its driver kubepods[-CLASS]-podUID.slice, where - in the UID is written as _. podman has libpod_pod_ID.
local function pod_in(path)
  local found, in_kubepods
  for part in path:gmatch "[^/:]+" do
    local uid = part:match "kubepods.*%-pod([%w_]+)%.slice$"
    found = uid and uid:gsub("_", "-") or in_kubepods and part:match "^pod(.+)$"
      or part:match "libpod_pod_(%x+)" or found
    in_kubepods = in_kubepods or part:find "kubepods" ~= nil
  end
  return found
end

-- ---- all lines of a process

-- The reader's namespace hides what is above: /.. leads out of it. What it would say is not known.
local function is_hidden(path)
  return path == "/.." or path:find "^/%.%./" ~= nil
end

local function first_of(find, name)
  return function(path)
    return find(path) or (is_hidden(path) and core.unknown("denied", name)) or ""
  end
end

--- The container of a group, "" for none; unknown where the namespace hides it.
cgroup_names.container = first_of(container_in, "container")

--- The pod of a group, likewise.
cgroup_names.pod = first_of(pod_in, "pod")

-- The lines "ID:CONTROLLERS:PATH" as a list of { controllers, path }.
local function parse(lines)
  local list = {}
  for controllers, path in lines:gmatch "%d+:([^:\n]*):([^\n]*)" do list[#list + 1] = { controllers, path } end
  return list
end

-- Where a v1 engine runs beside the unified hierarchy, its processes may be in no group of the latter: the named
-- hierarchies come first, and a container that any line names is one.
local function rank(line)
  if (","..line[1]..","):find(",memory,", 1, true) then return 1 end
  return line[1] == "name=systemd" and 2 or line[1] ~= "" and 3 or 4
end

local function any_line(find)
  return function(lines)
    local found, best, hidden = nil, math.huge, nil
    for _, line in ipairs(parse(lines)) do
      local value = find(line[2])
      if core.is_unknown(value) then
        hidden = value
      elseif value ~= "" and rank(line) < best then
        found, best = value, rank(line)
      end
    end
    return found or hidden or ""
  end
end

--- The same of all lines of PID/cgroup.
cgroup_names.containers = any_line(cgroup_names.container)
cgroup_names.pods = any_line(cgroup_names.pod)

--- The unit: systemd's own hierarchy has it; before and without one, that which counts memory, or the unified one.
function cgroup_names.units(lines)
  local path, best = "", math.huge
  for _, line in ipairs(parse(lines)) do
    local at = line[1] == "name=systemd" and 1 or line[1] == "" and 2 or 2 + rank(line)
    if at < best then path, best = line[2], at end
  end
  return cgroup_names.unit(path)
end

return cgroup_names
