# SPDX-License-Identifier: GPL-3.0-or-later
# What is read in the place of smaps, on the running kernel: the same numbers, for programs with known mappings.
load ../helpers/helpers

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  stop_helpers
}

# Both ways of one query over one process: "planned plain".
both() {
  "$MEMSH" -e "
    local plan = require 'memsh.exec.reference_mode'
    local planned = $1
    plan.plain = true
    print(planned, ($1))"
}

smaps_kb() {
  awk -v label="$2:" '$1 == label { sum += $2 } END { print sum }' "/proc/$1/smaps"
}

@test "sums: as the kernel's smaps add up" {
  start mem dirty 8192
  sums=""
  totals=()
  for field in rss:Rss private_dirty:Private_Dirty shared_clean:Shared_Clean anonymous:Anonymous swap:Swap; do
    sums+="sums\"${field%:*}\" "
    totals+=($(($(smaps_kb "$helper_pid" "${field#*:}") * 1024)))
  done
  run "$MEMSH" -e "
    local plan = require 'memsh.exec.reference_mode'
    local function both(f)
      plan.plain = false
      local planned = f()
      plan.plain = true
      print(f(), planned)
    end
    function sums(field)
      both(function() return (maps:where'pid == $helper_pid':sum(field)) end)
      both(function() return (proc($helper_pid):maps():sum(field)) end)
      both(function() return maps:where'pid == $helper_pid':by'pid':sum(field):first()[field] end)
    end
    $sums"
  echo "$output"
  for ((i = 0; i < ${#totals[@]}; i++)); do
    for ((j = 0; j < 3; j++)); do
      [ "${lines[3 * i + j]}" = "${totals[i]}"$'\t'"${totals[i]}" ]
    done
  done
}

@test "sums open no smaps, and the number of mappings is right" {
  start mem maps 300
  run "$MEMSH" -e "
    local source = require('memsh.fields.machine').source()
    local row = maps:where'pid == $helper_pid':by'pid':sum'rss':first()
    print(row.n, source:opened().smaps)"
  [ "$output" = "$(wc -l <"/proc/$helper_pid/maps")"$'\t'nil ]
}

@test "sums that are made while mappings are read: as the kernel's smaps add up, by path" {
  start mem maps 300
  for j in 1 2; do
    run "$MEMSH" -j"$j" -e "
      local plan = require 'memsh.exec.reference_mode'
      local function ask()
        local rows = proc($helper_pid):maps():by'path, w':sum'size private_dirty rss':rows()
        local n, size, dirty, rss = 0, 0, 0, 0
        for _, row in ipairs(rows) do
          n, size, dirty, rss = n + row.n, size + row.size, dirty + row.private_dirty, rss + row.rss
        end
        return #rows, n, size, dirty, rss
      end
      print(ask())
      plan.plain = true
      print(ask())"
    echo "$output"
    [ "${lines[0]}" = "${lines[1]}" ]
    groups=$(awk '/^[0-9a-f]+-/ { path = substr($0, 74); if (path ~ /^\[/) path = ""; print path, substr($2, 2, 1) }' \
      "/proc/$helper_pid/maps" | sort -u | wc -l)
    expected="$groups"$'\t'"$(wc -l <"/proc/$helper_pid/maps")"
    for label in Size Private_Dirty Rss; do expected+=$'\t'$(($(smaps_kb "$helper_pid" "$label") * 1024)); done
    echo "$expected"
    [ "${lines[0]}" = "$expected" ]
  done
}

@test "conditions: the mappings that fit, and no smaps of processes that have none" {
  start mem dirty 65536
  big=$helper_pid
  start mem dirty 4096
  run "$MEMSH" -e "
    local source = require('memsh.fields.machine').source()
    local rows = maps:where'private_dirty > 60M and (pid == $big or pid == $helper_pid)':rows()
    print(#rows, rows[1].pid, rows[1].private_dirty >= 65536 * 1024, source:opened().smaps)"
  [ "$output" = "1"$'\t'"$big"$'\t'true$'\t'1 ]
  for condition in "private_dirty > 60M" "anonymous ~= 0 and rss > 3M" "pss > 64M or swap > 0"; do
    run both "maps:where'(pid == $big or pid == $helper_pid) and ($condition)':count()"
    echo "$condition: $output"
    [ "${output%$'\t'*}" = "${output#*$'\t'}" ]
  done
}

@test "memory that is swapped out" {
  swap_on
  start mem swapped 1024 8192
  expected=$(($(smaps_kb "$helper_pid" Swap) * 1024))
  [ "$expected" -ge $((8192 * 1024)) ]
  run both "maps:where'swap > 0 and pid == $helper_pid':sum'swap'"
  swap_off
  [ "$output" = "$expected"$'\t'"$expected" ]
}

@test "without rights: the same is undecided, and :explain says who might" {
  start states undumpable
  program=$(mktemp -d /tmp/memsh-plan.XXXXXX)/memsh
  cp "$MEMSH" "$program"
  chmod 755 "${program%/*}" "$program"
  for query in "maps:where'pid == $helper_pid':sum'rss'" "maps:where'swap > 0 and pid == $helper_pid':count()"; do
    run --separate-stderr as_nobody "$program" -e "
      local plan = require 'memsh.exec.reference_mode'
      local a, a_missing = $query
      plan.plain = true
      local b, b_missing = $query
      print(why(a) == why(b) and (why(a) or a == b), a_missing, b_missing)"
    echo "$query: $output $stderr"
    [[ $output == *$'\t1\t1' && $output != false* ]] || break
  done
  run --separate-stderr as_nobody "$program" -e "maps:where'swap > 0 and pid == $helper_pid':explain()"
  rm -r "${program%/*}"
  [[ $stderr == *"denied; readable by: same user, or CAP_SYS_PTRACE, or CAP_PERFMON (6.15)"* ]]
}

@test "a zombie, and a process that is killed meanwhile" {
  start states zombie
  run both "maps:where'pid == $(value pid)':sum'rss'"
  [ "$status" = 0 ]
  start mem dirty 4096
  run "$MEMSH" -e "
    local p = proc($helper_pid)
    os.execute('kill -KILL $helper_pid; while kill -0 $helper_pid 2>/dev/null; do sleep 0.01; done')
    print(p:maps():sum'rss', maps:where'private_dirty > 1M and pid == $helper_pid':count())"
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *0 ]]
}
