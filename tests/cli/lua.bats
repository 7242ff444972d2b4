# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Where code may come from, and how Lua's own libraries differ from what lua has: hardly.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  echo 'print "stranger" return {}' >module.lua
  echo 'print "stranger"' >evil.lua
}

@test "print shows the rows of a set" {
  for set in 'procs:where"swap > 0":show"pid comm"' 'procs:by"user":count()' 'cgroups:top(1)' 'procs - procs()'; do
    run -0 "$MEMSH" -s "$MEMSH_FIXTURES/full" -f csv -e "print($set)"
    [ "$output" = "$("$MEMSH" -s "$MEMSH_FIXTURES/full" -f csv -e "$set" 2>&1)" ]
  done
}

@test "LUA_INIT, LUA_PATH and LUA_CPATH do nothing" {
  for name in LUA_INIT LUA_INIT_5_4; do
    run env "$name=print('stranger')" "$MEMSH" -e 'print("mine")'
    [ "$output" = mine ]
    run env "$name=@$PWD/evil.lua" "$MEMSH" -e 'print("mine")'
    [ "$output" = mine ]
  done
  for name in LUA_PATH LUA_PATH_5_4; do
    run env "$name=$PWD/?.lua;;" "$MEMSH" -e 'require "module"'
    [ "$status" = 1 ]
    [[ "$output" != stranger* ]]
  done
  run env "LUA_CPATH=$PWD/?.so" "LUA_PATH=/x/?.lua" "$MEMSH" -e 'print(package.path .. package.cpath .. "|")'
  [ "$output" = "|" ]
}

@test "the current directory is never searched" {
  mkdir -p memsh lua/memsh
  cp evil.lua memsh.lua
  for name in init session rowset core; do cp evil.lua "memsh/$name.lua"; cp evil.lua "lua/memsh/$name.lua"; done
  run "$MEMSH" -e 'require "module"'
  [ "$status" = 1 ]
  [[ "$output" == *"module 'module' not found"* && "$output" != stranger* ]]
  run "$MEMSH" -e 'print(type(require "memsh"), K)'
  [ "$output" = $'table\t1024' ]
  cp module.lua beside.lua
  echo 'require "beside"' >script.lua
  run "$MEMSH" ./script.lua
  [ "$status" = 1 ]
  [[ "$output" != stranger* ]]
}

@test "--lua-dir comes before what is built in" {
  mkdir -p mine/memsh/help
  echo 'return {page = function() return "mine" end}' >mine/memsh/help/manpage.lua
  run "$MEMSH" --lua-dir mine -e 'print(require("memsh.help.manpage").page())'
  [ "$output" = mine ]
  run "$MEMSH" --lua-dir mine -e 'error(nil, require("memsh.prompt.syntax_errors") and 0)'
  [ "$status" = 1 ]
}

@test "tracebacks name the built-in files" {
  run --separate-stderr "$MEMSH" --debug traceback -e 'require("memsh.help.manpage").page(nil)'
  [ "$status" = 1 ]
  [[ "$stderr" == *"lua/memsh/help/manpage.lua:"[0-9]* ]]
}

@test "package.path of a script's own works, as text" {
  mkdir lib
  echo 'return {answer = 42}' >lib/own.lua
  run "$MEMSH" -e 'package.path = "lib/?.lua" print(require("own").answer)'
  [ "$output" = 42 ]
  "$MEMSH" -e 'local f = assert(io.open("lib/own.lua", "wb")) f:write(string.dump(load "return 1")) f:close()'
  run "$MEMSH" -e 'package.path = "lib/?.lua" require "own"'
  [ "$status" = 1 ]
  [[ "$output" == *"binary chunk"* ]]
}

