#!/bin/bash
# How long one change in a domain takes until the tenant is written: a made-up company of 100,000 users and 10,000 groups in
# a Samba domain controller, followed over LDAP by `samesign run`, and a sandbox tenant in a process of its own. Filling the
# domain takes ten minutes of a processor. Needs root, the packages of tests/install-samba.sh, openssl and curl.
#
#   benches/change.sh [USERS]     100000 users if none is given
set -eu
cd "$(dirname "$0")/.."
users=${1:-100000}
. benches/lab.sh
. benches/samba.sh
for tool in curl ldapmodify ldbmodify; do
    command -v "$tool" >/dev/null || { say "$tool is missing"; exit 1; }
done

say "making a domain"
# The other kind of database ends at 4 GB.
provision --backend-store=mdb --backend-store-size=16Gb
say "filling it with a made-up company of $users users"
mkdir "$lab/fill"
# A transaction that is too large for the database fails.
"$release/examples/bench" export-samba "$users" | awk -v folder="$lab/fill" -v RS= '
    NR % 20000 == 1 { close(file); file = sprintf("%s/%06d", folder, NR) }
    { print $0 "\n" > file }'
# The first of all users, as LDIF names them.
who=$(awk -v RS= -F '\n' '/objectClass: user/ { print $1; exit }' "$lab/fill/000001")
for part in "$lab"/fill/*; do
    # Without `batch_mode` each addition takes longer than the one before.
    quietly debian ldbmodify --nosync -o batch_mode:1 -H "$tree/private/sam.ldb" "$part"
    rm "$part"
done
start_controller

start_tenant
write_manifests "ldap: {domain: corp.example.com, servers: ['$address:636'], transport: ldaps, caFile: $tree/private/tls/cert.pem, \
bind: {simple: {user: Administrator@corp.example.com, passwordFrom: {env: BENCH_PASSWORD}}}}" "mode: auto"
export BENCH_PASSWORD=$password
fill_tenant
start_service 1
change_user() {
    printf '%s\nchangetype: modify\nreplace: title\ntitle: Head of Round %s\n' "$who" "$1" |
        LDAPTLS_CACERT="$tree/private/tls/cert.pem" ldapmodify -x -H "ldaps://$address" \
            -D Administrator@corp.example.com -w "$password" >/dev/null
}
row_of_changes "one change over LDAP to its write"
