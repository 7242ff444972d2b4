-- SPDX-License-Identifier: GPL-3.0-or-later
-- Replaces names by hashes: equal names stay equal, and without the key nobody can find out, or try, which they are.
-- The kernel's own texts stay; every other text is hidden, whatever its field.
local core = require "memsh.core"
local siphash = require "memsh.util.siphash"

-- Fields whose words are the kernel's or memsh's.
local KEPT = { state = true, perms = true, dev = true, kind = true, quadrant = true, deleted_by = true,
  vm_flags = true, mems_allowed_list = true, version = true, kernel = true, numa = true }

-- Anybody could look up which program or library they belong to.
local LEFT_OUT = { build_id = true, boot_id = true }

-- Paths: each part is hidden by itself.
local PATHS = { path = true, name = true, exe = true, cgroup = true }

-- The kernel's names of objects without a file.
local OBJECTS = { ["/dev/zero"] = true, ["/anon_hugepage"] = true, ["/secretmem"] = true, ["/[aio]"] = true }

---@param key string 16 bytes
return function(key)
  local function word(text)
    return text == "" and "" or ("#%012x"):format(siphash(key, text) >> 16)
  end

  local function path(text)
    local rest, deleted = text:match "^(.*)( %(deleted%))$"
    rest = rest or text
    local memfd = rest:match "^/memfd:(.*)$"
    local anon, named = rest:match "^(%[anon[_%a]*:)(.*)%]$"
    if memfd then
      rest = "/memfd:" .. word(memfd)
    elseif anon then
      rest = anon .. word(named) .. "]"
    elseif rest:find "^/" and not OBJECTS[rest] and not rest:find "^/SYSV%x+$" then
      rest = rest:gsub("[^/]+", word)
    end
    return rest .. (deleted or "")
  end

  local function arguments(list)
    local hidden = {}
    for i, one in ipairs(list) do hidden[i] = word(one) end
    return hidden
  end

  --- A field's value as others may see it; nil if they may not.
  ---@param name string
  ---@param value any
  ---@param row any whose it is
  return function(name, value, row)
    if LEFT_OUT[name] then return nil end
    if core.is_unknown(value) or KEPT[name] then return value end
    if name == "cmdline" then return table.concat(arguments(row.argv), " ") end
    if name == "argv" then return arguments(value) end
    if type(value) ~= "string" then return value end
    return PATHS[name] and path(value) or word(value)
  end
end
