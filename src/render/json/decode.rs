//! JSON to plan: a saved plan is read back, and refused if a single value in it was edited.

use std::str::FromStr;

use crate::model::{Feature, Guid, ObjectKind, Property, Provenance, Watermark};
use crate::plan::{
    AttributeChange, Because, Binding, Departure, FeatureTurn, Guard, GuardState, Header, Hold, LeftAlone,
    Move, NewValue, ObjectRef, Op, PasswordSet, Plan, PlanParts, Planned, PolicyEdit, Report, Rollback, Side,
    Stage, Subject, SubjectKind, Tampered, UnboundChange, Value,
};
use crate::policy::Limit;

use super::format::{
    AttributeJson, BecauseJson, ChangeJson, EditJson, FORMAT, GuardJson, OpJson, PLANS_FORMAT, PlanJson,
    PlansJson, ReasonJson, ReferenceJson, StageJson, StageNameJson, SubjectKindJson, ValueJson,
};
use super::pseudonymous::{PSEUDONYMOUS_PLAN_FORMAT, PSEUDONYMOUS_PLANS_FORMAT};

/// A saved plan.
#[derive(Clone, Debug)]
pub struct PlanFile {
    /// The plan. Its report has only what was saved: no links to record.
    pub planned: Planned,
    /// Folder of the manifests that it was made from.
    pub manifests: Option<String>,
}

/// Why a text is no saved plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// It is no JSON of this format.
    #[error("not a saved plan")]
    NotAPlan(#[source] serde_json::Error),
    /// It has another format.
    #[error("format {0:?} is not known to this samesign")]
    UnknownFormat(String),
    /// It is a plan for reading only.
    #[error("names and values in it are pseudonyms, which nobody has: it is for reading only")]
    Pseudonymous,
    /// A value cannot be read.
    #[error("change {at} ({name}): {what} is not valid")]
    Value {
        /// Which change, counted from 1.
        at: usize,
        /// The object's name.
        name: String,
        /// What cannot be read.
        what: &'static str,
    },
    /// It was edited after it was saved.
    #[error("the plan was edited after it was saved: make a new one")]
    Tampered(#[source] Tampered),
}

impl PlanFileError {
    /// What to do about it, if there is something.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Pseudonymous => Some(
                "with --out FILE, samesign plan --pseudonymise saves the plan itself, and prints the other one",
            ),
            Self::NotAPlan(_) | Self::UnknownFormat(_) | Self::Value { .. } | Self::Tampered(_) => None,
        }
    }
}

/// Reads one plan or several.
pub fn read_plans(text: &str) -> Result<Vec<PlanFile>, PlanFileError> {
    #[derive(serde::Deserialize)]
    struct Head {
        format: String,
    }
    let head: Head = serde_json::from_str(text).map_err(PlanFileError::NotAPlan)?;
    let plans = match head.format.as_str() {
        FORMAT => vec![serde_json::from_str(text).map_err(PlanFileError::NotAPlan)?],
        PLANS_FORMAT => serde_json::from_str::<PlansJson>(text).map_err(PlanFileError::NotAPlan)?.plans,
        PSEUDONYMOUS_PLAN_FORMAT | PSEUDONYMOUS_PLANS_FORMAT => return Err(PlanFileError::Pseudonymous),
        _ => return Err(PlanFileError::UnknownFormat(head.format)),
    };
    plans.into_iter().map(plan).collect()
}

