# SPDX-License-Identifier: GPL-3.0-or-later
# Reports beside the tools that they are named after, value by value. Both read one copy of smaps, which stands in
# place of the kernel's file where only they see it: PSS moves with every program that starts.

load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  export LC_ALL=C.UTF-8
}

teardown() {
  stop_helpers
}

# Runs a command where the files of these processes, and meminfo, are copies.
frozen() {
  unshare -m true 2>/dev/null || skip "mounts of one's own can't be had here"
  local pid file
  local -a list
  read -ra list <<<"$1"
  shift
  mkdir -p frozen
  for pid in "${list[@]}"; do
    for file in maps smaps smaps_rollup; do
      cat "/proc/$pid/$file" >"frozen/$pid.$file"
    done
  done
  cat /proc/meminfo >frozen/meminfo
  # shellcheck disable=SC2016
  unshare -m bash -c '
    mount --bind frozen/meminfo /proc/meminfo || exit 1
    for file in frozen/*.*; do
      [ -e "$file" ] || continue
      name=${file#frozen/}
      mount --bind "$file" "/proc/${name%.*}/${name#*.}" || exit 1
    done
    "$@"' - "$@"
}

report() {
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" "$@"
}

# What runs in there may call memsh as `report`.
with_report() {
  # shellcheck disable=SC2016
  bash -c 'report() { "$MEMSH" --reports "$MEMSH_ROOT/scripts" "$@"; }; eval "$1"' - "$1"
}
export -f with_report

# Two processes that no other command line is like: their numbers in $pids.
start_two() {
  start mem dirty 301
  pids=$helper_pid
  start mem dirty 301
  pids="$pids $helper_pid"
}

need_smem() {
  command -v smem >/dev/null || skip "there is no smem"
}

@test "smem: by process, by user, by mapping, with totals" {
  need_smem
  start_two
  frozen "$pids" with_report "
    smem -H -P '/mem dirty 30[1]\$' -c 'pid swap uss pss rss' >process
    smem -H -P '/mem dirty 30[1]\$' -u -c 'user count swap uss pss rss' >user
    smem -H -P '/mem dirty 30[1]\$' -m -c 'pids avgpss pss map' >mapping
    report -f tsv smem -P '/mem dirty 30[1]\$' >process.memsh
    report -f tsv smem -P '/mem dirty 30[1]\$' -u -t >user.memsh
    report -f tsv smem -P '/mem dirty 30[1]\$' -m >mapping.memsh"
  diff <(awk '{ print $1, $2, $3, $4, $5 }' process | sort) \
    <(awk -F '\t' 'NR > 1 { print $1, $4 / 1024, $5 / 1024, $6 / 1024, $7 / 1024 }' process.memsh | sort)
  [ "$(wc -l <process)" = 2 ]
  # shellcheck disable=SC2016
  local line='{ print $2, $3 / 1024, $4 / 1024, $5 / 1024, $6 / 1024 }'
  diff <(awk '{ print $2, $3, $4, $5, $6 }' user) <(awk -F '\t' "NR == 2 $line" user.memsh)
  # One user's line is the total.
  diff <(awk -F '\t' "NR == 2 $line" user.memsh) <(awk -F '\t' "NR == 3 $line" user.memsh)
  # smem cuts names to 40 characters.
  diff <(awk '{ print $1, $2, $3, $4 }' mapping | sort) \
    <(awk -F '\t' 'NR > 1 { print $2, int($3 / 1024), $4 / 1024, $1 }' mapping.memsh | cut -c1-60 | sed 's/ *$//' |
      awk '{ print $1, $2, $3, substr($4, 1, 40) }' | sort)
  [ "$(wc -l <mapping)" = "$(awk '/^[0-9a-f]+-/ { print $6 }' frozen/*.smaps | sort -u | wc -l)" ]
}

@test "smem -w: the system" {
  need_smem
  frozen "" with_report "smem -H -w >theirs; report -f tsv smem -w >ours"
  diff <(sed -n 's/^\(kernel dynamic\|userspace\|free\) memory *//p' theirs | awk '{ print $1, $2, $3 }') \
    <(awk -F '\t' 'NR > 1 { print $2 / 1024, $3 / 1024, $4 / 1024 }' ours)
}

