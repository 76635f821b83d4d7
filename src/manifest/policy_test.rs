//! Tests of a policy, ready to be run: made-up objects and what is expected of them.
//!
//! Nothing here runs them.

use std::collections::BTreeMap;

use crate::model::{ObjectKind, Property};

use super::connection::Place;
use super::v1alpha1::OutOfScopeWord;

/// Tests of one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyTest {
    /// Name of the manifest.
    pub name: String,
    /// Name of the policy.
    pub policy: String,
    /// The cases, in order.
    pub cases: Vec<PolicyTestCase>,
}

/// One object and what is expected of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyTestCase {
    /// What the case shows.
    pub name: String,
    /// Its line.
    pub place: Place,
    /// Kind of the object.
    pub object: ObjectKind,
    /// Attributes in the directory; the names are known to the loaded `AttributeNames`.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// What is expected.
    pub expected: Expected,
}

/// What is expected of an object.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Expected {
    /// Properties and their values.
    pub attributes: Vec<(Property, Vec<String>, Place)>,
    /// Properties without a value.
    pub removed: Vec<(Property, Place)>,
    /// Why it is out of scope, if it should be.
    pub out_of_scope: Option<(OutOfScopeWord, Place)>,
}
