#!/bin/sh
# Makes the virtual environment with schemathesis, unless it is there as requirements.txt wants it.
#
#   venv.sh <folder>
set -eu
[ $# -eq 1 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
wanted="$(dirname "$0")/requirements.txt"
# A folder that was moved, or whose Python is gone, is made anew.
if cmp -s "$wanted" "$1/requirements.txt" && "$1/bin/schemathesis" --version >/dev/null 2>&1; then
  exit 0
fi
rm -rf "$1"
if ! python3 -m venv "$1" >/dev/null 2>&1; then
  # Debian and Ubuntu keep this part of Python in a package of its own.
  echo "Installing python3-venv …" >&2
  rm -rf "$1"
  as_root=
  [ "$(id -u)" = 0 ] || as_root=sudo
  $as_root apt-get install --yes --no-install-recommends python3-venv >/dev/null \
    || { $as_root apt-get update >/dev/null && $as_root apt-get install --yes --no-install-recommends python3-venv >/dev/null; }
  python3 -m venv "$1"
fi
"$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
cp "$wanted" "$1/requirements.txt"
