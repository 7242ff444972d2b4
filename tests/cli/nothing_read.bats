# SPDX-License-Identifier: GPL-3.0-or-later
# Nothing that was seen is no verdict and no sum: roots without processes, processes that all have gone, files that
# were saved empty, runs whose answer nobody shows.
# beside others

load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  mkdir empty
}

# Roots in which there is no process to be read.
roots() {
  # What tar makes of /proc: the files say that they are empty.
  mkdir -p tar/40 gone/40
  touch tar/meminfo tar/40/{stat,statm,status,maps,smaps,smaps_rollup,cmdline,cgroup}
  # Every process ended while it was copied: the directory is there.
  printf '40 ENOENT\n40/* ESRCH\n' >gone/errors
  echo empty /etc tar gone
}

@test "an audit that read no process is UNKNOWN" {
  for root in $(roots); do
    for report in wx swap doctor; do
      run --separate-stderr "$MEMSH" -s "$root" --check "$report"
      echo "$root $report: $status $output"
      [ "$status" = 3 ]
      [[ "$output" == *" UNKNOWN - "* ]]
    done
  done
}

@test "a sum over no process is unknown, with a word, and --strict ends with 3" {
  for root in $(roots); do
    run --separate-stderr "$MEMSH" -s "$root" -f json -e 'procs:sum"pss"'
    echo "$root: $status $output $stderr"
    [ "$status" = 0 ]
    [ "$(jq .value <<<"$output")" = null ]
    [[ "$stderr" == "memsh: "* ]]
    run "$MEMSH" -s "$root" --strict -e 'procs:sum"pss"'
    [ "$status" = 3 ]
    run "$MEMSH" -s "$root" --strict -e 'local n = 0 for p in procs:where"pss > 0" do n = n + 1 end print(n)'
    [ "$status" = 3 ]
  done
}

@test "a root without processes is said on standard error, however it is asked" {
  for question in procs 'procs:count()' 'for p in procs do end' 'maps' 'print(#procs:rows())' 'x = procs:by"user":set()'; do
    run --separate-stderr "$MEMSH" -s empty -e "$question"
    echo "$question: $status $stderr"
    [ "$status" = 0 ]
    [ "$stderr" = "memsh: 0 processes: 0 read; no process could be read in empty" ]
  done
  run --separate-stderr "$MEMSH" -s empty -e 'procs:any()'
  [ "$output" = "?" ]
}

@test "a root that may not be read says so, and who may" {
  nobody_may_come
  chmod 755 .
  cp -r "$MEMSH_FIXTURES/full" saved
  for mode in 000 444 111; do
    chmod "$mode" saved
    run --separate-stderr as_nobody "$MEMSH" -s "$PWD/saved" -e procs
    chmod 755 saved
    echo "$mode: $status $stderr"
    [ "$status" = 1 ]
    [[ "$stderr" == "memsh: "*"/saved: "*ermission*"; run memsh as root, or as the owner of that directory" ]]
  done
}

@test "a value that is unknown says why on standard error, whatever is asked" {
  mkdir -p malformed denied
  echo 'MemTotal: x kB' >malformed/meminfo
  echo 'meminfo EACCES' >denied/errors
  for root in /etc empty malformed denied; do
    for code in sys.mem_total 'sys.swaps' 'sys.mem_available' 'sys.mem_total - sys.mem_free' 'sys.page_size'; do
      run --separate-stderr "$MEMSH" -s "$root" -e "$code"
      echo "$root $code: $status '$output' '$stderr'"
      [ "$status" = 0 ]
      [ "$output" = "?" ] || continue
      [[ "$stderr" == "memsh: "*" is unknown: "?* ]]
      run --separate-stderr "$MEMSH" -s "$root" -f json -e "$code"
      [[ "$stderr" == "memsh: "*" is unknown: "?* ]]
    done
  done
  run --separate-stderr "$MEMSH" -s denied -e sys.mem_total
  [[ "$stderr" == "memsh: mem_total is unknown: "*permission* ]]
}

