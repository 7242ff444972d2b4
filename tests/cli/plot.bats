# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Plots beside a recount of the same files by other code.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  export LC_ALL=C.UTF-8
}

ask() {
  "$MEMSH" -s "$MEMSH_FIXTURES/full" "$@" 2>/dev/null
}

@test "the distribution of a field and its largest parts, recounted" {
  ask -f json -e 'procs:plot"pss"' >pss.json
  ask -b -e 'procs:plot"pss"' >pss.txt
  ask -f json -e 'maps:plot"rss"' >rss.json
  ask -b -e 'maps:plot"rss"' >rss.txt
  python3 - "$MEMSH_FIXTURES/full" <<'PY'
import glob, json, os, re, sys
root = sys.argv[1]

def bins(values):
    counted = {}
    for value in values:
        place = value.bit_length()
        n, total = counted.get(place, (0, 0))
        counted[place] = n + 1, total + value
    low, high = min(p for p in counted if p), max(counted)
    places = ([0] if 0 in counted else []) + list(range(low, high + 1))
    return [(1 << p - 1 if p else 0, 1 << p if p else 0, *counted.get(p, (0, 0))) for p in places]

def check(name, values, unknown):
    rows = json.load(open(name + ".json"))["rows"]
    assert len(rows) <= 17
    told = [(r["from"], r["to"], r["n"], r["sum"]) for r in rows if r["from"] is not None]
    assert told == bins(values), (told, bins(values))
    assert sum(r["n"] for r in rows if r["from"] is None) == unknown
    parts = open(name + ".txt").read().split("\n\n")[1].splitlines()[1:]
    numbers = [re.search(r"(\d+) +(\d+\.\d)  [^\w ]+$", line) for line in parts]
    shown = [(int(n[1]), n[2]) for n in numbers if n]
    greatest = sorted(values, reverse=True)[:10]
    rest = sum(values) - sum(greatest)
    assert [n for n, _ in shown] == greatest + ([rest] if len(values) > 10 else []), shown
    for number, share in shown:
        assert abs(float(share) - 100 * number / sum(values)) <= 0.05001, (number, share)

pss, rss, unknown = [], [], 0
for pid in filter(str.isdigit, os.listdir(root)):
    status = open(f"{root}/{pid}/status").read()
    if re.search(r"Kthread:\s*1", status) or pid == "2":
        continue
    try:
        pss.append(int(re.search(r"^Pss:\s+(\d+)", open(f"{root}/{pid}/smaps_rollup").read(), re.M)[1]) * 1024)
    except (OSError, TypeError):
        unknown += 1
        continue
    rss += [int(n) * 1024 for n in re.findall(r"^Rss:\s+(\d+)", open(f"{root}/{pid}/smaps").read(), re.M)]
check("pss", pss, unknown)
check("rss", rss, 0)
PY
}

@test "a plot fits 80 and 200 columns, and uses them" {
  for columns in 80 200; do
    python3 - "$columns" <<'PY' >shown
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="xterm", NO_COLOR="1")
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execv(os.environ["MEMSH"], ["memsh", "-s", os.environ["MEMSH_FIXTURES"] + "/full", "-e", 'maps:plot"rss"'])
data = b""
try:
    while chunk := os.read(fd, 65536):
        data += chunk
except OSError:
    pass
sys.stdout.write(data.decode().replace("\r\n", "\n"))
PY
    [ "$(wc -L <shown)" -le "$columns" ]
    [ "$(wc -L <shown)" -ge 75 ]
    [ "$(wc -l <shown)" -le 22 ]
  done
}

@test "bars are ASCII where the locale has no blocks" {
  [[ "$(LC_ALL=C ask -e 'procs:plot"pss"' | LC_ALL=C tr -d '\n\040-\176')" == "" ]]
  [[ "$(LC_ALL=C ask -e 'procs:plot"pss"')" == *"  ####"* ]]
  [[ "$(ask -e 'procs:plot"pss"')" == *"  ████"* ]]
}

@test "nothing to draw, one value, negative ones, all unknown" {
  [ "$(ask -e 'procs:where"pid == 0":plot"pss"')" = "pss of procs:where(\"pid == 0\"): 0 rows
from  to  n  sum" ]
  ask -b -e 'procs:where"pid == 1":plot"pss"' >one
  grep -q '^262144  524288  1  354304' one
  grep -q '^systemd    1  354304  100.0' one
  ask -f csv -e 'procs:where"pid == 1 or pid == 901":plot"354304 - pss"' >differences
  grep -q '^0,0,1,0' differences
  grep -q '^-67108864,-33554432,1,-39677952' differences
  run ask -e 'procs:where"pid == 1 or pid == 901":plot"354304 - pss"'
  [[ "$output" != *share* ]]
  run ask -e 'procs:where"pid == 1200":plot"pss"'
  [[ "$output" == *"1 row, 1 unknown"*"?   ?  1    ?"* ]]
}

@test "a difference is drawn, with whose it is; each verb and end takes differences and joins, or says why not" {
  ask -b -e 'local before = procs:where"pid ~= 1":set(); (procs - before):plot"rss"' >grown
  grep -q "^systemd *1 *$(($(awk '/^VmRSS/ { print $2 }' "$MEMSH_FIXTURES/full/1/status") * 1024)) *100.0" grown
  cat >all.lua <<'LUA'
local sets = { procs - procs:top(3):set(), maps - maps:top(3):set(), procs:by"user":sum"rss" - procs:by"user":sum"rss":set(),
  procs:join(maps:by"pid":sum"rss", "pid"), procs:join(procs - procs:top(3):set(), "pid") }
local takes = { where = { "rss > 0" }, top = { 2 }, skip = { 1 }, agg = { { most = "max(rss)" } }, join = { procs, "pid" },
  plot = { "rss" }, explain = {}, over = { {} }, maps = {} }
local n = 0
for name, entry in pairs(require "memsh.catalogue.entries".rowset) do
  for i, set in ipairs(sets) do
    local ok, slip = pcall(function()
      local made = set[name](set, table.unpack(takes[name] or entry.takes ~= "" and name ~= "count" and { "rss" } or {}))
      if type(made) == "table" and getmetatable(made) == getmetatable(set) then made:print() end
    end)
    if not ok and (slip:find "attempt to" or slip:find "internal") then io.stderr:write(name, " of ", i, ": ", slip, "
") end
    n = n + 1
  end
end
assert(n > 100)
LUA
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/full" all.lua
  [ "$status" -ne 2 ] && ! grep ' of [0-9]: ' <<<"$stderr"
}

@test "a sum that something is missing from stays marked" {
  "$MEMSH" -s "$MEMSH_FIXTURES/denied" -e 'procs:by"user == '\''4242'\''":sum"pss":plot"pss"' >shown 2>said
  "$MEMSH" -b -s "$MEMSH_FIXTURES/denied" -e 'procs:by"pid > 0":sum"pss":plot"pss"' 2>said >shown
  grep -q '>=354304 *~100.0' shown
  grep -q '7 denied' said
  # What is known is a larger share of what is known than of all; what has no memory lacks none.
  "$MEMSH" -b -s "$MEMSH_FIXTURES/denied" -e 'procs:plot"pss"' 2>said | grep -q '^sh *1400 *354304 *~100.0'
  [ "$(ask -b -e 'procs:plot"pss"' | grep -c '~')" = 0 ]
}
