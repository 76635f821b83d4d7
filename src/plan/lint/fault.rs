//! What can be wrong with a plan, in words.
//!
//! It does not know how a fault is found.

use jiff::Timestamp;

use crate::model::{Anchor, CloudId, Digest, Property};
use crate::plan::change::{Change, SubjectKind};
use crate::plan::hold::Guard;

/// The change that a fault is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{op} {kind} {name}")]
pub struct Culprit {
    /// Operation.
    pub op: &'static str,
    /// Kind of object, or the tenant.
    pub kind: SubjectKind,
    /// The object's name.
    pub name: String,
    /// Digest of the change.
    pub digest: Digest,
}

impl Culprit {
    pub(super) fn of(change: &Change) -> Self {
        let Change {
            kind,
            name,
            op,
            digest,
            anchor: _,
            subject: _,
            because: _,
            stage: _,
            held: _,
            for_good: _,
        } = change;
        Self { op: op.word(), kind: *kind, name: name.to_string(), digest: *digest }
    }
}

/// Something that no plan may do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It names an object of the tenant that does not come from the directory.
    #[error("{0}: neither an anchor nor our records tie this object of the tenant to the directory")]
    CloudOnly(Culprit),
    /// It names an object of the tenant that is another object of the directory.
    #[error("{what}: the object of the tenant carries another anchor, {found}")]
    OtherAnchor {
        /// The change.
        what: Culprit,
        /// The anchor of the tenant's object.
        found: Anchor,
    },
    /// It names an object that the tenant does not have.
    #[error("{0}: the tenant has no such object")]
    NotInTenant(Culprit),
    /// It names an object that is deleted, and stays so.
    #[error("{0}: the object is in the recycle bin, and nothing takes it out first")]
    InRecycleBin(Culprit),
    /// It restores an object that is not deleted.
    #[error("{0}: the object is not in the recycle bin")]
    NotInRecycleBin(Culprit),
    /// It creates an object that the tenant has.
    #[error("{what}: the tenant has an object with this anchor already, {id}")]
    AnchorTaken {
        /// The change.
        what: Culprit,
        /// The object that has the anchor.
        id: CloudId,
    },
    /// It names an object that Entra Connect is master of.
    #[error("{0}: Entra Connect is master of this object")]
    MasteredElsewhere(Culprit),
    /// It takes out a member that does not come from the directory.
    #[error("{what}: takes out {member}, who does not come from the directory")]
    ForeignMember {
        /// The change.
        what: Culprit,
        /// The member's name.
        member: String,
    },
    /// It takes over an object of the tenant, and no guard holds it.
    #[error("{0}: no guard holds it")]
    UnheldAdoption(Culprit),
    /// It turns a switch of the tenant, and no guard holds it.
    #[error("{0}: no guard holds it, and a switch concerns everybody")]
    UnheldFeatures(Culprit),
    /// It takes over an object of the tenant that nobody may take over.
    #[error("{what}: the object of the tenant {why}")]
    UnfitAdoption {
        /// The change.
        what: Culprit,
        /// What speaks against it.
        why: &'static str,
    },
    /// It takes something away, and the reading of the directory broke off.
    #[error("{0}: the reading of the directory broke off, so nobody can be known to have left")]
    PartialReading(Culprit),
    /// It removes an object that our records do not know.
    #[error("{0}: our records do not link this object")]
    NotRecorded(Culprit),
    /// It deletes an object for another reason than that it left.
    #[error("{0}: only what left is deleted")]
    NotDeparted(Culprit),
    /// It deletes an object before its time.
    #[error("{what}: the grace period is not over: {}", grace(*.since, *.days))]
    GracePeriod {
        /// The change.
        what: Culprit,
        /// Since when it is recorded as blocked.
        since: Option<Timestamp>,
        /// Days that the policy waits; `None` never deletes.
        days: Option<u32>,
    },
    /// It removes an object that the directory has, in scope.
    #[error("{what}: {dn} is in the directory and in scope")]
    StillInScope {
        /// The change.
        what: Culprit,
        /// The object's name in the directory.
        dn: String,
    },
    /// It touches the sign-in of a protected account, and could run.
    #[error("{what}: the account is protected: {why}")]
    Protected {
        /// The change.
        what: Culprit,
        /// What protects it.
        why: String,
    },
    /// It blocks or deletes a user unheld, and nobody knows who holds admin roles.
    #[error("{0}: it is not known who holds admin roles, and no guard holds it")]
    RolesUnknown(Culprit),
    /// A removal that a change of policy causes, and no guard holds it.
    #[error("{0}: a change of policy causes it, and no guard holds it")]
    PolicyChange(Culprit),
    /// It takes something away on the word of a doubtful reading, and no guard holds it.
    #[error("{0}: the reading of the directory is doubtful, and no guard holds it")]
    Doubtful(Culprit),
    /// It runs in a stage that is not its own.
    #[error("{0}: runs in the wrong stage")]
    WrongStage(Culprit),
    /// It runs after a change of a later stage.
    #[error("{what}: runs after {before}, which belongs to a later stage")]
    OutOfOrder {
        /// The change.
        what: Culprit,
        /// The change before it.
        before: Culprit,
    },
    /// It refers to an object that does not exist then.
    #[error("{what}: refers to {name}, which does not exist then")]
    MissingReference {
        /// The change.
        what: Culprit,
        /// The object that it refers to.
        name: String,
    },
    /// It takes a name that somebody else still has.
    #[error("{what}: takes the name {name} before {owner} gives it up")]
    NameTaken {
        /// The change.
        what: Culprit,
        /// The name.
        name: String,
        /// Who has it.
        owner: CloudId,
    },
    /// It switches sign-in as if that were a property like others.
    #[error("{0}: switches sign-in, which only a block and its opposite may do")]
    SignInByUpdate(Culprit),
    /// A value does not have the form of its property.
    #[error("{what}: {property} cannot have such a value")]
    WrongValue {
        /// The change.
        what: Culprit,
        /// The property.
        property: Property,
    },
    /// More changes run than a limit of the policy lets.
    #[error("{}{} counts {counted} that would run, and its limit is {limit}", .guard.word(), of(.whose.as_deref()))]
    OverLimit {
        /// The guard of the limit.
        guard: Guard,
        /// The group that the limit is of, if it is one of each group.
        whose: Option<String>,
        /// What counts for it and runs.
        counted: usize,
        /// The limit, as people read it.
        limit: String,
    },
    /// Something happens twice.
    #[error("{what}: {part} stands in the plan twice")]
    Twice {
        /// The second of the two changes, or the only one.
        what: Culprit,
        /// What happens twice.
        part: String,
    },
    /// Two objects get one name.
    #[error("{what}: gets the name {name}, and so does {other}")]
    SameName {
        /// The second of the two changes.
        what: Culprit,
        /// The first.
        other: Culprit,
        /// The name.
        name: String,
    },
    /// It puts something back in a plan that undoes no run, or another run; or it does something else in one that does.
    #[error("{0}: a plan undoes one run and does nothing else, or undoes none")]
    MixedWithRollback(Culprit),
    /// Two changes have one digest, so that an approval of one would be one of both.
    #[error("{what}: has the digest of {other}")]
    SameDigest {
        /// The second of the two changes.
        what: Culprit,
        /// The first.
        other: Culprit,
    },
}

fn grace(since: Option<Timestamp>, days: Option<u32>) -> String {
    match (since, days) {
        (_, None) => "the policy never deletes".to_owned(),
        (None, Some(_)) => "no block is on record".to_owned(),
        (Some(since), Some(days)) => format!("blocked since {since}, deleted after {days} days"),
    }
}

fn of(whose: Option<&str>) -> String {
    whose.map_or_else(String::new, |it| format!(" of {it}"))
}
