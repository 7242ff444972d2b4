# SPDX-License-Identifier: GPL-3.0-or-later
# The real thing: Prometheus, its node exporter and its Alertmanager, as the distribution has them, on the loopback.

load ../helpers/helpers

shipped=$MEMSH_ROOT/scripts/prometheus

needs() {
  local program
  for program; do
    command -v "$program" >/dev/null || skip "$program is missing (Debian: prometheus, prometheus-node-exporter, prometheus-alertmanager)"
  done
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  servers=()
}

teardown() {
  local pid
  for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
  stop_helpers
}

# Ports that nothing listens on now, a line each.
free_ports() {
  python3 -c 'import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in held: one.bind(("127.0.0.1", 0))
print("\n".join(str(one.getsockname()[1]) for one in held))' "$1"
}

# serve NAME COMMAND...
serve() {
  local log=$1.log
  shift
  "$@" >"$log" 2>&1 3>&- &
  servers+=($!)
}

# Waits until the command gives true, for a minute at most.
eventually() {
  for _ in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.2
  done
  echo "not within a minute: $*"
  tail -n 20 ./*.log
  return 1
}

get() { curl -fsS --noproxy '*' "$@"; }

start_exporter() {
  mkdir -p textfile
  serve exporter prometheus-node-exporter --web.listen-address="127.0.0.1:$1" --collector.disable-defaults \
    --collector.textfile --collector.textfile.directory=textfile
  eventually get "http://127.0.0.1:$1/metrics"
}

# start_prometheus PORT EXPORTER-PORT ALERTMANAGER-PORT: with the rules in rules.yml
start_prometheus() {
  cat >prometheus.yml <<YML
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [rules.yml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ["127.0.0.1:$3"] }] }] }
scrape_configs:
  - { job_name: node, static_configs: [{ targets: ["127.0.0.1:$2"] }] }
YML
  promtool check config prometheus.yml
  serve prometheus prometheus --config.file=prometheus.yml --web.listen-address="127.0.0.1:$1" \
    --storage.tsdb.path=data --web.enable-lifecycle
  eventually get "http://127.0.0.1:$1/-/ready"
}

# query PORT EXPRESSION: the result, as lines of JSON
query() { get -G --data-urlencode "query=$2" "http://127.0.0.1:$1/api/v1/query" | jq -c '.data.result[]'; }

has_answer() { [ -n "$(query "$@")" ]; }

@test "promtool finds nothing to say of memsh metrics" {
  needs promtool
  "$MEMSH" -f prom metrics --pss >m.prom
  promtool check metrics <m.prom
  "$MEMSH" -f openmetrics metrics --pss >m.txt
  [ "$(grep -c '^memsh_' m.prom)" -gt 50 ]
}

@test "promtool: rules and alerts do what their tests say" {
  needs promtool
  cd "$shipped"
  promtool check rules memsh.rules.yml
  promtool test rules memsh.test.yml
}

@test "the rules and the dashboard ask for no metric that there is not" {
  "$MEMSH" --source "$MEMSH_FIXTURES/full" -f prom metrics --pss >m.prom 2>/dev/null
  "$MEMSH" --source "$MEMSH_FIXTURES/denied" -f prom metrics --pss >>m.prom 2>/dev/null
  "$MEMSH" -f prom metrics --pss >>m.prom 2>/dev/null # the fixtures hold no files of control groups
  sed -n 's/^\(memsh_[a-z0-9_]*\).*/\1/p' m.prom | sort -u >there
  { jq -r '.. | objects | .expr? // empty' "$shipped/dashboard.json"; grep -v '^ *#' "$shipped/memsh.rules.yml"; } |
    sed 's/[a-z_]*:memsh_[a-z_]*:[a-z0-9]*//g' | grep -oE '\bmemsh_[a-z0-9_]+' | sort -u >asked
  grep -q '^memsh_cgroup_' there || sed -i '/^memsh_cgroup_/d' asked
  [ "$(wc -l <asked)" -gt 20 ]
  comm -23 asked there >unmet
  cat unmet
  [ ! -s unmet ]
}

