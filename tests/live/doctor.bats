# SPDX-License-Identifier: GPL-3.0-or-later
# memsh doctor on the live machine: what a helper plants is found, with the kernel's own numbers, and is gone with it.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
  group_off
  swap_off
}

# The findings of one check about one process, as CSV without the header.
found() {
  "$MEMSH" -f csv doctor --seconds "${3:-0}" --only "$1" 2>/dev/null | grep -F "($2)" || :
}

@test "a process near vm.max_map_count" {
  local most
  most=$(cat /proc/sys/vm/max_map_count)
  [ "$most" -le 70000 ] || skip "vm.max_map_count is $most"
  start mem maps $((most * 9 / 10))
  local lines
  lines=$(wc -l <"/proc/$helper_pid/maps")
  [[ $(found map_count "$helper_pid") == "map_count,warn,mem ($helper_pid),$lines,$most,"* ]]
  local pid=$helper_pid
  stop_helpers
  [ -z "$(found map_count "$pid")" ]
}

@test "a process near RLIMIT_MEMLOCK, and one that may lock more" {
  [ "$(id -u)" = 0 ] || skip "the second part needs root"
  ulimit -S -l 4096
  start article locked 4000
  [[ $(found process_limits "$helper_pid") == "process_limits,crit,article ($helper_pid),97.65625,97,%,"* ]]
  stop_helpers
  ulimit -S -l 2048 # root locks beyond it
  start article locked 4000
  [ -z "$(found process_limits "$helper_pid")" ]
}

@test "a process whose main thread has ended" {
  start states zombie
  [[ $(found leaderless "$(value leader)") == leaderless,info,* ]]
  [ -z "$(found leaderless "$(value zombie)")" ] # a zombie is none
}

@test "doctor PID: RSS, PSS and swap of its parts are those of smaps" {
  start zoo "$BATS_TEST_TMPDIR" /dev/shm
  "$MEMSH" -f jsonl doctor --seconds 0 "$helper_pid" >rows.jsonl
  python3 - "$helper_pid" <<'PY'
import json, sys
rows = [json.loads(line) for line in open("rows.jsonl")]
with open(f"/proc/{sys.argv[1]}/smaps") as smaps:
    rss = sum(int(line.split()[1]) for line in smaps if line.startswith("Rss:")) * 1024
assert sum(row["value"] for row in rows if row["id"] == "part") == rss, rss
assert {"shared memory", "program and libraries"} <= {row["subject"] for row in rows}
PY
}

@test "an idle machine: nothing is said to be wrong that the kernel does not say" {
  run --separate-stderr "$MEMSH" -f csv doctor --seconds 0.2
  [ "$status" = 0 ]
  # This machine may be short of memory; but then the kernel says so, too.
  if awk '/MemTotal/ { t = $2 } /MemAvailable/ { a = $2 } END { exit !(a * 10 > t) }' /proc/meminfo; then
    [[ $output != *available,* ]]
  fi
}

@test "an ordinary user gets an answer, and no finding that is none" {
  nobody_may_come
  cd /
  run --separate-stderr as_nobody "$MEMSH" doctor --seconds 0
  [ "$status" = 0 ]
  [[ $output == *"Not checked: "* && $output == *"Fine: "* ]]
}

# Freezes a filesystem of its own, as tests/live/stuck.bats does.
@test "a process that hangs with its mappings locked" {
  [ "$(id -u)" = 0 ] || skip "mounting needs root"
  { command -v fsfreeze && command -v mkfs.ext4; } >/dev/null || skip "there is no fsfreeze or no mkfs.ext4"
  dd if=/dev/zero of=image bs=1M count=8 status=none
  mkfs.ext4 -q image 2>/dev/null || skip "mkfs.ext4 does not work here"
  mkdir there
  mount -o loop image there 2>/dev/null || skip "loop devices can't be mounted here"
  start stuck "$PWD/there/file"
  fsfreeze --freeze there || { stop_helpers; umount there; skip "the filesystem can't be frozen here"; }
  (sleep 30; fsfreeze --unfreeze "$PWD/there") >/dev/null 2>&1 3>&- &
  local watchdog=$!
  kill -USR1 "$helper_pid"
  sleep 1
  local answer
  answer=$("$MEMSH" --read-timeout 0.5 -f csv doctor --seconds 0 --only hung 2>/dev/null || :)
  timeout 1 cat "/proc/$helper_pid/cmdline" >/dev/null 2>&1 &
  local reader=$! hangs=0
  sleep 1.5
  ! kill -0 "$reader" 2>/dev/null || hangs=1
  fsfreeze --unfreeze there || :
  kill "$watchdog" 2>/dev/null || :
  local pid=$helper_pid
  stop_helpers
  umount there
  [ "$hangs" = 1 ] || skip "this kernel does not hang over a frozen filesystem"
  [[ $answer == *"hung,warn,stuck ($pid),"* ]]
}

@test "only the dozen largest processes are walked over, and smaps of none" {
  command -v strace >/dev/null || skip "there is no strace"
  strace -f -e trace=openat -o trace "$MEMSH" doctor --seconds 0 >/dev/null 2>&1 || skip "strace does not work here"
  [ "$(grep -c '"smaps_rollup"\|/smaps_rollup"' trace)" -le 24 ]
  [ "$(grep -c '"smaps"\|/smaps"' trace)" = 0 ]
}

@test "in a PID namespace: a short answer, and that others are not listed" {
  unshare --pid --fork --mount-proc true 2>/dev/null || skip "there are no PID namespaces here"
  run --separate-stderr unshare --pid --fork --mount-proc "$MEMSH" doctor --seconds 0
  [ "$status" = 0 ]
  [[ $(tr -s '\n ' ' ' <<<"$output") == *"Not checked: "*"processes outside this PID namespace are not listed"* ]]
}

@test "a kill in a group: when, whom, and at whose limit, by the kernel's own log" {
  [ -r /dev/kmsg ] || skip "there is no log of the kernel here"
  group_on 30
  in_group python3 -c 'x = bytearray(200 << 20)' || :
  dd if=/dev/kmsg iflag=nonblock bs=8192 >log 2>/dev/null || :
  local line pid
  line=$(grep -aE "^[0-7],.*Killed process [0-9]+ \\(python3\\)" log | tail -n 1)
  [ -n "$line" ] || skip "the kernel's log has no kill here"
  pid=$(grep -oE "process [0-9]+" <<<"$line" | cut -d" " -f2)
  run --separate-stderr "$MEMSH" -f csv -e "report\"oom_kills\"{}:where\"pid == $pid\":show\"comm uid anon limited\""
  local anon
  anon=$(grep -oE "anon-rss:[0-9]+" <<<"$line" | cut -d: -f2)
  [[ ${lines[1]} == "python3,0,$((anon * 1024)),$group_path,"* ]]
  run --separate-stderr "$MEMSH" -f csv doctor --seconds 0 --only oom_kill
  [[ $output == *oom_kill,warn,*"python3 ($pid) "*" s ago, at the limit of group $group_path, with "* ]]
}
