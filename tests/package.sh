#!/bin/sh
# Installs a Debian package on this machine, runs the service's command line as its user with a policy of the sandbox,
# asks it as monitoring does, upgrades it, and removes it again. As root; what was there before is left alone.
#
#   tests/package.sh "$(packaging/build-deb.sh --debug)"
set -eu
cd "$(dirname "$0")/.."
fail() { echo "package: $*" >&2; exit 1; }
[ "$(id -u)" -eq 0 ] || fail "only root installs packages"
for place in /etc/samesign /var/lib/samesign /usr/bin/samesign; do
    [ ! -e $place ] || fail "$place is there already: this machine has a samesign of its own"
done

package=${1:?which package}
if command -v systemd-analyze >/dev/null; then
    # Offline: a container has no service manager that could be asked.
    exposure=$(systemd-analyze security --offline=yes --no-pager packaging/systemd/samesign.service | tail -1)
    echo "$exposure"
    level=$(echo "$exposure" | grep -o '[0-9]*\.[0-9]*' | tr -d .)
    [ "$level" -le 20 ] || fail "the unit is more open than 2.0"
fi

pid=
finish() {
    status=$?
    trap - EXIT
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    dpkg --purge samesign >/dev/null 2>&1 || true
    rm -rf /etc/samesign /var/lib/samesign
    userdel samesign 2>/dev/null || true
    exit "$status"
}
trap finish EXIT

echo "installing"
dpkg --install "$package" >/dev/null
samesign --version
[ "$(stat -c %U:%G:%a /etc/samesign/policy)" = root:samesign:750 ] || fail "/etc/samesign/policy is not as it should be"
[ "$(stat -c %a /etc/samesign/credentials)" = 700 ] || fail "credentials are open to others"
contents=$(dpkg --contents "$package")
for file in man/man1/samesign.1.gz bash-completion/completions/samesign zsh/vendor-completions/_samesign \
    fish/vendor_completions.d/samesign.fish doc/samesign/monitoring/samesign.rules.yaml; do
    case $contents in *"/usr/share/$file"*) ;; *) fail "/usr/share/$file is missing" ;; esac
done

echo "running as its user"
scenario=tests/scenarios/the_first_run
cp $scenario/manifests/*.yaml /etc/samesign/policy/
cp $scenario/directory.ldif $scenario/tenant-seed.yaml /etc/samesign/
chgrp -R samesign /etc/samesign/policy /etc/samesign/directory.ldif /etc/samesign/tenant-seed.yaml
chmod -R g+rX /etc/samesign/policy /etc/samesign/directory.ldif /etc/samesign/tenant-seed.yaml
install -d -m 0700 -o samesign -g samesign /var/lib/samesign
# What the unit says, without the service manager; the port is another one.
command=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/samesign.service | sed 's/:9464/:29464/')
log=$(mktemp)
# shellcheck disable=SC2086 # its words
setpriv --reuid=samesign --regid=samesign --clear-groups --no-new-privs \
    env -i PATH=/usr/bin:/bin STATE_DIRECTORY=/var/lib/samesign $command 2> "$log" &
pid=$!
ask() { bash -c 'exec 3<>/dev/tcp/127.0.0.1/29464; printf "GET %s HTTP/1.0\r\n\r\n" "$1" >&3; cat <&3' ask "$1"; }
for _ in $(seq 60); do
    sleep 1
    kill -0 $pid 2>/dev/null || { cat "$log" >&2; fail "it ended"; }
    ask /readyz 2>/dev/null | grep -q '^ok' && break
done
ask /readyz | grep -q '^ok' || { cat "$log" >&2; ask /readyz >&2; fail "it does not get ready"; }
ask /metrics | grep '^samesign_cycles_total'
[ "$(stat -c %U:%a /var/lib/samesign/state.db)" = samesign:600 ] || fail "the records are not its own"
kill -TERM $pid
wait $pid || fail "it did not end well"
pid=

echo "upgrading and removing"
dpkg --install "$package" >/dev/null
[ -e /var/lib/samesign/state.db ] || fail "an upgrade took the records"
dpkg --remove samesign >/dev/null
[ ! -e /usr/bin/samesign ] || fail "the program is still there"
[ -e /var/lib/samesign/state.db ] || fail "removing took the records"
[ -e /etc/samesign/policy/policy.yaml ] || fail "removing took the policy"
dpkg --purge samesign >/dev/null
[ ! -e /var/lib/samesign ] || fail "purging left the records"
[ -e /etc/samesign/policy/policy.yaml ] || fail "purging took the policy"
echo "the package installs, runs and goes"
