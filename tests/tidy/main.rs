//! Rules that rustc and clippy can't hold: layers, purity, size, headers.
#![expect(clippy::unwrap_used, reason = "a tree that cannot be read is a failed test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The layer table. A module may use exactly what its row lists.
const LAYERS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("policy", &["model"]),
    ("manifest", &["model", "policy"]),
    ("plan", &["model", "policy"]),
    ("wire", &["model"]),
    ("doctor", &["model", "policy", "wire"]),
    ("source", &["model", "wire"]),
    ("target", &["model", "plan", "wire"]),
    ("sandbox", &["model", "wire"]),
    ("apply", &["model", "plan", "target"]),
    ("render", &["model", "policy", "manifest", "plan", "doctor", "apply"]),
    ("state", &["model", "plan", "apply", "render"]),
    ("workspace", &["manifest"]),
    ("observe", &["model", "plan", "render"]),
    ("controller", &[]),
    (
        "cli",
        &[
            "model",
            "policy",
            "manifest",
            "plan",
            "wire",
            "doctor",
            "source",
            "target",
            "sandbox",
            "apply",
            "render",
            "state",
            "workspace",
            "observe",
            "controller",
        ],
    ),
];
/// Folders whose siblings do not know each other: `source/ldap` never uses `source/drs`.
const SIBLINGS_APART: &[&str] = &["source", "target"];
/// Modules that may not touch the world, and the words that would.
const PURE: &[&str] = &["model", "policy", "manifest", "plan", "wire", "doctor", "render"];
const WORLD: &[&str] = &[
    "tokio",
    "reqwest",
    "ldap3",
    "tracing",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "rand::",
    "async fn",
    ".await",
];
/// Words that no file may use, and what to write instead.
const BANNED_WORDS: &[(&str, &str)] = &[
    ("mod util", "a function belongs to the noun it is about"),
    ("mod common", "a function belongs to the noun it is about"),
    ("mod helpers", "a function belongs to the noun it is about"),
    ("mod types", "a type belongs to the noun it is about"),
    ("mod prelude", "name what you use"),
    ("TODO", "finish it, or name it where users can read it"),
    ("FIXME", "finish it, or name it where users can read it"),
    ("#[ignore", "a test that does not run asserts nothing"),
    ("assert!(true", "assert something"),
];
/// Ratchet: functions already longer are listed with their length and may only shrink.
const LONG_FUNCTIONS: &[(&str, usize)] = &[];
const FUNCTION_LINES_MAX: usize = 70;
const FILE_LINES_MAX: usize = 600;

fn sources(dir: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut todo = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(dir)];
    todo.retain(|it| it.is_dir());
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                #[expect(clippy::disallowed_methods, reason = "tidy reads the source tree")]
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}
fn relative(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string()
}
/// Code without comments, string contents or the test module at the end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let mut kept = String::new();
    for line in text.lines() {
        let mut in_string = false;
        let mut previous = ' ';
        for (at, it) in line.char_indices() {
            if it == '"' && previous != '\\' {
                in_string = !in_string;
            }
            if !in_string && line[at..].starts_with("//") {
                break;
            }
            if !in_string {
                kept.push(it);
            }
            previous = it;
        }
        kept.push('\n');
    }
    kept
}
/// Every top-level module named after `crate::`, `use crate::{a, b::c}` included.
fn uses(code: &str) -> Vec<String> {
    let ident = |it: &str| {
        it.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push(ident(rest));
            continue;
        };
        let (mut depth, mut start) = (0usize, 0);
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    found.push(ident(&group[start..i]));
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    found.push(ident(&group[start..i]));
                    start = i + 1;
                }
                _ => (),
            }
        }
    }
    found.retain(|it| !it.is_empty());
    found
}
fn module_of(path: &Path) -> String {
    let rest = relative(path);
    rest.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned()
}

