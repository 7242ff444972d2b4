# SPDX-License-Identifier: GPL-3.0-or-later
# What lies below a mapping, against programs that know their pages and against the kernel's own files.
# shellcheck disable=SC2030,SC2031
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  mounted=()
  chmod 755 "$BATS_TEST_TMPDIR"
  cat >ranges.lua <<'LUA'
-- ranges.lua PID ADDRESS WAY: "3:anonymous 2:zero", and whether what is present is what smaps calls resident.
local m = assert(proc(math.tointeger(arg[1])):at(arg[2]))
local runs, message, name = m:ranges { by = arg[3] }
if not runs then
  print(name == "unsupported" and "unsupported" or message)
  return
end
local parts, resident, at = {}, 0, m.addr
for i, run in ipairs(runs) do
  assert(run.addr == at and run.addr_end - run.addr == run.size and run.size % run.pages == 0)
  at = run.addr_end
  parts[i] = run.pages .. ":" .. run.kind .. (not known(run.huge) and ":huge?" or run.huge and ":huge" or "")
  if run.kind == "anonymous" or run.kind == "file" then resident = resident + run.size end
end
assert(at == m.addr_end)
print(table.concat(parts, " "))
if not table.concat(parts):find "_or_" then assert(resident == m.rss, resident .. " and not " .. m.rss) end
LUA
}

teardown() {
  stop_helpers
  swap_off
  local place
  for place in "${mounted[@]}"; do umount "$place"; done
  [ -z "${copy:-}" ] || rm -rf "${copy%/*}"
  [ -z "${places:-}" ] || rm -rf "$places"
}

# Both ways give what the helper made.
expect_runs() {
  local way got
  for way in scan pagemap any; do
    got=$("$MEMSH" ranges.lua "$(value pid)" "$(value area)" "$way")
    [ "$way:$got" = "scan:unsupported" ] && continue
    [ "$got" = "$(value runs)" ] || { echo "by $way: $got, and not $(value runs)" >&2 && return 1; }
  done
}