@test "bytecode does not load, from anywhere" {
  "$MEMSH" -e 'local f = assert(io.open("code.lua", "wb")) f:write(string.dump(load "print [[ran]]")) f:close()'
  run "$MEMSH" code.lua
  [ "$status" = 1 ]
  [[ "$output" == *"binary chunk"* ]]
  run bash -c '"$MEMSH" - <code.lua'
  [ "$status" = 1 ]
  for how in 'dofile "code.lua"' 'assert(loadfile "code.lua")()' 'assert(loadfile("code.lua", "b"))()' \
    'assert(loadfile("code.lua", "bt"))()' 'assert(load(string.dump(load "print(1)")))()' \
    'assert(load(string.dump(load "print(1)"), "x", "b"))()' 'assert(load(string.dump(load "print(1)"), "x", "bt", {}))()'; do
    run "$MEMSH" -e "$how"
    [ "$status" = 1 ]
    [[ "$output" == *chunk* && "$output" != ran* ]]
  done
}

@test "load, loadfile and dofile are otherwise as they are" {
  cat >t.lua <<'LUA'
assert(load("return ...")(1) == 1)
assert(load("return x", "name", "t", {x = 5})() == 5)
assert(load("x = 1", "n", nil, {}) and not x)
assert(select("#", load("return x", "n", "t", nil)) == 1)
local parts = {"return ", "7", nil}
local i = 0
assert(load(function() i = i + 1 return parts[i] end)() == 7)
local f, message = load("x =", "=chunk")
assert(f == nil and message == "chunk:1: unexpected symbol near <eof>", message)
assert(select(2, pcall(load, {})):find "bad argument #1 to 'load' %(function expected, got table%)")
assert(loadfile("none.lua") == nil)
assert(not pcall(dofile, "none.lua"))
local out = assert(io.open("part.lua", "w")) out:write("local a = ... return 1, 2, x") out:close()
assert(select("#", dofile "part.lua") == 3)
assert(select(3, loadfile("part.lua", "t", {x = 9})()) == 9)
local co = coroutine.wrap(function() return dofile "yields.lua" end)
out = assert(io.open("yields.lua", "w")) out:write("return coroutine.yield(1) + 1") out:close()
assert(co() == 1 and co(41) == 42)
print "fine"
LUA
  run "$MEMSH" t.lua
  [ "$output" = fine ]
}