fn plan(json: PlanJson) -> Result<PlanFile, PlanFileError> {
    let header = header(&json).ok_or(PlanFileError::Value {
        at: 0,
        name: json.policy.name.clone(),
        what: "the head of the plan",
    })?;
    let mut changes = Vec::with_capacity(json.changes.len());
    for (at, it) in json.changes.iter().enumerate() {
        let unreadable = |what| PlanFileError::Value { at: at + 1, name: it.name.clone(), what };
        let digest = it.digest.parse().map_err(|_| unreadable("its digest"))?;
        changes.push((change(it).map_err(unreadable)?, digest));
    }
    let parts = PlanParts {
        binding: Binding { policy: header.policy.clone(), tenant_id: header.tenant_id.clone() },
        rollback: json.rollback.map(|it| Rollback { run: it.run, plan: it.plan }),
        policy_digest: header.policy_digest,
        changes,
        guards: json.guards.iter().filter_map(guard_state).collect(),
        id: json.id,
    };
    let plan = Plan::reassemble(parts).map_err(PlanFileError::Tampered)?;
    let report = Report {
        left_alone: LeftAlone {
            unchanged: json.left_alone.unchanged,
            cloud_only: json.left_alone.cloud_only,
            mastered_elsewhere: json.left_alone.mastered_elsewhere,
            unknown_anchor: json.left_alone.unknown_anchor,
            ..LeftAlone::default()
        },
        ..Report::default()
    };
    Ok(PlanFile { planned: Planned { header, plan, report }, manifests: json.manifests })
}

fn header(json: &PlanJson) -> Option<Header> {
    let watermark = match &json.directory.watermark {
        None => None,
        Some(it) => Some(Watermark {
            server: it.server.clone(),
            domain: it.domain.as_deref().map(Guid::from_str).transpose().ok()?,
            invocation_id: it.invocation_id.as_deref().map(Guid::from_str).transpose().ok()?,
            highest_usn: it.highest_usn,
        }),
    };
    Some(Header {
        policy: json.policy.name.clone(),
        provenance: Provenance { commit: json.policy.commit.clone(), dirty: json.policy.dirty },
        policy_digest: json.policy.digest.parse().ok()?,
        directory: Side {
            name: json.directory.name.clone(),
            objects: json.directory.objects,
            whole: json.directory.whole,
        },
        watermark,
        tenant: Side {
            name: json.tenant.name.clone(),
            objects: json.tenant.objects,
            whole: json.tenant.whole,
        },
        tenant_id: json.tenant.id.clone(),
    })
}

fn guard(word: &str) -> Option<Guard> {
    Guard::ALL.into_iter().find(|it| it.word() == word)
}

fn guard_state(json: &GuardJson) -> Option<GuardState> {
    let limit = json.limit.as_ref().map(|it| Limit { max: it.max, percent: it.percent, floor: it.floor });
    Some(GuardState { guard: guard(&json.guard)?, counted: json.counted, limit, tripped: json.tripped })
}

fn change(json: &ChangeJson) -> Result<UnboundChange, &'static str> {
    let anchor = json.anchor.parse().map_err(|_| "its anchor")?;
    let subject = match &json.id {
        Some(id) => Subject::Known(id.parse().map_err(|_| "its id")?),
        None => Subject::Created(anchor),
    };
    let held = match &json.held {
        None => None,
        Some(it) => Some(Hold {
            guard: guard(&it.guard).ok_or("the guard that holds it")?,
            reason: it.reason.clone(),
        }),
    };
    Ok(UnboundChange {
        kind: match (json.kind, subject) {
            (SubjectKindJson::User, _) => SubjectKind::Object(ObjectKind::User),
            (SubjectKindJson::Group, _) => SubjectKind::Object(ObjectKind::Group),
            (SubjectKindJson::Contact, _) => SubjectKind::Object(ObjectKind::Contact),
            (SubjectKindJson::Tenant, Subject::Known(_)) => SubjectKind::Tenant,
            (SubjectKindJson::Tenant, Subject::Created(_)) => return Err("the id of the tenant"),
        },
        anchor,
        subject,
        name: json.name.as_str().into(),
        op: op(json)?,
        because: because(&json.because)?,
        stage: stage(json.stage),
        held,
        for_good: json.for_good,
    })
}

