#!/bin/sh
# Lets the service run between a Samba domain and two tenants while everything is edited and everything breaks; as root.
# usage: tests/soak.sh [MINUTES [SEED]]; the same seed makes the same decisions.
set -eu
cd "$(dirname "$0")/.."
tests/install-samba.sh
SAMESIGN_SOAK_SECONDS=$((${1:-30} * 60))
SAMESIGN_SOAK_SEED=${2:-$(date +%s)}
export SAMESIGN_SOAK_SECONDS SAMESIGN_SOAK_SEED
exec cargo test --test samba -- --nocapture soak
