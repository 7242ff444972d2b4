# SPDX-License-Identifier: GPL-3.0-or-later
# memsh record on the running machine: what it takes, when, and what it does where there is no room.
load ../helpers/helpers
load ../helpers/recorder

setup() {
  file="$BATS_TEST_TMPDIR/machine.memsh"
}

teardown() {
  kill_recorder
  [ -z "${mounted:-}" ] || umount "$mounted"
  stop_helpers
  swap_off
  [ -z "${group:-}" ] || rmdir "$group"
}

# A control group with a limit, at $group, whichever version of them is there.
limited_group() { # BYTES
  local directory
  for directory in /sys/fs/cgroup/memory:memory.limit_in_bytes /sys/fs/cgroup:memory.max; do
    group="${directory%:*}/memsh-test-$$"
    mkdir "$group" 2>/dev/null || continue
    echo "$1" 2>/dev/null >"$group/${directory#*:}" && return 0
    rmdir "$group"
  done
  group=
  skip "no control group can be given a limit of memory"
}

run_in_group() { # COMMAND... In a shell of its own, which it becomes.
  exec sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@" 3>&-
}

# Writes to more memory than the group may have, again and again.
thrash() {
  run_in_group timeout 20 python3 -c 'import mmap
size = 40 << 20
memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
while True:
    for i in range(0, size, 4096): memory[i] = memory[i] + 1 & 255'
}

# What of smaps does not depend on who else maps the same files.
same_listing() {
  local steady='^[0-9a-f]+-|^(Size|Anonymous|AnonHugePages|VmFlags):'
  diff <(grep -E "$steady" "/proc/$helper_pid/smaps") \
    <(grep -E "$steady" "$BATS_TEST_TMPDIR/exported/$helper_pid/smaps")
}

@test "one moment has what the files of a process have" {
  start mem dirty 20000
  "$MEMSH" record --once -o "$file"
  [ "$(stat -c %a "$file")" = 600 ]
  [ ! -e "$file-wal" ] # before python, which makes one
  [ "$(moments)" = asked ]
  pid=$helper_pid
  "$MEMSH" -s "$file" --export "$BATS_TEST_TMPDIR/exported"
  for name in statm cmdline cgroup limits; do
    cmp "/proc/$pid/$name" "$BATS_TEST_TMPDIR/exported/$pid/$name"
  done
  same_listing
  [ "$(readlink "/proc/$pid/exe")" = "$(cat "$BATS_TEST_TMPDIR/exported/$pid/exe")" ]
  anonymous=$(awk '/^Anonymous:/ { print $2 * 1024 }' "/proc/$pid/smaps_rollup")
  [ "$("$MEMSH" -s "$file" -e "proc($pid).anonymous")" = "$anonymous" ]
  [ "$("$MEMSH" -s "$file" -e "proc($pid).user")" = "$(id -un)" ]
}

@test "a large listing is compressed while it is read, and is as it was" {
  start mem maps 4000
  "$MEMSH" record --once -o "$file"
  [ "$(wc -c <"/proc/$helper_pid/smaps")" -gt 1000000 ]
  "$MEMSH" -s "$file" --export "$BATS_TEST_TMPDIR/exported"
  same_listing
}

@test "a live moment answers as the saved root that it gives" {
  start zoo "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR"
  "$MEMSH" record --once -o "$file"
  # Some of its mappings are on filesystems of the kernel's own, which nobody has mounted.
  [ "$("$MEMSH" -s "$file" -e "proc($helper_pid):maps():count()")" = "$(wc -l <"/proc/$helper_pid/maps")" ]
  "$MEMSH" -s "$file" --export "$BATS_TEST_TMPDIR/exported"
  for question in 'procs' "maps:where\"path !~ 'machine.memsh'\":by\"path\":sum\"rss, pss\":sort\"path\"" \
    "proc($helper_pid):maps()" 'cgroups' 'sys' 'procs:by"user":sum"pss, swap":sort"user"'; do
    diff <("$MEMSH" -s "$file" -f json -e "$question" | sed "s#$file#SOURCE#") \
      <("$MEMSH" -s "$BATS_TEST_TMPDIR/exported" -f json -e "$question" | sed "s#$BATS_TEST_TMPDIR/exported#SOURCE#")
  done
}

