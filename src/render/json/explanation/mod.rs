//! Explanations as JSON, for scripts.
//!
//! It is written and never read back: what a policy says of an object is asked again, not remembered.

mod format;

pub use self::format::{EXPLANATION_FORMAT, explanation_schema};

use crate::model::{Origin, PastChange, Rejection};
use crate::plan::{
    Absence, Asked, DirectorySignIn, ExplainedProperty, Explanation, Fate, Input, JoinedBy, Leaving, Match,
    Members, Namesake, NamesakeSide, PasswordStanding, PasswordState, Place, SignInState, TenantSide,
};
use crate::policy::Authority;

use super::encode::{change, departure, finding, kind};

use self::format::{
    AbsenceJson, AbsentJson, AuthorityJson, BelowJson, ConditionJson, ExplanationJson, ExplanationsJson,
    FateJson, InputJson, LastJson, LeavingJson, MatchJson, MatchWordJson, MembersJson, NamesakeJson,
    OriginJson, PasswordStandingJson, PasswordStateJson, PlaceJson, PropertyJson, ScopeJson, SignInJson,
    SignInWordJson, TenantSideJson, WhereJson,
};

/// What policies have to say about the objects that a word means.
pub fn explanations_json(who: &str, explanations: &[Explanation]) -> String {
    let json = ExplanationsJson {
        format: EXPLANATION_FORMAT.to_owned(),
        who: who.to_owned(),
        explanations: explanations.iter().map(explanation).collect(),
    };
    let text = serde_json::to_string_pretty(&json);
    text.expect("the explanation format has only string keys and serialises without failing") + "\n"
}

fn explanation(it: &Explanation) -> ExplanationJson {
    ExplanationJson {
        policy: it.policy.clone(),
        kind: it.kind.map(kind),
        name: it.name.clone(),
        place: place(it),
        anchor: it.anchor.map(|it| it.to_string()),
        scope: (!it.scope.is_empty()).then(|| ScopeJson {
            is_in: it.in_scope().is_ok(),
            decides: it.in_scope().err().map(crate::plan::OutOfScope::word),
            conditions: it.scope.iter().map(condition).collect(),
        }),
        found: found(&it.found),
        tenant: it.tenant.as_ref().map(tenant),
        namesakes: it.namesakes.iter().map(namesake).collect(),
        sign_in: it.sign_in.as_ref().map(sign_in),
        password: it.password.as_ref().map(password),
        leaving: it.leaving.as_ref().map(leaving),
        members: it.members.as_ref().map(members),
        properties: it.properties.iter().map(property).collect(),
        left_alone: it.alone.clone(),
        changes: it.changes.changes().iter().map(change).collect(),
        findings: it.findings.iter().map(finding).collect(),
        last: it.last.iter().map(last).collect(),
    }
}

fn last((run, change): &(i64, PastChange)) -> LastJson {
    LastJson {
        run: *run,
        at: change.settled.to_string(),
        op: change.op.clone(),
        because: change.because.clone(),
        outcome: change.outcome.clone(),
        message: change.message.clone(),
    }
}

fn place(it: &Explanation) -> PlaceJson {
    let of = |sort| PlaceJson {
        sort,
        directory: it.directory.clone(),
        server: it.server.clone(),
        dn: None,
        guid: None,
        left_out: None,
        below: None,
        out_of_scope: None,
    };
    match &it.place {
        Place::Directory { dn, guid } => {
            PlaceJson { dn: Some(dn.clone()), guid: Some(guid.to_string()), ..of(WhereJson::Directory) }
        }
        Place::Tenant => of(WhereJson::Tenant),
        Place::Records => of(WhereJson::Records),
        Place::Container(it) => {
            let below = |(objects, in_scope): (usize, usize)| BelowJson { objects, in_scope };
            PlaceJson {
                dn: Some(it.dn.clone()),
                guid: Some(it.guid.to_string()),
                below: Some(it.below.iter().map(|(kind, counts)| (kind.word(), below(*counts))).collect()),
                out_of_scope: Some(it.out_of_scope.clone()),
                ..of(WhereJson::Container)
            }
        }
        Place::LeftOut(it) => {
            let why = match it.why {
                Rejection::NoGuid => "noGuid",
                Rejection::DuplicateGuid => "duplicateGuid",
                Rejection::OtherClass => "otherClass",
                Rejection::Deleted => "deleted",
            };
            PlaceJson { dn: Some(it.dn.clone()), left_out: Some(why.to_owned()), ..of(WhereJson::LeftOut) }
        }
    }
}

fn condition(it: &Asked) -> ConditionJson {
    let Asked { word, text, answer, because, inputs } = it;
    ConditionJson {
        condition: word,
        text: text.clone(),
        holds: answer.is_ok(),
        reason: answer.as_ref().err().map(ToString::to_string),
        because: because.clone(),
        inputs: inputs.iter().map(input).collect(),
    }
}

fn input(it: &Input) -> InputJson {
    let Input { attribute, values, count } = it;
    InputJson { attribute: attribute.clone(), values: values.clone(), count: *count }
}

