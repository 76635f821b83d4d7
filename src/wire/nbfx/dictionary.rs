//! Looking strings up in the static dictionary ([MC-NBFS] 2.2), both ways.
//!
//! It does not know what a string means.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use super::static_strings::STRINGS;

/// The string with this id; odd ids and ids beyond the table have none.
pub(super) fn string(id: u32) -> Option<&'static str> {
    if id & 1 != 0 {
        return None;
    }
    STRINGS.get(usize::try_from(id / 2).ok()?).copied()
}

/// The id of a string, if the table has it.
pub(super) fn id_of(string: &str) -> Option<u32> {
    IDS.get(string).copied()
}

/// Every name of every message is looked up. Nobody else chooses what is in it, so it needs no hash that keeps strangers out.
static IDS: LazyLock<HashMap<&'static str, u32, FixedState>> =
    LazyLock::new(|| STRINGS.iter().copied().zip((0..).step_by(2)).collect());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_ids_belong_together() {
        for (id, known) in [(0, "mustUnderstand"), (2, "Envelope"), (0x378, "type"), (0x3cc, "detail")] {
            assert_eq!(string(id), Some(known));
            assert_eq!(id_of(known), Some(id));
        }
        assert_eq!(STRINGS.len(), 487);
        assert_eq!(IDS.len(), STRINGS.len(), "no string stands there twice");
        assert_eq!(string(1), None);
        assert_eq!(string(0x3ce), None);
        assert_eq!(id_of("SyncToken"), None);
    }
}
