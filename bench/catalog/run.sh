#!/usr/bin/env bash
# A warm drop-down over HTTP, in alternating rounds: a bare actix-web handler that returns the same bytes, the service, and
# the service behind the gateway and behind nginx.
# Needs wrk, psql, redis-server and nginx (Debian: wrk, postgresql-client, redis-server, nginx-light). ROUNDS and SECONDS_EACH may be set.
. "$(dirname "$0")/../service.sh"
command -v nginx >/dev/null || { echo "nginx is not installed" >&2; exit 1; }
rounds="${ROUNDS:-3}"
seconds="${SECONDS_EACH:-8}"
gateway="${GATEWAY:-}"
if [ -z "$gateway" ]; then
  cargo build --profile production --locked -q -p gateway
  gateway="$target/production/gateway"
fi
path="/vehicles/makes?year=2022"
ask "$path" > "$folder/body"
start_bare_handler /vehicles/makes "$path"
gateway_port="$(free_port)"; admin_port="$(free_port)"; nginx_port="$(free_port)"
mkdir "$folder/secrets" "$folder/empty"
cp "$folder/key" "$folder/secrets/bench"
cat > "$folder/gateway.yml" <<CONF
listen: { host: 127.0.0.1, port: $gateway_port }
admin: { host: 127.0.0.1, port: $admin_port }
workers: 2
secrets_dir: $folder/secrets
upstreams: { platform_vehicles: { url: "http://127.0.0.1:$own_port" } }
routes:
  - { prefix: /platform/vehicles, upstream: platform_vehicles, strip_prefix: /platform, api_key: { scope: bench, files: [bench], forward: true } }
CONF
cat > "$folder/nginx.conf" <<CONF
daemon off; worker_processes 2; pid $folder/nginx.pid; error_log $folder/nginx.err;
events { worker_connections 1024; }
http {
  access_log $folder/nginx.log combined buffer=64k flush=1s;
  keepalive_requests 100000000; proxy_temp_path $folder/tmp; client_body_temp_path $folder/client;
  map \$http_x_api_key \$consumer { default ""; "$key" bench; }
  upstream vehicles { server 127.0.0.1:$own_port; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:$nginx_port;
    location /platform/vehicles/ {
      if (\$consumer = "") { return 401; }
      proxy_pass http://vehicles/vehicles/;
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header X-Request-Id \$request_id; proxy_set_header X-Forwarded-For \$remote_addr;
      add_header X-Request-Id \$request_id always;
    }
  }
}
CONF
MVP_CONFIG_DIR="$folder/empty" "$gateway" serve --config "$folder/gateway.yml" > "$folder/gateway.log" & gateway_pid=$!; pids+=("$gateway_pid")
nginx -p "$folder" -c "$folder/nginx.conf" & nginx_pid=$!; pids+=("$nginx_pid")
for port in "$gateway_port" "$nginx_port"; do
  curl -sf --retry 50 --retry-delay 1 --retry-all-errors -H "X-API-Key: $key" "http://127.0.0.1:$port/platform$path" | cmp - "$folder/body"
done

# name, URL, process of the proxy → a line "name requests/s p95-ms failures CPU-µs-of-the-proxy-a-request"
measure() {
  local before after
  before="$(ticks "$3")"
  result="$(wrk -t1 -c32 -d"${seconds}s" -H "X-API-Key: $key" -s bench/catalog/report.lua "$2" | tail -1)"
  after="$(ticks "$3")"
  awk -v name="$1" -v ticks=$((after - before)) -v seconds="$seconds" '{ printf "%s %s %.1f\n", name, $0, ticks * 10000 / ($1 * seconds) }' <<< "$result"
}
round() {
  measure bare "http://127.0.0.1:$bare_port$path" $$
  measure service "http://127.0.0.1:$own_port$path" "$service_pid"
  measure gateway "http://127.0.0.1:$gateway_port/platform$path" "$gateway_pid"
  measure nginx "http://127.0.0.1:$nginx_port/platform$path" "$nginx_pid"
}
round >/dev/null
for ((number = 0; number < rounds; number++)); do round; done | tee "$folder/rounds"
python3 - "$folder/rounds" "$(stat -c %s "$folder/body")" <<'PYTHON'
import statistics
import sys

rows = [line.split() for line in open(sys.argv[1])]


def median(who, column):
    return statistics.median(float(row[column]) for row in rows if row[0] == who)


rate = {who: median(who, 1) for who in ("bare", "service", "gateway", "nginx")}
p95 = {who: max(float(row[2]) for row in rows if row[0] == who) for who in rate}
print(f"{sys.argv[2]} bytes: bare {rate['bare']:.0f}/s, service {rate['service']:.0f}/s, ratio {rate['service'] / rate['bare']:.2f}, worst p95 {p95['service']:.2f} ms")
print(f"through the gateway {rate['gateway']:.0f}/s, p95 {p95['gateway']:.2f} ms, {median('gateway', -1):.1f} us of its CPU a request; through nginx {rate['nginx']:.0f}/s, p95 {p95['nginx']:.2f} ms, {median('nginx', -1):.1f} us; ratio of CPU {median('gateway', -1) / median('nginx', -1):.2f}")
PYTHON
