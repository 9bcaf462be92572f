#!/usr/bin/env bash
# Runs every benchmark, one after the other.
set -euo pipefail
cd "$(dirname "$0")"
for script in */run.sh; do
  printf '\n== %s\n' "${script%/run.sh}"
  "./$script"
done
