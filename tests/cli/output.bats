# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# What goes out, and how: a terminal is never steered, a file is whole, a pipe gets everything.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  export NO_COLOR=1
  # Every byte there is, then a bidirectional override, a C1 control and a byte order mark in UTF-8; in every format,
  # as a value, as a column's name, printed, and in a note.
  cat >hostile.lua <<'LUA'
local core = require "memsh.core"
local bytes = {}
for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
local all = table.concat(bytes) .. "\u{202e}\u{9b}\u{feff}"
local out = core.sink_stdout()
for _, mode in ipairs { "table", "vertical", "csv", "tsv", "json", "jsonl", "md" } do
  local writer = core.writer(out, mode, { { name = all, type = "text" }, { name = "path", type = "path" } })
  writer:row { all, all }
  writer:close { [all] = all }
  core.scalar(out, mode, all)
  core.scalar(out, mode, all, { type = "text" })
end
print(all)
core.note(all)
LUA
  # Runs memsh with both streams on a terminal of 80 columns, and says what is wrong with what it wrote.
  cat >on_terminal.py <<'PY'
import fcntl, os, pty, struct, sys, termios, unicodedata
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execv(os.environ["MEMSH"], ["memsh", *sys.argv[2:]])
data = b""
try:
    while chunk := os.read(fd, 65536):
        data += chunk
except OSError:
    pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
text = data.replace(b"\r\n", b"\n").decode(sys.argv[1])
bad = {f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c not in "\n\t"}
print(status, len(text) > 0, sorted(bad), flush=True)
sys.stderr.write(text)
PY
}

@test "a control group's name of 91 characters leaves the columns after it in line" {
  "$MEMSH" -s "$MEMSH_FIXTURES/full" -e 'procs:by"unit":count()' >table
  grep docker- table
  [ "$(awk '{ print length }' table | sort -u | wc -l)" = 1 ]
}

@test "a footprint says in words of how many processes it is not" {
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" -e 'footprint(procs)'
  [[ "$output" == *"partial              6 processes not read: 6 denied"* ]]
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" -f json -e 'footprint(procs)'
  [[ "$output" == *'"partial": {"denied": 6}'* ]]
}

@test "no byte of a name steers a terminal" {
  run --separate-stderr env LC_ALL=C.UTF-8 python3 on_terminal.py utf-8 hostile.lua
  [ "$output" = "0 True []" ]
  [[ "$stderr" == *'\x1b'* && "$stderr" == *'\u001b'* ]]
}

@test "a terminal that is not UTF-8 gets ASCII" {
  for locale in C POSIX en_US.ISO-8859-1; do
    run --separate-stderr env LC_ALL=$locale python3 on_terminal.py ascii hostile.lua
    [ "$output" = "0 True []" ]
  done
}

# on_80 ARG...: what a terminal gets, in its first line what is wrong with it.
on_80() {
  LC_ALL=C.UTF-8 TERM=xterm env "$@" 2>&1
}

@test "colours are all that a terminal gets beside, and they are memsh's" {
  cat >shown.lua <<'LUA'
procs:top(3):show("comm, rss, bar(rss)"):print()
require("memsh").set("mode", "vertical")
procs:top(1):print()
LUA
  for script in hostile.lua shown.lua; do
    command=(python3 on_terminal.py utf-8 -s "$MEMSH_FIXTURES/full" "$script")
    on_80 "${command[@]}" >plain
    on_80 -u NO_COLOR "${command[@]}" >colored
    [ "$(head -n 1 plain)" = "0 True []" ]
    [ "$(head -n 1 colored)" = "0 True ['U+001B']" ]
    cmp <(tail -n +2 plain) <(tail -n +2 colored | sed 's/\x1b\[[012]m//g')
  done
}

@test "in a pipe every format but a printed text is calm, and all of it is UTF-8" {
  sed -i '/^print/d' hostile.lua
  # A scalar that is the user's own text is raw, too.
  sed -i '/core.scalar(out, mode, all)$/d' hostile.lua
  "$MEMSH" hostile.lua >out 2>notes
  python3 - <<'PY'
import unicodedata
for name, controls in ("out", "\r\n\t"), ("notes", "\n"):
    text = open(name, encoding="utf-8", newline="").read()
    assert text
    assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c not in controls]
PY
}

