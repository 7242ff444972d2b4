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

# Zones as they are, of which two are no whole hours from UTC at times, and one left out a day.
ZONES='Europe/Berlin America/New_York Asia/Kolkata Pacific/Apia UTC Australia/Lord_Howe Europe/Moscow'

need_zones() {
  # shellcheck disable=SC2086 # several
  python3 -c 'import sys, zoneinfo
for zone in sys.argv[1:]: zoneinfo.ZoneInfo(zone)' $ZONES 2>/dev/null || skip "there is no database of zones (tzdata)"
  [ -d /usr/share/zoneinfo ] || skip "the C library has no database of zones"
}

# Around each change of the clocks in some years every quarter of an hour, as the clocks show it, and what of yesterday.
# Of a time that is there twice the first is meant, of one that is skipped the change.
zone_lines() { # ZONE
  cat >zone_lines.py <<'PY'
import datetime, sys, zoneinfo
zone, utc = zoneinfo.ZoneInfo(sys.argv[1]), datetime.timezone.utc
offset = lambda at: datetime.datetime.fromtimestamp(at, zone).utcoffset()

def change_between(low, high):
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
    return high

def seconds(naive):
    at = naive.replace(tzinfo=zone).timestamp()
    if datetime.datetime.fromtimestamp(at, zone).replace(tzinfo=None) == naive:
        return int(at)
    around = int(naive.replace(tzinfo=utc).timestamp())
    return change_between(around - 86400, around + 86400)

for year in 2011, 2012, 2014, 2026:
    start = int(datetime.datetime(year, 1, 1, tzinfo=utc).timestamp())
    hours = range(start, start + 366 * 86400, 3600)
    changes = [at for at in hours if offset(at) != offset(at + 3600)] + [start + 180 * 86400]
    for change in changes:
        local = datetime.datetime.fromtimestamp(change, zone).replace(tzinfo=None, minute=0)
        for quarter in range(-20 * 4, 30 * 4):
            naive = local + datetime.timedelta(minutes=15 * quarter)
            at = seconds(naive)
            print(naive.strftime("%Y-%m-%d %H:%M"), 0, at, sep="\t")
            now = at + 3 * 86400
            day = datetime.datetime.fromtimestamp(now, zone).date() - datetime.timedelta(days=1)
            print("yesterday 02:30", now, seconds(datetime.datetime.combine(day, datetime.time(2, 30))), sep="\t")
PY
  python3 zone_lines.py "$1"
}

@test "in each zone a time is when its clocks show it, as Python reads the same database" {
  need_zones
  for TZ in $ZONES; do
    export TZ
    zone_lines "$TZ" >lines
    [ "$(wc -l <lines)" -gt 1500 ]
    [ "$(reads <lines)" = "$(wc -l <lines)" ]
  done
}

