//! From the text to a tree that is safe to evaluate: names resolved, sizes bounded, nothing unknown in it.
//!
//! CEL as such always terminates, but not necessarily soon or in little memory. Three rules see to that: no loop
//! inside of a loop, no list or map of computed values inside of a loop, and bounded functions.

use std::collections::BTreeSet;
use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, SelectExpr, SourceInfo, operators,
};
use cel::common::types::CelInt;

use super::functions::{ADD, Callable, FUNCTIONS, language};
use super::object::{MEMBERSHIP, PRESENCE, Reference, References, VALUE};
use super::{ExpressionError, diagnosis};
use crate::model::{AttributeNamesBuilder, Dn, Syntax};

/// The parser and the evaluation recurse; both are known to fit into a stack of 2 MB up to here.
const TEXT_BYTES_MAX: usize = 2_048;
const DEPTH_MAX: usize = 100;
const LOOPS_MAX: usize = 8;
const PATTERN_BYTES_MAX: usize = 256;
/// What the parser calls the accumulator of a loop; nobody can write it.
const ACCUMULATOR: &str = "@result";

pub(super) fn compile(
    text: &str,
    names: &mut AttributeNamesBuilder,
) -> Result<(IdedExpr, References), ExpressionError> {
    if TEXT_BYTES_MAX < text.len() {
        let reason = format!("the expression is longer than {TEXT_BYTES_MAX} bytes");
        return Err(error(0..text.len(), reason, "split it into several flows"));
    }
    let parsed = language().parser().parse_with_source_info(text);
    let (mut root, source) = parsed.map_err(|it| diagnosis::syntax(text, &it))?;
    if DEPTH_MAX < depth(&root) {
        let reason = format!("the expression nests deeper than {DEPTH_MAX} levels");
        return Err(error(0..text.len(), reason, "split it into several flows, or use join"));
    }
    let mut check = Check {
        text,
        source: &source,
        names,
        found: References::default(),
        variables: Vec::new(),
        loops: 0,
        in_loop: false,
    };
    check.visit(&mut root)?;
    Ok((root, check.found))
}

fn error(span: Range<usize>, reason: impl Into<String>, hint: impl Into<String>) -> ExpressionError {
    ExpressionError { span, reason: reason.into(), hint: Some(hint.into()) }
}

/// How deep a tree is, found without recursion.
fn depth(root: &IdedExpr) -> usize {
    let mut deepest = 0;
    let mut open = vec![(root, 1)];
    while let Some((node, depth)) = open.pop() {
        deepest = deepest.max(depth);
        let mut push = |child| open.push((child, depth + 1));
        match &node.expr {
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => (),
            Expr::Select(select) => push(&select.operand),
            Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).for_each(push),
            Expr::List(list) => list.elements.iter().for_each(push),
            Expr::Map(map) => {
                map.entries.iter().flat_map(|it| entry(&it.expr)).for_each(push);
            }
            Expr::Struct(message) => {
                message.entries.iter().flat_map(|it| entry(&it.expr)).for_each(push);
            }
            Expr::Comprehension(it) => {
                let ComprehensionExpr { iter_range, accu_init, loop_cond, loop_step, result, .. } = &**it;
                [iter_range, accu_init, loop_cond, loop_step, result].into_iter().for_each(push);
            }
        }
    }
    deepest
}

fn entry(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}

struct Check<'a> {
    text: &'a str,
    source: &'a SourceInfo,
    names: &'a mut AttributeNamesBuilder,
    found: References,
    /// Variables of the loops around.
    variables: Vec<String>,
    loops: usize,
    in_loop: bool,
}

