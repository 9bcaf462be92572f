#!/usr/bin/env bash
# The application while the vehicles platform is frozen, killed and started again, under a load of 205 questions a second.
# Wants psql, curl, redis-server, zstd and python3. PROFILE=dev measures unoptimised builds.
set -euo pipefail
cd "$(dirname "$0")/../.."
profile="${PROFILE:-release}"
target="${CARGO_TARGET_DIR:-target}/${profile/dev/debug}"
if [ -z "${TEST_POSTGRES_URL:-}" ]; then
  cargo build --profile "$profile" --locked -q -p mvp -p vehicles-platform -p application
  exec "$target/mvp" with-stores -- "$0" "$@"
fi
folder="$(mktemp -d)"
pids=()
name="bench_outage_$$"
finish() {
  [ -f "$folder/pid" ] && pids+=("$(cat "$folder/pid")")
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  psql -qX "$TEST_POSTGRES_URL" -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" -c "DROP ROLE IF EXISTS $name" || true
  rm -rf "$folder"
}
trap finish EXIT
printf 'mvp_svc_bench_0123456789abcdef' > "$folder/key"
printf 'only-for-the-bench' > "$folder/password"
chmod 600 "$folder/key" "$folder/password"
psql -qX "$TEST_POSTGRES_URL" -c "CREATE ROLE $name LOGIN PASSWORD 'only-for-the-bench'" -c "CREATE DATABASE $name OWNER $name"
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
platform_port="$(free_port)"; own_port="$(free_port)"; redis_port="$(free_port)"
hostport="${TEST_POSTGRES_URL#*@}"; hostport="${hostport%%/*}"
set -a
MVP_CONFIG_DIR="$folder"
MVP_VEHICLES_PLATFORM__SERVER__HOST=127.0.0.1
MVP_VEHICLES_PLATFORM__SERVER__PORT="$platform_port"
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
MVP_APPLICATION__SERVER__HOST=127.0.0.1
MVP_APPLICATION__SERVER__PORT="$own_port"
MVP_APPLICATION__REDIS__HOST=127.0.0.1
MVP_APPLICATION__REDIS__PORT="$redis_port"
MVP_APPLICATION__PLATFORM_VEHICLES__URL="http://127.0.0.1:$platform_port"
MVP_APPLICATION__PLATFORM_VEHICLES__KEY_FILE="$folder/key"
set +a
wait_for() { curl -sf --retry 50 --retry-delay 1 --retry-all-errors -o /dev/null "http://127.0.0.1:$1/health/ready"; }
redis-server --bind 127.0.0.1 --port "$redis_port" --save '' --appendonly no >/dev/null & pids+=($!)
"$target/vehicles-platform" migrate >/dev/null
zstd -dq services/vehicles-platform/tests/data/mini.sql.zst -o "$folder/mini_2026_01.sql"
"$target/vehicles-platform" etl load "$folder/mini_2026_01.sql" >/dev/null 2>&1
"$target/vehicles-platform" serve > "$folder/platform.log" & platform=$!; pids+=("$platform")
"$target/application" serve > "$folder/application.log" & pids+=($!)
wait_for "$platform_port"
wait_for "$own_port"
cat > "$folder/restart" <<RESTART
"$target/vehicles-platform" serve > "$folder/platform-again.log" &
echo \$! > "$folder/pid"
curl -sf --retry 50 --retry-delay 1 --retry-all-errors -o /dev/null "http://127.0.0.1:$platform_port/health/ready"
RESTART
python3 bench/outage/load.py --port "$own_port" --platform-pid "$platform" --restart "bash $folder/restart"
echo "breaker: $(grep -c 'circuit breaker opened' "$folder/application.log") times opened, $(grep -c 'circuit breaker closed' "$folder/application.log") closed"
