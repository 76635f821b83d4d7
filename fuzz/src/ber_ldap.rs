//! What an LDAP server sends: messages one behind the other, each checked before an entry is taken out of it.
//!
//! It does not know what was asked.

use samesign::wire::ber::whole_len;
use samesign::wire::ldap::{
    Answer, ChangesAnswer, EntryView, PagedAnswer, SearchAnswer, bind_failure, result_code_name,
};

/// Reads messages, and the first bytes as a control and as words.
pub fn read(bytes: &[u8]) {
    let _page = PagedAnswer::parse(bytes);
    let _changes = ChangesAnswer::parse(bytes);
    let _failure = bind_failure(&String::from_utf8_lossy(bytes));
    let mut rest = bytes;
    while let Ok(Some(len)) = whole_len(rest) {
        let Some((frame, tail)) = rest.split_at_checked(len) else { return };
        message(frame);
        rest = tail;
    }
}

fn message(frame: &[u8]) {
    if let Ok(Answer { id, outcome, token }) = Answer::parse(frame) {
        let _name = result_code_name(outcome.code);
        assert!(0 <= id && token.is_none_or(|it| it.len() < frame.len()));
    }
    match SearchAnswer::parse(frame) {
        Ok((_, SearchAnswer::Entry { has_options })) => entry(frame, has_options),
        Ok((_, SearchAnswer::Reference | SearchAnswer::Done | SearchAnswer::Notice(_))) | Err(_) => {
            // Nobody looks into what was not checked, and if so, it ends.
            if let Ok(entry) = EntryView::opened(frame) {
                assert!(entry.attributes().map(|it| it.1.count()).sum::<usize>() <= frame.len());
            }
        }
    }
}

/// What was checked can be opened, and options are where they were said to be.
fn entry(frame: &[u8], has_options: bool) {
    let entry = EntryView::opened(frame).expect("a checked entry can be opened");
    let mut bytes = entry.dn().len();
    let mut found_options = false;
    for (name, values) in entry.attributes() {
        found_options |= name.contains(';');
        bytes += name.len() + values.map(<[u8]>::len).sum::<usize>();
    }
    assert!(found_options == has_options && bytes < frame.len());
}
