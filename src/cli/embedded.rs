//! The controller inside another program, which gives it a world of its own: no terminal, no signals, and nobody who
//! watches the manifests.

use std::path::Path;
use std::sync::Arc;

use crate::state::State;

use super::console::Console;
use super::error::Error;
use super::outside::Outside;
use super::run::{Controller, share};
use super::survey;

/// A running controller. Its policies are looked at by tasks of the runtime that it was begun on, and end with it.
pub struct Embedded(Controller);

impl Embedded {
    /// Begins to look at the policies of a folder, with the records below another.
    ///
    /// # Errors
    /// The manifests or the records cannot be used: what is the matter, in words.
    pub fn begin(manifests: &Path, records: &Path, outside: Outside) -> Result<Self, String> {
        Self::try_begin(manifests, records, outside).map_err(|it| it.to_string())
    }

    fn try_begin(manifests: &Path, records: &Path, outside: Outside) -> Result<Self, Error> {
        let loaded = survey::load(manifests, Console::SILENT)?;
        let shared = share(State::open(records)?, &loaded, Console::SILENT, outside)?;
        Ok(Self(Controller::begin(manifests, loaded, Arc::new(shared))))
    }

    /// Loads the manifests again, and looks at every policy now.
    pub fn reload(&mut self) {
        self.0.reload();
    }

    /// Brings what runs to its end.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}
