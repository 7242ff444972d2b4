# SPDX-License-Identifier: GPL-3.0-or-later
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
  python3 - page.html "$(wc -l <"/proc/$helper_pid/maps")" <<'PY'
import html.parser
import re
import sys

VOID = {"meta", "br", "rect"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.groups, self.squares, self.kinds = [], 0, 0, set()

    def handle_starttag(self, tag, attributes):
        self.kinds.add(tag)
        names = {name for name, _ in attributes}
        assert not any(name.startswith("on") for name in names), names
        assert not names & {"src", "href", "action", "data"}, names
        self.groups += tag == "g"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        assert tag in VOID, tag
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


text = open(sys.argv[1], encoding="utf-8").read()
page = Page()
page.feed(text)
page.close()
assert page.open == [], page.open
assert page.kinds <= set("html head meta title style body h1 h2 p svg g rect text details summary table tr td th div"
                         .split()), page.kinds
assert page.groups == int(sys.argv[2]), page.groups
assert "default-src 'none'" in text
assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|url\(|@import", text)
assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
PY
}

@test "--html: the areas of all quadrants are to one scale" {
  bugreport "--html 1107" -s "$MEMSH_FIXTURES/full" >page.html
  bugreport 1107 -s "$MEMSH_FIXTURES/full" -f jsonl >rows
  python3 - <<'PY'
import json
import re

sizes = {(row["section"], row["field"]): row["value"] for row in map(json.loads, open("rows"))}
drawing = re.search(r'<svg id="quadrants".*?</svg>', open("page.html").read(), re.S).group()
scales, names = [], ["private-anon", "shared-anon", "private-file", "shared-file"]
for x, width, fill in re.findall(r'<rect x="(\d+)" [^>]*width="([\d.]+)" [^>]*fill="([^"]+)"', drawing):
    name = re.search(rf'<text x="{x}" y="14">([^<]+)<', drawing).group(1)
    names.remove(name) if fill == "none" else None
    scales.append(float(width) ** 2 / sizes[name, "reserved" if fill == "none" else "pages"])
assert len(scales) == 8 and not names, (scales, names)
assert max(scales) < 1.01 * min(scales), scales
PY
}

@test "--html: in Chromium the drawings are there, and names run nothing" {
  command -v chromium >/dev/null || skip "there is no chromium"
  mkdir '<script>document.title="ran"<'
  start zoo '<script>document.title="ran"<' .
  bugreport "--html $helper_pid" >page.html
  HOME=$BATS_TEST_TMPDIR timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --virtual-time-budget=2000 --dump-dom "file://$PWD/page.html" >dom 2>said || skip "chromium does not run here"
  grep -q "<title>Memory of process $helper_pid</title>" dom
  # The SVGs were taken as drawings, and hold a bar for each mapping.
  [ "$(grep -o '<svg id="space"' dom | wc -l)" = 1 ]
  [ "$(grep -o '<g><title>' dom | wc -l)" = "$(wc -l <"/proc/$helper_pid/maps")" ]
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
