//! Plan to JSON.

use serde::{Serialize, Serializer};

use crate::model::{ObjectKind, Provenance, from_filetime};
use crate::plan::{
    AttributeChange, Because, Change, Departure, FeatureTurn, Finding, GuardState, Header, LeftAlone,
    NewValue, ObjectRef, Op, PasswordSet, Planned, PolicyEdit, Side, Stage, Subject, SubjectKind, Summary,
    Untouched, Value, WhyUntouched,
};

use super::format::{
    AttributeJson, BecauseJson, ChangeJson, DirectoryJson, EditJson, ExpectsJson, FORMAT, FindingJson,
    GuardJson, HoldJson, KindJson, LeftAloneJson, LimitJson, MembersJson, NotShownJson, OpJson, PLANS_FORMAT,
    PasswordJson, PlanJson, PlansJson, PolicyJson, ReasonJson, ReferenceJson, RollbackJson, StageJson,
    StageNameJson, SubjectKindJson, SummaryJson, TenantJson, UntouchedJson, ValueJson, WatermarkJson,
    WhereJson,
};

/// Plans to encode, and the folder of their manifests if they are saved.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a> {
    /// In order of the policies' names.
    pub plans: &'a [Planned],
    /// Folder of the manifests, for a saved plan.
    pub manifests: Option<&'a str>,
}

/// One plan as itself, several in an envelope; two-space indentation and a line break at the end.
pub fn plans_json(encoded: &Encoded<'_>) -> String {
    let plans: Vec<PlanJson<Changes<'_>>> =
        encoded.plans.iter().map(|it| plan(it, encoded.manifests)).collect();
    let text = match <[PlanJson<Changes<'_>>; 1]>::try_from(plans) {
        Ok([one]) => serde_json::to_string_pretty(&one),
        Err(plans) => serde_json::to_string_pretty(&PlansJson { format: PLANS_FORMAT.to_owned(), plans }),
    };
    let mut text = text.expect("the plan format has only string keys and serialises without failing");
    text.push('\n');
    text
}

/// Changes that are converted one by one as they are written: all at once, they made a first plan of 100,000 users
/// take 1.7 GB.
struct Changes<'a>(&'a [Change]);

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(change))
    }
}

fn plan<'a>(planned: &'a Planned, manifests: Option<&str>) -> PlanJson<Changes<'a>> {
    let Planned { header, plan, report } = planned;
    let Header { policy: _, provenance: _, policy_digest: _, directory, watermark, tenant: _, tenant_id: _ } =
        header;
    PlanJson {
        format: FORMAT.to_owned(),
        id: plan.id().to_owned(),
        rollback: plan.rollback().map(|it| RollbackJson { run: it.run, plan: it.plan.clone() }),
        policy: policy(header),
        manifests: manifests.map(str::to_owned),
        directory: DirectoryJson {
            name: directory.name.clone(),
            objects: directory.objects,
            whole: directory.whole,
            watermark: watermark.as_ref().map(|it| WatermarkJson {
                server: it.server.clone(),
                domain: it.domain.map(|it| it.to_string()),
                invocation_id: it.invocation_id.map(|it| it.to_string()),
                highest_usn: it.highest_usn,
            }),
        },
        tenant: tenant(header),
        held_digest: plan.held_digest().map(|it| it.to_string()),
        changes: Changes(plan.changes()),
        left_alone: left_alone(&report.left_alone),
        findings: report.findings.iter().map(finding).collect(),
        summary: summary(&Summary::of(plan)),
        guards: plan.guards().iter().map(guard).collect(),
    }
}

pub(super) fn policy(header: &Header) -> PolicyJson {
    let Provenance { commit, dirty } = &header.provenance;
    PolicyJson {
        name: header.policy.clone(),
        commit: commit.clone(),
        dirty: *dirty,
        digest: header.policy_digest.to_string(),
    }
}

pub(super) fn tenant(header: &Header) -> TenantJson {
    let Side { name, objects, whole } = header.tenant.clone();
    TenantJson { name, id: header.tenant_id.clone(), objects, whole }
}

