#!/bin/sh
# Scans the gateway's encrypted door with sslyze against Mozilla's profiles, with a certificate made for the scan.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
port=${PORT:-18943}
command -v "${SSLYZE:=sslyze}" >/dev/null || { echo "tls_scan.sh needs sslyze (pip install sslyze), or SSLYZE=path" >&2; exit 1; }
command -v openssl >/dev/null || { echo "tls_scan.sh needs openssl" >&2; exit 1; }
if [ -z "${GATEWAY:-}" ]; then
  (cd "$here" && cargo build --release -p gateway)
  GATEWAY=${CARGO_TARGET_DIR:-$here/target}/release/gateway
fi
work=$(mktemp -d)
trap 'kill "${gateway:-}" 2>/dev/null || true; rm -rf "$work"' EXIT INT TERM

# As `make certs`, and for 90 days: the profiles want no more than a year.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -sha256 -subj "/CN=localhost" \
  -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -addext "extendedKeyUsage=serverAuth" \
  -keyout "$work/key" -out "$work/crt" 2>/dev/null
cat >"$work/gateway.yml" <<YAML
listen: { host: 127.0.0.1, port: $((port + 1)) }
admin: { host: 127.0.0.1, port: $((port + 2)) }
tls: { host: 127.0.0.1, port: $port, certificate: $work/crt, key: $work/key }
upstreams: { none: { url: "http://127.0.0.1:1" } }
routes: []
YAML
MVP_CONFIG_DIR=$work/none "$GATEWAY" serve --config "$work/gateway.yml" >"$work/log" 2>&1 &
gateway=$!
tries=0
until MVP_CONFIG_DIR=$work/none "$GATEWAY" healthcheck --config "$work/gateway.yml" >/dev/null 2>&1; do
  tries=$((tries + 1))
  [ "$tries" -lt 50 ] || { cat "$work/log" >&2; exit 1; }
  sleep 0.2
done
for profile in intermediate modern; do
  "$SSLYZE" --mozilla_config "$profile" "localhost:$port" >"$work/$profile" 2>&1 || true
  echo "== $profile"
  sed -n '/COMPLIANCE AGAINST/,$p' "$work/$profile"
done
[ -z "${WHOLE:-}" ] || cat "$work/intermediate"
# Nobody vouches for this certificate. Whatever else `intermediate` finds is a fault.
if ! grep -q 'COMPLIANCE AGAINST' "$work/intermediate" ||
  sed -n '/COMPLIANCE AGAINST/,$p' "$work/intermediate" | grep '^ *\* ' | grep -qv certificate_path_validation; then
  echo "the door does not comply with intermediate" >&2
  exit 1
fi
