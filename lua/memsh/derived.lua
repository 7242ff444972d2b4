-- SPDX-License-Identifier: GPL-3.0-or-later
-- Fields that are computed from those of the field table: an expression, or a function with what it reads.
local derived = {}

-- The part of a path that stands for a service, a scope or the like: the last one that has such an ending.
local UNIT_ENDINGS = { service = true, scope = true, socket = true, mount = true, swap = true, timer = true }

local function unit_of(path)
  local unit, slice = "", ""
  for part in path:gmatch "[^/]+" do
    local ending = part:match "^[^.].*%.(%a+)$"
    if UNIT_ENDINGS[ending] then unit = part end
    if ending == "slice" then slice = part end
  end
  return unit ~= "" and unit or slice
end

-- How container engines name a control group. Each pattern fits a whole part of the path.
local CONTAINER_PARTS = {
  "^docker%-(%x+)%.scope$", "^libpod%-(%x+)%.scope$", "^cri%-containerd%-(%x+)%.scope$", "^crio%-(%x+)%.scope$",
  "^containerd%-(%x+)%.scope$", "^(%x+)$",
}
local ID_LENGTH <const> = 64

local function container_of(path)
  local found = ""
  for part in path:gmatch "[^/]+" do
    for _, pattern in ipairs(CONTAINER_PARTS) do
      local id = part:match(pattern)
      if id and #id == ID_LENGTH then found = id end
    end
    found = part:match "^lxc%.payload%.(.+)$" or found
  end
  return path:match "^/lxc/([^/]+)" or found
end

---@class memsh.Derived
---@field name string
---@field type string|nil type of its values; an expression's own where it is missing
---@field text string|nil the expression
---@field from string|nil the field that `compute` is given
---@field compute nil|fun(value: any): any
---@field meaning string
---@field omits string
---@field own boolean|nil made by define()

---@type table<string, memsh.Derived[]>
local fields = {
  process = {
    { name = "uss", text = "private_clean + private_dirty + private_hugetlb",
      meaning = "unique set size: resident pages that only this process maps",
      omits = "page cache and shmem that stay when it ends are counted; pages shared among its own forks are not" },
    { name = "mem_percent", type = "percent", text = "100 * res / sys.mem_total",
      meaning = "res as a share of the machine's memory (top's %MEM)", omits = "as res" },
    { name = "unit", type = "text", from = "cgroup", compute = unit_of,
      meaning = "its systemd unit, from the path of its control group; empty for none", omits = "" },
    { name = "container", type = "text", from = "cgroup", compute = container_of,
      meaning = "id of its container, from the path of its control group; empty for none", omits = "" },
  },
  mapping = {},
  system = {},
}

--- The derived fields of a kind of row ("process", "mapping", "system").
---@param kind string
---@return memsh.Derived[]
function derived.fields(kind)
  return fields[kind]
end

--- Their names.
---@param kind string
---@return string[]
function derived.names(kind)
  local names = {}
  for i, field in ipairs(fields[kind]) do names[i] = field.name end
  return names
end

--- Adds a field, or replaces one that was added.
---@param kind string
---@param field memsh.Derived
function derived.add(kind, field)
  field.own = true
  for i, other in ipairs(fields[kind]) do
    if other.name == field.name then
      fields[kind][i] = field
      return
    end
  end
  table.insert(fields[kind], field)
end

return derived