pub(super) fn left_alone(alone: &LeftAlone) -> LeftAloneJson {
    let LeftAlone { unchanged, cloud_only, mastered_elsewhere, unknown_anchor, out_of_scope, objects } =
        alone;
    LeftAloneJson {
        unchanged: *unchanged,
        cloud_only: *cloud_only,
        mastered_elsewhere: *mastered_elsewhere,
        unknown_anchor: *unknown_anchor,
        out_of_scope: out_of_scope.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect(),
        objects: objects.iter().map(untouched).collect(),
    }
}

fn untouched(it: &Untouched) -> UntouchedJson {
    let Untouched { kind: of, name, why } = it;
    let detail = match why {
        WhyUntouched::OutOfScope(words) => Some(words.to_string()),
        WhyUntouched::Unchanged
        | WhyUntouched::CloudOnly
        | WhyUntouched::MasteredElsewhere
        | WhyUntouched::UnknownAnchor
        | WhyUntouched::Stuck => None,
    };
    UntouchedJson { kind: kind(*of), name: name.to_string(), reason: why.word().to_owned(), detail }
}

pub(super) const fn kind(kind: ObjectKind) -> KindJson {
    match kind {
        ObjectKind::User => KindJson::User,
        ObjectKind::Group => KindJson::Group,
        ObjectKind::Contact => KindJson::Contact,
    }
}

const fn subject_kind(kind: SubjectKind) -> SubjectKindJson {
    match kind {
        SubjectKind::Object(ObjectKind::User) => SubjectKindJson::User,
        SubjectKind::Object(ObjectKind::Group) => SubjectKindJson::Group,
        SubjectKind::Object(ObjectKind::Contact) => SubjectKindJson::Contact,
        SubjectKind::Tenant => SubjectKindJson::Tenant,
    }
}

pub(super) fn finding(it: &Finding) -> FindingJson {
    let Finding { kind: of, name, about, text } = it;
    FindingJson {
        kind: of.map(kind),
        name: name.to_string(),
        about: about.word().to_owned(),
        text: text.clone(),
    }
}

pub(super) const fn summary(summary: &Summary) -> SummaryJson {
    let Summary { create, update, block, unblock, delete, restore, adopt, members, passwords, held, .. } =
        *summary;
    SummaryJson {
        create,
        update,
        block,
        unblock,
        delete,
        restore,
        adopt,
        members,
        passwords,
        licences: 0,
        held,
    }
}

pub(super) fn guard(state: &GuardState) -> GuardJson {
    let GuardState { guard, counted, limit, tripped } = state;
    let limit = limit.map(|it| LimitJson { max: it.max, percent: it.percent, floor: it.floor });
    GuardJson { guard: guard.word().to_owned(), counted: *counted, limit, tripped: *tripped }
}

pub(super) fn change(change: &Change) -> ChangeJson {
    let (id, _) = identity(change.subject());
    let op = match change.op() {
        Op::Create(_) => OpJson::Create,
        Op::Update(_) | Op::Features(_) => OpJson::Update,
        Op::Block => OpJson::Block,
        Op::Unblock => OpJson::Unblock,
        Op::Delete => OpJson::Delete,
        Op::Restore(_) => OpJson::Restore,
        Op::Adopt { .. } => OpJson::Adopt,
        Op::Members { .. } => OpJson::Members,
        Op::Password(_) => OpJson::Password,
    };
    ChangeJson {
        digest: change.digest().to_string(),
        op,
        kind: subject_kind(change.kind()),
        anchor: change.anchor().to_string(),
        id,
        name: change.name().to_owned(),
        because: because(change.because()),
        held: change
            .held()
            .map(|it| HoldJson { guard: it.guard.word().to_owned(), reason: it.reason.clone() }),
        stage: stage(change.stage()),
        expects: expects(change),
        attributes: attributes(change.op()),
        members: members(change.op()),
        password: password(change.op()),
        for_good: change.is_for_good(),
    }
}

/// Id, or the anchor of an object that the plan creates.
fn identity(subject: Subject) -> (Option<String>, Option<String>) {
    match subject {
        Subject::Known(id) => (Some(id.to_string()), None),
        Subject::Created(anchor) => (None, Some(anchor.to_string())),
    }
}

