#!/bin/sh
# Provisions a Samba AD domain with the population of the tests and packs it into an archive.
# usage: provision.sh ARCHIVE POPULATION.ldif; the password of the Administrator comes in ADMIN_PASSWORD.
set -eu
archive=$1
population=$2
[ ! -f "$archive" ] || exit 0
work=$(mktemp -d "$archive.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
tree="$work/tree"
log="$work/log"
fail() {
    cat "$log" >&2
    echo "provision.sh: $1 failed" >&2
    exit 1
}
# Debian's Samba modules belong to Debian's Python, not to another one on the path.
PATH="/usr/sbin:/usr/bin:/sbin:/bin"
export PATH
samba-tool domain provision --realm=CORP.EXAMPLE.COM --domain=CORP --server-role=dc --dns-backend=NONE \
    --adminpass="$ADMIN_PASSWORD" --targetdir="$tree" --host-name=dc1 --host-ip=127.0.0.1 \
    --option='interfaces=127.0.0.1/8' --option='bind interfaces only=yes' --use-rfc2307 >"$log" 2>&1 ||
    fail "samba-tool domain provision"
for directory in /usr/lib/*/samba/ldb; do LDB_MODULES_PATH=$directory; done
export LDB_MODULES_PATH
ldbmodify -H "$tree/private/sam.ldb" "$population" >"$log" 2>&1 || fail "ldbmodify"
# A controller registers these by itself, with a service that the tests do not run.
cat >"$work/names.ldif" <<LDIF
dn: CN=DC1,OU=Domain Controllers,DC=corp,DC=example,DC=com
changetype: modify
add: servicePrincipalName
servicePrincipalName: ldap/dc1.corp.example.com
servicePrincipalName: ldap/dc1.corp.example.com/corp.example.com
servicePrincipalName: ldap/DC1
LDIF
ldbmodify -H "$tree/private/sam.ldb" "$work/names.ldif" >"$log" 2>&1 || fail "ldbmodify"
samba-tool domain exportkeytab "$tree/svc-samesign.keytab" --principal=svc-samesign@CORP.EXAMPLE.COM \
    -s "$tree/etc/smb.conf" >"$log" 2>&1 || fail "samba-tool domain exportkeytab"
tar -C "$tree" -cf "$work/archive" .
mv "$work/archive" "$archive"
