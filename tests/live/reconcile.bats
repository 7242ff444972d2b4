# SPDX-License-Identifier: GPL-3.0-or-later
# The machine's memory adds up, and what a program does shows in the line where it belongs.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
}

# sizes FILE: the lines as "SIZE WHAT".
sizes() {
  "$MEMSH" -f tsv -e 'reconcile():show"size what"' 2>/dev/null | tail -n +2 >"$1"
}

# grew LABEL: by how many KiB a line is larger in after than in before.
grew() {
  echo $((($(awk -F'\t' -v l="$1" '$2 == l {print $1}' after) - $(awk -F'\t' -v l="$1" '$2 == l {print $1}' before)) / 1024))
}

@test "the lines add up to MemTotal, and little is left unexplained" {
  cat >query.lua <<'LUA'
local lines, sum, rest = reconcile():rows(), 0, nil
for _, line in ipairs(lines) do
  sum = sum + line.size
  assert(line.what == "unexplained rest" or line.size >= 0, line.what)
  if line.what == "unexplained rest" then rest = line end
end
assert(sum == sys.mem_total, sum)
print(("unexplained: %s, %.2f %% of %s"):format(human(rest.size), rest.percent, human(sum)))
assert(math.abs(rest.percent) < 5)
LUA
  run --separate-stderr "$MEMSH" query.lua
  echo "$output" "$stderr"
  [ "$status" = 0 ]
}

# Others come and go: what a program adds is looked for until it is there alone.
# adds LABEL KIB COMMAND...: whether starting the helper makes a line that much larger (within 4 MiB).
adds() {
  local label=$1 kib=$2 by
  shift 2
  for _ in {1..15}; do
    sizes before
    start "$@"
    sizes after
    by=$(($(grew "$label") - kib))
    stop_helpers
    echo "$label: $by KiB besides"
    if [ "$by" -gt -4096 ] && [ "$by" -lt 4096 ]; then return 0; fi
  done
  return 1
}

@test "anonymous memory that a program writes is in the line of mapped anonymous memory" {
  adds "anonymous, mapped" 131072 mem dirty 131072
}

@test "two processes with one address space: their memory counts once" {
  adds "anonymous, mapped" 65536 states vfork 65536
}

@test "a memfd that is written and not mapped is shmem that nobody maps; mapped, it is mapped shmem" {
  cat >memfd.py <<'PY'
import mmap, os, sys, time
fd = os.memfd_create("unmapped")
for _ in range(64):
    os.write(fd, os.urandom(1 << 20))
if sys.argv[1] == "mapped":
    area = mmap.mmap(fd, 64 << 20)
    for page in range(0, 64 << 20, 4096):
        area[page]
print("ready", flush=True)
time.sleep(600)
PY
  # start takes programs from there
  mkdir helpers
  cat >helpers/memfd <<SH
#!/bin/sh
exec python3 "$PWD/memfd.py" "\$1"
SH
  chmod +x helpers/memfd
  export MEMSH_HELPERS=$PWD/helpers
  adds "shmem nobody maps" 65536 memfd unmapped
  adds "shmem, mapped" 65536 memfd mapped
}

@test "pools of huge pages, nodes and zram are what /sys says" {
  python3 - <<'PY'
import glob, json, os, re, subprocess

def memsh(name):
    out = subprocess.run([os.environ["MEMSH"], "-f", "json", "-e", f"sys.{name}"], check=True, capture_output=True).stdout
    return json.loads(out).get("rows", [])

def number(path):
    return int(open(path).read().split()[0])

pools = sorted(glob.glob("/sys/kernel/mm/hugepages/hugepages-*kB"), key=lambda p: int(re.findall(r"\d+", p)[0]))
got = memsh("hugepages") if pools else []
assert [p["size"] for p in got] == [int(re.findall(r"\d+", p)[0]) * 1024 for p in pools], got
for pool, path in zip(got, pools):
    assert pool["total"] == number(path + "/nr_hugepages") and pool["free"] == number(path + "/free_hugepages"), pool
nodes = sorted(glob.glob("/sys/devices/system/node/node[0-9]*"), key=lambda p: int(p[len("/sys/devices/system/node/node"):]))
got = memsh("nodes") if nodes else []
for node, path in zip(got, nodes):
    total = int(re.search(r"MemTotal:\s+(\d+) kB", open(path + "/meminfo").read())[1]) * 1024
    assert node["mem_total"] == total and node["mem_free"] + node["mem_used"] == total, node
assert len(got) == len(nodes)
zrams = glob.glob("/sys/block/zram[0-9]*")
got = memsh("zram") if zrams else []
assert {z["name"]: z["disksize"] for z in got} == {os.path.basename(p): number(p + "/disksize") for p in zrams}, got
PY
}
