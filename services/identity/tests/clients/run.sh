#!/bin/sh
# Lets independent clients sign in at a running provider: oidc-client-ts (Node), Authlib (Python), and, where the program is
# named, Chromium with a passkey.
#
#   run.sh <issuer> <e-mail> <password> [<chromium> [<folder for pictures>]]
#
# The account must exist, with no second factor, and the client `web` must have /app/callback and /app/ beside the issuer among its addresses, as it has
# with `make start`: run.sh http://localhost:18080/auth ann@example.com 'her password'. What is missing is installed beside this file.
set -eu
cd "$(dirname "$0")"
[ $# -ge 3 ] || { sed -n '2,8p' "$0" >&2; exit 2; }
[ node_modules -nt package-lock.json ] || npm ci --no-audit --no-fund --silent
[ -d venv ] || { python3 -m venv venv && venv/bin/pip install --quiet --requirement requirements.txt; }
node oidc-client.mjs "$@"
venv/bin/python authlib_client.py "$1" "$2" "$3"
[ $# -eq 3 ] || node passkeys.mjs "$@"
