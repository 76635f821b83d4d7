//! Dates, durations and decimals as .NET stores them, and their characters in XML.
//!
//! It does not know records. No clock and no time zone of this machine is asked.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime as CivilDateTime, Time};
use jiff::tz::TimeZone;

const TICKS_PER_SECOND: u64 = 10_000_000;
const TICKS_PER_DAY: u64 = 86_400 * TICKS_PER_SECOND;
/// 10000-01-01, which is one too many ([MC-NBFX] 2.2.3.12 DateTimeText Record).
const TICKS_END: u64 = 3_155_378_976_000_000_000;

/// What a [`DateTime`] is relative to: the `TZ` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Not said.
    Unspecified,
    /// UTC.
    Utc,
    /// The sender's local time, whose offset does not travel.
    Local,
}

/// 100 ns steps since the start of the year 1 ([MC-NBFX] 2.2.3.12 DateTimeText Record).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    ticks: u64,
    zone: Zone,
}

impl DateTime {
    /// A date, unless it is after the year 9999.
    pub fn new(ticks: u64, zone: Zone) -> Option<Self> {
        (ticks < TICKS_END).then_some(Self { ticks, zone })
    }

    /// A point in time, in UTC; what is finer than 100 ns is cut off. `None` before the year 1.
    pub fn from_timestamp(timestamp: Timestamp) -> Option<Self> {
        let civil = TimeZone::UTC.to_datetime(timestamp);
        let days = civil.date().since(first_day()).ok()?.get_days();
        let time = civil.time();
        let [hour, minute, second] = [time.hour(), time.minute(), time.second()].map(i64::from);
        let seconds = (hour * 60 + minute) * 60 + second;
        let ticks = u64::try_from(seconds).ok()? * TICKS_PER_SECOND
            + u64::try_from(time.subsec_nanosecond() / 100).ok()?;
        Self::new(u64::try_from(days).ok()? * TICKS_PER_DAY + ticks, Zone::Utc)
    }

    /// The point in time; a local time is taken as UTC, since .NET sends it as such.
    pub fn to_timestamp(self) -> Option<Timestamp> {
        TimeZone::UTC.to_timestamp(self.civil()?).ok()
    }

    /// The 64 bits of the record.
    pub(super) fn to_bits(self) -> u64 {
        let zone = match self.zone {
            Zone::Unspecified => 0,
            Zone::Utc => 1,
            Zone::Local => 2,
        };
        self.ticks | zone << 62
    }

    pub(super) fn from_bits(bits: u64) -> Option<Self> {
        let zone = match bits >> 62 {
            0 => Zone::Unspecified,
            1 => Zone::Utc,
            2 => Zone::Local,
            _ => return None,
        };
        Self::new(bits & (u64::MAX >> 2), zone)
    }

    fn civil(self) -> Option<CivilDateTime> {
        let days = i32::try_from(self.ticks / TICKS_PER_DAY).ok()?;
        let date = first_day().checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
        let seconds = i64::try_from(self.ticks % TICKS_PER_DAY / TICKS_PER_SECOND).ok()?;
        let nanoseconds = i64::try_from(self.ticks % TICKS_PER_SECOND * 100).ok()?;
        let span = jiff::SignedDuration::from_secs(seconds) + jiff::SignedDuration::from_nanos(nanoseconds);
        date.to_datetime(Time::midnight()).checked_add(span).ok()
    }
}

fn first_day() -> Date {
    jiff::civil::date(1, 1, 1)
}

/// `yyyy-MM-ddTHH:mm:ss[.fffffff]` and `Z` for UTC. Local time gets a `Z` too: its offset is unknown,
/// and .NET puts the time in UTC into the record.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = self.civil().ok_or(fmt::Error)?;
        write!(f, "{}", civil.strftime("%Y-%m-%dT%H:%M:%S"))?;
        write_fraction(f, self.ticks % TICKS_PER_SECOND)?;
        match self.zone {
            Zone::Unspecified => Ok(()),
            Zone::Utc | Zone::Local => f.write_str("Z"),
        }
    }
}

/// 100 ns steps ([MC-NBFX] 2.2.3.23 TimeSpanText Record).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeSpan(
    /// Steps.
    pub i64,
);

