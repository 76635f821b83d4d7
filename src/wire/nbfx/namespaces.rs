//! Which prefix means which namespace, at this point of a document (Namespaces in XML 1.0, 6).
//!
//! It does not know elements; it is told when one opens and closes.

use super::error::Malformed;

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";

/// The declarations in scope.
#[derive(Clone, Default)]
pub(super) struct Namespaces<'a> {
    bindings: Vec<Binding<'a>>,
}

#[derive(Clone)]
struct Binding<'a> {
    prefix: &'a str,
    namespace: &'a str,
    depth: usize,
}

impl<'a> Namespaces<'a> {
    /// Adds the declarations of an element at this depth, at most `max` in all.
    pub(super) fn open(
        &mut self,
        depth: usize,
        declared: &[(&'a str, &'a str)],
        max: usize,
    ) -> Result<(), Malformed> {
        if max < self.bindings.len() + declared.len() {
            return Err(Malformed::Limit("namespaces_max"));
        }
        let bindings = declared.iter().map(|(prefix, namespace)| Binding { prefix, namespace, depth });
        self.bindings.extend(bindings);
        Ok(())
    }

    /// Forgets what the element at this depth declared.
    pub(super) fn close(&mut self, depth: usize) {
        while self.bindings.last().is_some_and(|it| it.depth == depth) {
            self.bindings.pop();
        }
    }

    /// The namespace of an element; none without a prefix and a default.
    pub(super) fn of_element(&self, prefix: &str) -> Result<&'a str, Malformed> {
        match self.bindings.iter().rev().find(|it| it.prefix == prefix) {
            Some(binding) => Ok(binding.namespace),
            None if prefix.is_empty() => Ok(""),
            None if prefix == "xml" => Ok(XML_NAMESPACE),
            None => Err(Malformed::Prefix),
        }
    }

    /// The namespace of an attribute: the default does not apply (6.2).
    pub(super) fn of_attribute(&self, prefix: &str) -> Result<&'a str, Malformed> {
        if prefix.is_empty() { Ok("") } else { self.of_element(prefix) }
    }
}