fn because(because: &Because) -> BecauseJson {
    let plain = BecauseJson::of;
    match because {
        Because::MissingInTenant => plain(ReasonJson::MissingInTenant),
        Because::InRecycleBin => plain(ReasonJson::InRecycleBin),
        Because::MasteredByCloud => plain(ReasonJson::MasteredByCloud),
        Because::PasswordChanged => plain(ReasonJson::PasswordChanged),
        Because::FeatureDiffers => plain(ReasonJson::FeatureDiffers),
        Because::AttributeDiffers => plain(ReasonJson::AttributeDiffers),
        Because::MembersDiffer => plain(ReasonJson::MembersDiffer),
        Because::DisabledInDirectory => plain(ReasonJson::DisabledInDirectory),
        Because::EnabledInDirectory => plain(ReasonJson::EnabledInDirectory),
        Because::Returned => plain(ReasonJson::Returned),
        Because::MembersDeparted => plain(ReasonJson::MembersDeparted),
        Because::RolledBack { run } => BecauseJson { run: Some(*run), ..plain(ReasonJson::RolledBack) },
        Because::ExpiredInDirectory(day) => {
            BecauseJson { expired_on: day.map(|it| it.to_string()), ..plain(ReasonJson::ExpiredInDirectory) }
        }
        Because::DriftedInTenant => plain(ReasonJson::DriftedInTenant),
        Because::FlowChanged(it) => BecauseJson { edit: Some(edit(it)), ..plain(ReasonJson::FlowChanged) },
        Because::LooksTheSame { property, dn } => BecauseJson {
            property: Some(property.name().to_owned()),
            detail: Some(dn.to_string()),
            ..plain(ReasonJson::LooksTheSame)
        },
        Because::Departed { how, delete_on } => {
            BecauseJson { delete_on: delete_on.map(|it| it.to_string()), ..departure(how) }
        }
    }
}

pub(super) fn departure(how: &Departure) -> BecauseJson {
    match how {
        Departure::DeletedInDirectory => BecauseJson::of(ReasonJson::DeletedInDirectory),
        Departure::MovedOutOfScope { why, moved } => BecauseJson {
            detail: Some(why.clone()),
            from: moved.as_ref().map(|it| it.from.clone()),
            to: moved.as_ref().map(|it| it.to.clone()),
            ..BecauseJson::of(ReasonJson::MovedOutOfScope)
        },
        Departure::PolicyChanged { why, edit: it } => BecauseJson {
            detail: Some(why.clone()),
            edit: Some(edit(it)),
            ..BecauseJson::of(ReasonJson::PolicyChanged)
        },
    }
}

fn edit(edit: &PolicyEdit) -> EditJson {
    let PolicyEdit { settings, before, after: Provenance { commit, dirty } } = edit;
    EditJson { settings: settings.clone(), before: before.clone(), commit: commit.clone(), dirty: *dirty }
}

const fn stage(stage: Stage) -> StageJson {
    let (name, after) = match stage {
        Stage::Features => (StageNameJson::Features, 0),
        Stage::Block => (StageNameJson::Block, 0),
        Stage::Restore => (StageNameJson::Restore, 0),
        Stage::Adopt => (StageNameJson::Adopt, 0),
        Stage::UpdateUsers(after) => (StageNameJson::UpdateUsers, after),
        Stage::CreateUsers => (StageNameJson::CreateUsers, 0),
        Stage::CreateContacts => (StageNameJson::CreateContacts, 0),
        Stage::UpdateContacts => (StageNameJson::UpdateContacts, 0),
        Stage::Unblock => (StageNameJson::Unblock, 0),
        Stage::Passwords => (StageNameJson::Passwords, 0),
        Stage::Managers => (StageNameJson::Managers, 0),
        Stage::CreateGroups => (StageNameJson::CreateGroups, 0),
        Stage::UpdateGroups => (StageNameJson::UpdateGroups, 0),
        Stage::AddMembers => (StageNameJson::AddMembers, 0),
        Stage::RemoveMembers => (StageNameJson::RemoveMembers, 0),
        Stage::DeleteContacts => (StageNameJson::DeleteContacts, 0),
        Stage::DeleteGroups => (StageNameJson::DeleteGroups, 0),
        Stage::DeleteUsers => (StageNameJson::DeleteUsers, 0),
    };
    StageJson { name, after }
}

