# SPDX-License-Identifier: GPL-3.0-or-later
# memsh shm --owners: who has shared memory that nobody maps, against stat(1), the kernel's list of segments, and a
# program that knows what it holds.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
  [ -z "${there:-}" ] || { umount -qR "$there" || :; rmdir "$there"; }
  [ -z "${segment:-}" ] || ipcrm -m "$segment"
}

mount_tmpfs() {
  [ "$(id -u)" = 0 ] || skip "mounting needs root"
  there=$(mktemp -d /tmp/memsh-there.XXXXXX)
  mount -t tmpfs -o size=64m,mode=755 none "$there" 2>/dev/null || skip "a tmpfs can't be mounted here"
}

# Without the column that says of how many rows something is missing: other processes come and go.
rows() {
  "$MEMSH" -f csv -e "report\"shm\"{owners = true}:where[[$1]]:show\"$2\"" | sed 's/,[^,]*$//'
}

rows_of_nobody() {
  as_nobody "$MEMSH" -f csv -e "report\"shm\"{owners = true}:where[[$1]]:show\"$2\"" | sed 's/,[^,]*$//'
}

owners() {
  rows "$1" "user held files name"
}

@test "files on a tmpfs by owner: a hard link counts once, what is mounted on it does not, nor what a link leads to" {
  mount_tmpfs
  head -c 3000000 /dev/zero >"$there"/big
  ln "$there"/big "$there"/again
  mkdir "$there"/sub "$there"/other
  head -c 1000000 /dev/zero >"$there"/sub/small
  head -c 500000 /dev/zero >"$there"/sub/theirs
  chown 4242 "$there"/sub/theirs
  head -c 5000000 /dev/zero >elsewhere
  ln -s "$PWD/elsewhere" "$there"/link
  mount -t tmpfs none "$there"/other
  head -c 7000000 /dev/zero >"$there"/other/file
  run --separate-stderr owners "place == \"$there\" and note == \"\""
  [ "$status" = 0 ]
  local mine theirs
  mine=$(($(stat -c %b "$there"/big) * 512 + $(stat -c %b "$there"/sub/small) * 512))
  theirs=$(($(stat -c %b "$there"/sub/theirs) * 512))
  [[ ${lines[1]} == "root,$mine,2,$there/"@(big|again) ]]
  [ "${lines[2]}" = "4242,$theirs,1,$there/sub/theirs" ]
  [ "${#lines[@]}" = 3 ]
}

@test "what may not be read is said, not left out" {
  mount_tmpfs
  nobody_may_come
  mkdir "$there"/closed
  head -c 3000000 /dev/zero >"$there"/closed/file
  chmod 700 "$there"/closed
  cd /
  run --separate-stderr rows_of_nobody "place == \"$there\"" "user held note"
  [ "${lines[1]}" = ",$(($(stat -c %b "$there/closed/file") * 512)),in directories that may not be read" ]
}

@test "deleted files in use are the rest of a mount, and of who has them open" {
  mount_tmpfs
  head -c 3000000 /dev/zero >"$there"/file
  local held
  held=$(($(stat -c %b "$there"/file) * 512))
  exec 9<"$there"/file
  rm "$there"/file
  run --separate-stderr owners "name == \"$there/file\""
  exec 9<&-
  [ "${lines[1]}" = "root,$held,1,$there/file" ]
}

@test "a memfd that is open and not mapped" {
  python3 -c '
import os, sys
fd = os.memfd_create("kept")
os.write(fd, bytes(2 << 20))
print("ready", flush=True)
sys.stdin.read()' < <(exec sleep 60 2>&- 3>&-) >said 3>&- &
  helper_pids+=($!)
  until grep -q ready said; do sleep 0.05; done
  run --separate-stderr owners 'kind == "open" and mappers == 0 and name == "/memfd:kept"'
  [[ ${lines[1]} == *",$((2 << 20)),1,/memfd:kept" ]]
}

@test "a System V segment that nobody has attached" {
  command -v ipcmk >/dev/null || skip "there is no ipcmk"
  segment=$(ipcmk -M 1000000 2>/dev/null | grep -o '[0-9]*$') || skip "a segment can't be made here"
  run --separate-stderr rows "place == \"segment $segment\"" "user held mappers note"
  local held
  held=$(awk -v id="$segment" '$2 == id { print $15 + $16 }' /proc/sysvipc/shm)
  [ "${lines[1]}" = "$(id -un),$held,0,attached by nobody" ]
  run -0 --separate-stderr "$MEMSH" --reports "$MEMSH_ROOT/scripts" shm # which has rows of mappings alone
  [[ "$stderr" =~ "memsh: "([0-9]+)" System V segment"(" is"|"s are")" attached by nobody, with "[0-9.]+[KMG]?": memsh shm -o" ]]
  [ "${BASH_REMATCH[1]}" = "$(awk 'NR > 1 && $7 == 0' /proc/sysvipc/shm | wc -l)" ]
}

@test "more shared memory than a tenth of the machine that nobody maps: memsh doctor names who has it" {
  mount_tmpfs
  local total available
  total=$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)
  available=$(awk '/^MemAvailable/ { print $2 }' /proc/meminfo)
  [ $((available * 10 / total)) -ge 5 ] || skip "there is too little memory for it"
  [ "$("$MEMSH" -f csv doctor --seconds 0 --only tmpfs 2>/dev/null | grep -c '^tmpfs,[iw]')" = 0 ] ||
    skip "this machine has that much already"
  mount -o remount,size=$((total / 5))k "$there"
  fallocate -l $((total * 12 / 100))KiB "$there"/file
  chown 4242 "$there"/file
  run --separate-stderr "$MEMSH" -f jsonl doctor --seconds 0 --only tmpfs
  [ "$status" = 0 ]
  [[ ${lines[0]} == *'"id": "tmpfs", "severity": "info"'* ]]
  [[ ${lines[0]} == *"user 4242 "*"in 1 file of $there (the largest is $there/file)"* ]]
  rm "$there"/file
  [ "$("$MEMSH" -f csv doctor --seconds 0 --only tmpfs 2>/dev/null | grep -c '^tmpfs,[iw]')" = 0 ]
}
