# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Files whose pages are shmem though the name or the device does not say so: on overlays, and plain files in /dev.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  [ "$(id -u)" = 0 ] || skip "mounting needs root"
  unshare -m true 2>/dev/null || skip "no mount namespace can be had"
  cd "$BATS_TEST_TMPDIR" || return
  cat >hold.py <<'PY'
import mmap, os, sys, time
path, how = sys.argv[1:]
size = 1 << 20
if not os.path.exists(path) or os.path.getsize(path) < size:
    with open(path, "wb") as file:
        file.write(b"x" * size)
kept = mmap.mmap(os.open(path, os.O_RDWR), size, mmap.MAP_SHARED if how == "shared" else mmap.MAP_PRIVATE)
sum(kept[i] for i in range(0, size, 4096))
print(os.getpid(), file=open("ready", "w"))
time.sleep(600)
PY
}

teardown() {
  if [ -n "${holder:-}" ]; then kill "$holder" 2>/dev/null || true; fi
  if [ -n "${plain:-}" ]; then rm -f "$plain"; fi
}

# hold COMMANDS PATH shared|private: in a mount namespace of its own, after these commands.
hold() {
  unshare -m sh -ec "$1; exec python3 $PWD/hold.py $2 $3" 3>&- &
  for _ in $(seq 100); do
    if [ -s ready ]; then
      holder=$(cat ready)
      return
    fi
    sleep 0.1
  done
  return 1
}

overlay_on() {
  echo "mount -t tmpfs none $PWD/disk; cd $PWD/disk; mkdir u w l m; mount -t overlay o -o $1 m; cd ../"
}

# ask NAME...: the file's row, and the process.
ask() {
  "$MEMSH" -f json -e "proc($holder):maps():where('has(name, n)', {n = '$1'}):show'kind quadrant on_shmem rss'" \
    -e "procs:where'pid == $holder':show'vm_rss private_anon shared_anon private_file shared_file'" >answer
  cat answer
}

# The kernel's own count of shmem pages.
rss_shmem() {
  awk '/^RssShmem/ { print $2 * 1024 }' "/proc/$holder/status"
}

in_nsenter() {
  nsenter -t "$holder" -m "$@"
}

@test "an overlay of a tmpfs alone holds shmem, and the quadrants add up" {
  mkdir disk
  local dir=$PWD/disk
  hold "$(overlay_on "lowerdir=$dir/l,upperdir=$dir/u,workdir=$dir/w")" "$dir/m/file" private || skip "no overlay can be mounted"
  [ "$(rss_shmem)" -ge 1048576 ] || skip "this kernel counts pages of overlays otherwise"
  # The paths of its layers are those of its own mounts.
  cd "$BATS_TEST_TMPDIR" && in_nsenter env MEMSH="$MEMSH" "$MEMSH" -f json \
    -e "proc($holder):maps():where'has(name, \"/m/file\")':show'kind quadrant on_shmem rss'" \
    -e "procs:where'pid == $holder':show'vm_rss private_anon shared_anon private_file shared_file'" >answer
  python3 - "$(rss_shmem)" <<'PY'
import json, sys
decoder, text = json.JSONDecoder(), open("answer").read()
first, end = decoder.raw_decode(text)
second, _ = decoder.raw_decode(text[end:].lstrip())
(row,), (process,) = first["rows"], second["rows"]
assert (row["kind"], row["quadrant"], row["on_shmem"]) == ("shmem", "private-file", True), row
parts = sum(process[name] for name in ("private_anon", "shared_anon", "private_file", "shared_file"))
assert abs(parts - process["vm_rss"]) <= 512 * 1024, (parts, process)  # the counters lag
assert process["shared_anon"] == int(sys.argv[1]) and parts - process["vm_rss"] < row["rss"] / 2
PY
}

@test "of an overlay with layers that can't be told, nothing is counted twice" {
  kernel_since 6.8 || skip "before Linux 6.8 maps shows the file below, whose filesystem is known"
  mkdir disk
  hold "$(overlay_on "lowerdir=l,upperdir=u,workdir=w")" "$PWD/disk/m/file" private || skip "no overlay can be mounted"
  ask /m/file
  python3 - <<'PY'
import json
decoder, text = json.JSONDecoder(), open("answer").read()
first, end = decoder.raw_decode(text)
second, _ = decoder.raw_decode(text[end:].lstrip())
(row,), (process,) = first["rows"], second["rows"]
assert row["on_shmem"] is None and row["unknown"] == {"on_shmem": "unsupported"}, row
assert process["private_file"] is None and process["unknown"] == {"private_file": "unsupported"}, process
PY
}

@test "a plain file in /dev is no device" {
  plain=$(mktemp /dev/memsh.XXXXXX) || skip "/dev can't be written to"
  [[ "$(stat -f -c %T /dev)" == tmpfs ]] || skip "/dev is no tmpfs"
  hold true "$plain" shared
  ask "$plain"
  python3 - "$(rss_shmem)" <<'PY'
import json, sys
decoder, text = json.JSONDecoder(), open("answer").read()
first, end = decoder.raw_decode(text)
second, _ = decoder.raw_decode(text[end:].lstrip())
(row,), (process,) = first["rows"], second["rows"]
assert (row["kind"], row["quadrant"], row["on_shmem"]) == ("shmem", "shared-anon", True), row
parts = sum(process[name] for name in ("private_anon", "shared_anon", "private_file", "shared_file"))
assert abs(parts - process["vm_rss"]) < 512 * 1024 and process["shared_anon"] == int(sys.argv[1]), (parts, process)
PY
}
