//! What to do when a base or a group of a scope was renamed: a patch of the manifests that name it.
//!
//! It does not know how a rename is recognised.

use std::path::{Path, PathBuf};

use crate::manifest::InputContent;
use crate::plan::{Planned, Renamed};
use crate::render::{patch, renamed_in};
use crate::workspace;

use super::console;
use super::error::Error;

/// Says how the manifests of a folder can follow the renames that plans have met; nothing if there are none.
pub(super) fn say_how_to_follow<'a>(
    dir: &Path,
    plans: impl Iterator<Item = &'a Planned>,
) -> Result<(), Error> {
    let mut renamed: Vec<Renamed> = Vec::new();
    for it in plans.flat_map(|it| &it.report.renamed) {
        if !renamed.contains(it) {
            renamed.push(it.clone());
        }
    }
    if renamed.is_empty() {
        return Ok(());
    }
    // What lies deeper is replaced first: its name ends in that of what it lies in.
    renamed.sort_by_key(|it| std::cmp::Reverse(it.from.len()));
    let patches = patches(dir, &renamed)?;
    if patches.is_empty() {
        for it in &renamed {
            console::say(&format!("to follow the rename, write {} in place of {}", it.to, it.from));
        }
    } else {
        let place = place(dir).map_or_else(String::new, |it| format!(" in {}", it.display()));
        console::say(&format!(
            "to follow the rename, apply this patch{place} with `git apply` or `patch -p1`:"
        ));
        console::say(&patches);
    }
    for it in renamed.iter().filter(|it| it.is_container) {
        let words = format!(
            "hint: a base that is named by its objectGUID follows a rename by itself: bases: [{{guid: {}}}]",
            it.guid
        );
        console::say(&words);
    }
    Ok(())
}

/// Patches leave the folder that they are applied in for nobody: then it is that of the manifests.
fn place(dir: &Path) -> Option<&Path> {
    let leaves = dir.is_absolute() || dir.components().any(|it| it == std::path::Component::ParentDir);
    leaves.then(|| if dir.is_file() { dir.parent().unwrap_or(dir) } else { dir })
}

fn patches(dir: &Path, renamed: &[Renamed]) -> Result<String, Error> {
    let mut text = String::new();
    for file in workspace::read(dir)? {
        let InputContent::Bytes(bytes) = &file.content else { continue };
        let Ok(before) = std::str::from_utf8(bytes) else { continue };
        let Some(after) = renamed_in(before, renamed) else { continue };
        let path = place(dir).and_then(|it| file.path.strip_prefix(it).ok()).unwrap_or(&file.path);
        // Without a leading `./`.
        let path: PathBuf = path.components().filter(|it| *it != std::path::Component::CurDir).collect();
        match patch(&path.display().to_string(), before, &after) {
            Some(changes) => text += &changes,
            None => console::say(&format!("{} has the old name as well", file.path.display())),
        }
    }
    Ok(text)
}
