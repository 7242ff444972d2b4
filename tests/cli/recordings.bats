# SPDX-License-Identifier: GPL-3.0-or-later
# Recordings: what was recorded answers as the files it was made of.
# shellcheck disable=SC2030,SC2031,SC2154  # each test has its own environment
# beside others, first
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  root="$MEMSH_FIXTURES/full"
  file="$BATS_TEST_TMPDIR/machine.memsh"
}

# The answer to each question of a file, without the name of where it comes from. One run answers all of them.
answers() { # SOURCE QUESTIONS
  local question asked=()
  while read -r question; do asked+=(-e "$question"); done <"$2"
  "$MEMSH" -s "$1" -f json "${asked[@]}" 2>&1 | sed "s#$1#SOURCE#g"
}

# Those of the README's, in forms that need neither a terminal nor a second moment, and one for each kind of file.
questions() {
  cat <<'END'
procs
procs:where"pid > 0":sort"pid"
procs:sort"-pss":top(10)
procs:by"user":sum"pss, rss, swap"
procs:by"comm":show"comm n"
procs:sum"pss, swap"
procs:count()
procs:where"rss > 10M":show"pid comm rss age start_time"
procs:where"swap > 0":sort"-private_dirty":top(10)
procs:where"user == 'root' and pss > 2M":sort"-pss"
procs:where"state == 'Z'"
procs:where"start_time > '-2h'"
procs:show"pid exe cmdline cgroup oom_score oom_score_adj"
procs:show"pid private_clean private_dirty shared_clean shared_dirty"
procs:show"pid comm ksm_merging_pages"
procs:maps()
procs:where"comm == 'postgres'":maps()
(proc(1107))
(proc(1300))
(proc(2))
(proc(99999))
(select(2, proc(99999)))
(select(2, pcall(function() return proc(901):raw"smaps_rollup" end)))
(select(2, pcall(function() return proc(901):raw"status" end)))
maps
maps:by"path":sum"rss, pss":sort"-pss"
maps:by"user":sum"private_dirty"
maps:where"w and x"
maps:where"shared and pss > 0":by"path":sum"pss"
maps:where"path =~ 'lib'":by"path":sum"size, rss"
maps:where"swap > 0"
maps:where"anonymous > 1M":sort"-anonymous"
maps:sum"pss"
cgroups
cgroups:where"procs > 0"
sys
sys.swaps
sys.pressure_some_total
sys.vmstat
procs:where"pid == 1107":maps():sum"size, rss, pss, swap"
reconcile()
END
}

@test "a recording of a saved root answers as the root, byte for byte" {
  questions >"$BATS_TEST_TMPDIR/questions"
  [ "$(wc -l <"$BATS_TEST_TMPDIR/questions")" -ge 40 ]
  for root in full denied odd sealed pages64k kernels/5.10 kernels/6.18; do
    rm -f "$file"
    "$MEMSH" record --from "$MEMSH_FIXTURES/$root" -o "$file"
    answers "$MEMSH_FIXTURES/$root" "$BATS_TEST_TMPDIR/questions" >"$BATS_TEST_TMPDIR/saved"
    [ "$(grep -c '"schema"' "$BATS_TEST_TMPDIR/saved")" -ge 40 ]
    answers "$file" "$BATS_TEST_TMPDIR/questions" >"$BATS_TEST_TMPDIR/recorded"
    diff "$BATS_TEST_TMPDIR/saved" "$BATS_TEST_TMPDIR/recorded"
  done
}

@test "--export gives a saved root that answers as the recording, and as the one it was made of" {
  questions >"$BATS_TEST_TMPDIR/questions"
  "$MEMSH" record --from "$root" -o "$file"
  "$MEMSH" -s "$file" --export "$BATS_TEST_TMPDIR/exported"
  answers "$root" "$BATS_TEST_TMPDIR/questions" >"$BATS_TEST_TMPDIR/saved"
  answers "$BATS_TEST_TMPDIR/exported" "$BATS_TEST_TMPDIR/questions" >"$BATS_TEST_TMPDIR/exported.txt"
  diff "$BATS_TEST_TMPDIR/saved" "$BATS_TEST_TMPDIR/exported.txt"
  [ "$(stat -c %a "$BATS_TEST_TMPDIR/exported")" = 700 ]
  cmp "$root/1107/smaps" "$BATS_TEST_TMPDIR/exported/1107/smaps"
  cmp "$root/errors" <(sort "$BATS_TEST_TMPDIR/exported/errors" | sed 's/^/ /' | sort -V | sed 's/^ //')
}

