//! Nothing of the program's memory gets to disk when it crashes, and only root can look into it.

use std::fs::Permissions;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::program::{Program, read};

/// The program, which does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _gone = self.0.kill();
        let _waited = self.0.wait();
    }
}

/// Started by a shell that does something before, and far enough to have forbidden what it forbids.
fn running(program: &Program, before: &str, user: Option<u32>) -> Running {
    let samesign = program.command(&["sandbox", "--listen", "127.0.0.1:0"]);
    let file = match user {
        None => samesign.get_program().into(),
        Some(_) => readable_copy(program, Path::new(samesign.get_program())),
    };
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{before} exec \"$@\""), "sh"]).arg(file).args(samesign.get_args());
    command.current_dir(program.path("")).env_clear();
    command.envs(samesign.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(user) = user {
        command.uid(user);
    }
    let mut running = Running(command.spawn().unwrap());
    let mut said = String::new();
    BufReader::new(running.0.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert!(said.starts_with("sandbox tenant "), "{said}");
    running
}

/// The folder of the build may be closed to others.
fn readable_copy(program: &Program, file: &Path) -> PathBuf {
    let copy = program.path("samesign");
    std::fs::copy(file, &copy).unwrap();
    std::fs::set_permissions(program.path(""), Permissions::from_mode(0o755)).unwrap();
    copy
}

impl Running {
    fn crash(mut self) -> ExitStatus {
        let killed = Command::new("kill").args(["-ABRT", &self.0.id().to_string()]).status().unwrap();
        assert!(killed.success());
        self.0.wait().unwrap()
    }

    fn proc(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.0.id())
    }
}

#[test]
fn a_crash_leaves_no_core_behind() {
    let program = Program::new();
    let running = running(&program, "ulimit -S -c \"$(ulimit -H -c)\" &&", None);
    let limits = read(Path::new(&running.proc("limits")));
    let core = limits.lines().find_map(|it| it.strip_prefix("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>(), ["0", "0", "bytes"]);
    let status = running.crash();
    assert!(status.signal().is_some() && !status.core_dumped(), "{status:?}");
}

/// What of a process its own account may look into is that account's in `/proc`, and root's if it may not. Root's
/// processes show nothing, so root runs it as somebody else.
#[test]
fn its_memory_is_closed_to_the_account_that_it_runs_as() {
    const NOBODY: u32 = 65534;
    let program = Program::new();
    let owner = |path: &str| std::fs::metadata(path).unwrap().uid();
    let me = owner("/proc/self/mem");
    let user = (me == 0).then_some(NOBODY);
    let running = running(&program, "", user);
    assert_eq!(owner(&running.proc("mem")), 0);
    // Any other process of that account is open to it.
    let mut other = Command::new("cat");
    let mut other =
        Running(other.uid(user.unwrap_or(me)).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    other.0.stdin.as_mut().unwrap().write_all(b"?").unwrap();
    other.0.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    assert_eq!(owner(&other.proc("mem")), user.unwrap_or(me));
}