impl Check<'_> {
    /// Checks a node and those below it, and puts numbers in place of names. The depth is known to be bounded.
    fn visit(&mut self, node: &mut IdedExpr) -> Result<(), ExpressionError> {
        let id = node.id;
        let replacement = match &mut node.expr {
            Expr::Literal(LiteralValue::Bytes(_)) => {
                return Err(error(self.span(id), "bytes are not supported", "write text in quotes"));
            }
            Expr::Literal(_) => None,
            Expr::Unspecified => return Err(error(self.span(id), "this is no value", "remove it")),
            Expr::Ident(name) => {
                let name = name.clone();
                self.variable(id, &name)?;
                None
            }
            Expr::Select(select) => self.select(id, select)?,
            Expr::Call(call) => self.call(id, call)?,
            Expr::List(list) => {
                list.elements.iter_mut().try_for_each(|it| self.element(it))?;
                None
            }
            Expr::Map(map) => {
                map.entries.iter_mut().try_for_each(|it| self.entry(&mut it.expr))?;
                None
            }
            Expr::Struct(_) => {
                return Err(error(self.span(id), "there are no message types", "write a value"));
            }
            Expr::Comprehension(comprehension) => {
                self.comprehension(id, comprehension)?;
                None
            }
        };
        if let Some(replacement) = replacement {
            node.expr = replacement;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &mut EntryExpr) -> Result<(), ExpressionError> {
        match entry {
            EntryExpr::MapEntry(entry) => {
                self.element(&mut entry.key)?;
                self.element(&mut entry.value)
            }
            EntryExpr::StructField(field) => self.element(&mut field.value),
        }
    }

    /// An element of a list or map that is written out.
    fn element(&mut self, element: &mut IdedExpr) -> Result<(), ExpressionError> {
        if self.in_loop && !matches!(element.expr, Expr::Literal(_)) {
            return Err(error(
                self.span(element.id),
                "inside of map, filter and the like, lists and maps hold only plain values",
                "build the list outside",
            ));
        }
        self.visit(element)
    }

    fn variable(&self, id: u64, name: &str) -> Result<(), ExpressionError> {
        if name.starts_with('@') || self.variables.iter().any(|it| it == name) {
            return Ok(());
        }
        let span = self.span(id);
        if name == "ad" {
            return Err(error(span, "`ad` is not a value by itself", "write ad.name or ad[\"name\"]"));
        }
        if distance(&name.to_ascii_lowercase(), "ad") <= 1 {
            return Err(error(span, format!("`{name}` is not known"), "did you mean `ad`? Write ad.name"));
        }
        let function = FUNCTIONS.iter().find(|it| it.name == name);
        let hint = function.map_or_else(|| format!("write ad.{name} for the attribute"), usage);
        Err(error(span, format!("`{name}` is not known"), hint))
    }

    fn select(&mut self, id: u64, select: &mut SelectExpr) -> Result<Option<Expr>, ExpressionError> {
        if is_ad(&select.operand) {
            let at = self.after(id, &select.field);
            let view = if select.test { PRESENCE } else { VALUE };
            return self.attribute(&select.field, at, view, operators::INDEX).map(Some);
        }
        self.visit(&mut select.operand)?;
        Ok(None)
    }

    fn call(&mut self, id: u64, call: &mut CallExpr) -> Result<Option<Expr>, ExpressionError> {
        let name = call.func_name.as_str();
        if matches!(name, operators::INDEX | operators::OPT_INDEX | operators::OPT_SELECT)
            && let [operand, index] = &call.args[..]
            && is_ad(operand)
        {
            return self.indexed(id, name, index).map(Some);
        }
        if name == operators::ADD && matches!(&call.args[..], [it, _] if is_accumulator(it)) {
            // What the parser makes of map and filter: the loop's body is the only element of a new list.
            return self.accumulation(call).map(|()| None);
        }
        if name == operators::ADD {
            ADD.clone_into(&mut call.func_name);
        } else if is_name(name)
            && let Some(replacement) = self.function(id, call)?
        {
            return Ok(Some(replacement));
        }
        if let Some(target) = &mut call.target {
            self.visit(target)?;
        }
        call.args.iter_mut().try_for_each(|it| self.visit(it))?;
        Ok(None)
    }

    fn accumulation(&mut self, call: &mut CallExpr) -> Result<(), ExpressionError> {
        for argument in &mut call.args {
            if let Expr::List(list) = &mut argument.expr {
                list.elements.iter_mut().try_for_each(|it| self.visit(it))?;
            } else {
                self.visit(argument)?;
            }
        }
        Ok(())
    }

    /// `ad["name"]`, `ad[?"name"]` and `ad.?name`.
    fn indexed(&mut self, id: u64, operator: &str, index: &IdedExpr) -> Result<Expr, ExpressionError> {
        let Expr::Literal(LiteralValue::String(name)) = &index.expr else {
            let hint = "write ad[\"name\"] with the name of one attribute";
            return Err(error(self.span(index.id), "the name of an attribute must be plain text", hint));
        };
        let (name, at) = (name.inner().to_owned(), self.span(index.id));
        let at = if operator == operators::OPT_SELECT { self.after(id, &name) } else { at };
        let operator = if operator == operators::INDEX { operators::INDEX } else { operators::OPT_INDEX };
        self.attribute(&name, at, VALUE, operator)
    }

    fn attribute(
        &mut self,
        name: &str,
        at: Range<usize>,
        view: &str,
        operator: &str,
    ) -> Result<Expr, ExpressionError> {
        let is_first_letter = |it: char| it.is_ascii_alphabetic();
        if !name.starts_with(is_first_letter)
            || !name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
        {
            let hint = "a name has letters, digits and hyphens";
            return Err(error(at, format!("`{name}` is not an attribute name"), hint));
        }
        let is_membership = ["member", "memberOf"].iter().any(|it| it.eq_ignore_ascii_case(name));
        if is_membership && view == VALUE {
            let hint = "ask memberOf(\"CN=Staff,OU=Groups,DC=corp,DC=example\"), which follows nested groups";
            return Err(error(at, format!("`{name}` cannot be read in an expression"), hint));
        }
        let syntax = Syntax::of(name);
        if syntax == Syntax::Octets && view == VALUE {
            let hint = format!("ask has(ad.{name})");
            return Err(error(at, format!("`{name}` holds bytes, not text"), hint));
        }
        let Ok(id) = self.names.intern(name) else {
            let reason = "the manifests name more attributes than fit (65,535)";
            return Err(error(at, reason, "name fewer attributes"));
        };
        let wanted = Reference { id, name: name.into(), syntax, is_list: Syntax::is_list(name) };
        let known = self.found.attributes.iter().position(|it| it.id == id);
        let number = known.unwrap_or(self.found.attributes.len());
        if known.is_none() {
            self.found.attributes.push(wanted);
        }
        Ok(numbered(view, number, operator))
    }

    /// Checks how a named function is called; `memberOf` is replaced.
    fn function(&mut self, id: u64, call: &mut CallExpr) -> Result<Option<Expr>, ExpressionError> {
        let name = call.func_name.clone();
        let span = self.before(id, &name);
        let Some(known) = FUNCTIONS.iter().find(|it| it.name == name) else {
            return Err(error(span, format!("there is no function `{name}`"), similar(&name)));
        };
        let allowed = if call.target.is_some() { known.member } else { known.global };
        if !allowed.contains(&call.args.len()) {
            return Err(error(span, format!("`{name}` is not called like this"), usage(known)));
        }
        if name == "memberOf" {
            return self.membership(&call.args[0]).map(Some);
        }
        if name == "matches" {
            self.pattern(&call.args[0])?;
        }
        known.inner.clone_into(&mut call.func_name);
        Ok(None)
    }

    fn membership(&mut self, group: &IdedExpr) -> Result<Expr, ExpressionError> {
        let at = self.span(group.id);
        let hint = "write memberOf(\"CN=Staff,OU=Groups,DC=corp,DC=example\")";
        let Expr::Literal(LiteralValue::String(name)) = &group.expr else {
            return Err(error(at, "the name of a group must be plain text", hint));
        };
        match name.inner().parse::<Dn>() {
            Ok(dn) if !dn.key().is_empty() => {
                let known = self.found.groups.iter().position(|it| *it == dn);
                let number = known.unwrap_or(self.found.groups.len());
                if known.is_none() {
                    self.found.groups.push(dn);
                }
                Ok(numbered(MEMBERSHIP, number, operators::INDEX))
            }
            Ok(_) => Err(error(at, "the name of the group is empty", hint)),
            Err(wrong) => Err(error(at, wrong.to_string(), hint)),
        }
    }

    /// A regular expression is compiled here once, so that a wrong one is found now.
    fn pattern(&self, pattern: &IdedExpr) -> Result<(), ExpressionError> {
        let at = self.span(pattern.id);
        let Expr::Literal(LiteralValue::String(text)) = &pattern.expr else {
            return Err(error(at, "a pattern must be plain text", "write text.matches(\"^[A-Z]+$\")"));
        };
        if PATTERN_BYTES_MAX < text.inner().len() {
            let reason = format!("the pattern is longer than {PATTERN_BYTES_MAX} bytes");
            return Err(error(at, reason, "use startsWith, endsWith or contains"));
        }
        let probe = CallExpr {
            func_name: "matches".to_owned(),
            target: Some(Box::new(IdedExpr {
                id: 0,
                expr: Expr::Literal(LiteralValue::String(String::new().into())),
            })),
            args: vec![pattern.clone()],
        };
        let context = cel::Context::with_env(language());
        if cel::Value::resolve(&IdedExpr { id: 0, expr: Expr::Call(probe) }, &context).is_err() {
            let hint = "write a regular expression in RE2 syntax, such as \"^[A-Z]+$\"";
            return Err(error(at, "the pattern is no regular expression, or too big", hint));
        }
        Ok(())
    }

    fn comprehension(&mut self, id: u64, it: &mut ComprehensionExpr) -> Result<(), ExpressionError> {
        let ComprehensionExpr {
            iter_range,
            iter_var,
            iter_var2,
            accu_var: _,
            accu_init,
            loop_cond,
            loop_step,
            result,
        } = it;
        let span = self.before(id, "map");
        if self.in_loop {
            let hint = "use contains, startsWith or `in` on the inner list";
            return Err(error(span, "map, filter, all and exists cannot stand inside of each other", hint));
        }
        self.loops += 1;
        if LOOPS_MAX < self.loops {
            let reason = format!("more than {LOOPS_MAX} of map, filter, all and exists");
            return Err(error(span, reason, "split it into several flows"));
        }
        for name in [Some(&*iter_var), iter_var2.as_ref()].into_iter().flatten() {
            if name == "ad" {
                return Err(error(span, "`ad` is the object", "give the variable another name"));
            }
        }
        self.visit(iter_range)?;
        let outside = self.variables.len();
        self.variables.push(iter_var.clone());
        self.variables.extend(iter_var2.clone());
        self.in_loop = true;
        [accu_init, loop_cond, loop_step, result].into_iter().try_for_each(|it| self.visit(it))?;
        self.in_loop = false;
        self.variables.truncate(outside);
        Ok(())
    }

    /// The token that the parser remembers for a node.
    fn span(&self, id: u64) -> Range<usize> {
        let (start, stop) = self.source.offset_for(id).unwrap_or((0, 0));
        let start = self.boundary(start as usize);
        let end = self.boundary((stop as usize).saturating_add(1));
        if start < end { start..end } else { 0..self.text.len() }
    }

    fn boundary(&self, at: usize) -> usize {
        (at.min(self.text.len())..=self.text.len()).find(|it| self.text.is_char_boundary(*it)).unwrap_or(0)
    }

    /// A name that stands before the remembered bracket.
    fn before(&self, id: u64, name: &str) -> Range<usize> {
        let token = self.span(id);
        let head = self.text[..token.start].trim_end();
        let length = head.bytes().rev().take_while(|it| it.is_ascii_alphanumeric() || *it == b'_').count();
        let is_name = head.ends_with(name) || (name == "map" && 0 < length);
        if is_name { head.len() - length..head.len() } else { token }
    }

    /// A name that stands behind the remembered dot.
    fn after(&self, id: u64, name: &str) -> Range<usize> {
        let token = self.span(id);
        match self.text[token.start..].find(name) {
            Some(at) => token.start + at..token.start + at + name.len(),
            None => token,
        }
    }
}

