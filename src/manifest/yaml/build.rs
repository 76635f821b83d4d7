//! From parser events to the tree, within the limits: the parser's own text, our words.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span};
use serde_json::Value;

use super::scalar::interpret;
use super::{
    Content, DEPTH_MAX, DOCUMENTS_MAX, Entry, FAULTS_MAX, Fault, NODES_MAX, Node, Parsed, Style, TEXT_MAX,
};

/// Reads a text; what breaks a limit or the syntax ends it.
pub(super) fn parse(text: &str) -> Parsed {
    let mut options = granit_parser::options! {
        flow_nesting_limit: DEPTH_MAX + 1,
        block_nesting_limit: DEPTH_MAX + 1,
    };
    options.set_emit_comments(false);
    let mut builder = Builder::new(text);
    for event in Parser::new_from_str_with_options(text, options) {
        let step = match event {
            Ok((event, span)) => builder.take(event, &span),
            Err(error) => Err(syntax_fault(text, &error)),
        };
        if let Err(fault) = step {
            builder.parsed.faults.push(fault);
            return builder.parsed;
        }
        if FAULTS_MAX <= builder.parsed.faults.len() {
            return builder.parsed;
        }
    }
    builder.parsed.whole = true;
    builder.parsed
}

/// A list or map that is not complete yet.
struct Frame {
    start: usize,
    anchor: usize,
    content: Unfinished,
}

enum Unfinished {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: BTreeMap<String, Range<usize>>, key: Option<Key> },
}

/// A key that waits for its value; one that is at fault drops it.
struct Key {
    text: String,
    span: Range<usize>,
    kept: bool,
}

/// What a value costs each time that an alias repeats it.
#[derive(Clone, Copy, Default)]
struct Weight {
    nodes: usize,
    bytes: usize,
    height: usize,
}

struct Builder<'a> {
    text: &'a str,
    stack: Vec<Frame>,
    anchors: BTreeMap<usize, (Node, Weight)>,
    spent: Weight,
    documents: usize,
    parsed: Parsed,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            stack: Vec::new(),
            anchors: BTreeMap::new(),
            spent: Weight::default(),
            documents: 0,
            parsed: Parsed::default(),
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the parser's events may grow")]
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Fault> {
        let range = self.range(span);
        match event {
            Event::DocumentStart(..) => self.start_document(range),
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span, &range);
                let node = self.scalar(text.into_owned(), style, range)?;
                self.finish(node, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span, &range);
                self.open(range, anchor, Unfinished::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.is_some(), span, &range);
                let map = Unfinished::Map { entries: Vec::new(), seen: BTreeMap::new(), key: None };
                self.open(range, anchor, map)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&range),
            Event::Alias(anchor) => self.alias(anchor, range),
            _ => Ok(()),
        }
    }

    fn range(&self, span: &Span) -> Range<usize> {
        let start = span.start.byte_offset().unwrap_or(0).min(self.text.len());
        let end = span.end.byte_offset().unwrap_or(start).clamp(start, self.text.len());
        start..end
    }

    fn start_document(&mut self, range: Range<usize>) -> Result<(), Fault> {
        self.documents += 1;
        if DOCUMENTS_MAX < self.documents {
            let title = format!("the file has more than {DOCUMENTS_MAX} documents");
            return Err(Fault::new(range, title).hint("split it into several files"));
        }
        Ok(())
    }

    fn refuse_tag(&mut self, tagged: bool, span: &Span, range: &Range<usize>) {
        if tagged {
            let range = span.tag_span().map_or_else(|| range.clone(), |it| self.range(&it));
            self.parsed.faults.push(
                Fault::new(range, "a manifest has no tags such as `!!str` or `!include`")
                    .label("a tag")
                    .hint("remove the tag; put the value in quotes if it must be text"),
            );
        }
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, span: Range<usize>) -> Result<Node, Fault> {
        let weight = Weight { nodes: 1, bytes: text.len(), height: 0 };
        self.spend(weight, &span)?;
        // The parser writes `~` for a value that is not there at all.
        let text = if span.is_empty() && style == ScalarStyle::Plain { String::new() } else { text };
        let style = match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        };
        let value = if style == Style::Plain {
            interpret(&text).unwrap_or_else(|_| {
                let title = format!("`{text}` is no number that a manifest can mean");
                self.parsed
                    .faults
                    .push(Fault::new(span.clone(), title).hint("put it in quotes if it is text"));
                Value::Null
            })
        } else {
            Value::String(text.clone())
        };
        Ok(Node { span, content: Content::Scalar { text, style, value } })
    }

    fn open(&mut self, span: Range<usize>, anchor: usize, content: Unfinished) -> Result<(), Fault> {
        self.spend(Weight { nodes: 1, bytes: 0, height: 1 }, &span)?;
        self.stack.push(Frame { start: span.start, anchor, content });
        Ok(())
    }

    fn close(&mut self, range: &Range<usize>) -> Result<(), Fault> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let content = match frame.content {
            Unfinished::List(items) => Content::List(items),
            Unfinished::Map { entries, .. } => Content::Map(entries),
        };
        // The end event of a block collection stands at the start of what follows.
        let end = range.end.max(frame.start);
        let span = frame.start..frame.start + self.text[frame.start..end].trim_end().len();
        self.finish(Node { span, content }, frame.anchor)
    }

    /// A complete value: remembered under its anchor and put into what holds it.
    fn finish(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), weigh(&node)));
        }
        self.attach(node)
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Result<(), Fault> {
        let Some((node, weight)) = self.anchors.get(&anchor) else {
            return Err(Fault::new(range, "an alias stands inside of the value that it repeats"));
        };
        let (node, weight) = (node.clone(), *weight);
        self.spend(weight, &range)?;
        self.attach(node)
    }

    fn spend(&mut self, weight: Weight, range: &Range<usize>) -> Result<(), Fault> {
        self.spent.nodes += weight.nodes;
        self.spent.bytes += weight.bytes;
        if DEPTH_MAX < self.stack.len() + weight.height {
            return Err(too_deep(range.clone()));
        }
        if NODES_MAX < self.spent.nodes {
            let title = format!("the file has more than {NODES_MAX} values, aliases counted");
            return Err(Fault::new(range.clone(), title).hint("split it, or use fewer aliases"));
        }
        if TEXT_MAX < self.spent.bytes {
            let title = format!("the file has more than {} MB of text, aliases counted", TEXT_MAX >> 20);
            return Err(Fault::new(range.clone(), title).hint("use fewer aliases"));
        }
        Ok(())
    }

    fn attach(&mut self, node: Node) -> Result<(), Fault> {
        let Some(frame) = self.stack.last_mut() else {
            if !is_empty(&node) {
                self.parsed.documents.push(node);
            }
            return Ok(());
        };
        match &mut frame.content {
            Unfinished::List(items) => items.push(node),
            Unfinished::Map { entries, seen, key } => match key.take() {
                Some(key) => {
                    if key.kept {
                        entries.push(Entry { key: key.text, key_span: key.span, value: node });
                    }
                }
                None => *key = Some(read_key(node, seen, &mut self.parsed.faults)?),
            },
        }
        Ok(())
    }
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.content, Content::Scalar { text, style: Style::Plain, .. } if text.is_empty())
}

