#!/usr/bin/env bash
# A warm drop-down over HTTP beside a bare actix-web handler that returns the same bytes, in alternating rounds.
# Needs wrk (Debian: wrk) and psql. ROUNDS and SECONDS_EACH may be set.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
if [ -z "${TEST_POSTGRES_URL:-}" ]; then
  cargo build --release --locked -q -p mvp
  exec "$target/release/mvp" with-stores -- "$0"
fi
rounds="${ROUNDS:-3}"
seconds="${SECONDS_EACH:-8}"
command -v wrk >/dev/null || { echo "wrk is not installed" >&2; exit 1; }
cargo build --release --locked -q -p vehicles-platform --example bare_handler
cargo build --release --locked -q -p vehicles-platform
service="$target/release/vehicles-platform"

folder="$(mktemp -d)"
pids=()
name="bench_catalog_$$"
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  psql -qX "$TEST_POSTGRES_URL" -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" -c "DROP ROLE IF EXISTS $name" || true
  rm -rf "$folder"
}
trap finish EXIT

key="mvp_svc_bench_0123456789abcdef"
printf '%s' "$key" > "$folder/key"
printf 'only-for-the-bench' > "$folder/password"
chmod 600 "$folder/key" "$folder/password"
psql -qX "$TEST_POSTGRES_URL" -c "CREATE ROLE $name LOGIN PASSWORD 'only-for-the-bench'" -c "CREATE DATABASE $name OWNER $name"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
own_port="$(free_port)"; bare_port="$(free_port)"; redis_port="$(free_port)"
hostport="${TEST_POSTGRES_URL#*@}"; hostport="${hostport%%/*}"
set -a
MVP_CONFIG_DIR="$folder"
MVP_VEHICLES_PLATFORM__SERVER__HOST=127.0.0.1
MVP_VEHICLES_PLATFORM__SERVER__PORT="$own_port"
MVP_VEHICLES_PLATFORM__DATABASE__HOST="${hostport%%:*}"
MVP_VEHICLES_PLATFORM__DATABASE__PORT="${hostport##*:}"
MVP_VEHICLES_PLATFORM__DATABASE__NAME="$name"
MVP_VEHICLES_PLATFORM__DATABASE__USER="$name"
MVP_VEHICLES_PLATFORM__DATABASE__PASSWORD_FILE="$folder/password"
MVP_VEHICLES_PLATFORM__MIGRATIONS__USER="$name"
MVP_VEHICLES_PLATFORM__MIGRATIONS__PASSWORD_FILE="$folder/password"
MVP_VEHICLES_PLATFORM__ETL__READER_ROLE="$name"
MVP_VEHICLES_PLATFORM__REDIS__HOST=127.0.0.1
MVP_VEHICLES_PLATFORM__REDIS__PORT="$redis_port"
MVP_VEHICLES_PLATFORM__API_KEYS__FILES="$folder/key"
set +a

redis-server --bind 127.0.0.1 --port "$redis_port" --save '' --appendonly no >/dev/null & pids+=($!)
"$service" migrate >/dev/null
"$service" etl load services/vehicles-platform/data/vPICList_lite_2026_10.sql.zst >/dev/null 2>&1
"$service" serve > "$folder/serve.log" & pids+=($!)
curl -sf --retry 50 --retry-delay 1 --retry-all-errors -o /dev/null "http://127.0.0.1:$own_port/health/ready"
path="/vehicles/makes?year=2022"
curl -sf -H "X-API-Key: $key" -o "$folder/body" "http://127.0.0.1:$own_port$path"
"$target/release/examples/bare_handler" "$folder/body" "$bare_port" & pids+=($!)
curl -sf --retry 50 --retry-delay 1 --retry-all-errors "http://127.0.0.1:$bare_port$path" | cmp - "$folder/body"

# One line a run: requests a second, p95 in ms, failures.
measure() {
  wrk -t1 -c32 -d"${seconds}s" -H "X-API-Key: $key" -s bench/catalog/report.lua "http://127.0.0.1:$1$path" | tail -1
}
measure "$own_port" >/dev/null; measure "$bare_port" >/dev/null
for ((round = 0; round < rounds; round++)); do
  measure "$bare_port" | sed 's/^/bare    /'
  measure "$own_port" | sed 's/^/service /'
done | tee "$folder/rounds"
python3 - "$folder/rounds" "$(stat -c %s "$folder/body")" <<'PYTHON'
import statistics
import sys

rows = [line.split() for line in open(sys.argv[1])]
median = {who: statistics.median(float(row[1]) for row in rows if row[0] == who) for who in ("bare", "service")}
p95 = max(float(row[2]) for row in rows if row[0] == "service")
print(f"{sys.argv[2]} bytes: bare {median['bare']:.0f}/s, service {median['service']:.0f}/s, ratio {median['service'] / median['bare']:.2f}, worst p95 {p95:.2f} ms")
PYTHON