@test "coroutines behave as Lua's own" {
  cat >t.lua <<'LUA'
local function same(f) -- the result in this program is what a plain Lua prints
  local results = table.pack(pcall(f))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("0x%x+", "address") end
  io.write(table.concat(results, " | "), "\n")
end
same(function() return coroutine.resume(coroutine.create(function(...) return select("#", ...), ... end), 1, nil, 3) end)
same(function() return coroutine.resume(coroutine.create(function() error("oops") end)) end)
same(function() return coroutine.resume(coroutine.create(function() error({}) end)) end)
same(function() return coroutine.wrap(function() error("oops") end)() end)
same(function() return coroutine.wrap(function() error("oops", 0) end)() end)
same(function() return coroutine.wrap(function() error(setmetatable({}, {__tostring = function() return "T" end})) end)() end)
same(function() local co = coroutine.create(function() end) coroutine.resume(co) return coroutine.resume(co) end)
same(function() local f = coroutine.wrap(function() return 1 end) f() return f() end)
same(function() return coroutine.resume(coroutine.running()) end)
same(function() return coroutine.resume(1) end)
same(function() return coroutine.wrap(1) end)
same(function() return coroutine.close(coroutine.running()) end)
same(function()
  local log = {}
  local co = coroutine.create(function()
    local x <close> = setmetatable({}, {__close = function(_, e) log[#log + 1] = "closed " .. tostring(e) end})
    coroutine.yield(1)
  end)
  coroutine.resume(co)
  return coroutine.close(co), coroutine.status(co), log[1]
end)
same(function()
  local co = coroutine.create(function()
    local x <close> = setmetatable({}, {__close = function() error("in close") end})
    coroutine.yield(1)
  end)
  coroutine.resume(co)
  return coroutine.close(co)
end)
same(function()
  local log = {}
  local f = coroutine.wrap(function()
    local x <close> = setmetatable({}, {__close = function(_, e) log[1] = tostring(e) end})
    error("inner")
  end)
  local ok, message = pcall(f)
  return ok, message, log[1]
end)
same(function()
  local outer = coroutine.create(function()
    local inner = coroutine.wrap(function() coroutine.yield(coroutine.isyieldable()) return 2 end)
    coroutine.yield(inner()) return inner()
  end)
  local a = table.pack(coroutine.resume(outer))
  local b = table.pack(coroutine.resume(outer))
  return a[2], b[2], coroutine.status(outer)
end)
same(function()
  local co co = coroutine.create(function() return coroutine.close(co) end)
  return coroutine.resume(co)
end)
same(function()
  local outer
  outer = coroutine.create(function() return coroutine.wrap(function() return coroutine.close(outer) end)() end)
  return coroutine.resume(outer)
end)
same(function() local function f() return coroutine.wrap(f)() end return f() end)
same(function() return coroutine.resume(coroutine.create(print), nil) end)
LUA
  command -v lua5.4 >/dev/null || skip "there is no lua5.4 to compare with"
  lua5.4 t.lua >expected
  run "$MEMSH" t.lua
  [ "$status" = 0 ]
  # The name of the expected type changed within 5.4.
  diff <(cut -c1-300 <<<"$output") <(sed 's/thread expected/coroutine expected/' expected | cut -c1-300)
}

@test "the names of the query language may be shadowed" {
  run "$MEMSH" -e 'procs = 5 print(procs)'
  [ "$output" = 5 ]
  run "$MEMSH" -e 'local maps = 6 print(maps, rawget(_G, "procs"))'
  [ "$output" = $'6\tnil' ]
  run "$MEMSH" -e 'print(G // M, nothing_such)'
  [ "$output" = $'1024\tnil' ]
}

@test "what a script makes of Lua's functions does not reach memsh" {
  run "$MEMSH" -e 'type, require, pairs, tostring, pcall = nil; print(procs:top(1):count(), #procs:top(2):rows())'
  [ "$output" = $'1\t0\t2' ] || [ "$output" = $'1\t2' ]
}

@test "a __tostring that fails or gives no text leaves the type" {
  run "$MEMSH" -e 'setmetatable({}, {__tostring = function() error "x" end})'
  [ "$output" = table ]
  run "$MEMSH" -e '{1, setmetatable({}, {__tostring = function() return {} end})}'
  [ "$output" = "{ 1, table }" ]
}

@test "one truth value is what Lua calls it" {
  run "$MEMSH" -e true
  [ "$output" = true ]
  run "$MEMSH" -e 'procs:where"pid == 0":empty()'
  [ "$output" = true ]
}

@test "unknown values in a table stay so in JSON" {
  run "$MEMSH" -f jsonl -e '{a = 1, b = require("memsh.core").unknown("denied")}'
  [ "$output" = '{"a": 1, "b": null, "unknown": {"b": "denied"}}' ]
}

@test "one process says why something of it is unknown" {
  run "$MEMSH" -s "$MEMSH_FIXTURES/denied" -e 'proc(1)'
  [[ "$output" == *$'\npss '*"? (denied)"* ]]
}

@test "an output that can't be opened is said once" {
  run -74 "$MEMSH" -o /nonexistent/x -e 'print(1)'
  [ "$output" = "memsh: cannot write /nonexistent/x: No such file or directory" ]
}

@test "--help fits 80 columns" {
  run "$MEMSH" --help
  [ "$(awk 'length > 80' <<<"$output")" = "" ]
}

@test "native code is loaded from package.cpath, which is empty at first" {
  command -v cc >/dev/null || skip "there is no compiler"
  printf '#include <stdio.h>\nint luaopen_native(void *L) { puts("native ran"); return 0; }\n' >native.c
  cc -shared -fPIC -o native.so native.c
  run "$MEMSH" -e 'require "native"'
  [ "$status" = 1 ]
  run "$MEMSH" -e 'package.cpath = "./?.so" require "native"'
  [ "$output" = "native ran" ]
}
