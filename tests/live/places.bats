# SPDX-License-Identifier: GPL-3.0-or-later
# Processes that live elsewhere (mount and pid namespaces, chroots), /proc as a mount option hides it, names of every
# byte.
# The programs of sh -c expand their own words.
# shellcheck disable=SC2016
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  export PYTHONPATH=$MEMSH_TESTS/helpers
  # Where memsh was built may be closed to others.
  program=$(mktemp -d /tmp/memsh-places.XXXXXX)/memsh
  cp "$MEMSH" "$program"
  chmod 755 "${program%/*}" "$program"
}

teardown() {
  stop_helpers
  [ -z "${inner:-}" ] || kill -KILL "$inner" 2>/dev/null || :
  rm -r "${program%/*}"
}

need_namespaces() {
  [ "$(id -u)" = 0 ] || skip "mounting needs root"
  unshare -m true 2>/dev/null || skip "namespaces can't be made here"
}

# hidden OPTIONS CODE: what nobody's memsh says under a /proc mounted so.
hidden() {
  run --separate-stderr unshare -m sh -c '
    mount -t proc -o "$1" proc /proc 2>/dev/null || exit 77
    exec setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all "$2" -f json -e "$3"
  ' sh "$1" "$program" "$2"
  [ "$status" != 77 ] || skip "this kernel has no $1"
  [ "$status" = 0 ]
}

of_helper() {
  echo "procs:where\"pid == $helper_pid\":show\"pid comm virt rss pss cmdline\""
}

@test "hidepid=noaccess: who is there and can't be read is unknown, not absent and not 0" {
  need_namespaces
  start mem dirty 1024
  hidden hidepid=noaccess "$(of_helper)"
  python3 - "$helper_pid" "$output" <<'PY'
import json, sys
document = json.loads(sys.argv[2])
(row,) = document["rows"]
fields = {"comm", "virt", "rss", "pss", "cmdline"}
assert row["pid"] == int(sys.argv[1]) and all(row[field] is None for field in fields), row
assert row["unknown"] == dict.fromkeys(fields, "denied"), row
assert document["meta"]["coverage"]["denied"] >= 1, document["meta"]
PY
  hidden hidepid=noaccess 'procs:by"":sum"rss"'
  python3 -c 'import json, sys; d = json.loads(sys.argv[1]); assert d["rows"][0]["partial"]["rss"] > 0, d' "$output"
  hidden hidepid=noaccess "{proc($helper_pid)}"
  [[ $output == *denied* ]]
}

@test "hidepid=invisible and ptraceable: who can't be seen is not counted" {
  need_namespaces
  start mem dirty 1024
  for option in invisible ptraceable; do
    hidden hidepid=$option "$(of_helper)"
    python3 -c 'import json, sys; d = json.loads(sys.argv[1]); assert d["rows"] == [] and "denied" not in d["meta"]["coverage"], d' \
      "$output"
    hidden hidepid=$option "{proc($helper_pid)}"
    [[ $output == *gone* ]]
  done
}

@test "the group that hidepid spares sees as if nothing were hidden" {
  need_namespaces
  start mem dirty 1024
  hidden hidepid=invisible,gid=65534 "$(of_helper)"
  python3 -c 'import json, sys; (row,) = json.loads(sys.argv[1])["rows"]; assert row["rss"] > 1 << 20 and row["unknown"] == {"pss": "denied"}, row' \
    "$output"
}

@test "subset=pid: the processes are there, the system's numbers are unknown" {
  need_namespaces
  start mem dirty 1024
  hidden subset=pid "$(of_helper)"
  python3 -c 'import json, sys; (row,) = json.loads(sys.argv[1])["rows"]; assert row["rss"] > 1 << 20, row' "$output"
  hidden subset=pid 'tostring(known(sys.mem_total))'
  [[ $output == *false* ]]
}

# The pid by which the outside knows the only process below unshare, whose name is $1.
outer_pid() {
  for _ in {1..500}; do
    inner=$(pgrep -P "$1" -x "$2" || :)
    [ -z "$inner" ] || return 0
    sleep 0.01
  done
  return 1
}

