#!/usr/bin/env bash
# CPU per request of the gateway beside nginx doing the same: route by path, check a key, set headers, log, proxy.
# Wants nginx and wrk (Debian packages `nginx-light`, `wrk`). Everything runs on loopback and stops at the end.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-4} connections=${CONNECTIONS:-64} workers=${WORKERS:-2}
upstream_port=${PORT:-18900}
nginx_port=$((upstream_port + 1)) gateway_port=$((upstream_port + 2)) admin_port=$((upstream_port + 3))
for tool in nginx wrk; do command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 2; }; done

work=$(mktemp -d)
pids=()
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait; rm -rf "$work"; }
trap finish EXIT
key=mvp_svc_bench_0123456789abcdef
mkdir "$work/secrets" && echo "$key" >"$work/secrets/bench" && chmod 600 "$work/secrets/bench"
body=$(head -c 1000 /dev/zero | tr '\0' x)

cat >"$work/upstream.conf" <<CONF
daemon off; master_process off; pid $work/upstream.pid; error_log $work/upstream.err;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 300s;
  server { listen 127.0.0.1:$upstream_port; default_type application/json; location / { return 200 "$body"; } } }
CONF
cat >"$work/nginx.conf" <<CONF
daemon off; worker_processes $workers; pid $work/nginx.pid; error_log $work/nginx.err;
events { worker_connections 1024; }
http {
  log_format line escape=json '{"ts":"\$time_iso8601","request_id":"\$request_id","route":"\$uri","method":"\$request_method","consumer":"\$consumer","status":\$status,"bytes_out":\$body_bytes_sent,"duration_ms":\$request_time,"upstream_ms":"\$upstream_header_time"}';
  access_log $work/nginx.log line buffer=64k flush=1s;
  keepalive_requests 100000000; proxy_temp_path $work/tmp; client_body_temp_path $work/body;
  map \$http_x_api_key \$consumer { default ""; "$key" bench; }
  upstream vehicles { server 127.0.0.1:$upstream_port; keepalive 256; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:$nginx_port;
    location /platform/vehicles/ {
      if (\$consumer = "") { return 401; }
      proxy_pass http://vehicles/vehicles/;
      proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header X-Request-Id \$request_id; proxy_set_header X-Consumer-Id \$consumer;
      proxy_set_header X-Forwarded-For \$remote_addr; proxy_set_header X-Forwarded-Proto \$scheme; proxy_set_header X-Forwarded-Host \$http_host;
      add_header X-Request-Id \$request_id always;
    }
  }
}
CONF
cat >"$work/gateway.yml" <<CONF
listen: { host: 127.0.0.1, port: $gateway_port }
admin: { host: 127.0.0.1, port: $admin_port }
workers: $workers
secrets_dir: $work/secrets
upstreams: { platform_vehicles: { url: "http://127.0.0.1:$upstream_port" } }
routes:
  - { prefix: /platform/vehicles, upstream: platform_vehicles, strip_prefix: /platform, api_key: { scope: bench, files: [bench], forward: true } }
CONF

gateway=${GATEWAY:-}
if [ -z "$gateway" ]; then
  cargo build --profile production -q -p gateway --manifest-path "$root/Cargo.toml"
  gateway=${CARGO_TARGET_DIR:-$root/target}/production/gateway
fi
mkdir "$work/empty"
nginx -p "$work" -c "$work/upstream.conf" & pids+=($!)
nginx -p "$work" -c "$work/nginx.conf" & nginx_pid=$! && pids+=("$nginx_pid")
MVP_CONFIG_DIR=$work/empty "$gateway" serve --config "$work/gateway.yml" >"$work/gateway.log" & gateway_pid=$! && pids+=("$gateway_pid")
for port in "$upstream_port" "$nginx_port" "$gateway_port"; do
  for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.1; done
done

# Clock ticks (10 ms) that a process and its children used.
ticks() { for pid in "$1" $(pgrep -P "$1" || true); do sed 's/.*) //' "/proc/$pid/stat"; done | awk '{ sum += $12 + $13 } END { print sum }'; }
# name, port, pid → a line "name requests/s p99 CPU-µs"
round() {
  local before after out
  before=$(ticks "$3")
  out=$(wrk -t1 -c"$connections" -d"${seconds}s" --latency -H "X-API-Key: $key" "http://127.0.0.1:$2/platform/vehicles/makes?year=2022")
  after=$(ticks "$3")
  grep -q 'Non-2xx' <<<"$out" && { echo "$1 answered with errors" >&2; exit 1; }
  awk -v name="$1" -v ticks=$((after - before)) '/99%/ { p99 = $2 } /requests in/ { n = $1 } /Requests\/sec/ { rps = $2 }
    END { printf "%s %.0f %s %.1f\n", name, rps, p99, ticks * 10000 / n }' <<<"$out"
}

SECONDS_SAVED=$seconds seconds=1
round nginx "$nginx_port" "$nginx_pid" >/dev/null; round gateway "$gateway_port" "$gateway_pid" >/dev/null
seconds=$SECONDS_SAVED
echo "name requests/s p99 cpu_us_per_request"
for _ in $(seq "$rounds"); do
  round nginx "$nginx_port" "$nginx_pid"
  round gateway "$gateway_port" "$gateway_pid"
done | tee "$work/rounds"
median() { awk -v name="$1" '$1 == name { print $4 }' "$work/rounds" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
awk -v n="$(median nginx)" -v g="$(median gateway)" 'BEGIN { printf "median CPU per request: nginx %.1f us, gateway %.1f us, ratio %.2f\n", n, g, g / n }'
