#!/bin/sh
# Runs every check of the project, and installs what they need: Debian packages (as root or with sudo) for a
# Samba domain controller and for a browser, and Microsoft's client libraries below target/.
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
cargo test --lib --bins --test tidy --test it --test simulation
step "tests against a Samba domain controller"
# Samba listens on ports that only root may open.
if [ "$(id -u)" -ne 0 ]; then
    host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
    export "CARGO_TARGET_${host}_RUNNER=sudo -n -E"
fi
cargo test --test samba
step "the Debian package"
command -v systemd-sysusers >/dev/null || command -v adduser >/dev/null || tests/install-packages.sh adduser
package=$(packaging/build-deb.sh --debug)
if [ "$(id -u)" -eq 0 ]; then tests/package.sh "$package"; else sudo -n tests/package.sh "$package"; fi
step "Microsoft's client libraries against the sandbox tenant"
cargo build --quiet
tests/clients/check.sh
step "the status page in a browser"
tests/page/check.sh
step "all checks passed"
