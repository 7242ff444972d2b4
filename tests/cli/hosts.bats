# SPDX-License-Identifier: GPL-3.0-or-later
# Several machines at once: what is answered of them all is what each answers by itself.

# shellcheck disable=SC2154  # run sets stderr
# beside others
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  cp -r "$MEMSH_FIXTURES/full" root
  chmod -R u+w root
  mkdir fleet
  for n in 1 2 3; do
    sed -i "s/^host .*/host web$n/; s/^now .*/now $((1700086400 + 100 * n))/" root/.machine/info
    sed -i "s/^\([0-9]*\) [0-9]*/\1 $((1000 * n))/" root/412/statm
    sed -i "s/^VmRSS:.*/VmRSS:\t$((4000 * n)) kB/" root/412/status
    "$MEMSH" record --from root -o fleet/web$n.memsh
  done
}

# each QUESTION: the rows of each machine by itself, one after the other.
each() {
  for n in 1 2 3; do "$MEMSH" -s fleet/web$n.memsh -f jsonl -e "$1"; done
}

@test "rows of a directory, and of several sources, are those of each" {
  for question in 'procs:show"host time pid comm res pss swap mem_percent"' 'procs:where"pss > 100K":show"host pid pss"' \
    'procs:by"host, user":sum"res swap"' 'maps:by"host, path":sum"rss pss"' 'maps:where"w and x":show"host pid addr"' \
    'cgroups:show"host path memory_current procs"' 'procs:where"pid == 412":maps():show"host addr size rss"' \
    'procs{pid=412}:show"host sys.mem_total res"'; do
    each "$question" >expected
    [ -s expected ]
    "$MEMSH" -s fleet -f jsonl -e "$question" | diff expected -
    "$MEMSH" -s fleet/web1.memsh -s fleet/web2.memsh --source fleet/web3.memsh -f jsonl -e "$question" | diff expected -
  done
}

@test "a description is of all of them, and each column has one row" {
  "$MEMSH" -s fleet -f jsonl -e 'procs:show"pid rss":describe()' >described
  [ "$(jq -r .column described)" = rss ]
  [ "$(jq .count described)" = "$("$MEMSH" -s fleet -e 'procs:where"known(rss)":count()')" ]
  [ "$(jq .sum described)" = "$("$MEMSH" -s fleet -e 'procs:sum"rss"')" ]
  [ "$("$MEMSH" -s fleet -e 'procs:over{}:show"pid rss":describe():count()')" = 1 ]
}

