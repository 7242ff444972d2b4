# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Small roots (fixtures/trials) that stand for kinds of wrong or silent answers, as the command line answers them.
setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  trials=$MEMSH_FIXTURES/trials
}

@test "14, 15: reconcile without a total says so and fails, in each format" {
  for trial in 14-mem-total-0 15-reconcile-silent; do
    for format in table json csv; do
      run --separate-stderr "$MEMSH" -f $format -s "$trials/$trial" reconcile
      [ "$status" = 1 ]
      [ -z "$output" ]
      [[ $stderr == *"mem_total is not known: the file does not look as it should"* ]]
    done
  done
}

@test "14: a share of a total that is not known has its reason" {
  run --separate-stderr "$MEMSH" -f json -s "$trials/14-mem-total-0" -e 'procs:show"mem_percent"'
  [ "$status" = 0 ]
  jq -e '.rows[0].mem_percent == null and .rows[0].unknown.mem_percent == "malformed"' <<<"$output"
}

# A label of meminfo that is missing takes the lines with it that are made of it; the others show what they did, and
# the rest has what is left.
@test "03: each label of meminfo may be missing but MemTotal" {
  mkdir -p root/.machine root/1
  printf 'hz 100\npage_size 4096\n' >root/.machine/info
  sed 's/^1107/1/' "$MEMSH_FIXTURES/full/1107/stat" >root/1/stat
  cp "$MEMSH_FIXTURES/full/meminfo" root/meminfo
  "$MEMSH" -f json -s root reconcile >whole
  jq -e '.rows | length > 20' whole
  while IFS=: read -r label _; do
    [ "$label" != MemTotal ] || continue
    grep -v "^$label:" "$MEMSH_FIXTURES/full/meminfo" >root/meminfo
    run --separate-stderr "$MEMSH" -f json -s root reconcile
    [ "$status" = 0 ] || {
      echo "$label: $stderr"
      return 1
    }
    python3 - "$label" "$output" <<'PY' || return 1
import json, re, sys
label, cut = sys.argv[1], {r["what"]: r["size"] for r in json.loads(sys.argv[2])["rows"]}
rows = json.load(open("whole"))["rows"]
whole, source = {r["what"]: r["size"] for r in rows}, {r["what"]: r["from"] for r in rows}
assert sum(size or 0 for size in cut.values()) == 8142336 * 1024, label
names = {what: set(re.findall(r"[A-Z]\w+(?:\(\w+\))?", text)) for what, text in source.items()}
for what in (whole.keys() | cut.keys()) - {"unexplained rest"}:
    if label == "VmallocChunk" and what == "vmalloc":
        continue  # with it, VmallocUsed is address space
    if label == "Hugetlb" and what == "hugetlb pools":
        assert cut[what] == whole[what]  # the pool of the default size is the only one there
        continue
    lost = label in names.get(what, ())
    assert cut.get(what) == (None if lost else whole[what]), (label, what, cut.get(what), whole.get(what))
PY
  done < <(cat "$MEMSH_FIXTURES/full/meminfo")
}

@test "05: a sum over mappings that were not shown is unknown, and not what was asked for" {
  run --separate-stderr "$MEMSH" -s "$trials/05-empty-smaps" --strict -e 'maps:sum"rss"'
  [ "$status" = 3 ]
  [ "$output" = "?" ]
}

@test "19: a single file, whatever its name; what is none of them is refused" {
  cp "$trials/19-lone-smaps/40/smaps" attachment.txt
  run --separate-stderr "$MEMSH" -s attachment.txt -f tsv -e 'maps:show"addr rss"'
  [ "$status" = 0 ]
  [ "$output" = "$(printf 'addr\trss\n0x10000\t8192')" ]
  sed 1q "$MEMSH_FIXTURES/full/1107/smaps_rollup" >rollup
  sed 1d "$MEMSH_FIXTURES/full/1107/smaps_rollup" >>rollup
  run "$MEMSH" -s rollup -e 'print(proc(1).pss)'
  [ "$output" = "$("$MEMSH" -s "$MEMSH_FIXTURES/full" -e 'print(proc(1107).pss)')" ]
  # the file, not what takes its name meanwhile
  cp "$MEMSH_FIXTURES/full/1107/smaps" other
  run "$MEMSH" -s attachment.txt -e 'local core = require "memsh.core"
    local source = core.source "attachment.txt"
    os.rename("other", "attachment.txt")
    return #core.listing(source:process(1), true)'
  [ "$output" = 1 ]
  for file in /etc/passwd /dev/null "$MEMSH_FIXTURES/full/meminfo" /dev/zero; do
    run --separate-stderr "$MEMSH" -s "$file" -e procs
    [ "$status" = 1 ]
    [[ $stderr == *"neither a saved /proc, nor a recording"* ]]
  done
}
