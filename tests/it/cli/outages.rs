//! What breaks around a running service: it goes on with the rest, says what is the matter, and goes on when it is over.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use expect_test::expect;

use super::alarms::{tell, told};
use super::running::{PATIENCE, SIDES, Service, folder, ldif, policy, tenant_apart};
use crate::program::Program;

/// A server behind a network that is cut first: connections are taken, and nothing comes of them.
struct Cut {
    port: u16,
    /// Those that wait; none any more once the network is whole.
    waiting: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Cut {
    fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let waiting = Arc::new(Mutex::new(Some(Vec::new())));
        let held = Arc::clone(&waiting);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                match held.lock().unwrap().as_mut() {
                    Some(waiting) => waiting.push(stream),
                    None => join(&stream, &TcpStream::connect(server).unwrap()),
                }
            }
        });
        Self { port, waiting }
    }

    fn has_callers(&self) -> bool {
        self.waiting.lock().unwrap().as_ref().is_some_and(|it| !it.is_empty())
    }

    fn mend(&self) {
        self.waiting.lock().unwrap().take();
    }
}

/// Carries what each says to the other.
fn join(one: &TcpStream, other: &TcpStream) {
    for (from, to) in [(one, other), (other, one)] {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    }
}

/// Ends with the test, however that ends.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _has_ended = self.0.kill();
        let _has_ended = self.0.wait();
    }
}

/// A policy `contoso`, and its tenant, which is a server that lives as long.
fn apart() -> (Program, Ending, SocketAddr) {
    let mut program = folder("auto", "1s");
    let seed = "domains:\n  - {name: contoso.onmicrosoft.com, initial: true}\n  - {name: contoso.com, default: true}\n";
    let sandbox = Ending(tenant_apart(&mut program, seed));
    let sides = program.read("policy/sides.yaml");
    let server = sides.split_once("http://").unwrap().1.split(['/', '"']).next().unwrap();
    (program, sandbox, server.parse().unwrap())
}

/// Has the service ask a port of this machine in place of the server.
fn lead(program: &Program, server: SocketAddr, port: u16) {
    let sides = program.read("policy/sides.yaml");
    program.write("policy/sides.yaml", &sides.replace(&server.to_string(), &format!("127.0.0.1:{port}")));
}

/// A policy `contoso` whose tenant is silent until the network is whole, and another one whose tenant answers.
fn behind_a_cut(other: &str) -> (Program, Ending, Cut) {
    let (program, sandbox, server) = apart();
    let cut = Cut::before(server);
    lead(&program, server, cut.port);
    let name = format!("name: {other}");
    let tenant = SIDES.split_once("---").unwrap().1.replace("name: contoso", &name);
    let policy = policy("auto", "1s").replace("name: contoso", &name);
    program.write(
        "policy/other.yaml",
        &format!("{tenant}---{}", policy.replace("tenant: contoso", &format!("tenant: {other}"))),
    );
    (program, sandbox, cut)
}

#[test]
fn a_tenant_that_is_silent_delays_no_other_and_is_served_once_it_answers() {
    let (program, _sandbox, cut) = behind_a_cut("adatum");
    let mut service = Service::start(&program);
    for (names, done) in
        [(&["ada", "bob"][..], 2), (&["ada", "bob", "eve"], 1), (&["ada", "bob", "eve", "kim"], 1)]
    {
        program.write("policy/corp.ldif", &ldif(names));
        let ended = service.wait_for("cycle ended");
        assert_eq!((&ended["policy"], &ended["done"]), (&"adatum".into(), &done.into()), "{ended}");
    }
    assert!(cut.has_callers(), "nobody asked the silent tenant");
    cut.mend();
    // Who came meanwhile is seen by the look that was under way, or by the next.
    let mut done = 0;
    while done < 4 {
        let ended = service.wait_for("cycle ended");
        assert_eq!(ended["policy"], "contoso", "{ended}");
        done += ended["done"].as_u64().unwrap();
    }
    service.stop();
}

/// Sees what is carried, and may change it.
type Eye = Box<dyn Fn(&mut [u8]) + Send + Sync>;

