//! Makes what is printed the same on every machine and day: ids, digests, dates and places.

use jiff::civil::Date;

/// Replaces what differs from run to run; the same thing gets the same name throughout a story.
#[derive(Default)]
pub(super) struct Plain {
    /// Places, and what stands for them.
    pub(super) fixed: Vec<(String, String)>,
    ids: Vec<String>,
    digests: Vec<String>,
    plans: Vec<String>,
    policies: Vec<String>,
    today: Date,
}

const DIGEST: &str = "sha256:";

impl Plain {
    pub(super) fn new(today: Date) -> Self {
        Self { today, ..Self::default() }
    }

    pub(super) fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in &self.fixed {
            text = text.replace(from, to);
        }
        let mut plain = String::with_capacity(text.len());
        let mut rest = text.as_str();
        let mut before = ' ';
        while let Some(next) = rest.chars().next() {
            let at_edge = !before.is_ascii_alphanumeric();
            let found = if at_edge { self.token(rest, &plain) } else { None };
            let (length, replacement) = found.unwrap_or_else(|| (next.len_utf8(), next.to_string()));
            plain += &replacement;
            before = rest[..length].chars().next_back().unwrap_or(' ');
            rest = &rest[length..];
        }
        plain
    }

    /// What begins here and how it is written instead.
    fn token(&mut self, rest: &str, before: &str) -> Option<(usize, String)> {
        if let Some(hex) = rest.strip_prefix(DIGEST).map(|it| run(it, 64)).filter(|it| it.len() == 64) {
            let length = DIGEST.len() + hex.len();
            return Some((length, format!("sha256:<{}>", number(&mut self.digests, hex))));
        }
        if let Some(id) = rest.get(..36).filter(|it| is_id(it)) {
            return Some((36, format!("<id {}>", number(&mut self.ids, &id.to_lowercase()))));
        }
        if let Some(found) = self.date(rest) {
            return Some(found);
        }
        let hex = run(rest, 9);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let is_plan = line == "plan "
            || ["\"id\": \"", " have the id ", "samesign plan `"].iter().any(|it| line.ends_with(it));
        if hex.len() == 8 && is_plan {
            return Some((8, format!("<plan {}>", number(&mut self.plans, hex))));
        }
        let is_policy = line.starts_with("plan ") && line.contains("   policy ")
            || line.starts_with("<sub>")
            || line.contains("was made with: ");
        if hex.len() == 8 && is_policy {
            return Some((8, format!("<policy {}>", number(&mut self.policies, hex))));
        }
        None
    }

    /// Days near today are counted from it; others are part of a story's files.
    fn date(&self, rest: &str) -> Option<(usize, String)> {
        let date: Date = rest.get(..10).filter(|it| it.is_ascii())?.parse().ok()?;
        let days = (date - self.today).get_days();
        if !(-2..=60).contains(&days) {
            return None;
        }
        let time = rest[10..].strip_prefix('T').and_then(|it| it.find('Z').filter(|at| *at < 20));
        let length = time.map_or(10, |at| 10 + 1 + at + 1);
        let now = if time.is_some() { ", now" } else { "" };
        Some((length, format!("<today{}{now}>", if days == 0 { String::new() } else { format!("{days:+}") })))
    }
}

fn number(seen: &mut Vec<String>, it: &str) -> usize {
    let at = seen.iter().position(|known| known == it).unwrap_or_else(|| {
        seen.push(it.to_owned());
        seen.len() - 1
    });
    at + 1
}

/// Hexadecimal digits at the beginning, if at most so many.
fn run(text: &str, max: usize) -> &str {
    let end = text.find(|it: char| !it.is_ascii_hexdigit()).unwrap_or(text.len());
    let is_word = !text[end..].starts_with(|it: char| it.is_alphanumeric());
    if is_word && end <= max { &text[..end] } else { "" }
}

fn is_id(text: &str) -> bool {
    text.chars().enumerate().all(|(at, it)| match at {
        8 | 13 | 18 | 23 => it == '-',
        _ => it.is_ascii_hexdigit(),
    })
}
