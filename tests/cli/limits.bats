# SPDX-License-Identifier: GPL-3.0-or-later
# beside others, first
# How long a run may take, and how much of a process it may touch.
load ../helpers/helpers

# A root with 100 processes, process N with N MB, of which each takes 20 ms with --gentle 20.
setup_file() {
  mkdir "$BATS_FILE_TMPDIR/root" && cd "$BATS_FILE_TMPDIR/root" || return
  mkdir .machine {1..100}
  echo 'page_size 4096' >.machine/info
  for pid in {1..100}; do
    echo "$pid (p) S 1 2 3 0 -1 0 5 0 7 0 12 3 0 0 20 0 5 0 100 4096 56 0 1 1 0" >"$pid/stat"
    echo "$((pid * 256)) $((pid * 256)) 1 1 0 1 0" >"$pid/statm"
    printf '1-2 ---p 00000000 00:00 0 [rollup]\nPss: %d kB\n' "$pid" >"$pid/smaps_rollup"
    printf '00001000-00002000 rw-p 00000000 00:00 0 \n' >"$pid/maps"
    printf '00001000-00002000 rw-p 00000000 00:00 0 \nPss: %d kB\nVmFlags: rd \n' "$pid" >"$pid/smaps"
  done
}

setup() {
  bats_require_minimum_version 1.5.0
  root=$BATS_FILE_TMPDIR/root
  cd "$BATS_TEST_TMPDIR" || return
}

