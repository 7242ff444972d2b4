# SPDX-License-Identifier: GPL-3.0-or-later
# What memsh prints, loaded into database servers without a change.

load engines

full() { "$MEMSH" --source "$MEMSH_FIXTURES/full" "$@" 2>/dev/null; }

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  server=
}

teardown() {
  stop_engines
  [ -z "$server" ] || as_postgres "$server/pg_ctl" -D "$BATS_TEST_TMPDIR/pg/data" -m immediate stop
}

# The server does not run as root.
as_postgres() {
  if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups "$@"; else "$@"; fi
}

start_postgres() {
  local found
  for found in /usr/lib/postgresql/*/bin; do [ ! -x "$found/initdb" ] || server=$found; done
  [ -n "$server" ] || skip "postgresql is missing (Debian: postgresql)"
  mkdir pg
  [ "$(id -u)" != 0 ] || chown postgres pg
  chmod a+rx . .. ../.. 2>/dev/null || true
  as_postgres "$server/initdb" -D "$PWD/pg/data" -A trust -E UTF8 --locale=C.UTF-8 >initdb.log
  as_postgres "$server/pg_ctl" -D "$PWD/pg/data" -l "$PWD/pg/log" -w -o "-k $PWD/pg -c listen_addresses=" start 3>&- >/dev/null
}

sql() { as_postgres "$server/psql" -qAtX -v ON_ERROR_STOP=1 -h "$PWD/pg" -d postgres "$@"; }

@test "PostgreSQL: the table of --ddl takes csv and jsonl as they are" {
  start_postgres
  question='procs:show"pid comm user rss pss mem_percent age start_time exe"'
  full --ddl postgresql -e "$question" | sql
  full -f csv -e "$question" | sql -c '\copy process from stdin (format csv, header)'
  [ "$(sql -c 'select count(*) from process')" = 8 ]
  [ "$(sql -c 'select sum(rss) from process')" = "$(full -f csv --no-header -e 'procs:sum"rss"')" ]
  [ "$(sql -c 'select count(*) from process where pss is null')" = 2 ]
  [ "$(sql -c "select col_description('process'::regclass, 1)")" = "process id" ]
  # jsonl: an object a line, whose times are numbers
  full -f jsonl --ddl postgresql -e "$question" | sed 's/"process"/again/' | sql
  sql -c 'create table lines (line jsonb)'
  full -f jsonl -e "$question" | sed 's/\\/\\\\/g' | sql -c '\copy lines from stdin'
  sql -c 'insert into again select r.* from lines, jsonb_populate_record(null::again, line) r'
  same='a.pid = p.pid and a.comm = p.comm and a.rss is not distinct from p.rss and a.pss is not distinct from p.pss and
    abs(extract(epoch from p.start_time) - a.start_time) < 0.01'
  [ "$(sql -c "select count(*) from process p join again a on $same")" = 8 ]
}

@test "PostgreSQL: addresses, limits without a limit, and sums that are bounds" {
  start_postgres
  for question in 'maps:show"pid addr size path"' 'procs:by"user":sum"pss"' 'procs:show"pid limit_as limit_stack"' cgroups; do
    full --ddl postgresql -e "$question" >ddl
    sql <ddl
    table=$(sed -n 's/^CREATE TABLE \("[^"]*"\).*/\1/p' ddl)
    full -f csv -e "$question" | sql -c "\\copy $table from stdin (format csv, header)"
    [ "$(sql -c "select count(*) from $table")" = "$(full -f jsonl -e "$question" | wc -l)" ]
    sql -c "drop table if exists done" -c "alter table $table rename to done"
  done
}