@test "an empty listing beside memory in statm is not an empty address space" {
  mkdir -p saved/40 saved/.machine
  echo "page_size 4096" >saved/.machine/info
  cp "$MEMSH_FIXTURES/full/1107/stat" saved/40/stat
  sed -i 's/^1107 /40 /' saved/40/stat
  echo '4500 250 100 1 0 200 0' >saved/40/statm
  touch saved/40/maps saved/40/smaps
  run --separate-stderr "$MEMSH" -s saved -f json -e 'procs:show"res pss mappings"'
  [ "$(jq -c '.rows[0]' <<<"$output")" = '{"res":1024000,"pss":null,"mappings":null,"unknown":{"pss":"denied","mappings":"denied"}}' ]
  run --separate-stderr "$MEMSH" -s saved --strict -e 'maps:sum"rss"'
  [ "$status" = 3 ]
  [ "$output" = "?" ]
  run --separate-stderr "$MEMSH" -s saved --check wx
  [ "$status" = 3 ]
  # Without memory an empty listing is all there is.
  echo '0 0 0 0 0 0 0' >saved/40/statm
  run --separate-stderr "$MEMSH" -s saved -f json -e 'procs:show"pss mappings"'
  [ "$(jq -c '.rows[0].unknown' <<<"$output")" = '{"pss":"no_memory","mappings":"no_memory"}' ]
}

@test "where /proc is not mounted a report is found, and nothing is OK" {
  [ -z "${MEMSH_SANITIZE:-}" ] || skip "sanitizers need /proc"
  [ "$(id -u)" = 0 ] || skip "needs root to unmount /proc"
  unshare -m true 2>/dev/null || skip "there is no mount namespace to be had"
  # shellcheck disable=SC2016
  run --separate-stderr unshare -m sh -c 'umount -l /proc && exec "$0" --check wx' "$MEMSH"
  [ "$status" = 3 ]
  [ "$output" = "WX UNKNOWN - cannot read /proc: no proc filesystem is mounted there" ]
  # shellcheck disable=SC2016
  run --separate-stderr unshare -m sh -c 'umount -l /proc && exec "$0" -e "procs:count()"' "$MEMSH"
  [ "$status" = 1 ]
  [ "$output" = "" ]
}

@test "a live list without memsh itself, a root that can't be opened: no verdict" {
  export ASAN_OPTIONS=detect_leaks=0 # looking for leaks takes a whole /proc, and no tracer
  command -v strace >/dev/null || skip "there is no strace"
  strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
  run --separate-stderr strace -f -o /dev/null -e inject=getdents64:error=ENOENT "$MEMSH" --check wx
  echo "$output"
  [ "$status" = 3 ]
  [[ "$output" == "WX UNKNOWN - /proc does not list memsh itself"* ]]
  for call in openat2 getdents64; do
    run --separate-stderr strace -f -o /dev/null -e inject=$call:error=ENOENT "$MEMSH" -s "$MEMSH_FIXTURES/full" --check wx
    echo "$call: $output"
    [ "$status" = 3 ]
    [[ "$output" == "WX UNKNOWN"* ]]
  done
}

# ---- answers that nobody shows

