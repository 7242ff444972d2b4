# SPDX-License-Identifier: GPL-3.0-or-later
# A recorder where memory ends, and where its calls fail, again and again. MEMSH_BOMBS: how many times.
load ../helpers/helpers

setup() {
  file="$BATS_TEST_TMPDIR/machine.memsh"
}

teardown() {
  [ -z "${recorder:-}" ] || kill -KILL "$recorder" 2>/dev/null || :
  [ -z "${recorder:-}" ] || wait "$recorder" || :
  stop_helpers
  [ -z "${group:-}" ] || remove_group
}

# What of the bomb is left is killed first.
remove_group() {
  for _ in {1..100}; do
    xargs -r kill -KILL <"$group/cgroup.procs" 2>/dev/null || :
    rmdir "$group" 2>/dev/null && group= && return 0
    sleep 0.1
  done
  return 1
}

# A control group with most of the memory that is free, at $group: who needs more is killed, and nobody beside them.
large_group() { # PERCENT of what is available
  local bytes directory
  bytes=$(awk -v part="$1" '/^MemAvailable:/ { printf "%.0f", $2 * 1024 * part / 100 }' /proc/meminfo)
  for directory in /sys/fs/cgroup/memory:memory.limit_in_bytes /sys/fs/cgroup:memory.max; do
    group="${directory%:*}/memsh-bomb-$$"
    mkdir "$group" 2>/dev/null || continue
    if echo "$bytes" 2>/dev/null >"$group/${directory#*:}"; then
      [ ! -e "$group/memory.swap.max" ] || echo 0 >"$group/memory.swap.max"
      [ ! -e "$group/memory.oom.group" ] || [ "$(cat "$group/memory.oom.group")" = 0 ]
      return 0
    fi
    rmdir "$group"
  done
  group=
  skip "no control group can be given a limit of memory"
}

run_in_group() { # COMMAND...
  exec sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@" 3>&-
}

moments() { # "why time" of each
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$file" -f jsonl moments 2>/dev/null |
    python3 -c 'import json, sys
for line in sys.stdin: row = json.loads(line); print(row["why"], row["time"])'
}

wait_for() { # PATTERN of a line of moments
  for _ in {1..1200}; do
    moments | grep -qE "$1" && return 0
    kill -0 "$recorder" || return 1
    sleep 0.1
  done
  return 1
}

# Takes memory until it is killed: several processes at once, so that there is a rush of it.
bomb() {
  run_in_group timeout 120 python3 -c 'import mmap, os
for _ in range(3): os.fork()
kept = []
while True:
    memory = mmap.mmap(-1, 16 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for i in range(0, len(memory), 4096): memory[i] = 1
    kept.append(memory)'
}

@test "a recorder outlives a memory bomb, and has all of it from before and after the kill" {
  [ "$(id -u)" = 0 ] || skip "groups and oom_score_adj need root"
  local turn began expected=1
  # Without CAP_SYS_RESOURCE it is at least not the first one that is killed.
  sh -c 'echo -900 >/proc/self/oom_score_adj' 2>/dev/null && expected=-900
  for ((turn = 1; turn <= ${MEMSH_BOMBS:-10}; turn++)); do
    large_group "${MEMSH_BOMB_PERCENT:-25}"
    rm -f "$file"*
    start mem dirty 3000
    # As it ships: a moment each second with PSS, all mappings once, everything on pressure and after a kill.
    run_in_group "$MEMSH" --reports "$MEMSH_ROOT/scripts" record --every 1s --rollup 1s --mappings-every 5s -o "$file" \
      2>"$BATS_TEST_TMPDIR/said" &
    recorder=$!
    wait_for every
    began=$(date +%s.%N)
    bomb >/dev/null 2>&1 &
    wait $! || :
    wait_for '^oom '
    [ "$(cat "/proc/$recorder/oom_score_adj")" = "$expected" ]
    kill -0 "$recorder"
    kill -TERM "$recorder"
    wait "$recorder" # with status 0
    recorder=
    # Of the time while the bomb grew there is a moment with everything, from before the kill.
    local times
    mapfile -t times < <(moments)
    python3 -c 'import sys
began, rows = float(sys.argv[1]), [row.split() for row in sys.argv[2:]]
first = next(float(time) for why, time in rows if why == "oom")
assert [row for row in rows if row[0] != "oom" and float(row[1]) < first], rows
assert all(why != "damaged" for why, _ in rows), rows' "$began" "${times[@]}"
    "$MEMSH" -s "$file" --at oom -e "proc($helper_pid):maps():count()" >"$BATS_TEST_TMPDIR/mappings"
    [ "$(cat "$BATS_TEST_TMPDIR/mappings")" -gt 5 ]
    local whole
    whole=$("$MEMSH" -s "$file" -f jsonl -e "maps:over{}:where'pid == $helper_pid':by'time':sum'pss'" |
      python3 -c 'import json, sys
print(sum(json.loads(line)["pss"] >= 3000 * 1024 for line in sys.stdin))')
    [ "$whole" -ge 2 ] # before the bomb, and after it
    stop_helpers
    remove_group
  done
}