fn expects(change: &Change) -> ExpectsJson {
    let object = match (change.op(), change.subject()) {
        (Op::Create(_), _) => WhereJson::Nowhere,
        (Op::Restore(_), _) => WhereJson::RecycleBin,
        (
            Op::Update(_)
            | Op::Adopt { .. }
            | Op::Block
            | Op::Unblock
            | Op::Delete
            | Op::Members { .. }
            | Op::Password(_)
            | Op::Features(_),
            _,
        ) => WhereJson::Active,
    };
    let mut values = serde_json::Map::new();
    match change.op() {
        Op::Update(attributes) | Op::Adopt { differ: attributes, agree: _ } => {
            for AttributeChange { property, from, to: _ } in attributes {
                let from = from.as_ref().map(value);
                let json = from
                    .serialize(serde_json::value::Serializer)
                    .expect("a value serialises without failing");
                values.insert(property.name().to_owned(), json);
            }
        }
        Op::Block => {
            values.insert("accountEnabled".to_owned(), true.into());
        }
        Op::Unblock => {
            values.insert("accountEnabled".to_owned(), false.into());
        }
        Op::Features(turns) => {
            values.extend(turns.iter().map(|it| (it.feature.name().to_owned(), (!it.on).into())));
        }
        Op::Create(_) | Op::Delete | Op::Restore(_) | Op::Members { .. } | Op::Password(_) => (),
    }
    ExpectsJson { object, values }
}

pub(super) fn attributes(op: &Op) -> Vec<AttributeJson> {
    let json = |property: crate::model::Property, from: Option<&Value>, to: Option<&Value>| AttributeJson {
        name: property.name().to_owned(),
        from: from.map(value),
        to: to.map(value),
    };
    match op {
        Op::Create(values) => {
            values.iter().map(|NewValue { property, value }| json(*property, None, Some(value))).collect()
        }
        Op::Update(attributes) | Op::Restore(attributes) => attributes
            .iter()
            .map(|AttributeChange { property, from, to }| json(*property, from.as_ref(), to.as_ref()))
            .collect(),
        Op::Adopt { differ, agree } => {
            let differ = differ.iter().map(|it| json(it.property, it.from.as_ref(), it.to.as_ref()));
            let agree = agree.iter().map(|it| json(it.property, Some(&it.value), Some(&it.value)));
            differ.chain(agree).collect()
        }
        Op::Features(turns) => turns
            .iter()
            .map(|FeatureTurn { feature, on }| AttributeJson {
                name: feature.name().to_owned(),
                from: Some(ValueJson::Switch(!on)),
                to: Some(ValueJson::Switch(*on)),
            })
            .collect(),
        Op::Block | Op::Unblock | Op::Delete | Op::Members { .. } | Op::Password(_) => Vec::new(),
    }
}

fn value(value: &Value) -> ValueJson {
    match value {
        Value::Text(text) => ValueJson::Text(text.to_string()),
        Value::Switch(on) => ValueJson::Switch(*on),
        Value::Set(values) => ValueJson::Set(values.iter().map(ToString::to_string).collect()),
        Value::Reference(object) => ValueJson::Reference(reference(object)),
        Value::NotShown => ValueJson::NotShown(NotShownJson { not_shown: true }),
    }
}

fn reference(object: &ObjectRef) -> ReferenceJson {
    let ObjectRef { subject, name } = object;
    let (id, anchor) = identity(*subject);
    ReferenceJson { id, anchor, name: name.to_string() }
}

fn password(op: &Op) -> Option<PasswordJson> {
    let Op::Password(PasswordSet { account, last_set, must_change }) = op else { return None };
    Some(PasswordJson {
        account: account.to_string(),
        last_set: last_set.to_string(),
        changed: from_filetime(*last_set).map(|it| it.to_string()),
        must_change: *must_change,
    })
}

pub(super) fn members(op: &Op) -> Option<MembersJson> {
    match op {
        Op::Members { add, remove, after } => Some(MembersJson {
            add: add.iter().map(reference).collect(),
            remove: remove.iter().map(reference).collect(),
            after: *after,
        }),
        Op::Create(_)
        | Op::Update(_)
        | Op::Adopt { .. }
        | Op::Block
        | Op::Unblock
        | Op::Delete
        | Op::Password(_)
        | Op::Features(_)
        | Op::Restore(_) => None,
    }
}
