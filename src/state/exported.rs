//! What was last sent of an object and the tenant does not show, as one text: `name mark` in hexadecimal digits, with
//! spaces between.
//!
//! A mark is not the value: it tells whether the value is another one now, and whether a guess is right.

use std::fmt::Write as _;

use crate::model::{Exported, Fingerprint};

/// A property that this version does not know any more is left out: it is not sent either.
pub(super) fn read(text: &str) -> Exported {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let one = |pair: &[&str; 2]| {
        let mark = u64::from_str_radix(pair[1], 16).ok()?;
        Some((pair[0].parse().ok()?, Fingerprint::from_bits(mark)))
    };
    let mut marks: Vec<_> = words.as_chunks::<2>().0.iter().filter_map(one).collect();
    marks.sort();
    Exported(marks)
}

pub(super) fn written(exported: &Exported) -> String {
    let Exported(marks) = exported;
    let mut text = String::new();
    for (property, mark) in marks {
        let space = if text.is_empty() { "" } else { " " };
        let _infallible = write!(text, "{space}{property} {:x}", mark.to_bits());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Property;

    #[test]
    fn what_is_written_is_read_again() {
        let sent = Exported(vec![
            (Property::CommonName, Fingerprint::from_bits(u64::MAX)),
            (Property::WwwHomePage, Fingerprint::from_bits(1)),
        ]);
        assert_eq!(written(&sent), "commonName ffffffffffffffff wWWHomePage 1");
        assert_eq!(read(&written(&sent)), sent);
        assert_eq!(read(""), Exported::default());
        assert_eq!(read("gone 12 commonName"), Exported::default());
    }
}