frames_shown() {
  [ "$(id -u)" = 0 ] && python3 - <<'PY'
import ctypes, sys
page = ctypes.create_string_buffer(b"x" * 8192)
with open("/proc/self/pagemap", "rb") as f:
    f.seek((ctypes.addressof(page) + 4096) // 4096 * 8)
    sys.exit(not int.from_bytes(f.read(8), "little") & ((1 << 55) - 1))
PY
}

@test "anonymous pages: written, read, untouched" {
  frames_shown || skip "telling zero pages by pagemap takes CAP_SYS_ADMIN"
  start pages anonymous
  expect_runs
}

@test "a private mapping of a file: copied, read, untouched" {
  start pages file "$BATS_TEST_TMPDIR/file"
  expect_runs
}

@test "a memfd" {
  start pages memfd
  expect_runs
}

@test "one page of a reservation of 64 GiB" {
  start pages reserved
  expect_runs
}

@test "more runs than the kernel is asked for at once" {
  start pages striped
  expect_runs
}

@test "guard regions" {
  start pages guard
  expect_runs
}

@test "a huge page, the huge zero page, nothing" {
  frames_shown || skip "telling zero pages by pagemap takes CAP_SYS_ADMIN"
  start pages huge
  expect_runs
}

@test "a huge page that is mapped in parts is none" {
  start pages split
  expect_runs
}

@test "swapped pages" {
  swap_on
  start pages swapped
  expect_runs
}

@test "without rights: what can't be told says so, and by PAGEMAP_SCAN it can be" {
  as_nobody "$MEMSH_HELPERS/pages" anonymous >nobody.out 3>&- &
  helper_pids+=("$!")
  for _ in {1..500}; do grep -q ready nobody.out && break || sleep 0.01; done
  pid=$(sed -n 's/^pid //p' nobody.out) area=$(sed -n 's/^area //p' nobody.out)
  [ "$(as_nobody "$MEMSH" ranges.lua "$pid" "$area" pagemap)" = "3:anonymous 2:anonymous_or_zero 3:absent" ]
  got=$(as_nobody "$MEMSH" ranges.lua "$pid" "$area" scan)
  [ "$got" = "3:anonymous 2:zero 3:absent" ] || [ "$got" = unsupported ]
}

@test "the pages of another user's process: nil, a message, a name" {
  [ "$(id -u)" = 0 ] || skip "it takes root to have another user"
  start pages anonymous
  cat >denied.lua <<'LUA'
local m, message, name = proc(math.tointeger(arg[1])):at(arg[2])
assert(m == nil and name == "denied" and message:find "no permission", tostring(message))
LUA
  as_nobody "$MEMSH" denied.lua "$(value pid)" "$(value area)"
}

@test "each mapping of an idle process, both ways: the same runs, and present pages are what smaps calls resident" {
  frames_shown || skip "telling zero pages by pagemap takes CAP_SYS_ADMIN"
  start pages memfd
  cat >all.lua <<'LUA'
local function text(runs)
  local parts = {}
  for i, run in ipairs(runs) do
    parts[i] = ("%x-%x %s %s"):format(run.addr, run.addr_end, run.kind, tostring(run.huge))
  end
  return table.concat(parts, "\n")
end
local n = 0
for m in proc(math.tointeger(arg[1])):maps "rss >= 0" do
  local runs, by_pagemap, resident = m:ranges(), m:ranges { by = "pagemap" }, 0
  for _, run in ipairs(runs) do
    if run.kind == "anonymous" or run.kind == "file" then resident = resident + run.size end
  end
  assert(text(runs) == text(by_pagemap), m.name .. "\n" .. text(runs) .. "\n--\n" .. text(by_pagemap))
  if m.name ~= "[vvar]" then assert(resident == m.rss, m.name .. " " .. resident .. " " .. m.rss) end
  n = n + 1
end
assert(n > 10)
LUA
  "$MEMSH" all.lua "$(value pid)"
}

@test "mappings asked one after the other: each has the pages that pagemap has" {
  start mem maps 6000
  cat >loop.lua <<'LUA'
for m in proc(math.tointeger(arg[1])):maps() do
  local present = 0
  for _, run in ipairs(m:ranges() or {}) do
    if run.kind == "anonymous" or run.kind == "file" or run.kind == "zero" then present = present + run.size end
  end
  if m.kind == "anon" then print(("%x-%x %d"):format(m.addr, m.addr_end, present)) end
end
LUA
  python3 - "$(value pid)" <<'PY' # some pages are there, some are not
import sys
with open(f"/proc/{sys.argv[1]}/mem", "r+b", buffering=0) as memory, open(f"/proc/{sys.argv[1]}/maps") as maps:
    for i, line in enumerate(maps):
        start, rest = line.split("-", 1)
        if i % 3 == 0 and rest.split()[1] == "rw-p" and "[" not in line:
            memory.seek(int(start, 16))
            memory.write(b"x")
PY
  "$MEMSH" loop.lua "$(value pid)" >got
  python3 - "$(value pid)" got <<'PY'
import os, sys
pid, got, page = *sys.argv[1:], os.sysconf("SC_PAGESIZE")
with open(f"/proc/{pid}/pagemap", "rb", buffering=0) as pagemap:
    lines, some = open(got).read().splitlines(), 0
    assert len(lines) > 5000, len(lines)
    for line in lines:
        place, present = line.split()
        start, end = (int(one, 16) // page for one in place.split("-"))
        pagemap.seek(start * 8)
        words = pagemap.read((end - start) * 8)
        there = sum(words[i + 7] >> 7 for i in range(0, len(words), 8)) * page
        assert there == int(present), (line, there)
        some += there > 0
    assert some > 1000, some
PY
}

@test "at(): the mapping of an address, or nothing" {
  start pages memfd
  cat >at.lua <<'LUA'
local p, area = proc(math.tointeger(arg[1])), tonumber(arg[2])
local m = assert(p:at(arg[2]))
assert(m == p:at(area) and m == p:at(area + m.size - 1) and m.addr == area and m.rss > 0 and m.kind == "memfd")
assert(m:process() == p)
local listed = p:maps():where("addr == a", { a = area }):one()
assert(listed == m and listed.path == m.path and listed.rss == m.rss)
local none, message, name = p:at(16)
assert(none == nil and name == "unmapped" and message:find "nothing is mapped at 0x10 ", message)
for _, wrong in ipairs { "12", "0x", "0x10000000000000000", 1.5, true } do
  assert(not pcall(p.at, p, wrong))
end
assert(not pcall(m.ranges, m, { by = "magic" }) and not pcall(m.ranges, m, { way = "scan" }))
LUA
  "$MEMSH" at.lua "$(value pid)" "$(value area)"
}

@test "a build id is the one in the file's notes" {
  start pages memfd
  cat >id.lua <<'LUA'
local p = proc(math.tointeger(arg[1]))
for m in p:maps():where("x and inode > 0") do print(m.build_id, m.path) end
assert(p:at(arg[2]).build_id == "" or why(p:at(arg[2]).build_id) == "denied")
for m in p:maps():where("kind == 'stack'") do assert(m.build_id == "") end
LUA
  "$MEMSH" id.lua "$(value pid)" "$(value area)" >ids
  python3 - ids <<'PY'
import struct, sys
def build_id(path):
    data = open(path, "rb").read()
    assert data[:6] == b"\x7fELF\x02\x01"
    offset, = struct.unpack_from("<Q", data, 32)
    for i in range(struct.unpack_from("<H", data, 56)[0]):
        kind, _, at, _, _, size, _, align = struct.unpack_from("<IIQQQQQQ", data, offset + 56 * i)
        end = at + size
        while kind == 4 and at + 12 <= end:
            name, length, note = struct.unpack_from("<III", data, at)
            body = at + 12 + -(-name // 4) * 4 if align != 8 else at + -(-(12 + name) // 8) * 8
            if note == 3 and data[at + 12:at + 16] == b"GNU\0":
                return data[body:body + length].hex()
            at = body + -(-length // (8 if align == 8 else 4)) * (8 if align == 8 else 4)
    return ""
lines = [line.rstrip("\n").split("\t") for line in open(sys.argv[1])]
assert lines
for got, path in lines:
    assert got == build_id(path), (got, path)
PY
}

# Of each mapping with a file of a process: its build id, or why it is not known, and the path. By COMMAND...
ids_of() {
  "${@:2}" "$MEMSH" -e "for m in proc($1):maps():where'inode > 0' do
    print(known(m.build_id) and m.build_id or why(m.build_id), m.path) end"
}

# Those of standard input are what readelf finds in the files.
expect_ids_of_files() {
  local line seen=0
  while IFS= read -r line; do
    local id=${line%%$'\t'*} path=${line#*$'\t'}
    [ "$id" = "$(id_of_file "$path")" ] || { echo "$line" >&2 && return 1; }
    [ -z "$id" ] || seen=$((seen + 1))
  done
  ((seen >= 3))
}

id_of_file() {
  command -v readelf >/dev/null || skip "there is no readelf"
  readelf -n "$1" 2>/dev/null | sed -n 's/^ *Build ID: //p'
}

# A copy of a program where others may come, until the test ends.
copy_of_sleep() {
  copy=$(mktemp -d /tmp/memsh-pages.XXXXXX)/memsh-$1
  chmod 755 "${copy%/*}"
  cp /usr/bin/sleep "$copy"
}

# begin COMMAND...: a process of the copy, once it runs that; one that was begun before is not meant.
begin() {
  local before=${sleeper:-}
  "$@" 100 3>&- &
  helper_pids+=("$!")
  for _ in {1..500}; do
    sleeper=$(pgrep -nx "$(basename "$copy")") && [ "$sleeper" != "$before" ] &&
      [ "$(readlink "/proc/$sleeper/exe")" = "$copy" ] && return 0
    sleep 0.01
  done
  return 1
}

# mount_here NAME OPTION...: at $places/NAME, until the test ends.
mount_here() {
  [ "$(id -u)" = 0 ] || skip "mounting needs root"
  [ -n "${places:-}" ] || places=$(mktemp -d /tmp/memsh-places.XXXXXX)
  chmod 755 "$places"
  mkdir "$places/$1"
  mount "${@:2}" "$places/$1" 2>/dev/null || skip "this can't be mounted here: ${*:2}"
  mounted=("$places/$1" "${mounted[@]}")
}

mount_btrfs() {
  command -v mkfs.btrfs >/dev/null || skip "there is no mkfs.btrfs"
  truncate -s 128M btrfs.image
  mkfs.btrfs -q btrfs.image || skip "mkfs.btrfs does not work here"
  mount_here btrfs -o loop btrfs.image
}

# As nobody, of a process of nobody that runs $copy; what the kernel was asked goes to the file asked.
ids_of_copy() {
  local query="for m in proc($sleeper):maps():where'inode > 0' do
    print(known(m.build_id) and m.build_id or why(m.build_id), m.path) end"
  ASAN_OPTIONS=detect_leaks=0 "$MEMSH_HELPERS/asked" "$(command -v setpriv)" --reuid=65534 --regid=65534 \
    --clear-groups --inh-caps=-all --bounding-set=-all "$MEMSH" -e "$query" >ids 2>asked
  asked_on_btrfs_alone "$sleeper" asked || return
  grep -F "$copy" ids | cut -f 1 | sort -u
}

@test "on btrfs, whose device in maps is not that of stat, the kernel tells build ids" {
  nobody_may_come
  mount_btrfs
  copy=$places/btrfs/memsh-tree
  cp /usr/bin/sleep "$copy"
  begin as_nobody "$copy"
  [ "$(stat -c %Hd:%Ld "$copy")" != "$(awk -v at="$places/btrfs" '$5 == at { print $3 }' /proc/self/mountinfo)" ]
  id=$(id_of_file "$copy")
  [ -n "$id" ]
  # Since then (ed5d583a88a9) it tells of a mapping what its file is, and its build id.
  if ! kernel_since 6.11; then
    [ "$(ids_of_copy)" = denied ]
    skip "before Linux 6.11 the kernel tells none: they are denied"
  fi
  [ "$(ids_of_copy)" = "$id" ]
  grep -q '^with_build_id' asked
  [ "$(ids_of "$sleeper" env | grep -F "$copy" | cut -f 1 | sort -u)" = "$id" ]
  rm "$copy" # read through exe
  [ "$(ids_of_copy)" = "$id" ]
  copy=
}

@test "on btrfs the file of another subvolume with the same path and inode is not taken for the mapped one" {
  nobody_may_come
  mount_btrfs
  btrfs subvolume create "$places/btrfs/a" >/dev/null
  btrfs subvolume create "$places/btrfs/b" >/dev/null
  cp /usr/bin/sleep "$places/btrfs/a/memsh-twin"
  cp /usr/bin/env "$places/btrfs/b/memsh-twin"
  mount_here shown --bind "$places/btrfs/a"
  copy=$places/shown/memsh-twin
  begin as_nobody "$copy"
  id=$(id_of_file "$copy") inode=$(stat -c %i "$copy")
  mount --bind "$places/btrfs/b" "$places/shown"
  mounted=("$places/shown" "${mounted[@]}")
  [ "$(stat -c %i "$copy")" = "$inode" ]
  [ "$(id_of_file "$copy")" != "$id" ]
  kernel_since 6.11 || id=denied
  [ "$(ids_of_copy)" = "$id" ]
  copy=
}

# Since Linux 6.8 maps shows the overlay's own device and inode.
@test "on an overlay of one filesystem build ids are known to everybody" {
  nobody_may_come
  mount_here below -t tmpfs none
  mkdir "$places/below/"{lower,upper,work}
  cp /usr/bin/sleep "$places/below/lower/memsh-lower"
  mount_here overlay -t overlay \
    -o "lowerdir=$places/below/lower,upperdir=$places/below/upper,workdir=$places/below/work" none
  cp /usr/bin/sleep "$places/overlay/memsh-upper"
  for name in lower upper; do
    copy=$places/overlay/memsh-$name
    begin as_nobody "$copy"
    [ "$(awk -v path="$copy" '$6 == path { print $5; exit }' "/proc/$sleeper/maps")" = "$(stat -c %i "$copy")" ]
    shown=$(awk -v path="$copy" '$6 == path { print $4; exit }' "/proc/$sleeper/maps")
    [ "$((16#${shown#*:}))" = "$(stat -c %Ld "$copy")" ] || skip "before Linux 6.8 maps shows the file below"
    [ "$(ids_of_copy)" = "$(id_of_file "$copy")" ]
  done
  copy=
}

as_perfmon() {
  command -v setpriv >/dev/null || skip "there is no setpriv to become another user"
  setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all,+perfmon --ambient-caps=+perfmon \
    --bounding-set=-all,+perfmon "$@"
}

@test "build ids as readelf finds them: for root, for the same user, and without any capability" {
  nobody_may_come
  copy_of_sleep twins
  begin "$copy"
  ids_of "$sleeper" env | expect_ids_of_files
  begin as_nobody "$copy"
  ids_of "$sleeper" as_nobody | expect_ids_of_files
}

@test "build ids of another user's process with CAP_PERFMON alone: of files that one may read" {
  [ "$(id -u)" = 0 ] || skip "it takes root to give capabilities"
  nobody_may_come
  copy_of_sleep closed
  begin "$copy"
  as_perfmon cat "/proc/$sleeper/maps" >/dev/null 2>&1 || skip "before Linux 6.15 CAP_PERFMON does not show mappings"
  run as_perfmon readlink "/proc/$sleeper/root"
  [ "$status" != 0 ]
  ids_of "$sleeper" as_perfmon | expect_ids_of_files
  chmod 700 "$copy"
  [ "$(ids_of "$sleeper" as_perfmon | grep -F "$copy" | cut -f 1 | sort -u)" = denied ]
}

@test "without capabilities the id of a file without a path is denied, and that of a deleted program is not" {
  nobody_may_come
  as_nobody "$MEMSH_HELPERS/pages" memfd >nobody.out 3>&- &
  helper_pids+=("$!")
  for _ in {1..500}; do grep -q ready nobody.out && break || sleep 0.01; done
  pid=$(sed -n 's/^pid //p' nobody.out) area=$(sed -n 's/^area //p' nobody.out)
  [ "$(as_nobody "$MEMSH" -e "print(why(proc($pid):at('$area').build_id))")" = denied ]
  copy_of_sleep gone
  begin as_nobody "$copy"
  rm "$copy"
  [ "$(ids_of "$sleeper" as_nobody | grep -F "$copy" | cut -f 1 | sort -u)" = "$(id_of_file /usr/bin/sleep)" ]
}

# expect_counted SCRIPT PARENT CHILD: what SCRIPT prints of both and of PARENT is what another program counts from pagemap
# and kpagecount. Pages of libraries are the two programs', too: both have them mapped at both looks. Those of all other
# processes come and go between two looks.
expect_counted() {
  python3 - "$MEMSH" "$@" <<'PY'
import struct, subprocess, sys
SIZE = 4096
def frames(pid):
    found = []
    with open(f"/proc/{pid}/pagemap", "rb") as pagemap:
        for line in open(f"/proc/{pid}/maps"):
            start, end = (int(x, 16) for x in line.split()[0].split("-"))
            if start >= 1 << 63:
                continue
            pagemap.seek(start // SIZE * 8)
            words = pagemap.read((end - start) // SIZE * 8)
            found += [word & (1 << 55) - 1 for word, in struct.iter_unpack("<Q", words) if word >> 63]
    return found
def counted(pids):
    times = {}
    for pid in pids:
        for frame in frames(pid):
            times[frame] = times.get(frame, 0) + 1
    resident = freed = 0
    with open("/proc/kpagecount", "rb") as counts, open("/proc/kpageflags", "rb") as flags:
        for frame, n in times.items():
            flags.seek(frame * 8), counts.seek(frame * 8)
            if struct.unpack("<Q", flags.read(8))[0] >> 24 & 1:
                continue
            resident += SIZE
            freed += SIZE if struct.unpack("<Q", counts.read(8))[0] <= n else 0
    return f"{resident} {freed}"
memsh, script, *pids = sys.argv[1:]
for _ in range(5):
    theirs = [counted(pids), counted(pids[:1])] # touches what the second look does
    with subprocess.Popen([memsh, script, *pids], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as looking:
        ours = [looking.stdout.readline().rstrip("\n") for _ in theirs]
        theirs = [counted(pids), counted(pids[:1])]
        looking.stdin.close()
    assert looking.returncode == 0
    if ours == theirs:
        sys.exit(0)
sys.exit(f"{ours} and not {theirs}")
PY
}

@test "a footprint counts what parent and child share once" {
  frames_shown || skip "frames are shown with CAP_SYS_ADMIN alone"
  [ "$(getconf PAGESIZE)" = 4096 ] || skip "the other program knows pages of 4 KiB alone"
  start pages family 1000 300
  parent=$(value pid) child=$(value child)
  helper_pids+=("$child")
  cat >footprint.lua <<'LUA'
local a, b = math.tointeger(arg[1]), math.tointeger(arg[2])
local both, one = footprint(proc(a, b)), footprint(proc(a))
assert(both.exact and both.processes == 2 and not both.partial)
print(both.resident .. " " .. both.freed)
print(one.resident .. " " .. one.freed)
io.stdout:flush()
assert(both.resident_min == both.resident and both.resident_max == both.resident)
assert(one.resident == proc(a).rss_exact)
-- Each has 300 pages of its own, and both 1000 together; beside them there is little.
local own, common, little = 300 * 4096, 1000 * 4096, 100 * 4096
assert(both.freed_anonymous >= 2 * own + common and both.freed_anonymous < 2 * own + common + little)
assert(one.freed_anonymous >= own and one.freed_anonymous < own + little)
assert(footprint { proc(a), proc(b), proc(a) }.resident == both.resident)
io.read()
LUA
  expect_counted footprint.lua "$parent" "$child"
}

@test "without rights a footprint is known between bounds, and they hold" {
  frames_shown || skip "frames are shown with CAP_SYS_ADMIN alone"
  as_nobody "$MEMSH_HELPERS/pages" family 1000 300 >nobody.out 3>&- &
  helper_pids+=("$!")
  for _ in {1..500}; do grep -q ready nobody.out && break || sleep 0.01; done
  helper_pids+=("$(sed -n 's/^child //p' nobody.out)")
  ids=("$(sed -n 's/^pid //p' nobody.out)" "$(sed -n 's/^child //p' nobody.out)")
  cat >bounds.lua <<'LUA'
local f = footprint(proc(math.tointeger(arg[1]), math.tointeger(arg[2])))
assert(not f.exact and not known(f.freed) and why(f.freed) == "denied" and f.processes == 2)
print(f.resident_min, f.resident_max, f.freed_min, f.freed_max)
LUA
  read -r resident_min resident_max freed_min freed_max < <(as_nobody "$MEMSH" bounds.lua "${ids[@]}")
  read -r resident freed < <("$MEMSH" -e "local f = footprint(proc(${ids[0]}, ${ids[1]})) print(f.resident, f.freed)")
  ((resident_min <= resident && resident <= resident_max && freed_min <= freed && freed <= freed_max))
}

@test "processes that share one address space are counted once" {
  frames_shown || skip "frames are shown with CAP_SYS_ADMIN alone"
  start states vfork 2048
  cat >vfork.lua <<'LUA'
local a, b = math.tointeger(arg[1]), math.tointeger(arg[2])
local both, one = footprint(proc(a, b)), footprint(proc(a))
assert(both.processes == 2 and both.exact and both.resident == one.resident and both.freed == one.freed)
LUA
  "$MEMSH" vfork.lua "$(value pid)" "$(value child)"
}

@test "a footprint with a process that can't be read has no upper bound" {
  [ "$(id -u)" = 0 ] || skip "it takes root to have another user"
  start pages anonymous
  cat >partial.lua <<'LUA'
local f = footprint(proc(math.tointeger(arg[1])))
assert(f.partial.denied == 1 and not f.exact and f.resident_min == 0 and why(f.resident_max) == "denied")
assert(not pcall(footprint, maps) and not pcall(footprint, procs:by "user") and not pcall(footprint, 1))
assert(footprint({}).resident == 0)
LUA
  as_nobody "$MEMSH" partial.lua "$(value pid)"
}

@test "a saved root: nothing below its mappings was recorded, and a footprint has bounds" {
  cat >saved.lua <<'LUA'
local m = proc(1107):maps():where("x"):first()
local runs, message, name = m:ranges()
assert(runs == nil and name == "not_recorded", message)
assert(why(m.build_id) == "not_recorded")
assert(proc(1107):at(m.addr) == m)
local f = footprint(procs)
assert(not f.exact and why(f.resident) == "not_recorded" and f.resident_min <= f.resident_max)
LUA
  "$MEMSH" --source "$MEMSH_FIXTURES/full" saved.lua
}
