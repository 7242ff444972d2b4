# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Database engines for a test, in the current directory. Each start_ skips the test where its program can't be had.
#
#   start_duckdb, duckdb              duckdb runs the SQL on standard input; rows with tabs between values, NULL as nothing
#   start_clickhouse, clickhouse ARG  clickhouse is its client: -n runs the SQL on standard input, -q SQL takes its data there
#   stop_engines                      for teardown

clickhouse_pid=

start_duckdb() {
  command -v npm >/dev/null || skip "npm is missing (Debian: npm)"
  npm install --silent --no-audit --no-fund --prefix "$PWD/npm" @duckdb/node-api >npm.log 2>&1 ||
    skip "npm can't install @duckdb/node-api here"
}

duckdb() { node "$MEMSH_TESTS/outside/duckdb.js" "$PWD/npm/node_modules" "$PWD/duck.db"; }

start_clickhouse() {
  command -v clickhouse-server >/dev/null || skip "clickhouse-server is missing (Debian: clickhouse-server, clickhouse-client)"
  clickhouse_port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  mkdir click
  cat >click/config.xml <<XML
<yandex><logger><level>warning</level><log>$PWD/click/log</log><errorlog>$PWD/click/errors</errorlog></logger>
<listen_host>127.0.0.1</listen_host><tcp_port>$clickhouse_port</tcp_port>
<path>$PWD/click/data/</path><tmp_path>$PWD/click/tmp/</tmp_path><users_config>users.xml</users_config>
<default_profile>default</default_profile><default_database>default</default_database>
<mark_cache_size>67108864</mark_cache_size></yandex>
XML
  cat >click/users.xml <<'XML'
<yandex><profiles><default></default></profiles><quotas><default></default></quotas><users><default><password></password>
<networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>
XML
  clickhouse-server --config-file="$PWD/click/config.xml" >click/out 2>&1 3>&- &
  clickhouse_pid=$!
  for _ in {1..300}; do
    ! clickhouse -q 'select 1' >/dev/null 2>&1 || return 0
    kill -0 "$clickhouse_pid" || break
    sleep 0.1
  done
  cat click/out click/errors >&2
  return 1
}

clickhouse() { clickhouse-client --host 127.0.0.1 --port "$clickhouse_port" --input_format_skip_unknown_fields 1 "$@"; }

stop_engines() {
  [ -z "$clickhouse_pid" ] || { kill "$clickhouse_pid" && wait "$clickhouse_pid"; } 2>/dev/null || true
}
