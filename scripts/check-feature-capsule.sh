#!/usr/bin/env bash
# Whether what the generator makes compiles without a warning and passes every test of the application. Works on a copy of
# the tree, with the same folder for what is built. Wants the stores: make test runs it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
copy=$CARGO_TARGET_DIR/feature-capsule
rm -rf "$copy"
mkdir -p "$copy"
# What was built of the copy must not pass for the tree's own.
finish() { rm -rf "$copy"; (cd "$root" && cargo clean --quiet -p application -p test-kit); }
trap finish EXIT
(cd "$root" && git ls-files -z --cached --others --exclude-standard | tar --null -T - -cf -) | tar -xf - -C "$copy"
cd "$copy"
scripts/generate-feature-capsule.sh spare_parts >/dev/null
git init --quiet && git add --all
cargo fmt -p application --check
cargo clippy --quiet --locked -p application --all-targets -- -D warnings
cargo nextest run --locked -p application spare_parts isolation openapi
# Built anew: what was built of the tree looks at the tree.
touch shared/test-kit/tests/tidy.rs
cargo nextest run --locked -p test-kit --test tidy
