//! A real Active Directory for the tests: a Samba domain controller on a loopback address of its own.
//!
//! The provisioned domain is kept as an archive below `target/samba-lab`. One controller serves all tests
//! that only read, and a test that changes much has one of its own. A controller ends by itself when the
//! test process does, however that ends, because it watches the pipe that is its standard input. It does
//! not know what is tested against it.

mod certificates;
mod pair;
mod population;
mod read_only;

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

pub(crate) use self::certificates::authority;
pub(crate) use self::pair::{Pair, new_password, quoted};
pub(crate) use self::population::{BASE, EVERYBODY, SERVICE_PASSWORD, escape};

const ADMIN_PASSWORD: &str = "Admin-Passw0rd.Lab";
const PORTS: [u16; 4] = [636, 389, 88, 135];

/// A running domain controller.
pub(crate) struct Lab {
    /// Loopback address that it listens on.
    pub(crate) address: String,
    /// Its certificate authority, PEM.
    pub(crate) ca_file: PathBuf,
    /// Keys of `svc-samesign`.
    pub(crate) keytab: PathBuf,
    /// A credential cache with a ticket-granting ticket of `svc-samesign`.
    pub(crate) cache: PathBuf,
    /// `DC1`, unless it is the second of two.
    name: &'static str,
    directory: PathBuf,
    controller: Mutex<Child>,
}

impl Lab {
    /// DNS name of the domain.
    pub(crate) const DOMAIN: &'static str = "corp.example.com";
    /// Name of the controller, in its certificate and service principal names.
    pub(crate) const HOST: &'static str = "dc1.corp.example.com";
    /// Account without any special right.
    pub(crate) const USER: &'static str = "svc-samesign@corp.example.com";
    /// The same account for Kerberos.
    pub(crate) const PRINCIPAL: &'static str = "svc-samesign@CORP.EXAMPLE.COM";

