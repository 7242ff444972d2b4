-- SPDX-License-Identifier: GPL-3.0-or-later
-- Hides names in what is shown to others. Equal names stay equal, and nobody can find out which they are, or try,
-- without the key. The texts that the kernel makes stay; every other text is hidden, whatever field it is of.
local core = require "memsh.core"
local siphash = require "memsh.util.siphash"

-- Fields whose words are the kernel's or memsh's.
local KEPT = { state = true, perms = true, dev = true, kind = true, quadrant = true, deleted_by = true,
  vm_flags = true, mems_allowed_list = true, version = true, kernel = true, numa = true }

-- Which program or library it is could be looked up.
local LEFT_OUT = { build_id = true, boot_id = true }

-- Fields that are paths; each of their parts is hidden by itself.
local PATHS = { path = true, name = true, exe = true, cgroup = true }

-- Objects without a file, by the names that the kernel gives them.
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

  --- A field's value as others may see it; nil where they may not.
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
