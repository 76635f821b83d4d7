//! What a doctor found, for people: a symbol and a word in front of each line, what to do below it.

use std::fmt::Write as _;

use crate::doctor::{About, Finding, Level, Section};
use crate::render::Paint;
use crate::render::paint::Meaning;
use crate::render::words;

/// All sections, and how many findings there are of each level.
pub fn checkup_text(sections: &[Section], paint: Paint) -> String {
    let mut text = String::new();
    for Section { about, name, place, findings } in sections {
        let head = format!("{} {}", title(*about), words::name(name));
        let place = place.as_deref().map(|it| format!("   {}", words::name(it))).unwrap_or_default();
        let _infallible = writeln!(text, "{}{place}", paint.text(Meaning::Heading, head));
        for it in findings {
            line(&mut text, it, name, paint);
        }
        text.push('\n');
    }
    let levels = |level| sections.iter().flat_map(|it| &it.findings).filter(|it| it.level == level).count();
    let count =
        |number: usize, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
    let _infallible = writeln!(
        text,
        "doctor: {} ok, {}, {}",
        levels(Level::Ok),
        count(levels(Level::Warning), "warning", "warnings"),
        count(levels(Level::Problem), "problem", "problems"),
    );
    text
}

fn title(about: About) -> &'static str {
    match about {
        About::Manifests => "manifests",
        About::Directory => "directory",
        About::Tenant => "tenant",
        About::Policy => "policy",
    }
}

/// What the heading names already is not said again.
fn line(text: &mut String, finding: &Finding, heading: &str, paint: Paint) {
    let Finding { level, check, subject, says, examples, fix } = finding;
    let (sign, meaning) = match level {
        Level::Ok => (". ok     ", Meaning::Quiet),
        Level::Warning => ("~ warning", Meaning::Changed),
        Level::Problem => ("! problem", Meaning::Removed),
    };
    let _infallible = writeln!(
        text,
        "  {} {:<18} {}{}",
        paint.text(meaning, sign),
        check.word(),
        if subject == heading { String::new() } else { format!("{}: ", words::name(subject)) },
        words::name(says)
    );
    for example in examples {
        let _infallible = writeln!(text, "{:31}- {}", "", words::name(example));
    }
    if let Some(fix) = fix {
        let _infallible = writeln!(text, "{:31}fix: {}", "", words::name(fix));
    }
}
