//! Text as Active Directory compares it.
//!
//! [MS-ADTS] 6.5, Unicode String Comparison: case, accents, width and kana type do not count. Here: case, the
//! width of Latin letters, and accents of the letters up to Latin Extended-A; kana are compared as they are.
//! Nothing here allocates while an object is looked at.

use std::cmp::Ordering;

/// The form in which an expected value is kept.
pub(super) fn folded(text: &str) -> Box<str> {
    text.chars().flat_map(fold).collect::<String>().into_boxed_str()
}

/// How a value compares with an expected one that is already folded.
pub(super) fn compare(value: &str, expected: &str) -> Ordering {
    if value.is_ascii() {
        return value.bytes().map(|it| it.to_ascii_lowercase()).cmp(expected.bytes());
    }
    value.chars().flat_map(fold).cmp(expected.chars())
}

/// What follows a folded prefix in a value.
pub(super) fn strip_prefix<'a>(value: &'a str, prefix: &str) -> Option<&'a str> {
    let mut wanted = prefix.chars();
    let mut rest = value.chars();
    while !wanted.as_str().is_empty() {
        if fold(rest.next()?).any(|it| wanted.next() != Some(it)) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// What follows the first occurrence of a folded part in a value.
pub(super) fn strip_through<'a>(value: &'a str, part: &str) -> Option<&'a str> {
    starts(value).find_map(|tail| strip_prefix(tail, part))
}

/// Whether a value ends with a folded suffix.
pub(super) fn ends_with(value: &str, suffix: &str) -> bool {
    starts(value).any(|tail| compare(tail, suffix) == Ordering::Equal)
}

/// The value from each of its characters on, and the empty rest.
fn starts(value: &str) -> impl Iterator<Item = &str> {
    value.char_indices().map(|(at, _)| &value[at..]).chain([""])
}

fn fold(letter: char) -> impl Iterator<Item = char> {
    narrow(letter).to_lowercase().filter(|it| !matches!(it, '\u{300}'..='\u{36f}')).map(base)
}

/// Full-width forms of ASCII.
fn narrow(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(letter) - 0xff01 + u32::from('!')).unwrap_or(letter)
        }
        other => other,
    }
}

/// A lower-case letter without its accent.
const fn base(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' => 'i',
        'ĵ' => 'j',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        // Final and medial sigma are one letter.
        'ς' => 'σ',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_width_do_not_count() {
        for (value, expected) in
            [("MÜLLER", "muller"), ("Jose\u{301}", "JOSÉ"), ("ＡＢ", "ab"), ("İ", "i"), ("ΟΔΟΣ", "οδος")]
        {
            assert_eq!(compare(value, &folded(expected)), Ordering::Equal, "{value} {expected}");
        }
        assert_ne!(compare("Strasse", &folded("Straße")), Ordering::Equal);
    }

    #[test]
    fn parts_are_found_in_what_is_not_folded() {
        assert_eq!(strip_prefix("Ünal-X", &folded("UN")), Some("al-X"));
        assert_eq!(strip_through("xxÄbcÄB", &folded("ab")), Some("cÄB"));
        assert!(ends_with("Jose\u{301}", &folded("sé")));
        assert!(ends_with("x", ""));
        assert!(!ends_with("x", "xx"));
        assert_eq!(strip_prefix("a", &folded("ab")), None);
    }
}
