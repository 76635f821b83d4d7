//! Asks for a page as a browser does, and reads the answer as one does.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Somebody who asks there.
pub(super) struct Visitor {
    pub(super) address: SocketAddr,
}

/// What is answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Visitor {
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[("host", "localhost")]).await
    }

    pub(super) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        ask(TcpStream::connect(self.address).await.unwrap(), method, path, headers).await.unwrap()
    }
}

/// One request on a connection of its own; `None` if it is closed without an answer.
pub(super) async fn ask(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Option<Answer> {
    let headers: String = headers.iter().map(|(name, value)| [name, ": ", value, "\r\n"].concat()).collect();
    let request = format!("{method} {path} HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.ok()?;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().unwrap();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    };
    Some(Answer { status, headers: lines.map(header).collect(), body: body.to_owned() })
}

/// Elements that a page may have; whatever else stood there would have come out of a name.
const ELEMENTS: [&str; 38] = [
    "a", "body", "button", "caption", "code", "dd", "dl", "dt", "footer", "form", "h1", "h2", "head",
    "header", "html", "img", "input", "label", "li", "link", "main", "meta", "nav", "ol", "p", "pre",
    "section", "span", "strong", "table", "tbody", "td", "th", "thead", "time", "title", "tr", "div",
];
/// Those that have no end.
const EMPTY: [&str; 4] = ["img", "input", "link", "meta"];
const ATTRIBUTES: [&str; 34] = [
    "action",
    "alt",
    "aria-current",
    "aria-describedby",
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "autocapitalize",
    "autocomplete",
    "charset",
    "class",
    "content",
    "data-label",
    "datetime",
    "for",
    "height",
    "href",
    "http-equiv",
    "id",
    "lang",
    "maxlength",
    "method",
    "name",
    "rel",
    "required",
    "role",
    "scope",
    "spellcheck",
    "src",
    "tabindex",
    "type",
    "value",
    "width",
    "title",
];

impl Answer {
    /// The page as it is read: a line for each block, and for each row of a table. Fails if it is not built as every page is.
    pub(super) fn read(&self) -> String {
        let mut rest = self.body.strip_prefix("<!DOCTYPE html>").expect("a page");
        let (mut open, mut text) = (Vec::new(), String::new());
        while let Some((before, after)) = rest.split_once('<') {
            text += &unescaped(before);
            let (tag, after) = after.split_once('>').expect("a tag ends");
            rest = after;
            let name = tag.split([' ', '>']).next().unwrap();
            if let Some(name) = name.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "in {tag}");
            } else {
                assert!(ELEMENTS.contains(&name), "<{tag}>");
                check_attributes(tag[name.len()..].trim());
                if !EMPTY.contains(&name) {
                    open.push(name);
                }
            }
            match name.trim_start_matches('/') {
                "td" | "th" if name.starts_with('/') => text += " | ",
                "span" | "a" | "strong" | "code" | "time" | "img" | "td" | "th" => (),
                "p" if open.contains(&"td") => text.push(' '),
                _ => text.push('\n'),
            }
        }
        assert_eq!((open.len(), rest), (0, ""));
        let trimmed = text.lines().map(|it| it.trim_end_matches([' ', '|']));
        trimmed.filter(|it| !it.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// The text that the command line would print.
    pub(super) fn printed(&self) -> String {
        let (_, from) = self.body.split_once("<pre").expect("something printed");
        let inside = from.split_once('>').unwrap().1.split_once("</pre>").unwrap().0;
        inside.split('<').enumerate().fold(String::new(), |text, (at, it)| {
            text + &unescaped(if at == 0 { it } else { it.split_once('>').unwrap().1 })
        })
    }
}

fn check_attributes(mut rest: &str) {
    while !rest.is_empty() {
        let name = rest.split(['=', ' ']).next().unwrap();
        assert!(ATTRIBUTES.contains(&name), "attribute {rest}");
        rest = &rest[name.len()..];
        if let Some(value) = rest.strip_prefix("=\"") {
            let (value, after) = value.split_once('"').expect("a value ends");
            let is_address = ["href", "src", "action"].contains(&name);
            assert!(!is_address || value.starts_with(['/', '?', '#']), "{name}={value}");
            rest = after;
        }
        rest = rest.trim_start();
    }
}

fn unescaped(text: &str) -> String {
    assert!(!text.contains('>') && !text.contains('"'), "not escaped: {text}");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
