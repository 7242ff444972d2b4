# SPDX-License-Identifier: GPL-3.0-or-later
# A fleet: recordings of many hosts, collected through sshd, asked by memsh and loaded into engines. The small one of this
# test is made of made processes; MEMSH_FLEET="HOSTS PROCESSES" (1000 2000) makes it as large as you like.

load engines

setup_file() {
  export FLEET=$BATS_FILE_TMPDIR/fleet
  # shellcheck disable=SC2086  # two numbers
  python3 "$MEMSH_TESTS/outside/fleet.py" "$MEMSH" "$FLEET" ${MEMSH_FLEET:-12 300}
  # The number of hosts and of processes.
  read -r HOSTS PROCESSES <<<"${MEMSH_FLEET:-12 300}"
  export HOSTS PROCESSES
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  asked=$MEMSH_TESTS/outside/questions.py
  show="procs:show\"$(python3 "$asked" --columns)\""
}

teardown() {
  stop_engines
  [ ! -e ssh/pid ] || kill "$(cat ssh/pid)"
}

# What scripts/fleet/README.md has: the table for a fleet, and the lines of SQL that begin so.
fleet_table() {
  awk '/^```$/ { inside = 0 } inside; $0 == "```sql" { inside = 1 }' "$MEMSH_ROOT/scripts/fleet/README.md" | grep '' ||
    return 1
}

fleet_sql() { # BEGINNING
  grep -o "\`$1[^\`]*\`" "$MEMSH_ROOT/scripts/fleet/README.md" | tr -d '\`' | sed 's/$/;/'
}

fleet() { "$MEMSH" -s "$FLEET" "$@" 2>/dev/null; }

@test "a fleet has as many hosts and processes as were made, and there are twenty questions" {
  [ "$(fleet -e 'procs:count()')" = $((HOSTS * PROCESSES)) ]
  [ "$(fleet -e 'procs:by"host":count():count()')" = "$HOSTS" ]
  [ "$(grep -c '^?' "$MEMSH_ROOT/scripts/fleet/questions")" = 20 ]
  [ "$(grep -c '^sql' "$MEMSH_ROOT/scripts/fleet/questions")" = 20 ]
  # The README's table is these.
  python3 "$asked" --markdown | diff - <(sed -n '/^| question | memsh/,/^$/p' "$MEMSH_ROOT/scripts/fleet/README.md" | sed '/^$/d')
}

@test "sqlite3 answers the twenty questions with memsh's numbers" {
  command -v sqlite3 >/dev/null || skip "sqlite3 is missing (Debian: sqlite3)"
  fleet -f sqlite -o fleet.db -e "$show"
  python3 "$asked" "$MEMSH" "$FLEET" sqlite3="sqlite3 -tabs fleet.db"
}

@test "DuckDB answers the twenty questions with memsh's numbers" {
  start_duckdb
  fleet -f jsonl --ddl duckdb -e "$show" | duckdb
  fleet -f jsonl -e "$show" >x.jsonl
  [ "$(echo "copy process from 'x.jsonl' (format json)" | duckdb)" = $((HOSTS * PROCESSES)) ]
  python3 "$asked" "$MEMSH" "$FLEET" DuckDB="node '$MEMSH_TESTS/outside/duckdb.js' npm/node_modules duck.db"
}

@test "ClickHouse answers the twenty questions with memsh's numbers, in the table of the README, too" {
  start_clickhouse
  fleet -f jsonl --ddl clickhouse -e "$show" | clickhouse -n
  fleet -f jsonl -e "$show" | clickhouse -q 'insert into process format JSONEachRow'
  # shellcheck disable=SC2154  # start_clickhouse sets it
  client="clickhouse-client --host 127.0.0.1 --port $clickhouse_port"
  python3 "$asked" "$MEMSH" "$FLEET" ClickHouse="$client"
  # The table that the README has for a fleet takes the same rows.
  clickhouse -q 'rename table process to plain'
  fleet_table | clickhouse -n
  fleet -f jsonl -e "$show" | clickhouse -q 'insert into process format JSONEachRow'
  python3 "$asked" "$MEMSH" "$FLEET" ClickHouse="$client"
}

@test "today's ClickHouse answers the twenty questions with memsh's numbers, and its TTL frees what is old" {
  start_chdb
  fleet -f jsonl --ddl clickhouse -e "$show" | chdb
  fleet -f jsonl -e "$show" >x.jsonl
  echo "set input_format_skip_unknown_fields = 1; insert into process from infile 'x.jsonl' format JSONEachRow" | chdb
  python3 "$asked" "$MEMSH" "$FLEET" chdb="node '$MEMSH_TESTS/outside/chdb.js' npm/node_modules chdb"
  # The table for a fleet, and its TTL: the moments are of 2023.
  echo 'rename table process to plain' | chdb
  fleet_table | chdb
  echo "set input_format_skip_unknown_fields = 1; insert into process from infile 'x.jsonl' format JSONEachRow" | chdb
  [ "$(echo 'select count() from process' | chdb)" = $((HOSTS * PROCESSES)) ]
  fleet_sql 'ALTER TABLE process MODIFY TTL' >ttl.sql
  [ "$(wc -l <ttl.sql)" = 1 ]
  chdb <ttl.sql
  echo 'optimize table process final' | chdb
  [ "$(echo 'select count() from process' | chdb)" = 0 ]
}

