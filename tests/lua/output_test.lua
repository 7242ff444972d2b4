-- SPDX-License-Identifier: GPL-3.0-or-later
-- The Lua side of output: sinks, writers, scalars, JSON.

local t = dofile(os.getenv "MEMSH_TESTS" .. "/lua/testing.lua")
local core = require "memsh.core"

local columns = {
  { name = "pid", type = "integer" }, { name = "comm", type = "text" }, { name = "pss", type = "bytes" },
  { name = "argv", type = "list" }, { name = "extra" },
}

--- The rows in one format, as text.
local function text(mode, rows, opts, partial, meta)
  local sink = core.sink_memory()
  local writer = core.writer(sink, mode, columns, opts)
  for i, row in ipairs(rows) do t.eq(writer:row(row, partial and partial[i]), true) end
  t.eq(writer:close(meta), true)
  return sink:text()
end

local denied = core.unknown "denied"

t.test("values of every kind become cells", function()
  t.eq(text("jsonl", { { 1, "a\255", 5, { "x", 2 }, true }, { 2, nil, denied, {}, 1.5 } }),
    '{"pid": 1, "comm": "a\u{fffd}", "comm_b64": "Yf8=", "pss": 5, "argv": ["x", 2], "extra": true}\n' ..
    '{"pid": 2, "comm": null, "pss": null, "argv": [], "extra": 1.5, "unknown": {"pss": "denied"}}\n')
end)

