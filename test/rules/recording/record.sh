#!/usr/bin/env bash
# Records the bodies of test/rules/bodies from the real programs, on loopback. ../bodies/README.md says where the
# programs come from; those that no package manager puts on the PATH are looked for in the folder TOOLS.
#
#   TOOLS=FOLDER bash test/rules/recording/record.sh [NAME...]
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bodies=$here/../bodies
agents=$here/../../real/.cache/agents
kafka=$here/../../real/.cache/kafka
jmx_rules=$here/../../../rules/jmx
tools=${TOOLS:?names the folder with the programs}
work=$(mktemp -d)
started=()
trap 'stop; rm -rf "$work"' EXIT

# Programs run until the end of their recording.
start() { (cd "$work" && exec "$@") >>"$work/log" 2>&1 & started+=($!); }
stop() {
  local pid
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
  started=()
}
fetch() { curl -sf --retry 60 --retry-delay 1 --retry-all-errors "$1"; }
await() { fetch "$1" >/dev/null; }
ask() { local url; for url in "$@"; do curl -s -o /dev/null "http://127.0.0.1:28201$url"; done; }
save() { # URL NAME
  fetch "$1" >"$bodies/$2.prom"
  stop
}

record_envoy() {
  start node "$here/upstream.mjs" 28200
  start "$tools/envoy" -c "$here/envoy.yaml" --disable-hot-restart -l error
  await http://127.0.0.1:28202/ready
  ask / / / / / / /fail /missing
  sleep 6 # Envoy merges its histograms every five seconds
  save http://127.0.0.1:28202/stats/prometheus envoy-1.40.0
}

record_traefik() {
  start node "$here/upstream.mjs" 28200
  cp "$here/traefik-routes.yml" "$work"
  start "$tools/traefik" "--configFile=$here/traefik.yml"
  await http://127.0.0.1:28201/orders/1
  ask /orders/2 /orders/3 /orders/4 /orders/fail /orders/missing /none
  sleep 2 # the first health check is a second away
  save http://127.0.0.1:28202/metrics traefik-3.7.13
}

record_haproxy() {
  start node "$here/upstream.mjs" 28200
  start haproxy -db -f "$here/haproxy.cfg"
  await http://127.0.0.1:28201/1
  ask /2 /3 /fail /missing
  start prometheus-haproxy-exporter '--haproxy.scrape-uri=http://127.0.0.1:28203/stats;csv' --web.listen-address=127.0.0.1:28202
  save http://127.0.0.1:28202/metrics haproxy-exporter-0.14.0
}

record_nginx() {
  start nginx -p "$work" -c "$here/nginx.conf" -g "pid $work/nginx.pid; error_log $work/error.log;"
  await http://127.0.0.1:28201/
  ask / / /
  start "$tools/nginx-prometheus-exporter" --nginx.scrape-uri=http://127.0.0.1:28201/stub_status --web.listen-address=127.0.0.1:28202
  save http://127.0.0.1:28202/metrics nginx-exporter-1.1.0
}

record_nginxplus() {
  start node "$here/nginx-plus-api.mjs"
  start "$tools/nginx-prometheus-exporter" --nginx.plus --nginx.scrape-uri=http://127.0.0.1:28200/api --web.listen-address=127.0.0.1:28202
  save http://127.0.0.1:28202/metrics nginx-plus-exporter-1.1.0
}

record_memcached() {
  start memcached -u nobody -l 127.0.0.1 -p 28201 -m 16
  start "$tools/memcached_exporter" --memcached.address=127.0.0.1:28201 --web.listen-address=127.0.0.1:28202
  await http://127.0.0.1:28202/metrics
  printf '%s\r\n' 'set a 0 0 2' ok 'set b 0 0 2' ok 'get a' 'get b' 'get c' 'delete a' 'delete d' 'incr e 1' 'touch b 9' quit >"$work/commands"
  curl -s --max-time 2 telnet://127.0.0.1:28201 <"$work/commands" >/dev/null || true
  save http://127.0.0.1:28202/metrics memcached-exporter-0.14.3
}

record_postgresql_with() { # EXPORTER NAME
  local bin=/usr/lib/postgresql/15/bin
  local at=(-h 127.0.0.1 -p 28201 -U postgres)
  rm -rf "$work/pg"
  chmod 755 "$work" && install -d -o postgres "$work/pg"
  su postgres -c "$bin/initdb -D $work/pg/data -U postgres -A trust" >>"$work/log"
  start su postgres -c "exec $bin/postgres -D $work/pg/data -p 28201 -c listen_addresses=127.0.0.1 -c unix_socket_directories=$work/pg"
  until "$bin/pg_isready" -q "${at[@]}"; do sleep 1; done
  "$bin/createdb" "${at[@]}" shop
  "$bin/pgbench" "${at[@]}" -i -q -s 1 shop 2>>"$work/log"
  "$bin/pgbench" "${at[@]}" -t 50 -c 2 shop >>"$work/log" 2>&1
  start env DATA_SOURCE_NAME='postgresql://postgres@127.0.0.1:28201/shop?sslmode=disable' "$1" --disable-settings-metrics --web.listen-address=127.0.0.1:28202
  save http://127.0.0.1:28202/metrics "$2"
}