@test "--export does not write over anything" {
  "$MEMSH" record --from "$root" -o "$file"
  mkdir "$BATS_TEST_TMPDIR/there"
  echo mine >"$BATS_TEST_TMPDIR/there/meminfo"
  run "$MEMSH" -s "$file" --export "$BATS_TEST_TMPDIR/there"
  [ "$status" -eq 1 ]
  [[ $output == *"Directory not empty"* ]]
  run -1 --separate-stderr "$MEMSH" -s "$file" --export "$file"
  [ "$stderr" = "memsh: cannot write $file: Not a directory" ]
  run -1 --separate-stderr "$MEMSH" record --once -o "$file/x"
  [ "$stderr" = "memsh: cannot record: $file/x: Not a directory" ]
  [ "$(cat "$BATS_TEST_TMPDIR/there/meminfo")" = mine ]
}

@test "--export leaves nothing where a part of the moment is damaged" {
  "$MEMSH" record --from "$root" -o "$file"
  change "UPDATE piece SET bytes = x'28b52ffd00' WHERE (id >> 12) & 65535 = (SELECT id FROM kind WHERE name = 'status')"
  mkdir empty
  for directory in exported empty; do
    run "$MEMSH" -s "$file" --export "$directory"
    [ "$status" = 1 ]
    [[ $output == *"cannot write $directory: a part of this moment is damaged; --at takes another one"* ]]
  done
  [ ! -e exported ]
  [ -z "$(ls -A empty)" ]
}

# A copy of the fixture, at another time and with another size of 901.
at_time() { # SECONDS PAGES
  local copy=$BATS_TEST_TMPDIR/moved
  [ -e "$copy" ] || cp -r "$root" "$copy"
  sed -i "s/^now .*/now $1/" "$copy/.machine/info"
  sed -i -E "s/^([0-9]+) [0-9]+/\1 $2/" "$copy/901/statm"
  "$MEMSH" record --from "$copy" -o "$file"
}

rss_at() { # WHEN...
  TZ=UTC "$MEMSH" -s "$file" "$@" -e 'proc(901).res // sys.page_size'
}

@test "--at is the last moment that is not after it" {
  at_time 1700000000 1000 # 2023-11-14 22:13:20 UTC
  at_time 1700003600 2000
  at_time 1700007200 3000
  [ "$(rss_at)" = 3000 ]
  [ "$(rss_at --at '-1h')" = 2000 ]
  [ "$(rss_at --at '-61m')" = 1000 ]
  [ "$(rss_at --at '2023-11-14 23:13:20')" = 2000 ]
  [ "$(rss_at --at '2023-11-14 23:13:19')" = 1000 ]
  [ "$(rss_at --at '23:30')" = 2000 ] # the newest is of the next day
  [ "$(rss_at --at 'yesterday 22:30')" = 1000 ]
  [ "$(rss_at --at saved)" = 3000 ]
  run rss_at --at '2023-11-14 22:00'
  [ "$status" -eq 1 ]
  [[ $output == *"no moment so early; the first is of 2023-11-14 22:13:20"* ]]
  # A moment long before what was asked may be another state of the machine.
  run --separate-stderr rss_at --at '2023-11-14 23:00'
  [ "$output" = 1000 ]
  [[ $stderr == *"the last moment before that is of 2023-11-14 22:13:20, 46m40s earlier"* ]]
  run --separate-stderr rss_at --at '2023-11-14 23:13:50'
  [ "$output$stderr" = 2000 ]
  run rss_at --at pressure
  [[ $output == *"no moment was taken for 'pressure'"* ]]
  [ "$(rss_at --at newest)" = 3000 ]
  run rss_at --at kill
  [[ $output == *"'kill' is not a time; did you mean 'oom'?"* ]]
  run rss_at --at 'yesterdya 18:00'
  [[ $output == *"did you mean 'yesterday'?"* ]]
  run rss_at --at teatime
  [[ $output == *"'teatime' is not a time"*"09:10"*"pressure"* ]]
  run "$MEMSH" --at 03:14 -e 'procs'
  [[ $output == *"--at is about a recording"* ]]
}

