# Sourced by the benchmarks that need the vehicles platform with the shipped release, over HTTP. It starts everything on
# loopback and stops it at the end. Without TEST_POSTGRES_URL it starts stores of its own and runs the script again.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
if [ -z "${TEST_POSTGRES_URL:-}" ]; then
  cargo build --release --locked -q -p mvp
  exec "$target/release/mvp" with-stores -- "$0" "$@"
fi
for tool in wrk psql redis-server; do command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 1; }; done
cargo build --release --locked -q -p vehicles-platform --example bare_handler
cargo build --release --locked -q -p vehicles-platform
service="$target/release/vehicles-platform"

folder="$(mktemp -d)"
pids=()
name="bench_service_$$"
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
wait_for() { curl -sf --retry 50 --retry-delay 1 --retry-all-errors -o /dev/null "$1"; }
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
"$service" serve > "$folder/serve.log" & service_pid=$!; pids+=("$service_pid")
wait_for "http://127.0.0.1:$own_port/health/ready"
ask() { curl -sf -H "X-API-Key: $key" "http://127.0.0.1:$own_port$1"; }
# Returns the bytes of $folder/body to GET of a route; the second argument is a path of it.
start_bare_handler() {
  "$target/release/examples/bare_handler" "$folder/body" "$bare_port" "$1" & pids+=($!)
  wait_for "http://127.0.0.1:$bare_port$2"
}
# User and system time of a process and its children, in clock ticks of 10 ms.
ticks() { for pid in "$1" $(pgrep -P "$1" || true); do sed 's/.*) //' "/proc/$pid/stat"; done | awk '{ sum += $12 + $13 } END { print sum }'; }
