# SPDX-License-Identifier: GPL-3.0-or-later
# Audits as cron and services run them: a program that does what is looked for, found and gone; and which rights it takes.

load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  chmod 711 "$BATS_RUN_TMPDIR" . ..
  cat >wx.lua <<'LUA'
local opt = report { summary = "writable and executable mappings of a process", args = { { "pid", type = "integer" } } }
audit "wx":crit(procs:where("pid == it", { it = opt.pid }):maps():where"w and x":show"pid comm addr perms",
  "writable and executable"):done()
LUA
  chmod 644 wx.lua
}

teardown() {
  stop_helpers
  swap_off
  [ -z "${place:-}" ] || rm -f "$place"
  # It takes the kernel a moment to see that the group is empty.
  [ -z "${group:-}" ] || rmdir "$group" 2>/dev/null || { sleep 0.5 && rmdir "$group"; }
}

zoo() {
  mkdir -p "$BATS_TEST_TMPDIR/zoo"
  start zoo "$BATS_TEST_TMPDIR/zoo" /dev/shm
}

# with_cap CAPABILITY COMMAND...: as a user with that capability and nothing else.
with_cap() {
  setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps="-all,+$1" --ambient-caps="-all,+$1" \
    --bounding-set="-all,+$1" --no-new-privs "${@:2}"
}

@test "as the service runs it: one capability is enough, and without it the audit is UNKNOWN" {
  [ "$(id -u)" = 0 ] || skip "needs root to hand out capabilities"
  zoo
  status=0
  with_cap perfmon cat "/proc/$helper_pid/maps" >/dev/null 2>&1 || status=$?
  for capability in perfmon sys_ptrace; do
    if [ "$capability" = perfmon ] && [ "$status" != 0 ]; then
      continue # Linux before 6.15
    fi
    run --separate-stderr with_cap "$capability" "$MEMSH" --check ./wx.lua "$helper_pid"
    [ "$status" = 2 ]
    [ "${lines[0]}" = "WX CRITICAL - writable and executable: 1 | 'writable and executable'=1;;0;0 'undecided'=0;;;0" ]
    [[ "$output" == *"$helper_pid"*zoo* ]]
  done
  run --separate-stderr as_nobody "$MEMSH" --check ./wx.lua "$helper_pid"
  [ "$status" = 3 ]
  [[ "$output" == "WX UNKNOWN - "* ]]
}

@test "where /proc hides the processes of others an audit is UNKNOWN" {
  [ "$(id -u)" = 0 ] || skip "needs root to mount /proc"
  unshare -m true 2>/dev/null || skip "there is no mount namespace to be had"
  cat >hidden.sh <<'SH'
mount -t proc -o hidepid=2 none /proc || exit 77
exec setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "$1" --check -e \
  'audit "x":warn(procs:where"pid < 0", "none"):done()'
SH
  run unshare -m sh hidden.sh "$MEMSH"
  [ "$status" != 77 ] || skip "no /proc with hidepid can be mounted"
  [ "$status" = 3 ]
  [[ "$output" == "X UNKNOWN - processes of others are hidden here (hidepid)"* ]]
}

# cron_runs COMMAND...: one real cron daemon runs them, each once. What each says is in out1, out2..., its status in
# status1...
cron_runs() {
  local number=0 command
  rm -f table out[0-9]* status[0-9]*
  for command; do
    number=$((number + 1))
    printf '@reboot root cd %q; %s >out%d 2>&1; echo $? >status%d\n' "$PWD" "$command" $number $number >>table
  done
  cat >cron.sh <<'SH'
for directory in /run /etc/cron.d /var/spool/cron; do
  mkdir -p "$directory" && mount -t tmpfs -o mode=755 none "$directory" || exit 77
done
mkdir /var/spool/cron/crontabs
: >/run/empty
[ ! -e /etc/crontab ] || mount --bind /run/empty /etc/crontab
cp table /etc/cron.d/audits
chmod 644 /etc/cron.d/audits
cron -f &
for _ in $(seq 500); do
  [ "$(ls status* 2>/dev/null | wc -l)" = "$1" ] && break
  sleep 0.02
done
kill $!
SH
  run unshare -m sh cron.sh $#
  [ "$status" != 77 ] || skip "no tmpfs can be mounted"
}