/// Stands before a server, and shows what clients ask and what it answers; its port.
fn between(server: SocketAddr, asked: Eye, answered: Eye) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asked, answered) = (Arc::new(asked), Arc::new(answered));
    std::thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let far = TcpStream::connect(server).unwrap();
            for (from, to, eye) in [(&near, &far, &asked), (&far, &near, &answered)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                let eye = Arc::clone(eye);
                std::thread::spawn(move || {
                    let mut bytes = [0; 16 << 10];
                    while let Ok(len @ 1..) = from.read(&mut bytes) {
                        eye(&mut bytes[..len]);
                        if to.write_all(&bytes[..len]).is_err() {
                            return;
                        }
                    }
                });
            }
        }
    });
    port
}

fn place_of(bytes: &[u8], text: &str) -> Option<usize> {
    bytes.windows(text.len()).position(|it| it == text.as_bytes())
}

/// A service whose tenant is seen through `between`, and the tenant, which lives as long.
fn watched(asked: Eye, answered: Eye) -> (Program, Ending) {
    let (program, sandbox, server) = apart();
    lead(&program, server, between(server, asked, answered));
    (program, sandbox)
}

#[test]
fn a_clock_that_is_wrong_lets_nothing_be_done_until_it_is_right() {
    let is_wrong = Arc::new(AtomicBool::new(true));
    let wrong = Arc::clone(&is_wrong);
    // `date: Sat, 28 Nov 2026 06:45:01 GMT`: the clock of the tenant is right, and ours was set back.
    let date = move |bytes: &mut [u8]| {
        if let Some(at) = place_of(bytes, "\r\ndate: ").filter(|_| wrong.load(Ordering::Relaxed)) {
            let year = at + "\r\ndate: Sat, 28 Nov ".len();
            bytes[year..year + 4].copy_from_slice(b"2999");
        }
    };
    let (program, _sandbox) = watched(Box::new(|_| ()), Box::new(date));
    let mut service = Service::start(&program);
    let said = service.wait_for("both sides cannot be looked at");
    let [error, hint] = ["error", "hint"].map(|it| said[it].as_str().unwrap());
    assert!(
        error.starts_with("the clock of this machine is ")
            && error.ends_with(" min behind that of tenant contoso"),
        "{said}"
    );
    assert!(hint.starts_with("set it by a time server"), "{said}");
    is_wrong.store(false, Ordering::Relaxed);
    assert_eq!(service.wait_for("cycle ended")["done"], 2);
    service.stop();
}

/// A name that leads nowhere (RFC 6761, 6.4).
#[test]
fn names_that_lead_nowhere_are_said_and_told_and_stop_no_other_policy() {
    let (mut program, _sandbox, cut) = behind_a_cut("adatum");
    cut.mend();
    let office = tell(&mut program);
    let sides = program.read("policy/sides.yaml");
    let away = "---\napiVersion: samesign.dev/v1alpha1\nkind: Directory\nmetadata: {name: corp}\nspec:\n  ldap:\n    \
                domain: contoso.com\n    servers: [dc1.contoso.invalid]\n    \
                bind: {simple: {user: svc@contoso.com, passwordFrom: {env: TENANT_SECRET}}}\n";
    let (directory, tenant) = sides.split_once("---").unwrap();
    program.write("policy/policy.yaml", &(policy("auto", "1s") + "  alarms: {noSuccessAfter: 0s}\n"));
    // The other policy reads the export on.
    let other = program.read("policy/other.yaml").replace("directory: corp", "directory: export");
    program.write("policy/other.yaml", &(directory.replace("name: corp", "name: export") + "---" + &other));
    program.write("policy/sides.yaml", &format!("{away}---{tenant}"));
    let mut service = Service::start(&program);
    let said = service.wait_for("both sides cannot be looked at");
    assert!(said["error"].as_str().unwrap().contains("cannot connect to dc1.contoso.invalid:636"), "{said}");
    assert!(told(&office).contains("dc1.contoso.invalid:636"));
    program.write("policy/corp.ldif", &ldif(&["ada", "bob", "eve"]));
    while service.wait_for("cycle ended")["policy"] != "adatum" {}
    program.write("policy/sides.yaml", &sides);
    assert!(told(&office).starts_with("recovered noSuccess "));
    service.stop();
}

