-- SPDX-License-Identifier: GPL-3.0-or-later
-- Fields that are computed from those of the field table: an expression, or a function with what it reads.
local core = require "memsh.core"
local lazy = require "memsh.util.lazy"
local machine = require "memsh.fields.machine"

local computed = {}

local cgroup_names = lazy "memsh.fields.cgroup_names"
local upward = lazy "memsh.util.upward"

local function from_lines(what)
  return function(lines) return cgroup_names()[what](lines) end
end

local function of_group(name)
  return function(path, row) return upward().cgroups().of_path(machine.of(row), path, name) end
end

local function host_of_machine(of) return machine.system(of).host end

local function host_of(_, row) return host_of_machine(machine.of(row)) end

local function time_of(_, row) return core.frozen_at(row:process()) or machine.time(machine.of(row)) end

-- ---- deleted files

local DELETED <const> = " (deleted)"

-- What was asked of each process's files, so that the mappings of one file ask once.
local asked = setmetatable({}, { __mode = "k" })

-- What a name without the kernel's words says; nil where the file is to be asked.
local function not_deleted(name)
  if name:sub(-#DELETED) ~= DELETED then return false end
end

local function deleted_by_nothing(name)
  return not_deleted(name) == false and "" or nil
end

local function ask(name, row)
  if not_deleted(name) == false then return false, "" end
  local process = row:process()
  local answers = asked[process] or {}
  asked[process] = answers
  local key = row == process and name or table.concat({ row.dev, row.inode, name }, " ")
  local answer = answers[key]
  if not answer then
    answer = { core.deleted(row) }
    answers[key] = answer
  end
  return answer[1], answer[2]
end

local function is_deleted(name, row)
  return (ask(name, row))
end

local function deleted_by(name, row)
  return (select(2, ask(name, row)))
end

--- The path of a mapping whose name has the kernel's words at its end, which may be a part of the file's name.
---@param row any
---@return string
function computed.path(row)
  local name = row.name
  if is_deleted(name, row) == false then return name end
  return name:sub(1, -#DELETED - 1)
end

local function anon_name(name)
  return name:match "^%[anon:(.*)%]$" or name:match "^%[anon_shmem:(.*)%]$" or ""
end

-- The parts of a program are side by side: the last answer serves the next mapping, if that is of the same file. It
-- holds no process.
local last = setmetatable({}, { __mode = "v" })

local function no_build_id(inode)
  return inode == 0 and "" or nil
end

local function build_id(inode, row)
  if inode == 0 then return "" end
  local process, dev = row:process(), row.dev
  if last.process ~= process or last.inode ~= inode or last.dev ~= dev or last.addr_end ~= row.addr then
    last.id = core.build_id(row)
  end
  last.process, last.inode, last.dev = process, inode, dev
  last.addr_end = type(last.id) == "string" and row.addr_end or nil
  return last.id
end

local FOUND <const> = "how its deletion was judged: links (how many it has), inode (what is at the path now), or name"
local BY_NAME <const> = "name is a guess: a file may really be called '... (deleted)'; empty without those words"

---@class memsh.Derived
---@field name string
---@field type string|nil type of its values; an expression's own where it is missing
---@field text string|nil the expression
---@field f nil|fun(row: any): any the user's function
---@field from string|nil the field that `compute` is given
---@field compute nil|fun(value: any, row: any): any
---@field of_machine nil|fun(source: userdata): any where it is the same for all rows of a machine and moment
---@field quick nil|fun(value: any): any the same of most values alone; nil where the row is needed
---@field meaning string
---@field omits string
---@field since string|nil the first kernel that has it, if its parts are older
---@field permission string|nil what it needs, if its parts need less
---@field own boolean|nil made by define()

---@type table<string, memsh.Derived[]>
local fields = {
  process = {
    { name = "host", type = "text", from = "pid", compute = host_of, of_machine = host_of_machine,
      meaning = "the name of the machine that it is of", omits = "" },
    { name = "time", type = "time", from = "pid", compute = time_of, of_machine = machine.time, omits = "",
      meaning = "when it was read, or recorded: the same for all rows of an answer on one machine or moment" },
    { name = "uss", text = "private_clean + private_dirty + private_hugetlb",
      meaning = "unique set size: resident pages that only this process maps",
      omits = "page cache and shmem that stay when it ends are included; pages shared among its own forks are not" },
    { name = "mem_percent", type = "percent", text = "100 * res / sys.mem_total",
      meaning = "res as a share of the machine's memory (top's %MEM)", omits = "see res" },
    { name = "unit", type = "text", from = "cgroup_lines", compute = from_lines "units",
      meaning = "its systemd unit, from the path of its control group; empty if it has none", omits = "" },
    { name = "container", type = "text", from = "cgroup_lines", compute = from_lines "containers",
      meaning = "id or name of its container, from the paths of its control groups; empty if it has none",
      omits = "engines that leave their processes where they are; snap and flatpak are units; " ..
        "none is seen from inside" },
    { name = "pod", type = "text", from = "cgroup_lines", compute = from_lines "pods",
      meaning = "uid of its Kubernetes pod or id of its podman pod, from the paths of its control groups; " ..
        "empty if it has none",
      omits = "of a static pod the kubelet's hash of its manifest" },
    { name = "tree", type = "text", from = "ppid",
      compute = function(parent, row) return require "memsh.fields.tree"(parent, row) end,
      meaning = "the process at the top of its tree, as \"sshd (901)\": the topmost below init or systemd --user",
      omits = "all sessions of one sshd or tmux are one tree (unit divides them); what daemonized is one of its own" },
    { name = "memory_limit", type = "bytes", from = "cgroup", compute = of_group "memory_limit",
      meaning = "the lowest memory_max or memory_high of its control group and those above it, none if they have none",
      omits = "limits of groups that a container does not see" },
    { name = "memory_limit_percent", type = "percent", from = "cgroup", compute = of_group "memory_limit_percent",
      meaning = "how much of memory_limit the control group that has it uses; 0 if there is no limit", omits = "" },
    { name = "exe_deleted", type = "boolean", from = "exe", compute = is_deleted,
      meaning = "whether its program was deleted or replaced after it was started",
      omits = "judged by the text of exe alone if the file cannot be examined" },
    { name = "shares_mm_with", type = "list", from = "virt", since = "3.5",
      permission = "same user, or CAP_SYS_PTRACE",
      compute = function(virt, row) return require "memsh.fields.sharers"(virt, row) end,
      meaning = "process ids that share its address space (vfork, CLONE_VM), so that their memory is the same",
      omits = "sums over processes and mappings count it once; processes the reader may not examine are not listed" },
    { name = "map_count_percent", type = "percent", text = "100 * mappings / sys.max_map_count",
      meaning = "mappings as a share of vm.max_map_count, beyond which mmap fails",
      omits = "[vsyscall] counts here, though not for the kernel" },
  },
  mapping = {
    { name = "host", type = "text", from = "addr", compute = host_of, of_machine = host_of_machine,
      meaning = "the name of the machine that it is of", omits = "" },
    { name = "time", type = "time", from = "addr", compute = time_of, of_machine = machine.time, omits = "",
      meaning = "when it was read, or recorded: the same for all rows of an answer on one machine or moment" },
    { name = "deleted", type = "boolean", from = "name", compute = is_deleted, quick = not_deleted,
      meaning = "whether its file was deleted; always true for memfd, SysV and shared anonymous memory",
      omits = "deleted_by says how certain that is" },
    { name = "deleted_by", type = "text", from = "name", compute = deleted_by, quick = deleted_by_nothing,
      meaning = FOUND, omits = BY_NAME },
    { name = "anon_name", type = "text", from = "name", compute = anon_name, quick = anon_name,
      meaning = "name that the program gave to anonymous memory ([anon:NAME]); empty if none",
      omits = "only in kernels built with such names", since = "5.17" },
    { name = "build_id", type = "text", from = "inode", compute = build_id, quick = no_build_id,
      meaning = "build id of the mapped program or library, in hexadecimal; empty if the file has none",
      permission = "who may read maps and the file; CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE where it has no path",
      omits = "denied without CAP_SYS_ADMIN: memfds, deleted or replaced libraries, btrfs before 6.11" },
  },
  system = {},
}

--- The computed fields of a kind of row ("process", "mapping", "system").
function computed.fields(kind)
  return fields[kind]
end

--- Adds a field, or replaces one that was added.
function computed.add(kind, field)
  field.own = true
  for i, other in ipairs(fields[kind]) do
    if other.name == field.name then
      fields[kind][i] = field
      return
    end
  end
  table.insert(fields[kind], field)
end

return computed
