# A domain controller of Samba on a loopback address of its own, for the scripts beside it. It is sourced after lab.sh, whose
# folder it fills. Needs root and the packages of tests/install-samba.sh.
[ "$(id -u)" = 0 ] || { say "a domain controller listens on ports below 1024: run this as root"; exit 1; }
for tool in samba samba-tool smbd winbindd openssl; do
    [ -x "/usr/sbin/$tool" ] || [ -x "/usr/bin/$tool" ] || { say "$tool is missing: run tests/install-samba.sh"; exit 1; }
done
password="Bench-Passw0rd.$$"
address="127.0.$((100 + RANDOM % 100)).$((2 + RANDOM % 200))"
host=dc1.corp.example.com
tree="$lab/tree"
# Debian's Samba modules belong to Debian's Python, not to another one on the path.
debian() { PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
# Runs something whose output matters only if it fails.
quietly() { "$@" >"$lab/log" 2>&1 || { cat "$lab/log" >&2; exit 1; }; }

# Makes the domain; arguments are more options of `samba-tool domain provision`.
provision() {
    quietly debian samba-tool domain provision --realm=CORP.EXAMPLE.COM --domain=CORP --server-role=dc \
        --dns-backend=NONE --adminpass="$password" --targetdir="$tree" --host-name=dc1 --host-ip="$address" "$@"
    mkdir -p "$tree"/{cache,lock,pid,ncalrpc}
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$host" -addext "subjectAltName=DNS:$host,IP:$address" \
        -keyout "$tree/private/tls/key.pem" -out "$tree/private/tls/cert.pem" 2>/dev/null
    chmod 600 "$tree/private/tls/key.pem"
    # The place of winbindd's socket is fixed in the library by which smbd finds it.
    cat > "$tree/smb.conf" <<END_OF_FILE
[global]
netbios name = DC1
realm = CORP.EXAMPLE.COM
workgroup = CORP
server role = active directory domain controller
server services = rpc, ldap, cldap, kdc, s3fs, winbindd
interfaces = $address/8
bind interfaces only = yes
private dir = $tree/private
state directory = $tree/state
cache directory = $tree/cache
lock directory = $tree/lock
pid directory = $tree/pid
ncalrpc dir = $tree/ncalrpc
binddns dir = $tree/bind-dns
ntp signd socket directory = $tree/ntp
tls keyfile = tls/key.pem
tls certfile = tls/cert.pem
tls cafile = tls/cert.pem
log file = $lab/log.samba
logging = file
log level = 1
panic action = /bin/true
END_OF_FILE
}

# Starts the controller, which ends with its standard input, and waits until it answers.
start_controller() {
    say "starting the domain controller on $address"
    mkfifo "$lab/end"
    debian setsid samba --interactive -s "$tree/smb.conf" --model=standard <"$lab/end" >"$lab/log.start" 2>&1 &
    exec 9>"$lab/end"
    for _ in $(seq 60); do
        sleep 0.5
        answers 135 && answers 445 && answers 636 && return
    done
    say "samba does not answer; it said:"
    cat "$lab/log.start" "$lab/log.samba" >&2
    exit 1
}
answers() { (echo >"/dev/tcp/$address/$1") 2>/dev/null; }
stop_controller() {
    exec 9>&-
    wait
}
