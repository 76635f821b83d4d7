#!/bin/bash
# A first run with password hashes, of samesign and of another program that brings a Samba domain to Entra ID:
# AzureADConnect_Samba4, in Python. The domain controller is the same, and so are people and groups; each run has an empty
# sandbox tenant of its own. They take turns, three rounds. Prints the processor time of the whole client process and how
# much of it is for salting (PBKDF2, which nobody can do without), and how many requests the tenant counted. Needs root, the
# packages of tests/install-samba.sh, curl, git, and python3 with venv.
#
#   benches/peer.sh [USERS [beside]]     500 users if none is given, and always 20 groups; with "beside" the other program runs
#                                        on the controller only: over LDAP it asks once for each user
#
# The other program is cloned below target/peer; with PEER=FOLDER it is taken from there, submodules included.
set -eu
peer=${PEER:+$(realpath "$PEER")}
cd "$(dirname "$0")/.."
users=${1:-500}
ways=${2:-remote beside}
groups=20
. benches/lab.sh
. benches/samba.sh
for tool in curl git; do
    command -v "$tool" >/dev/null || { say "$tool is missing"; exit 1; }
done
target="${CARGO_TARGET_DIR:-target}/peer"
peer=${peer:-$target/sync}
if [ ! -e "$peer" ]; then
    say "fetching AzureADConnect_Samba4 below $target"
    rm -rf "$target/part"
    git clone --quiet https://github.com/sfonteneau/AzureADConnect_Samba4.git "$target/part"
    # Of 31 August 2025; it pins its submodules.
    git -C "$target/part" checkout --quiet be768a9d32d39cea41e1fc385c68d8e4f36c7fca
    git -C "$target/part" submodule update --quiet --init --recursive
    mv "$target/part" "$peer"
fi
python="$target/venv/bin/python"
if ! "$python" -c 'import msal, passlib, peewee, requests, xmltodict' 2>/dev/null; then
    say "installing what it needs below $target"
    # Samba's modules belong to Debian's Python.
    /usr/bin/python3 -m venv --system-site-packages "$target/venv"
    "$python" -m pip install --quiet --disable-pip-version-check \
        msal==1.39.0 passlib==1.7.4 peewee==4.5.3 requests==2.34.2 xmltodict==0.13.0
fi

say "making a domain"
provision
say "adding $users users and $groups groups"
quietly debian /usr/bin/python3 benches/secrets/fill.py "$tree/smb.conf" "$users" "$groups"
start_controller

tenant=8d1f0a52-6f0f-4a55-9a3c-0c7d6a1d2e11
# How many users or groups the tenant has.
count() {
    curl -sf -H "Authorization: Bearer $token" -H "ConsistencyLevel: eventual" "$base/v1.0/$1/\$count"
}
# Lets a client fill the tenant, which ends afterwards. Leaves a line in a file: processor time and the time that passed, in
# milliseconds, and requests. Fails unless everybody is in the tenant then. Arguments: what the client is called, and the
# client.
TIMEFORMAT='%U %S %R'
first_run() {
    local what=$1 token found
    shift
    say "first run of $what"
    { time "$@" > "$lab/out.txt" 2> "$lab/err.txt"; } 2> "$lab/time.txt" || { tail -n 5 "$lab/err.txt" >&2; exit 1; }
    awk -v requests="$(counted)" '{ print int(($1 + $2) * 1000), int($3 * 1000), requests }' "$lab/time.txt" >> "$lab/$what.runs"
    token=$(curl -sf "$base/$tenant/oauth2/v2.0/token" -d grant_type=client_credentials -d client_secret=anything \
        -d client_id=00000000-0000-0000-0000-000000000001 -d scope=https://graph.microsoft.com/.default |
        sed 's/.*"access_token": *"\([^"]*\)".*/\1/')
    found="$(count users) users, $(count groups) groups, $(curl -sf "$base/sandbox/audit" | grep -o '"items": *[0-9]*' |
        awk -F : '{ sum += $2 } END { print sum + 0 }') password hashes"
    say "$found; $(tail -n 1 "$lab/$what.runs") (processor, clock, requests)"
    [ "$found" = "$users users, $groups groups, $users password hashes" ] ||
        { say "that is not all"; grep -o '"traceback".*' "$lab/peer.log" | tail -n 1 >&2; exit 1; }
    kill "$server"
    wait "$server" || true
    server=
}
# A first run of the other program. Argument: which settings.
first_run_of_peer() {
    rm -f "$lab/peer.db" "$lab/peer.log"
    start_tenant
    first_run "$1" "$python" benches/peer/drive.py "$peer" "$lab/$1.conf" "$base"
}
# Its settings. Arguments: how they are called, and where the directory is.
settings() {
    cat > "$lab/$1.conf" <<END
[common]
tenant_id = $tenant
credential_cache_file = $lab/none
dbpath = $lab/peer.db
logfile = $lab/peer.log
proxy =
dry_run = False
do_delete = True
use_get_syncobjects = False
sync_device = False
hash_synchronization = True
SourceAnchorAttr = objectGUID
use_msDSConsistencyGuid_if_exist = True
write_msDSConsistencyGuid_if_empty = False
basedn_user = OU=Staff,DC=corp,DC=example,DC=com
basedn_group = OU=Groups,DC=corp,DC=example,DC=com
$2
END
}
# It runs on the controller and reads its files, or on another machine.
settings beside "pathsmbconf = $tree/smb.conf
url = $tree/private/sam.ldb"
settings remote "pathsmbconf = $lab/member.conf
url = ldap://$address:389
user_ad = Administrator
password_ad = $password"
mkdir "$lab/member"
cat > "$lab/member.conf" <<END
[global]
realm = CORP.EXAMPLE.COM
workgroup = CORP
client use kerberos = off
private dir = $lab/member
state directory = $lab/member
cache directory = $lab/member
lock directory = $lab/member
END

