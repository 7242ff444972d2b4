-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Every field says what it means, in plain words and one line; other tools' names lead to it.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local expr = require "memsh.expr.expr"
local field_docs = require "memsh.help.field_docs"
local lookup = require "memsh.help.lookup"
local schema = require "memsh.fields.schema"
local other_tools = require "memsh.help.other_tools"

local LONGEST <const>, MOST_WORDS <const> = 160, 25
local SCHEMAS <const> = { procs = schema.process, maps = schema.mapping, sys = schema.system }

-- What desc prints of a name.
local function described(name) return table.concat(lookup.lines(name), "\n") end

local function each(check)
  for _, kind in ipairs(field_docs.KINDS) do
    for _, doc in ipairs(field_docs.of(kind)) do check(doc, kind .. "." .. doc.name) end
  end
end

t.test("each has a meaning, a unit, a source, a first kernel and who may read it", function()
  local count = 0
  each(function(doc, name)
    t.ok(#doc.meaning > 3, name)
    t.ok(doc.unit and doc.unit ~= "", name)
    t.ok(doc.from and doc.from ~= "", name)
    t.ok(doc.since:find "^%d+%.%d+[%d.]*$", name .. " since " .. doc.since)
    t.ok(not doc.till or doc.till:find "^%d+%.%d+[%d.]*$", name)
    t.ok(doc.permission ~= "", name)
    count = count + 1
  end)
  t.ok(count > 200, count)
end)

t.test("in one line, no sentence", function()
  each(function(doc, name)
    for _, text in ipairs { doc.meaning, doc.omits } do
      t.ok(#text <= LONGEST, name .. ": " .. #text .. " bytes")
      local _, words = text:gsub("%S+", "")
      t.ok(words <= MOST_WORDS, name .. ": " .. words .. " words")
      t.ok(not text:find "[\n.]$" or text:find "%.%.%.$", name .. ": " .. text)
      t.ok(not text:find "^%u%l+ ", name .. ": " .. text)
    end
  end)
end)

t.test("what is reserved says that it is not resident", function()
  for _, name in ipairs { "virt", "data", "code", "vm_data", "vm_exe", "vm_lib", "vm_stk", "vm_lck" } do
    t.ok(described(name):find "not resident" or described(name):find "nothing of memory used", name)
  end
end)

t.test("desc shows meaning, what is left out, file and label, since, permission", function()
  local text = described "pss"
  for _, part in ipairs { "pss (procs, bytes)", "pss (maps, bytes)", "divided by the number of its mappings",
    "but: hugetlb, page tables and swap are not included", "/proc/PID/smaps_rollup, Pss", "since: Linux 2.6.25",
    "readable by: same user, or CAP_SYS_PTRACE" } do
    t.has(text, part)
  end
  t.has(described "vm_pmd", "since: Linux 4.0 to 4.14")
  t.has(described "virt", "/proc/PID/statm, field 1 (also status)")
end)

t.test("what a field leaves out is after but: wherever its meaning is", function()
  local manpage = require "memsh.help.manpage"
  local text, page, md = field_docs.all "text", manpage.page(require "memsh.options", "memsh-fields"),
    field_docs.all "md"
  local left_out = "reserved, not resident; libraries are not included"
  t.has(text, "(top's CODE)\n  but: " .. left_out)
  t.has(page, "(top's CODE); but: " .. left_out)
  t.has(md, "(top's CODE); but: " .. left_out)
end)

t.test("a computed field has the needs of its parts", function()
  local text = described "uss"
  t.has(text, "computed from private_clean + private_dirty + private_hugetlb")
  t.has(text, "since: Linux 4.4") -- Private_Hugetlb
  t.has(text, "CAP_SYS_PTRACE")
  t.has(described "mem_percent", "readable by: anybody")
end)

t.test("labels of the kernel lead to their fields", function()
  t.has(described "VmRSS", "vm_rss (procs")
  t.has(described "Private_Dirty", "private_dirty (procs")
  t.has(described "MemAvailable", "mem_available (sys")
end)

t.test("columns of top lead to the fields, and say where the manual was wrong", function()
  for name, parts in pairs {
    SHR = { "a column of top", "not what is shared", "older top(1)", "in memsh: shr (procs)" },
    RES = { "statm, field 2", "in memsh: res (procs)" },
    DATA = { "address space", "in memsh: data (procs)", "data resident set" },
    nDRT = { "always 0 since Linux 2.6", "private_dirty" },
    SWAP = { "VmSwap", "3.3.0", "2.6.34" },
    USS = { "Private_Clean + Private_Dirty", "in memsh: uss (procs)" },
    RSlk = { "not resident", "vm_lck" },
    ["%MEM"] = { "mem_percent" },
  } do
    local text = described(name)
    for _, part in ipairs(parts) do t.has(text, part, name) end
  end
end)

t.test("columns of pmap, ps, smem, psutil and free, too", function()
  t.has(described "Dirty", "a column of pmap")
  t.has(described "Dirty", "shared_dirty + private_dirty (maps)")
  t.has(described "Mode", "noreserve")
  t.has(described "drs", "virt - code")
  t.has(described "Swap", "a column of smem")
  t.has(described "vms", "psutil")
  t.has(described "buff/cache", "buffers + cached + s_reclaimable (sys)")
  local rss = described "RSS"
  t.has(rss, "a column of pmap")
  t.has(rss, "a column of smem")
end)

t.test("case counts only where something is called just so", function()
  t.ok(not described("RES"):find "^res ")
  t.has(described "Uss", "uss (procs")
  t.has(described "shr", "shr (procs")
  t.has(described "ndrt", "a column of top")
end)

t.test("every answer of another tool's column is an expression of that kind", function()
  local count = 0
  for tool, row in other_tools.each() do
    t.ok(row.field, tool .. " " .. row.name)
    if row.kind == "sys" then
      for name in row.field:gmatch "[%a_][%w_]*" do t.ok(SCHEMAS.sys:field(name), tool .. " " .. name) end
    else
      t.ok(expr.compile(row.field, SCHEMAS[row.kind or "procs"]), tool .. " " .. row.name)
    end
    count = count + 1
  end
  t.ok(count > 50, count)
end)

t.test("a name that is none is suggested for", function()
  t.raises(function() desc "psz" end, "there is no field 'psz'; did you mean 'pss'%?")
  t.raises(function() desc "zzzzzzzz" end, "fields%(%) lists them")
  t.raises(function() desc(nil) end, "desc takes a text in quotes, not nothing\n.*desc\"FIELD\"")
end)

t.test("a field of one's own is described, too", function()
  define("mb_test", "rss / M", "resident, in MiB")
  t.has(described "mb_test", "resident, in MiB")
  t.has(described "mb_test", "computed from rss / M")
end)

t.test("a text is folded by paragraphs, not by the lines of its source", function()
  local help = require "memsh.help.help"
  local full = ("word "):rep(23) -- 115 columns
  local folded = help.folded({ "  " .. full .. "end", "  " .. full .. "end", "  short.", "  next.",
    "  name    " .. ("word "):rep(21) .. "word", "          more of it", "  other   a row of its own" }, 80)
  local text = table.concat(folded, "\n")
  t.has(text, "\n          word word word word word word word word more of it\n  other   a row of its own")
  local short = 0
  for line in text:gmatch "[^\n]+" do
    t.ok(#line <= 80, line)
    if #line < 60 then short = short + 1 end
  end
  t.ok(short <= 5, text)
end)

t.test("the words that people look up have help", function()
  local help = require "memsh.help.help"
  for word, part in pairs { reasons = "no_memory", no_memory = "zombie", columns = "show", leak = "grown",
    leaks = "grown",
    oom = "oom_score", zombie = "parent", freed_min = "nobody else", bound = "reconcile", tmpfs = "shmem",
    percentiles = "p95", cron = "--check", regex = "PCRE2" } do
    t.has(table.concat(help.topic(word) or {}, "\n"), part)
  end
end)

t.finish()
