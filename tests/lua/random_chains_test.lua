-- SPDX-License-Identifier: GPL-3.0-or-later
-- source: full
-- Random chains of verbs, beside a plain reading of the same rows.
local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")

local CHAINS <const> = 1000
local random, pick, seed = t.generator(20240517)

-- ---- the plain way: rows are tables of known values; nil is unknown

local FIELDS = {
  procs = { numbers = { "pid", "res", "pss", "swap", "uss", "threads", "vm_hwm" },
    texts = { "comm", "user", "state" } },
  maps = { numbers = { "pid", "size", "rss", "pss", "swap", "inode" }, texts = { "comm", "perms", "path", "user" } },
  growth = { numbers = { "pid", "res", "swap", "threads", "vm_hwm" }, texts = { "comm", "user", "status" } },
}

local function read(set, fields)
  local rows = {}
  for i, row in ipairs(set:rows()) do
    local plain = {}
    for _, list in pairs(fields) do
      for _, name in ipairs(list) do
        local value = row[name]
        if known(value) then plain[name] = value end
      end
    end
    plain.id = fields == FIELDS.maps and ("%d:%x"):format(row.pid, row.addr) or tostring(row.pid)
    rows[i] = plain
  end
  return rows
end

-- What the rows with even pids have more than a moment before: nothing; the others are new.
local function read_growth()
  local rows = read(procs { kernel = true }, FIELDS.procs)
  for _, row in ipairs(rows) do
    local is_new = row.pid % 2 == 1
    row.status = is_new and "new" or "same"
    for _, name in ipairs(FIELDS.growth.numbers) do
      if row[name] and name ~= "pid" and not is_new then row[name] = 0 end
    end
  end
  return rows
end

local BASE = {
  procs = function() return procs { kernel = true } end,
  maps = function() return maps end,
  growth = function() return procs { kernel = true }:set() - procs { kernel = true }:where "pid % 2 == 0":set() end,
}

local IS_TEXT = { status = true, comm = true, user = true, state = true, perms = true, path = true }

local COMPARE = {
  ["<"] = function(a, b) return a < b end, ["<="] = function(a, b) return a <= b end,
  [">"] = function(a, b) return a > b end, [">="] = function(a, b) return a >= b end,
  ["=="] = function(a, b) return a == b end, ["~="] = function(a, b) return a ~= b end,
}
local OPERATORS = { "<", "<=", ">", ">=", "==", "~=" }

-- true, false or nil for unknown
local function both(a, b)
  if a == false or b == false then return false end
  if a == nil or b == nil then return nil end
  return true
end

local function either(a, b)
  if a or b then return true end
  if a == nil or b == nil then return nil end
  return false
end

local function negation(a)
  if a == nil then return nil end
  return not a
end

-- A random condition: its text, and what it says of a plain row.
local function condition(kind, rows, depth)
  local fields = FIELDS[kind]
  local how = depth > 0 and random(6) or 1
  if how <= 3 then
    local name = random(3) == 1 and pick(fields.texts) or pick(fields.numbers)
    local value = #rows > 0 and pick(rows)[name] or 0
    if value == nil or (type(value) == "string") ~= (IS_TEXT[name] or false) then
      return ("known(%s)"):format(name), function(row) return row[name] ~= nil end
    end
    local op = pick(OPERATORS)
    local text = type(value) == "string" and "'" .. value:gsub("[\\']", "\\%0") .. "'" or ("%d"):format(value)
    return ("%s %s %s"):format(name, op, text), function(row)
      if row[name] == nil then return nil end
      return COMPARE[op](row[name], value)
    end
  end
  local a_text, a = condition(kind, rows, depth - 1)
  if how == 4 then return ("not (%s)"):format(a_text), function(row) return negation(a(row)) end end
  local b_text, b = condition(kind, rows, depth - 1)
  if how == 5 then return ("(%s) and (%s)"):format(a_text, b_text), function(row) return both(a(row), b(row)) end end
  return ("(%s) or (%s)"):format(a_text, b_text), function(row) return either(a(row), b(row)) end
end

-- A random sort: its text, and an order of plain rows; unknown values last.
local function order(kind)
  local keys, texts = {}, {}
  for i = 1, random(2) do
    local fields = FIELDS[kind]
    local name = random(2) == 1 and pick(fields.texts) or pick(fields.numbers)
    local down = random(2) == 1
    keys[i], texts[i] = { name = name, down = down }, (down and "-" or "") .. name
  end
  return table.concat(texts, ", "), function(a, b)
    for _, key in ipairs(keys) do
      local x, y = a[key.name], b[key.name]
      if (x == nil) ~= (y == nil) then return y == nil end
      if x ~= nil and x ~= y then
        if key.down then x, y = y, x end
        return x < y
      end
    end
    return a.place < b.place
  end
end

