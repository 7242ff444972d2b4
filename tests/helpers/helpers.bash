# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What bats files share: load ../helpers/helpers
#
#   start NAME ARG...     runs a helper program and waits until it is ready; skips the test where it says that it can't
#   value KEY             what it said
#   stop_helpers          for teardown
#   as_nobody COMMAND...  as a user without rights; skips the test where that can't be had
#   nobody_may_come       skips the test where that user can't run memsh and its reports
#   asked_on_btrfs_alone PID FILE  whether helper asked wrote there that the kernel was asked for ids of btrfs files alone
#   kernel_since VERSION  whether this kernel is that old or newer
#   until_stuck PID       waits until both threads of helper stuck wait for the frozen filesystem, a second at most
#   hangs PID FILE        whether a reader of it hangs, or was killed while it did; its end is not waited for
#   group_on MEGABYTES    a memory cgroup of that limit (of either version) while the test runs; skips where that can't be
#   in_group COMMAND...   runs in it
#   group_off             for teardown
#   swap_on, swap_off     a swap file while the test runs; skips it where that can't be had

helper_pids=()

start() {
  helper_output=$(mktemp "$BATS_TEST_TMPDIR/helper.XXXXXX")
  "$MEMSH_HELPERS/$1" "${@:2}" >"$helper_output" 2>"$helper_output.err" 3>&- &
  helper_pid=$!
  helper_pids+=("$helper_pid")
  for _ in {1..1500}; do
    grep -qx ready "$helper_output" && return 0
    grep -q '^skip ' "$helper_output" && skip "$(value skip)"
    kill -0 "$helper_pid" 2>/dev/null || break
    sleep 0.01
  done
  cat "$helper_output" "$helper_output.err" >&2
  return 1
}

value() {
  sed -n "s/^$1 //p" "$helper_output" | tail -n 1
}

stop_helpers() {
  local pid
  for pid in "${helper_pids[@]}"; do
    # A function in the background, as as_nobody, is a shell of its own: what it runs is its child.
    pkill -KILL -P "$pid" 2>/dev/null || :
    kill -KILL "$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || :
  done
  helper_pids=()
}

kernel_since() {
  printf '%s\n%s\n' "$1" "$(uname -r)" | sort -VC
}

until_stuck() {
  for _ in {1..50}; do
    [ "$(grep -l '^State:.D' "/proc/$1/task/"*/status | wc -l)" -lt 2 ] || return 0
    sleep 0.02
  done
}

hangs() {
  timeout 1 cat "/proc/$1/$2" >/dev/null 2>&1 &
  local reader=$!
  sleep 1.5
  kill -0 "$reader" 2>/dev/null || { wait "$reader"; [ $? -ge 124 ]; }
}

# Skips where the project lies in somebody's own directory.
nobody_may_come() {
  as_nobody test -x "$MEMSH" -a -r "$MEMSH_ROOT/scripts/pmap.lua" || skip "others may not come where the project lies"
}

as_nobody() {
  if [ "$(id -u)" != 0 ]; then
    "$@"
  elif command -v setpriv >/dev/null; then
    setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all "$@"
  else
    skip "there is no setpriv to become another user"
  fi
}

asked_on_btrfs_alone() {
  python3 - "$@" <<'PY'
import sys
def major_minor(text, base):
    return tuple(int(part, base) for part in text.split(":"))
mounts = [line.split() for line in open("/proc/self/mountinfo")]
btrfs = {major_minor(words[2], 10) for words in mounts if words[words.index("-") + 1] == "btrfs"}
device = {int(words[0].split("-")[0], 16): major_minor(words[3], 16)
          for words in map(str.split, open(f"/proc/{sys.argv[1]}/maps"))}
asked = [int(line.split()[1], 16) for line in open(sys.argv[2]) if line.startswith("with_build_id ")]
assert all(device[address] in btrfs for address in asked), asked
PY
}

swap_on() {
  [ "$(id -u)" = 0 ] || skip "turning swap on needs root"
  local directory
  # A swap file can't lie on a tmpfs or an overlay.
  for directory in "$BATS_TEST_TMPDIR" /var/tmp; do
    swap_file=$(mktemp "$directory/memsh-swap.XXXXXX")
    chmod 600 "$swap_file"
    dd if=/dev/zero of="$swap_file" bs=1M count=64 status=none
    mkswap "$swap_file" >/dev/null 2>&1
    swapon "$swap_file" 2>/dev/null && return 0
    rm -f "$swap_file"
  done
  swap_file=
  skip "swap can't be turned on here"
}

swap_off() {
  [ -z "${swap_file:-}" ] || { swapoff "$swap_file" && rm -f "$swap_file"; }
}

group_on() {
  [ "$(id -u)" = 0 ] || skip "making a control group needs root"
  local top
  top=$(findmnt -nt cgroup -o TARGET,OPTIONS | awk '$2 ~ /(^|,)memory(,|$)/ { print $1; exit }')
  group_limit=memory.limit_in_bytes
  if [ -z "$top" ]; then
    top=$(findmnt -nt cgroup2 -o TARGET | head -n 1) group_limit=memory.max
    grep -qw memory "$top/cgroup.subtree_control" 2>/dev/null || skip "no memory cgroups can be made here"
  fi
  group_dir=$top/memsh-test-$$
  mkdir "$group_dir" 2>/dev/null || skip "no memory cgroups can be made here"
  group_path=/${group_dir##*/}
  echo $(($1 << 20)) >"$group_dir/$group_limit"
}

in_group() {
  bash -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$group_dir" "$@"
}

group_off() {
  [ -n "${group_dir:-}" ] || return 0
  while read -r pid; do kill -KILL "$pid" 2>/dev/null || :; done <"$group_dir/cgroup.procs"
  for _ in {1..100}; do rmdir "$group_dir" 2>/dev/null && break || sleep 0.05; done
  group_dir=
}
