# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Database engines for a test, in the current directory. Each start_ skips the test where its program can't be had.
#
#   start_duckdb, duckdb              duckdb runs the SQL on standard input; rows with tabs between values, NULL as nothing
#   start_clickhouse, clickhouse ARG  clickhouse is its client: -n runs the SQL on standard input, -q SQL takes its data there
#   start_chdb, chdb                  chdb runs the SQL on standard input, in today's ClickHouse without a server
#   start_zookeeper                   sets zookeeper_port; one for replicas
#   stop_engines                      for teardown

engine_pids=()

from_npm() { # PACKAGE
  command -v npm >/dev/null || skip "npm is missing (Debian: npm)"
  npm install --silent --no-audit --no-fund --prefix "$PWD/npm" "$1" >npm.log 2>&1 || skip "npm can't install $1 here"
}

free_port() {
  python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

start_duckdb() { from_npm @duckdb/node-api; }

duckdb() { node "$MEMSH_TESTS/outside/duckdb.js" "$PWD/npm/node_modules" "$PWD/duck.db"; }

start_chdb() { from_npm chdb; }

chdb() { node "$MEMSH_TESTS/outside/chdb.js" "$PWD/npm/node_modules" "$PWD/chdb"; }

start_zookeeper() {
  [ -e /usr/share/java/zookeeper.jar ] || skip "ZooKeeper is missing (Debian: zookeeper)"
  command -v java >/dev/null || skip "java is missing (Debian: default-jre-headless)"
  zookeeper_port=$(free_port)
  mkdir zookeeper
  printf '%s\n' "dataDir=$PWD/zookeeper" "clientPort=$zookeeper_port" "clientPortAddress=127.0.0.1" \
    "admin.enableServer=false" "tickTime=500" >zookeeper/config
  java -cp /usr/share/java/zookeeper.jar org.apache.zookeeper.server.ZooKeeperServerMain "$PWD/zookeeper/config" \
    >zookeeper/out 2>&1 3>&- &
  engine_pids+=($!)
  for _ in {1..300}; do
    ! (exec 3<>"/dev/tcp/127.0.0.1/$zookeeper_port") 2>/dev/null || return 0
    sleep 0.1
  done
  cat zookeeper/out >&2
  return 1
}

# start_clickhouse [XML]: more of its configuration. It sets clickhouse_port, and each has a directory of its own.
start_clickhouse() {
  command -v clickhouse-server >/dev/null || skip "clickhouse-server is missing (Debian: clickhouse-server, clickhouse-client)"
  clickhouse_port=${clickhouse_port:-$(free_port)}
  local click=$PWD/click-$clickhouse_port
  mkdir "$click"
  cat >"$click/config.xml" <<XML
<yandex><logger><level>warning</level><log>$click/log</log><errorlog>$click/errors</errorlog></logger>
<listen_host>127.0.0.1</listen_host><tcp_port>$clickhouse_port</tcp_port>${1:-}
<path>$click/data/</path><tmp_path>$click/tmp/</tmp_path><users_config>users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>67108864</mark_cache_size></yandex>
XML
  cat >"$click/users.xml" <<'XML'
<yandex><profiles><default></default></profiles><quotas><default></default></quotas><users><default><password></password>
<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>
XML
  clickhouse-server --config-file="$click/config.xml" >"$click/out" 2>&1 3>&- &
  engine_pids+=($!)
  for _ in {1..300}; do
    ! clickhouse -q 'select 1' >/dev/null 2>&1 || return 0
    kill -0 "${engine_pids[-1]}" || break
    sleep 0.1
  done
  cat "$click/out" "$click/errors" >&2
  return 1
}

clickhouse() { clickhouse-client --host 127.0.0.1 --port "$clickhouse_port" --input_format_skip_unknown_fields 1 "$@"; }

stop_engines() {
  [ ${#engine_pids[@]} = 0 ] || { kill "${engine_pids[@]}" && wait "${engine_pids[@]}"; } 2>/dev/null || true
}
