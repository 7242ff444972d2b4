# SPDX-License-Identifier: GPL-3.0-or-later
# The numbers of every process fit together: statm, status, smaps_rollup and the sum of smaps.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
}

@test "memsh selfcheck: every identity holds of every process of this machine" {
  start mem kinds 512
  mkdir -p data/memsh/reports
  cp "$MEMSH_ROOT/scripts/selfcheck.lua" data/memsh/reports/
  XDG_DATA_HOME=$PWD/data run --separate-stderr "$MEMSH" selfcheck
  echo "$output" "$stderr"
  [ "$status" = 0 ]
  [[ "${lines[-1]}" =~ ^([0-9]+)" processes compared, "([0-9]+)" of them changed each time they were read; 0 failures"$ ]]
  [ "${BASH_REMATCH[1]}" -ge 3 ]
  # Most keep still, so that all identities are compared, not only those of one file.
  [ "${BASH_REMATCH[2]}" -lt "$((BASH_REMATCH[1] / 2))" ]
}

@test "p:check() of a program with every kind of mapping: all is compared, and each difference is expected" {
  start mem kinds 512
  cat >query.lua <<'LUA'
local p = proc(math.tointeger(arg[1]))
local set = p:check()
local rows, missing = set:rows()
assert(#rows > 40 and missing == 0)
for _, row in ipairs(rows) do
  -- a kernel may lack KSM in smaps, or huge pages
  assert(row.expected == true or why(row.expected) == "unsupported", row.what .. ": " .. tostring(row.why))
  assert(not known(row.difference) or row.difference == row.left - row.right)
end
local big = set:where"left > 1M":count()
assert(big >= 3, big)
LUA
  "$MEMSH" query.lua "$helper_pid"
}

@test "a machine whose numbers do not fit together: status 1, and the worst example" {
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/odd" "$MEMSH_ROOT/scripts/selfcheck.lua"
  echo "$output"
  [ "$status" = 1 ]
  [[ "$output" == *"process 23 (odd): 49152, not 352256"* ]]
}

@test "kernels whose counters lag, or that show pss as locked: expected there" {
  for kernel in 2.6.14 2.6.32 3.10 4.4 4.14 5.10 6.1 6.12; do
    run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/kernels/$kernel" "$MEMSH_ROOT/scripts/selfcheck.lua"
    echo "$kernel: ${lines[-1]}"
    [ "$status" = 0 ]
  done
  run --separate-stderr "$MEMSH" -f tsv -s "$MEMSH_FIXTURES/kernels/4.14" \
    -e "proc(300):check():where\"has(why, 'pss as locked')\":show\"expected, difference > 0\""
  echo "$output"
  [ "${lines[1]}" = $'true\ttrue\t' ]
  run --separate-stderr "$MEMSH" -f tsv -s "$MEMSH_FIXTURES/kernels/5.10" \
    -e "procs:where\"comm == 'zoo'\":first():check():where\"has(why, 'lag')\":count()"
  [ "${lines[-1]}" -gt 0 ]
}

# As Linux 6.1 showed it when NUMA balancing had been at the 4 MiB of huge pages: as if they were not there.
@test "huge pages that smaps of Linux 6.1 leaves out: expected there" {
  cp -R "$MEMSH_FIXTURES/kernels/6.1" saved
  python3 - saved/93 "$(sed -n 's/^# \([0-9a-f]*\) 4M with MADV_HUGEPAGE.*/\1/p' saved/zoo)" <<'PY'
import re, sys
process, address = sys.argv[1:]

def without(text):
    return re.sub(r"^(Rss|Pss|Pss_Dirty|Pss_Anon|Private_Dirty|Referenced|Anonymous|AnonHugePages):( +)(\d+) kB",
                  lambda found: f"{found[1]}:{found[2]}{int(found[3]) - 4096} kB", text, flags=re.M)

rollup = open(process + "/smaps_rollup").read()
open(process + "/smaps_rollup", "w").write(without(rollup))
mappings = re.split(r"(?m)^(?=[0-9a-f]+-)", open(process + "/smaps").read())
changed = [without(one) if int(one[:one.index("-")] or "0", 16) == int(address, 16) else one for one in mappings[1:]]
open(process + "/smaps", "w").write("".join(changed))
PY
  run --separate-stderr "$MEMSH" -f tsv --no-header -s saved \
    -e "proc(93):check():where\"has(what, 'rss') and has(why, 'huge pages')\":show\"what, expected, difference\""
  echo "$output" "$stderr"
  [ "${#lines[@]}" = 2 ]
  [[ ${lines[0]} == $'vm_rss = sum of rss over the mappings\ttrue\t'* ]]
  [[ ${lines[1]} == $'rss_anon = sum of anonymous over the mappings\ttrue\t'* ]]
}

@test "an ordinary user: what may be read is compared, the rest is counted as denied" {
  run --separate-stderr as_nobody "$MEMSH" - <"$MEMSH_ROOT/scripts/selfcheck.lua"
  echo "${lines[-1]}" "$stderr"
  [ "$status" = 0 ]
  [ "$(id -u)" != 0 ] || [[ "$stderr" == *denied* ]]
}