@test "a step takes a moment that has pss, or mappings, where the question needs that" {
  local minute
  cp -r "$root" saved
  rm -f saved/[1-9]*/smaps saved/[1-9]*/smaps_rollup
  for minute in 0 1 2 3 4 5; do
    echo "now $((1700000000 + 60 * minute))" >saved/.machine/info
    case $minute in
      1 | 5) cp "$root/901/smaps_rollup" saved/901 ;;
      2) cp "$root/901/smaps" saved/901 ;;
    esac
    "$MEMSH" record --from saved -o "$file"
    rm -f saved/901/smaps_rollup saved/901/smaps
  done
  at_minutes() { # QUESTION
    "$MEMSH" -s "$file" -f csv --no-header -e "$1" 2>/dev/null | sed -E 's/^[^:]*:([0-9]*):20.*/\1/' | sort -u | tr '\n' ' '
  }
  export TZ=UTC # 1700000000 is 22:13:20
  [ "$(at_minutes 'procs:over{step="2m"}:show"time rss"')" = "13 15 17 " ]
  [ "$(at_minutes 'procs:over{step="2m"}:show"time pss"')" = "14 15 18 " ]
  [ "$(at_minutes 'procs:over{step="2m"}:by"time":sum"pss"')" = "14 15 18 " ]
  [ "$(at_minutes 'procs:over{step="2m", from="22:14"}:by"time":sum"pss"')" = "14 16 18 " ]
  [ "$(at_minutes 'maps:over{step="5m"}:show"time rss"')" = "15 18 " ]
  [ "$(at_minutes 'procs:over{}:show"time pss"')" = "13 14 15 16 17 18 " ]
}

@test "what is the same as before costs next to nothing" {
  at_time 1700000000 1000
  before=$(stat -c %s "$file")
  for i in {1..5}; do at_time $((1700000000 + i)) 1000; done
  [ $(($(stat -c %s "$file") - before)) -lt $((5 * 40 * 1024)) ]
}

@test "a recording is for its owner alone, and what is none is not written to" {
  "$MEMSH" record --from "$root" -o "$file"
  [ "$(stat -c %a "$file")" = 600 ]
  echo "my notes" >"$BATS_TEST_TMPDIR/notes"
  run "$MEMSH" record --from "$root" -o "$BATS_TEST_TMPDIR/notes"
  [ "$status" -eq 1 ]
  [ "$(cat "$BATS_TEST_TMPDIR/notes")" = "my notes" ]
}

change() { # SQL
  sqlite3 -init /dev/null -batch -bail "$file" "$1"
}

@test "a file that is named without -o is not recorded into, and the message says how" {
  run "$MEMSH" record --from "$root" "$file"
  [ "$status" = 2 ]
  [[ $output == *"is one argument too many; -o FILE names what is written"* ]]
  [ ! -e "$file" ] && [ ! -e memsh.memsh ]
}

@test "a file that another memsh records into is no device" {
  "$MEMSH" record --from "$root" -o "$file"
  exec 7<"$file"
  flock -n 7
  run "$MEMSH" record --from "$root" -o "$file"
  [ "$status" = 1 ]
  [[ $output == *"another memsh is recording into it"* ]]
  echo notes >notes
  run "$MEMSH" record --from "$root" -o notes
  [[ $output == *"a file of that name which is no recording"* ]]
}

@test "a path that begins with several slashes is that of the same file" {
  "$MEMSH" record --from "$root" -o "//$file"
  "$MEMSH" record --from "$root" -o "$file"
  for path in "$file" "/$file" "//$file"; do
    [ "$("$MEMSH" -s "$path" -e "recording'$path'.moments:count()")" = 2 ]
  done
}

@test "a recording of a newer format is refused, and the message says what to do" {
  "$MEMSH" record --from "$root" -o "$file"
  change "PRAGMA user_version = 2"
  run "$MEMSH" -s "$file" -e procs
  [ "$status" -eq 1 ]
  [[ $output == *"a newer memsh made this recording"*"install that version"* ]]
  run "$MEMSH" record --from "$root" -o "$file"
  [[ $output == *"a newer memsh made this recording"* ]]
}

@test "nothing of somebody else's database is run" {
  for sql in "CREATE VIEW x AS SELECT 1" \
    "CREATE TRIGGER x AFTER INSERT ON moment BEGIN DELETE FROM piece; END" \
    "CREATE TABLE x(a)" \
    "DROP TABLE kind; CREATE VIEW kind AS SELECT 1 AS id, load_extension('x') AS name" \
    "CREATE INDEX x ON piece(base)"; do
    rm -f "$file"
    "$MEMSH" record --from "$root" -o "$file"
    change "$sql"
    run "$MEMSH" -s "$file" -e procs
    [ "$status" -eq 1 ]
    [[ $output == *"no recording of memsh, or it is damaged"* ]]
    run "$MEMSH" record --from "$root" -o "$file"
    [ "$status" -eq 1 ]
  done
}

