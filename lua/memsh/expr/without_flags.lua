-- SPDX-License-Identifier: GPL-3.0-or-later
-- What a condition on mappings is worth where only maps was read. VmFlags, which smaps alone has, can make of a mapping
-- of any kind a device, or one of pool huge pages, which are not on shmem; no other kind is judged by them.
local without_flags = {}

local BY_FLAGS <const> = { device = true, hugetlb = true }

-- Whether smaps may say otherwise of a field of the tree.
local function is_judged(node)
  if node.k == "field" then return node.field.by_smaps or false end
  for _, arg in ipairs(node.args or {}) do
    if is_judged(arg) then return true end
  end
  return node.a and is_judged(node.a) or node.b and is_judged(node.b) or false
end

-- kind == "file"
local function is_of_a_kind(node)
  local kind, text = node.a, node.b
  if kind.k == "const" then kind, text = text, kind end
  return kind.k == "field" and kind.name == "kind" and text.k == "const" and not BY_FLAGS[text.v]
end

--- Whether a condition that is false of a mapping whose flags are not known is false of it whatever they are.
function without_flags.stays_false(node)
  local op = node.k == "bin" and node.op
  if op == "and" or op == "or" then
    return without_flags.stays_false(node.a) and without_flags.stays_false(node.b)
  end
  if node.k == "field" and node.name == "on_shmem" or op == "==" and is_of_a_kind(node) then return true end
  return not is_judged(node)
end

return without_flags