/// As an XML duration: the section describes `HH:mm:ss`, but its examples (section 3) and .NET have `PT3H20M`.
impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks = self.0.unsigned_abs();
        let (days, of_day) = (ticks / TICKS_PER_DAY, ticks % TICKS_PER_DAY);
        let seconds = of_day / TICKS_PER_SECOND;
        let fraction = of_day % TICKS_PER_SECOND;
        f.write_str(if self.0 < 0 { "-P" } else { "P" })?;
        if days != 0 {
            write!(f, "{days}D")?;
        }
        if of_day != 0 || days == 0 {
            f.write_str("T")?;
        }
        for (value, unit) in [(seconds / 3600, "H"), (seconds / 60 % 60, "M")] {
            if value != 0 {
                write!(f, "{value}{unit}")?;
            }
        }
        if !seconds.is_multiple_of(60) || fraction != 0 || ticks == 0 {
            write!(f, "{}", seconds % 60)?;
            write_fraction(f, fraction)?;
            f.write_str("S")?;
        }
        Ok(())
    }
}

/// Seven digits after the point, without zeros at the end.
fn write_fraction(f: &mut fmt::Formatter<'_>, ticks: u64) -> fmt::Result {
    if ticks == 0 {
        return Ok(());
    }
    let digits = format!("{ticks:07}");
    write!(f, ".{}", digits.trim_end_matches('0'))
}

/// A decimal of 96 bits ([MC-NBFX] 2.2.3.11 DecimalText Record; [MS-OAUT] 2.2.26 DECIMAL).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    magnitude: u128,
    scale: u8,
    is_negative: bool,
}

impl Decimal {
    /// Reads the sixteen bytes: two reserved, scale, sign, the high 32 bits, the low 64 bits.
    pub(super) fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let [_, _, scale, sign, high @ .., l0, l1, l2, l3, l4, l5, l6, l7] = bytes;
        if 28 < scale || ![0, 0x80].contains(&sign) {
            return None;
        }
        let low = u64::from_le_bytes([l0, l1, l2, l3, l4, l5, l6, l7]);
        let magnitude = u128::from(u32::from_le_bytes(high)) << 64 | u128::from(low);
        Some(Self { magnitude, scale, is_negative: sign != 0 })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divisor = 10_u128.pow(u32::from(self.scale));
        let (whole, rest) = (self.magnitude / divisor, self.magnitude % divisor);
        let sign = if self.is_negative { "-" } else { "" };
        write!(f, "{sign}{whole}")?;
        if rest == 0 {
            return Ok(());
        }
        let digits = format!("{rest:0width$}", width = usize::from(self.scale));
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

/// The characters of a floating point number ([MC-NBFX] 2.2.3.9 FloatText Record): the fewest digits that
/// give the same number, with an exponent where the number is far from 1.
pub(super) fn write_float(
    f: &mut fmt::Formatter<'_>,
    value: f64,
    plain: &impl fmt::Display,
    exponential: &impl fmt::UpperExp,
) -> fmt::Result {
    if value.is_nan() {
        return f.write_str("NaN");
    }
    if value.is_infinite() {
        return f.write_str(if value < 0.0 { "-INF" } else { "INF" });
    }
    if value == 0.0 || (1e-5..1e15).contains(&value.abs()) {
        return write!(f, "{plain}");
    }
    let text = format!("{exponential:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !exponent.starts_with('-') => write!(f, "{digits}E+{exponent}"),
        Some(_) | None => f.write_str(&text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_xml_durations() {
        for (ticks, text) in [
            (0, "PT0S"),
            (-3_440_000_000, "-PT5M44S"),
            (120_000_000_000, "PT3H20M"),
            (864_000_000_000, "P1D"),
            (864_000_000_001, "P1DT0.0000001S"),
            (i64::MIN, "-P10675199DT2H48M5.4775808S"),
        ] {
            assert_eq!(TimeSpan(ticks).to_string(), text);
        }
    }

    #[test]
    fn dates_come_back_from_timestamps() {
        for text in ["2026-11-22T03:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59.9999999Z"] {
            let timestamp: Timestamp = text.parse().unwrap();
            let date = DateTime::from_timestamp(timestamp).unwrap();
            assert_eq!(date.to_string(), text);
            assert_eq!(date.to_timestamp(), Some(timestamp));
            assert_eq!(DateTime::from_bits(date.to_bits()), Some(date));
        }
        assert_eq!(
            DateTime::new(TICKS_END - 1, Zone::Local).unwrap().to_string(),
            "9999-12-31T23:59:59.9999999Z"
        );
        assert_eq!(DateTime::new(TICKS_END, Zone::Utc), None);
        assert_eq!(DateTime::from_bits(3 << 62), None);
    }
}
