#!/usr/bin/env bash
# VIN decoding: in one process beside ultravin's on the same VINs, one core each; over HTTP beside a bare handler that returns
# an answer of the same size; and in batches. Needs wrk, psql, redis-server, python3 with venv, and PyPI for ultravin.
# VINS (a file, one a line), ROUNDS and SECONDS_EACH may be set.
. "$(dirname "$0")/../service.sh"
rounds="${ROUNDS:-3}"
seconds="${SECONDS_EACH:-6}"
venv="$target/bench-vin"
[ -x "$venv/bin/ultravin" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install -q ultravin==3.0.2; }
if [ -z "${VINS:-}" ]; then
  VINS="$folder/vins"
  python3 bench/vin/make_vins.py --database "${TEST_POSTGRES_URL%/*}/$name" --schema release_1 --valid > "$VINS"
fi
count="$(wc -l < "$VINS")"
echo "$count VINs, $(nproc) cores"

# what, peer, own ← lines "name rate …"; the ratio of the medians.
report() { python3 -c '
import statistics, sys
what, *names = sys.argv[1:]
rows = [line.split() for line in sys.stdin]
for row in rows: print(*row)
peer, own = (statistics.median(float(row[1]) for row in rows if row[0] == name) for name in names)
print(f"{what}: {names[1]} {own:.0f}/s, {names[0]} {peer:.0f}/s, ratio {own / peer:.2f}")
' "$@"; }

# Whole programs on one core: reading lines, decoding, writing JSON with every variable and its source. What it takes to start
# and to decode one VIN is taken off.
grep -m 1 -E '^[0-9A-Z]{17}$' "$VINS" > "$folder/one"
timed() { python3 - "$@" <<'PYTHON'
import subprocess, sys, time
begun = time.perf_counter()
subprocess.run(["taskset", "-c", "0", *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL)
print(time.perf_counter() - begun)
PYTHON
}
ours() { timed "$service" decode --ndjson --attributes --file "$1"; }
theirs() { timed "$venv/bin/ultravin" decode-batch "$1" --jsonl --full; }
rate() { awk -v name="$1" -v count="$count" -v whole="$2" -v start="$3" 'BEGIN { printf "%s %.0f\n", name, count / (whole - start) }'; }
for ((number = 0; number < rounds; number++)); do
  rate ultravin "$(theirs "$VINS")" "$(theirs "$folder/one")"
  rate ours "$(ours "$VINS")" "$(ours "$folder/one")"
done | report "one core, full answers" ultravin ours

# Single VINs over HTTP: one VIN again and again, as the bare handler returns the same bytes again and again; then a
# different one each time, which the thread's last answers cannot help.
grep -m 20000 -E '^[0-9A-Z]{17}$' "$VINS" > "$folder/urls"
ask "/vehicles/vindecode/$(head -1 "$folder/urls")" > "$folder/body"
start_bare_handler "/vehicles/vindecode/{vin}" "/vehicles/vindecode/$(head -1 "$folder/urls")"
measure() { VIN_FILE="$folder/$2" wrk -t1 -c32 -d"${seconds}s" -H "X-API-Key: $key" -s bench/vin/vins.lua "http://127.0.0.1:$1" | tail -1; }
measure "$own_port" urls >/dev/null
for which in one urls; do
  for ((number = 0; number < rounds; number++)); do
    echo "bare $(measure "$bare_port" "$which")"
    echo "service $(measure "$own_port" "$which")"
  done | report "over HTTP, $([ "$which" = one ] && echo "the same VIN" || echo "a new VIN each time")" bare service
done

# Lines over HTTP, the client on the same cores.
sed -E 's/^([^,]*).*/"\1"/' "$VINS" > "$folder/lines"
for ((number = 0; number < rounds; number++)); do
  curl -s -o /dev/null -w '%{time_total}\n' -H "X-API-Key: $key" -H 'Content-Type: application/x-ndjson' --data-binary @"$folder/lines" "http://127.0.0.1:$own_port/vehicles/vindecode/batch"
done | sort -n | awk -v count="$count" '{ v[NR] = $1 } END { printf "batch: %.0f VINs/s (median), client included\n", count / v[int((NR + 1) / 2)] }'
awk '/^Pss:/ { printf "service: %.0f MB proportional set size\n", $2 / 1024 }' "/proc/$service_pid/smaps_rollup"
