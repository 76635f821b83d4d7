//! Refuses a plan that breaks the rules of every plan.
//!
//! What these rules are is not known here.

use crate::plan::Fault;

use super::error::Error;

/// One mistake usually shows many times.
const SHOWN_MAX: usize = 20;

/// Nothing, or an internal error that lists what is wrong.
pub(super) fn refuse(policy: &str, faults: &[Fault]) -> Result<(), Error> {
    if faults.is_empty() {
        return Ok(());
    }
    let refused = Error::failed(format!(
        "internal error: the plan of policy {policy} breaks a rule that every plan must keep; nothing was written"
    ));
    let mut refused = faults.iter().take(SHOWN_MAX).fold(refused, |it, fault| it.cause(fault.to_string()));
    if let Some(more) = faults.len().checked_sub(SHOWN_MAX).filter(|it| 0 < *it) {
        refused = refused.cause(format!("and {more} more"));
    }
    Err(refused.hint(
        "this is a mistake in samesign, not in the manifests or in the directory: please report these lines, \
         with the names changed if need be",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Guard;

    #[test]
    fn a_plan_with_faults_is_refused_with_each_of_them() {
        assert!(refuse("contoso", &[]).is_ok());
        let fault = Fault::OverLimit {
            guard: Guard::UserRemovals,
            whose: None,
            counted: 6,
            limit: "5 or 2 %".to_owned(),
        };
        let many = vec![fault; SHOWN_MAX + 3];
        let shown = refuse("contoso", &many).expect_err("it has faults").to_string();
        let line = "  caused by: users.removals counts 6 that would run, and its limit is 5 or 2 %\n";
        assert_eq!(shown.matches(line).count(), SHOWN_MAX);
        assert!(shown.contains("  caused by: and 3 more\n"));
        assert!(shown.starts_with("error: internal error: the plan of policy contoso breaks a rule"));
        assert!(shown.contains("please report"));
    }
}
