//! Keeps the memory of the program out of core dumps and away from the debuggers of its own account.
//!
//! It does not know what in it is secret. Whoever is root reads it all the same.

#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Forbids dumps from here on. Where that fails the program goes on: it does no harm by itself.
#[cfg(target_os = "linux")]
pub(super) fn forbid() {
    // A handler in the kernel's `core_pattern` heeds the first only, and a file is stopped by either.
    let no_dump = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // What runs inside of this program inherits the limit and not the first.
    let no_core = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    for cause in [no_dump, no_core].into_iter().filter_map(Result::err) {
        tracing::warn!(%cause, "a crash may write secrets to disk: core dumps cannot be forbidden");
    }
}

/// Other systems have other means, and are not what the program is made for.
#[cfg(not(target_os = "linux"))]
pub(super) const fn forbid() {}
