# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# A recorder of the running machine, $recorder, that writes to $file, and what is in that file by SQLite.

record() { # OPTION...
  "$MEMSH" record -o "$file" "$@" 2>"$BATS_TEST_TMPDIR/said" 3>&- &
  recorder=$!
}

end_recorder() {
  kill -TERM "$recorder"
  wait "$recorder"
  recorder=
}

kill_recorder() { # for teardown
  [ -z "${recorder:-}" ] || kill -KILL "$recorder" 2>/dev/null || :
}

moments() { # why each of the recording was taken
  python3 -c 'import sqlite3, sys
for row in sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True).execute("SELECT why FROM moment ORDER BY id"):
    print(*row)' "$file"
}

wait_for_moments() { # NUMBER
  for _ in {1..600}; do
    [ -s "$file" ] && [ "$(moments 2>/dev/null | wc -l)" -ge "$1" ] && return 0
    kill -0 "$recorder" || return 1
    sleep 0.05
  done
  return 1
}

wait_for_moment() { # WHY
  for _ in {1..600}; do
    moments 2>/dev/null | grep -qx "$1" && return 0
    kill -0 "$recorder" || return 1
    sleep 0.05
  done
  return 1
}

wait_for_file() {
  for _ in {1..600}; do
    [ ! -e "$1" ] || return 0
    sleep 0.05
  done
  return 1
}

wait_for_content() { # FILE
  for _ in {1..600}; do
    [ ! -s "$1" ] || return 0
    kill -0 "$recorder" || return 1
    sleep 0.05
  done
  return 1
}

wait_for_word() { # WORD FILE
  for _ in {1..600}; do
    ! grep -qw "$1" "$2" || return 0
    sleep 0.05
  done
  return 1
}