@test "a row that was changed is noticed" {
  "$MEMSH" record --from "$root" -o "$file"
  change "UPDATE moment SET time = time + 3600"
  run "$MEMSH" -s "$file" -e procs
  [ "$status" -eq 1 ]
  [[ $output == *"all moments of it are damaged"* ]]
  rm "$file"
  "$MEMSH" record --from "$root" -o "$file"
  change "DELETE FROM piece WHERE id = (SELECT max(id) FROM piece)"
  run "$MEMSH" -s "$file" -e procs
  [ "$status" -eq 1 ]
}

# Three moments, an hour apart, of which one is damaged: its row is another one, or none, or a piece of it is gone.
three_moments() { # DAMAGED
  local made=$BATS_FILE_TMPDIR/three.memsh i
  if [ ! -e "$made" ]; then
    rm -f "$file"
    for i in 0 1 2; do at_time $((1700000000 + 3600 * i)) $((1000 * (i + 1))); done # from 2023-11-14 22:13:20 UTC
    mv "$file" "$made"
  fi
  cp "$made" kept.memsh
  cp "$made" "$file"
  damages=("UPDATE moment SET took = took + 1 WHERE id = $1" "DELETE FROM moment WHERE id = $1"
    "DELETE FROM piece WHERE id = (SELECT max(id) FROM piece WHERE id >> 28 = $1)")
}

@test "where the newest moment is damaged the one before it is asked, which every answer says" {
  export TZ=UTC
  three_moments 3
  for damage in "${damages[@]}"; do
    cp kept.memsh "$file"
    change "$damage"
    run --separate-stderr rss_at
    [ "$output" = 2000 ]
    [[ $stderr == *"this is the moment of 2023-11-14 23:13:20: one after it, which may be meant, is damaged"* ]]
    run --separate-stderr "$MEMSH" -s "$file" --strict -f json -e 'procs:where"pid == 901":show"res time"'
    [ "$status" = 3 ]
    python3 -c 'import json, sys
answer = json.load(sys.stdin)
assert answer["meta"]["time"] == 1700003600, answer
assert answer["meta"]["coverage"]["damaged_moments"] == 1, answer' <<<"$output"
    run --separate-stderr rss_at --at -30m # before a moment of which at most the time is known
    if [[ $damage == *piece* ]]; then [ "$output" = 2000 ]; else
      [ "$output" = 1000 ]
      [[ $stderr == *"is damaged"* ]]
    fi
    run --separate-stderr rss_at --at '2023-11-14 23:20'
    [ "$output" = 2000 ]
    [[ $damage == *piece* || $stderr == *"one after it, which may be meant, is damaged"* ]]
    run --separate-stderr rss_at --at '2023-11-14 23:00' # the one after it is whole
    [ "$output" = 1000 ]
    [[ $stderr != *damaged* ]]
  done
}

@test "a moment whose processes can't be listed is left out of sums, and said" {
  export TZ=UTC
  three_moments 2
  change "UPDATE piece SET bytes = zeroblob(length(bytes))
    WHERE id >> 28 = 2 AND (id >> 12) & 65535 = (SELECT id FROM kind WHERE name = 'stat')"
  for question in 'procs:over{}:by"time":count()' 'procs:over{}:by"time":sum"res"' 'procs:over{}:maps():by"time":count()'; do
    run --separate-stderr "$MEMSH" -s "$file" -f json -e "$question"
    [ "$status" = 0 ]
    python3 -c 'import json, sys
answer = json.load(sys.stdin)
assert 1700003600 not in [row["time"] for row in answer["rows"]], answer
meta = answer["meta"]
assert meta["coverage"]["damaged_moments"] == 3 - len(answer["rows"]) > 0, meta
assert meta["sources"][0]["moments"] == len(answer["rows"]), meta' <<<"$output"
  done
  run --separate-stderr "$MEMSH" -s "$file" --strict -e 'procs:over{}:count()'
  [ "$status" = 3 ]
  run --separate-stderr "$MEMSH" -s "$file" -e 'for p in procs:over{} do print(p.pid) end'
  [ "$status" = 0 ]
  [[ $stderr == *"of 3 moments "* ]]
}

