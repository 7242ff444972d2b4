# SPDX-License-Identifier: GPL-3.0-or-later
# A process that hangs with its address space locked: whoever reads its smaps or cmdline hangs with it, and no signal
# helps. ps does so, too: nothing here may call it while the filesystem is frozen.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  mounted=
}

thaw() {
  fsfreeze --unfreeze "$mounted" 2>/dev/null || :
}

teardown() {
  [ -z "$mounted" ] || thaw
  [ -z "${watchdog:-}" ] || kill "$watchdog" 2>/dev/null || :
  stop_helpers
  [ -z "$mounted" ] || umount "$mounted"
}

# A filesystem that may be frozen without harm to anybody else.
mount_one() {
  [ "$(id -u)" = 0 ] || skip "mounting needs root"
  if ! command -v fsfreeze || ! command -v mkfs.ext4; then
    skip "there is no fsfreeze or no mkfs.ext4"
  fi
  dd if=/dev/zero of=image bs=1M count=8 status=none
  mkfs.ext4 -q image 2>/dev/null || skip "mkfs.ext4 does not work here"
  mkdir there
  mount -o loop image there 2>/dev/null || skip "loop devices can't be mounted here"
  mounted=$PWD/there
}

make_stuck() {
  mount_one
  start stuck "$mounted/file"
  stuck=$helper_pid
  # Should this test be killed, the filesystem thaws all the same.
  (sleep 60; fsfreeze --unfreeze "$mounted") >/dev/null 2>&1 3>&- &
  watchdog=$!
  fsfreeze --freeze "$mounted" || skip "the filesystem can't be frozen here"
  kill -USR1 "$stuck"
  until_stuck "$stuck"
  hangs "$stuck" smaps_rollup || skip "this kernel does not hang over a frozen filesystem"
}

@test "a stuck process is said to be so, all others are there, and the end is prompt" {
  make_stuck
  sleep 100 3>&- &
  other=$!
  before=$(date +%s%N)
  run --separate-stderr timeout -s KILL 50 "$MEMSH" --read-timeout 1 -f json -o answer \
    -e 'procs:show"pid comm private_dirty cmdline rss state oom_score"'
  took=$((($(date +%s%N) - before) / 1000000))
  echo "$took ms"
  expected=$(awk '/^Private_Dirty:/ { print $2 * 1024 }' "/proc/$other/smaps_rollup")
  kill "$other"
  [ "$status" = 0 ]
  [[ "$stderr" == *"1 timeout"* ]]
  [ "$took" -lt 20000 ] # once a second, and then for nothing more
  python3 - "$stuck" "$other" "$expected" <<'PY'
import json, sys
answer, (stuck, other, dirty) = json.load(open("answer")), map(int, sys.argv[1:])
rows = {row["pid"]: row for row in answer["rows"]}
one = rows[stuck]
assert one["private_dirty"] is None and one["unknown"]["private_dirty"] == "timeout", one
assert one["cmdline"] is None and one["unknown"]["cmdline"] == "timeout", one
assert one["comm"] == "stuck" and one["rss"] > 0 and one["state"] and one["oom_score"] is not None, one
assert rows[other]["private_dirty"] == dirty and rows[other]["cmdline"] == "sleep 100", rows[other]
assert all("timeout" not in row.get("unknown", {}).values() for pid, row in rows.items() if pid != stuck)
assert answer["meta"]["coverage"]["timeout"] == 1, answer["meta"]
PY
  # Mappings, beside those of all others.
  run --separate-stderr timeout -s KILL 50 "$MEMSH" --read-timeout 1 \
    -e 'maps:where"rss >= 0":sum"rss"'
  [ "$status" = 0 ]
  [[ "$output" == ">="* ]]
  [[ "$stderr" == *"not listed (1 timeout"* ]]
  # The program ends, however it ends.
  for code in 'procs:sum"pss" os.exit(7)' "proc($stuck).pss:x()" 'procs:sum"pss" os.exit(7, true)'; do
    run --separate-stderr timeout -s KILL 50 "$MEMSH" --read-timeout 0.5 -e "$code"
    [ "$status" = 7 ] || [ "$status" = 1 ]
  done
  thaw
}

@test "what is read without a deadline is not asked of a stuck process" {
  make_stuck
  for code in "proc($stuck):raw'smaps'" "proc($stuck):raw'cmdline'"; do
    run --separate-stderr timeout -s KILL 50 "$MEMSH" --read-timeout 0.5 -e "print($code)"
    echo "$code: $status $output $stderr"
    [ "$status" != 137 ]
    [[ "$output" == *timeout* ]]
  done
  run "$MEMSH" --read-timeout 0.5 -e "print(proc($stuck):raw'status'.Name)"
  [ "$output" = stuck ]
  thaw
}
