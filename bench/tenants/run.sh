#!/usr/bin/env bash
# The tenants platform over HTTP: validations (hot, and a different tenant each time) beside a bare handler that returns the same
# bytes, and checks of keys. Needs wrk, psql, curl, redis-server and python3. ROUNDS and SECONDS_EACH may be set.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
if [ -z "${TEST_POSTGRES_URL:-}" ]; then
  cargo build --release --locked -q -p mvp
  exec "$target/release/mvp" with-stores -- "$0" "$@"
fi
cargo build --release --locked -q -p vehicles-platform --example bare_handler
cargo build --release --locked -q -p tenants-platform
service="$target/release/tenants-platform"
rounds="${ROUNDS:-3}"
seconds="${SECONDS_EACH:-5}"
folder="$(mktemp -d)"
pids=()
name="bench_tenants_$$"
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  psql -qX "$TEST_POSTGRES_URL" -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" -c "DROP ROLE IF EXISTS $name" || true
  rm -rf "$folder"
}
trap finish EXIT
key="mvp_svc_bench_0123456789abcdef"
printf '%s' "$key" > "$folder/key"
printf 'only-for-the-bench' > "$folder/password"
head -c 30 /dev/urandom | base64 > "$folder/master"
chmod 600 "$folder"/*
psql -qX "$TEST_POSTGRES_URL" -c "CREATE ROLE $name LOGIN PASSWORD 'only-for-the-bench'" -c "CREATE DATABASE $name OWNER $name"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
wait_for() { curl -sf --retry 50 --retry-delay 1 --retry-all-errors -o /dev/null "$1"; }
port="$(free_port)"; bare_port="$(free_port)"; redis_port="$(free_port)"
hostport="${TEST_POSTGRES_URL#*@}"; hostport="${hostport%%/*}"
set -a
MVP_CONFIG_DIR="$folder"
MVP_TENANTS_PLATFORM__SERVER__HOST=127.0.0.1
MVP_TENANTS_PLATFORM__SERVER__PORT="$port"
MVP_TENANTS_PLATFORM__DATABASE__HOST="${hostport%%:*}"
MVP_TENANTS_PLATFORM__DATABASE__PORT="${hostport##*:}"
MVP_TENANTS_PLATFORM__DATABASE__NAME="$name"
MVP_TENANTS_PLATFORM__DATABASE__USER="$name"
MVP_TENANTS_PLATFORM__DATABASE__PASSWORD_FILE="$folder/password"
MVP_TENANTS_PLATFORM__MIGRATIONS__USER="$name"
MVP_TENANTS_PLATFORM__MIGRATIONS__PASSWORD_FILE="$folder/password"
MVP_TENANTS_PLATFORM__REDIS__HOST=127.0.0.1
MVP_TENANTS_PLATFORM__REDIS__PORT="$redis_port"
MVP_TENANTS_PLATFORM__API_KEYS__FILES="$folder/key"
MVP_TENANTS_PLATFORM__MASTER_KEY_FILE="$folder/master"
set +a
redis-server --bind 127.0.0.1 --port "$redis_port" --save '' --appendonly no >/dev/null & pids+=($!)
"$service" migrate >/dev/null
"$service" serve > "$folder/serve.log" & pids+=($!)
url="http://127.0.0.1:$port"
wait_for "$url/health/ready"
ask() { curl -sf -H "X-API-Key: $key" "$@"; }

begun="$(date +%s.%N)"
for number in $(seq 2000); do
  printf 'next\nurl = "%s/tenants"\nheader = "X-API-Key: %s"\njson = "{\\"name\\": \\"Tenant %s\\", \\"plan\\": \\"fleet\\", \\"owner\\": \\"u%s\\"}"\n' "$url" "$key" "$number" "$number"
done | sed 1d > "$folder/curl"
curl -s --no-progress-meter --parallel --parallel-max 8 -K "$folder/curl" -w '\n' | python3 -c '
import re, sys
for id in re.findall(r"\{\"id\":\"([0-9a-f-]{36})\"", sys.stdin.read()): print(f"/tenants/{id}/validate")
' > "$folder/paths"
awk -v begun="$begun" -v now="$(date +%s.%N)" -v made="$(wc -l < "$folder/paths")" 'BEGIN { printf "%d tenants made, %.0f a second, each with an owner, three audit entries and three events\n", made, made / (now - begun) }'

first="$(head -1 "$folder/paths")"
head -1 "$folder/paths" > "$folder/one"
ask "$url$first" > "$folder/body"
"$target/release/examples/bare_handler" "$folder/body" "$bare_port" "/tenants/{id}/validate" & pids+=($!)
wait_for "http://127.0.0.1:$bare_port$first"
cat > "$folder/ask.lua" <<'LUA'
local lines = {}
for line in io.lines(os.getenv("PATHS")) do lines[#lines + 1] = line end
local next = 0
local body = os.getenv("BODY")
request = function()
  next = next % #lines + 1
  return wrk.format(body and "POST" or "GET", lines[next], nil, body)
end
done = function(summary, latency, requests)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("%.0f/s p50 %.2f ms p99 %.2f ms, %d failed\n", summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000, failures))
end
LUA
measure() { PATHS="$2" wrk -t1 -c16 -d"${seconds}s" -H "X-API-Key: $key" -H "Content-Type: application/json" -s "$folder/ask.lua" "http://127.0.0.1:$1" | tail -1; }
for ((number = 0; number < rounds; number++)); do
  echo "bare handler:        $(measure "$bare_port" "$folder/one")"
  echo "validation, hot:     $(measure "$port" "$folder/one")"
  echo "validation, 2000:    $(measure "$port" "$folder/paths")"
done

tenant="${first%/validate}"
made="$(ask -H 'Content-Type: application/json' -d '{"name": "bench", "scopes": ["vehicles:read"]}' "$url$tenant/api-keys")"
shown="$(python3 -c 'import json, sys; print(json.load(sys.stdin)["key"])' <<< "$made")"
echo "/tenants/api-keys/verify" > "$folder/verify"
for ((number = 0; number < rounds; number++)); do
  echo "check of a key:      $(BODY="{\"key\": \"$shown\", \"scope\": \"vehicles:read\"}" measure "$port" "$folder/verify")"
done
"$service" audit verify
