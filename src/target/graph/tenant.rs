//! A tenant that plans are applied to through Microsoft Graph.

use super::connection::Connection;
use super::reader::Reader;
use super::writer::Writer;
use crate::model::{Anchor, CloudGroup, CloudId, CloudUser, ObjectKind};
use crate::target::{Current, Done, Lookup, Step, Target, TargetError};

/// Reader and writer of one tenant together: what apply needs, and planning must not have.
#[derive(Clone, Debug)]
pub struct Tenant {
    reader: Reader,
    writer: Writer,
}

impl Tenant {
    /// Reads and writes through a connection.
    pub fn new(connection: &Connection) -> Self {
        Self { reader: Reader::new(connection), writer: Writer::new(connection) }
    }
}

impl Target for Tenant {
    /// Fifteen anchors go into one question, and twenty requests into one batch.
    const CHANGES_TOGETHER: usize = 60;
    /// Twelve batches, of which eight are under way.
    const PIECES_AT_ONCE: usize = 4;

    async fn current(&self, ids: &[(ObjectKind, CloudId)]) -> Result<Vec<Current>, TargetError> {
        self.reader.current(ids).await
    }

    async fn find_users(&self, anchors: &[Anchor]) -> Result<Vec<Option<CloudUser>>, TargetError> {
        self.reader.find_users_by_anchor(anchors).await
    }

    async fn deleted_users(&self) -> Result<Vec<CloudUser>, TargetError> {
        self.reader.deleted_users().await
    }

    async fn find_groups(&self, anchors: &[Anchor]) -> Result<Vec<Option<CloudGroup>>, TargetError> {
        self.reader.find_group_by_anchor(anchors).await
    }

    async fn carry_out(&self, steps: &[Step]) -> Vec<Result<Done, TargetError>> {
        self.writer.carry_out(steps).await
    }
}

impl Lookup for Reader {
    async fn current(&self, ids: &[(ObjectKind, CloudId)]) -> Result<Vec<Current>, TargetError> {
        Self::current(self, ids).await
    }

    async fn find_users(&self, anchors: &[Anchor]) -> Result<Vec<Option<CloudUser>>, TargetError> {
        self.find_users_by_anchor(anchors).await
    }

    async fn deleted_users(&self) -> Result<Vec<CloudUser>, TargetError> {
        Self::deleted_users(self).await
    }
}
