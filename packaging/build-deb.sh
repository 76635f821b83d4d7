#!/bin/sh
# Builds a Debian package of this checkout, and prints where it is.
#
#   packaging/build-deb.sh              the release
#   packaging/build-deb.sh --debug      quick to build, for a test of the package
set -eu
cd "$(dirname "$0")/.."
profile=release
option=--release
compression=-Zxz
if [ "${1:-}" = --debug ]; then
    profile=debug
    option=
    compression=-Znone
fi
command -v dpkg-deb >/dev/null || { echo "dpkg-deb is missing: packages are built on Debian" >&2; exit 1; }
# shellcheck disable=SC2086 # no option, or one
cargo build --quiet --bin samesign $option
target=${CARGO_TARGET_DIR:-target}
program=$target/$profile/samesign
version=$("$program" --version | cut -d' ' -f2)
architecture=$(dpkg --print-architecture)
root=$target/package
rm -rf "$root"
install -D -m 0755 "$program" "$root/usr/bin/samesign"
strip --strip-debug "$root/usr/bin/samesign"
install -D -m 0644 packaging/systemd/samesign.service "$root/usr/lib/systemd/system/samesign.service"
install -D -m 0644 packaging/systemd/samesign.sysusers "$root/usr/lib/sysusers.d/samesign.conf"
install -d "$root/usr/share/man/man1" "$root/usr/share/bash-completion/completions" \
    "$root/usr/share/zsh/vendor-completions" "$root/usr/share/fish/vendor_completions.d" \
    "$root/usr/share/doc/samesign/schema" "$root/usr/share/doc/samesign/monitoring"
"$program" man | gzip -9n > "$root/usr/share/man/man1/samesign.1.gz"
"$program" completions bash > "$root/usr/share/bash-completion/completions/samesign"
"$program" completions zsh > "$root/usr/share/zsh/vendor-completions/_samesign"
"$program" completions fish > "$root/usr/share/fish/vendor_completions.d/samesign.fish"
install -m 0644 README.md docs/user-guide.md docs/threat-model.md "$root/usr/share/doc/samesign/"
install -m 0644 schema/*.json "$root/usr/share/doc/samesign/schema/"
install -m 0644 packaging/grafana/samesign.json packaging/prometheus/samesign.rules.yaml \
    "$root/usr/share/doc/samesign/monitoring/"
{
    echo "Copyright: the samesign developers"
    echo "License: MIT or Apache-2.0"
    echo
    cat LICENSE-MIT LICENSE-APACHE
} > "$root/usr/share/doc/samesign/copyright"
install -d "$root/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" packaging/debian/control > "$root/DEBIAN/control"
install -m 0755 packaging/debian/postinst packaging/debian/prerm packaging/debian/postrm "$root/DEBIAN/"
package=$target/samesign_${version}_$architecture.deb
dpkg-deb --root-owner-group $compression --build "$root" "$package" >&2
echo "$package"
