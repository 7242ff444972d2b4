# SPDX-License-Identifier: GPL-3.0-or-later
# scripts/README.md lends rights to the group memsh, by a line for sudo or by a copy with a capability: a real sudo reads
# that line, and a member and a stranger try both. Their names exist in a mount namespace of the test alone.

load ../helpers/helpers

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  [ "$(id -u)" = 0 ] || skip "only root lends rights"
  nobody_may_come
  cp "$MEMSH" memsh-restricted
  mkdir -m 750 sudoers.d
  mkdir own
  chown 54321 own
  grep '^%memsh ALL' "$MEMSH_ROOT/scripts/README.md" | sed "s|/usr/bin|$PWD|" >sudoers.d/memsh
  [ "$(wc -l <sudoers.d/memsh)" = 1 ]
  chmod 440 sudoers.d/memsh
  start mem dirty 64
  { cat /etc/passwd && echo "member:*:54321:54321::/nonexistent:/bin/sh" && echo "stranger:*:54322:54322::/nonexistent:/bin/sh"; } >passwd
  { grep -v '^memsh:' /etc/group && echo "memsh:x:54320:member"; } >group
}

as() { # USER COMMAND...
  # shellcheck disable=SC2016  # for the shell within
  unshare -m -- sh -c 'mount --bind passwd /etc/passwd && mount --bind group /etc/group &&
    mount --bind sudoers.d /etc/sudoers.d && uid=$(id -u "$1") && shift &&
    exec setpriv --reuid="$uid" --regid="$uid" --init-groups -- "$@"' - "$@"
}

teardown() { stop_helpers; }

# What only rights show: the PSS of a process of root.
pss() { echo "procs:where\"pid == $helper_pid and pss > 0\":count()"; }

@test "a line for sudo: the group looks at every process, and does nothing else" {
  command -v sudo >/dev/null || skip "sudo is missing (Debian: sudo)"
  [ "$(as member ./memsh-restricted -e "$(pss)" 2>/dev/null)" = ">=0" ]
  [ "$(as member sudo -n "$PWD/memsh-restricted" -e "$(pss)")" = 1 ]
  [[ $(as member sudo -n "$PWD/memsh-restricted" --version) == *"confined: system calls by seccomp"* ]]
  as member sudo -n "$PWD/memsh-restricted" --require-confinement -f csv -o own/x.csv -e 'procs:show"pid pss"'
  [ "$(stat -c %u own/x.csv)" = 54321 ]
  [ "$(grep -c "^$helper_pid,[0-9]" own/x.csv)" = 1 ]
  run as member sudo -n "$PWD/memsh-restricted" -o /etc/memsh-was-here -e 'procs'
  [ "$status" != 0 ] && [ ! -e /etc/memsh-was-here ]
  run as member sudo -n "$PWD/memsh-restricted" -e 'os.execute"id"'
  [ "$status" != 0 ] && [[ $output != *uid=* ]]
  run as member sudo -n "$PWD/memsh-restricted" -e 'for l in io.lines"/etc/shadow" do print(l) end'
  [ "$status" != 0 ] && [[ $output != *root:* ]]
}

@test "sudo runs nothing else, for nobody else, and with no environment that loads code" {
  command -v sudo >/dev/null || skip "sudo is missing (Debian: sudo)"
  run as member sudo -n id
  [ "$status" != 0 ] && [[ $output != *uid=* ]]
  run as stranger sudo -n "$PWD/memsh-restricted" -e '1'
  [ "$status" != 0 ]
  echo 'print "mine"' >own/init.lua
  run as member env LUA_INIT='print "mine"' MEMSH_INIT="$PWD/own/init.lua" LD_PRELOAD=/nonexistent.so \
    sudo -n "$PWD/memsh-restricted" -e '1'
  [[ $output != *mine* ]]
}

@test "a copy with a capability: the group alone may run it, and looks at every process" {
  command -v setcap >/dev/null || skip "setcap is missing (Debian: libcap2-bin)"
  line=$(sed -n 's|^sudo \(setcap .*\) /usr/local/bin/memsh-restricted$|\1|p' "$MEMSH_ROOT/scripts/README.md")
  [ -n "$line" ]
  chgrp 54320 memsh-restricted
  chmod 750 memsh-restricted
  $line "$PWD/memsh-restricted" || skip "the filesystem holds no capabilities"
  run as stranger ./memsh-restricted -e '1'
  [ "$status" != 0 ] && [[ $output == *"Permission denied"* ]]
  run as member ./memsh-restricted -e "$(pss)"
  [ "$output" = 1 ] || skip "PSS takes more than CAP_PERFMON on this kernel (6.15)"
  run as member ./memsh-restricted -e 'os.execute"id"'
  [ "$status" != 0 ] && [[ $output != *uid=* ]]
}
