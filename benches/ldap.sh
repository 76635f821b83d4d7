#!/bin/sh
# Reads a made-up company of 100,000 users and 10,000 groups from OpenLDAP's slapd inside TLS, once with
# ldapsearch and once as samesign does, and prints how long each took. Needs Debian's slapd, ldap-utils, openssl.
#
#   benches/ldap.sh [USERS]        100000 users if none is given; half a minute goes into loading the server
set -eu
cd "$(dirname "$0")/.."
users=${1:-100000}
PATH="$PATH:/usr/sbin"
say() { echo "$(date +%T) $*" >&2; }
for tool in slapd slapadd ldapsearch openssl; do
    command -v "$tool" >/dev/null || { say "$tool is missing: install slapd, ldap-utils and openssl"; exit 1; }
done
say "building the bench"
cargo build --quiet --release --example bench
bench="${CARGO_TARGET_DIR:-target}/release/examples/bench"
lab=$(mktemp -d)
server=
finish() {
    status=$?
    trap - EXIT
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$lab"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
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

say "making up a company of $users users"
"$bench" export "$users" > "$lab/company.ldif"
say "loading $(($(wc -c < "$lab/company.ldif") / 1000000)) MB into the server"
slapadd -q -f "$lab/slapd.conf" -l "$lab/company.ldif"
rm "$lab/company.ldif"

# Starts the server on $port; fails if it ends or does not answer in half a minute.
start_server() {
    slapd -d 0 -f "$lab/slapd.conf" -h "ldaps://localhost:$port" > "$lab/slapd.log" 2>&1 &
    server=$!
    for _ in $(seq 30); do
        sleep 1
        # A server that ended would be mistaken for another one that holds the port.
        kill -0 "$server" 2>/dev/null || break
        LDAPTLS_CACERT="$lab/cert.pem" timeout 5 ldapsearch -x -o nettimeout=3 -H "ldaps://localhost:$port" \
            -s base -b '' >/dev/null 2>>"$lab/client.log" && return 0
    done
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    server=
    return 1
}
# Below the ports that Linux gives to outgoing connections.
for attempt in 1 2 3 4 5; do
    port=$((20000 + ($$ + attempt * 1009) % 12000))
    say "starting slapd on port $port"
    start_server && break
done
if [ -z "$server" ]; then
    say "slapd does not start or does not answer; it said:"
    cat "$lab/slapd.log" "$lab/client.log" >&2
    exit 1
fi

filter='(|(&(objectCategory=person)(|(objectClass=user)(objectClass=inetOrgPerson)))(objectClass=group)(objectClass=contact))'
now() { date +%s%N; }
with_ldapsearch() {
    # shellcheck disable=SC2046 # one word for each attribute
    LDAPTLS_CACERT="$lab/cert.pem" ldapsearch -x -LLL -H "ldaps://localhost:$port" \
        -D "CN=reader,DC=corp,DC=example,DC=com" -w secret -b "DC=corp,DC=example,DC=com" -E pr=500/noprompt \
        "$filter" $("$bench" attributes) > "$lab/found.ldif"
}
# The two take turns, since the machine is not the same from minute to minute. Times of all rounds, sorted.
theirs=
ours=
ratios=
for round in 1 2 3 4 5; do
    start=$(now)
    with_ldapsearch
    their_time=$(( ($(now) - start) / 1000000 ))
    start=$(now)
    found=$("$bench" ldap "localhost:$port" "$lab/cert.pem" "CN=reader,DC=corp,DC=example,DC=com" secret)
    our_time=$(( ($(now) - start) / 1000000 ))
    ratio=$((100 * our_time / their_time))
    say "round $round: ldapsearch $their_time ms, samesign $our_time ms, $ratio %"
    theirs="$theirs $their_time"
    ours="$ours $our_time"
    ratios="$ratios $ratio"
done
# The one in the middle, and the least and the most, of five numbers.
# shellcheck disable=SC2086 # one word for each number
middle() { printf '%s\n' $1 | sort -n | sed -n 3p; }
# shellcheck disable=SC2086 # one word for each number
range() { printf '%s\n' $1 | sort -n | sed -n '1p;$p' | paste -sd' ' | sed 's/ / to /'; }
say "ldapsearch: $(grep -c '^dn:' "$lab/found.ldif") entries, $(middle "$theirs") ms ($(range "$theirs"))"
say "samesign: ${found%%,*} in a snapshot, $(middle "$ours") ms ($(range "$ours"))"
seconds() { awk "BEGIN { printf \"%.2f s\", $1 / 1000 }"; }
echo "| read an LDAP server, against ldapsearch | $users users | $(seconds "$(middle "$ours")") by the clock | ${found##*, } |" \
    "$(middle "$ratios") % of the time of ldapsearch, $(seconds "$(middle "$theirs")"), the one in the middle of five rounds ($(range "$ratios")) |"