@test "that a time is there twice, or never, is said" {
  need_zones
  export TZ=Europe/Berlin
  cat >said.lua <<'LUA'
local moments = require "memsh.expr.moments"
for _, text in ipairs(arg) do moments.note(text, moments.read(text, 1795662847)) end
LUA
  run --separate-stderr "$MEMSH" said.lua '2026-10-25 02:30' '2026-10-25 02:30' '2026-03-29 02:30' '2026-10-25 03:00' \
    '2026-10-25 02:30+01:00' '2026-03-29 03:00'
  [ "$stderr" = "memsh: '2026-10-25 02:30' is there twice, because the clocks are put back: this is the first; the second is '2026-10-25T02:30:00+01:00'
memsh: there is no '2026-03-29 02:30', because the clocks are put forward: this is when they are, 2026-03-29 03:00:00" ]
  # What is named reads as it says.
  printf '2026-10-25T02:30:00+01:00\t0\t%s\n' "$(date -u -d '2026-10-25 01:30' +%s)" | reads
}

# Fails unless 901 has so many pages, the number of the moment, at each time of the lines "WHEN<tab>NUMBER", asked in a zone.
moments_are() { # ZONE
  cat >are.lua <<'LUA'
local recorded = recording "x.memsh"
for line in io.lines() do
  local text, number = line:match "^(.*)\t(%d+)$"
  local process = recorded:at(text).procs:where "pid == 901":first()
  assert(process.res // sys.page_size == tonumber(number), line)
end
LUA
  TZ=$1 "$MEMSH" -s x.memsh are.lua 2>/dev/null
}

@test "a recording is of the same times, wherever it was made and is read" {
  need_zones
  cp -r "$MEMSH_FIXTURES/full" root
  # Half hours around the change in Berlin, from 2026-10-25 00:30 to 03:00 there.
  local first i=0 zone at
  first=$(TZ=UTC date -d '2026-10-24 22:30' +%s)
  for zone in $ZONES; do
    i=$((i + 1))
    sed -i "s/^now .*/now $((first + 1800 * (i - 1)))/" root/.machine/info
    sed -i -E "s/^([0-9]+) [0-9]+/\1 $i/" root/901/statm
    TZ=$zone "$MEMSH" --reports "$MEMSH_ROOT/scripts" record --from root -o x.memsh
  done
  for zone in $ZONES; do
    for i in {1..7}; do
      at=$((first + 1800 * (i - 1)))
      printf "%s\t$i\n" "$(TZ=$zone date -d @$at '+%Y-%m-%d %H:%M:%S%:z')" \
        "$(TZ=UTC date -d @$at '+%Y-%m-%dT%H:%M:%SZ')" "@$at" "-$(((7 - i) * 30))m"
      # Without an offset, where the clocks show it once.
      [ "$zone" = Europe/Berlin ] || printf "%s\t$i\n" "$(TZ=$zone date -d @$at '+%Y-%m-%d %H:%M:%S')" \
        "$(TZ=$zone date -d @$at '+%H:%M:%S')"
    done >asked
    [ "$(wc -l <asked)" -ge 28 ]
    moments_are "$zone" <asked
    at=$(TZ=$zone date -d @$((first + 1800)) '+%Y-%m-%d %H:%M:%S%:z')
    [ "$(TZ=$zone "$MEMSH" -s x.memsh --at "$at" -e 'proc(901).res // sys.page_size' 2>/dev/null)" = 2 ]
    # What the tables show, Python reads back.
    TZ=$zone "$MEMSH" -s x.memsh -f csv -e 'procs:over{}:by"time":count():show"time"' | tail -n +2 | cut -d, -f1 >shown
    [ "$(python3 -c 'import datetime, sys
for line in sys.stdin: print(int(datetime.datetime.fromisoformat(line.strip().replace("Z", "+00:00")).timestamp()))' <shown)" = \
      "$(seq "$first" 1800 $((first + 6 * 1800)))" ]
  done
}

@test "a time with seconds means that whole second, as tables show times, and one without is its first moment" {
  export TZ=UTC
  local text
  cp -r "$MEMSH_FIXTURES/full" root
  for at in 1700086400.7504 1700086401.25 1700086402.5; do
    sed -i "s/^now .*/now $at/" root/.machine/info
    "$MEMSH" --reports "$MEMSH_ROOT/scripts" record --from root -o x.memsh
  done
  while IFS='=' read -r text at; do
    [ "$("$MEMSH" -s x.memsh --at "$text" -e 'return ("%.2f"):format(sys.now)')" = "$at" ]
    [ "$("$MEMSH" -s x.memsh -e "return ('%.2f'):format(recording'x.memsh':at'$text'.time)")" = "$at" ]
    [ "$("$MEMSH" -s x.memsh -e "procs:over{to = '$text'}:by'time':count():count()")" = $((${at:9:1} + 1)) ]
  done <<'END'
22:13:20=1700086400.75
22:13:20.750=1700086400.75
22:13:20.8=1700086400.75
2023-11-15 22:13:21=1700086401.25
2023-11-15T22:13:21.2Z=1700086401.25
2023-11-15T22:13:21.1Z=1700086400.75
@1700086401=1700086401.25
@1700086402=1700086402.50
2023-11-15 22:14=1700086402.50
END
  # A span begins where its second does; expressions compare with its start.
  [ "$("$MEMSH" -s x.memsh -e "procs:over{from = '22:13:21', to = '22:13:21'}:by'time':count():count()")" = 1 ]
  [ "$("$MEMSH" -s x.memsh -e "procs:over{}:where\"time > '22:13:21'\":by'time':count():count()")" = 2 ]
  run "$MEMSH" -s x.memsh --at '2023-11-15 22:13' -e sys.now
  [[ $output == *"there is no moment so early; the first is of 2023-11-15 22:13:20"* ]]
}

@test "an expression's time of day is that of the zone it is asked in, beside the moment that is asked" {
  need_zones
  local zone started text
  cp -r "$MEMSH_FIXTURES/full" root
  "$MEMSH" --reports "$MEMSH_ROOT/scripts" record --from root -o x.memsh
  started=$("$MEMSH" -s x.memsh -e 'math.tointeger(proc(1107).start_time // 1)')
  for zone in $ZONES; do
    for text in "$(TZ=$zone date -d "@$started" '+%Y-%m-%d %H:%M:%S')" "$(TZ=$zone date -d "@$started" '+%b %e %H:%M:%S %Y')"; do
      [ "$(TZ=$zone "$MEMSH" -s x.memsh -e "procs:where\"pid == 1107 and start_time >= '$text'\":count()")" = 1 ]
    done
    text=$(TZ=$zone date -d "@$((started + 1))" '+%Y-%m-%d %H:%M:%S')
    [ "$(TZ=$zone "$MEMSH" -s x.memsh -e "procs:where\"pid == 1107 and start_time >= '$text'\":count()")" = 0 ]
  done
}
