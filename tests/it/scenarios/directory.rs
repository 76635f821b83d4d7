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
            ["set", name, rest @ ..] => {
                let rest = rest.join(" ");
                let (attribute, value) = rest.split_once('=').unwrap();
                let entry = &mut entries[find_in(&text, name)];
                let head = format!("{attribute}: ");
                let coded = format!("{attribute}:: ");
                *entry = without(entry, |it| it.starts_with(&head) || it.starts_with(&coded))
                    + &format!("\n{head}{value}");
            }
            ["gain", name, rest @ ..] => {
                let rest = rest.join(" ");
                let (attribute, value) = rest.split_once('=').unwrap();
                entries[find_in(&text, name)] += &format!("\n{attribute}: {value}");
            }
            ["lose", name, rest @ ..] => {
                let rest = rest.join(" ");
                let (attribute, value) = rest.split_once('=').unwrap();
                let line = format!("{attribute}: {value}");
                let entry = &mut entries[find_in(&text, name)];
                assert!(entry.lines().any(|it| it == line), "{name} has no {line}");
                *entry = without(entry, |it| it == line);
            }
            ["unset", name, attribute] => {
                let head = format!("{attribute}: ");
                let entry = &mut entries[find_in(&text, name)];
                *entry = without(entry, |it| it.starts_with(&head));
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