/// Nodes, text bytes and height of a value; its depth is bounded, so this may recurse.
fn weigh(node: &Node) -> Weight {
    let below = |weights: &mut dyn Iterator<Item = Weight>| {
        weights.fold(Weight { nodes: 1, bytes: 0, height: 0 }, |sum, it| Weight {
            nodes: sum.nodes + it.nodes,
            bytes: sum.bytes + it.bytes,
            height: sum.height.max(it.height),
        })
    };
    let inner = match &node.content {
        Content::Scalar { text, .. } => return Weight { nodes: 1, bytes: text.len(), height: 0 },
        Content::List(items) => below(&mut items.iter().map(weigh)),
        Content::Map(entries) => below(&mut entries.iter().map(|it| {
            let weight = weigh(&it.value);
            Weight { nodes: weight.nodes + 1, bytes: weight.bytes + it.key.len(), ..weight }
        })),
    };
    Weight { height: inner.height + 1, ..inner }
}

fn read_key(
    node: Node,
    seen: &mut BTreeMap<String, Range<usize>>,
    faults: &mut Vec<Fault>,
) -> Result<Key, Fault> {
    let Content::Scalar { text, style, .. } = node.content else {
        return Err(Fault::new(node.span, "a key must be text, not a list or a map")
            .hint("if this is a value that starts with `{` or `[`, put it in quotes"));
    };
    let span = node.span;
    if text == "<<" && style == Style::Plain {
        faults.push(
            Fault::new(span.clone(), "merge keys are not read: nobody sees in a review what they change")
                .hint("write the fields out; an alias may stand for a whole value, as in `scope: *staff`"),
        );
        return Ok(Key { text, span, kept: false });
    }
    let first = seen.get(&text).cloned();
    if let Some(first) = &first {
        let mut fault = Fault::new(span.clone(), format!("`{text}` is given twice"))
            .label("second")
            .hint("remove one of them; YAML would silently take one of the two");
        fault.related.push((first.clone(), "first".to_owned()));
        faults.push(fault);
    } else {
        seen.insert(text.clone(), span.clone());
    }
    Ok(Key { text, span, kept: first.is_none() })
}

fn too_deep(span: Range<usize>) -> Fault {
    Fault::new(span, format!("values are nested more than {DEPTH_MAX} deep"))
        .hint("a manifest needs about ten; look for a bracket that is not closed")
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the parser knows a hundred kinds of error")]
fn syntax_fault(text: &str, error: &ScanError) -> Fault {
    let start = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    // At the end of the text the last line is shown, not an empty one after it.
    let start = if text[start..].trim().is_empty() { text[..start].trim_end().len() } else { start };
    let end = start + text[start..].chars().next().filter(|it| *it != '\n').map_or(0, char::len_utf8);
    let fault = |title: &str, hint: &str| Fault::new(start..end, title).hint(hint);
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(start..end),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => {
            fault("a tab is used to indent or separate, which YAML does not allow", "use spaces instead")
        }
        ErrorKind::UnknownAnchor => {
            fault("this alias names no anchor above it", "put the text in quotes if it starts with `*`")
        }
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping => {
            fault("a bracket is opened and not closed", "add the missing `}` or `]`")
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => fault(
            "a bracket is opened and not closed, or a comma is missing",
            "add the missing `,`, `}` or `]` before this place",
        ),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
            fault("a quote is opened and not closed", "close it, and double a `'` inside of single quotes")
        }
        ErrorKind::UnexpectedCharacter { character: '%' | '@' | '`' } => {
            fault("text that starts with this character needs quotes", "put the value in quotes")
        }
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => fault(
            "a `:` is not expected here",
            "put text that contains `: ` in quotes, and check the indentation of this line",
        ),
        _ => Fault::new(start..end, format!("not valid YAML: {}", error.info()))
            .hint("check the indentation and the quotes here and on the line above"),
    }
}