fn layer_errors(path: &Path, text: &str) -> Vec<String> {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let module = module_of(path);
    if module == "lib" || module == "main" {
        return Vec::new();
    }
    let Some(allowed) = layers.get(module.as_str()) else {
        return vec![format!("{}: module `{module}` has no row in LAYERS", relative(path))];
    };
    let code = code(text);
    let mut errors: Vec<String> = uses(&code)
        .into_iter()
        .filter(|it| *it != module && !allowed.contains(&it.as_str()))
        .map(|it| format!("{}: `{module}` may not use `{it}`", relative(path)))
        .collect();
    if code.contains("super::super") {
        errors.push(format!("{}: write `crate::`, not `super::super`", relative(path)));
    }
    errors.extend(sibling_errors(path, &module, &code));
    if PURE.contains(&module.as_str()) {
        errors.extend(
            WORLD
                .iter()
                .filter(|it| code.contains(**it))
                .map(|it| format!("{}: `{module}` is pure, found `{it}`", relative(path))),
        );
    }
    errors
}
fn sibling_errors(path: &Path, module: &str, code: &str) -> Vec<String> {
    if !SIBLINGS_APART.contains(&module) {
        return Vec::new();
    }
    let name = relative(path);
    let Some(own) = name.strip_prefix(&format!("src/{module}/")).and_then(|it| it.split(['/', '.']).next())
    else {
        return Vec::new();
    };
    if own == "mod" {
        return Vec::new();
    }
    let prefix = format!("crate::{module}::");
    code.match_indices(&prefix)
        .filter_map(|(at, _)| {
            code[at + prefix.len()..].split(|c: char| !c.is_alphanumeric() && c != '_').next()
        })
        .filter(|it| it.chars().next().is_some_and(char::is_lowercase) && *it != own)
        .filter(|it| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/{module}/{it}")).is_dir())
        .map(|it| format!("{name}: `{module}/{own}` may not use its sibling `{it}`"))
        .collect()
}
fn word_errors(path: &Path, text: &str) -> Vec<String> {
    BANNED_WORDS
        .iter()
        .filter(|(word, _)| text.contains(word))
        .map(|(word, instead)| format!("{}: `{word}`: {instead}", relative(path)))
        .collect()
}
fn size_errors(path: &Path, text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    if FILE_LINES_MAX < lines.len() {
        errors.push(format!("{}: {} lines, at most {FILE_LINES_MAX}", relative(path), lines.len()));
    }
    for (at, line) in lines.iter().enumerate() {
        let head = line.trim_start();
        let is_fn = head.starts_with("fn ")
            || ((head.starts_with("pub") || head.starts_with("async ") || head.starts_with("const "))
                && head.contains(" fn "));
        if !is_fn || head.ends_with(';') {
            continue;
        }
        let indent = line.len() - head.len();
        let close = format!("{}}}", " ".repeat(indent));
        let Some(length) = lines[at..].iter().position(|it| *it == close) else { continue };
        let name = format!("{}:{}", relative(path), head.split('(').next().unwrap_or(head));
        let allowed =
            LONG_FUNCTIONS.iter().find(|(it, _)| *it == name).map_or(FUNCTION_LINES_MAX, |(_, n)| *n);
        if allowed < length + 1 {
            errors.push(format!("{name}: {} lines, at most {allowed}", length + 1));
        }
    }
    errors
}
fn header_errors(path: &Path, text: &str) -> Vec<String> {
    if text.starts_with("//! ") {
        Vec::new()
    } else {
        vec![format!("{}: first line must be a `//!` summary", relative(path))]
    }
}

#[test]
fn the_tree_is_tidy() {
    let mut errors = Vec::new();
    for (path, text) in sources("src") {
        errors.extend(layer_errors(&path, &text));
        errors.extend(size_errors(&path, &text));
        errors.extend(header_errors(&path, &text));
        errors.extend(word_errors(&path, &text));
    }
    let outside = ["tests", "examples", "benches", "fuzz/src", "fuzz/targets"];
    for (path, text) in outside.into_iter().flat_map(sources) {
        if path.ends_with("tests/tidy/main.rs") {
            continue;
        }
        errors.extend(size_errors(&path, &text));
        errors.extend(header_errors(&path, &text));
        errors.extend(word_errors(&path, &text));
    }
    assert!(errors.is_empty(), "\n{}\n", errors.join("\n"));
}

#[test]
fn the_layer_table_is_acyclic() {
    for (at, (name, uses)) in LAYERS.iter().enumerate() {
        for it in *uses {
            assert!(
                LAYERS[..at].iter().any(|(below, _)| below == it),
                "`{name}` uses `{it}`, which is not above it in the table"
            );
        }
    }
}

/// Every file below a test binary is reached by a `mod` line of the file above it.
#[test]
fn no_test_file_is_forgotten() {
    for binary in ["it", "simulation", "samba"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(binary);
        for (path, _) in sources(&format!("tests/{binary}")) {
            let name = if path.ends_with("mod.rs") { path.parent().unwrap() } else { &path };
            let stem = name.file_stem().unwrap().to_string_lossy().into_owned();
            let above = name.parent().unwrap();
            let parent = if above == root { root.join("main.rs") } else { above.join("mod.rs") };
            if path == parent || stem == "main" {
                continue;
            }
            let declares = sources(&format!("tests/{binary}"))
                .into_iter()
                .any(|(it, text)| it == parent && text.contains(&format!("mod {stem};")));
            assert!(declares, "{} is not declared in {}", relative(&path), relative(&parent));
        }
    }
}

/// The rules are tested on text that breaks them.
#[test]
fn tidy_catches_what_it_should() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let upward =
        layer_errors(&root.join("src/plan/x.rs"), "use crate::{model::Anchor, target::{Target, sim}};\n");
    assert_eq!(upward, ["src/plan/x.rs: `plan` may not use `target`"]);
    let io = layer_errors(&root.join("src/model/x.rs"), "use std::fs; // std::net in a comment is fine\n");
    assert_eq!(io, ["src/model/x.rs: `model` is pure, found `std::fs`"]);
    let unknown = layer_errors(&root.join("src/misc.rs"), "");
    assert_eq!(unknown, ["src/misc.rs: module `misc` has no row in LAYERS"]);
    let long = format!("fn f() {{\n{}}}\n", "    g();\n".repeat(70));
    assert_eq!(size_errors(&root.join("src/plan/x.rs"), &long), ["src/plan/x.rs:fn f: 72 lines, at most 70"]);
}
