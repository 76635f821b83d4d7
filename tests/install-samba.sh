#!/bin/sh
# Installs the Debian packages that `cargo test --test samba` needs: a domain controller and its clients.
set -eu
packages="samba samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind krb5-user
ldb-tools ldap-utils libsasl2-modules-gssapi-mit python3-samba acl attr"
missing=""
for package in $packages; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        echo "tests/install-samba.sh: these packages are missing and need root to install:$missing" >&2
        exit 1
    fi
fi
$as_root apt-get update -q
# The packages would start a file server of their own; the tests bring their own configuration.
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