fn op(json: &ChangeJson) -> Result<Op, &'static str> {
    if json.kind == SubjectKindJson::Tenant {
        return match json.op {
            OpJson::Update => Ok(Op::Features(json.attributes.iter().map(turn).collect::<Result<_, _>>()?)),
            OpJson::Create
            | OpJson::Block
            | OpJson::Unblock
            | OpJson::Delete
            | OpJson::Restore
            | OpJson::Adopt
            | OpJson::Members
            | OpJson::Password => Err("its operation"),
        };
    }
    Ok(match json.op {
        OpJson::Create => Op::Create(json.attributes.iter().map(new_value).collect::<Result<_, _>>()?),
        OpJson::Update => Op::Update(json.attributes.iter().map(attribute).collect::<Result<_, _>>()?),
        OpJson::Block => Op::Block,
        OpJson::Unblock => Op::Unblock,
        OpJson::Delete => Op::Delete,
        OpJson::Restore => Op::Restore(json.attributes.iter().map(attribute).collect::<Result<_, _>>()?),
        OpJson::Adopt => {
            let (agree, differ): (Vec<_>, Vec<_>) =
                json.attributes.iter().partition(|it| it.to.is_some() && it.from == it.to);
            Op::Adopt {
                differ: differ.into_iter().map(attribute).collect::<Result<_, _>>()?,
                agree: agree.into_iter().map(new_value).collect::<Result<_, _>>()?,
            }
        }
        OpJson::Members => {
            let members = json.members.as_ref().ok_or("its members")?;
            Op::Members {
                add: members.add.iter().map(reference).collect::<Result<_, _>>()?,
                remove: members.remove.iter().map(reference).collect::<Result<_, _>>()?,
                after: members.after,
            }
        }
        OpJson::Password => {
            let password = json.password.as_ref().ok_or("its password")?;
            Op::Password(PasswordSet {
                account: password.account.parse().map_err(|_| "the account of its password")?,
                last_set: password.last_set.parse().map_err(|_| "the time of its password")?,
                must_change: password.must_change,
            })
        }
    })
}

fn property(name: &str) -> Result<Property, &'static str> {
    name.parse().map_err(|_| "a property's name")
}

pub(super) fn turn(json: &AttributeJson) -> Result<FeatureTurn, &'static str> {
    let feature = Feature::named(&json.name).ok_or("a switch's name")?;
    match json.to {
        Some(ValueJson::Switch(on)) => Ok(FeatureTurn { feature, on }),
        Some(ValueJson::Text(_) | ValueJson::Set(_) | ValueJson::NotShown(_) | ValueJson::Reference(_))
        | None => Err("the position of a switch"),
    }
}

fn new_value(json: &AttributeJson) -> Result<NewValue, &'static str> {
    let to = json.to.as_ref().ok_or("a property without a value")?;
    Ok(NewValue { property: property(&json.name)?, value: value(to)? })
}

pub(super) fn attribute(json: &AttributeJson) -> Result<AttributeChange, &'static str> {
    Ok(AttributeChange {
        property: property(&json.name)?,
        from: json.from.as_ref().map(value).transpose()?,
        to: json.to.as_ref().map(value).transpose()?,
    })
}

pub(super) fn value(json: &ValueJson) -> Result<Value, &'static str> {
    Ok(match json {
        ValueJson::Switch(on) => Value::Switch(*on),
        ValueJson::Text(text) => Value::Text(text.as_str().into()),
        ValueJson::Set(values) => Value::Set(values.iter().map(|it| it.as_str().into()).collect()),
        ValueJson::NotShown(_) => Value::NotShown,
        ValueJson::Reference(object) => Value::Reference(Box::new(reference(object)?)),
    })
}

pub(super) fn reference(json: &ReferenceJson) -> Result<ObjectRef, &'static str> {
    let subject = match (&json.id, &json.anchor) {
        (Some(id), None) => Subject::Known(id.parse().map_err(|_| "the id of a referenced object")?),
        (None, Some(anchor)) => {
            Subject::Created(anchor.parse().map_err(|_| "the anchor of a referenced object")?)
        }
        (Some(_), Some(_)) | (None, None) => return Err("a reference needs an id or an anchor"),
    };
    Ok(ObjectRef { subject, name: json.name.as_str().into() })
}

