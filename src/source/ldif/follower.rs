//! Keeps the reading of a file for as long as the file is the same.
//!
//! A file is not looked into to tell: the file system says when it was changed. It decides nothing.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::LdifFile;
use crate::model::{Reading, Touched};
use crate::source::{BrokenReading, Depth, Observed, Progress, Request};

/// What is written twice within this time may bear the same time both times: a file system that counts parts of seconds
/// takes them from the ticks of the kernel, up to 10 ms. For as long a file is read at each look, and of 213 MB that
/// took three seconds of a processor each time.
const GRAIN: SignedDuration = SignedDuration::from_millis(100);
/// The same of a file system that counts seconds, or every second one as FAT does.
const COARSE_GRAIN: SignedDuration = SignedDuration::from_secs(2);

/// A file that is followed.
#[derive(Debug, Default)]
pub struct Follower {
    last: Option<(Stamp, Arc<Reading>)>,
}

/// Which file it is, and when it was changed: another one, if any of it differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    file: u64,
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(file: &Metadata) -> Self {
        Self {
            device: file.dev(),
            file: file.ino(),
            length: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }

    /// Whether it is so old that whatever is written now changes it.
    fn is_settled(self, as_of: Timestamp) -> bool {
        let (seconds, nanoseconds) = self.changed;
        let grain = if nanoseconds == 0 { COARSE_GRAIN } else { GRAIN };
        let parts = i32::try_from(nanoseconds).unwrap_or_default();
        grain < as_of.duration_since(Timestamp::new(seconds, parts).unwrap_or(Timestamp::MAX))
    }
}

impl Follower {
    /// The directory as the file has it now.
    ///
    /// # Errors
    /// It cannot be read to its end, or something in it is not LDIF.
    pub async fn observe(
        &mut self,
        (file, depth): (&LdifFile, Depth),
        request: &Request,
        as_of: Timestamp,
        progress: &dyn Progress,
    ) -> Result<Observed, BrokenReading> {
        let stamp =
            std::fs::metadata(&file.path).ok().map(|it| Stamp::of(&it)).filter(|it| it.is_settled(as_of));
        let is_last = |last: &&(Stamp, Arc<Reading>)| {
            Some(last.0) == stamp && last.1.objects().names() == &request.names
        };
        if depth == Depth::Changes
            && let Some((_, reading)) = self.last.as_ref().filter(is_last)
        {
            let (reading, touched) = (Arc::clone(reading), Touched::nothing());
            return Ok(Observed { reading, has_news: false, touched });
        }
        self.last = None;
        // Looked at before it is read: if it is changed meanwhile, it is another one the next time.
        let reading = Arc::new(Reading::Whole(file.read(request, progress).await?));
        self.last = stamp.map(|it| (it, Arc::clone(&reading)));
        Ok(Observed { reading, has_news: true, touched: Touched::Everything })
    }
}
