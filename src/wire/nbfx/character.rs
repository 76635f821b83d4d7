//! Which characters and names XML 1.0 can carry.
//!
//! The binary form could carry every character; the XML that it stands for cannot, and a service
//! that checks would refuse a whole batch for one of them.

/// The first character that XML 1.0 cannot carry (XML 1.0, 2.2, production 2: Char), and its position in bytes.
pub fn forbidden_character(text: &str) -> Option<(usize, char)> {
    // Most text is plain, and all text of all messages comes by here.
    let is_plain = each_byte(text, |it| matches!(it, b' '..=b'~'));
    if is_plain { None } else { text.char_indices().find(|(_, it)| !is_allowed(*it)) }
}

/// Whether this can be the local name or prefix of an element or attribute.
///
/// Wider than NCName (Namespaces in XML, 3): it refuses what could change the structure of a document.
pub(super) fn is_name(text: &str) -> bool {
    // All names of all messages come by here: letters and digits are looked at as bytes, and the rest is no search in a
    // string of marks, which took a tenth of writing messages.
    let is_plain = each_byte(text, |it| it.is_ascii_alphanumeric());
    let is_mark = |it: char| matches!(it, ':' | '<' | '>' | '&' | '"' | '\'' | '=' | '/');
    let structural = |it: char| is_mark(it) || it.is_whitespace() || it.is_control();
    let is_sound = || !text.chars().any(|it| structural(it) || !is_allowed(it));
    !text.is_empty() && text != "xmlns" && (is_plain || is_sound())
}

/// Whether something holds for each byte: it looks at all of them, so that the processor looks at many at once.
fn each_byte(text: &str, holds: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, it| all & holds(it))
}

fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_noncharacters_are_found() {
        assert_eq!(forbidden_character("a\tb\r\nc <b>&amp; 😀 \u{202e}\u{7f}\u{85}"), None);
        for (text, found) in [("ab\0", (2, '\0')), ("é\u{b}", (2, '\u{b}')), ("\u{fffe}", (0, '\u{fffe}'))] {
            assert_eq!(forbidden_character(text), Some(found));
        }
        assert!(forbidden_character("\u{ffff}").is_some());
        assert!(forbidden_character("\u{1f}").is_some());
    }

    #[test]
    fn names_hold_no_structure() {
        assert!(is_name("KeyValueOfstringanyType"));
        for bad in ["", "a b", "a:b", "<", "a\"", "xmlns", "a\0"] {
            assert!(!is_name(bad), "{bad:?}");
        }
    }
}