#[test]
fn a_tenant_whose_name_leads_nowhere_is_named_and_served_once_it_is_found() {
    let (program, _sandbox, server) = apart();
    let right = program.read("policy/sides.yaml");
    let nowhere = right.replace(&format!("http://{server}"), "https://graph.contoso.invalid");
    program.write("policy/sides.yaml", &nowhere);
    let output = program.run(&["plan", "policy"]);
    assert_eq!(output.code, 1);
    let said = output.stderr.lines().find(|it| it.starts_with("error: ")).unwrap();
    assert!(said.contains("graph.contoso.invalid"), "{}", output.stderr);
    let mut service = Service::start(&program);
    let said = service.wait_for("both sides cannot be looked at");
    assert!(said["error"].as_str().unwrap().contains("graph.contoso.invalid"), "{said}");
    program.write("policy/sides.yaml", &right);
    assert_eq!(service.wait_for("cycle ended")["done"], 2);
    service.stop();
}

#[test]
fn a_folder_that_the_account_may_not_write_is_named_before_anything_is_done() {
    let program = folder("auto", "1s");
    std::fs::create_dir(program.path("records")).unwrap();
    let plain = program.command(&["run", "policy", "--once", "--state", "records"]);
    // Whoever is root may write everywhere, so somebody else has to be.
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    command.arg(plain.get_program()).args(plain.get_args()).current_dir(program.path(""));
    command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(program.path(""), everybody).unwrap();
    let Some(output) = command.output().ok().filter(|it| !it.stderr.starts_with(b"setpriv: ")) else {
        return;
    };
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.starts_with("error: cannot make records/state.db\n  caused by: Permission denied"),
        "{said}"
    );
    assert!(said.contains("hint: make it and its folder writable for the account"), "{said}");
    assert!(!program.path("policy/.sandbox/tenant.json").exists());
}

#[test]
fn one_look_at_each_policy_waits_for_no_silent_tenant_and_prints_in_the_order_of_names() {
    let (program, _sandbox, cut) = behind_a_cut("fabrikam");
    let reviewed = program.read("policy/other.yaml").replace("mode: auto", "mode: review");
    program.write("policy/other.yaml", &reviewed);
    let mut once = Service::of(program.command(&["run", "policy", "--once", "--log", "json"]));
    assert_eq!(once.wait_for("cycle ended")["policy"], "fabrikam");
    cut.mend();
    assert_eq!(once.wait_for("cycle ended")["policy"], "contoso");
    let (code, printed) = once.end();
    let created =
        "done     create user ada@contoso.com\ndone     create user bob@contoso.com\napplied: 2 done\n";
    assert_eq!((code, printed), (Some(3), format!("{created}applied: 0 done; 2 held\n")));
}

#[test]
fn a_look_that_does_not_end_is_told_while_it_lasts_and_is_over_once_one_ended() {
    let (mut program, _sandbox, cut) = behind_a_cut("adatum");
    let office = tell(&mut program);
    program.write("policy/policy.yaml", &(policy("auto", "1s") + "  alarms: {noSuccessAfter: 1s}\n"));
    let service = Service::start(&program);
    let raised = told(&office);
    assert!(raised.starts_with("raised noSuccess nothing went well with both sides since 20"), "{raised}");
    assert!(raised.ends_with(" UTC has not come to its end"), "{raised}");
    cut.mend();
    assert_eq!(told(&office), raised.replace("raised", "recovered"));
    service.stop();
    assert!(office.is_empty());
}

/// Lists of the tenant are older than what it tells of changes, and a service begins in between.
#[test]
fn a_reading_that_was_too_old_is_doubted_once_the_tenant_is_as_wanted_twice() {
    let mut program = folder("auto", "1s");
    let seed = "domains:\n  - {name: contoso.onmicrosoft.com, initial: true}\n  - {name: contoso.com, default: true}\n\
                replication: {listMs: 4000}\n";
    let _sandbox = Ending(tenant_apart(&mut program, seed));
    let apply = ["apply", "policy", "--auto-approve"];
    assert_eq!(program.run(&apply).code, 0);
    while program.run(&["plan", "policy", "--detailed-exitcode"]).code != 0 {}
    let titled = ldif(&["ada", "bob"]).replace("sAMAccountName: ada", "sAMAccountName: ada\ntitle: Boss");
    program.write("policy/corp.ldif", &titled);
    assert_eq!(program.run(&apply).code, 0);
    let mut service = Service::of(program.command(&["run", "policy", "-vv", "--log", "json"]));
    service.wait_for("cycle ended");
    service.wait_for("nothing changed");
    service.stop();
}