@test "what a moment does not have is not recorded" {
  "$MEMSH" record --every 0.3s --rollup 1h -o "$file" &
  recorder=$!
  wait_for_moments 2
  kill -TERM "$recorder"
  wait "$recorder"
  recorder=
  local question="procs:where'pid == $$':show'pid res pss'"
  run "$MEMSH" -s "$file" -f json -e "$question"
  [[ $output == *'"pss": "not_recorded"'* ]]
  [[ $output != *'"res": null'* ]]
  bats_require_minimum_version 1.5.0
  run --separate-stderr "$MEMSH" -s "$file" smem -P '^bash'
  [[ $output == *"$$ "*"?    ?    ?    ?"* && $stderr == *"not_recorded"*"; another moment may have it (memsh moments)" ]]
  "$MEMSH" -s "$file" --at "@$(python3 -c "import sqlite3
print(sqlite3.connect('$file').execute('SELECT min(time) FROM moment').fetchone()[0])")" \
    -f json -e "$question" >"$BATS_TEST_TMPDIR/first"
  [ "$(grep -c not_recorded "$BATS_TEST_TMPDIR/first")" = 0 ]
}

@test "the list of moments says which have pss and mappings" {
  record --every 0.3s --rollup 1h
  wait_for_moments 2
  end_recorder
  "$MEMSH" record --once -o "$file"
  # The kinds of files of each moment, by SQLite.
  python3 -c 'import sqlite3, sys
kinds = {}
for moment, name in sqlite3.connect(sys.argv[1]).execute("""SELECT piece.id >> 28, name FROM piece JOIN kind
    ON kind.id = (piece.id >> 12) & 65535"""): kinds.setdefault(moment, set()).add(name)
for moment in sorted(kinds):
    print(moment, *(word for name, word in [("smaps_rollup", "pss"), ("smaps", "maps")] if name in kinds[moment]))' \
    "$file" >"$BATS_TEST_TMPDIR/kinds"
  [ "$(head -n 2 "$BATS_TEST_TMPDIR/kinds")" = $'1 pss\n2' ]
  grep -qx '[0-9]* pss maps' "$BATS_TEST_TMPDIR/kinds"
  "$MEMSH" -s "$file" -f tsv --no-header -e "recording'$file'.moments:show'id also'" | tr '\t' ' ' | sed 's/ *$//' |
    diff "$BATS_TEST_TMPDIR/kinds" -
}

@test "smaps is taken of those that the expression names" {
  start mem dirty 8000
  "$MEMSH" record --every 0.3s --rollup 1h --mappings "pid == $helper_pid" -o "$file" &
  recorder=$!
  wait_for_moments 2
  kill -TERM "$recorder"
  wait "$recorder"
  recorder=
  [ "$("$MEMSH" -s "$file" -e "proc($helper_pid):maps():count()")" -gt 5 ]
  run "$MEMSH" -s "$file" -e "proc($$):maps():count()"
  [[ $output == *"not"* ]]
}

@test "a full disk costs the oldest moments, not the newest" {
  mounted="$BATS_TEST_TMPDIR/small"
  mkdir "$mounted"
  mount -t tmpfs -o size=3M tmpfs "$mounted" 2>/dev/null || { mounted=; skip "no tmpfs can be mounted"; }
  file="$mounted/machine.memsh"
  for root in full odd; do
    cp -r "$MEMSH_FIXTURES/$root" "$BATS_TEST_TMPDIR/root"
    for i in {1..22}; do
      head -c 150000 /dev/urandom >"$BATS_TEST_TMPDIR/root/vmstat"
      echo "now $((1700000000 + i))" >"$BATS_TEST_TMPDIR/root/.machine/info"
      "$MEMSH" record --from "$BATS_TEST_TMPDIR/root" -o "$file"
    done
    "$MEMSH" -s "$file" --export "$BATS_TEST_TMPDIR/exported"
    cmp "$BATS_TEST_TMPDIR/root/vmstat" "$BATS_TEST_TMPDIR/exported/vmstat"
    rm -r "$BATS_TEST_TMPDIR/root" "$BATS_TEST_TMPDIR/exported"
  done
  [ "$(moments | wc -l)" -gt 5 ]
  [ "$(moments | wc -l)" -lt 22 ]
}

