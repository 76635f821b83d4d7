//! Which objects of the tenant belong to one in scope.

use std::cell::{Cell, RefCell};

use crate::model::CloudId;

/// Objects of the tenant, put in order when the first is asked for: a table of a million that is filled one by one goes all
/// over the memory, and takes twice as much.
#[derive(Default)]
pub(super) struct Kept {
    ids: RefCell<Vec<CloudId>>,
    is_in_order: Cell<bool>,
}

impl Kept {
    pub(super) fn reserve(&mut self, more: usize) {
        self.ids.get_mut().reserve(more);
    }

    pub(super) fn add(&mut self, id: CloudId) {
        self.ids.get_mut().push(id);
        self.is_in_order.set(false);
    }

    pub(super) fn has(&self, id: CloudId) -> bool {
        self.put_in_order();
        self.ids.borrow().binary_search(&id).is_ok()
    }

    /// Whether two objects of the directory are joined to one of the tenant.
    pub(super) fn is_doubled(&self) -> bool {
        self.put_in_order();
        !self.ids.borrow().is_sorted_by(|a, b| a < b)
    }

    fn put_in_order(&self) {
        if !self.is_in_order.replace(true) {
            self.ids.borrow_mut().sort_unstable();
        }
    }
}
