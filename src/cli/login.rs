//! Who sits at the keyboard, as the operating system says it.

/// The login name; with `sudo`, that of whoever used it. `unknown` for a service without one.
pub(super) fn name() -> String {
    found().unwrap_or_else(|| "unknown".to_owned())
}

/// The login name, if there is one.
pub(super) fn found() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the environment")]
    let variable = |name: &str| std::env::var(name).ok().filter(|it| !it.trim().is_empty());
    ["SUDO_USER", "USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable)
}