/// The program with its records on a small disk that only it sees. `None` where only root may do that, and we are not.
fn on_a_small_disk(program: &Program, then: &str, arguments: &[&str]) -> Option<Command> {
    let mounted = "mount -t tmpfs -o size=256k disk disk";
    std::fs::create_dir(program.path("disk")).unwrap();
    let plain = program.command(&[arguments, &["--state", "disk"]].concat());
    let within = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", script, "sh"]).arg(plain.get_program()).args(plain.get_args());
        command.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(program.path("")).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let is_allowed = within(mounted).output().is_ok_and(|it| it.status.success());
    is_allowed.then(|| within(&format!("{mounted} && {then} exec \"$@\"")))
}

/// Fills the small disk of a service; the file that fills it.
fn fill(program: &Program, service: &Service) -> PathBuf {
    let filler =
        PathBuf::from(format!("/proc/{}/root{}", service.id(), program.path("disk/filler").display()));
    #[expect(clippy::disallowed_methods, reason = "it is written until there is no room")]
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    filler
}

#[test]
fn a_disk_that_fills_while_changes_are_under_way_ends_the_look_and_nothing_is_done_twice() {
    let (say, hear) = mpsc::channel();
    let (go_on, told) = mpsc::channel::<()>();
    // The first request that writes waits until the disk is full; all are counted.
    let writes = Arc::new(AtomicUsize::new(0));
    let (count, waits) = (Arc::clone(&writes), Mutex::new((say, told)));
    let asked = move |bytes: &mut [u8]| {
        let creates = place_of(bytes, "\"POST\"").or_else(|| place_of(bytes, "POST /v1.0/users"));
        if creates.is_some() && count.fetch_add(1, Ordering::Relaxed) == 0 {
            let (say, told) = &*waits.lock().unwrap();
            say.send(()).unwrap();
            let _is_over = told.recv();
        }
    };
    let (program, _sandbox) = watched(Box::new(asked), Box::new(|_| ()));
    let Some(command) = on_a_small_disk(&program, "", &["run", "policy", "--log", "json"]) else { return };
    let mut service = Service::of(command);
    hear.recv_timeout(PATIENCE).unwrap();
    let filler = fill(&program, &service);
    go_on.send(()).unwrap();
    let said = service.wait_for("both sides cannot be looked at");
    assert!(said["error"].as_str().unwrap().contains("database or disk is full"), "{said}");
    let written = writes.load(Ordering::Relaxed);
    std::fs::remove_file(filler).unwrap();
    service.wait_for("both sides can be looked at again");
    assert_eq!(writes.load(Ordering::Relaxed), written, "those who are there are found");
    service.stop();
    assert_eq!(program.run(&["plan", "policy", "--detailed-exitcode"]).code, 0);
}

#[test]
fn a_full_disk_lets_nothing_be_done_that_is_not_recorded_until_there_is_room() {
    let program = folder("auto", "1s");
    let Some(command) = on_a_small_disk(&program, "", &["run", "policy", "--log", "json"]) else { return };
    let mut service = Service::of(command);
    assert_eq!(service.wait_for("cycle ended")["done"], 2);
    let filler = fill(&program, &service);
    program.write("policy/corp.ldif", &ldif(&["ada", "bob", "eve"]));
    let said = service.wait_for("both sides cannot be looked at");
    let [error, hint] = ["error", "hint"].map(|it| said[it].as_str().unwrap());
    assert!(error.starts_with("cannot write disk/state.db: database or disk is full"), "{said}");
    assert!(hint.contains("make room there"), "{said}");
    std::fs::remove_file(filler).unwrap();
    // Only now: had it been done before, nothing would be left to do.
    assert_eq!(service.wait_for("cycle ended")["done"], 1);
    service.stop();
}

#[test]
fn a_disk_that_cannot_be_written_is_named_before_anything_is_done() {
    let program = folder("auto", "1s");
    let read_only = "mount -o remount,ro disk &&";
    let Some(mut command) = on_a_small_disk(&program, read_only, &["run", "policy", "--once"]) else {
        return;
    };
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    expect![[r#"
        error: cannot make disk/state.db
          caused by: Read-only file system (os error 30)

        hint: make it and its folder writable for the account that samesign runs as, or name another folder with --state
    "#]]
    .assert_eq(&String::from_utf8(output.stderr).unwrap());
    assert!(!program.path("policy/.sandbox/tenant.json").exists());
}
