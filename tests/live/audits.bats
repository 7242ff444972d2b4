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
