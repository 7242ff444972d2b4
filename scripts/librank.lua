-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "memory of libraries and files, and their part in each process",
  options = {
    { "P", "prefix", type = "text", value = "PATH", default = "/", help = "only files below PATH" },
    { "a", "all", help = "also anonymous memory, heaps and stacks" },
    { "l", "libraries", help = "one row per library, all processes together" },
  },
  example = { "memsh librank", "memsh librank -P /usr/lib", "memsh librank -l" },
  needs = { "uss" },
}
local uss = "uss=private_clean + private_dirty"
local mapped = opt.all and maps or maps:where("starts(path, prefix)", { prefix = opt.prefix })
local libraries = mapped:by "library=if(name == '', '[anon]', name)"

if opt.libraries then return libraries:sum("vss=size, rss, pss, " .. uss .. ", swap"):sort "-pss" end
return mapped:by "library=if(name == '', '[anon]', name), pid, comm":sum("vss=size, rss, pss, " .. uss .. ", swap")
  :join(libraries:sum "total=pss", "library"):sort "-total, library, -pss"
  :show "total, vss, rss, pss, uss, swap, library, pid, comm"
