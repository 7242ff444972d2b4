# SPDX-License-Identifier: GPL-3.0-or-later
# A process with a mapping of every kind, at sizes that it knows: here, and saved on other kernels.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  export PYTHONPATH=$MEMSH_TESTS/helpers
}

teardown() {
  stop_helpers
  swap_off
  [ -z "${shm:-}" ] || rm -rf "$shm"
  [ -z "${huge_pages:-}" ] || echo "$huge_pages" >/proc/sys/vm/nr_hugepages
}

# Files are on a disk, where there is one, and on a tmpfs.
start_zoo() {
  shm=$(mktemp -d /dev/shm/memsh-zoo.XXXXXX) || skip "there is no /dev/shm"
  mkdir files
  start zoo "$PWD/files" "$shm"
}

@test "every mapping of the zoo, field by field" {
  start_zoo
  python3 "$MEMSH_TESTS/helpers/zoo.py" live "$helper_output"
}

@test "mappings in the formats that programs read are the lines of maps" {
  start_zoo
  for format in csv tsv jsonl json; do
    "$MEMSH" -f "$format" -e "maps:where'pid == $helper_pid':show'pid addr addr_end perms offset dev inode name'" >"rows.$format"
  done
  python3 - "$helper_pid" <<'PY'
import base64, csv, json, re, sys
pid = sys.argv[1]
wanted = []
for line in open(f"/proc/{pid}/maps", "rb"):
    place, perms, offset, device, inode, *name = line.rstrip(b"\n").split(None, 5)
    start, end = (int(address, 16) for address in place.split(b"-"))
    wanted.append([int(pid), start, end, perms, int(offset, 16), device, int(inode), name[0] if name else b""])
assert len(wanted) > 20

CODES = {b"\\\\": b"\\", b"\\n": b"\n", b"\\t": b"\t"}
def raw(text):
    code = lambda found: CODES.get(found[0]) or bytes.fromhex(found[0][2:].decode())
    return re.sub(rb"\\(?:x..|.)", code, text.encode(), flags=re.S)
def row(fields):
    pid, start, end, perms, offset, device, inode, name = fields
    return [int(pid), int(start, 16), int(end, 16), perms.encode(), int(offset, 16), device.encode(), int(inode), name]

for form, options in ("csv", {}), ("tsv", {"delimiter": "\t", "quoting": csv.QUOTE_NONE}):
    head, *lines = csv.reader(open(f"rows.{form}", newline=""), **options)
    assert head == "pid addr addr_end perms offset dev inode name".split(), head
    assert [row(fields[:7] + [raw(fields[7])]) for fields in lines] == wanted, form
for rows in map(json.loads, open("rows.jsonl")), json.load(open("rows.json"))["rows"]:
    named = ([base64.b64decode(one.pop("name_b64", "")) or one.pop("name").encode(), one] for one in rows)
    assert [row([one[key] for key in list(one)[:7]] + [name]) for name, one in named] == wanted
PY
}

# Some kernels crash when they are asked for the build id of a file whose first page is not in memory.
@test "all fields of all mappings, and the kernel is asked for no build id but on btrfs" {
  start_zoo
  fields=$("$MEMSH" --fields=json | python3 -c 'import json, sys
print(" ".join(f["name"] for f in json.load(sys.stdin) if f["kind"] == "maps"))')
  [[ " $fields " == *" build_id "* ]]
  # LeakSanitizer does not work in a process that is traced.
  ASAN_OPTIONS=detect_leaks=0 "$MEMSH_HELPERS/asked" "$MEMSH" -f json -e "proc($helper_pid):maps():show'$fields'" \
    -e "proc($helper_pid):at(16)" >rows 2>asked
  cat asked
  grep '^absent' "$helper_output" || :
  python3 - "$helper_output" <<'PY'
import json, sys
rows, _ = json.JSONDecoder().raw_decode(open("rows").read())
ids = {int(row["addr"], 16): row["build_id"] for row in rows["rows"] if row["inode"]}
assert any(ids.values())
for line in open(sys.argv[1]):
    words = line.split()
    if words[0] == "map" and int(words[1], 16) in ids: # no file of the zoo is a program
        assert not ids[int(words[1], 16)], line
PY
  [ "$(sed -n 's/^queries //p' asked)" -gt 10 ] || grep -q '^queries 0' asked # before Linux 6.11
  asked_on_btrfs_alone "$helper_pid" asked
}

@test "with huge pages in the pool, hugetlb stands apart" {
  [ "$(id -u)" = 0 ] || skip "the pool of huge pages needs root"
  huge_pages=$(cat /proc/sys/vm/nr_hugepages) || skip "this kernel has no pool of huge pages"
  echo $((huge_pages + 1)) >/proc/sys/vm/nr_hugepages
  start_zoo
  grep -q '^absent hugetlb' "$helper_output" && skip "no huge page could be had"
  python3 "$MEMSH_TESTS/helpers/zoo.py" live "$helper_output"
  run "$MEMSH" -f csv -e "procs:where'pid == $helper_pid':show'hugetlb_pages private_hugetlb'"
  [[ ${lines[1]} == 2097152,2097152* ]]
}

@test "with swap, what was paged out is swap and not resident" {
  swap_on
  start_zoo
  python3 "$MEMSH_TESTS/helpers/zoo.py" live "$helper_output"
  [ "$(value swapped)" -gt 0 ]
}

@test "the zoo as Linux 5.10 saw it" {
  python3 "$MEMSH_TESTS/helpers/zoo.py" saved "$MEMSH_FIXTURES/kernels/5.10"
}

@test "the zoo as Linux 6.1 saw it" {
  python3 "$MEMSH_TESTS/helpers/zoo.py" saved "$MEMSH_FIXTURES/kernels/6.1"
}

@test "the zoo as Linux 6.18 saw it, with swap" {
  python3 "$MEMSH_TESTS/helpers/zoo.py" live "$MEMSH_FIXTURES/kernels/6.18/zoo" "$MEMSH_FIXTURES/kernels/6.18"
}

@test "the zoo as Linux 7.3 saw it" {
  python3 "$MEMSH_TESTS/helpers/zoo.py" saved "$MEMSH_FIXTURES/kernels/7.3"
}