@test "node_exporter serves the textfile, number by number" {
  needs prometheus-node-exporter curl
  read -r port < <(free_ports 1)
  start_exporter "$port"
  "$MEMSH" -o textfile/memsh.prom metrics
  get "http://127.0.0.1:$port/metrics" >served
  grep -qx 'node_textfile_scrape_error 0' served
  number='import sys
for line in sys.stdin:
    if line.startswith("memsh_"):
        name, value = line.rstrip("\n").rsplit(" ", 1)
        print(name if "{" in name else name, float(value))'
  diff <(python3 -c "$number" <textfile/memsh.prom | sort) \
    <(python3 -c "$number" <served | sort)
}

@test "Prometheus scrapes it and answers; every question of the dashboard is one it understands" {
  needs prometheus promtool prometheus-node-exporter curl jq
  { read -r port; read -r exporter; } < <(free_ports 2)
  start_exporter "$exporter"
  "$MEMSH" -o textfile/memsh.prom metrics --pss
  cp "$shipped/memsh.rules.yml" rules.yml
  start_prometheus "$port" "$exporter" 1
  eventually has_answer "$port" memsh_machine_mem_total_bytes
  want=$(awk '/^MemTotal:/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)
  query "$port" memsh_machine_mem_total_bytes | jq -e --argjson want "$want" '.value[1] | tonumber == $want'
  # the same question, asked of memsh's file and in PromQL
  want=$(awk '/^memsh_user_rss_bytes/ { sum += $NF } END { printf "%.0f", sum }' textfile/memsh.prom)
  query "$port" 'sum(memsh_user_rss_bytes)' | jq -e --argjson want "$want" '.value[1] | tonumber == $want'
  eventually has_answer "$port" 'instance:memsh_machine_mem_used:ratio'
  # shellcheck disable=SC2016
  jq -r '.. | objects | .expr? // empty' "$shipped/dashboard.json" | sed 's/\$instance/.*/g' >expressions
  [ "$(wc -l <expressions)" -gt 20 ]
  while IFS= read -r expression; do
    get -G --data-urlencode "query=$expression" "http://127.0.0.1:$port/api/v1/query" | jq -e '.status == "success"' ||
      { echo "$expression"; return 1; }
  done <expressions
}

@test "Alertmanager gets the alert of a planted process" {
  needs prometheus promtool prometheus-node-exporter prometheus-alertmanager curl jq
  { read -r port; read -r exporter; read -r manager; } < <(free_ports 3)
  cp "$MEMSH_HELPERS/mem" ./planted
  ./planted dirty 65536 >planted.out 2>&1 3>&- &
  servers+=($!)
  eventually grep -q ready planted.out
  start_exporter "$exporter"
  "$MEMSH" -o textfile/memsh.prom metrics
  # the shipped rule, with a limit that this process exceeds and no wait
  total=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
  sed -e "s/0\.5 \*/$(awk -v t="$total" 'BEGIN { printf "%.9f", 50000 / t }') */" -e 's/for: [0-9]*m/for: 0s/' \
    "$shipped/memsh.rules.yml" >rules.yml
  printf 'route: { receiver: nobody, group_wait: 0s }\nreceivers: [{ name: nobody }]\n' >alertmanager.yml
  serve alertmanager prometheus-alertmanager --config.file=alertmanager.yml --web.listen-address="127.0.0.1:$manager" \
    --storage.path=alerts --cluster.listen-address=
  eventually get "http://127.0.0.1:$manager/-/ready"
  start_prometheus "$port" "$exporter" "$manager"
  # shellcheck disable=SC2317
  has_alert() {
    get "http://127.0.0.1:$manager/api/v2/alerts" |
      jq -e 'any(.labels.alertname == "ProgramLarge" and .labels.program == "planted")'
  }
  eventually has_alert
}
