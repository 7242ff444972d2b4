# SPDX-License-Identifier: GPL-3.0-or-later
# Ctrl-C in a script: it ends wherever it is, with status 130.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

# interrupt CODE [SIGNALS]: starts it, sends SIGINT once it has said "ready"; sets code, took (milliseconds), said.
# Through Python, since bash lets its background jobs ignore SIGINT.
interrupt() {
  cat >run.py <<'PY'
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
p = subprocess.Popen([os.environ["MEMSH"], "-e", 'print "ready"; io.stdout:flush(); ' + sys.argv[1]],
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
assert p.stdout.readline() == b"ready\n"
time.sleep(0.1)
start = time.monotonic()
for i in range(int(sys.argv[2])):
    if i:
        time.sleep(0.2)
    p.send_signal(signal.SIGINT)
try:
    p.wait(10)
except subprocess.TimeoutExpired:
    p.kill()
    sys.exit("it went on")
print(p.returncode, int((time.monotonic() - start) * 1000), p.stderr.read().decode())
PY
  read -r code took said < <(python3 run.py "$1" "${2:-1}")
  # ended by the signal: what a shell calls status 130
  [ "$code" = -2 ]
}

@test "loops of all kinds stop at once" {
  limit=100
  [ -z "$MEMSH_SANITIZE" ] || limit=1000
  for code in \
    'while true do end' \
    'local function f() return f() end f()' \
    'while true do pcall(function() while true do end end) end' \
    'while true do pcall(error) end' \
    'coroutine.wrap(function() while true do end end)()' \
    'while true do coroutine.resume(coroutine.create(function() while true do end end)) end' \
    'while true do local co = coroutine.wrap(function() while true do coroutine.yield() end end) for i = 1, 9 do co() end end' \
    'local t = {} for i = 1, 1e5 do t[i] = i end table.sort(t, function(a, b) for i = 1, 1e9 do end return a < b end)' \
    'string.gsub(("x"):rep(1e6), "x", function() for i = 1, 1e9 do end end)' \
    'local x <close> = setmetatable({}, {__close = function() while true do end end}) while true do end' \
    'xpcall(function() while true do end end, function(m) for i = 1, 1e3 do m = i end end)' \
    'load(function() while true do end end)' \
    'debug.sethook(function() end, "l") while true do end'; do
    best=99999
    for _ in 1 2 3; do
      interrupt "$code"
      [ "$said" = "memsh: interrupted" ]
      [ "$took" -ge "$best" ] || best=$took
      [ "$best" -ge "$limit" ] || break
    done
    echo "$best ms: $code"
    [ "$best" -lt "$limit" ]
  done
}

@test "a second one ends what cannot be stopped" {
  interrupt '("a"):rep(40):find(("a-"):rep(20) .. "b")' 2
  interrupt 'xpcall(function() while true do end end, function() while true do end end)' 2
  interrupt 'setmetatable({}, {__gc = function() while true do end end}) collectgarbage()' 2
}

@test "waiting for input is interrupted" {
  cat >run.py <<'PY'
import os, signal, subprocess, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
p = subprocess.Popen([os.environ["MEMSH"], "-e", 'io.stderr:write "ready\\n" while true do io.read() end'],
                     stdin=subprocess.PIPE, stderr=subprocess.PIPE)
assert p.stderr.readline() == b"ready\n"
time.sleep(0.1)
p.send_signal(signal.SIGINT)
assert p.wait(5) == -2
PY
  python3 run.py
}

@test "where SIGINT was ignored it stays ignored" {
  run bash -c "trap '' INT; exec \"$MEMSH\" -e 'os.execute(\"kill -INT \$PPID\") print \"went on\"'"
  [ "$status" = 0 ]
  [ "$output" = "went on" ]
}

@test "what was printed before arrives" {
  cat >run.py <<'PY'
import os, signal, subprocess, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
p = subprocess.Popen([os.environ["MEMSH"], "-e", 'print "first" io.write "second\\n" io.stderr:write "ready\\n" while true do end'],
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
assert p.stderr.readline() == b"ready\n"
p.send_signal(signal.SIGINT)
out = p.communicate()[0]
assert out == b"first\nsecond\n", out
PY
  python3 run.py
}

@test "a file of -o is not written by a run that was interrupted" {
  echo old >out
  cat >run.py <<'PY'
import os, signal, subprocess, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
p = subprocess.Popen([os.environ["MEMSH"], "-o", "out", "-e", 'print "new" io.stderr:write "ready\\n" while true do end'],
                     stderr=subprocess.PIPE)
assert p.stderr.readline() == b"ready\n"
p.send_signal(signal.SIGINT)
assert p.wait(5) == -2
PY
  python3 run.py
  [ "$(cat out)" = old ]
  [ "$(ls)" = $'out\nrun.py' ]
}
