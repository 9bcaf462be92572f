#!/bin/sh
# The whole load (dump on disk to live) beside psql restoring the same dump into the same cluster, in turns.
#   bench/etl/run.sh [rounds]
# Needs PostgreSQL's server programs and zstd. Makes a cluster of its own under $WORK and removes it.
set -eu
rounds=${1:-5}
root=$(cd "$(dirname "$0")/../.." && pwd)
dump=${DUMP:-$root/services/vehicles-platform/data/vPICList_lite_2026_10.sql.zst}
program=${PROGRAM:-${CARGO_TARGET_DIR:-$root/target}/release/vehicles-platform}
[ -x "$program" ] || (cd "$root" && cargo build --release -p vehicles-platform)
bin=${PGBIN:-$(ls -d /usr/lib/postgresql/*/bin | tail -1)}
work=${WORK:-/tmp/mvp-bench-etl}
port=${PORT:-25434}
as() { if [ "$(id -u)" = 0 ]; then su "${PGUSER_OS:-postgres}" -s /bin/sh -c "$1"; else sh -c "$1"; fi; }

mkdir -p "$work"
chmod 755 "$work"
mkdir "$work/pg"
[ "$(id -u)" != 0 ] || chown "${PGUSER_OS:-postgres}" "$work/pg"
stop() { as "$bin/pg_ctl -D $work/pg/data -m fast stop" >/dev/null 2>&1 || true; rm -rf "$work"; }
trap stop EXIT
as "$bin/initdb -D $work/pg/data -U postgres -A trust -k --no-locale -E UTF8" >/dev/null
# Durable, and otherwise as the embedded runtime sets it.
as "cat >> $work/pg/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
wal_level = minimal
max_wal_senders = 0
max_wal_size = 1GB
shared_buffers = 32MB
fsync = on
CONF
as "$bin/pg_ctl -D $work/pg/data -l $work/pg/log -w start" >/dev/null
export PGHOST=127.0.0.1 PGPORT="$port" PGUSER=postgres
psql -qc 'CREATE DATABASE vehicles'
echo unused > "$work/password"
cat > "$work/settings.yml" <<YAML
server: {host: 127.0.0.1, port: 0}
database: {host: 127.0.0.1, port: $port, name: vehicles, user: postgres, password_file: $work/password}
migrations: {user: postgres, password_file: $work/password}
redis: {host: 127.0.0.1, port: 1, password_file: $work/password}
api_keys: {files: [$work/password]}
etl: {reader_role: ""}
YAML
MVP_CONFIG_DIR=$work; export MVP_CONFIG_DIR
"$program" --settings "$work/settings.yml" migrate >/dev/null
now() { date +%s%N; }
echo "round  psql_ms  load_ms  ratio  load_peak_mb"
i=0
while [ "$i" -lt "$rounds" ]; do
    i=$((i + 1))
    psql -qc 'CREATE DATABASE restored'
    psql -qc CHECKPOINT
    begun=$(now)
    zstd -dc "$dump" | psql -q -d restored >/dev/null 2>&1
    psql_ms=$((($(now) - begun) / 1000000))
    psql -qc 'DROP DATABASE restored' -c CHECKPOINT
    begun=$(now)
    /usr/bin/env python3 - "$program" "$work" "$dump" <<'PY'
import resource, subprocess, sys
program, work, dump = sys.argv[1:]
subprocess.run([program, "--settings", f"{work}/settings.yml", "etl", "load", "--force", "--progress", "none", dump],
               check=True, stdout=subprocess.DEVNULL)
open(f"{work}/peak", "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024))
PY
    load_ms=$((($(now) - begun) / 1000000))
    echo "$i $psql_ms $load_ms $(cat "$work/peak")" |
        awk '{ printf "%5d  %7d  %7d  %5.2f  %12d\n", $1, $2, $3, $3 / $2, $4 }'
done
"$program" --settings "$work/settings.yml" etl releases --json |
    python3 -c 'import json, sys; print("steps of the last load, ms:", json.dumps(json.load(sys.stdin)[0]["phase_ms"]))'
