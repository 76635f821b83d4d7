#!/bin/sh
# Lets the controller live through made-up days in virtual time, many times over.
# usage: tests/simulation.sh [SEEDS [FIRST_SEED]]; one seed alone is told with all that happens.
set -eu
cd "$(dirname "$0")/.."
SAMESIGN_SEEDS=${1:-2000}
SAMESIGN_SEED=${2:-1}
export SAMESIGN_SEEDS SAMESIGN_SEED
exec cargo test --test simulation -- --nocapture whatever_happens_both_sides_agree_in_the_end
