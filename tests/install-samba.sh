#!/bin/sh
# Installs the Debian packages that `cargo test --test samba` needs: a domain controller and its clients.
# None of them starts a server of its own that the tests would use: the tests bring their own configuration.
set -eu
exec "$(dirname "$0")/install-packages.sh" samba samba-ad-dc samba-ad-provision samba-dsdb-modules \
    samba-vfs-modules winbind krb5-user ldb-tools ldap-utils libsasl2-modules-gssapi-mit python3-samba acl attr