@test "what a recorder that runs drops, it says" {
  "$MEMSH" record --every 0.3s --keep 0.6s -o "$file" 2>"$BATS_TEST_TMPDIR/said" &
  recorder=$!
  for _ in {1..200}; do
    kill -0 "$recorder"
    grep -q "dropped" "$BATS_TEST_TMPDIR/said" && break
    sleep 0.05
  done
  kill -TERM "$recorder"
  wait "$recorder"
  recorder=
  grep -qE "dropped [0-9]+ of the oldest moments: they are older than --keep says" "$BATS_TEST_TMPDIR/said"
  [ "$(moments | wc -l)" -le 4 ]
}

@test "moments that are taken one by one, as by cron, are dropped as --keep says, too" {
  for _ in 1 2 3; do
    "$MEMSH" record --once --every 0.1s --keep 0.5s -o "$file"
    sleep 0.6
  done
  [ "$(moments | wc -l)" = 1 ]
}

@test "a recorder that drops a moment with each that it takes says so at first, and the rest at its end" {
  "$MEMSH" record --every 0.05s --keep 0.2s -o "$file" 2>"$BATS_TEST_TMPDIR/said" &
  recorder=$!
  for _ in {1..400}; do
    kill -0 "$recorder"
    first=$("$MEMSH" -s "$file" -f csv -e 'recording(arg[1]).moments:min"id"' "$file" 2>/dev/null) || first=0
    [ "${first:-0}" -lt 10 ] || break
    sleep 0.05
  done
  kill -TERM "$recorder"
  wait "$recorder"
  recorder=
  first=$("$MEMSH" -f csv -e 'recording(arg[1]).moments:min"id"' "$file")
  [ "$(awk '/dropped/ { sum += $4 } END { print sum }' "$BATS_TEST_TMPDIR/said")" = "$((first - 1))" ]
  [ "$(grep -c dropped "$BATS_TEST_TMPDIR/said")" -le 2 ]
}

@test "the memory of a recorder is locked, and others are killed before it" {
  [ -z "$MEMSH_SANITIZE" ] || skip "sanitizers let no memory be locked"
  [ "$(id -u)" = 0 ] || skip "both need root"
  record --every 1s
  wait_for_moments 1
  # Without CAP_SYS_RESOURCE it is at least not the first one.
  expected=1
  sh -c 'echo -900 >/proc/self/oom_score_adj' 2>/dev/null && expected=-900
  [ "$(cat "/proc/$recorder/oom_score_adj")" = "$expected" ]
  [ "$(awk '/^VmLck:/ { print $2 }' "/proc/$recorder/status")" -gt 1000 ]
  [ "$(awk '/^VmSwap:/ { print $2 }' "/proc/$recorder/status")" = 0 ]
}