fn found(it: &Match) -> MatchJson {
    let (by, contested_with) = match it {
        Match::Joined(JoinedBy::RecordAndAnchor) => (MatchWordJson::RecordAndAnchor, None),
        Match::Joined(JoinedBy::Record) => (MatchWordJson::Record, None),
        Match::Joined(JoinedBy::Anchor) => (MatchWordJson::Anchor, None),
        Match::InRecycleBin => (MatchWordJson::RecycleBin, None),
        Match::Missing => (MatchWordJson::None, None),
        Match::Contested(other) => (MatchWordJson::Contested, Some(other.clone())),
        Match::NotInDirectory => (MatchWordJson::NotInDirectory, None),
    };
    MatchJson { by, contested_with }
}

fn tenant(it: &TenantSide) -> TenantSideJson {
    let TenantSide { id, name, origin, guest, group_type: _, anchor, roles, licences, protected, deleted_at } =
        it;
    TenantSideJson {
        id: id.to_string(),
        name: name.clone(),
        origin: match origin {
            Origin::Cloud => OriginJson::Cloud,
            Origin::Synced => OriginJson::Synced,
            Origin::FormerlySynced => OriginJson::FormerlySynced,
        },
        guest: *guest,
        anchor: anchor.clone(),
        roles: roles.clone().ok(),
        licences: *licences,
        protected: protected.clone(),
        deleted_at: deleted_at.map(|it| it.to_string()),
    }
}

fn namesake(it: &Namesake) -> NamesakeJson {
    let Namesake { side, kind: of, name, id, shared, deleted } = it;
    NamesakeJson {
        in_tenant: *side == NamesakeSide::Tenant,
        deleted: *deleted,
        kind: kind(*of),
        name: name.clone(),
        id: id.clone(),
        shared: shared.clone(),
    }
}

fn password(it: &PasswordState) -> PasswordStateJson {
    let PasswordState { changed, confirmed, standing } = it;
    let (standing, why) = match standing {
        PasswordStanding::Confirmed => (PasswordStandingJson::Confirmed, None),
        PasswordStanding::Waiting => (PasswordStandingJson::Waiting, None),
        PasswordStanding::Left(why) => (PasswordStandingJson::Left, Some(why.to_string())),
    };
    let time = |it: &Option<jiff::Timestamp>| it.map(|it| it.to_string());
    PasswordStateJson { standing, why, changed: time(changed), confirmed: time(confirmed) }
}

fn sign_in(it: &SignInState) -> SignInJson {
    let SignInState { directory, expires, tenant } = it;
    SignInJson {
        directory: match directory {
            DirectorySignIn::Allowed => SignInWordJson::Allowed,
            DirectorySignIn::Disabled => SignInWordJson::Disabled,
            DirectorySignIn::Expired => SignInWordJson::Expired,
            DirectorySignIn::LeftAlone => SignInWordJson::LeftAlone,
            DirectorySignIn::NotReadable => SignInWordJson::NotReadable,
            DirectorySignIn::NotAsked => SignInWordJson::NotAsked,
        },
        expires: expires.map(|it| it.to_string()),
        tenant: *tenant,
    }
}

fn leaving(it: &Leaving) -> LeavingJson {
    let Leaving { last_dn, blocked_since, delete_on, how } = it;
    LeavingJson {
        because: how.as_ref().map(departure),
        last_dn: last_dn.clone(),
        blocked_since: blocked_since.map(|it| it.to_string()),
        delete_on: delete_on.map(|it| it.to_string()),
    }
}

fn members(it: &Members) -> MembersJson {
    let Members { listed, present, in_tenant, dynamic, not_read, absent } = it;
    let absent = absent.iter().map(|it| {
        let (why, detail) = match &it.why {
            Absence::OutOfScope(why) => (AbsenceJson::OutOfScope, Some(why.to_string())),
            Absence::OtherDomain(domain) => (AbsenceJson::OtherDomain, Some(domain.clone())),
            Absence::NotRead => (AbsenceJson::NotRead, None),
            Absence::Stuck(why) => (AbsenceJson::Stuck, Some(why.clone())),
            Absence::Planned(None) => (AbsenceJson::Planned, None),
            Absence::Planned(Some(why)) => (AbsenceJson::Held, Some(why.clone())),
            Absence::LeftOut => (AbsenceJson::LeftOut, None),
        };
        AbsentJson { dn: it.dn.clone(), why, detail }
    });
    MembersJson {
        listed: *listed,
        present: *present,
        in_tenant: *in_tenant,
        dynamic: *dynamic,
        not_read: *not_read,
        absent: absent.collect(),
    }
}

fn property(it: &ExplainedProperty) -> PropertyJson {
    let ExplainedProperty { property, origin, authority, inputs, wanted, current, fate } = it;
    let (fate, why) = match fate {
        Fate::Same => (FateJson::Same, None),
        Fate::Written { held: false } => (FateJson::Written, None),
        Fate::Written { held: true } => (FateJson::Held, None),
        Fate::LeftAlone(why) => (FateJson::LeftAlone, Some(why.clone())),
    };
    PropertyJson {
        name: property.name().to_owned(),
        list: origin.list.clone(),
        source: origin.text.clone(),
        authority: match authority {
            Authority::Directory => AuthorityJson::Directory,
            Authority::InitialOnly => AuthorityJson::InitialOnly,
            Authority::Tenant => AuthorityJson::Tenant,
        },
        inputs: inputs.iter().map(input).collect(),
        wanted: wanted.clone().ok(),
        current: current.clone(),
        fate,
        why,
    }
}
