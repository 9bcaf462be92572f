#!/usr/bin/env bash
# Makes a capsule of the application: scripts/generate-feature-capsule.sh <things> [<thing>]
# <things> is its name and its path under /api, in snake_case and the plural; <thing> is one of them.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
things=${1:-}
thing=${2:-${things%s}}
stop() { echo "$*" >&2; exit 2; }
is_name() { [[ $1 =~ ^[a-z][a-z0-9]*(_[a-z0-9]+)*$ ]]; }

is_name "$things" && is_name "$thing" || stop "usage: $0 <things> [<thing>]    (snake_case, as: reminders reminder)"
[ "$things" != "$thing" ] || stop "say what one of the $things is called: $0 $things <thing>"
service=$root/services/application
capsule=$service/src/features/$things
[ ! -e "$capsule" ] || stop "there is a capsule $things already"

type=$(sed -E 's/(^|_)(.)/\U\2/g' <<<"$thing")
words=${things//_/ }
article=a
[[ $thing =~ ^[aeiou] ]] && article=an
fill() {
  sed -e "s/__Things__/${words^}/g; s/__A_Thing__/${article^} ${thing//_/ }/g; s/__Thing__/$type/g" \
    -e "s/__a_thing___/${article}_${thing}_/g; s/__a_thing__/$article ${thing//_/ }/g; s/__words__/$words/g; s/__word__/${thing//_/ }/g" \
    -e "s/__things__/$things/g; s/__thing__/$thing/g" "$1"
}

templates=$root/scripts/feature-capsule
(cd "$templates" && find . -name '*.in' ! -name tests.rs.in) | while read -r template; do
  target=${template%.in}
  target=$capsule/${target//__things__/$things}
  target=${target//__thing__/$thing}
  mkdir -p "$(dirname "$target")"
  fill "$templates/$template" >"$target"
done
fill "$templates/tests.rs.in" >"$service/tests/suite/$things.rs"

# Its places in what is there already; each line goes before or after one that stands there.
after() { grep -qF -- "$2" "$1" || stop "$1 has no line with: $2"; sed -i "0,/$(sed 's/[][\/.*^$]/\\&/g' <<<"$2")/s//&\n$3/" "$1"; }
features=$service/src/features/mod.rs
after "$features" "pub(crate) mod vehicles;" "pub(crate) mod $things;"
after "$features" "config.configure(activity::routes);" "    config.configure($things::routes);"
after "$features" "(vehicles::CAPSULE, vehicles::migrations())," "        ($things::CAPSULE, $things::migrations()),"
after "$features" "vehicles::PURGE => vehicles::purge_later(db, claimed).await," "        $things::PURGE => $things::purge_later(db, claimed).await,"
after "$service/src/document.rs" '(name = "activity", description = "Who changed what"),' "        (name = \"$things\", description = \"${words^} of a tenant\"),"
after "$service/tests/suite/main.rs" "mod vehicles;" "mod $things;"
after "$service/tests/suite/isolation.rs" "// A new capsule's things are added here." \
  "        property.add(anna, \"$thing\", \"\/api\/$things\", json!({ \"title\": \"Secret\" })).await;"
after "$service/README.md" '| `activity` | who changed what |' "| \`$things\` | ${words} of a tenant |"

cd "$root"
cargo fmt -p application
cargo run --quiet --locked -p application -- openapi >"$root/target-openapi.$$"
mv "$root/target-openapi.$$" docs/openapi/application.json
echo "services/application/src/features/$things is made. Next: its README, its columns, CHANGELOG.md; then: make check test"