record_postgresql() {
  record_postgresql_with prometheus-postgres-exporter postgres-exporter-0.11.1
  record_postgresql_with "$tools/postgres_exporter" postgres-exporter-0.19.1
}

record_node() {
  local collectors=(cpu meminfo filesystem diskstats netdev loadavg filefd time)
  start prometheus-node-exporter --web.listen-address=127.0.0.1:28202 --web.disable-exporter-metrics --collector.disable-defaults "${collectors[@]/#/--collector.}"
  save http://127.0.0.1:28202/metrics node-exporter-1.5.0
}

record_go() {
  start "$tools/orders"
  await http://127.0.0.1:28202/metrics
  save http://127.0.0.1:28202/metrics client_golang-1.23.2
}

record_nodejs() {
  cp "$here/prom-client.mjs" "$tools/prom-client/recorded.mjs"
  start node --expose-gc "$tools/prom-client/recorded.mjs"
  await http://127.0.0.1:28202/
  curl -s -o /dev/null http://127.0.0.1:28202/gc
  sleep 1 # without which the event loop has no mean lag
  save http://127.0.0.1:28202/metrics prom-client-15.1.3
}

record_spring() {
  start env -C / java -Xmx96m -XX:+UseSerialGC -cp "$tools/spring/classes:$tools/spring/lib/*" shop.Shop \
    --server.port=28201 --server.address=127.0.0.1 --management.endpoints.web.exposure.include=prometheus \
    --server.tomcat.mbeanregistry.enabled=true --management.metrics.tags.application=shop --spring.datasource.url=jdbc:h2:mem:shop
  await http://127.0.0.1:28201/orders/1
  ask /orders/2 /orders/3 /orders/4 /orders/5 /orders/0 /orders/-1
  save http://127.0.0.1:28201/actuator/prometheus spring-boot-3.3.5
}

record_tomcat_with() { # AGENT RULES NAME
  start java -Xmx64m -XX:+UseSerialGC "-javaagent:$agents/jmx_prometheus_javaagent-$1.jar=127.0.0.1:28202:$2" \
    -cp "$tools/spring/classes:$tools/spring/lib/*" TomcatApp 28201 "$work"
  await http://127.0.0.1:28201/shop/orders
  ask /shop/orders /shop/orders /shop/orders '/shop/orders?fail=1'
  save http://127.0.0.1:28202/metrics "$3"
}

record_tomcat() {
  record_tomcat_with 0.16.1 "$here/tomcat-published.yml" tomcat-jmx-0.16.1
  record_tomcat_with 1.0.1 "$here/tomcat-published.yml" tomcat-jmx-1.0.1
  record_tomcat_with 1.0.1 "$jmx_rules/tomcat.yml" tomcat-jmx-1.0.1-rules
}

record_kafka_with() { # AGENT
  local java=(java -Xmx384m -XX:+UseSerialGC -cp "$kafka/*")
  local broker=(--bootstrap-server 127.0.0.1:28201 --topic orders)
  rm -rf "$work/kafka"
  printf '%s\n' process.roles=broker,controller node.id=1 controller.quorum.voters=1@127.0.0.1:28203 controller.listener.names=CONTROLLER \
    listeners=PLAINTEXT://127.0.0.1:28201,CONTROLLER://127.0.0.1:28203 "log.dirs=$work/kafka" log.cleaner.enable=false \
    offsets.topic.replication.factor=1 offsets.topic.num.partitions=1 >"$work/broker.properties"
  "${java[@]}" kafka.tools.StorageTool format -t AQEBAQEBAQEBAQEBAQEBAQ -c "$work/broker.properties" >>"$work/log" 2>&1
  start "${java[@]:0:1}" "-javaagent:$agents/jmx_prometheus_javaagent-$1.jar=127.0.0.1:28202:$jmx_rules/kafka-broker.yml" "${java[@]:1}" kafka.Kafka "$work/broker.properties"
  await http://127.0.0.1:28202/metrics
  until (exec 3<>/dev/tcp/127.0.0.1/28201) 2>/dev/null; do sleep 1; done
  seq 200 | "${java[@]}" kafka.tools.ConsoleProducer "${broker[@]}" >>"$work/log" 2>&1
  "${java[@]}" kafka.tools.ConsoleConsumer "${broker[@]}" --from-beginning --max-messages 200 --timeout-ms 20000 >>"$work/log" 2>&1
  save http://127.0.0.1:28202/metrics "kafka-broker-jmx-$1"
}

record_kafka() {
  record_kafka_with 0.16.1
  record_kafka_with 1.0.1
}

names=("$@")
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(declare -F | sed -n 's/^declare -f record_\([a-z]*\)$/\1/p')
for name in "${names[@]}"; do
  printf 'record: %s\n' "$name" >&2
  "record_$name" || { tail -n 30 "$work/log" >&2; exit 1; }
done
