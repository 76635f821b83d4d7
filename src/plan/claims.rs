//! Names that only one object of the tenant can have, and who gets them.
//!
//! Microsoft Graph does not quarantine a duplicate as Entra Connect's endpoint does: it refuses the write.
//! So every duplicate is found here, with both parties, before anything is written.

use std::collections::HashMap;

use crate::model::{CloudId, ObjectIndex};

/// Somebody wants a name that they do not have yet.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// Who.
    pub(super) by: ObjectIndex,
    /// Their object in the tenant, if it exists.
    pub(super) cloud: Option<CloudId>,
    /// The name, lower case.
    pub(super) name: String,
    /// The name that they give up for it, lower case.
    pub(super) gives_up: Option<String>,
}

/// What a claim comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They get it, after so many others have moved on.
    Free(u32),
    /// Another object of the directory wants it too.
    AlsoWanted(ObjectIndex),
    /// An object of the tenant has it and keeps it.
    Taken(CloudId),
    /// Whoever has it waits, directly or in a circle, for this one to move on.
    Circle(CloudId),
}

/// Decides all claims to one kind of name; `owner` tells who has a name today.
pub(super) fn decide(claims: &[Claim], owner: impl Fn(&str) -> Option<CloudId>) -> Vec<Verdict> {
    let mut first: HashMap<&str, (usize, Option<usize>)> = HashMap::with_capacity(claims.len());
    let mut leaving: HashMap<(CloudId, &str), usize> = HashMap::new();
    for (at, claim) in claims.iter().enumerate() {
        let place = first.entry(&claim.name).or_insert((at, None));
        if place.0 != at && place.1.is_none() {
            place.1 = Some(at);
        }
        if let (Some(cloud), Some(name)) = (claim.cloud, &claim.gives_up) {
            leaving.insert((cloud, name), at);
        }
    }
    let mut verdicts: Vec<Option<Verdict>> = vec![None; claims.len()];
    let mut waiting: Vec<(usize, usize, CloudId)> = Vec::new();
    for (at, claim) in claims.iter().enumerate() {
        if let Some((one, Some(other))) = first.get(claim.name.as_str()) {
            let rival = if *one == at { *other } else { *one };
            verdicts[at] = Some(Verdict::AlsoWanted(claims[rival].by));
            continue;
        }
        verdicts[at] = match owner(&claim.name).filter(|it| Some(*it) != claim.cloud) {
            None => Some(Verdict::Free(0)),
            Some(cloud) => match leaving.get(&(cloud, claim.name.as_str())) {
                None => Some(Verdict::Taken(cloud)),
                Some(leaver) => {
                    waiting.push((at, *leaver, cloud));
                    None
                }
            },
        };
    }
    settle(verdicts, waiting)
}

/// Follows those who wait for others until nothing moves; who still waits then waits in a circle.
fn settle(mut verdicts: Vec<Option<Verdict>>, waiting: Vec<(usize, usize, CloudId)>) -> Vec<Verdict> {
    let mut behind: HashMap<usize, (usize, CloudId)> = HashMap::with_capacity(waiting.len());
    let mut ready: Vec<usize> = Vec::new();
    for (at, leaver, cloud) in &waiting {
        behind.insert(*leaver, (*at, *cloud));
        if verdicts[*leaver].is_some() {
            ready.push(*leaver);
        }
    }
    while let Some(leaver) = ready.pop() {
        let Some((at, cloud)) = behind.get(&leaver).copied() else { continue };
        verdicts[at] = Some(match verdicts[leaver] {
            Some(Verdict::Free(after)) => Verdict::Free(after + 1),
            Some(Verdict::AlsoWanted(_) | Verdict::Taken(_) | Verdict::Circle(_)) | None => {
                Verdict::Taken(cloud)
            }
        });
        ready.push(at);
    }
    for (at, _, cloud) in waiting {
        verdicts[at].get_or_insert(Verdict::Circle(cloud));
    }
    verdicts
        .into_iter()
        .map(|it| it.expect("every claim is decided at once, followed or in a circle"))
        .collect()
}