    /// The controller that all tests share, started by the first who asks.
    pub(crate) fn start() -> &'static Self {
        static LAB: OnceLock<Lab> = OnceLock::new();
        LAB.get_or_init(Self::own)
    }

    /// A controller that nobody else uses, to change what it holds; it lives as long as the process.
    pub(crate) fn own() -> Self {
        static ARCHIVE: OnceLock<PathBuf> = OnceLock::new();
        let began = Instant::now();
        let archive = ARCHIVE.get_or_init(|| {
            check_installed();
            archive()
        });
        let provisioned = began.elapsed();
        let lab = Self::launch(archive, "DC1");
        let all = began.elapsed();
        eprintln!("samba lab on {}: provisioned in {provisioned:.1?}, ready after {all:.1?}", lab.address);
        lab
    }

    fn launch(archive: &Path, name: &'static str) -> Self {
        static LAUNCHED: AtomicUsize = AtomicUsize::new(0);
        let number = LAUNCHED.fetch_add(1, Ordering::Relaxed);
        let directory = home().join(format!("run-{}-{number}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        run(Command::new("tar").arg("-C").arg(&directory).arg("-xf").arg(archive), "unpacking the domain");
        let address = free_address(number);
        certificates::write(&directory.join("private/tls"), &address, &host(name));
        fs::write(directory.join("smb.conf"), smb_conf(&directory, &address, name)).unwrap();
        fs::write(directory.join("krb5.conf"), krb5_conf(&address)).unwrap();
        let controller = spawn_samba(&directory);
        let lab = Self {
            ca_file: directory.join("private/tls/ca.pem"),
            keytab: directory.join("svc-samesign.keytab"),
            cache: directory.join("svc-samesign.ccache"),
            address,
            name,
            directory,
            controller: Mutex::new(controller),
        };
        lab.wait_until_ready();
        lab.kinit();
        lab
    }

    fn wait_until_ready(&self) {
        let began = Instant::now();
        let root = ["-s", "base", "-b", "", "defaultNamingContext"];
        let mut rootdse = self.client_of(Self::USER, SERVICE_PASSWORD, "ldapsearch", &root);
        let answers = |it: &mut Command| it.output().is_ok_and(|it| it.status.success());
        while PORTS.iter().any(|it| TcpStream::connect((self.address.as_str(), *it)).is_err())
            || !answers(&mut rootdse)
        {
            let log = self.directory.join("log.start");
            assert!(
                began.elapsed() < Duration::from_secs(90),
                "samba does not answer on {}:\n{}",
                self.address,
                fs::read_to_string(log).unwrap_or_default()
            );
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    fn kinit(&self) {
        let mut kinit = Command::new("kinit");
        kinit.arg("-k").arg("-t").arg(&self.keytab).arg("-c").arg(&self.cache).arg(Self::PRINCIPAL);
        run(self.sealed(&mut kinit), "kinit");
    }

    /// Sets the environment of a client so that nothing of the machine's own configuration counts.
    fn sealed<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("KRB5_CONFIG", self.directory.join("krb5.conf"))
            .env("LDAPTLS_CACERT", &self.ca_file)
            .env("LDAPCONF", "/dev/null")
            .env_remove("KRB5CCNAME")
    }

    /// OpenLDAP's client `name`, bound as the Administrator over LDAPS.
    fn client(&self, name: &str, arguments: &[&str]) -> Command {
        self.client_of("Administrator@corp.example.com", ADMIN_PASSWORD, name, arguments)
    }

    fn client_of(&self, user: &str, password: &str, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(name);
        command.args(["-x", "-H", &format!("ldaps://{}", self.address), "-D", user, "-w", password]);
        self.sealed(command.args(arguments));
        command
    }

    /// Runs `ldapsearch` as `svc-samesign` and hands back its LDIF, a line for each value.
    pub(crate) fn search_as_service(&self, arguments: &[&str]) -> String {
        let mut command =
            self.client_of(Self::USER, SERVICE_PASSWORD, "ldapsearch", &["-LLL", "-o", "ldif-wrap=no"]);
        run(command.args(arguments), "ldapsearch")
    }

    /// Adds the entries of an LDIF text.
    pub(crate) fn ldif(&self, text: &str) {
        self.modify_with("ldapadd", &[], text);
    }

    /// Applies an LDIF text with `changetype:` lines.
    pub(crate) fn modify(&self, text: &str) {
        self.modify_with("ldapmodify", &[], text);
    }

    /// The same for deleted objects, LDAP_SERVER_SHOW_DELETED_OID ([MS-ADTS] 3.1.1.3.4.1.14).
    pub(crate) fn modify_deleted(&self, text: &str) {
        self.modify_with("ldapmodify", &["-e", "!1.2.840.113556.1.4.417"], text);
    }

    fn modify_with(&self, client: &str, more: &[&str], text: &str) {
        let file = tempfile::NamedTempFile::new_in(&self.directory).unwrap();
        fs::write(file.path(), text).unwrap();
        let path = file.path().display().to_string();
        run(&mut self.client(client, &[more, &["-f", &path]].concat()), client);
    }

    /// What the controller says when `svc-samesign` itself tries to change something.
    pub(crate) fn refusal_to_service(&self, text: &str) -> String {
        let file = tempfile::NamedTempFile::new_in(&self.directory).unwrap();
        fs::write(file.path(), text).unwrap();
        let path = file.path().display().to_string();
        let mut command = self.client_of(Self::USER, SERVICE_PASSWORD, "ldapmodify", &["-f", &path]);
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert!(!output.status.success(), "the service account may change the directory");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Puts an entry before all others of an access list, for `svc-samesign`: its kind, flags, rights and object, as
    /// SDDL has them ([MS-DTYP] 2.5.1.1).
    pub(crate) fn set_right(&self, dn: &str, entry: &str) {
        self.set_right_of("svc-samesign", dn, entry);
    }

    /// The same for another account.
    pub(crate) fn set_right_of(&self, account: &str, dn: &str, entry: &str) {
        let entry = format!("({entry};;{})", self.sid_of(account));
        self.samba_tool(&["dsacl", "set", "--objectdn", dn, "--sddl", &entry]);
    }

    /// Lets an account see who was deleted, as the user guide says.
    pub(crate) fn show_deletions_to(&self, account: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/samba/show-deletions.py");
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).arg(account).arg(self.directory.join("private/sam.ldb"));
        run(&mut command, "show-deletions.py");
    }

    fn sid_of(&self, account: &str) -> String {
        let shown = self.samba_tool(&["user", "show", account, "--attributes=objectSid"]);
        shown.lines().find_map(|it| it.strip_prefix("objectSid: ")).unwrap().to_owned()
    }

    /// Stops the controller, does something to its files, and starts it again.
    pub(crate) fn while_stopped(&self, act: impl FnOnce(&Path)) {
        self.stop();
        act(&self.directory);
        fs::remove_file(self.directory.join("stopped")).unwrap();
        *self.controller.lock().unwrap() = spawn_samba(&self.directory);
        self.wait_until_ready();
    }

    /// Stops the controller; its files stay until the tests are over.
    pub(crate) fn stop(&self) {
        let mut controller = self.controller.lock().unwrap();
        fs::write(self.directory.join("stopped"), "").unwrap();
        drop(controller.stdin.take());
        controller.wait().unwrap();
        while PORTS.iter().any(|it| TcpStream::connect((self.address.as_str(), *it)).is_ok()) {
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }

    /// The name of the controller, in its certificate and service principal names.
    pub(crate) fn host(&self) -> String {
        host(self.name)
    }

    /// Runs `pdbedit` on the database of the controller.
    pub(crate) fn pdbedit(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("pdbedit");
        run(command.args(arguments).arg("-s").arg(self.directory.join("smb.conf")), "pdbedit")
    }

    /// Runs a command line of `samba-tool` as somebody would type it on the controller.
    pub(crate) fn type_in(&self, command_line: &str) {
        let command_line = format!("{command_line} -s \"$1\"");
        let mut command = Command::new("sh");
        run(command.args(["-c", &command_line, "sh"]).arg(self.directory.join("smb.conf")), "sh");
    }

    /// Runs `samba-tool` on the database of the controller.
    pub(crate) fn samba_tool(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("samba-tool");
        command.args(arguments).arg("-s").arg(self.directory.join("smb.conf"));
        run(self.sealed(&mut command), "samba-tool")
    }
}

/// Where archives and running instances are.
fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/samba-lab")
}

fn check_installed() {
    for program in ["/usr/sbin/samba", "/usr/bin/samba-tool", "/usr/bin/ldbmodify", "/usr/bin/ldapsearch"] {
        assert!(Path::new(program).exists(), "{program} is missing: run tests/install-samba.sh first");
    }
    assert!(Path::new("/usr/bin/kinit").exists(), "kinit is missing: run tests/install-samba.sh first");
    let me = Command::new("id").arg("-u").output().unwrap().stdout;
    assert_eq!(me, b"0\n", "a domain controller listens on ports below 1024: run these tests as root");
}

/// The archive of the provisioned domain, made by the first who needs it.
fn archive() -> PathBuf {
    let population = population::ldif();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samba/lab/provision.sh");
    let mut hash = Sha256::new();
    hash.update(fs::read(&script).unwrap());
    hash.update(population.as_bytes());
    let hash = hash.finalize();
    let digest = u64::from_be_bytes(*hash.first_chunk().unwrap());
    fs::create_dir_all(home()).unwrap();
    remove_stale_runs();
    let ldif = home().join(format!("{digest:016x}.ldif"));
    fs::write(&ldif, population).unwrap();
    let archive = home().join(format!("{digest:016x}.tar"));
    let mut provision = Command::new("flock");
    provision.arg(home().join("lock")).arg(script).arg(&archive).arg(ldif);
    run(provision.env("ADMIN_PASSWORD", ADMIN_PASSWORD), "provision.sh");
    archive
}

/// Removes what killed test processes left.
fn remove_stale_runs() {
    for entry in fs::read_dir(home()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(run) = name.strip_prefix("run-")
            && let Some(pid) = run.split('-').next()
            && !Path::new("/proc").join(pid).exists()
        {
            fs::remove_dir_all(entry.path()).unwrap_or_default();
        }
    }
}

/// A loopback address on which nobody uses the ports of a domain controller.
///
/// A controller takes a while to open its ports: those of one process keep apart by their number.
fn free_address(number: usize) -> String {
    let first = std::process::id() as usize;
    let network = 77 + number % 100;
    (0..200)
        .map(|step| format!("127.0.{network}.{}", 2 + (first + step) % 200))
        .find(|it| PORTS.iter().all(|port| TcpListener::bind((it.as_str(), *port)).is_ok()))
        .expect("no loopback address has the ports 88, 135, 389 and 636 free")
}

fn host(name: &str) -> String {
    format!("{}.corp.example.com", name.to_ascii_lowercase())
}

fn smb_conf(directory: &Path, address: &str, name: &str) -> String {
    let at = directory.display();
    format!(
        "[global]\n\
         netbios name = {name}\nrealm = CORP.EXAMPLE.COM\nworkgroup = CORP\n\
         server role = active directory domain controller\n\
         server services = rpc, ldap, cldap, kdc\n\
         interfaces = {address}/8\nbind interfaces only = yes\n\
         private dir = {at}/private\nstate directory = {at}/state\ncache directory = {at}/cache\n\
         lock directory = {at}/lock\npid directory = {at}/pid\nncalrpc dir = {at}/ncalrpc\n\
         binddns dir = {at}/bind-dns\nntp signd socket directory = {at}/ntp\n\
         winbindd socket directory = {at}/winbindd\n\
         log file = {at}/log.samba\nlogging = file\nlog level = 1\npanic action = /bin/true\n\
         ldap server require strong auth = allow_sasl_over_tls\n\
         tls enabled = yes\ntls keyfile = tls/key.pem\ntls certfile = tls/cert.pem\ntls cafile = tls/ca.pem\n\
         idmap_ldb:use rfc2307 = yes\n"
    )
}

fn krb5_conf(address: &str) -> String {
    format!(
        "[libdefaults]\ndefault_realm = CORP.EXAMPLE.COM\ndns_lookup_kdc = false\ndns_lookup_realm = false\n\
         rdns = false\ndns_canonicalize_hostname = false\nudp_preference_limit = 1\n\
         [realms]\nCORP.EXAMPLE.COM = {{\n kdc = {address}\n}}\n\
         [domain_realm]\n.corp.example.com = CORP.EXAMPLE.COM\n"
    )
}

/// Starts Samba in a session of its own; the shell around it removes the directory afterwards, unless Samba was
/// only stopped.
fn spawn_samba(directory: &Path) -> Child {
    for name in ["cache", "lock", "pid", "ncalrpc", "winbindd"] {
        fs::create_dir_all(directory.join(name)).unwrap();
    }
    let script = "setsid -w samba --interactive -s \"$1/smb.conf\" --model=standard >\"$1/log.start\" 2>&1; [ -e \"$1/stopped\" ] || rm -rf \"$1\"";
    Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(directory)
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs a program to its end and hands back what it printed; a failure ends the test with its words.
fn run(command: &mut Command, what: &str) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(output.status.success(), "{what} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
