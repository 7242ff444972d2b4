# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# The row set `cgroups`: a row for each control group, v2 and v1, of a saved root and of this machine.
setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

# process PID CGROUP: of the root in ./root.
process() {
  mkdir -p "root/$1"
  printf '%d (p%d) S 0 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 %d 4096 0 0\n' "$1" "$1" "$1" >"root/$1/stat"
  printf '%s\n' "$2" >"root/$1/cgroup"
}

# group PATH FILE TEXT...
group() {
  local group=$1
  shift
  mkdir -p "root/.machine/cgroup$group"
  while [ $# -gt 1 ]; do
    printf '%b' "$2" >"root/.machine/cgroup$group/$1"
    shift 2
  done
}

rows() {
  run --separate-stderr "$MEMSH" -f json -s root -e "$1"
  [ "$status" = 0 ]
}

unified() {
  process 1 "0::/init.scope"
  process 10 "0::/system.slice/db.service"
  process 11 "0::/system.slice/db.service"
  group "" cgroup.controllers 'memory\n' memory.stat 'anon 1\nfile 2\n'
  group /init.scope memory.current '4096\n' memory.max 'max\n'
  group /system.slice memory.current '3145728\n' memory.max 'max\n' memory.high '8388608\n'
  group /system.slice/db.service memory.current '2097152\n' memory.max '4194304\n' memory.high 'max\n' \
    memory.low '0\n' memory.peak '4194304\n' memory.swap.current '65536\n' memory.swap.max 'max\n' \
    memory.events 'low 0\nhigh 3\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n' \
    memory.stat 'anon 1048576\nfile 524288\nshmem 4096\nkernel_stack 16384\n' \
    memory.pressure 'some avg10=1.50 avg60=0.25 avg300=0.10 total=2500000\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=1000000\n'
  group /system.slice/empty.service memory.current '0\n' memory.max 'lots\n'
}

@test "cgroups of v2: each group, its limits, what it was refused, its pressure" {
  unified
  rows 'cgroups'
  python3 - "$output" <<'PY'
import json, sys
rows = {r["path"]: r for r in json.loads(sys.argv[1])["rows"]}
assert list(rows) == ["/", "/init.scope", "/system.slice", "/system.slice/db.service", "/system.slice/empty.service"]
assert [r["procs"] for r in rows.values()] == [0, 1, 0, 2, 0]
assert rows["/"]["unknown"] == {"memory_current": "unsupported", "memory_max": "unsupported"}
assert rows["/system.slice/empty.service"]["unknown"] == {"memory_max": "malformed"}
PY
  fields="unit container memory_current memory_peak memory_low memory_high memory_max memory_swap_current memory_swap_max"
  fields="$fields memory_anon memory_file memory_shmem events_high events_max events_oom events_oom_kill"
  fields="$fields pressure_some_avg10 pressure_some_avg60 pressure_full_avg300 pressure_some_total pressure_full_total"
  rows "cgroups:where'unit == \"db.service\"':show'$fields'"
  python3 - "$output" <<'PY'
import json, sys
(row,) = json.loads(sys.argv[1])["rows"]
unlimited = "none"
assert list(row.values()) == ["db.service", "", 2097152, 4194304, 0, unlimited, 4194304, 65536, unlimited, 1048576, 524288,
                              4096, 3, 7, 2, 1, 1.5, 0.25, 0, 2.5, 1], row
PY
}

@test "cgroups can be filtered, sorted, summed, joined as other rows can" {
  unified
  rows 'cgroups:where"memory_current > memory_max / 4 and events_oom_kill > 0":show"path"'
  [[ "$output" == *'{"path": "/system.slice/db.service"}'* ]]
  rows 'cgroups:sort"-memory_current":top(1):show"path"'
  [[ "$output" == *'{"path": "/system.slice"}'* ]]
  rows 'procs:join(cgroups, "cgroup"):show"pid memory_max":sort"pid"'
  [[ "$output" == *'{"pid": 10, "memory_max": 4194304}'* ]]
  rows 'cgroups:where"procs > 0":sum"procs"'
  [[ "$output" == *'"value": 3'* ]]
  # a process is in its group and in all above it
  for path in / /system.slice; do
    python3 - "$path" "$(rows 'procs:show"cgroup"'; echo "$output")" "$(rows 'cgroups:show"path procs_all"'; echo "$output")" <<'PY'
import json, sys
path, procs, groups = sys.argv[1], json.loads(sys.argv[2])["rows"], json.loads(sys.argv[3])["rows"]
below = [p for p in procs if (p["cgroup"] + "/").startswith(path.rstrip("/") + "/") and p["cgroup"]]
(group,) = [g for g in groups if g["path"] == path]
assert group["procs_all"] == len(below) > 0, (group, procs)
PY
  done
  run --separate-stderr "$MEMSH" -s root -e 'cgroups:first().memory_curent'
  [ "$status" = 1 ]
  [[ "$stderr" == *"did you mean 'memory_current'"* ]]
}

@test "the limit of a group is the lowest of its own and of those above it, for its processes, too" {
  unified
  group /system.slice/web.service memory.current '1048576\n' memory.max 'max\n' memory.high 'max\n' memory.min '4096\n'
  process 12 "0::/system.slice/web.service"
  rows 'cgroups:show"path memory_limit memory_limit_percent"'
  python3 - "$output" <<'PY'
import json, sys
rows = {r.pop("path"): r for r in json.loads(sys.argv[1])["rows"]}
assert rows["/init.scope"] == {"memory_limit": "none", "memory_limit_percent": 0}, rows
assert rows["/system.slice"] == {"memory_limit": 8388608, "memory_limit_percent": 37.5}, rows
assert rows["/system.slice/db.service"] == {"memory_limit": 4194304, "memory_limit_percent": 50}, rows
# Its own limits are none: what counts is the slice, and what the slice uses.
assert rows["/system.slice/web.service"] == {"memory_limit": 8388608, "memory_limit_percent": 37.5}, rows
assert rows["/system.slice/empty.service"]["unknown"] == dict.fromkeys(("memory_limit", "memory_limit_percent"), "malformed")
PY
  rows 'procs:where"memory_limit ~= none":show"pid memory_limit memory_limit_percent":sort"pid"'
  [[ "$output" == *'{"pid": 10, "memory_limit": 4194304, "memory_limit_percent": 50}'* ]]
  [[ "$output" == *'{"pid": 12, "memory_limit": 8388608, "memory_limit_percent": 37.5}'* && "$output" != *'"pid": 1,'* ]]
}

@test "a set reads limits before what is used of them: what is used was within them" {
  unified
  run --separate-stderr "$MEMSH" -s root -e 'local core = require "memsh.core" local read = core.cgroup_read
    function core.cgroup_read(source, group, file) print(group .. " " .. file) return read(source, group, file) end
    cgroups:show"memory_current memory_limit_percent":set()'
  [ "$status" = 0 ]
  python3 - "$output" <<'PY'
import sys
read = [line.split() for line in sys.argv[1].splitlines() if line.count(" memory.") == 1]
first = {}
for at, (group, name) in enumerate(read):
    first.setdefault((group, name), at)
groups = {group for group, name in first if name == "memory.current"}
assert len(groups) >= 4
for group in groups:
    limits = max(first.get((group, name), -1) for name in ("memory.max", "memory.high"))
    assert 0 <= limits < first[group, "memory.current"], group
PY
}

@test "every label of memory.stat is a field" {
  unified
  mapfile -t labels < <(sed -n 's/^  { "\([a-z_]*\)", ".*/\1/p' "$MEMSH_ROOT/lua/memsh/query/cgroup_stat.lua")
  number=0
  text=
  for label in "${labels[@]}"; do
    number=$((number + 1))
    text="$text$label $number\n"
  done
  group /system.slice/db.service memory.stat "$text" memory.min '4096\n'
  rows "cgroups:where'unit == \"db.service\"':show'memory_min $(printf 'memory_%s ' "${labels[@]}")'"
  python3 - "$output" <<'PY'
import json, sys
(row,) = json.loads(sys.argv[1])["rows"]
assert row.pop("memory_min") == 4096 and list(row.values()) == list(range(1, len(row) + 1)) and len(row) > 60, row
PY
}

@test "the labels that this kernel prints are fields" {
  stat=$(find /sys/fs/cgroup -name memory.stat -not -path '/sys/fs/cgroup/memory/*' -print -quit 2>/dev/null)
  [ -n "$stat" ] || skip "there is no hierarchy of v2 with memory here"
  while read -r label _; do
    grep -q "{ \"$label\"," "$MEMSH_ROOT/lua/memsh/query/cgroup_stat.lua" || { echo "no field for $label"; return 1; }
  done <"$stat"
}

@test "a set of cgroups is frozen: what was not read is not recorded" {
  unified
  run --separate-stderr "$MEMSH" -s root -e 'local s = cgroups:where"unit == \"db.service\"":set(); os.execute"echo 1 >root/.machine/cgroup/system.slice/db.service/memory.current"; local r = s:first(); print(r.memory_current, why(r.memory_peak))'
  [ "$output" = "2097152	not_recorded" ]
}

@test "cgroups of v1 are read from the files of v1" {
  process 10 "$(printf '5:cpu:/other\n4:memory:/docker/abc\n0::/')"
  group "" memory.usage_in_bytes '8192\n' memory.limit_in_bytes '9223372036854771712\n'
  group /docker/abc memory.usage_in_bytes '4096\n' memory.limit_in_bytes '1048576\n' memory.max_usage_in_bytes '5000\n' \
    memory.failcnt '9\n' memory.oom_control 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n' \
    memory.stat 'cache 1\nrss 2\nswap 3\ntotal_cache 10\ntotal_rss 20\ntotal_shmem 5\ntotal_swap 30\n'
  rows 'cgroups:where"procs == 1":show"path memory_current memory_peak memory_max memory_high memory_swap_current memory_anon memory_file memory_shmem events_max events_oom_kill"'
  python3 - "$output" <<'PY'
import json, sys
(row,) = json.loads(sys.argv[1])["rows"]
assert row.pop("unknown") == {"memory_high": "unsupported"}
assert list(row.values()) == ["/docker/abc", 4096, 5000, 1048576, None, 30, 20, 10, 5, 9, 4], row
PY
  rows 'cgroups:first().memory_max'
  [[ "$output" == *none* ]]
}

@test "a root without cgroup files still tells which groups there are, and that the rest was not recorded" {
  rows() { run --separate-stderr "$MEMSH" -f json -s "$MEMSH_FIXTURES/$1" -e "$2"; }
  rows full 'cgroups:where"container ~= \"\"":show"path procs memory_current"'
  [ "$status" = 0 ]
  [[ "$output" == *'"procs": 1, "memory_current": null, "unknown": {"memory_current": "not_recorded"}'* ]]
  # Whose group may not be known may be in any of them.
  rows sealed 'cgroups:count()'
  [[ "$output" == *'"value": 0'* ]]
}

@test "a process whose group is unknown may be in any: numbers of processes are lower bounds, in conditions, too" {
  unified
  echo '11/cgroup EACCES' >root/errors
  rows 'cgroups:where"unit == \"db.service\"":show"procs"'
  [[ "$output" == *'{"procs": 1, "partial": {"procs": 1}}'* ]]
  rows 'cgroups:where"unit == \"db.service\" and procs >= 1":count()'
  [[ "$output" == *'"value": 1,'* ]]
  rows 'cgroups:where"unit == \"db.service\" and procs < 2":count()'
  [[ "$output" == *'"value": 0,'* ]]
  [[ "$output" == *'"undecided": 1'* ]]
}

@test "a group whose groups can not be listed is a row, and is reported" {
  unified
  printf '.machine/cgroup/system.slice/ EACCES\n' >root/errors
  run --separate-stderr "$MEMSH" -f json -s root --strict -e 'cgroups:show"path memory_current"'
  [ "$status" = 3 ]
  [[ "$output" == *'{"path": "/system.slice", "memory_current": 3145728}'* && "$output" != *empty.service* ]]
  [[ "$output" == *'"unlisted_groups": 1'* ]]
  [[ "$stderr" == *"groups below 1 control group not listed (1 denied)"* ]]
  # What is not there to be listed is no news: none was saved.
  rm -r root/.machine/cgroup root/errors
  run --separate-stderr "$MEMSH" -f json -s root --strict -e 'cgroups:count()'
  [ "$status" = 0 ]
}

@test "a value of a group that cannot be read is missed by --strict, one that the group never had is not" {
  process 1 '0::/'
  group / memory.current '1\n'
  group /a memory.current 'x\n'
  run "$MEMSH" -s root --strict -e 'cgroups:show"path memory_current"'
  [ "$status" = 3 ]
  run "$MEMSH" -s root --strict -e 'cgroups:where"path == \"/\"":show"path memory_current memory_max"'
  [ "$status" = 0 ]
}

@test "no path leads out of the saved groups" {
  process 10 "0::/../../../etc"
  group "" memory.stat 'anon 1\n'
  printf 'secret\n' >memory.max
  rows 'cgroups:where"procs == 1":show"path memory_max"'
  [[ "$output" == *'"unknown": {"memory_max": "denied"}'* ]]
}

@test "cgroups of this machine are those of the hierarchy, with its numbers" {
  run --separate-stderr "$MEMSH" -f json -e 'cgroups:show"path memory_max events_max"'
  [ "$status" = 0 ]
  python3 - "$output" <<'PY'
import json, os, sys
rows = {r["path"]: r for r in json.loads(sys.argv[1])["rows"]}
mounts = [line.split() for line in open("/proc/self/mountinfo")]
v1 = [m[4] for m in mounts if m[m.index("-") + 1] == "cgroup" and "memory" in m[-1].split(",")]
v2 = [m[4] for m in mounts if m[m.index("-") + 1] == "cgroup2"]
if not v1 and not v2:
    sys.exit(0)
top, file = (v1[0], "memory.limit_in_bytes") if v1 else (v2[0], "memory.max")
compared = 0
for path, row in rows.items():
    try:
        text = open(top + path + "/" + file).read().strip()
    except OSError:
        continue
    limit = "none" if text == "max" or int(text) >= 0x7FFFFFFFFFFF0000 else int(text)
    assert row["memory_max"] == limit, (path, row, text)
    compared += 1
groups = sum(1 for _ in os.walk(top))
assert compared >= 1 and abs(len(rows) - groups) <= 5, (compared, len(rows), groups)
PY
}

@test "a sum over groups of which one is below another says so, and what to ask instead is answered without" {
  unified
  run --separate-stderr "$MEMSH" -s root -e 'cgroups:sum"memory_current"'
  [[ $status = 0 && $output = ">=$((4096 + 3145728 + 2097152))" ]] # v2's root has none
  [[ $stderr == "memsh: groups contain one another, "*"cgroups:where\"path =~ '^/[^/]+\$'\" has the topmost alone" ]]
  local topmost
  topmost=$(sed -E 's/.*: (cgroups:where".*") has.*/\1/' <<<"$stderr")
  run --separate-stderr "$MEMSH" -s root -e "$topmost:sum\"memory_current\""
  [[ $output = "$((4096 + 3145728))" && $stderr == "" ]]
  # Rows of a shown total, in whatever order; not what is of a group alone, and groups beside each other.
  for question in 'cgroups:sort"-path":show"path memory_current":total()' 'cgroups:by"":sum"memory_current"'; do
    run --separate-stderr "$MEMSH" -s root -e "$question"
    [[ $stderr == *"contain one another"* ]] || { echo "$question"; return 1; }
  done
  for question in 'cgroups:sum"procs"' 'cgroups:max"memory_current"' 'cgroups:by"path":sum"memory_current"'; do
    run --separate-stderr "$MEMSH" -s root -e "$question"
    [[ $stderr != *"contain one another"* ]] || { echo "$question"; return 1; }
  done
}