@test "cron: what is planted is found, silence when it is gone, UNKNOWN without permission" {
  PATH=$PATH:/usr/sbin
  [ "$(id -u)" = 0 ] || skip "needs root to run a cron daemon"
  command -v cron >/dev/null || skip "there is no cron"
  unshare -m true 2>/dev/null || skip "there is no mount namespace to be had"
  zoo
  cron_runs "$MEMSH --check --quiet --lock wx --splay 0.1 ./wx.lua $helper_pid" \
    "setpriv --reuid=65534 --clear-groups --bounding-set=-all $MEMSH --check --quiet ./wx.lua $helper_pid"
  [ "$(cat status1)" = 2 ]
  [[ "$(head -n 1 out1)" == "WX CRITICAL - writable and executable: 1"* ]]
  grep -q "^ *$helper_pid  zoo" out1
  [ "$(cat status2)" = 3 ]
  [[ "$(head -n 1 out2)" == "WX UNKNOWN - "* ]]
  gone=$helper_pid
  stop_helpers
  cron_runs "$MEMSH --check --quiet --lock wx ./wx.lua $gone"
  [ "$(cat status1)" = 0 ]
  [ ! -s out1 ]
}

# A control group as a service has one.
make_service() {
  local root
  for root in /sys/fs/cgroup/memory /sys/fs/cgroup; do
    group=$root/memsh-test.$$.service
    mkdir "$group" 2>/dev/null || continue
    if [ -e "$group/memory.current" ] || [ -e "$group/memory.usage_in_bytes" ]; then
      return 0
    fi
    rmdir "$group"
  done
  group=
  return 1
}

# The five that ship. On a machine where others have planted something, too, it is enough that ours is named.
@test "cron: swap, wx, deleted, maxmaps and unit, all at once" {
  PATH=$PATH:/usr/sbin
  [ "$(id -u)" = 0 ] || skip "needs root to run a cron daemon"
  command -v cron >/dev/null || skip "there is no cron"
  unshare -m true 2>/dev/null || skip "there is no mount namespace to be had"
  zoo
  wx=$helper_pid
  start mem maps 20000
  maxmaps=$helper_pid
  make_service || skip "there is no control group of memory to be had"
  sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" dirty 20000' sh "$group" "$MEMSH_HELPERS/mem" >unit.out 3>&- &
  helper_pids+=($!)
  until grep -q ready unit.out; do sleep 0.02; done
  place=/var/lib/memsh-test.$$ # files below /tmp are not held against anybody
  cp "$MEMSH_HELPERS/mem" "$place"
  "$place" dirty 10 >stale.out 3>&- &
  deleted=$!
  helper_pids+=("$deleted")
  until grep -q ready stale.out; do sleep 0.02; done
  rm "$place"
  swap_on
  start mem swapped 100 3000
  swap=$helper_pid
  audits() {
    for audit in "swap --process 2M" "wx $wx" deleted "maxmaps --warn 25" "unit --warn 5M memsh-test.$$.service"; do
      echo "$1 --min-coverage 50 --check --quiet --reports $MEMSH_ROOT/scripts $audit"
    done
  }
  mapfile -t planted < <(audits "$MEMSH")
  mapfile -t denied < <(audits "setpriv --reuid=65534 --clear-groups --bounding-set=-all $MEMSH")
  cron_runs "${planted[@]}" "${denied[@]:1:3}"
  head -n 3 out* >&2
  [ "$(cat status1 status2 status3 status4 status5 | tr -d '\n')" = 12111 ]
  grep -q "^ *$swap " out1
  grep -q "^ *$wx " out2
  grep -q "^ *$deleted " out3
  grep -q "^ *$maxmaps " out4
  grep -q "^MEMSH-TEST.$$.SERVICE WARNING - memory " out5
  [ "$(cat status6 status7 status8 | tr -d '\n')" = 333 ]
  [ "$(cat out6 out7 out8 | grep -c ' UNKNOWN - ')" = 3 ]

  stop_helpers
  cron_runs "${planted[@]}"
  head -n 3 out* >&2
  for number in 1 2 3 4 5; do
    [ "$(cat status$number)" != 0 ] || [ ! -s out$number ]
    [ "$(cat status$number)" != 3 ]
  done
  ! grep -E "^ *($swap|$wx|$deleted|$maxmaps) " out1 out2 out3 out4 || return 1
  [ "$(cat status2)$(cat status5)" = 00 ]
}
