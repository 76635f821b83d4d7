//! What breaks around a running service: it goes on with the rest, says what is the matter, and goes on when it is over.

use std::fs::File;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use expect_test::expect;

use super::running::{SIDES, Service, folder, ldif, policy, tenant_apart};
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

#[test]
fn a_tenant_that_is_silent_delays_no_other_and_is_served_once_it_answers() {
    let mut program = folder("auto", "1s");
    let seed = "domains:\n  - {name: contoso.onmicrosoft.com, initial: true}\n  - {name: contoso.com, default: true}\n";
    let _sandbox = Ending(tenant_apart(&mut program, seed));
    let sides = program.read("policy/sides.yaml");
    let server = sides.split_once("http://").unwrap().1.split(['/', '"']).next().unwrap();
    let cut = Cut::before(server.parse().unwrap());
    program.write("policy/sides.yaml", &sides.replace(server, &format!("127.0.0.1:{}", cut.port)));
    let tenant = SIDES.split_once("---").unwrap().1.replace("name: contoso", "name: adatum");
    let other = policy("auto", "1s").replace("name: contoso", "name: adatum");
    program.write(
        "policy/other.yaml",
        &format!("{tenant}---{}", other.replace("tenant: contoso", "tenant: adatum")),
    );
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

#[test]
fn a_full_disk_lets_nothing_be_done_that_is_not_recorded_until_there_is_room() {
    let program = folder("auto", "1s");
    let Some(command) = on_a_small_disk(&program, "", &["run", "policy", "--log", "json"]) else { return };
    let mut service = Service::of(command);
    assert_eq!(service.wait_for("cycle ended")["done"], 2);
    let filler =
        PathBuf::from(format!("/proc/{}/root{}", service.id(), program.path("disk/filler").display()));
    #[expect(clippy::disallowed_methods, reason = "it is written until there is no room")]
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
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