@test "where what is beside the processes is broken the moment before is asked" {
  export TZ=UTC
  three_moments 3
  change "UPDATE piece SET bytes = zeroblob(50)
    WHERE id >> 28 = 3 AND (id >> 12) & 65535 = (SELECT id FROM kind WHERE name = '/')"
  run --separate-stderr rss_at
  [ "$output" = 2000 ]
  [[ $stderr == *"this is the moment of 2023-11-14 23:13:20: one after it, which may be meant, is damaged"* ]]
  run --separate-stderr "$MEMSH" -s "$file" -f csv -e 'procs:over{}:by"time":count()'
  [ "$status" = 0 ]
  [ "${#lines[@]}" = 3 ]
  [[ $stderr == *"1 of 3 moments is damaged"* ]]
}

@test "a FIFO beside a recording, in place of what SQLite has there, keeps nobody waiting" {
  three_moments 1
  for part in -wal -shm -journal; do
    mkfifo "$file$part"
    run timeout 20 "$MEMSH" -s "$file" -e 'procs:count()'
    [ "$status" = 1 ]
    [[ $output == *"machine.memsh"* ]]
    run timeout 20 "$MEMSH" --reports "$MEMSH_ROOT/scripts" record --once -o "$file"
    [ "$status" = 1 ]
    [ -p "$file$part" ]
    rm "$file$part"
  done
  run --separate-stderr rss_at
  [ "$status" = 0 ]
}

@test "a filesystem that nobody may write to is said by its name" {
  unshare -m true 2>/dev/null || skip "there is no mount namespace to be had"
  mkdir sealed
  # shellcheck disable=SC2016
  run unshare -m bash -c 'mount -t tmpfs -o ro none sealed || exit 77; "$@"' - \
    "$MEMSH" --reports "$MEMSH_ROOT/scripts" record --once -o sealed/new.memsh
  [ "$status" != 77 ] || skip "no tmpfs can be mounted"
  [ "$status" = 1 ]
  [[ $output == *"Read-only file system"* && $output != *-wal* ]]
}