@test "at the deadline an answer ends with what was read, says so, and the status is 124" {
  run --separate-stderr "$MEMSH" -s "$root" -j1 --gentle 20 --deadline 1 -f tsv -e 'procs:show"pid pss"' -e 'print "more"'
  [ "$status" = 124 ]
  [[ "${lines[0]}" == $'pid\tpss' && "${lines[1]}" == $'1\t1024' ]]
  rows=$((${#lines[@]} - 1))
  [ "$rows" -lt 100 ]
  [[ "$stderr" == *"$rows processes: $rows read"*"interrupted before $((100 - rows)) more were read"* ]]
  [[ "$stderr" == *"the deadline has passed"* ]]
  run --separate-stderr "$MEMSH" -s "$root" -j1 --gentle 20 --deadline 1 -f json -e 'maps:by"perms":sum"pss"'
  [ "$status" = 124 ]
  python3 -c 'import json, sys; c = json.loads(sys.argv[1])["meta"]["coverage"]; assert c["unread"] > 0, c' "$output"
}

@test "at the deadline anything else is interrupted, and no file of -o is left" {
  for code in 'while true do end' 'pcall(function() while true do end end) print "never"' \
    'local n = 0 for p in procs do n = n + p.pss end print "never"' 'print(procs:sum"pss") print "never"'; do
    run --separate-stderr "$MEMSH" -s "$root" -j1 --gentle 20 --deadline 0.3 -o out -e 'print(1)' -e "$code"
    [ "$status" = 124 ]
    [ "$output" = "" ]
    [[ "$stderr" == *"the deadline has passed"* ]]
    [ "$(find . -name '*out*')" = "" ]
  done
}

@test "what does not end then is ended" {
  run --separate-stderr "$MEMSH" --deadline 0.2 -e 'os.execute "exec sleep 30 >&- 2>&- 3>&-"'
  [ "$status" = 124 ]
  [[ "$stderr" == *"the deadline has passed"* ]]
  run --separate-stderr "$MEMSH" --check --deadline 0.2 -e 'while true do end audit "never"'
  [ "$status" = 3 ]
  run --separate-stderr "$MEMSH" --check --deadline 0.2 -e 'os.execute "exec sleep 30 >&- 2>&- 3>&-" audit "never"'
  [ "$status" = 3 ]
}

@test "within the deadline nothing changes" {
  run --separate-stderr "$MEMSH" --deadline 100 -f csv -e '1 + 1'
  [ "$status" = 0 ]
  [ "$output" = 2 ]
  [ "$stderr" = "" ]
}

@test "--max-rss and budget{} leave large processes unwalked, and say so" {
  run --separate-stderr "$MEMSH" -s "$root" --max-rss 60M -f csv -e 'procs:where"pss >= 0":count()' -e 'procs:sum"pss"'
  [ "$status" = 0 ]
  [ "${lines[1]}" = $((60 * 61 * 512)) ]
  [[ "$stderr" == *"60 read, 40 budget; 40 rows undecided (40 budget)"*"sum(pss) is a lower bound: 40 more may be missing"* ]]
  run --separate-stderr "$MEMSH" -s "$root" -e 'budget{max_rss = "60M"}' -e 'print(why(proc(61).pss), proc(60).pss)' \
    -e 'print(proc(61):maps():sum"pss")' -e 'budget{max_rss = false}' -e 'print(proc(61).pss)'
  [ "${lines[0]}" = $'budget\t61440' ]
  [[ "${lines[1]}" == *budget* ]]
  [ "${lines[2]}" = 62464 ]
  for wrong in 'budget{max_rss = "much"}' 'budget{max_rs = 1}' 'budget{gentle = 0}' 'budget(1)'; do
    run --separate-stderr "$MEMSH" -e "$wrong"
    [ "$status" = 1 ]
    [[ "$stderr" == *"budget"* ]]
  done
}

@test "SIGTERM in the middle leaves nothing of -o" {
  "$MEMSH" -o out -e 'print(1) io.stdout:write "on\n" io.stdout:flush() while true do end' >on 2>said 3>&- &
  pid=$!
  for _ in {1..500}; do
    [ -s on ] && break
    sleep 0.01
  done
  kill -TERM "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" = 143 ]
  [ "$(find . -name '*out*')" = "" ]
}

@test "memsh is the first to go when memory runs out, unless somebody chose otherwise" {
  code='procs:sum"pss" for line in io.lines "/proc/self/oom_score_adj" do print(line) end'
  before=$(cat /proc/self/oom_score_adj)
  run --separate-stderr "$MEMSH" -e "$code"
  [ "$status" = 0 ]
  if [ "$before" = 0 ]; then [ "$output" = 500 ]; else [ "$output" = "$before" ]; fi
  run --separate-stderr bash -c 'echo 7 >/proc/self/oom_score_adj && exec "$@"' - "$MEMSH" -e "$code"
  [ "$output" = 7 ]
}

@test "what is no plain file in a saved root keeps nobody waiting" {
  cp -r "$root" odd
  rm odd/1/smaps
  mkfifo odd/meminfo odd/errors odd/1/smaps odd/.machine/passwd
  run timeout 20 "$MEMSH" -s odd -e 'sys.mem_total'
  [ "$status" != 124 ]
  rm odd/errors odd/.machine/passwd
  run timeout 20 "$MEMSH" -s odd -e 'why(sys.mem_total)'
  [[ "$output" == *malformed* ]]
  mkdir alone
  mkfifo alone/smaps
  run timeout 20 "$MEMSH" -s alone/smaps -e 'procs:count()'
  [ "$status" != 124 ]
}

@test "a line and a file of a saved root without an end take no memory" {
  [ -z "${MEMSH_SANITIZE:-}" ] || skip "sanitizers reserve address space"
  cp -r "$root" long
  printf '00001000-00002000 rw-p 00000000 00:00 0 \nRss: 4 kB\nPss: 4 kB\n' >long/1/smaps
  truncate -s 1G long/1/smaps
  truncate -s 1G long/1/maps
  truncate -s 1T long/2/smaps
  truncate -s 1T long/meminfo
  for code in 'proc(1):maps():sum"rss"' 'for m in proc(1):maps() do print(m.rss) end' 'proc(2):maps():sum"rss"' \
    'print(why(sys.mem_total))' 'for m in proc(2):maps() do print(m.rss) end'; do
    run --separate-stderr bash -c 'ulimit -v 300000; exec timeout 60 "$@"' _ "$MEMSH" -s long -e "$code"
    echo "$code: $status $output $stderr"
    [ "$status" -lt 124 ]
    [[ "$stderr" != *"not enough memory"* && "$output$stderr" != *"out of memory"* ]]
    [[ "$output$stderr" == *malformed* || "$output$stderr" == *"too large"* || "$output$stderr" == *too_large* ]]
  done
}
