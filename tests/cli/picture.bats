# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# The page of the machine's memory: what is drawn adds up to MemTotal, areas are as sizes are, names are text.

setup() { cd "$BATS_TEST_TMPDIR" || return; }

picture() { "$MEMSH" --reports "$MEMSH_ROOT/scripts" "$@" -o page.html picture 2>said || return; }

total() { awk '/^MemTotal/ { printf "%.0f", $2 * 1024 }' "$1/meminfo"; }

check() { python3 "$MEMSH_TESTS/helpers/page.py" "$@"; }

@test "every saved machine: the rectangles' bytes add up to MemTotal, and their areas are to one scale" {
  local machine
  for machine in "$MEMSH_FIXTURES"/{full,denied,pages64k} "$MEMSH_FIXTURES"/kernels/*; do
    picture -s "$machine"
    check --pictures page.html machine "$(total "$machine")"
  done
}

@test "the live machine, and one in which nothing is free" {
  picture
  check --pictures page.html machine "$(total /proc)"
  cp -r "$MEMSH_FIXTURES/full" full
  sed -i 's/^MemFree:.*/MemFree: 8142336 kB/' full/meminfo
  picture -s full
  check --pictures page.html machine "$(total full)"
  grep -q 'was counted twice' page.html
}

@test "processes that are little of the machine have a picture of their own" {
  picture -s "$MEMSH_FIXTURES/full"
  local sum
  sum=$(cat "$MEMSH_FIXTURES"/full/[0-9]*/smaps_rollup 2>/dev/null | awk '/^Pss_(Anon|File|Shmem):/ { sum += $2 } END { printf "%.0f", sum * 1024 }')
  check --pictures page.html processes "$sum"
}

@test "as rows it is the same, by unit, group or user" {
  local by
  for by in unit cgroup user; do
    "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "$MEMSH_FIXTURES/full" -f jsonl picture --by "$by" 2>/dev/null >rows
    [ "$(jq -s 'map(.size) | add' rows)" = "$(total "$MEMSH_FIXTURES/full")" ]
  done
  # postgres has 1072 kB of Pss_Anon, 4230 of Pss_File, 33792 of Pss_Shmem
  [ "$(jq -c 'select(.pid == 901) | [.group, .kind, .size / 1024]' rows | sort | tr -d '\n')" = \
    '["postgres","anon",1072]["postgres","file",4230]["postgres","shmem",33792]' ]
}

@test "names that look like markup are text" {
  cp -r "$MEMSH_FIXTURES/full" full
  printf '<script>&"\x27\x1b[m\n' >full/901/comm
  sed -i 's/(postgres)/(<script>\&"\x1b[)/' full/901/stat
  printf '0::/a"<b>.service\n' >full/901/cgroup
  picture -s full
  check --pictures page.html machine "$(total full)"
  grep -qF 'a&quot;&lt;b&gt;.service' page.html
  grep -qF '&lt;script&gt;' page.html
}

@test "without MemTotal there is no picture, and it says so" {
  cp -r "$MEMSH_FIXTURES/full" full
  sed -i '/^MemTotal/d' full/meminfo
  run "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s full picture
  [ "$status" = 1 ]
  [[ $output == *"mem_total is not known"* ]]
}

@test "letters have contrast on every colour, in light and dark" {
  picture -s "$MEMSH_FIXTURES/full"
  python3 - <<'PY'
import re

style = open("page.html").read().split("<style>")[1].split("</style>")[0]
light, dark = [dict(re.findall(r"--(\w+): (#\w+)", part)) for part in re.findall(r"html \{(.*?)\}", style, re.S)]


def light_of(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    high, low = sorted((light_of(a), light_of(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


kinds = "anon file shmem unread cache kernel pool rest free".split()
for scheme in light, dark:
    pairs = [("on", kind) for kind in kinds] + [(a, b) for a in ("ink", "muted", "crit", "warn", "info", "accent")
                                                for b in ("bg", "panel")]
    for a, b in pairs:
        assert contrast(scheme[a], scheme[b]) >= 4.5, (a, b, contrast(scheme[a], scheme[b]))
PY
}