# start_within COMMAND...: a helper below other programs, which say what it says.
start_within() {
  helper_output=$PWD/said
  "$@" >"$helper_output" 2>said.err 3>&- &
  helper_pid=$!
  helper_pids+=("$helper_pid")
  for _ in {1..1500}; do
    grep -qx ready "$helper_output" && return 0
    kill -0 "$helper_pid" 2>/dev/null || break
    sleep 0.01
  done
  cat said.err >&2
  return 1
}

# the_zoo PID [PREFIX]: as if it had said that pid, and its paths with that in front.
the_zoo() {
  sed -e "s/^pid .*/pid $1/" -e "s|path=/|path=${2:-}/|" said >seen
  python3 "$MEMSH_TESTS/helpers/zoo.py" live seen
}

@test "another mount namespace: the zoo on a tmpfs that only it sees" {
  need_namespaces
  mkdir files shm
  start_within unshare -m sh -c 'mount -t tmpfs none shm && exec "$0" "$PWD/files" "$PWD/shm"' "$MEMSH_HELPERS/zoo"
  # Nothing of it can be seen from here.
  [ -z "$(ls shm)" ]
  the_zoo "$helper_pid"
}

@test "another mount namespace, asked from within" {
  need_namespaces
  mkdir files shm
  start_within unshare -m sh -c 'mount -t tmpfs none shm && exec "$0" "$PWD/files" "$PWD/shm"' "$MEMSH_HELPERS/zoo"
  sed "s/^pid .*/pid $helper_pid/" said >seen
  nsenter -t "$helper_pid" -m python3 "$MEMSH_TESTS/helpers/zoo.py" live "$PWD/seen"
}

@test "another pid namespace: the same process, by the number it has here" {
  need_namespaces
  mkdir files shm
  start_within unshare -p --fork sh -c 'exec "$0" "$PWD/files" "$PWD/shm"' "$MEMSH_HELPERS/zoo"
  [ "$(value pid)" = 1 ]
  outer_pid "$helper_pid" zoo
  the_zoo "$inner"
}

@test "within a pid namespace memsh sees those inside by their own numbers" {
  need_namespaces
  run --separate-stderr unshare -p --fork --mount-proc sh -c '"$1" -f json -e "procs:show\"pid ppid comm rss\""; :' sh "$program"
  [ "$status" = 0 ]
  python3 -c 'import json, sys; rows = json.loads(sys.argv[1])["rows"]; assert {row["pid"]: row["comm"] for row in rows}[1] == "sh" and len(rows) == 2 and all(row["rss"] > 0 for row in rows), rows' \
    "$output"
}

@test "a chroot: names as they are seen from here" {
  [ "$(id -u)" = 0 ] || skip "chroot needs root"
  mkdir -p root/files root/shm
  cp "$MEMSH_HELPERS/zoo" root/zoo
  for library in $(ldd "$MEMSH_HELPERS/zoo" | grep -o '/[^ ]*'); do
    mkdir -p "root${library%/*}"
    cp -L "$library" "root$library"
  done
  # /dev/zero and pagemap are all it needs of the outside.
  mkdir root/dev
  mknod -m 666 root/dev/zero c 1 5 || skip "device files can't be made here"
  start_within chroot root /zoo /files /shm
  # By its name that is a file; its pages are anonymous all the same.
  sed -i "s|kind=anon quadrant=private-anon name=/dev/zero |name=$PWD/root/dev/zero |" said
  the_zoo "$helper_pid" "$PWD/root"
  [ "$("$MEMSH" -e "proc($helper_pid).exe")" = "$PWD/root/zoo" ]
}

@test "PR_SET_DUMPABLE 0: its own user is denied what root may read" {
  [ "$(id -u)" = 0 ] || skip "becoming another user needs root"
  cp "$MEMSH_HELPERS/states" "${program%/*}/states"
  chmod 755 "${program%/*}/states"
  as_nobody "${program%/*}/states" undumpable >said 3>&- &
  helper_pids+=($!)
  for _ in {1..500}; do
    grep -qx ready said && break
    sleep 0.01
  done
  pid=$(sed -n 's/^pid //p' said)
  run --separate-stderr as_nobody "$program" -f json -e "procs:where\"pid == $pid\":show\"rss virt swap user pss mappings exe\""
  python3 -c '
import json, sys
(row,) = json.loads(sys.argv[1])["rows"]
assert row["rss"] > 0 and row["user"] == "nobody" and row["swap"] is not None, row
assert row["unknown"] == {"pss": "denied", "mappings": "denied", "exe": "denied"}, row' "$output"
  run --separate-stderr "$MEMSH" -f json -e "procs:where\"pid == $pid\":show\"rss pss mappings exe\""
  python3 -c '
import json, sys
(row,) = json.loads(sys.argv[1])["rows"]
assert "unknown" not in row and row["pss"] > 0 and row["mappings"] > 5, row' "$output"
}

