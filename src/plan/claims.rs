//! Names that only one object of the tenant can have, and who gets them.
//!
//! Microsoft Graph does not quarantine a duplicate as Entra Connect's endpoint does: it refuses the write.
//! So every duplicate is found here, with both parties, before anything is written.

use std::collections::{HashMap, HashSet};

use crate::model::{CloudId, ObjectIndex};

use super::by_name::name_head;

/// Somebody wants a name that they do not have yet.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// Who.
    pub(super) by: ObjectIndex,
    /// Their object in the tenant, if it exists.
    pub(super) cloud: Option<CloudId>,
    /// The name, lower case.
    pub(super) name: String,
    /// The name that they come out of the recycle bin with, lower case, unless somebody has it then.
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
    /// They get it, and come out of the recycle bin with it: the name from before is somebody else's.
    FreeOnReturn,
    /// Another object of the directory wants it too.
    AlsoWanted(ObjectIndex),
    /// An object of the tenant has it and keeps it.
    Taken(CloudId),
    /// Whoever has it waits, directly or in a circle, for this one to move on.
    Circle(CloudId),
}

/// Decides all claims to one kind of name; `owner` tells who has a name today.
pub(super) fn decide(claims: &[Claim], owner: impl Fn(&str) -> Option<CloudId>) -> Vec<Verdict> {
    let rivals = rivals(claims);
    let renamed = renamed_on_return(claims, &owner);
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
        let holder = owner(&claim.name).filter(|it| Some(*it) != claim.cloud);
        let is_renamed = renamed.contains(&at);
        let returns_with_it = is_renamed || claim.returns_as.as_ref() == Some(&claim.name);
        verdicts[at] = match holder {
            None if is_renamed => Some(Verdict::FreeOnReturn),
            None => Some(Verdict::Free(0)),
            // Nobody gives a name up before somebody comes back.
            Some(cloud) if returns_with_it => Some(Verdict::Taken(cloud)),
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

/// Who comes back, is to have another name than before, and cannot come back with the one from before: somebody has
/// it, or gets it with this plan, or had it as well, one after the other. Who would be first would depend on what
/// goes wrong.
fn renamed_on_return(claims: &[Claim], owner: impl Fn(&str) -> Option<CloudId>) -> HashSet<usize> {
    let returning: Vec<(usize, &str)> =
        claims.iter().zip(0..).filter_map(|(it, at)| Some((at, it.returns_as.as_deref()?))).collect();
    if returning.is_empty() {
        return HashSet::new();
    }
    let mut wanted: HashMap<&str, usize> = HashMap::new();
    let of_returning = returning.iter().map(|it| it.1);
    for name in claims.iter().map(|it| it.name.as_str()).chain(of_returning) {
        *wanted.entry(name).or_default() += 1;
    }
    let is_contested = |name: &str| owner(name).is_some() || wanted.get(name).is_some_and(|it| 1 < *it);
    let movers = returning.into_iter().filter(|(at, name)| claims[*at].name != *name);
    movers.filter(|it| is_contested(it.1)).map(|it| it.0).collect()
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
            // Somebody in the recycle bin has no name that others could wait for.
            Some(Verdict::FreeOnReturn | Verdict::AlsoWanted(_) | Verdict::Taken(_) | Verdict::Circle(_))
            | None => Verdict::Taken(cloud),
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
