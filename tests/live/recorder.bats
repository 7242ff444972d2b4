# SPDX-License-Identifier: GPL-3.0-or-later
# How a recorder lives: what signals and a terminal do, and its file that others read, rename or delete.
# beside others, first
load ../helpers/helpers
load ../helpers/recorder

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  file="$BATS_TEST_TMPDIR/machine.memsh"
}

teardown() {
  kill_recorder
  stop_helpers
}

@test "SIGTERM ends with the moment it is at, SIGHUP opens the file again" {
  "$MEMSH" record --every 1s -o "$file" &
  recorder=$!
  wait_for_moments 1
  mv "$file" "$file.1"
  kill -HUP "$recorder"
  wait_for_moments 1
  kill -TERM "$recorder"
  wait "$recorder"
  recorder=
  [ ! -e "$file-wal" ]
  [ "$(moments | wc -l)" -ge 1 ]
  "$MEMSH" -s "$file" -e 'procs:count()'
}

@test "a file that was renamed keeps all its moments when SIGHUP begins a new one" {
  record --every 0.3s --rollup 1h
  wait_for_moments 4
  mv "$file" "$file.1"
  kill -HUP "$recorder"
  wait_for_moments 3
  end_recorder
  file="$file.1"
  [ "$(moments | wc -l)" -ge 4 ]
  "$MEMSH" -s "$file" -e 'procs:count()'
}

@test "who is in the middle of reading a file that was renamed is no harm to the new one" {
  record --every 0.3s --rollup 1h
  wait_for_moments 2
  mkfifo ends
  python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN")
print(db.execute("SELECT count(*) FROM moment").fetchone()[0], flush=True)
sys.stdin.read()' "$file" <ends >answer 3>&- &
  exec 7>ends
  wait_for_content answer
  mv "$file" "$file.1"
  kill -HUP "$recorder"
  wait_for_moments 3
  "$MEMSH" -s "$file" -e 'procs:count()'
  end_recorder
  exec 7>&-
  [ "$(moments | wc -l)" -ge 3 ]
}

@test "a recorder whose file is deleted says so and begins a new one" {
  local what
  for what in "$file" "$file*"; do
    rm -f "$file"*
    record --every 0.3s --rollup 1h
    wait_for_moments 2
    # shellcheck disable=SC2086  # a pattern
    rm $what
    wait_for_content "$file"
    wait_for_moments 2
    end_recorder
    [ "$(grep -c "machine.memsh was deleted, and with it all moments in it" said)" = 1 ]
    [ "$(moments | wc -l)" -ge 2 ]
    "$MEMSH" -s "$file" -e 'procs:count()'
  done
}

@test "a recorder that ends after its file was deleted says so" {
  record --every 1h
  wait_for_moments 1
  rm "$file"
  end_recorder
  grep -q "machine.memsh was deleted" said
  [ ! -e "$file" ]
}

# A recorder on a terminal, on which Ctrl-C is pressed when there is a moment; what is seen, as one line, is in line.
# A shell of script's that waited for it would die of the same Ctrl-C, as dash does.
record_on_terminal() { # OPTION...
  # shellcheck disable=SC2094  # it is read while it grows
  { recorder=$$ && wait_for_moments 1 && printf '\003' && wait_for_word taken seen; } |
    script -qec "exec '$MEMSH' record $* -o '$file'" /dev/null >seen
  tr -s '\r\n' ' ' <seen >line
}

@test "on a terminal a recorder says what it does, and how to end it; in a unit nothing" {
  command -v script >/dev/null || skip "there is no script to be a terminal"
  record_on_terminal --every 90s --keep 7d --max-size 1G
  grep -qF "memsh record: a moment every 90s, into $file; the oldest are dropped when they are older than 7d or do not \
fit in 1G; Ctrl-C ends it" line
  grep -qF "memsh record: 1 moment taken; memsh -s $file moments lists what is recorded" line
  [ "$(moments)" = every ]
  rm "$file"
  record_on_terminal --every 1d
  grep -qF "a moment every 1d, into $file; nothing is dropped (--keep and --max-size are limits); Ctrl-C ends it" line
  record --every 1s
  wait_for_moments 2
  end_recorder
  [ ! -s said ]
}

# Who has the file to himself makes a recorder wait for it.
@test "a recorder that is ended while it opens its file ends well" {
  "$MEMSH" record --once -o "$file"
  mkfifo ends
  python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA locking_mode = EXCLUSIVE")
db.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
db.execute("COMMIT")
db.close()' "$file" <ends >held 3>&- &
  exec 7>ends
  wait_for_word held held
  record --every 1h 7>&-
  for _ in {1..600}; do
    [[ $(readlink "/proc/$recorder/fd/"*) != *"$file"* ]] || break
    sleep 0.01
  done
  kill -TERM "$recorder"
  exec 7>&-
  wait "$recorder" # with status 0
  recorder=
  [ "$(moments)" = asked ]
}

@test "SIGTERM ends a recorder that is late with each moment" {
  record --every 0.001s
  wait_for_moments 3
  kill -TERM "$recorder"
  for _ in {1..200}; do
    kill -0 "$recorder" 2>/dev/null || break
    sleep 0.05
  done
  run kill -0 "$recorder"
  [ "$status" -ne 0 ]
  wait "$recorder" # with status 0
  recorder=
}

@test "a recording is read while it is written" {
  "$MEMSH" record --every 1s -o "$file" &
  recorder=$!
  wait_for_moments 1
  [ "$("$MEMSH" -s "$file" -e "proc($$).comm")" = "$(cat "/proc/$$/comm")" ]
  run "$MEMSH" record --once -o "$file"
  [ "$status" -eq 1 ]
  [[ $output == *"another memsh is recording into it"* ]]
}

@test "a kill that comes while the kernel's counter can't be read has its moment after that" {
  unshare -m true 2>/dev/null || skip "there is no mount namespace to be had"
  printf 'nr_free_pages 5\noom_kill 3\n' >vmstat
  # shellcheck disable=SC2016  # for the shell that is begun
  unshare -m sh -ec 'mount --bind vmstat /proc/vmstat; exec "$@"' sh "$MEMSH" record --every 1h --rollup 1h \
    --on-pressure 0 -o "$file" 2>"$BATS_TEST_TMPDIR/said" 3>&- &
  recorder=$!
  wait_for_moments 1
  echo 'nr_free_pages 5' >vmstat
  sleep 2.5 # it looks once a second; where it did not, there is nothing to be seen
  printf 'nr_free_pages 5\noom_kill 4\n' >vmstat
  wait_for_moment oom
  end_recorder
}