fn because(json: &BecauseJson) -> Result<Because, &'static str> {
    let day = |text: &Option<String>| text.as_deref().map(str::parse).transpose().map_err(|_| "a day");
    let detail = || json.detail.clone().ok_or("the detail of its reason");
    let departed = |how| Ok(Because::Departed { how, delete_on: day(&json.delete_on)? });
    Ok(match json.reason {
        ReasonJson::MissingInTenant => Because::MissingInTenant,
        ReasonJson::InRecycleBin => Because::InRecycleBin,
        ReasonJson::MasteredByCloud => Because::MasteredByCloud,
        ReasonJson::PasswordChanged => Because::PasswordChanged,
        ReasonJson::FeatureDiffers => Because::FeatureDiffers,
        ReasonJson::AttributeDiffers => Because::AttributeDiffers,
        ReasonJson::MembersDiffer => Because::MembersDiffer,
        ReasonJson::DisabledInDirectory => Because::DisabledInDirectory,
        ReasonJson::ExpiredInDirectory => {
            Because::ExpiredInDirectory(Some(day(&json.expired_on)?.ok_or("a day")?))
        }
        ReasonJson::EnabledInDirectory => Because::EnabledInDirectory,
        ReasonJson::Returned => Because::Returned,
        ReasonJson::MembersDeparted => Because::MembersDeparted,
        ReasonJson::RolledBack => Because::RolledBack { run: json.run.ok_or("the run that is undone")? },
        ReasonJson::DeletedInDirectory => return departed(Departure::DeletedInDirectory),
        ReasonJson::MovedOutOfScope => {
            let moved = match (&json.from, &json.to) {
                (Some(from), Some(to)) => Some(Box::new(Move { from: from.clone(), to: to.clone() })),
                (Some(_) | None, _) => None,
            };
            return departed(Departure::MovedOutOfScope { why: detail()?, moved });
        }
        ReasonJson::PolicyChanged => {
            return departed(Departure::PolicyChanged { why: detail()?, edit: edit(json)? });
        }
        ReasonJson::DriftedInTenant => Because::DriftedInTenant,
        ReasonJson::FlowChanged => Because::FlowChanged(edit(json)?),
        ReasonJson::LooksTheSame => Because::LooksTheSame {
            property: property(json.property.as_deref().ok_or("a property")?)?,
            dn: detail()?.into(),
        },
    })
}

fn edit(json: &BecauseJson) -> Result<Box<PolicyEdit>, &'static str> {
    let EditJson { settings, before, commit, dirty } =
        json.edit.clone().ok_or("what changed in the policy")?;
    Ok(Box::new(PolicyEdit { settings, before, after: Provenance { commit, dirty } }))
}

const fn stage(json: StageJson) -> Stage {
    match json.name {
        StageNameJson::Features => Stage::Features,
        StageNameJson::Block => Stage::Block,
        StageNameJson::Restore => Stage::Restore,
        StageNameJson::Adopt => Stage::Adopt,
        StageNameJson::UpdateUsers => Stage::UpdateUsers(json.after),
        StageNameJson::CreateUsers => Stage::CreateUsers,
        StageNameJson::CreateContacts => Stage::CreateContacts,
        StageNameJson::UpdateContacts => Stage::UpdateContacts,
        StageNameJson::Unblock => Stage::Unblock,
        StageNameJson::Passwords => Stage::Passwords,
        StageNameJson::Managers => Stage::Managers,
        StageNameJson::CreateGroups => Stage::CreateGroups,
        StageNameJson::UpdateGroups => Stage::UpdateGroups,
        StageNameJson::AddMembers => Stage::AddMembers,
        StageNameJson::RemoveMembers => Stage::RemoveMembers,
        StageNameJson::DeleteContacts => Stage::DeleteContacts,
        StageNameJson::DeleteGroups => Stage::DeleteGroups,
        StageNameJson::DeleteUsers => Stage::DeleteUsers,
    }
}
