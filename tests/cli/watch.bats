# SPDX-License-Identifier: GPL-3.0-or-later
# --watch and --count where no terminal looks on. The terminal's side of it is in repl/watch.bats.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  full=$MEMSH_FIXTURES/full
}

@test "csv and tsv: one document, its first column the time" {
  for format in csv tsv; do
    "$MEMSH" -s "$full" -f $format --watch 0.01 --count 3 -e 'procs:top(2):show"pid comm"' 2>err | tr -d '\r' >out
    run python3 - $format <<'PY'
import csv, sys
rows = list(csv.reader(open("out"), delimiter="," if sys.argv[1] == "csv" else "\t"))
assert rows[0] == ["time", "pid", "comm"], rows
assert [row[1:] for row in rows[1:]] == [["1", "systemd"], ["412", "nginx"]] * 3, rows
PY
    echo "$output"
    [ "$status" = 0 ]
  done
}

@test "jsonl: each row has its time, a value by itself, too" {
  "$MEMSH" -f jsonl --watch 0.05 --count 3 -e 'procs:top(2):show"pid comm"' -e 'procs:count()' -e '{1, "x"}' >out 2>err
  run python3 - <<'PY'
import json, time
rows = [json.loads(line) for line in open("out")]
assert list(rows[0]) == ["time", "pid", "comm"], rows[0]
shapes = [tuple(sorted(row)) for row in rows]
assert shapes == [("comm", "pid", "time")] * 2 + [("time", "value")] * 2 + shapes[4:], shapes
assert len(rows) == 12 and shapes[:4] * 3 == shapes, shapes
times = [row["time"] for row in rows]
assert times == sorted(times) and len(set(times)) == 3, times
assert abs(times[-1] - time.time()) < 3600, times
assert rows[3]["value"] == [1, "x"], rows[3]
PY
  echo "$output"
  [ "$status" = 0 ]
}

@test "json: a document each time; tables: a block each, its time above, an empty line below" {
  "$MEMSH" -s "$full" -f json --watch 0.01 --count 3 -e 'procs:top(1):show"pid"' >out 2>err
  run python3 - <<'PY'
import json
text, at, documents = open("out").read(), 0, []
while text[at:].strip():
    document, at = json.JSONDecoder().raw_decode(text, at)
    documents.append(document)
    at += len(text[at:]) - len(text[at:].lstrip())
assert len(documents) == 3 and all(d["rows"] == [{"pid": 1}] and "time" in d["meta"] for d in documents)
PY
  [ "$status" = 0 ]
  run --separate-stderr "$MEMSH" -s "$full" --watch 0.01 --count 2 -e 'procs:top(1):show"pid comm"'
  block='20[0-9-]+T[0-9:.]+[+-][0-9:]+
pid  comm
  1  systemd'
  [[ "$output" =~ ^$block$'\n\n'$block$ ]]
  run --separate-stderr "$MEMSH" -s "$full" -f md --watch 0.01 --count 1 -e 'procs:top(1):show"pid"'
  [[ "$output" == 20*$'\n\n| pid |\n|---:|\n| 1 |' ]]
}

@test "scripts, standard input and reports run as a whole each time, and keep their globals" {
  echo 'n = (n or 0) + 1 print(n, ...)' >count.lua
  run --separate-stderr "$MEMSH" -s "$full" --watch 0.01 --count 3 count.lua a b
  [ "$(grep -c $'^[123]\ta\tb$' <<<"$output")" = 3 ]
  run --separate-stderr bash -c "echo 'n = (n or 0) + 1 print(n)' | \"$MEMSH\" -s \"$full\" --watch 0.01 --count 3 | grep '^[0-9]$' | tr '\n' ' '"
  [ "$output" = "1 2 3 " ]
  mkdir reports
  printf '%s\n' '-- memsh mine: mine' 'print "reported"' >reports/mine.lua
  run --separate-stderr "$MEMSH" --reports reports --watch 0.01 --count 2 mine
  [ "$(grep -c '^reported$' <<<"$output")" = 2 ]
}

@test "growth from tick to tick" {
  start_file='if before then require("memsh").show((procs() - before):where"pid == 412":show"pid rss_anon status") end before = procs()'
  run --separate-stderr "$MEMSH" -s "$full" -f csv --watch 0.01 --count 3 -e "$start_file"
  [ "$status" = 0 ]
  [ "$(tr -d '\r' <<<"$output" | cut -d, -f2- | tail -n 2 | sort -u)" = "412,0,same" ]
}

@test "-o: each time the file is replaced as a whole" {
  "$MEMSH" -s "$full" -f csv --watch 0.01 --count 3 -o out.csv -e 'procs:top(2):show"pid"' 2>err
  run cut -d, -f2 out.csv
  [ "$(tr -d '\r' <<<"$output" | tr '\n' ' ')" = "pid 1 412 " ]
  [ "$(ls -A)" = $'err\nout.csv' ]
  # One that fails leaves that of the last time.
  run -1 "$MEMSH" -s "$full" -f csv --watch 0.01 -o out.csv -e 'n = (n or 0) + 1 if n > 2 then error "third" end print(n)'
  [ "$(cat out.csv)" = 2 ]
  [ "$(ls -A)" = $'err\nout.csv' ]
}

