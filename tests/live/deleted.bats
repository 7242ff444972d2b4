# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Deleted or not: from the files, not from their names.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  # Where another user may go, too.
  directory=$(mktemp -d /tmp/memsh-deleted.XXXXXX)
  chmod 755 "$directory"
  cd "$directory" || return
  mkdir -m 777 files
}

teardown() {
  if [ -n "${mapper:-}" ]; then kill "$mapper" 2>/dev/null || true; fi
  rm -rf "$directory"
}

# Maps files of every fate, then waits: its pid is in $mapper.
map_files() {
  cat >mapper.py <<'PY'
import mmap, os, time
os.chdir("files")
kept = []
def mapped(name):
    with open(name, "wb+") as file:
        file.write(b"x" * 4096)
        file.flush()
        kept.append(mmap.mmap(file.fileno(), 4096, mmap.MAP_SHARED))
for name in ("live", "live (deleted)", "gone", "gone (deleted)", "replaced", "linked", "a\nb (deleted)"):
    mapped(name)
for name in ("gone", "gone (deleted)", "replaced"):
    os.unlink(name)
with open("replaced", "w") as file:
    file.write("new")
os.link("linked", "other link")
os.unlink("linked")
fd = os.memfd_create("pool")
os.ftruncate(fd, 4096)
kept.append(mmap.mmap(fd, 4096))
kept.append(mmap.mmap(-1, 4096))
with open("ready", "w") as file:
    print(os.getpid(), file=file)
time.sleep(600)
PY
  # The python3 of the path may lie where another user may not go.
  local python=/usr/bin/python3
  [ -x "$python" ] || python=python3
  "$@" "$python" mapper.py 3>&- &
  mapper=$!
  for _ in $(seq 100); do
    if [ -s files/ready ]; then
      mapper=$(cat files/ready)
      return
    fi
    sleep 0.1
  done
  return 1
}

# expect_paths WHOM...: the path of a file that is really named so is its whole name, that of a deleted one lacks the words.
expect_paths() {
  local rows="proc($mapper):maps():where('shared and has(path, dir)', {dir = '$directory'})"
  local named_so="{p = '$directory/files/live (deleted)'}"
  run --separate-stderr "$@" "$MEMSH" -f json -e "$rows:show'name path'" -e "$rows:by'path':sum'size'" \
    -e "proc($mapper):maps():where('path == p', $named_so):count()" \
    -e "proc($mapper):maps():where('path == p', {p = '$directory/files/live'}):set():count()" \
    -e "maps:where'pid == $mapper':by'path':sum'size':where('path == p', $named_so):count()"
  [ "$status" = 0 ]
  python3 - "$output" "$directory/files/" <<'PY'
import json, sys
decoder, text, found = json.JSONDecoder(), sys.argv[1], []
while text.strip():
    value, end = decoder.raw_decode(text.lstrip())
    text = text.lstrip()[end:]
    found.append(value)
rows, groups, named_so, live, in_sums = found
paths = {r["name"][len(sys.argv[2]):]: r["path"][len(sys.argv[2]):] for r in rows["rows"]}
expected = {"live": "live", "live (deleted)": "live (deleted)", "gone (deleted)": "gone",
            "gone (deleted) (deleted)": "gone (deleted)", "replaced (deleted)": "replaced"}
for name, path in expected.items():
    assert paths[name] == path, (name, paths)
assert {"live", "live (deleted)", "gone"} <= {g["path"][len(sys.argv[2]):] for g in groups["rows"]}, groups
assert (named_so["value"], live["value"], in_sums["value"]) == (1, 1, 1), found
PY
}

# expect HOW WHOM...: what is said of each file, as HOW tells it ("links", or else), asked by WHOM.
expect() {
  local how=$1
  shift
  run --separate-stderr "$@" "$MEMSH" -f json -e "proc($mapper):maps():where'shared':show'name deleted deleted_by'"
  [ "$status" = 0 ]
  python3 - "$output" "$how" <<'PY'
import json, os, sys
how = sys.argv[2]
rows = {os.path.basename(r["name"]): (r["deleted"], r["deleted_by"]) for r in json.loads(sys.argv[1])["rows"]}
expected = {
    "live": (False, ""), "live (deleted)": (False, how), "gone (deleted)": (True, how),
    "gone (deleted) (deleted)": (True, how), "replaced (deleted)": (True, how),
    # The path that was mapped is gone, the file lives on: only its links show that.
    "linked (deleted)": (how != "links", how),
    # A newline in a name leaves only the kernel's words to who may not ask the mapping itself.
    "a\\012b (deleted)": (how != "links", how if how == "links" else "name"),
    "memfd:pool (deleted)": (True, "name"), "zero (deleted)": (True, "name"),
}
for name, answer in expected.items():
    assert rows.get(name) == answer, (name, rows.get(name), answer)
PY
}

@test "deleted is told by the links of what is mapped, where that may be asked" {
  [ "$(id -u)" = 0 ] || skip "map_files can be followed by root alone"
  map_files
  expect links
  expect_paths
}

@test "who may not follow map_files compares inodes below the root of the process" {
  map_files as_nobody
  expect inode as_nobody
  expect_paths as_nobody
}

@test "exe_deleted tells a program that was replaced from one that is really named so" {
  [ "$(id -u)" = 0 ] || skip "the helper's name is asked of /proc as root"
  for name in "prog" "prog (deleted)"; do
    cp "$(command -v sleep)" "files/$name"
    "files/$name" 60 &
    mapper=$!
    until [ "$(readlink "/proc/$mapper/exe")" = "$(realpath "files/$name")" ]; do sleep 0.01; done
    [ "$("$MEMSH" -f json -e "proc($mapper).exe_deleted" | python3 -c 'import json,sys; print(json.load(sys.stdin)["value"])')" = False ]
    rm "files/$name"
    [ "$("$MEMSH" -f json -e "proc($mapper).exe_deleted" | python3 -c 'import json,sys; print(json.load(sys.stdin)["value"])')" = True ]
    kill "$mapper"
  done
}

@test "of a saved root the kernel's words are all there is" {
  run --separate-stderr "$MEMSH" -f json -s "$MEMSH_FIXTURES/full" -e 'proc(1107):maps():where"deleted":show"deleted_by":distinct"deleted_by"'
  [ "$status" = 0 ]
  [[ "$output" == *'"deleted_by": "name"'* ]]
  run --separate-stderr "$MEMSH" -f json -s "$MEMSH_FIXTURES/full" -e 'maps:where"anon_name != \"\"":show"anon_name"'
  [[ "$output" == *'"anon_name": "zoo pool"'* ]]
}
