-- SPDX-License-Identifier: GPL-3.0-or-later
local opt = report {
  summary = "memory of libraries and files, and of each in every process",
  options = {
    { "P", "prefix", type = "text", value = "PATH", default = "/", help = "files below it" },
    { "a", "all", help = "anonymous memory, heaps and stacks, too" },
    { "l", "libraries", help = "a row for each library alone" },
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
