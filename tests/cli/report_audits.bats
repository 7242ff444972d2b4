# SPDX-License-Identifier: GPL-3.0-or-later
# The reports that are audits: what each finds, that it is silent where there is nothing, and unknown where it may not look.
# beside others

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return
  cp -r "$MEMSH_FIXTURES/full" root
}

check() {
  run --separate-stderr "$MEMSH" --reports "$MEMSH_ROOT/scripts" -s "${root:-root}" --check "$@"
}

# check that the status is $1 and the line begins with $2, for the report and its arguments
finds() {
  local status_wanted=$1 words=$2
  shift 2
  check "$@"
  echo "$output"
  [ "$status" = "$status_wanted" ]
  [[ "${lines[0]}" == "$words"* ]]
}

@test "swap: a process that has much of it, swap that is full, waiting for memory" {
  finds 0 "SWAP OK - used 224M of 2.0G" swap
  finds 1 "SWAP WARNING - processes in swap: 1" swap --process 1M
  [[ "$output" == *"901  postgres"* ]]
  finds 1 "SWAP WARNING - used 224M" swap --used 10%
  finds 1 "SWAP WARNING - used 224M" swap --used 10
  finds 0 "SWAP OK - used 224M" swap --used 90
  sed -i 's/^some avg10=[0-9.]* avg60=[0-9.]*/some avg10=20.00 avg60=15.00/' root/pressure/memory
  finds 2 "SWAP CRITICAL" swap
  rm -r root/pressure
  finds 0 "SWAP OK" swap
  sed -i '/^SwapTotal/d' root/meminfo
  finds 3 "SWAP UNKNOWN" swap
}

@test "wx: a mapping that is writable and executable" {
  finds 2 "WX CRITICAL - writable and executable: 1" wx
  [[ "$output" == *"1107"*"rwxp"* ]]
  finds 0 "WX OK" wx --except zoo
  check --quiet wx -e zoo
  [ "$status" = 0 ]
  [ "$output$stderr" = "" ]
}

@test "deleted: a program that was replaced, wherever it was" {
  finds 0 "DELETED OK" deleted
  sed -i 's|^\(.* r-xp .*/usr/sbin/nginx\)$|\1 (deleted)|' root/412/maps root/412/smaps
  if grep -q 'nginx (deleted)' root/412/maps; then
    finds 1 "DELETED WARNING - replaced or deleted, and still in use: 1" deleted
    [[ "$output" == *"412"*"/usr/sbin/nginx"* ]]
    before=/usr/sbin/nginx
    for place in /tmp/jit/nginx /var/tmp/nginx /run/nginx /dev/shm/nginx /tmp/orcexec.x1; do # none hides code
      sed -i "s|$before (deleted)|$place (deleted)|" root/412/maps root/412/smaps
      before=$place
      finds 1 "DELETED WARNING - replaced or deleted, and still in use: 1" deleted
      [[ "$output" == *"412"*"$place"* ]]
    done
  fi
}

@test "maxmaps lists who is near the limit, and says of how many" {
  echo 60 >root/sys/vm/max_map_count
  run --separate-stderr "$MEMSH" -s root -f csv --reports "$MEMSH_ROOT/scripts" maxmaps
  [ "${#lines[@]}" = 2 ] # the zoo alone has 30 mappings or more
  [[ "${lines[1]}" == 1107,* ]]
  [[ "$stderr" == *"memsh: maxmaps: 1 of "*" processes have 50 % of vm.max_map_count or more"* ]]
  run --separate-stderr "$MEMSH" -s root -f csv --reports "$MEMSH_ROOT/scripts" maxmaps --near 0
  ((${#lines[@]} > 3))
  run --separate-stderr "$MEMSH" -s root --reports "$MEMSH_ROOT/scripts" maxmaps --near -5
  [ "$status" = 2 ]
  [[ "$stderr" == "memsh: maxmaps: --near: '-5' is not a percentage, such as 50 or 0.5"* ]]
  [ "$("$MEMSH" -s root -f csv --reports "$MEMSH_ROOT/scripts" maxmaps --near 70% 2>/dev/null | wc -l)" = 2 ]
}

@test "maxmaps: near the limit, next to it" {
  finds 0 "MAXMAPS OK" maxmaps
  echo 60 >root/sys/vm/max_map_count
  # 42 of 60
  finds 1 "MAXMAPS WARNING - near the limit: 1" maxmaps --warn 60
  finds 2 "MAXMAPS CRITICAL - next to the limit: 1" maxmaps --warn 60 --crit 65
  [[ "$output" == *"1107  bob   zoo"* ]]
}

@test "unit: memory of a unit, and a unit that is not there" {
  local group=root/.machine/cgroup/system.slice/nginx.service
  mkdir -p "$group"
  echo $((600 << 20)) >"$group/memory.current"
  echo max >"$group/memory.max"
  finds 0 "NGINX.SERVICE OK - memory 600M; processes 2" unit nginx.service
  finds 1 "NGINX.SERVICE WARNING - memory 600M" unit --warn 500M nginx.service
  finds 2 "NGINX.SERVICE CRITICAL - memory 600M" unit --warn 100M --crit 500M nginx.service
  echo $((700 << 20)) >"$group/memory.max"
  finds 1 "NGINX.SERVICE WARNING - memory 600M of 700M" unit --warn 80% nginx.service
  finds 3 "GONE.SERVICE UNKNOWN - unit: there is no unit gone.service with processes or a control group" unit --warn 80% gone.service
}

@test "without permission none of them is OK" {
  root=$MEMSH_FIXTURES/denied
  for name in wx deleted maxmaps; do
    finds 3 "${name^^} UNKNOWN" "$name"
  done
  root=$MEMSH_FIXTURES/sealed
  for name in swap wx deleted maxmaps; do
    check "$name"
    [ "$status" = 3 ]
  done
}
