-- SPDX-License-Identifier: GPL-3.0-or-later
-- What completion and an editor's definitions say of memsh's functions and of the methods of rows: how each is called,
-- what it does, what it gives as editors write types. Those of row sets stand in verbs.lua.

local signatures = {}

signatures.globals = {
  procs = { "procs", "the processes; procs{kernel=true}: the kernel's threads, too", "memsh.ProcessSet" },
  maps = { "maps", "the mappings of all processes", "memsh.MappingSet" },
  cgroups = { "cgroups", "the control groups", "memsh.RowSet" },
  sys = { "sys", "the machine: sys.mem_available", "memsh.System" },
  proc = { 'proc(PID)  proc"NAME"', "a process; or a set of those of a name, or of several numbers", "any" },
  known = { "known(VALUE)", "whether a value is known", "boolean" },
  why = { "why(VALUE)", "why a value is unknown; nil where it is known", "string|nil" },
  bytes = { 'bytes("1.5G")', "the number of bytes of a size; nil and a message where it is none", "integer?, string?" },
  human = { "human(BYTES)", "a size as people read it", "string" },
  fields = { 'fields(["procs" [, "*dirty*"]])', "prints the fields there are", "nil" },
  help = { 'help(["TOPIC"])', "prints help", "nil" },
  desc = { 'desc"FIELD"', "prints what a field means and leaves out", "nil" },
  define = { 'define("NAME", "EXPRESSION", "MEANING")', "adds a field of one's own", "nil" },
  verb = { 'verb("NAME", FUNCTION, "SIGNATURE", "MEANING")', "adds a verb of one's own to row sets", "nil" },
  footprint = { "footprint(ROWS)", "memory of processes, each page once; what ending them frees", "table" },
  report = { "report{summary = \"...\", ...}", "says what a saved report is, and reads its arguments", "table" },
  audit = { 'audit"NAME"', "begins a report that ends with a verdict, OK to CRITICAL", "memsh.Audit" },
  expect = { 'expect{status = "OK", ...}', "what a report is to give; memsh --test looks whether it does", "nil" },
  budget = { 'budget{max_rss="2G"}', "sets within which limits processes are read", "nil" },
  reconcile = { "reconcile()", "the machine's memory by what it is, all of it", "memsh.RowSet" },
  K = { "K", "1024", "integer" },
  M = { "M", "1024 K", "integer" },
  G = { "G", "1024 M", "integer" },
  T = { "T", "1024 G", "integer" },
}

local get = { 'get("FIELD" [, DEFAULT])', "a field's value, or the default where it is unknown", "any" }
local raw = { 'raw"FILE"', "what a file of it holds: as text, or by the kernel's labels", "any" }

signatures.process = {
  at = { "at(ADDRESS)", "the mapping that covers an address", "memsh.Mapping|nil, string|nil, string|nil" },
  check = { "check()", "its numbers as several files tell them, beside each other", "memsh.RowSet" },
  get = get,
  maps = { 'maps(["EXPRESSION"])', "its mappings", "memsh.MappingSet" },
  raw = raw,
  refresh = { "refresh()", "the same process, to be read anew", "memsh.Process" },
}

signatures.mapping = {
  get = get,
  ranges = { "ranges()", "the runs of pages that are alike", "table|nil, string|nil, string|nil" },
  raw = { 'raw"smaps"', "its lines of smaps, by the kernel's labels", "any" },
}

signatures.system = { get = get }

return signatures
