# SPDX-License-Identifier: GPL-3.0-or-later
# What only a machine of one's own has: two nodes, swap in compressed memory, memory that runs out.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
  group_off
  [ -z "${zram:-}" ] || { swapoff "$zram"; rmmod zram; }
  [ -z "${huge_pages:-}" ] || echo 0 >/proc/sys/vm/nr_hugepages
}

zram_on() {
  modprobe zram num_devices=1
  zram=/dev/zram0
  echo 64M >/sys/block/zram0/disksize
  mkswap -q "$zram"
  swapon "$zram"
}

start_zoo() {
  mkdir -p files
  start zoo "$PWD/files" /dev/shm
}

@test "no label that this kernel prints is unknown to memsh" {
  start_zoo
  run --separate-stderr "$MEMSH" --debug labels -f json -e 'procs{kernel=true}:show"age res vm_rss pss ksm_rmap_items limit_as"' \
    -e 'maps:show"pss vm_flags"' -e 'sys.mem_free' -e 'sys.vmstat.oom_kill'
  echo "$stderr"
  [ "$status" = 0 ]
  [ "${#output}" -gt 10000 ]
  [[ "$stderr" != *"no field for the label"* ]]
}

@test "memsh selfcheck, beside every kind of mapping, huge pages and swap in zram" {
  zram_on
  huge_pages=4
  echo 4 >/proc/sys/vm/nr_hugepages
  start_zoo
  [ "$(value swapped)" -gt 0 ]
  run "$MEMSH" selfcheck
  echo "$output"
  [ "$status" = 0 ]
}

@test "all numbers of all processes, by another reader, beside swap in zram" {
  zram_on
  huge_pages=4
  echo 4 >/proc/sys/vm/nr_hugepages
  start_zoo
  run python3 "$MEMSH_TESTS/agree.py" kernel
  echo "$output"
  awk '{ print "# " $0 }' <<<"$output" >&3
  [ "$status" = 0 ]
}

@test "ps, top and pmap of this kernel's own release" {
  start_zoo
  PATH=/memsh/procps/bin:$PATH
  pmap -V
  run python3 "$MEMSH_TESTS/agree.py" ps top pmap
  echo "$output"
  [ "$status" = 0 ]
  grep -c 'values of' <<<"$output" | grep -qx 3
  { pmap -V; echo "$output"; } | sed 's/^/# /' >&3
}

