//! Names that look like one that nobody has.

use std::collections::BTreeSet;

use crate::model::{CloudObject, well_known};

use super::standing::name_of;
use crate::plan::Ground;

/// As many as a person reads.
const SUGGESTIONS_MAX: usize = 5;
/// Longer names are compared by their beginning: the work grows with the square.
const CHARACTERS_MAX: usize = 64;

/// The names nearest to a word, the nearest first; none that is quite another.
pub(super) fn suggestions(ground: &Ground<'_>, who: &str) -> Vec<String> {
    let wanted = folded(who);
    let far = (wanted.len() / 3).clamp(1, 4);
    let mut near: BTreeSet<(usize, String)> = BTreeSet::new();
    let mut note = |name: &str| {
        let it = folded(name);
        // A user name without its domain is what people type.
        let local = it.iter().position(|it| *it == '@').map_or(&*it, |at| &it[..at]);
        let begins = 3 <= wanted.len() && it.starts_with(&wanted);
        let distance =
            distance(&wanted, &it).min(distance(&wanted, local) + usize::from(local.len() < it.len()));
        if begins || distance <= far {
            near.insert((if begins { 1 } else { distance }, name.to_owned()));
            if SUGGESTIONS_MAX < near.len() {
                near.pop_last();
            }
        }
    };
    let names = [
        well_known::USER_PRINCIPAL_NAME,
        well_known::SAM_ACCOUNT_NAME,
        well_known::MAIL,
        well_known::DISPLAY_NAME,
        well_known::CN,
    ];
    for (_, object) in ground.objects.iter() {
        names.iter().filter_map(|it| object.attributes.text(*it)).for_each(&mut note);
    }
    let users = ground.tenant.users().iter().map(CloudObject::User);
    for object in users.chain(ground.tenant.groups().iter().map(CloudObject::Group)) {
        note(&name_of(object));
    }
    near.into_iter().map(|it| it.1).collect()
}

fn folded(name: &str) -> Vec<char> {
    name.trim().chars().take(CHARACTERS_MAX).flat_map(char::to_lowercase).collect()
}

/// How many characters have to be put in, taken out or exchanged (Levenshtein).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, a) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (to, b) in other.iter().enumerate() {
            let exchanged = diagonal + usize::from(a != b);
            diagonal = row[to + 1];
            row[to + 1] = exchanged.min(diagonal + 1).min(row[to] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_characters() {
        let of = |a: &str, b: &str| distance(&folded(a), &folded(b));
        assert_eq!(of("ada", "ADA"), 0);
        assert_eq!(of("aad", "ada"), 2);
        assert_eq!(of("", "ada"), 3);
        assert_eq!(of("greta", "gretel"), 2);
    }
}