@test "a table on a terminal fits it; in a pipe it is whole" {
  cat >wide.lua <<'LUA'
local core = require "memsh.core"
local writer = core.writer(core.sink_stdout(), "table",
  { { name = "pid", type = "integer" }, { name = "path", type = "path" }, { name = "rss", type = "bytes" } })
writer:row { 1, "/usr/lib/" .. ("日本語"):rep(30) .. "/libc.so", 1288490189 }
writer:close()
LUA
  run --separate-stderr env LC_ALL=C.UTF-8 python3 on_terminal.py utf-8 wide.lua
  [[ "$stderr" == *"/usr/lib/"*"…"*"/libc.so "*" 1.2G"* ]]
  python3 - "$stderr" <<'PY'
import sys, unicodedata
for line in sys.argv[1].splitlines():
    assert sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) <= 80, line
PY
  run "$MEMSH" wide.lua
  [[ "$output" != *…* && "$output" == *"/libc.so  1288490189" ]]
}

@test "print and io.write keep their order" {
  printf "%s\n" 'io.write "1 " print "2" io.write "3 " print "4" io.write "5\n"' >order.lua
  run "$MEMSH" order.lua
  [ "$output" = $'1 2\n3 4\n5' ]
}

@test "os.exit loses nothing that was printed" {
  echo 'print "said" os.exit(7)' >exit.lua
  run "$MEMSH" exit.lua
  [ "$status" = 7 ]
  [ "$output" = said ]
}

@test "output that cannot be written is noticed, a closed pipe is silent" {
  echo 'for i = 1, 100000 do print(i) end' >long.lua
  run bash -c '"$MEMSH" long.lua >/dev/full'
  [ "$status" = 74 ]
  [[ "$output" == *"No space left on device"* ]]
  run bash -c '"$MEMSH" long.lua | head -n 1; exit "${PIPESTATUS[0]}"'
  [ "$status" = 141 ]
  [ "$output" = 1 ]
  run bash -c '"$MEMSH" long.lua >&-'
  [ "$status" = 74 ]
}

@test "Ctrl-C ends a write that nobody reads" {
  cat >rows.lua <<'LUA'
local core = require "memsh.core"
local writer = core.writer(core.sink_stdout(), "csv", { { name = "n", type = "integer" } })
for i = 1, 1e9 do writer:row { i } end
LUA
  # Through Python, since bash lets its background jobs ignore SIGINT.
  cat >blocked.py <<'PY'
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
reader, writer = os.pipe()
p = subprocess.Popen([os.environ["MEMSH"], *sys.argv[1:]], stdout=writer, stderr=subprocess.DEVNULL)
os.close(writer)
os.read(reader, 1)  # it writes, and then it waits
time.sleep(0.3)
p.send_signal(signal.SIGINT)
try:
    print(p.wait(5))
except subprocess.TimeoutExpired:
    p.kill()
    print("it went on")
PY
  run python3 blocked.py rows.lua
  [ "$output" = -2 ]
  run python3 blocked.py -e 'while true do print(("x"):rep(1000)) end'
  [ "$output" = -2 ]
}

# end_by_signals ENVIRONMENT...: a program that writes "out" and hangs in one call of C, ended by each signal.
end_by_signals() {
  cat >ended.py <<'PY'
import os, signal, subprocess, sys, time
hang = 'print "new"; io.stderr:write "ready\\n"; local _ = ("a"):rep(40):match(("a*"):rep(40) .. "b")'
for name, count in [("INT", 2), ("TERM", 2), ("HUP", 2), ("PIPE", 1), ("ALRM", 1), ("USR1", 1), ("USR2", 1), ("QUIT", 1)]:
    number = getattr(signal, "SIG" + name)
    p = subprocess.Popen([os.environ["MEMSH"], "-o", "out", "-e", hang], stderr=subprocess.PIPE,
                         preexec_fn=lambda: [signal.signal(n, signal.SIG_DFL) for n in (number, signal.SIGINT)],
                         env=dict(os.environ, **dict(a.split("=", 1) for a in sys.argv[1:])))
    assert p.stderr.readline() == b"ready\n"
    for _ in range(count):
        time.sleep(0.1)
        p.send_signal(number)
    assert p.wait(20) == -number, (name, p.returncode)
    assert open("out").read() == "old\n", name
    assert not [n for n in os.listdir(".") if n.startswith(".out")], (name, os.listdir("."))
PY
  echo old >out
  python3 ended.py "$@"
}

@test "-o: no signal leaves a temporary file, and the old file stays" {
  end_by_signals
}

