-- SPDX-License-Identifier: GPL-3.0-or-later
-- The page of the report picture.
local core = require "memsh.core"
local machine = require "memsh.html.machine"
local page = require "memsh.html.page"
local source = require "memsh.fields.machine"

local TITLES <const> = { unit = "Units", cgroup = "Control groups", user = "Users" }

local function headline(sys)
  local parts = {}
  if core.known(sys.now) then parts[1] = page.time(sys.now) end
  if core.known(sys.kernel) then parts[#parts + 1] = "Linux " .. sys.kernel end
  parts[#parts + 1] = "memsh picture"
  return table.concat(parts, " · ")
end

---@param tree memsh.MemoryTree
---@param by string what the groups are
---@return string
return function(tree, by)
  local sys = source.system()
  local host = core.known(sys.host) and sys.host or "this machine"
  return page.document("Memory of " .. host, {
    ('<h1>Memory of %s</h1><p class="muted">%s</p>'):format(page.escape(host), page.escape(headline(sys))),
    machine.cards(tree, sys), machine.pictures(tree), machine.tables(tree, TITLES[by]), machine.account(tree),
    machine.notes(tree) }, machine.style())
end
