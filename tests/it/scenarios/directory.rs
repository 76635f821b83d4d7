//! What happens to the directory in a story: edits of the LDIF file, entry by entry.

use std::path::PathBuf;

use crate::program;

/// An LDIF file without folded lines, entries apart by an empty line.
pub(super) struct Directory(pub(super) PathBuf);

impl Directory {
    /// `remove NAME`, `add FILE`, `set NAME ATTRIBUTE=VALUE`, `unset NAME ATTRIBUTE`, `move NAME OU`,
    /// `join GROUP NAME`, `leave GROUP NAME`, `break-off`, `keep ENTRIES` (the first ones), `empty OU`,
    /// `forget ATTRIBUTE` (of everybody), `suffix OLD NEW` (of user names and addresses), `gain NAME ATTRIBUTE=VALUE`
    /// (one more), `lose NAME ATTRIBUTE=VALUE`. A name is an account name, or the `cn` of a contact, which has none.
    pub(super) fn edit(&self, words: &[&str], folder: &std::path::Path) {
        let text = program::read(&self.0);
        let mut entries: Vec<String> = text.split("\n\n").map(|it| it.trim_end().to_owned()).collect();
        match words {
            ["remove", name] => {
                let at = find(&entries, name);
                let member = format!("member: {}", dn(&entries[at]));
                entries.remove(at);
                for entry in &mut entries {
                    *entry = without(entry, |it| it == member);
                }
            }
            ["add", file] => entries.push(program::read(&folder.join(file)).trim_end().to_owned()),
            ["set" | "gain" | "lose" | "unset", name, rest @ ..] => {
                let entry = &mut entries[find_in(&text, name)];
                *entry = with_values(entry, words[0], &rest.join(" "));
            }
            ["move", name, ou] => {
                let old = dn(&entries[find(&entries, name)]).to_owned();
                let new = format!("{},{ou},DC=corp,DC=contoso,DC=com", old.split(',').next().unwrap());
                for entry in &mut entries {
                    *entry = entry.replace(&old, &new);
                }
            }
            ["join", group, name] => {
                let member = dn(&entries[find(&entries, name)]).to_owned();
                entries[find_in(&text, group)] += &["\nmember: ", &member].concat();
            }
            ["leave", group, name] => {
                let member = format!("member: {}", dn(&entries[find(&entries, name)]));
                let entry = &mut entries[find_in(&text, group)];
                *entry = without(entry, |it| it == member);
            }
            ["break-off"] => {
                let last = entries.pop().unwrap();
                entries.push(last.chars().take(last.len() - 20).collect());
            }
            ["keep", number] => entries.truncate(number.parse().unwrap()),
            ["empty", ou] => entries.retain(|it| !dn(it).contains(&format!(",{ou},"))),
            ["forget", attribute] => {
                let head = format!("{attribute}: ");
                entries = entries.iter().map(|it| without(it, |it| it.starts_with(&head))).collect();
            }
            ["suffix", old, new] => {
                let (old, new) = (format!("@{old}"), format!("@{new}"));
                entries = entries.iter().map(|it| it.replace(&old, &new)).collect();
            }
            other => panic!("the directory cannot {other:?}"),
        }
        let ending = if words == ["break-off"] { "" } else { "\n" };
        program::write(&self.0, &(entries.join("\n\n") + ending));
    }
}

/// An entry with other values of an attribute.
fn with_values(entry: &str, verb: &str, rest: &str) -> String {
    let (attribute, value) = rest.split_once('=').unwrap_or((rest, ""));
    let line = format!("{attribute}: {value}");
    let (head, coded) = (format!("{attribute}: "), format!("{attribute}:: "));
    let cleared = || without(entry, |it| it.starts_with(&head) || it.starts_with(&coded));
    match verb {
        "set" => format!("{}\n{line}", cleared()),
        "gain" => format!("{entry}\n{line}"),
        "unset" => cleared(),
        "lose" => {
            assert!(entry.lines().any(|it| it == line), "the entry has no {line}:\n{entry}");
            without(entry, |it| it == line)
        }
        other => panic!("values cannot be {other}"),
    }
}

fn find(entries: &[String], name: &str) -> usize {
    let with = |line: String| entries.iter().position(|it| it.lines().any(|it| it == line));
    let found = with(format!("sAMAccountName: {name}")).or_else(|| with(format!("cn: {name}")));
    found.unwrap_or_else(|| panic!("the directory has no {name}"))
}

fn find_in(text: &str, name: &str) -> usize {
    find(&text.split("\n\n").map(str::to_owned).collect::<Vec<_>>(), name)
}

fn dn(entry: &str) -> &str {
    entry.lines().find_map(|it| it.strip_prefix("dn: ")).unwrap_or_default()
}

fn without(entry: &str, unwanted: impl Fn(&str) -> bool) -> String {
    entry.lines().filter(|it| !unwanted(it)).collect::<Vec<_>>().join("\n")
}
