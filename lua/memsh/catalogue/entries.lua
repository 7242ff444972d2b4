-- SPDX-License-Identifier: GPL-3.0-or-later
-- THE CATALOGUE: all that can be called, and the ideas that help explains, a row each. Help, completion, suggestions,
-- editors' definitions and the check of arguments (arguments.lua) are made of it. A row has:
--   takes    the arguments, as help shows them: "TEXT", N, {table}, each with ? where it may be left out or ... where
--            several are one list; EXPRESSION, COLUMNS, KEYS and FIELDS may be functions, too. nil: it is not called
--   call     how it is called, where that does not follow from `takes`
--   gives    as editors write types; SET: a set of the same kind; ROW: a row of it
--   also     other names of it
--   hint     what is said to those who call it wrongly, beside how it is called
--   meaning  one line; example: Lua that runs as it is; more: further lines for help
-- A verb is a row here and a function in query/ or show/; a function of expressions is its row in expr/operators.lua.

local core = package.loaded["memsh.core"] -- nil for luacheck, which reads this file, too

local entries = {}

-- ---- row sets: verbs give a set, ends something else. `of_groups`: after by() it adds columns.
entries.rowset = {
  { "where", takes = '"EXPRESSION", {name = value}?', gives = "SET", example = 'procs:where"swap > 0"',
    meaning = "the rows for which it is true; a function(row) will do, too",
    more = 'Values of Lua are handed over by name: procs:where("swap > low", {low = 4 * K})' },
  { "sort", takes = '"KEYS"...', gives = "SET", example = 'procs:sort"-swap, comm"',
    hint = 'a leading minus means descending: sort"-rss"',
    meaning = "in this order; -key: the largest first; unknown values and 0/0 come last" },
  { "top", takes = "N, {others = true}?", gives = "SET", meaning = "the first N rows; a last row may sum up the others",
    example = 'procs:sort"-rss":top(10)', more = [[
procs:by"user":sum"rss":sort"-rss":top(3, {others = true}) ends with a row "(others)": the sums of what can be summed,
and n, how many rows they are of. It is shown, as total()'s row is; rows() and loops have the first N alone.]] },
  { "skip", takes = "N", gives = "SET", meaning = "all but the first N rows", example = 'procs:sort"-rss":skip(10)' },
  { "show", takes = '"COLUMNS"...', gives = "SET", example = 'procs:show"pid, comm, mb=rss/M, pct(rss)"',
    meaning = "these columns: fields, name=expression; pct(rss), a share of the sum; bar(rss), drawn", more = [[
Columns by functions are beside them in a table: procs:show("pid comm", {half = function(p) return p.rss // 2 end})]] },
  { "by", takes = '"KEYS"...', gives = "memsh.RowSet", example = 'procs:by"user":sum"rss swap"',
    meaning = "a row for each different key; sum, avg, min, max, count or agg say what of it" },
  { "sum", takes = '"FIELDS"...', gives = "number, integer", of_groups = true, example = 'procs:sum"swap"',
    meaning = "the sum, of each group or of all; marked >= where something is missing" },
  { "avg", takes = '"FIELDS"...', gives = "number, integer", of_groups = true, example = 'procs:by"comm":avg"rss"',
    meaning = "the average of what is known" },
  { "min", takes = '"FIELDS"...', gives = "number, integer", of_groups = true, example = 'procs:min"start_time"',
    meaning = "the smallest" },
  { "max", takes = '"FIELDS"...', gives = "number, integer", of_groups = true, example = 'procs:max"threads"',
    meaning = "the largest" },
  { "p50", takes = '"FIELDS"...', gives = "number, integer", of_groups = true, example = 'procs:p50"rss"',
    meaning = "the same as median" },
  { "median", takes = '"FIELDS"...', gives = "number, integer", of_groups = true,
    example = 'procs:by"comm":median"rss"', meaning = "the smallest value that half of what is known does not exceed" },
  { "p90", takes = '"FIELDS"...', gives = "number, integer", of_groups = true, example = 'procs:p90"rss"',
    meaning = "the smallest value that 90 per cent of what is known do not exceed" },
  { "p95", takes = '"FIELDS"...', gives = "number, integer", of_groups = true, example = 'procs:by"comm":p95"rss"',
    meaning = "the smallest value that 95 per cent of what is known do not exceed", more = [[
Exact, by nearest rank: always a value that is there. It keeps every value until the end, some 16 bytes a row.
More columns at once: procs:by"user":agg{half = "median(rss)", most = "p95(rss)", spread = "stddev(rss)"}]] },
  { "p99", takes = '"FIELDS"...', gives = "number, integer", of_groups = true, example = 'procs:p99"rss"',
    meaning = "the smallest value that 99 per cent of what is known do not exceed" },
  { "stddev", takes = '"FIELDS"...', gives = "number, integer", of_groups = true,
    example = 'procs:by"comm":stddev"rss"',
    meaning = "the standard deviation of what is known: of these rows, not of a sample (divided by n)" },
  { "spark", takes = '"FIELDS"...', gives = "number[], integer", of_groups = true,
    example = 'procs:by"comm":spark"rss"', meaning = "the sum at each moment, drawn as small bars; a list to programs",
    more = [[
Of a recording: procs:over{from = '-6h'}:by"comm":agg{trend = "spark(rss)", now = "max(rss)"}. Bars begin at 0, and are
as high as the greatest of their row; more than 24 moments share bars. sort goes by the last moment.]] },
  { "count", takes = "", gives = "integer, integer", of_groups = true, example = 'procs:by"user":count()',
    meaning = "how many rows, of each group or of all; second, how many were undecided" },
  { "agg", gives = "memsh.RowSet", of_groups = true, example = 'procs:by"user":agg{top = "max(rss)", all = "sum(rss)"}',
    takes = '{name = "max(rss)"}',
    meaning = "sum, avg, min, max, median, p95... of expressions, under names of your own" },
  { "distinct", takes = '"KEYS"...', gives = "SET", meaning = "the first row of each different key",
    example = 'maps:distinct"inode, dev"' },
  { "join", takes = 'OTHER, "KEYS"...', gives = "memsh.RowSet", example = 'procs:join(cgroups, "cgroup")',
    meaning = "rows side by side with those of another set that have the same key", more = [[
Rows that have no partner are left out: those of the first set are counted on the line below the answer.]] },
  { "total", takes = "", gives = "SET", meaning = "a last row with the sums",
    example = 'procs:by"user":sum"rss":total()' },
  { "over", takes = '{from = TIME}?', gives = "SET", call = "over{from = TIME, to = TIME, step = AGE}",
    example = "procs:over{from = '-6h'}:where\"comm == 'java'\":by\"time\":sum\"rss\"",
    meaning = "of a recording: the rows of every moment, each with its time", more = [[
memsh -s web1.memsh -e 'procs:over{}...', or recording"web1.memsh".procs:over{}. from and to: '03:14', '-6h' (before the
newest moment), seconds since 1970; step: at most one moment for each, as '5m': where pss or mappings are asked for, the
first that has them. It comes first; top() and the like are of the rows of all moments. The machine itself:
procs:over{}:distinct"time":show"time sys.mem_available".]] },
  { "set", takes = "", gives = "SET", example = "before = procs:set()",
    meaning = "the rows as they are now, to be asked again without reading again; procs() is the same" },
  { "maps", takes = '"EXPRESSION"?', gives = "memsh.MappingSet", meaning = "from processes to their mappings",
    example = 'procs:where"swap > 0":maps"w and x"' },
  { "procs", takes = "", gives = "memsh.ProcessSet", meaning = "from mappings to their processes, each once",
    example = 'maps:where"deleted":procs()' },
  { "describe", takes = "", gives = "memsh.Statistics", example = 'procs:show"rss swap":describe()',
    meaning = "a row for each number: count, smallest, quartiles, largest, sum", more = [[
The numbers among the columns of show; without show those that the query names and, of processes, cheap ones.
Columns: column count missing min p25 median p75 p95 max sum
p25, median, p75, p95: the smallest value that a quarter, half, three quarters, 95 % of the known ones do not exceed:
always one that is there. missing: for how many rows it could not be read or decided; the sum and the largest are then
marked >=, the others ~. What has no memory (zombies) is neither counted nor missing.]] },
  { "explain", takes = '"dry"?', gives = "memsh.RowSet", example = 'procs:where"pss > 1G":explain"dry"',
    meaning = "what each step opens, costs and drops, measured; dry: estimated" },
  { "rows", takes = "", gives = "ROW[], integer", meaning = "the rows as a table, and how many were undecided",
    example = "#procs:rows()" },
  { "first", takes = "", gives = "ROW?", meaning = "the first row, or nil", example = 'procs:sort"-rss":first().comm' },
  { "one", takes = "", gives = "ROW?, string?, string?", example = 'procs:where"pid == 1":one()',
    meaning = "the only row; nil, a message and a name where there is none or more than one" },
  { "any", takes = "", gives = "boolean", meaning = "whether there is a row: true, false or unknown",
    example = 'maps:where"w and x":any()' },
  { "empty", takes = "", gives = "boolean", meaning = "whether there is no row: true, false or unknown",
    example = 'maps:where"w and x":empty()' },
  { "print", takes = "", gives = "nil", meaning = "shows all rows", example = 'procs:show"pid comm":print()' },
  { "plot", takes = '"EXPRESSION"', gives = "nil", example = 'procs:plot"rss"',
    meaning = "draws how it is distributed over the rows, and who has most of it; of several moments as a line" },
}

local FORMATS = { json = "one JSON document", jsonl = "a JSON object a line", csv = "CSV (RFC 4180)",
  tsv = "tabs between", md = "a Markdown table", openmetrics = "metrics (OpenMetrics)",
  prom = "metrics (Prometheus)", sqlite = "a SQLite database" }

-- Those are for other programs: the first page of help leaves them out.
local FOR_FILES = { openmetrics = true, prom = true, sqlite = true }

for _, format in ipairs(core and core.formats() or {}) do
  if core.format_kind(format) ~= "picture" then
    table.insert(entries.rowset, { format, takes = "", gives = "string", example = "print(procs:" .. format .. "())",
      meaning = "the rows as text: " .. (FORMATS[format] or format), is_for_files = FOR_FILES[format] })
  end
end

-- ---- methods of one row

local get = { "get", takes = '"FIELD", DEFAULT?', gives = "any", example = 'proc(1):get("pss", 0)',
  meaning = "a field's value, or the default where it is unknown" }

entries.process = { get,
  { "maps", takes = '"EXPRESSION"?', gives = "memsh.MappingSet", meaning = "its mappings",
    example = 'proc(1):maps"w and x"' },
  { "parent", takes = "", gives = "memsh.Process|nil, string|nil, string|nil",
    meaning = "its parent; nil, a message and a name where there is none", example = "proc(1):parent()" },
  { "children", takes = "", gives = "memsh.ProcessSet", meaning = "the processes whose parent it is",
    example = 'proc(1):children():sum"pss"' },
  { "ancestors", takes = "", gives = "memsh.ProcessSet", meaning = "its parent, that one's parent, and so on",
    example = "proc(1):ancestors():count()" },
  { "descendants", takes = "", gives = "memsh.ProcessSet", meaning = "its children, their children, and so on",
    example = 'proc(1):descendants():sum"pss swap"', more = [[
A process that lost its parent belongs to init, or to the subreaper above it. The sum of pss counts a page that several
of them share once, the sum of rss in each. The report tree shows the sums of each subtree. All at once, by the service
or session that began them: procs:by"tree":sum"pss swap_pss"]] },
  { "check", takes = "", gives = "memsh.RowSet", meaning = "its numbers as several files have them, side by side",
    example = "proc(1):check()" },
  { "at", takes = "ADDRESS", gives = "memsh.Mapping|nil, string|nil, string|nil",
    example = 'proc(1):at"0x7f0000000000"', meaning = "the mapping that covers an address", more = [[
An integer, or "0x7f...". nil, a message and a name ("unmapped") where no mapping does. desc"build_id" has the file's
build id.]] },
  { "raw", takes = '"FILE"', gives = "any", meaning = "what a file of it holds: as text, or by the kernel's labels",
    example = 'proc(1):raw"status".VmRSS' },
  { "refresh", takes = "", gives = "memsh.Process", meaning = "the same process, to be read anew",
    example = "proc(1):refresh()" },
}

entries.mapping = { get,
  { "ranges", takes = "{by = NAME}?", gives = "table|nil, string|nil, string|nil",
    example = "proc(1):maps():first():ranges()", meaning = "the runs of pages that are alike", more = [[
In order, an array of { addr, addr_end, pages, size, kind, huge }; or nil, a message, a name. By PAGEMAP_SCAN where the
kernel has it (Linux 6.7), else from pagemap; {by="scan"} or {by="pagemap"} chooses. huge: mapped as a whole huge page;
unknown where pagemap and smaps together do not show it. The present pages that are anonymous or of a file add up to
rss (hugetlb aside). A page's kind is that of the moment when it was looked at:]] },
  { "raw", takes = '"smaps"?', gives = "any", meaning = "its lines of smaps, by the kernel's labels",
    example = "proc(1):maps():first():raw().Rss" },
}

entries.system = { get }
entries.cgroup = {}

-- ---- globals. MISSING: what sums give as their second value, so that known(procs:sum"pss") can be written.

entries.global = {
  { "procs", gives = "memsh.ProcessSet", example = "procs{kernel=true}:count()", meaning = "the processes", more = [[
procs{pid=1234} and procs{pid={1, 2}} are some by number, procs{kernel=true} has the threads of the kernel, too.]] },
  { "maps", gives = "memsh.MappingSet", meaning = "the mappings of all processes", example = "maps:count()" },
  { "cgroups", gives = "memsh.RowSet", meaning = "the control groups", example = 'cgroups:sort"-memory_current"' },
  { "sys", gives = "memsh.System", meaning = "the machine", example = "sys.mem_available" },
  { "proc", takes = 'PID|"NAME", PID...?', call = 'proc(PID)  proc"NAME"', gives = "any",
    hint = 'a name is a text in quotes: proc"bash"',
    example = 'proc"nginx":count()', meaning = "a process; or a set of those of a name, or of several numbers",
    more = "proc(1234) is nil, a message and a name where there is no such process. proc(1, 2) is a row set." },
  { "known", takes = "VALUE, MISSING?", gives = "boolean", meaning = "whether a value is known",
    example = "known(proc(1).pss)" },
  { "why", takes = "VALUE, MISSING?", gives = "string|nil", meaning = "why a value is unknown; nil where it is known",
    example = "why(proc(1).pss)" },
  { "bytes", takes = "VALUE", call = 'bytes("1.5G")', gives = "integer?, string?", example = 'bytes("1.5G")',
    meaning = "the number of bytes of a size; nil and a message where it is not a size" },
  { "human", takes = "BYTES, MISSING?", gives = "string", meaning = "a size as people read it",
    example = "human(3 * G)" },
  { "fields", takes = '"KIND"?, "GLOB"?', gives = "nil", meaning = "prints the fields there are",
    example = 'fields("procs", "*dirty*")' },
  { "help", takes = '"TOPIC"?', gives = "nil", meaning = "prints help", example = 'help"where"' },
  { "desc", takes = '"FIELD"', gives = "nil", meaning = "prints what a field means and leaves out",
    example = 'desc"pss"' },
  { "define", takes = '"NAME", "EXPRESSION", "MEANING"', gives = "nil", meaning = "adds a field of your own",
    example = 'define("mb", "rss / M", "resident, in MiB")', more = [[
Computed from other fields, it is where fields are: in expressions, as p.mb, in fields(), desc and completion. A
function(row) instead of the expression computes it in Lua, of processes and mappings; nil is unknown:
  define("kind_of", function(p) return p.comm:match "^%a+" end, "the letters of its name")
What each prompt is to have is in ~/.config/memsh/init.lua ($XDG_CONFIG_HOME); scripts, reports and -e do not read
it.]] },
  { "verb", takes = '"NAME", FUNCTION, "SIGNATURE", "MEANING"', gives = "nil", meaning = "adds a verb of your own",
    example = 'verb("biggest", function(set, n) return set:sort"-rss":top(n) end, "biggest(N)", "the N largest")',
    more = [[
procs:biggest(3), and at the prompt :biggest(3), :help biggest and completion. Its value is what the function gives, a
row set or anything else. For each prompt: in ~/.config/memsh/init.lua (see help"define").]] },
  { "footprint", takes = "ROWS", gives = "table", example = "footprint(procs:where\"user == 'root'\")",
    meaning = "memory of processes, each page once; what of it only they have", more = [[
Of a row set, an array, or one process. A table:
resident         RAM of them all, every page counted once; hugetlb and zero pages are not in it
freed            the part that nobody else maps
freed_anonymous  the part of that which ending them gives back at once. The rest is of files: they stay, as page cache;
                 on tmpfs, and SysV segments, until they are removed; memfds and deleted files while anybody has them
hugetlb          pool huge pages, in none of the others
exact            with CAP_SYS_ADMIN, which sees page frames, whether all of these are exact; else NAME_min and NAME_max
                 are what each lies between, by PSS and USS, and NAME itself is unknown
processes, without_memory, and partial: how many could not be read, by reason; upper bounds are unknown then]] },
  { "rows", takes = "{{pid = 1}}", gives = "memsh.RowSet",
    example = 'rows{{pid = 1, team = "base"}}:join(procs, "pid")', meaning = "a row set of your own tables", more = [[
An array of rows {name = value}; values are numbers, texts, conditions or unknown, and what is not there is unknown
(not_recorded). An array of values alone has one column, value. Columns go by their names.]] },
  { "read_csv", takes = '"FILE"', gives = "memsh.RowSet", example = 'read_csv"owners.csv":join(procs, "user")',
    meaning = "a row set of a CSV file with a header", more = [[
Separated by commas, tabs or semicolons, whichever the header has. A column whose cells are all numbers has numbers;
also addresses (0x...), times as memsh writes them, and true and false. 007 is text. Empty cells are unknown
(not_recorded). memsh's own files are read back as they were written: the column partial, and the escapes, which are
those of a file that is as memsh writes it in each byte. In other files a backslash is one. Numbers have no unit:
show"rss=kb * K" gives them one. At most 64 MiB.]] },
  { "read_jsonl", takes = '"FILE"', gives = "memsh.RowSet", example = 'read_jsonl"before.jsonl":sort"-rss"',
    meaning = "a row set of a file with a JSON object a line", more = [[
null is unknown, for the reason that memsh wrote under "unknown", else not_recorded. Lists are lists; objects in
objects are refused. At most 64 MiB.]] },
  { "recording", takes = '"FILE"', gives = "memsh.Recording",
    example = 'recording"web1.memsh":at"03:14".procs:sum"rss"',
    meaning = "a recording: its moments, and what there was at each", more = [[
r.moments         a row set: id time why processes also size took host kernel boot_id lost; also: pss, maps
r:at"03:14"       the last moment not after that time, with procs, maps, cgroups, sys and proc(PID) as they were; also
                  '2026-11-26 03:14', '-2h' (before the newest), 'pressure', 'oom', or a row of r.moments
r.procs  r.maps  r.cgroups  r.sys    of the newest moment; r.procs:over{from = '-6h'} is of all of them
A - B of two moments is growth: r:at"03:20".procs - r:at"03:10".procs. help"over" has more.
Reports on it: memsh -s web1.memsh timeline, oom, leaks, moments, doctor.]] },
  { "report", takes = '{summary = TEXT}|"NAME", {ARGUMENTS}?', call = 'report{summary = TEXT}  report"NAME"{ARGUMENTS}',
    gives = "any", example = 'opt = report{summary = "processes in swap"}',
    meaning = "says what a saved report is; or gives the rows of another one", more = [[
  report"swap"{count = 5}:sum"swap"
The rows of a saved report as a row set, which sorts, joins and sums as others do. Its arguments are as on a command
line: {1234, "-x"}, or options by their names, {count = 5, mappings = true}. A report that only prints says so.
A name with a slash in it, or that ends in .lua, is a file.
  local opt = report{summary = "...", options = {...}, args = {...}, needs = {"pss"}}
It comes first in a saved report, and gives it memsh NAME --help, --list and completion.
  options = {{"n", "count", type = "integer", default = 10, help = "how many"}}
  args = {{"pid", type = "pid", many = true, optional = true}}
are read into opt.count, opt.pid, opt[1]. Types: text integer count number size age user pid, or values = {"a", "b"}; an
option without one is true or false. opt.format is the -f in effect, opt.check whether --check wants a verdict. A report
returns a row set, or prints. :reports lists those there are; the README.md beside them explains it all.]] },
  { "audit", takes = '"NAME"', gives = "memsh.Audit", example = 'a = audit"swap"',
    meaning = "begins a report that ends with a verdict, OK to CRITICAL", more = [[
memsh --check NAME makes it the exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (too much could not be read, or
memsh failed).
  a:warn(ROWS, "what they are")  a:crit(ROWS, "...")
                        WARNING or CRITICAL where there is a row; also a condition
  a:value("swap", N, {warn = "80%", crit = "95%", of = WHOLE, unit = "B"})
                        a number and its limits, for the performance data
  a:baseline("/var/lib/memsh/wx", ROWS, "comm, path")
                        a WARNING of what is new since memsh --accept NAME
  a:done()              the line, the rows, and the end]] },
  { "expect", takes = '{status = "OK"}', gives = "nil", example = 'expect{status = "OK", rows = 1}',
    meaning = "what a report is to give, which memsh --test checks", more = [[
memsh --source DIR --test FILE asks it; otherwise it does nothing. status, exit, line, output, error, args, rows, row,
value: those that are named are checked. report = "other.lua" runs that one.]] },
  { "budget", takes = '{max_rss = "2G"}', gives = "nil", example = 'budget{max_rss = "2G", read_timeout = 2}',
    meaning = "sets the limits within which processes are read", more = [[
The options --max-rss, --gentle and --read-timeout set the same for a run.
max_rss       smaps, smaps_rollup, numa_maps and pagemap, for which the kernel walks over all pages with the process's
              mappings locked, are not read where more than that is resident: their fields are unknown (budget), and
              counted. false: no limit
gentle        pause that many milliseconds after each process of which such a file, maps or cmdline was read
read_timeout  seconds after which a file that gives nothing is given up: its fields are unknown (timeout), and files of
              the process that would hang, too, are not read]] },
  { "reconcile", takes = "", gives = "memsh.RowSet", meaning = "the machine's memory by what it is, all of it",
    example = "reconcile()" },
  { "K", gives = "integer", meaning = "1024", example = "64 * K" },
  { "M", gives = "integer", meaning = "1024 K", example = "10 * M" },
  { "G", gives = "integer", meaning = "1024 M", example = 'procs:sum"rss" / G' },
  { "T", gives = "integer", meaning = "1024 G", example = "1 * T" },
}

-- ---- what expressions are made of, other than fields and functions; and ideas

entries.idea = {
  { "+", also = "* / // %", meaning = "arithmetic: // divides and rounds down, % is the remainder",
    call = "A + B  A - B  A * B  A / B  A // B  A % B", example = 'procs:where"rss / virt > 0.01"' },
  { "==", also = "~= != < <= > >=", call = "A == B  A ~= B  A < B  A <= B  A > B  A >= B",
    example = "procs:where\"user ~= 'root'\"", meaning = "compares numbers with numbers and text with text; != is ~=" },
  { "and", also = "or not", meaning = "joins conditions; what is unknown stays so, unless the other side decides",
    call = "A and B  A or B  not A", example = "procs:where\"swap > 0 and not (user == 'root')\"" },
  { "..", call = "A .. B", meaning = "joins texts", example = 'procs:show"pid, who=user .. \'/\' .. comm"' },
  { "=~", also = "!~", call = "TEXT =~ 'PATTERN'  TEXT !~ 'PATTERN'", example = 'procs:where"comm =~ \'^ng\'"',
    meaning = "whether a regular expression matches a part of the text, or does not; see help\"patterns\"" },
  { "pct", call = "pct(EXPRESSION)", example = 'procs:show"comm, pct(rss)"',
    meaning = "in show: the value's share of the sum of all rows that show sees", more = [[
What follows show does not change it: after show"comm, pss, share=pct(pss)":sort"-share":top(5) the five rows have
their shares of the sum of all. sort"-rss":top(5):show"comm, pct(rss)" has shares of the five.
A ratio in percent is 100 * swap / (rss + swap), not a pct.
Where something is missing from the sum, its shares are marked: ~80.0 is at most 80.]] },
  { "bar", call = "bar(EXPRESSION)", example = 'procs:show"comm, rss, bar(rss)"',
    meaning = "in show: the value as a bar, the largest being the longest", more = [[
Where a value is unknown the largest may be, too: the other bars are marked ~, and may have to be shorter.]] },
  { "-", also = "growth", call = "A - B", example = "procs() - procs()",
    meaning = "of numbers the difference; of row sets what has changed", more = [[
As in before = procs:set() ... procs - before. B is frozen by set(); what of A is not, is read now, with the fields
that B has. Rows are matched by identity: the same process (pid and start time), mapping (its process and what it maps,
wherever that is; nameless memory by its address), control group, or group (its keys).
status           new, gone (from A), same; also where a condition of one set left the row out
numbers          the difference, with its sign; new rows count in full, vanished rows count negatively
the rest         texts, numbers that name something, limits: as they are in A; of what has gone as they were
now.F, before.F  the values that the difference of field F is made of
Unknown on either side is unknown. A difference of sums that something is missing from is marked ~: it may be smaller
or larger.]] },
  { "patterns", also = "regex regexp",
    call = [[comm =~ '^(node|python3)$'  path !~ '\.so(\.\d+)*$'  match(cmdline, '(?i)--debug')]],
    example = [[maps:where"path =~ '^/usr/lib.*[.]so'"]], meaning = "text that looks like something", more = [=[
Regular expressions, those of Perl (PCRE2): true where a part of the text matches; ^ and $ are its two ends. !~ is the
opposite; where the text is unknown, both are unknown. (?i) in front ignores case.
The quotes after =~ and !~ hold the pattern as it is: comm =~ '\d' asks for a digit. In "..." Lua wants \\d; in [[...]]
it changes nothing: where[[comm =~ '\d']]. A pattern from elsewhere: where("comm =~ p", {p = text}).
Text is UTF-8: a dot is a character; a byte that is part of none matches only a pattern that is not UTF-8 either.
\d \w \s are ASCII. A match that takes too long is given up: its value is unknown (budget).
glob(path, '/usr/*.so'), has(path, 'lib'), starts and ends need no pattern.]=] },
  { "units", call = "64K 10M 1.5G 2T  30s 5m 2h 7d", example = 'procs:where"rss > 1.5M and age > 5m"',
    meaning = "sizes in bytes by powers of 1024, ages in seconds", more = [[
They are written so in expressions. In Lua, outside the quotes, write 10 * M, or bytes"10M". Fields of memory are in
bytes; tables show them scaled on a terminal (-b: exact), other formats exactly.]] },
  { "quoting", call = 'procs:where"user == \'root\'"', example = 'procs:where("rss > lim", {lim = 2 * M})',
    meaning = "expressions are text in quotes, and text in them has the other quotes", more = [[
A variable of Lua is not seen in an expression: hand it over by name, as above. In a shell put the whole between single
quotes, and write '\'' for one of them: memsh -e 'procs:where"swap > 0"']] },
  { "time", call = "age start_time  30s 5m 2h 7d", example = 'procs:where"age > 1h":sort"-age":show"pid comm age"',
    meaning = "age is in seconds since a process started, start_time the moment in seconds since 1970", more = [[
A time is compared with a text, which is local time: procs:where"start_time > '09:10'" (the last such time: where today
it is still to come, yesterday's, and a note says so), '2026-11-26', '2026-11-26 03:14', 'yesterday 18:00', 'today',
'now', '-2h' (two hours ago; also s m d); and as other formats show it, '2026-11-26T03:14:00Z' (UTC). :explain shows how
a time was read.]] },
  { "recordings", also = "moments yesterday", call = "memsh record -o web1.memsh   memsh -s web1.memsh --at '03:14'",
    example = 'procs:show"host time pid rss"', meaning = "what it was like then, and on other machines", more = [[
memsh record --every 10s --keep 7d -o web1.memsh   records; memsh record --once -o FILE takes one moment with all levels
memsh -s web1.memsh -e 'QUESTION'                 asks the newest moment; --at '03:14', --at -2h, --at pressure another
memsh -s web1.memsh -s web2.memsh ...             rows of both; a directory: of the recordings in it. by"host, comm"
procs:over{from = '-6h'}:where"comm == 'java'":by"time":sum"rss"    a series
procs:over{}:distinct"time":show"time sys.mem_available"            one of the machine
At the prompt :at 03:14, :earlier, :later, :at live, :moments. In Lua recording"web1.memsh" (help"recording"). What was
not recorded is unknown (not_recorded). A - B of two moments is growth.]] },
  { "leak", also = "leaks", call = "before = procs:set() ... procs - before", example = "procs() - procs()",
    meaning = "what has grown between two moments; what keeps growing with no load may leak", more = [[
At the prompt: before = procs(), wait, then (procs() - before):where"rss_anon > 1M":sort"-rss_anon". The same works for
maps and for groups. The report leaks watches by itself: memsh leaks --help. help"-" explains the difference.]] },
  { "killer", also = "oom", call = "oom_score  oom_score_adj  events_oom_kill",
    example = 'procs:sort"-oom_score":top(5):show"pid comm oom_score rss"',
    meaning = "when memory runs out the kernel kills the process with the largest oom_score", more = [[
oom_score_adj moves it, -1000 is never killed. Groups with a limit of their own: cgroups:where"events_oom_kill > 0".
memsh oom_kills shows who was killed, from the kernel's log; memsh -s web1.memsh oom has who was large then.]] },
  { "zombie", also = "zombies", call = "state == 'Z'", example = "procs:where\"state == 'Z'\":show\"pid ppid comm\"",
    meaning = "a process that has ended and whose parent has not yet asked how", more = [[
It has no memory: pss, rss and the like are unknown (no_memory), which no sum is marked for. Ending the parent, ppid,
removes it.]] },
  { "columns", call = 'show"pid comm, mb=rss/M"', example = 'procs:show"pid, comm, mb=rss/M, pct(rss)"',
    meaning = "show chooses and computes columns; fields lists what there is", more = [[
Rows of by and sum have the keys, n (how many rows) and the sums. help"bound" and help"freed" have
those of reconcile() and footprint().]] },
  { "bound", also = "percent from", call = "reconcile()", example = 'reconcile():where"bound":show"what size from"',
    meaning = "a line of reconcile() that is not exact, because a process could not be read", more = [[
reconcile() has what, size, percent (of the machine's memory), bound, from (the kernel's numbers that it is made of).
Other sums are marked: >= where something is missing.]] },
  { "freed", also = "freed_min freed_max freed_anonymous freed_anonymous_min freed_anonymous_max resident resident_min "
      .. "resident_max partial exact without_memory", call = "footprint(ROWS)", example = "footprint(procs).freed_min",
    meaning = "memory that nobody else maps: what ending all these processes may free", more = [[
resident         all of their memory, each page counted once
freed            the part of it that nobody else maps
freed_anonymous  the part of that which is free at once; the rest is of files, on tmpfs, too, and stays while they do
_min, _max       where exact is false, each lies between these two: exact numbers need CAP_SYS_ADMIN
partial          how many processes could not be read, by reason
without_memory   how many have none: zombies, threads of the kernel, processes that have gone]] },
  { "percentiles", also = "percentile quantiles", call = "median p50 p90 p95 p99", example = 'procs:by"comm":p95"rss"',
    meaning = "the smallest value that so many per cent of the rows do not exceed", more = [[
One of all rows: procs:p95"rss". Several at once: procs:by"user":agg{half = "median(rss)", most = "p95(rss)"}. A row for
each number: procs:show"rss swap":describe().]] },
  { "cron", also = "monitoring nagios", call = "memsh --check NAME", example = 'report"wx"',
    meaning = "a report with a verdict, for cron or monitoring: its exit status is OK to CRITICAL", more = [[
memsh --quiet --check wx prints nothing while all is well, and cron then sends no mail. --lock, --splay
and --log are for unattended runs. memsh NAME --help says what a report checks.]] },
  { "tmpfs", call = "sys.shmem  memsh shm", example = 'maps:where"on_shmem":by"path":sum"size rss":sort"-rss"',
    meaning = "files in memory, as in /dev/shm, /run: counted in sys.shmem, and in processes that map them", more = [[
sys.shmem has the files of all tmpfs, memfds and shared memory; reconcile() has the part that nobody maps. How full each
tmpfs is: memsh shm -t; whose the files, segments and memfds are: memsh shm -o. The files that processes map are rows as
above; memsh shm is a report on them. To empty a tmpfs, delete files.]] },
  { "none", also = "limits", call = "limit_memlock == none", example = 'procs:where"limit_memlock ~= none"',
    meaning = "the value of a limit that is not set: larger than every number", more = [[
limit_memlock < 1G leaves it out, limit_memlock > 1G keeps it, and it sorts after all numbers. What is divided by it is
0; a sum with it is none. Shown as none, in JSON as "none". In Lua it is math.huge. It is not unknown: see
help"unknown".]] },
  { "unknown", also = "reasons " .. table.concat(core and core.reasons() or {}, " "),
    call = "known(FIELD)  known(VALUE)  why(VALUE)", example = 'procs:where"not known(pss)"',
    meaning = "a value that could not be read; it says why and is never 0", more = [[
Shown as ?. In a condition, false and ? is false, true or ? is true, else it is unknown: such rows are left out, counted
and reported. show"pid, pss, why(pss)" has the reasons as a column. Sums are marked >= where something is missing.
p:get("pss", 0) has a default. The reasons:]] },
}

-- Each is found by its name and those it has `also`, and knows its place in the order above.
for _, kind in pairs(entries) do
  for place = #kind, 1, -1 do
    local row = table.remove(kind)
    row.place = row.place or place
    for name in (row[1] .. " " .. (row.also or "")):gmatch "%S+" do kind[name] = row end
  end
end

local aggregates = {}
for name, row in pairs(entries.rowset) do
  if row.of_groups and name ~= "agg" then aggregates[#aggregates + 1] = name end
end
table.sort(aggregates, function(a, b) return entries.rowset[a].place < entries.rowset[b].place end)
entries.rowset.agg.more = ("There are %s."):format(table.concat(aggregates, " "))

return entries
