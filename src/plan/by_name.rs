//! Sorting by name what is many, large to move, or far away to compare.

/// The first 16 bytes of a name, as a number in the order of names: most comparisons end there, without looking
/// elsewhere in memory.
pub(super) fn name_head(name: &str) -> u128 {
    let mut head = [0; 16];
    let length = name.len().min(head.len());
    head[..length].copy_from_slice(&name.as_bytes()[..length]);
    u128::from_be_bytes(head)
}

/// Moves what came from each place to where it belongs: `from` has the places in the new order, each once.
pub(super) fn arrange<T>(list: &mut [T], mut from: Vec<u32>) {
    for at in 0..list.len() {
        let mut source = from[at] as usize;
        // What was to come from a place before this one was swapped away from there.
        while source < at {
            source = from[source] as usize;
        }
        list.swap(at, source);
        from[at] = u32::try_from(source).expect("it was one");
    }
}
