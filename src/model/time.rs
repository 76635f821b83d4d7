//! The two ways in which Active Directory writes a point in time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Seconds from 1601-01-01 to 1970-01-01.
const FILETIME_EPOCH_OFFSET_S: i64 = 11_644_473_600;

/// Reads a FILETIME: 100 ns steps since 1601-01-01 UTC ([MS-DTYP] 2.3.3).
///
/// `None` for 0 and for the values that mean "never", which lie beyond the year 9999.
pub fn from_filetime(steps: i64) -> Option<Timestamp> {
    if steps <= 0 {
        return None;
    }
    let second = (steps / 10_000_000).checked_sub(FILETIME_EPOCH_OFFSET_S)?;
    let nanosecond = i32::try_from(steps % 10_000_000).ok()?.checked_mul(100)?;
    Timestamp::new(second, nanosecond).ok()
}

/// Reads a generalized time such as `20261122091400.0Z` (RFC 4517, 3.3.13; UTC only, as AD writes it).
pub fn from_generalized_time(text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z')?;
    let whole = digits.split(['.', ',']).next()?;
    if whole.len() != 14 || !whole.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let field = |at: usize, len: usize| whole[at..at + len].parse::<i16>().ok();
    let small = |at: usize| field(at, 2).and_then(|it| i8::try_from(it).ok());
    let civil =
        DateTime::new(field(0, 4)?, small(4)?, small(6)?, small(8)?, small(10)?, small(12)?, 0).ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_the_same_second() {
        let expected: Timestamp = "2026-11-22T09:14:00Z".parse().unwrap();
        assert_eq!(from_generalized_time("20261122091400.0Z"), Some(expected));
        assert_eq!(
            from_filetime((expected.as_second() + FILETIME_EPOCH_OFFSET_S) * 10_000_000),
            Some(expected)
        );
    }

    #[test]
    fn never_and_nonsense_are_no_time() {
        assert_eq!(from_filetime(0), None);
        assert_eq!(from_filetime(i64::MAX), None);
        for bad in ["", "Z", "20261122091400", "20261322091400.0Z", "2026112209140é.0Z"] {
            assert_eq!(from_generalized_time(bad), None, "{bad:?}");
        }
    }
}