# A server that knows the others: two replicas of one shard, and another shard.
start_node() { # PORT SHARD REPLICA
  clickhouse_port=$1
  start_clickhouse "<interserver_http_host>127.0.0.1</interserver_http_host>
<interserver_http_port>$(free_port)</interserver_http_port>
<zookeeper><node><host>127.0.0.1</host><port>$zookeeper_port</port></node></zookeeper>
<macros><shard>$2</shard><replica>$3</replica></macros>
<remote_servers><fleet>
<shard><internal_replication>true</internal_replication>
<replica><host>127.0.0.1</host><port>${ports[0]}</port></replica>
<replica><host>127.0.0.1</host><port>${ports[1]}</port></replica></shard>
<shard><replica><host>127.0.0.1</host><port>${ports[2]}</port></replica></shard>
</fleet></remote_servers>"
}

@test "ClickHouse on three nodes: replicas have the same rows, and the twenty questions their answers" {
  start_zookeeper
  local ports=("$(free_port)" "$(free_port)" "$(free_port)") at
  for at in 0 1 2; do
    start_node "${ports[at]}" $((at / 2)) "$at"
    fleet_table | sed "s|MergeTree|$(fleet_sql ReplicatedMergeTree | tr -d ';')|" | clickhouse -n
    fleet_sql 'CREATE TABLE fleet AS' | sed 's/(CLUSTER,/(fleet,/' | clickhouse -n
  done
  fleet -f jsonl -e "$show" | clickhouse -q 'insert into fleet format JSONEachRow' --insert_distributed_sync 1
  local counts=()
  for at in 1 0 2; do
    clickhouse_port=${ports[at]}
    clickhouse -q 'system sync replica process'
    counts+=("$(clickhouse -q 'select count() from process')")
  done
  [ "${counts[0]}" = "${counts[1]}" ] && [ "${counts[0]}" -gt 0 ] && [ "${counts[2]}" -gt 0 ]
  [ $((counts[0] + counts[2])) = $((HOSTS * PROCESSES)) ]
  python3 "$asked" "$MEMSH" "$FLEET" \
    "ClickHouse=sed 's/from process/from fleet/' | clickhouse-client --host 127.0.0.1 --port ${ports[2]}"
}

# An sshd of the test's own: ssh_options hold what a client needs.
start_sshd() {
  [ -x /usr/sbin/sshd ] || skip "sshd is missing (Debian: openssh-server)"
  [ "$(id -u)" = 0 ] || skip "sshd for several users runs as root"
  mkdir -p ssh /run/sshd
  ssh_port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  ssh-keygen -q -t ed25519 -N '' -f ssh/host
  ssh-keygen -q -t ed25519 -N '' -f ssh/me
  cp ssh/me.pub ssh/authorized
  chmod 700 ssh
  printf '%s\n' "Port $ssh_port" "ListenAddress 127.0.0.1" "HostKey $PWD/ssh/host" "PidFile $PWD/ssh/pid" \
    "AuthorizedKeysFile $PWD/ssh/authorized" "StrictModes no" "UsePAM no" "PermitRootLogin prohibit-password" \
    "MaxStartups 100" "Subsystem sftp internal-sftp" >ssh/config
  /usr/sbin/sshd -f "$PWD/ssh/config" -E "$PWD/ssh/log" 3>&-
  for _ in {1..50}; do [ -s ssh/pid ] || sleep 0.1; done
  ssh_options="-p $ssh_port -i $PWD/ssh/me -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
  for _ in {1..50}; do
    # shellcheck disable=SC2086  # several words
    ! ssh $ssh_options root@127.0.0.1 true 2>/dev/null || break
    sleep 0.1
  done
  ln -s "$MEMSH" memsh
}

@test "clush: rows of all hosts, and their recordings by rsync" {
  command -v clush >/dev/null || skip "clush is missing (Debian: clustershell)"
  start_sshd
  hosts=127.0.0.1,localhost
  clush -q -w $hosts -l root -o "$ssh_options" -N "$PWD/memsh -f jsonl -e 'procs:where\"pid == 1\":show\"host pid comm\"'" >rows
  [ "$(jq -c .pid rows)" = $'1\n1' ]
  [ "$(jq -r .host rows | sort -u)" = "$(uname -n)" ]
  command -v rsync >/dev/null || skip "rsync is missing (Debian: rsync)"
  clush -q -w localhost -l root -o "$ssh_options" "$PWD/memsh record --once -o $PWD/memsh.memsh"
  mkdir collected
  clush -q -R exec -w $hosts "rsync -e 'ssh $ssh_options' root@%h:$PWD/memsh.memsh collected/%h.memsh"
  [ "$(cd collected && echo *)" = "127.0.0.1.memsh localhost.memsh" ]
  [ "$("$MEMSH" -s collected -e 'procs:where"pid == 1":count()')" = 2 ]
}

@test "ansible: rows of all hosts" {
  command -v ansible >/dev/null || skip "ansible is missing (Debian: ansible-core)"
  start_sshd
  cat >inventory <<INI
[fleet]
one ansible_host=127.0.0.1
two ansible_host=localhost
[fleet:vars]
ansible_user=root
ansible_port=$ssh_port
ansible_ssh_private_key_file=$PWD/ssh/me
ansible_ssh_common_args="-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
INI
  ansible -i inventory fleet -m command -a "$PWD/memsh -f jsonl -e 'procs:where\"pid == 1\":show\"pid comm\"'" >out
  [ "$(grep -c '^{.*}$' out)" = 2 ]
  [ "$(grep '^{.*}$' out | jq -c .pid)" = $'1\n1' ]
}
