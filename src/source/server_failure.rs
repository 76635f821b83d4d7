//! What each server of several said: a chain with a line for each.
//!
//! It does not know what they were asked.

use std::error::Error;
use std::fmt;

/// One server that could not be used, and the ones after it.
#[derive(Debug)]
pub struct ServerFailure<E> {
    /// What happened.
    pub cause: Box<E>,
    /// The one that was tried next.
    pub next: Option<Box<Self>>,
}

impl<E> ServerFailure<E> {
    /// A chain in the order in which servers were tried; `None` if there is no failure.
    pub(super) fn chain(failures: Vec<E>) -> Option<Self> {
        let link =
            |next: Option<Self>, cause| Some(Self { cause: Box::new(cause), next: next.map(Box::new) });
        failures.into_iter().rev().fold(None, link)
    }

    /// What happened, server by server.
    pub(super) fn causes(&self) -> impl Iterator<Item = &E> {
        std::iter::successors(Some(self), |it| it.next.as_deref()).map(|it| &*it.cause)
    }
}

impl<E: Error> fmt::Display for ServerFailure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        let mut below = self.cause.source();
        while let Some(it) = below {
            write!(f, ": {it}")?;
            below = it.source();
        }
        Ok(())
    }
}

impl<E: Error + 'static> Error for ServerFailure<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.next.as_deref().map(|it| it as &(dyn Error + 'static))
    }
}
