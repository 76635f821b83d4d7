//! Who sits at the keyboard, as the operating system says it.

use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// Nobody else sits down while the program runs, and asking may take another process.
static NAME: LazyLock<String> = LazyLock::new(|| found().unwrap_or_else(|| "unknown".to_owned()));

/// The login name; with `sudo`, that of whoever used it. `unknown` for a service without one.
pub(super) fn name() -> String {
    NAME.clone()
}

/// The login name, if there is one: a service or a container may have no variable with it.
pub(super) fn found() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    let variable = |name: &str| std::env::var(name).ok().filter(|it| !it.trim().is_empty());
    ["SUDO_USER", "USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable).or_else(asked)
}

/// What `id -un` (POSIX) says.
fn asked() -> Option<String> {
    let output = Command::new("id").arg("-un").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Some(name).filter(|it| output.status.success() && !it.is_empty())
}
