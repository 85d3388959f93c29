use std::fmt;
use std::str::FromStr;
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time in whole microseconds, written as RFC 3339 in UTC.
///
/// ```
/// use etag_core::Timestamp;
///
/// let time: Timestamp = "2026-03-01T13:00:00.25+01:00".parse()?;
/// assert_eq!(time.to_string(), "2026-03-01T12:00:00.25Z");
/// assert_eq!(time.as_microseconds(), 1_772_366_400_250_000);
/// # Ok::<(), etag_core::InvalidTimestamp>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Since 1970, within the years that `jiff` can print.
    microseconds: i64,
}

impl Timestamp {
    /// What the system's clock says, cut to microseconds.
    ///
    /// ```
    /// use etag_core::Timestamp;
    ///
    /// let now = Timestamp::now();
    /// assert!(now > "2020-01-01T00:00:00Z".parse()?);
    /// assert_eq!(now.to_string().parse(), Ok(now)); // nothing is lost in its text
    /// # Ok::<(), etag_core::InvalidTimestamp>(())
    /// ```
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// The time that many microseconds after 1970-01-01T00:00:00Z; beyond the years ±9999 the nearest
    /// time within them.
    ///
    /// ```
    /// use etag_core::Timestamp;
    ///
    /// let before_1970 = Timestamp::from_microseconds(-1);
    /// assert_eq!(before_1970.to_string(), "1969-12-31T23:59:59.999999Z");
    /// assert_eq!(Timestamp::from_microseconds(i64::MAX).to_string(), "9999-12-30T22:00:00Z");
    /// ```
    pub fn from_microseconds(microseconds: i64) -> Self {
        let [min, max] =
            [jiff::Timestamp::MIN, jiff::Timestamp::MAX].map(|bound| bound.as_second() * MICROSECONDS);
        Self { microseconds: microseconds.clamp(min, max) }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    ///
    /// ```
    /// use etag_core::Timestamp;
    ///
    /// let time: Timestamp = "1970-01-01T00:00:01.0000059Z".parse()?;
    /// assert_eq!(time.as_microseconds(), 1_000_005);
    /// # Ok::<(), etag_core::InvalidTimestamp>(())
    /// ```
    pub const fn as_microseconds(self) -> i64 {
        self.microseconds
    }

    /// Whole seconds since 1970-01-01T00:00:00Z: all that an HTTP date can tell (RFC 9110 §5.6.7).
    ///
    /// ```
    /// use etag_core::Timestamp;
    ///
    /// assert_eq!(Timestamp::from_microseconds(1_999_999).as_seconds(), 1);
    /// assert_eq!(Timestamp::from_microseconds(-1).as_seconds(), -1); // the second that it is in
    /// ```
    pub const fn as_seconds(self) -> i64 {
        self.microseconds.div_euclid(MICROSECONDS)
    }

    /// The next time that there is: one microsecond later.
    ///
    /// ```
    /// use etag_core::Timestamp;
    ///
    /// let time = Timestamp::from_microseconds(999_999);
    /// assert_eq!((time.as_seconds(), time.next().as_seconds()), (0, 1));
    /// ```
    #[must_use]
    pub fn next(self) -> Self {
        Self::from_microseconds(self.microseconds.saturating_add(1))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let microseconds = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => {
                let nanoseconds = before.duration().as_nanos();
                i64::try_from(nanoseconds.div_ceil(1000)).map_or(i64::MIN, |microseconds| -microseconds)
            }
        };
        Self::from_microseconds(microseconds)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        jiff::Timestamp::from_microsecond(self.microseconds).map_err(|_| fmt::Error)?.fmt(f)
    }
}

/// The text is not a time as RFC 3339 writes it.
///
/// ```
/// use etag_core::{InvalidTimestamp, Timestamp};
///
/// assert!("2026-03-01T12:00:00+01:00".parse::<Timestamp>().is_ok());
/// assert_eq!("2026-03-01T12:00:00".parse::<Timestamp>(), Err(InvalidTimestamp)); // no offset
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as `2026-03-01T12:00:00Z` (RFC 3339)")]
pub struct InvalidTimestamp;

impl FromStr for Timestamp {
    type Err = InvalidTimestamp;

    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let time: jiff::Timestamp = text.parse().map_err(|_| InvalidTimestamp)?;
        Ok(Self::from_microseconds(time.as_nanosecond().div_euclid(1000) as i64))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

const MICROSECONDS: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_has_a_text_that_it_is_read_from() {
        for microseconds in [i64::MIN, -62_135_596_800_000_001, -1, 0, 1, 253_402_207_200_000_000, i64::MAX] {
            let time = Timestamp::from_microseconds(microseconds);
            assert_eq!(time.to_string().parse(), Ok(time), "{microseconds}");
        }
    }
}
