# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# limits, ksm_stat, numa_maps and fdinfo against those who know: the program that set them, and the kernel's own files.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
}

@test "limits are those that were set" {
  cat >"$BATS_TEST_TMPDIR/limited.py" <<'PY'
import json, os, resource, subprocess, sys
wanted = {
    "limit_core": (resource.RLIMIT_CORE, 1234567), "limit_stack": (resource.RLIMIT_STACK, 7 << 20),
    "limit_data": (resource.RLIMIT_DATA, 1 << 40), "limit_as": (resource.RLIMIT_AS, 1 << 45),
    "limit_rss": (resource.RLIMIT_RSS, resource.RLIM_INFINITY), "limit_memlock": (resource.RLIMIT_MEMLOCK, 4096),
}
for which, soft in wanted.values():
    resource.setrlimit(which, (soft, resource.getrlimit(which)[1]))
query = f"procs:where'pid == {os.getpid()}':show'{' '.join(wanted)}'"
out = subprocess.run([os.environ["MEMSH"], "-f", "json", "-e", query], check=True, capture_output=True).stdout
(row,) = json.loads(out)["rows"]
for name, (_, soft) in wanted.items():
    assert row[name] == (soft if soft != resource.RLIM_INFINITY else "none"), (name, row)
# An unlimited one is larger than anything.
query = f"procs:where'pid == {os.getpid()} and limit_rss > 100T and limit_memlock < 5K':count()"
out = subprocess.run([os.environ["MEMSH"], "-f", "json", "-e", query], check=True, capture_output=True).stdout
assert json.loads(out)["value"] == 1, out
PY
  [ -z "$MEMSH_SANITIZE" ] || skip "a sanitizer does not live within a limit of the address space"
  python3 "$BATS_TEST_TMPDIR/limited.py"
}

@test "numa is the sum over numa_maps, and fits resident memory" {
  [ -r /proc/self/numa_maps ] || skip "this kernel has no NUMA"
  start mem dirty 8192
  run --separate-stderr "$MEMSH" -f json -e "proc($helper_pid):get'numa'" -e "proc($helper_pid).rss_exact"
  [ "$status" = 0 ]
  python3 - "$output" "$helper_pid" <<'PY'
import json, re, sys
decoder = json.JSONDecoder()
numa, end = decoder.raw_decode(sys.argv[1])
rss, _ = decoder.raw_decode(sys.argv[1][end:].strip())
nodes = {}
for line in open(f"/proc/{sys.argv[2]}/numa_maps"):
    size = int(re.search(r"kernelpagesize_kB=(\d+)", line)[1]) if "kernelpagesize" in line else 0
    for node, pages in re.findall(r" N(\d+)=(\d+)", line):
        nodes[int(node)] = nodes.get(int(node), 0) + int(pages) * size * 1024
value = numa["value"]
assert [nodes.get(i, 0) for i in range(len(value))] == value, (nodes, value)
assert 8 << 20 <= sum(value) <= rss["value"], (value, rss)
PY
}

@test "ksm numbers are the kernel's" {
  [ -r /proc/self/ksm_stat ] || skip "this kernel has no ksm_stat"
  start mem dirty 64
  "$MEMSH" -f json -e "procs:where'pid == $helper_pid':show'ksm_rmap_items ksm_merging_pages ksm_process_profit'" >"$BATS_TEST_TMPDIR/out"
  python3 - "$BATS_TEST_TMPDIR/out" "$helper_pid" <<'PY'
import json, sys
(row,) = json.load(open(sys.argv[1]))["rows"]
for line in open(f"/proc/{sys.argv[2]}/ksm_stat"):
    label, value = line.split()
    if label in row:
        assert row[label] == int(value), (label, row)
PY
}

teardown() {
  stop_helpers
}

# A plain file where a graphics device would be has no lines of a driver, as before Linux 5.19.
@test "graphics memory is 0 without a graphics device, and unknown where its driver does not say" {
  unshare -m true 2>/dev/null || skip "needs mount namespaces"
  cat >"$BATS_TEST_TMPDIR/inside.sh" <<'SH'
set -e
mkdir top
mount -t tmpfs tmpfs top
cp -a /dev/null top
mount --move top /dev
mkdir /dev/dri
echo >/dev/dri/card0
sleep 60 3</dev/dri/card0 & held=$!
sleep 60 & plain=$!
trap 'kill $held $plain' EXIT
"$MEMSH" -f json -e "procs:where'pid == $held or pid == $plain':sort'pid':show'drm_total'"
SH
  cd "$BATS_TEST_TMPDIR"
  run --separate-stderr unshare -m sh inside.sh
  echo "$stderr"
  [ "$status" = 0 ]
  jq -e '.rows[0].unknown.drm_total == "unsupported" and .rows[1].drm_total == 0' <<<"$output"
}
