# SPDX-License-Identifier: GPL-3.0-or-later
# shm -t: what tmpfs mounts hold is what statfs(2) says, and what is mapped of it is what a program has mapped.

setup() {
  bats_require_minimum_version 1.5.0
  [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ] || skip "/dev/shm is no tmpfs here"
  file=$(mktemp /dev/shm/memsh-test.XXXXXX) || skip "/dev/shm can't be written"
}

teardown() {
  if [ -n "${mapper:-}" ]; then kill "$mapper"; fi
  rm -f "${file:-}"
}

used() {
  stat -f -c '%b %f %S' /dev/shm | awk '{ printf "%.0f\n", ($1 - $2) * $3 }'
}

@test "a file on tmpfs counts, mapped or not" {
  mountpoint -q /dev/shm || skip "nothing is mounted on /dev/shm"
  head -c 8388608 /dev/zero >"$file"
  python3 -c '
import mmap, sys, time
with open(sys.argv[1], "r+b") as f:
    memory = mmap.mmap(f.fileno(), 4 << 20)
memory[:] = b"x" * (4 << 20)
print("ready", flush=True)
time.sleep(60)' "$file" >"$BATS_TEST_TMPDIR/mapper" 3>&- &
  mapper=$!
  for _ in {1..500}; do
    grep -q ready "$BATS_TEST_TMPDIR/mapper" && break
    sleep 0.01
  done
  before=$(used)
  run -0 --separate-stderr "$MEMSH" -f json --reports "$MEMSH_ROOT/scripts" shm -t
  after=$(used)
  python3 - "$before" "$after" "$output" <<'PY'
import json, sys

before, after, rows = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])["rows"]
(row,) = [r for r in rows if r["mount"] == "/dev/shm" and r["used"] is not None]
assert min(before, after) <= row["used"] <= max(before, after), (before, row, after)
assert row["mapped"] >= 4 << 20 and row["unmapped"] >= 4 << 20, row
PY
}

@test "a saved machine has no mounts to be asked: that is said" {
  "$MEMSH" record --from "$MEMSH_FIXTURES/full" -o "$BATS_TEST_TMPDIR/machine.memsh"
  for machine in "$MEMSH_FIXTURES/full" "$BATS_TEST_TMPDIR/machine.memsh"; do
    run --separate-stderr "$MEMSH" -s "$machine" --reports "$MEMSH_ROOT/scripts" shm -t
    [ "$status" = 1 ]
    [[ "$stderr" == *"the mounts are not known: it was not read when this was saved"* ]]
  done
}
