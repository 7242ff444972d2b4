# SPDX-License-Identifier: GPL-3.0-or-later
# A machine with systemd: units are what systemd says, and memsh's own run as they are shipped.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  systemctl stop planted.service planted.scope memsh-record.service 'memsh-audit@*.timer' 2>/dev/null || :
  systemctl reset-failed
  [ -z "${user:-}" ] || { loginctl terminate-user "$user"; userdel -rf "$user"; } 2>/dev/null || :
}

# shows_mappings: CAP_PERFMON shows mappings of others since Linux 6.15.
shows_mappings() {
  setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+perfmon --ambient-caps=-all,+perfmon \
    cat /proc/1/smaps_rollup >/dev/null 2>&1
}

@test "units of services, scopes and a user's session are those that ps has from systemd" {
  user=planted
  useradd -m "$user"
  systemd-run --quiet --unit=planted.service --slice=some-thing.slice sleep 600
  systemd-run --quiet --scope --unit=planted.scope sleep 600 3>&- &
  systemd-run --quiet --wait --collect --unit=planted-session.service -p User="$user" -p PAMName=login \
    sh -c 'sleep 5' 3>&- &
  systemctl start "user@$(id -u $user).service"
  sleep 3
  python3 - <<'PY'
import json, os, subprocess
def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
def memsh():
    rows = json.loads(run(os.environ["MEMSH"], "-f", "json", "-e", "procs:show'pid unit container cgroup'"))["rows"]
    return {row["pid"]: row for row in rows}
before = memsh()
systemd = {int(line.split()[0]): line.split()[1:] for line in
           run("ps", "-e", "--no-headers", "-o", "pid,unit:99,uunit:99,slice:99").splitlines()}
after = memsh()
compared = set()
for pid, (unit, of_user, slice_) in systemd.items():
    if pid not in before or pid not in after:
        continue
    # What a user's own systemd starts has a unit there, too.
    wanted = of_user if of_user != "-" else unit if unit != "-" else slice_ if slice_ != "-" else ""
    assert before[pid]["unit"] == wanted, (before[pid], unit, of_user, slice_)
    assert before[pid]["container"] == "", before[pid]
    compared.add(wanted)
print(sorted(compared))
assert {"planted.service", "planted.scope", "init.scope", "systemd-journald.service", "kernels.service"} <= compared
PY
}

@test "memory of units is what systemd counts" {
  systemd-run --quiet --unit=planted.service -p MemoryMax=64M -p MemoryHigh=48M "$MEMSH_HELPERS/mem" dirty 16384
  until [ "$(systemctl show -P MemoryCurrent planted.service)" -gt $((16 << 20)) ]; do sleep 0.1; done
  sleep 1
  local before after
  before=$(systemctl show -P MemoryCurrent planted.service)
  run --separate-stderr "$MEMSH" -f tsv --no-header -e \
    "cgroups:where'unit == \"planted.service\"':show'memory_current memory_max memory_high procs'"
  after=$(systemctl show -P MemoryCurrent planted.service)
  echo "$before $output $after"
  [ "$before" != "$after" ] || [ "$output" = "$before"$'\t'"$((64 << 20))"$'\t'"$((48 << 20))"$'\t1' ]
  run --separate-stderr "$MEMSH" unit planted
  [ "$status" = 0 ]
  [[ $output == *"/system.slice/planted.service"* ]]
}

@test "memsh-audit@.service as it is shipped, and the journal has its fields" {
  local result=UNKNOWN
  ! shows_mappings || result='\(OK\|CRITICAL\|WARNING\)'
  systemctl start memsh-audit@wx.service || :
  journalctl --sync
  journalctl -o json -u memsh-audit@wx.service MESSAGE_ID=27618ad8c57645329a1055b37eb27a7b >entries
  cat entries
  grep -q '"MEMSH_REPORT" *: *"wx"' entries
  grep -q "\"MEMSH_RESULT\" *: *\"$result\"" entries
  systemctl show -p Result -p ExecMainStatus memsh-audit@wx.service
  [ "$(systemctl show -P ExecMainStatus memsh-audit@wx.service)" -le 3 ]
  # It fails where the audit is not OK.
  [ "$(systemctl show -P ExecMainStatus memsh-audit@wx.service)" = 0 ] || systemctl is-failed memsh-audit@wx.service
}

@test "memsh-audit@.timer starts it" {
  # A quarter of an hour is long.
  mkdir -p /run/systemd/system/memsh-audit@wx.timer.d
  printf '[Timer]\nOnCalendar=\nOnCalendar=*:*:0/2\nRandomizedDelaySec=0\nAccuracySec=1\n' \
    >/run/systemd/system/memsh-audit@wx.timer.d/soon.conf
  systemctl daemon-reload
  local since
  since=$(date +%s)
  systemctl start memsh-audit@wx.timer
  for _ in {1..60}; do
    journalctl --sync
    [ -z "$(journalctl -q --since "@$since" -u memsh-audit@wx.service MEMSH_REPORT=wx)" ] || break
    sleep 0.5
  done
  rm -r /run/systemd/system/memsh-audit@wx.timer.d
  [ -n "$(journalctl -q --since "@$since" -u memsh-audit@wx.service MEMSH_REPORT=wx)" ]
}

@test "memsh-record.service as it is shipped: what it recorded can be asked" {
  systemctl start memsh-record.service
  local file=/var/lib/memsh/record.memsh
  for _ in {1..100}; do
    [ "$("$MEMSH" -s $file -f csv --no-header moments 2>/dev/null | wc -l)" -lt 2 ] || break
    sleep 0.5
  done
  systemctl status memsh-record.service --no-pager || :
  systemctl is-active memsh-record.service
  [ "$(stat -c %U $file)" = _memsh ]
  [ "$("$MEMSH" -s $file -e 'proc(1).comm')" = systemd ]
  [ "$("$MEMSH" -s $file -e 'proc(1).res')" -gt 1000000 ]
  # Who locks it, and what it may.
  local pid
  pid=$(systemctl show -P MainPID memsh-record.service)
  [ "$(awk '/^VmLck/ { print $2 }' "/proc/$pid/status")" -gt 1000 ]
  [ "$(cat "/proc/$pid/oom_score_adj")" = -900 ]
  # Mappings are recorded once a minute, and where CAP_PERFMON does not show them as denied, not as 0.
  local pss
  if shows_mappings; then
    for _ in {1..100}; do
      pss=$("$MEMSH" -s $file -e 'proc(1).pss')
      [[ ! $pss =~ ^[0-9]+$ ]] || break
      sleep 1
    done
    [ "$pss" -gt 1000000 ]
  else
    [[ "$("$MEMSH" -s $file -e 'why(proc(1).pss)')" == @(denied|not_recorded) ]]
  fi
  # SIGHUP, as logrotate sends it.
  systemctl reload memsh-record.service
  sleep 1
  systemctl is-active memsh-record.service
}
