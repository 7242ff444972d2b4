# SPDX-License-Identifier: GPL-3.0-or-later
# Where nobody sits: no environment, no terminal, closed descriptors, full disks, runs that overlap, logs.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  full=$MEMSH_FIXTURES/full
  cat >found.lua <<'LUA'
audit "found":crit(procs:where"pid == 1107":show"pid comm", "zoos"):done()
LUA
  cat >none.lua <<'LUA'
audit "none":crit(procs:where"pid < 0":show"pid comm", "zoos"):done()
LUA
}

@test "without environment, HOME and input it gives what it gives with them" {
  "$MEMSH" -s "$full" -f json -e 'procs:show"pid comm res"' >expected
  env -i "$MEMSH" -s "$full" -f json -e 'procs:show"pid comm res"' <&- >got 2>err
  cmp expected got
  [ ! -s err ]
  env -i LANG=C setsid "$MEMSH" -s "$full" --check found.lua <&- >got 2>err || status=$?
  [ "${status:-0}" = 2 ]
  [ "$(head -n 1 got)" = "FOUND CRITICAL - zoos: 1 | 'zoos'=1;;0;0 'undecided'=0;;;0" ]
}

# Whatever is closed, what is written goes where it belongs.
@test "closed descriptors: no file is opened in their place" {
  status=0
  "$MEMSH" -s "$full" -f csv -o rows.csv --check found.lua <&- >&- 2>&- || status=$?
  [ "$status" = 3 ] # its line could not be written
  status=0
  "$MEMSH" -s "$full" -f csv -o rows.csv -e 'print "a"' -e 'procs:show"pid"' <&- >&- 2>&- || status=$?
  [ "$status" = 0 ]
  [ "$(head -n 1 rows.csv)" = a ]
  "$MEMSH" -s "$full" --check -q none.lua <&- >&- 2>&-
  status=0
  "$MEMSH" -e 1 >&- 2>err || status=$?
  [ "$status" = 74 ]
  grep -q "cannot write output" err
  status=0
  "$MEMSH" <&- 2>err || status=$?
  [ "$status" != 0 ]
}

@test "on a full disk the old file stays, and with --check it is UNKNOWN" {
  unshare -m true 2>/dev/null || skip "there is no mount namespace to be had"
  mkdir disk
  cat >full.sh <<'SH'
mount -t tmpfs -o size=64k none disk || exit 77
echo old >disk/out
"$MEMSH" -s "$0" -f jsonl -o disk/out -e 'for i = 1, 20000 do print(i) end'
echo "status $?"
"$MEMSH" -s "$0" --check -o disk/out -e 'for i = 1, 20000 do print(i) end audit "x":done()'
echo "status $?"
cat disk/out
ls disk
SH
  run --separate-stderr unshare -m sh full.sh "$full"
  [ "$status" != 77 ] || skip "no tmpfs can be mounted"
  [ "${lines[0]}" = "status 74" ]
  [[ "${lines[*]}" == *" UNKNOWN - "*"status 3"* ]]
  [ "${lines[-2]}" = old ]
  [ "${lines[-1]}" = out ]
  [[ "$stderr" == *"No space left on device"* ]]
}

# The directory of the lock is one of the test's own.
as_user_with_runtime() {
  if [ "$(id -u)" = 0 ]; then
    mkdir -p run
    chown 65534 run
    chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/.."
    setpriv --reuid=65534 --regid=65534 --clear-groups env XDG_RUNTIME_DIR="$PWD/run" "$@"
  else
    mkdir -p run
    env XDG_RUNTIME_DIR="$PWD/run" "$@"
  fi
}

@test "--lock: a second run says so and ends, whichever way the first one does" {
  as_user_with_runtime test -x "$MEMSH" || skip "others may not come where the project lies"
  mkfifo nothing
  exec 9<>nothing # nobody ever writes to it
  as_user_with_runtime "$MEMSH" --lock l -e 'print "holds" io.read()' <&9 >first 3>&- &
  pid=$!
  for _ in {1..200}; do grep -q holds first && break; sleep 0.02; done
  run --separate-stderr as_user_with_runtime "$MEMSH" --lock l -e 'print "runs"'
  [ "$status" = 0 ]
  [ "$output" = "" ]
  [[ "$stderr" == "memsh: l: previous run still active since $(date +%Y)-"* ]]
  run --separate-stderr as_user_with_runtime "$MEMSH" --check --lock l -e 'audit "x":done()'
  [ "$status" = 3 ]
  [[ "$output" == *" UNKNOWN - l: previous run still active since "* ]]
  run as_user_with_runtime "$MEMSH" --lock other -e 'print "runs"'
  [ "$output" = runs ]
  exec 9>&-
  pkill -KILL -P $pid || kill -KILL $pid
  wait $pid || :
  for _ in {1..50}; do
    run as_user_with_runtime "$MEMSH" --lock l -e 'print "runs"'
    [ "$output" = runs ] && break
    sleep 0.02
  done
  [ "$output" = runs ]
}

@test "--lock where none can be had: nothing runs" {
  mkdir open
  chmod 777 open
  ln -s open memsh
  for directory in /nonexistent "$PWD"; do
    run --separate-stderr env XDG_RUNTIME_DIR="$directory" setpriv --reuid=65534 --clear-groups "$MEMSH" --lock l -e 1
    [ "$(id -u)" = 0 ] || skip "needs root to be somebody else"
    [ "$status" = 1 ]
    [ "$output" = "" ]
    [[ "$stderr" == *"cannot take the lock l"* ]]
  done
  for name in '' . ../x a/b $'a\nb'; do
    run --separate-stderr "$MEMSH" --lock "$name" --splay 3600 -e 1
    [ "$status" = 2 ]
    [ "$output" = "" ]
    [ -z "$name" ] ||
      [ "$stderr" = "memsh: --lock takes a name of letters, digits, - _ . that does not begin with a point" ]
  done
}