@test "sums are over all of them, and a process is not taken for one of the same number elsewhere" {
  one=$("$MEMSH" -s fleet/web2.memsh -e 'maps:sum"pss"')
  [ "$("$MEMSH" -s fleet -e 'maps:sum"pss"')" = $((3 * one)) ]
  [ "$("$MEMSH" -s fleet -e 'maps:by"":count():first().procs')" = 18 ]
  [ "$("$MEMSH" -s fleet -e 'procs:where"pid == 412":sum"res"')" = $((6000 * 4096)) ]
  [ "$("$MEMSH" -s fleet -e 'procs:where"pid == 412":sort"-res":first().host')" = web3 ]
  [ "$("$MEMSH" -s fleet -f json -e 'procs' | python3 -c 'import json, sys
meta = json.load(sys.stdin)["meta"]
print(meta["coverage"]["hosts"], meta["coverage"]["total"], meta["source"], "host" in meta)')" = "3 24 fleet False" ]
}

@test "a host that can't be read is named, and marked where it is missing" {
  echo junk >fleet/web4.memsh
  run --separate-stderr "$MEMSH" -s fleet -e 'procs:by"comm":count():where"comm == '"'zoo'"'"' -e 'procs:by"host":count()'
  [ "$status" = 0 ]
  [[ "$output" == *'>=3'* ]]
  [[ "$output" == *$'web1  8'* ]]
  [[ "$stderr" == *"1 of 4 hosts not read: fleet/web4.memsh: this is no recording of memsh, or it is damaged"* ]]
  run "$MEMSH" -s fleet --strict -e 'procs:count()'
  [ "$status" = 3 ]
  rm fleet/web[123].memsh
  echo junk >fleet/web5.memsh
  run "$MEMSH" -s fleet -e 'procs:count()'
  [ "$status" != 0 ]
  [[ "$output" == *"web4.memsh"* ]]
}

@test "moments of a directory: a file that can't be read is named, and the others are listed" {
  echo junk >fleet/web4.memsh
  run --separate-stderr "$MEMSH" -s fleet -f csv moments
  [ "$status" = 0 ]
  [ "$(cut -d, -f1 <<<"$output" | tr -d '\r')" = $'file\nfleet/web1.memsh\nfleet/web2.memsh\nfleet/web3.memsh' ]
  [[ "$stderr" == *"1 of 4 hosts not read: fleet/web4.memsh: this is no recording of memsh, or it is damaged"* ]]
  run --separate-stderr "$MEMSH" --strict -f csv moments fleet/web4.memsh fleet/web2.memsh
  [ "$status" = 3 ]
  [[ "$output" == *fleet/web2.memsh,1,* ]]
  run "$MEMSH" moments fleet/web4.memsh
  [ "$status" = 1 ]
  [[ "$output" == *"cannot read fleet/web4.memsh: "* ]]
  rm fleet/web[123].memsh
  run "$MEMSH" -s fleet moments
  [ "$status" = 1 ]
  # A report about one recording takes none of several for the one that is meant.
  "$MEMSH" record --from root -o fleet/web1.memsh
  run "$MEMSH" -s fleet timeline
  [ "$status" = 1 ]
  [[ "$output" == *"it is about one recording"* ]]
}

# meta SOURCE...: that of an answer, checked by Python lines on standard input, where it is `meta`.
meta_of() { # QUESTION SOURCE...
  local question=$1 sources=()
  shift
  for source; do sources+=(-s "$source"); done
  cat >check.py
  "$MEMSH" "${sources[@]}" -f json -e "$question" 2>said |
    python3 -c 'import json, sys; meta = json.load(sys.stdin)["meta"]; exec(open("check.py").read())'
}

@test "JSON says which machines and moments were read, and which could not be" {
  echo junk >fleet/web4.memsh
  sed -i "s/^now .*/now 1700090000/; s/^host .*/host web1/" root/.machine/info
  "$MEMSH" record --from root -o fleet/web1.memsh
  meta_of 'procs:by"host":count()' fleet <<'PY'
assert [(s["source"], s["host"], s["moments"], s["from"], s["to"]) for s in meta["sources"]] == [
    ("fleet/web1.memsh", "web1", 1, 1700090000, 1700090000), ("fleet/web2.memsh", "web2", 1, 1700086600, 1700086600),
    ("fleet/web3.memsh", "web3", 1, 1700086700, 1700086700)], meta
assert meta["unread"] == [{"source": "fleet/web4.memsh", "error": "this is no recording of memsh, or it is damaged"}], meta
assert meta["source"] == "fleet" and "time" not in meta, meta
PY
  meta_of 'procs:over{}:where"rss > 0":by"time":count()' fleet/web1.memsh fleet/web3.memsh <<'PY'
assert [(s["host"], s["moments"], s["from"], s["to"]) for s in meta["sources"]] == [
    ("web1", 2, 1700086500, 1700090000), ("web3", 1, 1700086700, 1700086700)], meta
assert "unread" not in meta, meta
PY
  # What is of a recording that is named in the question is not of this machine.
  meta_of 'recording"fleet/web2.memsh".procs:by"user":count()' <<'PY'
assert (meta["source"], meta["host"], meta["time"]) == ("fleet/web2.memsh", "web2", 1700086600), meta
PY
}

@test "of a fleet, too, a moment long before the one that is asked is said to be one" {
  run --separate-stderr "$MEMSH" -s fleet --at '2023-11-16' -e 'procs:count()'
  [ "$output" = 24 ]
  for n in 1 2 3; do [[ $stderr == *"fleet/web$n.memsh: --at 2023-11-16: the last moment before that is of 2023-11-15"* ]]; done
}

@test "what is no file is never waited for" {
  mkfifo fleet/fifo.memsh
  ln -s /dev/zero fleet/device.memsh
  ln -s loop.memsh fleet/loop.memsh
  ln -s nowhere fleet/dangling.memsh
  mkdir fleet/folder.memsh
  run --separate-stderr timeout 20 "$MEMSH" -s fleet -f csv -e 'procs:distinct"host":show"host"'
  [ "$status" = 0 ]
  [[ "$output" == $'host\r\nweb1\r\nweb2\r\nweb3'* ]]
  [[ "$stderr" == *"5 of 8 hosts not read"* ]]
  run timeout 20 "$MEMSH" -e 'recording"fleet/fifo.memsh"'
  [ "$status" = 1 ]
  [[ "$output" == *"no recording of memsh"* ]]
}

@test "a recording that is named twice is counted once" {
  ln -s web1.memsh fleet/again.memsh
  ln fleet/web2.memsh web2.memsh
  run --separate-stderr "$MEMSH" -s fleet -s ./fleet/web3.memsh -s web2.memsh -e 'procs:count()'
  [ "$output" = 24 ]
  [[ "$stderr" == *"./fleet/web3.memsh is fleet/web3.memsh: it is asked once"* ]]
  run --separate-stderr "$MEMSH" -s web2.memsh -s web2.memsh -e 'procs:count()'
  [ "$output" = 8 ]
  [ "$stderr" = "memsh: web2.memsh is given twice: it is asked once" ]
}

@test "a moment of each: --at, and all of their moments: over" {
  sed -i "s/^now .*/now 1700090000/; s/^host .*/host web1/" root/.machine/info
  "$MEMSH" record --from root -o fleet/web1.memsh
  export TZ=UTC
  [ "$("$MEMSH" -s fleet -f csv -e 'procs:distinct"host":show"host time"')" = "$(printf '%s\r\n' host,time web1,2023-11-15T23:13:20Z \
    web2,2023-11-15T22:16:40Z web3,2023-11-15T22:18:20Z)" ]
  run --separate-stderr "$MEMSH" -s fleet --at '2023-11-15 22:17' -f csv -e 'procs:distinct"host":show"host"'
  [[ "$output" == $'host\r\nweb1\r\nweb2'* ]]
  [[ "$stderr" == *"1 of 3 hosts not read: fleet/web3.memsh: there is no moment so early"* ]]
  [ "$("$MEMSH" -s fleet -e 'procs:over{}:where"pid == 412":count()')" = 4 ]
  [ "$("$MEMSH" -s fleet -e 'procs:over{to = "2001-01-01"}:where"pid == 412":count()')" = 0 ]
  [ -z "$("$MEMSH" -s fleet -f jsonl -e 'procs:over{to = "2001-01-01"}:maps():by"host":sum"rss"')" ]
}

@test "what is of one machine says so" {
  run "$MEMSH" -s fleet -e 'sys.now'
  [[ "$output" == *"sys is of one machine, and several are asked"* ]]
  run "$MEMSH" -s fleet -e 'proc(412)'
  [[ "$output" == *"proc(PID) is of one machine"*"procs{pid = PID}"* ]]
  run "$MEMSH" -s fleet --export out
  [ "$status" != 0 ]
  [[ "$output" == *"--export is about one recording"* ]]
}
