std = "lua54"
max_line_length = 120
exclude_files = { "build*/**" }
local query = { "procs", "maps", "sys", "proc", "known", "why", "bytes", "human", "fields", "help", "desc",
  "cgroups", "define", "verb", "footprint", "reconcile", "report", "audit", "expect", "K", "M", "G", "T" }
files["scripts/**/*.lua"] = { read_globals = query }
files["tests/**/*.lua"] = { read_globals = query }
