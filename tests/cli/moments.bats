# SPDX-License-Identifier: GPL-3.0-or-later
# beside others
# Times of the clocks on the wall where these are put back and forth. The truth is Python's datetime.

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  # Berlin's rules, which need no database of zones.
  export TZ=CET-1CEST,M3.5.0,M10.5.0/3
}

# Fails unless memsh reads each line "TEXT<tab>NOW<tab>EXPECTED" as these seconds.
reads() {
  cat >"$BATS_TEST_TMPDIR/reads.lua" <<'LUA'
local moments, n = require "memsh.expr.moments", 0
for line in io.lines() do
  local text, now, expected = line:match "^(.-)\t(%d+)\t(.*)$"
  local found = moments.read(text, tonumber(now))
  assert(found and found.at == tonumber(expected), line .. "\t" .. tostring(found and found.at))
  n = n + 1
end
print(n)
LUA
  "$MEMSH" "$BATS_TEST_TMPDIR/reads.lua"
}

@test "each quarter of an hour around both changes is when Berlin's clocks show it first" {
  python3 >"$BATS_TEST_TMPDIR/lines" <<'PY'
import datetime, time
for month, day in (3, 28), (10, 24):
    start = int(datetime.datetime(2026, month, day, 12, tzinfo=datetime.timezone.utc).timestamp())
    seen = set()
    for at in range(start, start + 86400, 900):
        local = time.localtime(at)
        text = time.strftime("%Y-%m-%d %H:%M", local)
        if text not in seen:
            print(text, at + 10 * 86400, at, sep="\t")
        seen.add(text)
        utc = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)
        print(utc.strftime("%Y-%m-%dT%H:%M:%SZ"), 0, at, sep="\t")
        print(time.strftime("%Y-%m-%dT%H:%M:%S%z", local), 0, at, sep="\t")
PY
  [ "$(wc -l <"$BATS_TEST_TMPDIR/lines")" -gt 560 ]
  [ "$(reads <"$BATS_TEST_TMPDIR/lines")" = "$(wc -l <"$BATS_TEST_TMPDIR/lines")" ]
}

@test "a time that the clocks skip is when they do so: what began before it is before it" {
  local change
  change=$(date -u -d '2026-03-29 01:00' +%s)
  for text in 02:00 02:30 02:59:59; do printf '2026-03-29 %s\t0\t%s\n' "$text" "$change"; done | reads
}

@test "yesterday and a time without a date go by days that have 23 and 25 hours" {
  local march october
  march=$(date -d '2026-03-30 00:30' +%s) october=$(date -d '2026-10-26 00:30' +%s)
  {
    printf 'yesterday\t%s\t%s\n' "$march" "$(date -d '2026-03-29 00:00' +%s)"
    printf 'yesterday 12:00\t%s\t%s\n' "$march" "$(date -d '2026-03-29 12:00' +%s)"
    printf '23:30\t%s\t%s\n' "$march" "$(date -d '2026-03-29 23:30' +%s)"
    printf 'yesterday\t%s\t%s\n' "$october" "$(date -d '2026-10-25 00:00' +%s)"
    printf '01:00\t%s\t%s\n' "$october" "$(date -d '2026-10-25 01:00' +%s)"
    printf '00:30\t%s\t%s\n' "$october" "$october"
  } | reads
}

@test "times as logs, other programs and people write them are those that date reads" {
  export TZ=UTC
  local now
  now=$(date -d '2026-11-27 21:44' +%s) # a Friday
  while IFS='=' read -r text date; do printf '%s\t%s\t%s\n' "$text" "$now" "$(date -d "$date" +%s)"; done >lines <<'END'
3am=2026-11-27 03:00
12am=2026-11-27 00:00
12:30 PM=2026-11-27 12:30
11pm=2026-11-26 23:00
yesterday 6pm=2026-11-26 18:00
monday 03:14=2026-11-23 03:14
Friday 21:00=2026-11-27 21:00
friday 23:00=2026-11-20 23:00
Nov 26 03:14:07=2026-11-26 03:14:07
Nov  6 03:14:07=2026-11-06 03:14:07
Dec 3 10:00=2025-12-03 10:00
Thu Nov 26 03:14:07 2026=2026-11-26 03:14:07
@1795662847=@1795662847
END
  [ "$(reads <lines)" = 13 ]
  for text in 25:00 13pm 'fri 25:00' 'feb 30 10:00' nov 'mon tue' @ '21:00 ago' '5 ago' ' ' '3 am am'; do
    run "$MEMSH" -e "return require'memsh.expr.moments'.read('$text', $now) == nil"
    [[ $output == true ]]
  done
  [ "$("$MEMSH" -e "return require'memsh.expr.moments'.read('5 minutes ago', $now).ago")" = 300 ]
  [ "$("$MEMSH" -e "return require'memsh.expr.moments'.read('2h ago', $now).ago")" = 7200 ]
}
