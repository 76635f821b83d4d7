//! Durations as people write them: `30s`, `5m`, `24h`, `14d`.

use serde::Deserialize;

use super::text_form;

const SECONDS_OF_DAY: u64 = 86_400;

/// A duration in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Duration {
    /// Whole seconds.
    pub seconds: u64,
}

/// A number of days, or never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct GracePeriod {
    /// Whole days; `None` is never.
    pub days: Option<u32>,
}

text_form!(Duration, "Duration", "duration", "^[0-9]{1,6}[smhd]$", ["30s", "5m", "24h", "14d"]);
text_form!(GracePeriod, "GracePeriod", "number of days", "^([0-9]{1,5}d|never)$", ["14d", "0d", "never"]);

/// A text that is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a duration such as `30s`, `24h` or `14d`")]
pub struct DurationError;

impl TryFrom<String> for Duration {
    type Error = DurationError;

    fn try_from(text: String) -> Result<Self, DurationError> {
        let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or(DurationError)?;
        let unit = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => SECONDS_OF_DAY,
            _ => return Err(DurationError),
        };
        let number: u64 = number.parse().map_err(|_| DurationError)?;
        number.checked_mul(unit).map(|seconds| Self { seconds }).ok_or(DurationError)
    }
}

impl TryFrom<String> for GracePeriod {
    type Error = DurationError;

    fn try_from(text: String) -> Result<Self, DurationError> {
        if text == "never" {
            return Ok(Self { days: None });
        }
        let days = text.strip_suffix('d').and_then(|it| it.parse().ok()).ok_or(DurationError)?;
        Ok(Self { days: Some(days) })
    }
}