@test "sqlite3: the same file answers the questions that memsh answers" {
  command -v sqlite3 >/dev/null || skip "sqlite3 is missing (Debian: sqlite3)"
  full -f sqlite -o x.db -e 'procs:show"pid comm user rss pss swap"' -e 'maps:show"pid path size rss"'
  [ "$(sqlite3 x.db 'select sum(rss) from process')" = "$(full -f csv --no-header -e 'procs:sum"rss"')" ]
  [ "$(sqlite3 x.db 'select comm from process order by rss desc limit 1')" = "$(full -f csv --no-header -e 'procs:sort"-rss":top(1):show"comm"' | tr -d '\r')" ]
  diff <(sqlite3 -csv x.db 'select user, sum(rss) from process where rss is not null group by user order by user' | tr -d '\r') \
    <(full -f csv --no-header -e 'procs:where"known(rss)":by"user":sum"rss":sort"user":show"user rss"' | tr -d '\r' | sed 's/,$//')
  [ "$(sqlite3 x.db 'select sum(size) from mapping')" = "$(full -f csv --no-header -e 'maps:sum"size"')" ]
}

questions=('procs:show"pid comm user rss pss mem_percent age start_time exe"' 'maps:show"pid addr size path w deleted"'
  'procs:by"user":sum"pss"' cgroups)
own='rows({ { name = "a", n = 9223372036854775807 }, { name = "b", n = -9223372036854775807 } })'

# The name of the table of question $2 in engine $1, and the table, in a file `ddl`; $3: csv or jsonl.
ddl() {
  full -f "$3" --ddl "$1" -e "$2" >ddl
  sed -n 's/^CREATE TABLE .\([a-z_]*\). .*/\1/p' ddl
}

# The rows of csv or excel-tab (tabs) on standard input, sorted, a line each, in words that do not depend on the engine:
# a time is its seconds, true is 1, what is unknown is nothing. CSV doubles a backslash, and has a column `partial`, which is
# empty here.
plain() {
  python3 -c 'import csv, datetime, re, sys
def value(text):
    if re.match(r"\d{4}-\d\d-\d\d[T ].*(Z|\+00)$", text):
        text = str(datetime.datetime.fromisoformat(re.sub(r"(Z|\+00)$", "+00:00", text)).timestamp())
    if re.match(r"-?\d+$", text): return int(text)
    if re.match(r"-?[\d.]+$", text): return f"{float(text):.2f}".replace(".00", "")
    return {"true": 1, "false": 0, "\\N": ""}.get(text, text.replace("\\\\", "\\"))
for row in sorted("|".join(str(value(text)) for text in row).rstrip("|") for row in csv.reader(sys.stdin, sys.argv[1])): print(row)' "$@"
}

@test "DuckDB: the table of --ddl takes csv and jsonl as they are" {
  start_duckdb
  for question in "${questions[@]}" "$own"; do
    full -f csv -e "$question" >x.csv
    full -f jsonl -e "$question" >x.jsonl
    sed 1d x.csv | plain excel >want
    [ -s want ]
    for format in csv jsonl; do
      table=$(ddl duckdb "$question" "$format")
      duckdb <ddl
      options="(header)"
      [ $format = csv ] || options="(format json)"
      [ "$(echo "copy \"$table\" from 'x.$format' $options" | duckdb)" = "$(wc -l <x.jsonl)" ]
      echo "select * from \"$table\"" | duckdb | plain excel-tab >got
      diff want got
      echo "drop table \"$table\"" | duckdb
    done
  done
}

@test "ClickHouse: the table of --ddl takes csv and jsonl as they are" {
  start_clickhouse
  for question in "${questions[@]}" "$own"; do
    full -f csv --no-header -e "$question" | plain excel >want
    [ -s want ]
    for format in csv jsonl; do
      table=$(ddl clickhouse "$question" "$format")
      clickhouse -n <ddl
      kind=JSONEachRow
      [ $format = jsonl ] || kind=CSVWithNames
      # Without --null every version takes an empty field for 0.
      full -f "$format" --null '\N' -e "$question" | clickhouse -q "insert into \`$table\` format $kind"
      clickhouse -q "select * from \`$table\` format CSV" | plain excel >got
      diff want got
      clickhouse -q "drop table \`$table\`"
    done
  done
}
