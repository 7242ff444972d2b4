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

# plant WHAT NUMBER: runs plant.py, and waits until it is ready; planted_pid is its number. With `in_group` before it, it
# runs in the group.
plant() {
  local before=()
  [ "$1" != in_group ] || { before=(in_group); shift; }
  rm -f planted # what the one before said must not be taken for this one's
  "${before[@]}" python3 "$MEMSH_TESTS/helpers/plant.py" "$@" >planted 3>&- &
  helper_pid=$!
  helper_pids+=("$helper_pid")
  for _ in {1..1000}; do
    if grep -sqx ready planted; then
      planted_pid=$(sed -n "s/^pid //p" planted)
      return 0
    fi
    kill -0 "$helper_pid" 2>/dev/null || return 1
    sleep 0.02
  done
  return 1
}

# rows ID [SECONDS]: the findings of one check, as CSV without the header and what could not be checked.
rows() {
  "$MEMSH" -f csv doctor --seconds "${2:-0}" --only "$1" 2>/dev/null | grep -E "^$1,(info|warn|crit)," || :
}

# The kernel counts a page when it moves to another list, a batch of a CPU at a time, and takes some back when it
# likes: its number moves while nobody does anything.
lazy_free_kb() { # PID
  awk '/^LazyFree/ { print $2 }' "/proc/$1/smaps_rollup"
}

between() { # ONE NUMBER OTHER
  printf '%s\n' "$@" | sort -nc 2>/dev/null || printf '%s\n' "$@" | sort -rnc
}

