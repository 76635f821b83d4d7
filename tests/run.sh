#!/bin/sh
# Runs every check of the project, and installs what they need: Debian packages (as root or with sudo) for a
# Samba domain controller, and Microsoft's client libraries below target/.
set -eu
cd "$(dirname "$0")/.."
step() { printf '\n== %s\n' "$*"; }

step "packages"
command -v cc >/dev/null || tests/install-packages.sh gcc libc6-dev
command -v git >/dev/null || tests/install-packages.sh git
tests/install-samba.sh

step "format"
cargo fmt --check
step "lints"
cargo clippy --quiet --all-targets -- -D warnings
step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --document-private-items
step "tests"
# Made-up input is the same in every run; PROPTEST_RNG_SEED=… and PROPTEST_CASES=… look further.
PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-20261122}
export PROPTEST_RNG_SEED
cargo test --lib --bins --test tidy --test it
step "tests against a Samba domain controller"
# Samba listens on ports that only root may open.
if [ "$(id -u)" -ne 0 ]; then
    host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
    export "CARGO_TARGET_${host}_RUNNER=sudo -n -E"
fi
cargo test --test samba
step "Microsoft's client libraries against the sandbox tenant"
cargo build --quiet
tests/clients/check.sh
step "all checks passed"