local VERBS = {
  where = function(chain)
    local text, holds = condition(chain.kind, chain.rows, 2)
    local kept, maybe = {}, {}
    for _, row in ipairs(chain.rows) do
      local yes = holds(row)
      if yes then kept[#kept + 1] = row end
      if yes == nil then maybe[#maybe + 1] = row end
    end
    -- Conditions one behind the other are one condition.
    for _, row in ipairs(chain.maybe) do
      if holds(row) ~= false then maybe[#maybe + 1] = row end
    end
    chain.set, chain.rows, chain.maybe = chain.set:where(text), kept, maybe
    return ("where[[%s]]"):format(text)
  end,
  sort = function(chain)
    local text, less = order(chain.kind)
    for i, row in ipairs(chain.rows) do row.place = i end
    local sorted = table.move(chain.rows, 1, #chain.rows, 1, {})
    table.sort(sorted, less)
    chain.set, chain.rows = chain.set:sort(text), sorted
    return ("sort'%s'"):format(text)
  end,
  top = function(chain)
    local n = random(#chain.rows + 2) - 1
    chain.set, chain.rows = chain.set:top(n), table.move(chain.rows, 1, math.min(n, #chain.rows), 1, {})
    chain.cut = true
    return ("top(%d)"):format(n)
  end,
  skip = function(chain)
    local n = random(3)
    chain.set, chain.rows = chain.set:skip(n), table.move(chain.rows, n + 1, #chain.rows, 1, {})
    return ("skip(%d)"):format(n)
  end,
  distinct = function(chain)
    local name = pick(FIELDS[chain.kind].texts)
    local seen, kept = {}, {}
    for _, row in ipairs(chain.rows) do
      local key = row[name] == nil and "?" or "=" .. row[name]
      if not seen[key] then kept[#kept + 1] = row end
      seen[key] = true
    end
    chain.set, chain.rows = chain.set:distinct(name), kept
    return ("distinct'%s'"):format(name)
  end,
  set = function(chain)
    chain.set = chain.set:set()
    return "set()"
  end,
}

-- What is undecided in front of another verb stays so.
local function settle(chain)
  chain.undecided, chain.maybe = chain.undecided + #chain.maybe, {}
end

local NAMES = { "where", "where", "where", "sort", "sort", "top", "skip", "distinct", "set" }

local function ids(set, kind)
  local list = {}
  for i, row in ipairs(set:rows()) do
    list[i] = kind == "maps" and ("%d:%x"):format(row.pid, row.addr) or tostring(row.pid)
  end
  return table.concat(list, " ")
end

local function plain_ids(rows)
  local list = {}
  for i, row in ipairs(rows) do list[i] = row.id end
  return table.concat(list, " ")
end

-- The sum of a field, and the sums by a text.
local function check_sums(chain, text)
  local fields = FIELDS[chain.kind]
  local number, key = pick(fields.numbers), pick(fields.texts)
  local sums, all, known_ones = {}, 0, 0
  for _, row in ipairs(chain.rows) do
    local group = row[key] or "?"
    sums[group] = (sums[group] or 0) + (row[number] or 0)
    all, known_ones = all + (row[number] or 0), known_ones + (row[number] and 1 or 0)
  end
  local sum = chain.set:sum(number)
  if known_ones > 0 then t.eq(sum, all, text .. ":sum " .. number) end
  local groups = 0
  for _, row in ipairs(chain.set:by(key):sum(number):rows()) do
    groups = groups + 1
    local name = known(row[key]) and row[key] or "?"
    if known(row[number]) then t.eq(row[number], sums[name], text .. ":by " .. key .. ":sum " .. number) end
  end
  local expected = 0
  for _ in pairs(sums) do expected = expected + 1 end
  t.eq(groups, expected, text .. ":by " .. key)
end

local function one_chain(all)
  local kind = pick { "procs", "maps", "growth" }
  local base = BASE[kind]()
  local chain = { kind = kind, set = base, rows = table.move(all[kind], 1, #all[kind], 1, {}), undecided = 0,
    maybe = {} }
  local parts = { kind }
  for _ = 1, random(5) do
    local verb = pick(NAMES)
    if verb == "set" and kind == "procs" then verb = "skip" end -- what was not named is not in a frozen set
    if verb ~= "where" then settle(chain) end
    parts[#parts + 1] = VERBS[verb](chain)
  end
  settle(chain)
  local text = table.concat(parts, ":")
  t.eq(ids(chain.set, kind), plain_ids(chain.rows), text)
  t.eq(chain.set:count(), #chain.rows, text)
  if not chain.cut then
    local counts = chain.set:show "pid":json():match '"undecided": (%d+)'
    t.eq(tonumber(counts), chain.undecided, text)
  end
  check_sums(chain, text)
end

t.test(("%d random chains, seed %d"):format(CHAINS, seed), function()
  local all = { procs = read(procs { kernel = true }, FIELDS.procs), maps = read(maps, FIELDS.maps),
    growth = read_growth() }
  t.eq(#all.procs, 9)
  for _ = 1, CHAINS do one_chain(all) end
end)

t.finish()