@test "loops, rows and sums in a script say what they could not read, once each" {
  ask() {
    run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" -e "$1"
    echo "$1: $status $output $stderr"
    [ "$status" = 0 ]
  }
  ask 'local n = 0 for p in procs:where"pss > 0" do n = n + p.pss end print(n)'
  [ "$stderr" = "memsh: 8 processes: 1 read, 7 denied; 7 rows undecided (7 denied)" ]
  ask 'print(procs:sum"pss")'
  [ "$stderr" = "memsh: 8 processes: 1 read, 7 denied; sum(pss) is a lower bound: 7 more may be missing" ]
  ask 'local rows = procs:where"pss > 0":rows() print(#rows)'
  [ "$stderr" = "memsh: 8 processes: 1 read, 7 denied; 7 rows undecided (7 denied)" ]
  ask 'local text = procs:where"pss > 0":json()'
  [ "$stderr" = "memsh: 8 processes: 1 read, 7 denied; 7 rows undecided (7 denied)" ]
  ask 'for i = 1, 3 do print(procs:sum"pss") end for i = 1, 2 do print(procs:where"pss > 0":count()) end'
  [ "$stderr" = "memsh: 8 processes: 1 read, 7 denied; sum(pss) is a lower bound: 7 more may be missing (3 times)
memsh: 8 processes: 1 read, 7 denied; 7 rows undecided (7 denied); count() is a lower bound: 7 more may be missing (2 times)" ]
  # What is kept and shown is said once.
  ask 'local set = procs:where"pss > 0":set() set:print() '
  [ "$(grep -c . <<<"$stderr")" = 1 ]
  # What was left early, too.
  ask 'for p in procs:where"pss > 0" do break end collectgarbage() print(1)'
  [[ "$stderr" == "memsh: "*"denied"* ]]
  # And nothing where nothing is missing.
  ask 'local n = 0 for p in procs do n = n + 1 end print(n)'
  [ "$stderr" = "" ]
}

@test "the same in a script, through -o and with os.exit" {
  echo 'local n = 0 for p in procs:where"pss > 0" do n = n + p.pss end print(n) os.exit(0)' >s.lua
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" -o out s.lua
  [ "$status" = 0 ]
  [ "$stderr" = "memsh: 8 processes: 1 read, 7 denied; 7 rows undecided (7 denied)" ]
  [ -s out ]
}

# ---- processes that are not listed

@test "hidepid: the coverage line, JSON, --strict and sums know that there are others" {
  [ "$(id -u)" = 0 ] || skip "needs root to mount /proc"
  unshare -m true 2>/dev/null || skip "there is no mount namespace to be had"
  chmod 711 "$BATS_RUN_TMPDIR" . ..
  cat >hidden.sh <<'SH'
mount -t proc -o hidepid=2,gid=54321 none /proc || exit 77
groups=$1
shift
exec setpriv --reuid=65534 --regid=65534 $groups --bounding-set=-all "$@"
SH
  asks() {
    run --separate-stderr unshare -m sh hidden.sh "$@"
    [ "$status" != 77 ] || skip "no /proc with hidepid can be mounted"
    echo "$*: $status $output $stderr"
  }
  asks --clear-groups "$MEMSH" --strict -f json -e 'procs:by"user":sum"rss"'
  [ "$status" = 3 ]
  [[ "$stderr" == *"processes of others are hidden here (hidepid)"* ]]
  [ "$(jq -c '[.meta.coverage.hidden, .rows[0].partial.rss]' <<<"$output")" = '[true,1]' ]
  asks --clear-groups "$MEMSH" -e 'print(procs:sum"rss")'
  [ "$status" = 0 ]
  [[ "$stderr" == *"hidden here"* ]]
  # The group that may see all does.
  asks --groups=54321 "$MEMSH" --strict -f json -e 'procs:by"user":sum"rss"'
  [ "$status" = 0 ]
  [ "$(jq -c .meta.coverage.hidden <<<"$output")" = null ]
}

@test "reconcile: memory of processes that are not listed is a line of its own and a bound" {
  mkdir -p few/40 few/.machine
  cp "$MEMSH_FIXTURES/full/meminfo" few/meminfo
  cp -r "$MEMSH_FIXTURES/full/1107" few/ && rm -r few/40
  run --separate-stderr "$MEMSH" -s few --strict -f json -e 'reconcile()'
  echo "$output $stderr"
  [ "$status" = 3 ]
  [[ "$stderr" == *"processes are missing"* ]]
  anon=$(($(sed -n 's/^AnonPages: *\([0-9]*\) kB/\1/p' few/meminfo) * 1024))
  jq -e --argjson anon "$anon" '[.rows[] | select(.what | test("^anonymous"))] | (map(.size) | add) == $anon and .[1].bound' \
    <<<"$output"
  jq -e '[.rows[] | select(.what | test("nobody maps$")) | select(.what | test("^swap") | not) | .bound] | all' <<<"$output"
  [ "$(id -u)" = 0 ] || return 0
  run --separate-stderr unshare -p -f --mount-proc "$MEMSH" -f json -e 'reconcile()'
  [ "$status" = 0 ] || skip "there is no PID namespace to be had"
  jq -e '[.rows[] | select(.what == "anonymous, of processes not seen") | .bound] == [true]' <<<"$output"
  [[ "$stderr" == *"PID namespace"* ]]
}

@test "proc(PID) of a process that may not be read ends --strict with 3, of one that is not there with 0" {
  cp -r "$MEMSH_FIXTURES/full" saved
  printf '1107/stat EACCES\n1107/status EACCES\n' >>saved/errors
  run --separate-stderr "$MEMSH" -s saved --strict -e 'print(proc(1107))'
  [ "$status" = 3 ]
  [ "$output" = $'nil\tprocess 1107: no permission to read it\tdenied' ]
  [ "$stderr" = "memsh: --strict: not all that was asked for could be read" ]
  run "$MEMSH" -s saved --strict -e 'print(proc(999999))'
  [ "$status" = 0 ]
}