@test "--splay waits no longer than it says, and Ctrl-C ends it" {
  for _ in 1 2 3; do
    timeout 5 "$MEMSH" --splay 0.1 -e 1 >/dev/null
  done
  run timeout --preserve-status -s INT 0.3 "$MEMSH" --splay 86400 -e 1
  [ "$output" = "" ]
  [ "$status" = 130 ] || [ "$status" = 1 ] # a splay of less than that has been seen
  run "$MEMSH" --splay x -e 1
  [ "$status" = 2 ]
}

# listening DIRECTORY SOCKET COMMAND...: what the socket gets while the command runs, in a mount namespace of its own.
listening() {
  cat >listen.py <<'PY'
import os, socket, subprocess, sys
path, command = sys.argv[1], sys.argv[2:]
os.makedirs(os.path.dirname(path), exist_ok=True)
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(path)
s.settimeout(5)
print("status", subprocess.run(command, stdout=subprocess.DEVNULL).returncode)
print(s.recv(65536).decode())
PY
  unshare -m true 2>/dev/null || skip "there is no mount namespace to be had"
  mkdir -p top
  # shellcheck disable=SC2016
  run --separate-stderr unshare -m sh -c 'mount -t tmpfs none top && cp -a /dev/null top/ && mount --bind top "$1" &&
    shift && exec python3 -S listen.py "$@"' sh "$@"
}

@test "--log journal: structured entries" {
  listening /run /run/systemd/journal/socket "$MEMSH" -s "$full" --log journal --check found.lua
  [ "${lines[0]}" = "status 2" ]
  for line in "MESSAGE=FOUND CRITICAL - zoos: 1 | 'zoos'=1;;0;0 'undecided'=0;;;0" PRIORITY=2 MEMSH_REPORT=found \
    MEMSH_RESULT=CRITICAL MEMSH_STATUS=2 SYSLOG_IDENTIFIER=memsh; do
    grep -qxF -- "$line" <<<"$output"
  done
  listening /run /run/systemd/journal/socket "$MEMSH" -s "$full" --log journal --check none.lua
  grep -qx PRIORITY=6 <<<"$output"
  listening /run /run/systemd/journal/socket "$MEMSH" --log journal --check ./missing.lua
  [ "${lines[0]}" = "status 3" ]
  grep -qx PRIORITY=3 <<<"$output"
  grep -q "MESSAGE=MISSING UNKNOWN - .*missing.lua" <<<"$output"
  listening /run /run/systemd/journal/socket "$MEMSH" --log journal -e 'os.exit(7)'
  [ "${lines[0]}" = "status 7" ]
  grep -qx "MEMSH_STATUS=7" <<<"$output"
}

@test "--log syslog" {
  listening /dev /dev/log "$MEMSH" -s "$full" --log syslog --check found.lua
  [ "${lines[0]}" = "status 2" ]
  [[ "${lines[1]}" == "<26>"*"memsh["*"]: FOUND CRITICAL - zoos: 1 |"* ]]
}

@test "--log where there is none: it runs, says so, and ends as it would have" {
  [ ! -e /run/systemd/journal/socket ] || skip "there is a journal"
  run -0 --separate-stderr "$MEMSH" --log journal -e 'print "runs"'
  [ "$output" = runs ]
  [[ "$stderr" == *"--log journal: /run/systemd/journal/socket: "*"the exit status is that of the run" ]]
  run -7 --separate-stderr "$MEMSH" --log journal -e 'os.exit(7)'
  run --separate-stderr "$MEMSH" -s "$full" --check found.lua
  verdict=$output
  run -2 --separate-stderr "$MEMSH" -s "$full" --log journal --check found.lua
  [ "$output" = "$verdict" ]
  [[ "$stderr" == *"--log journal: "* ]]
  run -3 --separate-stderr "$MEMSH" --log journal --check ./missing.lua
  [[ "$output" == "MISSING UNKNOWN - "*"missing.lua"* ]]
}

@test "the units of systemd are right, and leave little to get hold of" {
  command -v systemd-analyze >/dev/null || skip "there is no systemd-analyze"
  for unit in service timer; do
    sed "s|/usr/bin/memsh|$MEMSH|" "$MEMSH_ROOT/scripts/systemd/memsh-audit@.$unit" >"memsh-audit@.$unit"
  done
  sed "s|/usr/bin/memsh|$MEMSH|" "$MEMSH_ROOT/scripts/systemd/memsh-record.service" >memsh-record.service
  cp "memsh-audit@.service" "memsh-audit@wx.service"
  cp "memsh-audit@.timer" "memsh-audit@wx.timer"
  run systemd-analyze verify --man=no ./memsh-audit@wx.service ./memsh-audit@wx.timer ./memsh-record.service
  echo "$output"
  [ "$status" = 0 ]
  [[ "$output" != *memsh-audit* && "$output" != *memsh-record* ]]
  for service in ./memsh-audit@wx.service ./memsh-record.service; do
    run systemd-analyze security --offline=true --threshold=20 "$service"
    echo "$output"
    [ "$status" = 0 ]
  done
}
