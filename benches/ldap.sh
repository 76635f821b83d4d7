#!/bin/sh
# Reads a made-up company of 100,000 users and 10,000 groups from OpenLDAP's slapd inside TLS, once with
# ldapsearch and once as samesign does, and prints how long each took. Needs Debian's slapd, ldap-utils, openssl.
#
#   benches/ldap.sh [USERS]        100000 users if none is given; tens of seconds go into loading the server
set -eu
cd "$(dirname "$0")/.."
users=${1:-100000}
port=36360
PATH="$PATH:/usr/sbin"
cargo build --quiet --release --example bench
bench="${CARGO_TARGET_DIR:-target}/release/examples/bench"
lab=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; wait "$server" || true; fi; rm -rf "$lab"' EXIT
mkdir "$lab/data"

# Libldap takes `localhost` for the name of the machine.
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext "subjectAltName=DNS:localhost,DNS:$(uname -n)" \
    -keyout "$lab/key.pem" -out "$lab/cert.pem" 2>/dev/null

# The attributes of Active Directory that the company has and OpenLDAP's own schema has not.
# `text` matches without regard to case, `bytes` byte by byte.
{
    arc=1.3.6.1.4.1.4203.666.99
    number=0
    text="EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15"
    for name in sAMAccountName userPrincipalName userAccountControl accountExpires primaryGroupID whenChanged \
        mailNickname proxyAddresses company department employeeID groupType objectCategory \
        defaultNamingContext highestCommittedUSN; do
        number=$((number + 1))
        echo "attributetype ( $arc.1.$number NAME '$name' $text )"
    done
    echo "attributetype ( $arc.1.99 NAME 'objectGUID'" \
        "EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )"
    echo "objectclass ( $arc.2.1 NAME 'user' SUP organizationalPerson STRUCTURAL MAY (" \
        "sAMAccountName \$ userPrincipalName \$ userAccountControl \$ accountExpires \$ primaryGroupID \$" \
        "whenChanged \$ mailNickname \$ proxyAddresses \$ company \$ department \$ employeeID \$" \
        "objectCategory \$ objectGUID \$ distinguishedName \$ displayName \$ givenName \$ mail \$ mobile \$" \
        "manager ) )"
    echo "objectclass ( $arc.2.2 NAME 'group' SUP top STRUCTURAL MUST cn MAY (" \
        "sAMAccountName \$ groupType \$ mailNickname \$ description \$ objectCategory \$ objectGUID \$" \
        "distinguishedName \$ member ) )"
} > "$lab/active-directory.schema"

# What a domain controller says of itself.
cat > "$lab/root.ldif" <<END
dn:
defaultNamingContext: DC=corp,DC=example,DC=com
highestCommittedUSN: 12345

END

cat > "$lab/slapd.conf" <<END
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include $lab/active-directory.schema
modulepath /usr/lib/ldap
moduleload back_mdb
rootDSE $lab/root.ldif
TLSCertificateFile $lab/cert.pem
TLSCertificateKeyFile $lab/key.pem
sizelimit unlimited
database mdb
maxsize 8589934592
suffix "DC=corp,DC=example,DC=com"
rootdn "CN=reader,DC=corp,DC=example,DC=com"
rootpw secret
directory $lab/data
index objectClass,objectCategory eq
END

"$bench" export "$users" > "$lab/company.ldif"
slapadd -q -f "$lab/slapd.conf" -l "$lab/company.ldif"
rm "$lab/company.ldif"
slapd -d 0 -f "$lab/slapd.conf" -h "ldaps://localhost:$port" &
server=$!
until LDAPTLS_CACERT="$lab/cert.pem" ldapsearch -x -H "ldaps://localhost:$port" -s base -b '' >/dev/null 2>&1; do
    kill -0 "$server" || { echo "slapd does not start; see what \`slapd -d 1\` says" >&2; exit 1; }
    sleep 1
done

filter='(|(&(objectCategory=person)(|(objectClass=user)(objectClass=inetOrgPerson)))(objectClass=group)(objectClass=contact))'
now() { date +%s%N; }
with_ldapsearch() {
    # shellcheck disable=SC2046 # one word for each attribute
    LDAPTLS_CACERT="$lab/cert.pem" ldapsearch -x -LLL -H "ldaps://localhost:$port" \
        -D "CN=reader,DC=corp,DC=example,DC=com" -w secret -b "DC=corp,DC=example,DC=com" -E pr=500/noprompt \
        "$filter" $("$bench" attributes) > "$lab/found.ldif"
}
best=
best_ours=
for _ in 1 2 3; do
    start=$(now)
    with_ldapsearch
    took=$(( ($(now) - start) / 1000000 ))
    [ -n "$best" ] && [ "$best" -le "$took" ] || best=$took
    start=$(now)
    ours=$("$bench" ldap "localhost:$port" "$lab/cert.pem" "CN=reader,DC=corp,DC=example,DC=com" secret)
    took=$(( ($(now) - start) / 1000000 ))
    [ -n "$best_ours" ] && [ "$best_ours" -le "$took" ] || best_ours=$took
done
echo "ldapsearch: $(grep -c '^dn:' "$lab/found.ldif") entries, $best ms (best of three, pages of 500)"
echo "samesign:   ${ours%,*} in a snapshot, $best_ours ms (best of three, pages of 500)"
echo "ratio: $((100 * best_ours / best)) % of ldapsearch's time"
