-- SPDX-License-Identifier: GPL-3.0-or-later
-- For cli/restricted.bats: every way to open a file, with files that were not named. Says how many were refused with
-- the sentence of restricted mode, and which were not.
local core = require "memsh.core"
local paths = {
  "/etc/passwd", "public.txt", "./public.txt", "link", "/proc/self/root/etc/passwd", "/proc/self/cwd/public.txt",
  "/proc/../etc/passwd", "/proc/self/exe", "/etc/../etc/hosts",
}
local ways = {
  open = function(path) assert(io.open(path)) end,
  lines = function(path) for line in io.lines(path) do print(line) end end,
  input = function(path) io.input(path) end,
  dofile = dofile,
  loadfile = function(path) assert(loadfile(path)) end,
  read_csv = function(path) read_csv(path) end,
  source = function(path) assert(core.source(path)) end,
}
local refused = 0
for _, path in ipairs(paths) do
  for name, way in pairs(ways) do
    local ok, message = pcall(way, path)
    if not ok and tostring(message):find("restricted mode reads /proc", 1, true) then
      refused = refused + 1
    else
      print(name, path, message)
    end
  end
end
print(refused .. " refused")
