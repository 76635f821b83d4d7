#!/bin/sh
# Opens every page of the status page in Chromium, with policies that are well, hostile, held and broken, and plans that
# were printed as HTML.
# Usage: tests/page/check.sh   (after `cargo build`); screenshots stay in target/page/screenshots.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$top/target}
work=$target/page

needed="chromium"
command -v node >/dev/null || needed="$needed nodejs"
command -v npm >/dev/null || needed="$needed npm"
# shellcheck disable=SC2086
"$top/tests/install-packages.sh" $needed
mkdir -p "$work/node"
cp "$here/package.json" "$here/package-lock.json" "$here/check.mjs" "$work/node/"
(cd "$work/node" && npm ci --silent --no-audit --no-fund)

rm -rf "$work/policies" "$work/state" "$work/screenshots"
mkdir -p "$work/policies" "$work/state" "$work/screenshots"
# The policy of a scenario under another name: they share one folder here.
policy() {
    cp -r "$top/tests/scenarios/$2" "$work/policies/$1"
    sed -i "s/\bcontoso\b/$1/; s/\bcorp\b/$1-ad/; s/DC=$1-ad/DC=corp/; s/DC=$1/DC=contoso/; s/{seed:/{state: ..\/tenant.json, seed:/" \
        "$work/policies/$1/manifests/policy.yaml"
}
cp -r "$top/examples/two-customers" "$work/policies/well"
rm -rf "$work"/policies/well/*/.sandbox
policy hostile hostile_names
policy held a_filter_typo_is_held
policy broken the_first_run
rm "$work/policies/broken/directory.ldif"
# What the service finds is done, but for one policy, and somebody's typo.
sed -i 's/^  directory: /  mode: auto\n&/' "$work"/policies/well/*/policy.yaml "$work/policies/held/manifests/policy.yaml"
"$target/debug/samesign" apply "$work/policies/held/manifests" --auto-approve --state "$work/state" >/dev/null
sed -i 's/(mail=\*)/(mial=*)/' "$work/policies/held/manifests/policy.yaml"

"$target/debug/samesign" plan "$work/policies/well" --format html --state "$work/state" >"$work/plans.html"
"$target/debug/samesign" plan "$work/policies/hostile/manifests" --format html --state "$work/state" >"$work/hostile.html"
"$target/debug/samesign" plan "$work/policies/held/manifests" --format html --state "$work/state" >"$work/held.html"

"$target/debug/samesign" run "$work/policies" --state "$work/state" --listen 127.0.0.1:0 --log json 2>"$work/log" &
service=$!
trap 'kill $service 2>/dev/null || true' EXIT INT TERM
node "$work/node/check.mjs" "$work/log" "$work/screenshots" "$work/plans.html" "$work/hostile.html" "$work/held.html"