@test "every byte in the name of a process, its arguments, its files" {
  cat >bytes.lua <<'LUA'
local function hex(text) return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
local p = proc(math.tointeger(arg[1]))
print("comm", hex(p.comm))
if arg[2] == "all" then
  for i, argument in ipairs(p.argv) do print("argument", i, hex(argument)) end
  for m in p:maps() do
    if m.path:find("/every.", 1, true) then print("file", hex(m.path)) end
  end
end
LUA
  cat >target.py <<'PY'
import ctypes, mmap, os, subprocess, sys

directory = os.fsencode(sys.argv[1])
memsh, script = os.environ["MEMSH"], sys.argv[2]
libc = ctypes.CDLL(None)
names = [bytes([b]) for b in range(1, 256) if b not in b"/"]
areas = []
for name in names:
    path = directory + b"/every." + name
    with open(path, "wb+") as file:
        file.truncate(4096)
        areas.append(mmap.mmap(file.fileno(), 4096))

def ask(*rest):
    out = subprocess.run([memsh, script, str(os.getpid()), *rest], check=True, capture_output=True).stdout.decode()
    return [line.split() for line in out.split("\n") if line]

# Names of at most 15 bytes, from stat and, where status is read, from there.
alphabet = bytes(range(1, 256))
for i in range(0, 255, 15):
    comm = alphabet[i:i + 15]
    assert libc.prctl(15, comm, 0, 0, 0) == 0
    (line,) = ask()
    assert bytes.fromhex(line[1]) == comm, (line, comm)
    query = f'for p in procs:where"pid == {os.getpid()} and uid >= 0" do io.write((p.comm:gsub(".", function(c) return ("%02x"):format(c:byte()) end))) end'
    out = subprocess.run([memsh, "-e", query], check=True, capture_output=True).stdout
    assert bytes.fromhex(out.decode()) == comm, (out, comm)

lines = ask("all")
arguments = [bytes.fromhex(line[2]) if len(line) > 2 else b"" for line in lines if line[0] == "argument"]
assert arguments[-2:] == [b"", alphabet], arguments
files = {bytes.fromhex(line[1]) for line in lines if line[0] == "file"}
# The kernel prints a newline as \012; all else as it is.
expected = {directory + b"/every." + (b"\\012" if name == b"\n" else name) for name in names}
assert files == expected, (files ^ expected)
print(len(files), "files")
PY
  mkdir names
  # The last two arguments are empty, and every byte.
  python3 -c '
import os, sys
os.execvp("python3", [b"python3", b"target.py", os.fsencode(os.getcwd()) + b"/names", b"bytes.lua", b"", bytes(range(1, 256))])'
}

@test "no byte of a name leaves memsh as a control character or as invalid UTF-8" {
  python3 - <<'PY'
import ctypes, json, os, subprocess
libc = ctypes.CDLL(None)
alphabet = bytes(range(1, 256))
for i in range(0, 255, 15):
    assert libc.prctl(15, alphabet[i:i + 15], 0, 0, 0) == 0
    for form in ("table", "vertical", "csv", "tsv", "json", "jsonl", "md"):
        query = f'proc({os.getpid()}, 1):where"pid ~= 1":show"comm"'
        out = subprocess.run([os.environ["MEMSH"], "-f", form, "-e", query], check=True, capture_output=True).stdout
        text = out.decode("utf-8")
        bad = [c for c in text if (ord(c) < 32 and c not in "\n\r\t") or 0x7f <= ord(c) < 0xa0]
        assert not bad, (i, form, out)
        if form == "json":
            assert len(json.loads(text)["rows"]) == 1
PY
}