export BENCH_PASSWORD=$password
for round in 1 2 3; do
    say "round $round"
    for way in $ways; do
        first_run_of_peer "$way"
    done
    rm -rf "$lab/state"
    start_tenant
    write_manifests "ldap: {domain: corp.example.com, servers: ['$address:636'], transport: ldaps, \
caFile: $tree/private/tls/cert.pem, \
bind: {simple: {user: Administrator@corp.example.com, passwordFrom: {env: BENCH_PASSWORD}}}}" \
        "mode: auto" "passwords: {mode: hash}"
    first_run samesign "$release/samesign" --state "$lab/state" run "$lab/manifests" --once
done
stop_controller

say "salting alone"
salting_of_peer=$("$python" - "$users" <<'END'
import hashlib, sys, time

begun = time.process_time()
for number in range(int(sys.argv[1])):
    hashlib.pbkdf2_hmac("sha256", bytes(64), number.to_bytes(10, "big"), 1000, 32)
print(int(1000 * (time.process_time() - begun)))
END
)
salting=$("$release/examples/bench" salt | sed -n 's/.* \([0-9]*\) a second on .*, \([0-9]*\) % of a core in use/\1 \2/p' |
    awk -v users="$users" '{ print int(1000 * users / $1 * $2 / 100) }')

# A row of the one in the middle of three runs; all but the first compare themselves with the first. Arguments: what the client
# is called in files and in the table, and what salting takes of the processor.
ours=
row_of_runs() {
    local runs cpu wall requests apart more=
    runs=$(sort -n "$lab/$1.runs")
    read -r cpu wall requests <<<"$(sed -n 2p <<<"$runs")"
    apart=$((cpu - $3))
    [ -z "$ours" ] || more="; $((apart / ours)) times what samesign takes, both without salting"
    ours=${ours:-$apart}
    row "first run with password hashes, $2" "$(grouped "$users") users + $groups groups" "$(seconds "$cpu") of a processor" "" \
        "$(seconds "$(sed -n '1s/ .*//p' <<<"$runs")") to $(seconds "$(sed -n '3s/ .*//p' <<<"$runs")"), three times; \
$(seconds "$3") of it for salting; $(grouped "$requests") requests; $(seconds "$wall") by the clock$more"
}
row_of_runs samesign samesign "$salting"
[ "$ways" = beside ] || row_of_runs remote "AzureADConnect_Samba4 over LDAP" "$salting_of_peer"
row_of_runs beside "AzureADConnect_Samba4 on the controller" "$salting_of_peer"
