# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# The file to attach to a bug: all that there is, nothing that was to be hidden, a page that needs nothing else.

load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
}

# bugreport ARGUMENTS [OPTION OF MEMSH...]
bugreport() {
  local -a arguments
  read -ra arguments <<<"$1"
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" "${@:2}" bugreport "${arguments[@]}"
}

lacks() {
  ! grep "$@"
}

start_hostile() {
  mkdir secretdir
  start names secretdir
}

@test "text: every field of the process, every mapping" {
  mkdir files shmem
  start zoo files shmem
  bugreport "$helper_pid" >text
  [ "$(sed -n 's/^vm_size  *\([0-9]*\) .*/\1/p' text)" = "$(awk '/VmSize/ { print $2 * 1024 }' "/proc/$helper_pid/status")" ]
  [ "$(grep -c '^ *0x[0-9a-f]*  ' text)" = "$(wc -l <"/proc/$helper_pid/maps")" ]
  grep -q "^cmdline .*zoo files shmem" text
  grep -q "^limit_as " text
  grep -q "^cgroup " text
  grep -q "^memory_current " text
  grep -qF "$(cut -d' ' -f1-3 /proc/version)" text
  # The quadrants by page add up to what is resident.
  local pages
  pages=$(awk '/^Quadrants/ { on = 1; next } on && NF == 4 && $4 ~ /^[0-9]+$/ { sum += $4 } /^Mappings/ { on = 0 }
    END { print sum }' text)
  [ "$pages" = "$(awk '/^VmRSS/ { print $2 * 1024 }' "/proc/$helper_pid/status")" ]
}

@test "--redact: no name is left, equal names stay equal, each report has a key of its own" {
  start_hostile
  local form
  for form in "" --html; do
    bugreport "--redact $form $helper_pid" >one
    bugreport "--redact $form $helper_pid" >two
    lacks -qE 'secretdir|back.*slash|elatot|really|wide' one
    lacks -qE 'bats-run|helpers' one
    lacks -qF "$(hostname)" one || [ "$(hostname | wc -c)" -lt 6 ]
    lacks -qwF "$(id -un)" one
    ! cmp -s one two
    grep -qF '[heap]' one
    grep -q 'are replaced by hashes' one
  done
  run "$MEMSH" --reports "$MEMSH_ROOT/scripts" -f json bugreport --redact "$helper_pid"
  [ "$status" = 2 ]
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" -f jsonl bugreport --redact "$helper_pid" >rows
  lacks -qE 'secretdir|really|bats-run|helpers' rows
  lacks -qwF "$(id -un)" rows
  # The program is one name, in exe and where it is mapped.
  bugreport "--redact $helper_pid" >one
  local program
  program=$(sed -n 's/^exe  *//p' one)
  [[ "$program" == "/#"*"/#"* ]]
  [ "$(grep -cF "$program" one)" -gt 3 ]
  bugreport "$helper_pid" >one
  lacks -q 'are replaced by hashes' one
}

@test "--html: well formed, no script, nothing from outside, hostile names are text" {
  start_hostile
  mkdir '<img src=x onerror=alert(1)>'
  bugreport "--html $helper_pid" -o page.html
  python3 "$MEMSH_TESTS/helpers/page.py" page.html
  [ "$(mappings_of page.html)" = "$(wc -l <"/proc/$helper_pid/maps")" ]
}

# How many mappings the address space of a page has: lines are one each, or so many that repeat.
mappings_of() {
  python3 - "$1" <<'PY'
import re
import sys

text = open(sys.argv[1], encoding="utf-8").read()
table = text.split('aria-label="The address space"')[1].split("</table>")[0]
n = 0
for cell in re.findall(r'<td class="label">(.*?)</td>', table, re.S):
    small, times = re.fullmatch(r"(\d+) small mappings", cell), re.search(r">(\d+) times", cell)
    if not re.fullmatch(r'<span class="muted">[^<]* unmapped</span>', cell):
        n += int(small.group(1)) if small else cell.count("<code>") * int(times.group(1) if times else 1)
print(n)
PY
}

@test "--html: all bars are to one scale, of quadrants and of mappings" {
  bugreport "--html 1107" -s "$MEMSH_FIXTURES/full" >page.html
  bugreport 1107 -s "$MEMSH_FIXTURES/full" -f jsonl >rows
  python3 - <<'PY'
import json
import re

sizes = {(row["section"], row["field"]): row["value"] for row in map(json.loads, open("rows"))}
text, scales = open("page.html").read(), {}


def table(name):
    return re.findall(r"<tr><td.*?</tr>", text.split(f'aria-label="{name}"')[1].split("</table>")[0], re.S)


def widths(row):
    return [float(width) for width in re.findall(r'width="([\d.]+)%"', row)]


names = ["private-anon", "shared-anon", "private-file", "shared-file"]
for row, name in zip(table("Quadrants"), names):
    assert name in row, row
    scales[name] = sum(widths(row)) / sizes[name, "pages"]
largest = table("The largest mappings")
assert len(largest) == 10
shown = []
for row in largest:
    addr = re.search(r">([0-9a-f]+)</td>", row).group(1)
    bytes_drawn = sizes[f"mapping 0x{addr}", "rss"] + sizes[f"mapping 0x{addr}", "swap"]
    shown.append(bytes_drawn)
    if bytes_drawn:
        scales[addr] = sum(widths(row)) / bytes_drawn
assert max(scales.values()) < 1.02 * min(scales.values()), scales
weights = [sizes[one, "rss"] + sizes[one, "swap"] for one, field in sizes if field == "rss" and one.startswith("mapping")]
assert shown == sorted(weights, reverse=True)[:10], shown
PY
}

@test "--html: what is read first is what the kernel says" {
  bugreport "--html 1107" -s "$MEMSH_FIXTURES/full" >page.html
  local field
  for field in RSS USS freed; do grep -q "<dt>$field</dt><dd class=\"big\">[0-9>]" page.html; done
  grep -qF '<dt>swap</dt><dd class="big">832K</dd>' page.html
  grep -qF "<dt>PSS</dt><dd class=\"big\">$("$MEMSH" -H -s "$MEMSH_FIXTURES/full" -f csv --no-header -e 'procs{pid=1107}:show"pss"' | tr -d '\r')</dd>" page.html
  grep -qF 'zoo, process 1107' page.html
}

# memory_of FILE: the largest resident size in kB of a page's making
memory_of() {
  python3 - "$MEMSH" "$MEMSH_ROOT/scripts" "$helper_pid" "$1" <<'PY'
import resource
import subprocess
import sys

memsh, reports, pid, path = sys.argv[1:]
subprocess.run([memsh, "--reports", reports, "-o", path, "bugreport", "--html", pid], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
PY
}

@test "--html: 65,000 mappings, alike or not: a page of less than 2 MB, made in less than 32 MB" {
  local kind
  for kind in maps uneven; do
    start mem "$kind" 65000
    kilobytes=$(memory_of page.html)
    python3 "$MEMSH_TESTS/helpers/page.py" page.html
    [ "$(stat -c %s page.html)" -lt 2000000 ]
    [ -n "$MEMSH_SANITIZE" ] || [ "$kilobytes" -lt 32768 ]
    [ "$(mappings_of page.html)" = "$(wc -l <"/proc/$helper_pid/maps")" ]
    stop_helpers
  done
}

@test "--html: in Chromium the drawings are there, and names run nothing" {
  command -v chromium >/dev/null || skip "there is no chromium"
  mkdir '<script>document.title="ran"<'
  start zoo '<script>document.title="ran"<' .
  bugreport "--html $helper_pid" >page.html
  HOME=$BATS_TEST_TMPDIR timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --virtual-time-budget=2000 --dump-dom "file://$PWD/page.html" >dom 2>said || skip "chromium does not run here"
  grep -q "<title>Memory of process $helper_pid</title>" dom
  grep -q 'aria-label="The address space"' dom
  lacks -q '<script' dom
}

@test "of a process that may not be read: what can be told, and why not the rest" {
  start mem dirty 100
  [ "$(id -u)" = 0 ] || skip "what another user may not read takes root to show"
  nobody_may_come
  run as_nobody "$MEMSH" --reports "$MEMSH_ROOT/scripts" bugreport "$helper_pid"
  [ "$status" = 0 ]
  [[ "$output" == *"pss "*"? (denied)"* ]]
  [[ "$output" == *"Mappings: no permission"* ]]
  run "$MEMSH" --reports "$MEMSH_ROOT/scripts" bugreport 4194304
  [ "$status" = 1 ]
  [[ "$output" == *"no process 4194304"* ]]
}