@test "times lie a fixed interval apart, whatever asking takes; missed ones are skipped and said" {
  # Asking takes three quarters of the interval: with pauses in between, seven intervals would become twelve.
  local try fits=""
  for ((try = 0; try < 3 && ${#fits} == 0; try++)); do
    "$MEMSH" -f jsonl --watch 0.2 --count 8 \
      -e 'local t = os.clock() while os.clock() - t < 0.15 do end' -e 'procs:top(1):show"pid"' >out 2>err
    python3 - <<'PY' && fits=yes
import json, re
times = [json.loads(line)["time"] for line in open("out")]
missed = sum(int(n) for n in re.findall(r"(\d+) ticks? missed", open("err").read()))
took = times[-1] - times[0]
print(took, missed)
assert len(times) == 8 and (7 + missed) * 0.2 - 0.2 < took < (7 + missed) * 0.2 + 0.2
assert all(b > a for a, b in zip(times, times[1:]))
PY
  done
  [ "$fits" = yes ]
}

@test "an interval that is too short is said" {
  run --separate-stderr "$MEMSH" -s "$full" --watch 0.02 --count 3 -e 'local t = os.clock() while os.clock() - t < 0.1 do end'
  [ "$status" = 0 ]
  [[ "$stderr" =~ "memsh: "[0-9]+" ticks missed: asking took longer than 0.02 s" ]]
}

@test "Ctrl-C ends it with 130, wherever it comes; what was shown is there" {
  ends() { # CODE
    timeout --preserve-status -s INT 1 "$MEMSH" -f csv --watch 60 -e "$1"
  }
  ends 'procs:top(1):show"pid"' >waits &
  run ends 'require("memsh").show(procs:top(1):show"pid") while true do end'
  [ "$status" = 130 ]
  [[ "$output" == *"pid"* ]]
  status=0
  wait $! || status=$?
  [ "$status" = 130 ]
  grep -q pid waits
}

@test "a reader that goes away ends it at once, silently" {
  run --separate-stderr timeout 20 bash -c "\"$MEMSH\" -f csv --watch 3600 -e 'procs:top(1):show\"pid\"' | head -1; exit \${PIPESTATUS[0]}"
  [ "$status" = 141 ]
  [ "$output" = $'time,pid\r' ]
  [ "$stderr" = "" ]
}

@test "what can't be written, or fails, ends it" {
  run timeout 20 bash -c "\"$MEMSH\" --watch 0.01 -e 1 >/dev/full"
  [ "$status" = 74 ]
  run timeout 20 "$MEMSH" --watch 0.01 -o /nonexistent/x -e 1
  [ "$status" = 74 ]
  run --separate-stderr timeout 20 "$MEMSH" --watch 0.01 -e 'error("once", 0)'
  [ "$status" = 1 ]
  [ "$stderr" = "memsh: once" ]
  run timeout 20 "$MEMSH" --watch 0.01 -e 'os.exit(7)'
  [ "$status" = 7 ]
  run --separate-stderr timeout 20 "$MEMSH" -f csv --watch 0.01 -e 'procs:show"pid, time=age"'
  [ "$status" = 1 ]
  [[ "$stderr" == *"the column 'time' is the one that watching adds"* ]]
}

@test "how much of the machine it rests on is said once, until that changes" {
  run --separate-stderr "$MEMSH" -s "$MEMSH_FIXTURES/denied" -f csv --watch 0.01 --count 4 -e 'procs:show"pid pss"'
  [ "$(grep -c 'denied' <<<"$stderr")" = 1 ]
}

@test "wrong use" {
  for options in '--watch 0' '--watch -1' '--watch x' '--watch nan' '--watch 1e99' '--count 2' '--watch 1 --count 0' \
    '--watch 1 --count x' '--watch 1 -i' '--watch 1 --check'; do
    # shellcheck disable=SC2086
    run --separate-stderr timeout 20 "$MEMSH" $options -e 1
    [ "$status" = 2 ] || [ "$status" = 3 ]
    [[ "$stderr" == "memsh: "* ]]
    [ "$output" = "" ] || [[ "$output" == "MEMSH UNKNOWN"* ]]
  done
}

@test "two thousand times: memory and descriptors stay what they were" {
  run --separate-stderr "$MEMSH" -s "$full" -f csv --watch 0.001 --count 2000 -e '
    n = (n or 0) + 1
    local resident, fds = 0, 0
    if n % 500 == 0 then
      collectgarbage()
      for line in io.lines "/proc/self/status" do resident = tonumber(line:match "^VmRSS:%s*(%d+)") or resident end
      for fd = 0, 63 do
        local link = io.open("/proc/self/fdinfo/" .. fd)
        if link then fds = fds + 1 link:close() end
      end
      io.stderr:write(("at %d: %d kB, %d fds\n"):format(n, resident, fds))
    end' -e 'procs:sort"-rss":show"pid user comm rss unit"'
  [ "$status" = 0 ]
  mapfile -t at < <(grep '^at ' <<<"$stderr")
  echo "${at[@]}"
  [ "${#at[@]}" = 4 ]
  read -r _ _ early _ early_fds _ <<<"${at[0]}"
  read -r _ _ late _ late_fds _ <<<"${at[3]}"
  [ "$early_fds" = "$late_fds" ]
  # A sanitizer keeps what was freed.
  [ -n "$MEMSH_SANITIZE" ] || [ $((late - early)) -lt 1024 ]
  [ "$(tr -d '\r' <<<"$output" | grep -c ',systemd,')" = 2000 ]
}