@test "ps_mem, procrank: from smaps_rollup" {
  start_two
  frozen "$pids" with_report "
    report -f tsv ps_mem -p ${pids// / -p } >ps_mem
    report -f tsv procrank -P '/mem dirty 30[1]\$' >procrank"
  local pid
  for pid in $pids; do
    # rss pss uss swap
    awk -v pid="$pid" '/^Rss:/ { rss = $2 } /^Pss:/ { pss = $2 } /^Private_(Clean|Dirty):/ { uss += $2 }
      /^Swap:/ { swap = $2 } END { print pid, rss, pss, uss, swap }' "frozen/$pid.smaps_rollup"
  done >truth
  diff <(sort truth) <(awk -F '\t' '$1 ~ /^[0-9]+$/ { print $1, $3 / 1024, $4 / 1024, $5 / 1024, $6 / 1024 }' procrank |
    sort)
  # private, shared, and their sum, of the one program
  diff <(awk '{ uss += $4; pss += $3 } END { print uss, pss - uss, pss, "mem", 2 }' truth) \
    <(awk -F '\t' 'NR == 2 { print $1 / 1024, $2 / 1024, $3 / 1024, $4, $5 }' ps_mem)
  awk -F '\t' 'END { exit !($8 == "total") }' procrank
}

@test "librank, showmap: from smaps" {
  start_two
  local pid=${pids% *}
  frozen "$pids" with_report "report -f tsv showmap $pid >showmap; report -f tsv librank -P /usr/lib >librank"
  # name: virtual rss pss shared_clean shared_dirty private_clean private_dirty swap number
  sums() {
    awk '/^[0-9a-f]+-/ { name = $6 == "" ? "[anon]" : $6; n[name]++ }
      /^(Size|Rss|Pss|Shared_Clean|Shared_Dirty|Private_Clean|Private_Dirty|Swap):/ { v[name, $1] += $2 }
      END { for (name in n) print name, v[name, "Size:"], v[name, "Rss:"], v[name, "Pss:"], v[name, "Shared_Clean:"],
        v[name, "Shared_Dirty:"], v[name, "Private_Clean:"], v[name, "Private_Dirty:"], v[name, "Swap:"], n[name] }' "$1" |
      sort
  }
  diff <(sums "frozen/$pid.smaps") <(awk -F '\t' 'NR > 1 && $1 != "total" { print $1, $2 / 1024, $3 / 1024, $4 / 1024,
    $5 / 1024, $6 / 1024, $7 / 1024, $8 / 1024, $9 / 1024, $11 }' showmap | sort)
  diff <(sums "frozen/$pid.smaps" | awk '/^\/usr\/lib/ { print $1, $2, $3, $4, $7 + $8 }') \
    <(awk -F '\t' -v pid="$pid" '$8 == pid { print $7, $2 / 1024, $3 / 1024, $4 / 1024, $5 / 1024 }' librank | sort)
}

@test "ps, top, vmrss" {
  start_two
  local pid=${pids% *} shell=$$
  diff <(ps -o pid=,ppid=,vsz=,rss=,nlwp=,state= -p "${pids// /,}" | awk '{ print $1, $2, $3, $4, $5, $6 }') \
    <(report -f tsv ps -p "$pid" -p "${pids#* }" |
      awk -F '\t' 'NR > 1 { print $2, $3, $5 / 1024, $6 / 1024, $9, $7 }')
  if command -v top >/dev/null; then
    diff <(top -b -n 1 -w 512 -E k -e k -p "$pid" | awk -v pid="$pid" '$1 == pid { print $5, $6, $7 }') \
      <(report -f tsv top "$pid" | awk -F '\t' 'NR == 2 { print $3 / 1024, $5 / 1024, $8 / 1024 }')
  fi
  report -f tsv vmrss "$shell" >tree
  awk -F '\t' -v shell="$shell" 'NR == 2 { exit !($1 == shell) }' tree
  [ "$(awk -F '\t' -v pid="$pid" '$1 == pid { print $2 / 1024 }' tree)" = \
    "$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")" ]
  awk -F '\t' 'NR == 2 { all = $3 } NR > 1 { sum += $2 } END { exit !(all == sum) }' tree
}

@test "shm, locked, hugepages, reserved, wx, quadrants: what a program is known to have" {
  mkdir files shmem
  start zoo files shmem
  # shellcheck disable=SC2094
  report -f tsv shm -p >shm
  # The kernel's own list of segments says how often each is attached.
  # (by one process each)
  awk 'NR == FNR { attached[$2] = $7; next } $1 == "sysv" && attached[$2] != $8 { print; exit 1 }' /proc/sysvipc/shm \
    FS='\t' shm
  grep -q "^sysv.*$helper_pid" shm || grep -q "^absent sysv" "$helper_output"
  [ "$(report -f tsv locked | awk -F '\t' -v pid="$helper_pid" '$1 == pid { print $4 / 1024 }')" = \
    "$(awk '/^VmLck/ { print $2 }' "/proc/$helper_pid/status")" ]
  [ "$(report -f tsv reserved "$helper_pid" | awk -F '\t' 'NR > 1 { print $6 }')" = 67108864 ]
  [ "$(report -f tsv wx "$helper_pid" | awk -F '\t' 'NR > 1 { print $5, $6 }')" = "rwxp 1048576" ]
  # Before Linux 6.2 status lags behind what smaps counts.
  ! kernel_since 6.2 ||
    [ "$(report -f tsv quadrants -p "$helper_pid" | awk -F '\t' 'NR == 2 { print ($3 + $4 + $5 + $6) / 1024, $3 / 1024 }')" = \
      "$(awk '/^VmRSS/ { rss = $2 } /^RssAnon/ { anon = $2 } END { print rss, anon }' "/proc/$helper_pid/status")" ]
  diff <(awk '/^[0-9a-f]+-/ { n++ } END { print n }' "/proc/$helper_pid/smaps") \
    <(report -f tsv quadrants "$helper_pid" | awk -F '\t' '$1 == "total" { print $2 }')
}

@test "leaks: what grows, and not what rests" {
  start mem dirty 300
  local rests=$helper_pid
  python3 -c '
import time
kept = []
while True:
    kept.append(b"x" * 200000)
    time.sleep(0.02)
    if len(kept) > 3000:
        time.sleep(600)' 3>&- &
  helper_pids+=($!)
  local grows=$!
  # A program that gets no CPU for a second does not grow.
  for _ in 1 2 3 4 5; do
    report -f tsv leaks -n 3 -i 0.3s -m 200K >found
    ! grep -q "^$grows" found || break
  done
  grep "^$grows" found
  awk -F '\t' -v pid="$grows" '$1 == pid { exit !($4 >= 200 * 1024 && $4 == $5 + $6) }' found
  run grep "^$rests" found
  [ "$status" = 1 ]
  report -f tsv leaks -n 2 -i 0.1s "$rests" >found
  awk -F '\t' -v pid="$rests" 'NR == 2 && $1 == pid && $4 == 0 { found = 1 } END { exit !found || NR != 2 }' found
  run report leaks 2147483647
  [ "$status" = 1 ]
  [[ "$output" == *"leaks: no process 2147483647" ]]
}

@test "leaks: not memsh itself, which keeps the samples" {
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" -f tsv leaks -n 3 -i 0.05s -m 0 -a >found 3>&- &
  local watches=$!
  wait "$watches"
  [ "$(wc -l <found)" -gt 1 ]
  run grep "^$watches" found
  [ "$status" = 1 ]
}

@test "audits: wx, deleted, maxmaps find what is planted, are silent when it is gone, and do not know what they may not see" {
  mkdir files shmem stale
  cp "$MEMSH_HELPERS/mem" stale/mem
  start zoo files shmem
  local zoo=$helper_pid
  run report --min-coverage 10 --check wx "$zoo"
  [ "$status" = 2 ]
  [[ "$output" == "WX CRITICAL"*"zoo"* ]]
  stop_helpers
  start mem dirty 10
  run report --min-coverage 10 --check --quiet wx "$helper_pid"
  [ "$status" = 0 ]
  [ "$output" = "" ]
  # Not below /tmp, which needrestart leaves out.
  local place=$MEMSH_HELPERS/stale.$$
  cp "$MEMSH_HELPERS/mem" "$place"
  "$place" dirty 10 >stale.out 3>&- &
  helper_pids+=($!)
  local stale=$!
  until grep -q ready stale.out; do sleep 0.02; done
  rm "$place"
  if [[ "$MEMSH_HELPERS" != /tmp/* && "$MEMSH_HELPERS" != /var/tmp/* ]]; then
    run report -f tsv deleted
    [[ "$output" == *"$stale"*"$place"* ]]
  fi
  start mem maps 300
  run report --min-coverage 10 --check maxmaps --warn 0.4
  [ "$status" = 1 ]
  [[ "$output" == *"$helper_pid"* ]]
  [ "$(id -u)" = 0 ] || skip "what another user may not read takes root to show"
  for name in wx deleted maxmaps; do
    run as_nobody "$MEMSH" --reports "$MEMSH_ROOT/scripts" --check "$name"
    [ "$status" = 3 ]
    [[ "$output" == *UNKNOWN* ]]
  done
}