fn numbered(view: &str, number: usize, operator: &str) -> Expr {
    let node = |expr| IdedExpr { id: 0, expr };
    let number = CelInt::from(i64::try_from(number).unwrap_or(i64::MAX));
    Expr::Call(CallExpr {
        func_name: operator.to_owned(),
        target: None,
        args: vec![node(Expr::Ident(view.to_owned())), node(Expr::Literal(LiteralValue::Int(number)))],
    })
}

fn is_ad(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Ident(name) if name == "ad")
}

fn is_accumulator(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Ident(name) if name == ACCUMULATOR)
}

/// Whether it is a function that somebody wrote, not an operator.
fn is_name(function: &str) -> bool {
    function.starts_with(|it: char| it.is_ascii_alphabetic())
}

fn usage(function: &Callable) -> String {
    format!("write {}", function.usage)
}

/// The known function whose name is nearest, or all of them.
fn similar(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let nearest = FUNCTIONS
        .iter()
        .map(|it| (distance(&it.name.to_ascii_lowercase(), &lower), it))
        .min_by_key(|it| it.0);
    match nearest {
        Some((distance, function)) if distance <= 2 => {
            format!("did you mean `{}`? Write {}", function.name, function.usage)
        }
        _ => {
            let names: BTreeSet<&str> = FUNCTIONS.iter().map(|it| it.name).collect();
            format!("there are {}", names.into_iter().collect::<Vec<_>>().join(", "))
        }
    }
}

/// Edit distance (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in right.bytes().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}