@test "after a kill by the OOM killer there is a moment with everything, and the recorder lives" {
  limited_group 48M
  start mem dirty 3000
  # The recorder is in the group, too: whoever is killed, is chosen among these two.
  run_in_group "$MEMSH" record --every 1h --rollup 1h -o "$file" 2>"$BATS_TEST_TMPDIR/said" &
  recorder=$!
  wait_for_moments 1
  run run_in_group "$MEMSH_HELPERS/mem" dirty 100000
  [ "$status" -ne 0 ]
  wait_for_moment oom
  end_recorder
  grep -q "a moment was taken: oom" "$BATS_TEST_TMPDIR/said"
  [ "$("$MEMSH" -s "$file" --at oom -e "proc($helper_pid):maps():count()")" -gt 5 ]
  [ "$("$MEMSH" -s "$file" --at oom -e "proc($helper_pid).pss // 1024")" -ge 3000 ]
}

@test "a signal that comes with a kill is not lost: the moment is taken, then it is obeyed" {
  limited_group 48M
  record --every 1h
  wait_for_moments 1
  for signal in HUP TERM; do
    kill -STOP "$recorder"
    run run_in_group "$MEMSH_HELPERS/mem" dirty 100000
    [ "$status" -ne 0 ]
    [ "$signal" = TERM ] || mv "$file" "$file.1"
    kill -"$signal" "$recorder"
    kill -CONT "$recorder"
    [ "$signal" = TERM ] || wait_for_file "$file"
  done
  for _ in {1..600}; do
    kill -0 "$recorder" 2>/dev/null || break
    sleep 0.05
  done
  kill -0 "$recorder" 2>/dev/null && return 1
  wait "$recorder"
  recorder=
  [ "$(grep -c "a moment was taken: oom" "$BATS_TEST_TMPDIR/said")" = 2 ]
  moments | grep -qx oom
}

@test "a moment on pressure has everything" {
  [ -w /proc/pressure/memory ] || skip "/proc/pressure/memory is not there, or not for writing"
  swap_on
  limited_group 16M
  start mem dirty 3000
  record --every 1h --on-pressure 1
  wait_for_moments 1
  grep -q "pressure cannot be watched" "$BATS_TEST_TMPDIR/said" && skip "pressure cannot be watched here"
  thrash &
  thrashing=$!
  wait_for_moment pressure
  kill "$thrashing" || :
  end_recorder
  [ "$("$MEMSH" -s "$file" --at pressure -e "proc($helper_pid):maps():count()")" -gt 5 ]
  [ "$("$MEMSH" -s "$file" --at pressure -e "proc($helper_pid).pss // 1024")" -ge 3000 ]
}

@test "--mappings-every has smaps of all processes" {
  start mem dirty 3000
  record --every 0.3s --mappings-every 1h --on-pressure 0 # which has them, too
  wait_for_moments 2
  end_recorder
  answers=$(for moment in 1 2; do
    python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("""SELECT count(*) FROM piece, kind WHERE kind.id = (piece.id >> 12) & 65535
  AND name = ? AND piece.id >> 28 = ?""", ("smaps", int(sys.argv[2]))).fetchone()[0] > 0)' "$file" "$moment"
  done)
  [ "$answers" = $'True\nFalse' ]
}

@test "a recorder that runs keeps to --max-size, and says what it drops" {
  record --every 0.1s --mappings-every 0.1s --max-size 256K # so that it is soon full wherever there are few processes
  for _ in {1..1200}; do
    kill -0 "$recorder"
    grep -q "dropped" "$BATS_TEST_TMPDIR/said" && break
    sleep 0.05
  done
  end_recorder
  grep -qE "dropped [0-9]+ of the oldest moments: the disk or the file is full" "$BATS_TEST_TMPDIR/said"
  [ "$(stat -c %s "$file")" -le $((256 * 1024)) ]
  "$MEMSH" -s "$file" -e 'procs:count()'
}

@test "a recorder that is started again goes on in the same file" {
  for turn in 1 2; do
    record --every 0.3s
    wait_for_moments $((turn * 2))
    end_recorder
  done
  python3 -c 'import sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute("SELECT id, time, boot FROM moment ORDER BY id").fetchall()
assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), rows
assert sorted(row[1] for row in rows) == [row[1] for row in rows], rows
assert {row[2] for row in rows} == {open("/proc/sys/kernel/random/boot_id").read().strip()}, rows' "$file"
}

@test "--redact of the running machine leaves nothing that names anybody" {
  mkdir "$BATS_TEST_TMPDIR/planteddir"
  cp "$MEMSH_HELPERS/zoo" "$BATS_TEST_TMPDIR/plantedexe"
  limited_group 500M
  run_in_group "$BATS_TEST_TMPDIR/plantedexe" "$BATS_TEST_TMPDIR/planteddir" "$BATS_TEST_TMPDIR/planteddir" \
    >"$BATS_TEST_TMPDIR/ready" &
  planted=$!
  helper_pids+=("$planted")
  for _ in {1..600}; do
    grep -q ready "$BATS_TEST_TMPDIR/ready" && break
    sleep 0.05
  done
  "$MEMSH" record --once --redact -o "$file"
  "$MEMSH" -s "$file" --export "$BATS_TEST_TMPDIR/exported"
  kept=$(python3 -c 'import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("SELECT host, boot FROM moment"): print(*row)' "$file")
  [ -n "$kept" ]
  for name in plantedexe planteddir "${group##*/}" "$(id -un)" "$(hostname)"; do
    grep -q -- "$name" "/proc/$planted/"{comm,cmdline,maps,cgroup} /etc/passwd /proc/sys/kernel/hostname
    # A name as a word of its own: letters of a hash are none.
    run grep -rlwa -- "$name" "$BATS_TEST_TMPDIR/exported"
    [ "$status" = 1 ]
    [ "$(grep -cw -- "$name" <<<"$kept")" = 0 ]
  done
  [ -z "$(find "$BATS_TEST_TMPDIR/exported" -name '*planted*' -o -name '*memsh-test*')" ]
  [ "$("$MEMSH" -s "$file" -e "proc($planted):maps():count()")" -gt 5 ]
}