@test "-o: an error in the middle leaves no file, and the old one stays" {
  local fails='procs:where(function(p) if p.pid > 500 then error "enough" end return true end)'
  for format in json csv table sqlite; do
    rm -f out
    run "$MEMSH" -s "$MEMSH_FIXTURES/full" -f "$format" -o out -e procs -e "$fails"
    [ "$status" = 1 ]
    [[ $output == *enough* ]]
    [ -z "$(find . -name "*out*")" ]
    echo old >out
    run "$MEMSH" -s "$MEMSH_FIXTURES/full" -f "$format" -o out -e "$fails"
    [ "$status" = 1 ]
    [ "$(cat out)" = old ]
  done
}

@test "-o: the same on a filesystem that has no files without a name" {
  [ -z "${MEMSH_SANITIZE:-}" ] || skip "sanitizers have to be the first library"
  cat >named.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
int openat(int dir, const char *path, int flags, ...)
{
    static int (*real)(int, const char *, int, ...);
    va_list arguments;
    va_start(arguments, flags);
    int mode = va_arg(arguments, int);
    va_end(arguments);
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return errno = EOPNOTSUPP, -1;
    if (!real)
        real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
    return real(dir, path, flags, mode);
}
C
  "${CC:-cc}" -shared -fPIC -O1 -o named.so named.c -ldl || skip "there is no compiler"
  end_by_signals LD_PRELOAD="$PWD/named.so"
  LD_PRELOAD="$PWD/named.so" "$MEMSH" -o out -e 'print "new"'
  [ "$(cat out)" = new ]
  [ -z "$(find . -name '.out*')" ]
}

@test "-o: root follows no link that others could have made" {
  [ "$(id -u)" = 0 ] || skip "only root follows links for others"
  echo precious >target
  mkdir -m 755 strange own
  mkdir -m 777 open
  mkdir -m 1777 sticky
  for folder in strange own open sticky; do ln -s "$PWD/target" "$folder/out"; done
  chown -h 65534 strange strange/out open/out
  for folder in strange open; do
    run --separate-stderr "$MEMSH" -o "$folder/out" -e 'print "new"'
    [ "$status" = 74 ] || [ "$status" = 1 ]
    [ "$(cat target)" = precious ]
  done
  # Root's own link stays root's only where others cannot replace it.
  for folder in own sticky; do
    echo precious >target
    "$MEMSH" -o "$folder/out" -e 'print "new"'
    [ "$(cat target)" = new ]
  done
}

@test "a list of places in memory, as ranges() gives, shows addresses as addresses and sizes as sizes" {
  run -0 "$MEMSH" -s "$MEMSH_FIXTURES/full" -H -e '{{addr = 4096, addr_end = 2101248, pages = 512, size = 2 * M}}'
  [ "${lines[0]}" = "  addr  addr_end  pages  size" ]
  [ "${lines[1]}" = "0x1000  0x201000    512    2M" ]
}

@test "nil is null for programs, and empty in csv" {
  run --separate-stderr "$MEMSH" -f jsonl -s "$MEMSH_FIXTURES/full" -e 'nil'
  [ "$status" = 0 ]
  [ "$output" = '{"value": null}' ]
  "$MEMSH" -f csv -s "$MEMSH_FIXTURES/full" -e 'nil' >out
  [ "$(od -An -c out | tr -d ' ')" = '\n' ]
}

@test "fields of bytes, their sums and differences are scaled with -H, as a sum is; what else was calculated is a number" {
  show() { run -0 "$MEMSH" -s "$MEMSH_FIXTURES/full" "$@"; }
  total=$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' "$MEMSH_FIXTURES/full/meminfo")
  scaled=$("$MEMSH" -s "$MEMSH_FIXTURES/full" -e "human($total)")
  for code in sys.mem_total ' sys.mem_total '; do
    show -H -e "$code"
    [ "$output" = "$scaled" ]
    show -b -e "$code"
    [ "$output" = "$total" ]
  done
  show -H -e 'procs:sort"-rss":first().rss'
  [[ "$output" == *[KMG] ]]
  show -H -e 'sys.mem_total, proc(1).pid, sys.mem_total'
  [ "$output" = "$scaled"$'\n1\n'"$scaled" ]
  free=$(awk '$1 == "MemFree:" { printf "%.0f", $2 * 1024 }' "$MEMSH_FIXTURES/full/meminfo")
  show -H -e 'sys.mem_total - sys.mem_free'
  [ "$output" = "$("$MEMSH" -s "$MEMSH_FIXTURES/full" -e "human($((total - free)))")" ]
  show -H -e 'sys.mem_total - 1' -e '"sys.mem_total", 5'
  [ "$output" = "$((total - 1))"$'\nsys.mem_total\n5' ]
  show -H -e 'sys.mem_total // 1' -e 'proc(1).pid'
  [ "$output" = "$total"$'\n1' ]
}
