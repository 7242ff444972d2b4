-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- pmap writes rows in blocks, as lines of a fixed form: what it writes is what it writes row by row.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"

local MEMSH <const>, ROOT <const> = os.getenv "MEMSH", os.getenv "MEMSH_ROOT"
local FIXTURES <const> = os.getenv "MEMSH_FIXTURES"
local ROOTS <const> = { "full", "denied", "odd", "pages64k", "kernels/2.6.14", "kernels/4.4", "kernels/6.18" }
local OPTIONS <const> = { "", "-x", "-d", "-p", "-k", "-x -p -k", "-d -q", "-x -w 'rss > 4K'", "-X", "-XX" }

local PLAINLY <const> = [[require "memsh.exec.reference_mode".plain = %s
arg = { [0] = "pmap" }
for word in ("-a %s"):gmatch "%%S+" do arg[#arg + 1] = (word:gsub("^'", "")) end
dofile "%s/scripts/pmap.lua"]]

local function written(root, options, plain)
  local code = PLAINLY:format(plain, options:gsub("'rss > 4K'", "rss>4K"), ROOT)
  local pipe <close> = io.popen(("'%s' -s '%s/%s' -e '%s' 2>/dev/null"):format(MEMSH, FIXTURES, root,
    code:gsub("'", "'\\''")))
  return pipe:read "a"
end

t.test("pmap in blocks and row by row", function()
  for _, root in ipairs(ROOTS) do
    for _, options in ipairs(OPTIONS) do
      local blocks = written(root, options, false)
      t.ok(#blocks > 100, root .. " " .. options)
      t.eq(blocks, written(root, options, true), root .. " " .. options)
    end
  end
end)

local function id(name) return core.field("mapping", name).id end

t.test("lines of rows", function()
  local rows = proc(413):maps():rows()
  local names = setmetatable({}, { __index = function(self, name)
    local text = name ~= "[heap]" and "<" .. name .. ">" or nil
    rawset(self, name, text)
    return text
  end })
  local parts = { { id = id "addr", form = "hex", digits = 13, width = 16 }, " ",
    { id = id "size", form = "kilobytes", width = 7 }, " ",
    { id = id "rss", plus = id "pss", form = "kilobytes" }, " ", { id = id "perms", width = 6 }, " ",
    { id = id "vm_flags", width = 70 }, " ", { id = id "noreserve", form = "decimal" }, " ",
    { id = id "inode", form = "decimal", width = 9 }, " ", { id = id "name", texts = names } }
  local places = {}
  for i = 1, #rows do places[i] = i end
  local text, at = core.lines(rows, places, 1, #rows, parts)
  local expected, i = {}, 1
  while rows[i] and rows[i].name ~= "[heap]" do
    local m = rows[i]
    expected[i] = ("%16s %7d %d %6s %70s %d %9d <%s>\n"):format(("%013x"):format(m.addr), m.size // 1024,
      (m.rss + m.pss) // 1024, m.perms, table.concat(m.vm_flags, " "), m.noreserve and 1 or 0, m.inode, m.name)
    i = i + 1
  end
  t.eq(text, table.concat(expected))
  t.eq(at, i)
  t.eq(core.lines({}, {}, 1, 0, parts), "")
  for _, wrong in ipairs { { id = id "rss" }, { id = id "name", form = "hex" }, { id = -1 }, { form = "hex" },
    { id = id "rss", plus = id "name", form = "hex" }, { id = 100000 }, { id = id "rss", form = "octal" },
    { id = id "rss", form = "hex", width = 1 << 30 }, { id = id "rss", form = "hex", digits = 30 },
    { id = core.field("process", "argv").id },
    { id = id "perms", form = "decimal" }, { id = id "rss", form = "hex", digits = -1 }, 1 } do
    t.ok(not pcall(core.lines, rows, places, 1, 1, { wrong }))
  end
end)

t.finish()
