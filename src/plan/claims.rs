//! Names that only one object of the tenant can have, and who gets them.
//!
//! Microsoft Graph does not quarantine a duplicate as Entra Connect's endpoint does: it refuses the write.
//! So every duplicate is found here, with both parties, before anything is written.

use std::collections::HashMap;

use crate::model::{CloudId, ObjectIndex};

use super::sketch::name_head;

/// Somebody wants a name that they do not have yet.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// Who.
    pub(super) by: ObjectIndex,
    /// Their object in the tenant, if it exists.
    pub(super) cloud: Option<CloudId>,
    /// The name, lower case.
    pub(super) name: String,
    /// The name that they come out of the recycle bin with, lower case: nobody may have it then.
    pub(super) returns_as: Option<String>,
    /// The address that they come out of the recycle bin with, lower case: nobody else gets it until they have
    /// another.
    pub(super) returns_with: Option<String>,
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
    let mut rivals = rivals(claims);
    rivals_in_return(claims, &mut rivals);
    let mut leaving: HashMap<(CloudId, &str), usize> = HashMap::new();
    for (at, claim) in claims.iter().enumerate() {
        if let (Some(cloud), Some(name)) = (claim.cloud, &claim.gives_up) {
            leaving.insert((cloud, name), at);
        }
    }
    let returning: HashMap<&str, ObjectIndex> =
        claims.iter().filter_map(|it| Some((it.returns_with.as_deref()?, it.by))).collect();
    let mut verdicts: Vec<Option<Verdict>> = vec![None; claims.len()];
    let mut waiting: Vec<(usize, usize, CloudId)> = Vec::new();
    for (at, claim) in claims.iter().enumerate() {
        if let Some(by) = returning.get(claim.name.as_str()).copied().filter(|it| *it != claim.by) {
            verdicts[at] = Some(Verdict::AlsoWanted(by));
            continue;
        }
        if let Some(rival) = rivals[at] {
            verdicts[at] = Some(Verdict::AlsoWanted(claims[rival].by));
            continue;
        }
        if let Some(cloud) = claim.returns_as.as_deref().and_then(&owner) {
            verdicts[at] = Some(Verdict::Taken(cloud));
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

/// For each claim another one to the same name: the first that there is, for the first the second.
///
/// A first plan has two claims for each user. Sorting them takes a fifth of the time of a table by name.
fn rivals(claims: &[Claim]) -> Vec<Option<usize>> {
    let mut order: Vec<(u128, usize)> = claims.iter().map(|it| name_head(&it.name)).zip(0..).collect();
    let name = |at: usize| &claims[at].name;
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| (name(a.1), a.1).cmp(&(name(b.1), b.1))));
    let mut rivals = vec![None; claims.len()];
    for same in order.chunk_by(|a, b| a.0 == b.0 && name(a.1) == name(b.1)) {
        if let [(_, first), (_, second), ..] = same {
            for (_, at) in same {
                rivals[*at] = Some(*first);
            }
            rivals[*first] = Some(*second);
        }
    }
    rivals
}

/// Two in the recycle bin may have had one name, one after the other: only one could come back with it. And
/// nobody comes back with a name that somebody else is to get: who is first would depend on what goes wrong.
fn rivals_in_return(claims: &[Claim], rivals: &mut [Option<usize>]) {
    if claims.iter().all(|it| it.returns_as.is_none()) {
        return;
    }
    let mut first: HashMap<&str, usize> = HashMap::new();
    let wanted: HashMap<&str, usize> = claims.iter().map(|it| it.name.as_str()).zip(0..).collect();
    for (at, claim) in claims.iter().enumerate() {
        let Some(name) = &claim.returns_as else { continue };
        if let Some(other) = first.get(name.as_str()).copied() {
            rivals[at].get_or_insert(other);
            rivals[other].get_or_insert(at);
        } else {
            first.insert(name, at);
        }
        if let Some(other) = wanted.get(name.as_str()).copied().filter(|it| *it != at) {
            rivals[at].get_or_insert(other);
        }
    }
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
