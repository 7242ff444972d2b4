std = "lua54"
max_line_length = 120
exclude_files = { "build*/**" }
local query = {}
for name in pairs(dofile "lua/memsh/catalogue/entries.lua".global) do query[#query + 1] = name end
files["scripts/**/*.lua"] = { read_globals = query }
files["tests/**/*.lua"] = { read_globals = query }