# kb LABEL: a line of meminfo.
kb() {
  awk -v label="$1:" '$1 == label { print $2 }' /proc/meminfo
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

@test "doctor PID: of what a process alone maps, files on tmpfs and SysV segments are not freed when it ends" {
  [ -w /dev/shm ] || skip "/dev/shm cannot be written"
  cat >holder.py <<'PY'
import ctypes, mmap, os, sys, time
def fill(area): area[:] = b"x" * len(area)
file = open(sys.argv[1], "w+b"); file.truncate(8 << 20)
areas = [mmap.mmap(file.fileno(), 8 << 20), mmap.mmap(-1, 6 << 20, mmap.MAP_PRIVATE)]
memfd = os.memfd_create("of_this_test"); os.ftruncate(memfd, 5 << 20)
areas.append(mmap.mmap(memfd, 5 << 20))
for area in areas: fill(area)
libc = ctypes.CDLL(None); libc.shmat.restype = ctypes.c_void_p
segment = libc.shmget(0, 3 << 20, 0o1600)
place = libc.shmat(segment, None, 0)
ctypes.memset(place, 1, 3 << 20)
print(segment, flush=True)
time.sleep(600)
PY
  python3 holder.py "/dev/shm/memsh_test_$$" >segment 3>&- &
  local pid=$!
  helper_pids+=("$pid")
  for _ in {1..500}; do [ -s segment ] && break || sleep 0.02; done
  "$MEMSH" -f jsonl doctor --seconds 0 "$pid" >rows.jsonl 2>/dev/null
  "$MEMSH" bugreport --html "$pid" >page.html 2>/dev/null
  local anonymous freed
  anonymous=$(awk '/^Anonymous/ { print $2 * 1024 }' "/proc/$pid/smaps_rollup")
  freed=$("$MEMSH" -e "local f = footprint(proc($pid)) print(f.freed_anonymous_min, f.freed_min)")
  kill "$pid" && wait "$pid" || :
  [ "$(stat -c %b "/dev/shm/memsh_test_$$")" = 16384 ] # it has stayed, as has the segment
  rm "/dev/shm/memsh_test_$$"
  ipcrm -m "$(cat segment)"
  grep -F 'but for 11M of tmpfs files and SysV segments' rows.jsonl
  grep -F '5M of memfds and the like' rows.jsonl
  # What is of files is in freed, and not in what is freed at once.
  read -r at_once all <<<"$freed"
  ((at_once >= 6 << 20 && at_once <= anonymous && all >= at_once + (16 << 20)))
  grep -q 'anonymous: free at once' page.html
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
  until_stuck "$helper_pid"
  local answer
  answer=$("$MEMSH" --read-timeout 0.5 -f csv doctor --seconds 0 --only hung 2>/dev/null || :)
  local hung=0
  ! hangs "$helper_pid" smaps_rollup || hung=1
  fsfreeze --unfreeze there || :
  kill "$watchdog" 2>/dev/null || :
  local pid=$helper_pid
  stop_helpers
  umount there
  [ "$hung" = 1 ] || skip "this kernel does not hang over a frozen filesystem"
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

@test "a process near RLIMIT_AS" {
  plant address_space 94
  local limit virt
  limit=$(sed -n "s/^limit //p" planted)
  virt=$(awk '/^VmSize/ { print $2 * 1024 }' "/proc/$planted_pid/status")
  run found process_limits "$planted_pid"
  [[ $output == process_limits,warn,*"RLIMIT_AS"* ]]
  [[ $(cut -d, -f4 <<<"$output") == "$(python3 -c "print(repr(100 * $virt / $limit))" | cut -c1-6)"* ]]
  local pid=$planted_pid
  stop_helpers
  [ -z "$(found process_limits "$pid")" ]
}

@test "a process that grows faster than memory lasts" {
  local rate=$(($(kb MemAvailable) / 1024 / 300))
  [ "$rate" -ge 12 ] && [ "$rate" -le 400 ] || skip "a rate of $rate MiB/s is not for a test"
  plant grow "$rate"
  run found growing "$planted_pid" 1
  [[ $output == "growing,info,python3 ($planted_pid),"* ]]
  local measured=$(($(cut -d, -f4 <<<"$output") >> 20))
  [ "$measured" -ge $((rate / 3)) ] && [ "$measured" -le $((rate * 2)) ]
  local pid=$planted_pid
  kill -USR1 "$pid"
  until grep -qx "done" planted; do sleep 0.02; done
  [ -z "$(found growing "$pid" 0.5)" ] # it grows no more
}

@test "a group near its limit, by memory that is no page cache" {
  group_on 100
  plant in_group hold 70
  [ -z "$(rows cgroup_limit | grep -F ",$group_path," || :)" ]
  stop_helpers
  plant in_group hold 87
  run rows cgroup_limit
  local line
  line=$(grep -F ",$group_path," <<<"$output")
  [[ $line == "cgroup_limit,"@(warn|crit)",$group_path,9"* ]]
  [[ $line == *"of its memory_max (100M), without the page cache that it could give back"* ]]
}

swapped_in() {
  awk '$1 == "pswpin" { print $2 }' /proc/vmstat
}

@test "swap that is read back now, and who waits for it" {
  swap_on
  group_on 30
  plant in_group sweep 60
  local before after rate first
  first=$(swapped_in)
  for _ in {1..100}; do
    before=$(swapped_in)
    [ $((before - first)) -lt 10000 ] || break
    sleep 0.05
  done
  run rows swap_in 1
  after=$(swapped_in)
  [[ $output == swap_in,@(warn|crit),*"Most of it is for python3 ($planted_pid)"* ]]
  rate=$(cut -d, -f4 <<<"$output")
  [ "$rate" -gt 1048576 ] && [ "$rate" -le $(((after - before) * $(getconf PAGESIZE) * 3 / 2)) ]
  stop_helpers
  [ -z "$(rows swap_in 0.5)" ]
}

@test "memory given back by MADV_FREE that RSS still counts" {
  plant lazy_free 600
  local before after bytes
  before=$(lazy_free_kb "$planted_pid")
  [ "$before" -gt $((500 * 1024)) ] || skip "this kernel took it at once"
  run found lazy_free "$planted_pid"
  after=$(lazy_free_kb "$planted_pid")
  [ -n "$output" ] || skip "a dozen others here are larger"
  [[ $output == "lazy_free,info,python3 ($planted_pid),"* ]]
  bytes=$(cut -d, -f4 <<<"$output")
  echo "smaps_rollup said $before kB before and $after kB after"
  between "$before" $((bytes / 1024)) "$after"
  stop_helpers
}

@test "many workers, each of whom counts the memory that they share" {
  local mib=$(($(kb MemTotal) / 1024 / 50))
  [ "$mib" -le 2000 ] && [ "$mib" -ge 60 ] || skip "the machine is too large or too small for it"
  [ "$(kb MemAvailable)" -gt $((mib * 2048)) ] || skip "there is too little memory for it"
  [ -z "$(rows shared_rss)" ] || skip "this machine has some"
  plant workers "$mib"
  run rows shared_rss
  [[ $output == shared_rss,info,*" 21 of python3"* || $output == shared_rss,info,*" of python3 ("* ]]
  stop_helpers
  sleep 0.5
  [ -z "$(rows shared_rss)" ]
}

@test "huge pages that are set aside for nobody" {
  local file=/proc/sys/vm/nr_hugepages size before wanted
  [ -w "$file" ] || skip "the pool can't be changed here"
  before=$(cat "$file") size=$(kb Hugepagesize)
  [ "$before" = 0 ] || skip "there is a pool already"
  wanted=$(($(kb MemTotal) * 6 / 100 / size))
  [ "$(kb MemFree)" -gt $(($(kb MemTotal) / 4)) ] || skip "there is too little memory for it"
  echo "$wanted" >"$file" 2>/dev/null || skip "the pool can't be changed here"
  local got
  got=$(cat "$file")
  run rows hugepages
  echo 0 >"$file"
  [ "$got" = "$wanted" ] || skip "the kernel found $got of $wanted huge pages"
  [[ $output == "hugepages,info,"*",$((got * size * 1024)),"*"$got of $got pages"* ]]
  [ -z "$(rows hugepages)" ]
}

@test "KSM that costs more than it saves" {
  local ksm=/sys/kernel/mm/ksm
  [ -w $ksm/run ] || skip "KSM can't be switched on here"
  [ "$(cat $ksm/run)" = 0 ] || skip "KSM is in use"
  local pages
  pages=$(cat $ksm/pages_to_scan)
  plant mergeable 120
  grep -qs ksm_process_profit "/proc/$planted_pid/ksm_stat" || skip "before Linux 6.4 ksm_stat tells no profit"
  { echo 100000 >$ksm/pages_to_scan && echo 1 >$ksm/run; } 2>/dev/null || skip "KSM can't be switched on here"
  for _ in {1..200}; do
    [ "$(awk '/^ksm_rmap_items/ { print $2 }' "/proc/$planted_pid/ksm_stat")" -ge 25000 ] &&
      [ "$(awk '/^ksm_merging_pages/ { print $2 }' "/proc/$planted_pid/ksm_stat")" -ge 10 ] && break
    sleep 0.05
  done
  echo 0 >$ksm/run
  local profit
  profit=$(awk '/^ksm_process_profit/ { print $2 }' "/proc/$planted_pid/ksm_stat")
  run found ksm "$planted_pid"
  echo 2 >$ksm/run; echo 0 >$ksm/run; echo "$pages" >$ksm/pages_to_scan
  [[ $output == "ksm,info,python3 ($planted_pid),$profit,"* ]]
  stop_helpers
}

@test "a library that was replaced while it is in use" {
  local library
  library=$(ldd "$(command -v sleep)" | awk '/libc\.so/ { print $3 }')
  cp "$library" ./libplanted.so
  LD_PRELOAD=$PWD/libplanted.so sleep 60 3>&- &
  helper_pids+=($!)
  local pid=$!
  until grep -q libplanted "/proc/$pid/maps"; do sleep 0.02; done
  local before
  before=$(rows deleted | cut -d, -f4)
  rm libplanted.so
  run rows deleted
  [ "$(cut -d, -f4 <<<"$output")" = $((${before:-0} + 1)) ]
  stop_helpers
}