@test "a moment that is damaged is listed, and left out of sums, in its place" {
  export TZ=UTC
  for which in 1 2; do
    three_moments $which
    for damage in "${damages[@]}"; do
      cp kept.memsh "$file"
      change "$damage"
      run --separate-stderr "$MEMSH" -s "$file" -f json -e 'procs:over{}:by"time":count()'
      [ "$status" = 0 ]
      python3 -c 'import json, sys
answer = json.load(sys.stdin)
times = [1700000000 + 3600 * i for i in range(3) if i + 1 != int(sys.argv[1])]
assert [row["time"] for row in answer["rows"]] == times, answer
meta = answer["meta"]
if sys.argv[2] != "first row": assert meta["coverage"]["damaged_moments"] == 1, meta
assert meta["sources"][0]["moments"] == 2, meta
assert (meta["sources"][0]["from"], meta["sources"][0]["to"]) == (times[0], times[1]), meta' \
        "$which" "$([[ $which$damage == 1DELETE*moment* ]] && echo first row)" <<<"$output"
    done
    # Reports go on without it.
    cp kept.memsh "$file"
    change "${damages[2]}"
    for report in timeline leaks oom; do
      run --separate-stderr "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$file" "$report"
      [ "$status" = 0 ]
      [[ $report = oom || $stderr == *"moment $which is damaged, and left out"* ]]
    done
    # That is seen without reading it; so are those that rest on what is gone.
    run --separate-stderr "$MEMSH" -s "$file" --strict -f jsonl -e "recording'$file'.moments:show'id lost'"
    [ "$status" = 3 ]
    [ "${lines[which - 1]}" = "{\"id\": $which, \"lost\": 1}" ]
    rests=$(python3 -c 'import sqlite3, sys; a, b = (sqlite3.connect(name) for name in sys.argv[1:3])
pieces = lambda db: {id: base for id, base in db.execute("SELECT id, base FROM piece")}
gone = set(pieces(a)) - set(pieces(b))
print(sum(base in gone and id >> 28 == 3 for id, base in pieces(b).items()))' kept.memsh "$file")
    [ "${lines[2]}" = "{\"id\": 3, \"lost\": $rests}" ]
    cp kept.memsh "$file"
    run --separate-stderr "$MEMSH" -s "$file" --strict -f jsonl -e "recording'$file'.moments:show'id lost'"
    [ "$status" = 0 ]
    [ "$output" = "$(printf '{"id": %d, "lost": 0}\n' 1 2 3)" ]
    # No more than its number is known of it.
    cp kept.memsh "$file"
    change "${damages[0]}"
    run --separate-stderr "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$file" -f csv moments
    [[ $output == *"$which,,damaged,,"*[0-9]",,,,,"* ]]
    [[ $stderr == *"1 of 3 moments is damaged"* ]]
    run "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$file" --strict moments
    [ "$status" = 3 ]
    # It is between the two beside it.
    export TZ=UTC
    run --separate-stderr "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$file" -f csv moments --from '2023-11-14 23:30'
    [[ $stderr != *damaged* || $which = 2 ]]
  done
}

@test "a recording without a moment, or with none that is whole, says so" {
  declare -A said=(["DELETE FROM piece; DELETE FROM moment"]="there is no moment in it" ["DELETE FROM moment"]="all moments of it are damaged"
    ["UPDATE moment SET took = 7"]="all moments of it are damaged"
    ["INSERT INTO piece VALUES(9223372036854775807, 0, 0, 0, 1, 1, x'00')"]="its list of moments is damaged")
  for damage in "${!said[@]}"; do
    rm -f "$file"
    "$MEMSH" record --from "$root" -o "$file"
    change "$damage"
    for at in '' --at=2023-11-15; do
      run timeout 20 "$MEMSH" -s "$file" ${at:+"$at"} -e 'procs:count()'
      [ "$status" = 1 ]
      [[ $output == *"${said[$damage]}" ]]
    done
  done
}

@test "a recorder that runs keeps a damaged file beside a new one" {
  "$MEMSH" record --from "$root" -o "$file"
  python3 - "$file" <<'PY'
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
page = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'moment'").fetchone()[0]
db.close()
with open(sys.argv[1], "r+b") as file:
    file.seek((page - 1) * 4096)
    file.write(bytes(4096))
PY
  cp "$file" torn
  run "$MEMSH" --reports "$MEMSH_ROOT/scripts" record --once -o "$file"
  [ "$status" = 1 ]
  cmp torn "$file"
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" record --every 1h -o "$file" 2>said 3>&- &
  local recorder=$! tries
  for tries in {1..600}; do
    "$MEMSH" -s "$file" -e 'procs:count()' >count 2>/dev/null && break
    kill -0 "$recorder"
    sleep 0.05
  done
  kill -TERM "$recorder"
  wait "$recorder"
  [ "$tries" -lt 600 ]
  grep -q "machine.memsh is damaged: it is kept as .*machine.memsh.damaged, and a new one is begun" said
  cmp torn "$file.damaged"
  [ "$(cat count)" -gt 0 ]
  # There is room for one.
  cp torn "$file"
  run timeout 20 "$MEMSH" --reports "$MEMSH_ROOT/scripts" record --every 1h -o "$file"
  [ "$status" = 1 ]
  [[ $output == *"is damaged, and stays where it is: "*"machine.memsh.damaged"* ]]
  cmp torn "$file"
}

@test "a span without a moment is said to be one, whatever is asked of it" {
  "$MEMSH" record --from "$root" -o "$file"
  for end in ':count()' ':sum"rss"' '' ':by"comm":sum"rss"' ':maps():sum"rss"'; do
    run "$MEMSH" -s "$file" -e "procs:over{to = '2001-01-01'}$end"
    [ "$status" = 1 ]
    [[ $output == *"over: there is no moment in that time"* ]]
  done
}

@test "a limit of the size of files is an error of the recorder, and not its end" {
  for limit in 8 24 40; do
    rm -f "$file"*
    (
      ulimit -f "$limit"
      "$MEMSH" record --from "$root" -o "$file" >said 2>&1
    ) && status=0 || status=$?
    [ "$status" = 1 ]
    grep -qE "cannot record: .*(File too large|Input/output error)" said
    "$MEMSH" record --from "$root" -o "$file"
    [ "$("$MEMSH" -s "$file" -e 'procs:over{}:where"pid == 901":count()')" = 1 ]
  done
}

# Makes a change, and then the sum of each moment what it has to be (ms_moment_sum).
change_with_sums() { # SQL
  python3 -c 'import math, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript(sys.argv[2])
def six(x): return "-1.000000" if x is None else "%.6f" % x
for id, time, took, *rest in db.execute("SELECT id, time, took, processes, pieces, why, boot, host, kernel FROM moment").fetchall():
    sum = 0xcbf29ce484222325
    for c in ("%d %s %s %d %d %s\n%s\n%s\n%s" % (id, six(time), six(took), *rest)).encode():
        sum = (sum ^ c) * 0x100000001b3 & 2**64 - 1
    db.execute("UPDATE moment SET sum = ? WHERE id = ?", (sum >> 1, id))
db.commit()' "$file" "$1"
}

@test "a moment that nobody can have recorded is damaged, whatever its sum says" {
  at_time 1700000000 1000
  at_time 1700003600 2000
  cp "$file" kept.memsh
  change_with_sums "UPDATE moment SET took = 1 WHERE id = 1"
  [ "$("$MEMSH" -s "$file" -e 'procs:over{}:where"pid == 901":count()')" = 2 ] # the sums are those that are expected
  for damage in "time = 9e999" "time = -9e999" "time = 1e300" "time = -1" "took = -9e999" "took = -1" "processes = -1"; do
    cp kept.memsh "$file"
    change_with_sums "UPDATE moment SET $damage WHERE id = 1"
    for question in 'procs:over{}:by"time":sum"rss":plot"rss"' 'procs:over{}:where"pid == 901":count()'; do
      run --separate-stderr timeout 20 "$MEMSH" -s "$file" -e "$question"
      [ "$status" = 0 ]
      [[ $stderr == *"1 of 2 moments is damaged"* ]]
    done
    [ "$output" = 1 ]
    run timeout 20 "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$file" -o page.html timeline --html
    [ "$status" = 0 ]
    cp kept.memsh "$file"
    change_with_sums "UPDATE moment SET $damage WHERE id = 2"
    run --separate-stderr timeout 20 "$MEMSH" -s "$file" -e 'proc(901).res // sys.page_size'
    [ "$output" = 1000 ]
    [[ $stderr == *"this is the moment of "*": one after it, which may be meant, is damaged"* ]]
    [ "$("$MEMSH" -s "$file" --at '2023-11-14 22:20Z' -e 'proc(901).res // sys.page_size')" = 1000 ]
  done
}

@test "files of processes that are not where their piece says are no processes that ended" {
  for range in "first = -5, last = -1" "first = 5000, last = 6000" "last = 900" "first = 900"; do
    rm -f "$file"
    "$MEMSH" record --from "$root" -o "$file"
    change "UPDATE piece SET $range WHERE first > 0"
    run "$MEMSH" -s "$file" -f json -e procs
    [ "$status" = 1 ]
    [[ $output == *"does not look as it should"* ]]
  done
}

@test "--redact leaves no name, and all numbers" {
  "$MEMSH" record --redact --from "$root" -o "$file"
  "$MEMSH" -s "$file" --export "$BATS_TEST_TMPDIR/exported"
  # Names of programs, files, groups, users and the machine that are in the fixture.
  for name in nginx postgres systemd libc www-data fixture; do
    grep -rq "$name" "$root"
    run grep -rl "$name" "$BATS_TEST_TMPDIR/exported"
    [ -z "$output" ]
  done
  find "$BATS_TEST_TMPDIR/exported/.machine/cgroup" | grep -v '#' | grep -q slice && return 1
  numbers='procs:sort"pid":show"pid rss pss swap threads uid"'
  diff <("$MEMSH" -s "$root" -f csv -e "$numbers") <("$MEMSH" -s "$file" -f csv -e "$numbers")
  machine() { "$MEMSH" -s "$1" -f json -e sys | jq '.rows[0] | del(.version, .boot_id, .host)'; }
  diff <(machine "$root") <(machine "$file")
  # What was equal is equal still.
  groups='procs:by"comm":show"n"'
  diff <("$MEMSH" -s "$root" -f csv -e "$groups" | cut -d, -f2- | sort) \
    <("$MEMSH" -s "$file" -f csv -e "$groups" | cut -d, -f2- | sort)
  paths='maps:by"path":sum"rss"'
  diff <("$MEMSH" -s "$root" -f csv -e "$paths" | sed 's/.*,//' | sort) \
    <("$MEMSH" -s "$file" -f csv -e "$paths" | sed 's/.*,//' | sort)
  rm "$file"
  "$MEMSH" record --redact --from "$root" -o "$file"
  "$MEMSH" -s "$file" --export "$BATS_TEST_TMPDIR/again"
  run cmp "$BATS_TEST_TMPDIR/exported/901/stat" "$BATS_TEST_TMPDIR/again/901/stat"
  [ "$status" -eq 1 ] # another key
}

@test "--redact of a machine that lacks files with names keeps the time of its start" {
  cp -r "$root" "$BATS_TEST_TMPDIR/root"
  cd "$BATS_TEST_TMPDIR/root"
  rm -f .machine/info swaps version sys/kernel/random/boot_id
  printf 'cpu  1 2 3\nbtime 1700000000\n' >stat
  started='procs:sort"pid":show"pid start_time age"'
  "$MEMSH" record --redact --from . -o "$file"
  run -0 "$MEMSH" -s "$file" -f csv -e "$started"
  [[ "${lines[1]}" == 1,2023-11-* ]]
  [ "$output" = "$("$MEMSH" -s . -f csv -e "$started")" ]
}

@test "a label that this version does not know is kept" {
  cp -r "$root" "$BATS_TEST_TMPDIR/root"
  sed -i '/^Swap:/a Invented:             12 kB' "$BATS_TEST_TMPDIR/root/901/smaps"
  echo "Invented:	7 kB" >>"$BATS_TEST_TMPDIR/root/901/status"
  "$MEMSH" record --from "$BATS_TEST_TMPDIR/root" -o "$file"
  "$MEMSH" -s "$file" --export "$BATS_TEST_TMPDIR/exported"
  for name in smaps status; do
    grep -q Invented "$BATS_TEST_TMPDIR/exported/901/$name"
    cmp "$BATS_TEST_TMPDIR/root/901/$name" "$BATS_TEST_TMPDIR/exported/901/$name"
  done
  for question in 'procs:show"pid pss swap vm_rss"' 'procs:maps()' 'proc(901):raw"status"'; do
    diff <("$MEMSH" -s "$BATS_TEST_TMPDIR/root" -f csv -e "$question") <("$MEMSH" -s "$file" -f csv -e "$question")
  done
  "$MEMSH" -s "$file" -e 'proc(901):raw"status"' | grep -q "Invented"
}

@test "another boot is another boot id" {
  at_time 1700000000 1000
  cp -r "$root" "$BATS_TEST_TMPDIR/root"
  echo 11111111-2222-3333-4444-555555555555 >"$BATS_TEST_TMPDIR/root/sys/kernel/random/boot_id"
  "$MEMSH" record --from "$BATS_TEST_TMPDIR/root" -o "$file"
  boots=$(python3 -c 'import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("SELECT boot FROM moment ORDER BY id"): print(*row)' "$file")
  [ "$boots" = "$(cat "$root/sys/kernel/random/boot_id")"$'\n'11111111-2222-3333-4444-555555555555 ]
  "$MEMSH" -s "$file" -f json -e 'sys.page_size' | grep -q '"boot_id": "11111111-2222'
}

@test "an answer of a recording says so in JSON, also where the session is about another machine" {
  cp -r "$root" saved
  sed -i 's/^host .*/host elsewhere/; s/^now .*/now 1700000000/' saved/.machine/info
  "$MEMSH" record --from saved -o "$file"
  cp "$file" second.memsh
  about() { # host and source of each answer
    "$MEMSH" -s "$root" -f json "$@" | jq -c '[.meta.host, .meta.source | select(. != null)]'
  }
  local r="recording'$file'" question of_it
  of_it="[\"elsewhere\",\"$file\"]"
  for question in procs procs:set'()' procs:set'():by"user":count()' procs'()' 'procs:sum"rss"' procs:describe'()' \
    'procs:plot"rss"' 'procs:rows()[1]' 'procs:rows()[1]:maps()' sys cgroups moments procs:set'()-'"$r".procs \
    procs:explain'()' 'procs:where"pid == 1107":one():check()' 'procs:set():join(procs, "pid")'; do
    echo "$question"
    [ "$(about -e "$r.$question")" = "$of_it" ]
  done
  for question in timeline oom moments; do
    [ "$(about "$question" "$file")" = "$of_it" ]
  done
  # A number of Lua may be of any machine that is open.
  [ "$(about -e "$r.sys.mem_total")" = '[]' ]
  [ "$(about moments "$file" second.memsh)" = '[]' ]
  [ "$(about -e "$r.procs:count()" -e 'procs:count()' | tail -n 1)" = "[\"fixture\",\"$root\"]" ]
  [ "$(about -e 'sys.mem_total')" = "[\"fixture\",\"$root\"]" ]
  [ "$(about doctor --seconds 0)" = "[\"fixture\",\"$root\"]" ]
}