# What NUMA balancing does to huge pages for a while, mprotect does for good. Linux 6.1 to 6.4 leave them out of smaps.
@test "huge pages that may not be touched: what smaps leaves out is explained" {
  cat >huge.py <<'PY'
import ctypes, mmap, time
area = mmap.mmap(-1, 16 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
area.madvise(mmap.MADV_HUGEPAGE)
for page in range(0, 16 << 20, 4096):
    area[page] = 1
start = ctypes.addressof(ctypes.c_char.from_buffer(area))
ctypes.CDLL(None).mprotect(ctypes.c_void_p(start), ctypes.c_size_t(16 << 20), 0)
print(f"{start:x}", flush=True)
time.sleep(600)
PY
  python3 huge.py >start 3>&- &
  local pid=$! rss explained
  helper_pids+=("$pid")
  until [ -s start ]; do sleep 0.1; done
  rss=$(grep -A4 "^$(cat start)" "/proc/$pid/smaps" | awk '/^Rss/ { print $2 }')
  run --separate-stderr "$MEMSH" -f tsv --no-header -e "proc($pid):check():where'not expected'"
  echo "$output" "$stderr"
  [ "$output" = "" ]
  explained=$("$MEMSH" -e "proc($pid):check():where\"has(why, 'huge pages')\":count()")
  echo "smaps: $rss kB; explained: $explained"
  if [ "$rss" = 16384 ]; then [ "$explained" = 0 ]; else [ "$explained" = 3 ]; fi
}

@test "zram: what is in it, and what that takes" {
  zram_on
  start mem swapped 4096 16384
  sync
  python3 - "$helper_pid" <<'PY'
import json, os, subprocess, sys

def memsh(*queries):
    words = [word for query in queries for word in ("-e", query)]
    out, decoder, found = subprocess.run([os.environ["MEMSH"], "-f", "json", *words], check=True, capture_output=True,
                                         text=True).stdout, json.JSONDecoder(), []
    while out.strip():
        value, end = decoder.raw_decode(out.strip())
        found.append(value["rows"] if "rows" in value else value["value"])
        out = out.strip()[end:]
    return found

def files():
    numbers = open("/sys/block/zram0/mm_stat").read().split()
    name, _, size, used, _ = open("/proc/swaps").read().splitlines()[1].split()
    return [int(number) for number in numbers], int(size) * 1024, int(used) * 1024

before = files()
(zram,), (area,), swap = memsh("sys.zram", "sys.swaps", f"proc({sys.argv[1]}).swap")
assert files() == before, "it did not keep still"
stat, size, used = before
names = "orig compr used limit used_max same_pages compacted huge_pages huge_pages_since".split()
assert len(stat) > 6 and [zram[name] for name in names[:len(stat)]] == stat, (zram, stat)
assert (area["size"], area["used"]) == (size, used), (area, size, used)
assert 16384 * 1024 <= swap <= used, (swap, used)
PY
}

@test "two nodes: a process bound to each is on it" {
  for node in 0 1; do
    numactl --membind=$node "$MEMSH_HELPERS/mem" dirty 65536 >"bound$node" 3>&- &
    helper_pids+=($!)
    until grep -qx ready "bound$node"; do sleep 0.1; done
  done
  python3 - "${helper_pids[@]}" <<'PY'
import json, os, re, subprocess, sys
for node, pid in enumerate(sys.argv[1:]):
    out = subprocess.run([os.environ["MEMSH"], "-f", "json", "-e", f"proc({pid}):get'numa'"], check=True,
                         capture_output=True).stdout
    value, kernel = json.loads(out)["value"], [0, 0]
    for line in open(f"/proc/{pid}/numa_maps"):
        for where, pages in re.findall(r" N(\d+)=(\d+)", line):
            kernel[int(where)] += int(pages) * int(re.search(r"kernelpagesize_kB=(\d+)", line)[1]) * 1024
    value += [0] * (len(kernel) - len(value))
    assert value == kernel and value[node] >= 64 << 20, (value, kernel)
PY
  run "$MEMSH" -f csv numa
  [ "$status" = 0 ]
}

@test "pages that KSM merged: of the mapping, of the process, of the machine" {
  local ksm=/sys/kernel/mm/ksm
  echo 100000 >$ksm/pages_to_scan
  echo 1 >$ksm/run
  python3 "$MEMSH_TESTS/helpers/plant.py" mergeable 16 >planted 3>&- &
  helper_pids+=($!)
  for _ in {1..300}; do
    [ "$(cat $ksm/pages_sharing)" -lt 10 ] || break
    sleep 0.1
  done
  [ "$(cat $ksm/pages_sharing)" -ge 10 ]
  echo 0 >$ksm/run
  local merged
  merged=$(awk '/^KSM/ { print $2 * 1024 }' "/proc/${helper_pids[0]}/smaps_rollup")
  run --separate-stderr "$MEMSH" -f tsv --no-header -e "procs:where'pid == ${helper_pids[0]}':show'ksm'"
  echo "$output; the kernel: $merged"
  if [ -n "$merged" ]; then
    [ "${lines[0]}" = "$merged" ]
    [ "$merged" -gt 0 ]
  else
    [ "$output" = "" ] # before Linux 6.6
  fi
  echo 2 >$ksm/run
  echo 0 >$ksm/run
}

@test "pressure: what the kernel says of a group that is held back, and of the machine" {
  group_on 200
  echo $((24 << 20)) >"$group_dir/memory.high"
  in_group timeout 6 python3 "$MEMSH_TESTS/helpers/plant.py" sweep 48 >/dev/null 3>&- || :
  python3 - "$group_dir" "$group_path" <<'PY'
import json, os, subprocess, sys
directory, path = sys.argv[1:]

def pressure(file):
    return {line.split()[0]: int(line.split("total=")[1]) / 1e6 for line in open(file)}

def memsh(query):
    return json.loads(subprocess.run([os.environ["MEMSH"], "-f", "json", "-e", query], check=True,
                                     capture_output=True).stdout)["rows"]

query = f"cgroups:where'path == \"{path}\"':show'pressure_some_total pressure_full_total events_high memory_high'"
(group,) = memsh(query)
kernel = pressure(directory + "/memory.pressure")
assert abs(group["pressure_some_total"] - kernel["some"]) < 0.001 and kernel["some"] > 0.01, (group, kernel)
assert abs(group["pressure_full_total"] - kernel["full"]) < 0.001, (group, kernel)
events = dict(line.split() for line in open(directory + "/memory.events"))
assert group["events_high"] == int(events["high"]) > 0 and group["memory_high"] == 24 << 20, (group, events)
PY
}

# The last one: the machine's memory is full of nothing afterwards.
@test "memory runs out: whom the kernel killed, and that it was nobody's limit" {
  local before
  before=$("$MEMSH" -e 'sys.vmstat.oom_kill')
  echo 1 >/proc/sys/vm/overcommit_memory
  run "$MEMSH_HELPERS/mem" dirty $((3 << 20))
  echo 0 >/proc/sys/vm/overcommit_memory
  [ "$status" -ne 0 ]
  [ "$("$MEMSH" -e 'sys.vmstat.oom_kill')" -gt "$before" ]
  run --separate-stderr "$MEMSH" -f csv -e 'report"oom_kills"{}:where"comm == \"mem\"":top(1):show"uid, limited, anon > 500M"'
  echo "$output" "$stderr"
  [[ "${lines[1]}" == "0,,true"* ]]
  run --separate-stderr "$MEMSH" -f csv doctor --seconds 0 --only oom_kill
  echo "$output"
  [[ $output == *oom_kill,@(warn|crit),*"mem ("*" s ago"* ]]
}