t.test("a partial sum is marked in every format", function()
  local rows, partial = { { 1, "a", 2 ^ 30 // 1 | 0, {}, nil } }, { { pss = 3 } }
  t.eq(text("csv", rows, nil, partial), "pid,comm,pss,argv,extra\r\n1,a,1073741824,,\r\n")
  t.eq(text("table", rows, { human = true }, partial), "pid  comm   pss  argv  extra\n  1  a     >=1G\n")
  t.eq(text("json", rows, nil, partial, { b = 1, a = { 1, 2 } }),
    '{"rows": [\n{"pid": 1, "comm": "a", "pss": 1073741824, "argv": [], "extra": null, "partial": {"pss": 3}}' ..
    '\n], "meta": {"a": [1, 2], "b": 1}}\n')
end)

t.test("tables fit a width that is given, and cut nothing without one", function()
  local long = ("x"):rep(200)
  local rows = { { 1, long, 1, {}, nil } }
  t.eq(text("table", rows):find(long, 1, true) ~= nil, true)
  for line in text("table", rows, { width = 40 }):gmatch "[^\n]+" do
    if line:sub(1, 1) ~= "+" then t.eq(core.display_width(line) <= 40, true) end
  end
end)

t.test("one thing is shown as lines", function()
  t.eq(text("table", { { 1, "a", 5, {}, "z" } }, { record = true }),
    "pid    1\ncomm   a\npss    5\nargv\nextra  z\n")
end)

t.test("scalars", function()
  local function scalar(...)
    local sink = core.sink_memory()
    t.eq(core.scalar(sink, ...), true)
    return sink:text()
  end
  t.eq(scalar("table", 42), "42\n")
  t.eq(scalar("table", 42, nil, nil, 3), ">=42\n")
  t.eq(scalar("table", denied), "?\n")
  t.eq(scalar("json", denied, nil, { q = 1 }), '{"value": null, "unknown": "denied", "meta": {"q": 1}}\n')
  t.eq(scalar("table", 1536, { human = true, type = "bytes" }), "1.5K\n")
  t.eq(scalar("jsonl", { 1, "a" }), '{"value": [1, "a"]}\n')
  t.eq(scalar("table", "one\ntwo\n"), "one\ntwo\n")
  t.eq(scalar("table", "one\ntwo\n", { type = "text" }), "one\\ntwo\\n\n")
end)

t.test("columns of differences, marks, and types of single cells", function()
  local sink = core.sink_memory()
  local writer = core.writer(sink, "table",
    { { name = "a", type = "bytes", sign = true, about = true }, { name = "b" } }, { human = true })
  t.ok(writer:row({ 2048, 2048, types = { [2] = "bytes" }, marks = { [2] = "+" } }, { a = 1 }))
  t.ok(writer:row { -1024, 7 })
  writer:close()
  t.eq(sink:text(), "   a   b\n~+2K  2K+\n -1K   7\n")
  t.raises(function()
    core.writer(core.sink_memory(), "csv", columns):row { 1, types = { "size" } }
  end, "there is no type 'size'")
end)

--- What an error says.
local function problem(...)
  local ok, message = pcall(...)
  t.eq(ok, false)
  return tostring(message)
end

t.test("a caller's mistakes raise and say what is wrong", function()
  local sink = core.sink_memory()
  t.has(problem(core.writer, sink, "xml", columns), "xml")
  t.has(problem(core.writer, sink, "json", { { name = "unknown" } }), "unknown")
  t.has(problem(core.writer, sink, "csv", { { name = "a", type = "colour" } }), "colour")
  t.has(problem(core.writer, sink, "csv", { { type = "text" } }), "no name")
  local writer = core.writer(sink, "csv", columns)
  t.has(problem(writer.row, writer, { print }), "function")
  t.has(problem(writer.row, writer, { 1 }, { nosuch = 1 }), "nosuch")
  t.has(problem(writer.row, writer, { {}, { {} } }), "list")
  t.eq(writer:close(), true)
  t.has(problem(writer.row, writer, {}), "closed")
  t.has(problem(sink.text, core.sink_stdout()), "memory")
end)

t.test("what the world refuses comes back with a name", function()
  local sink, message, name = core.sink_file "/nonexistent/directory/file"
  t.eq(sink, nil)
  t.eq(message, "No such file or directory")
  t.eq(name, "ENOENT")
  local full = core.sink_file "/dev/full"
  t.eq(full:is_tty(), false)
  local ok, _, why = full:print "x"
  t.eq(ok, nil)
  t.eq(why, "ENOSPC")
  t.eq({ full:error() }, { "No space left on device", "ENOSPC" })
  ok, _, why = full:commit()
  t.eq(ok, nil)
  t.eq(why, "ENOSPC")
end)

t.test("a file appears when it is committed, and not when it is collected", function()
  local path = os.tmpname()
  local function content()
    local file <close> = assert(io.open(path))
    return file:read "a"
  end
  local sink = assert(core.sink_file(path))
  sink:print "never"
  sink:abandon()
  t.eq(content(), "")
  assert(core.sink_file(path)):print "collected"
  collectgarbage()
  t.eq(content(), "")
  sink = assert(core.sink_file(path))
  t.eq(sink:print "whole\n", true)
  t.eq(content(), "")
  t.eq(sink:commit(), true)
  t.eq(content(), "whole\n")
  t.eq(select(3, sink:print "late"), "EBADF")
  os.remove(path)
end)

t.test("a writer keeps its sink, and a dead one is no danger", function()
  local writer = core.writer(core.sink_memory(), "json", columns)
  collectgarbage()
  t.eq(writer:row { 1 }, true)
  local sink = core.sink_memory()
  writer = core.writer(sink, "table", columns)
  sink:abandon()
  writer:row { 1 }
  t.eq((writer:close()), nil)
  core.writer(core.sink_memory(), "table", columns):row { 1 }
  collectgarbage()
end)

t.test("plain values as JSON", function()
  t.eq(core.json { b = 1, a = "<\27\226\128\174", c = { 1, 2.5, true }, d = {} },
    '{"a": "\\u003c\\u001b\\u202e", "b": 1, "c": [1, 2.5, true], "d": {}}')
  t.eq(core.json { [10] = 1, x = 2 }, '{"10": 1, "x": 2}')
  t.eq(core.json { x = denied, y = "\255" },
    '{"x": null, "y": "\u{fffd}", "y_b64": "/w==", "unknown": {"x": "denied"}}')
  t.eq(core.json(math.mininteger), "-9223372036854775808")
  t.eq(core.json(0 / 0), "null")
  t.eq(core.json(nil), "null")
  local loop = {}
  loop.loop = loop
  t.has(problem(core.json, loop), "deep")
  t.has(problem(core.json, { print }), "function")
  t.has(problem(core.json, { [1.5] = 1 }), "key")
  t.has(problem(core.json, { [1] = 1, ["1"] = 2 }), "one place")
  t.eq(core.json { [1] = 1, [3] = 1 }, '{"1": 1, "3": 1}')
end)

t.test("small things", function()
  t.eq(core.human(1288490189), "1.2G")
  t.eq(core.human(0), "0")
  t.eq(core.human(denied), "?")
  t.eq(core.display_width "日本", 4)
  t.eq(core.escape "a\27\\\n", "a\\x1b\\\\\\n")
  t.eq(core.sink_stdout() == core.sink_stdout(), true)
  t.eq(math.type(core.sink_stdout():width()), "integer")
end)

t.finish()
