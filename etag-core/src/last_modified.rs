use std::time::{Duration, SystemTime};

use http::HeaderValue;

use crate::Timestamp;

/// When a resource last changed (`Last-Modified`, RFC 9110 §8.8.2), in whole seconds on the wire.
///
/// A date is a weak validator unless the resource is known to have had no other version within its
/// second (§8.8.2.2); a weak one is sent, and never yields a 304, a 206 or a write.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use etag_core::LastModified;
///
/// let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
/// let now = SystemTime::now();
/// assert!(!LastModified::from(time).is_strong_at(now));
/// assert!(LastModified::strong(time).is_strong_at(now));
/// assert!(!LastModified::strong(now).is_strong_at(now)); // its second is not over
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastModified {
    time: Timestamp,
    alone: bool,
}

impl LastModified {
    /// A time in whose second the resource had no other version, not even before it was deleted and made
    /// again.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use etag_core::LastModified;
    ///
    /// let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    /// assert!(LastModified::strong(time).is_alone());
    /// assert_ne!(LastModified::strong(time), LastModified::from(time)); // which is weak
    /// ```
    pub fn strong(time: impl Into<Timestamp>) -> Self {
        Self { time: time.into(), alone: true }
    }

    /// The same time as a weak validator.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use etag_core::LastModified;
    ///
    /// let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    /// assert_eq!(LastModified::strong(time).to_weak(), LastModified::from(time));
    /// ```
    #[must_use]
    pub const fn to_weak(self) -> Self {
        Self { alone: false, ..self }
    }

    /// The time, in microseconds.
    ///
    /// ```
    /// use etag_core::{LastModified, Timestamp};
    ///
    /// let time: Timestamp = "2026-03-01T12:00:00.25Z".parse()?;
    /// assert_eq!(LastModified::from(time).time(), time); // which is sent in whole seconds
    /// # Ok::<(), etag_core::InvalidTimestamp>(())
    /// ```
    pub const fn time(&self) -> Timestamp {
        self.time
    }

    /// Whether the resource had no other version in this second so far.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use etag_core::LastModified;
    ///
    /// let modified = LastModified::strong(SystemTime::now());
    /// assert!(modified.is_alone());
    /// assert!(!modified.to_weak().is_alone());
    /// ```
    pub const fn is_alone(&self) -> bool {
        self.alone
    }

    /// Whether the date can stand for one version: it is alone in its second, and that second is over.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use etag_core::LastModified;
    ///
    /// let time = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
    /// let modified = LastModified::strong(time);
    /// assert!(!modified.is_strong_at(time + Duration::from_millis(999))); // more may follow
    /// assert!(modified.is_strong_at(time + Duration::from_secs(1)));
    /// assert!(!modified.to_weak().is_strong_at(time + Duration::from_secs(1)));
    /// ```
    pub fn is_strong_at(&self, now: SystemTime) -> bool {
        self.alone && Timestamp::from(now).as_seconds() > self.time.as_seconds()
    }

    /// Whether a date is the one that is sent.
    pub(crate) fn is_in_second_of(&self, date: SystemTime) -> bool {
        self.time.as_seconds() == Timestamp::from(date).as_seconds()
    }

    /// Whether the resource has not changed since `date`, compared in whole seconds (§13.1.3, §13.1.4).
    pub(crate) fn is_not_after(&self, date: SystemTime) -> bool {
        self.time.as_seconds() <= Timestamp::from(date).as_seconds()
    }

    /// The header's value, which is never later than `now` (§8.8.2.1).
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use etag_core::LastModified;
    ///
    /// let time = SystemTime::UNIX_EPOCH + Duration::from_millis(784_111_777_250);
    /// let day = Duration::from_secs(86_400);
    /// let modified = LastModified::from(time);
    /// assert_eq!(modified.to_header_value(time + day), "Sun, 06 Nov 1994 08:49:37 GMT");
    /// assert_eq!(modified.to_header_value(time - day), "Sat, 05 Nov 1994 08:49:37 GMT");
    /// ```
    pub fn to_header_value(&self, now: SystemTime) -> HeaderValue {
        let seconds = self.time.min(now.into()).as_seconds().clamp(0, LAST_HTTP_SECOND);
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs());
        HeaderValue::from_str(&httpdate::fmt_http_date(time))
            .unwrap_or(HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT"))
    }
}

impl From<Timestamp> for LastModified {
    fn from(time: Timestamp) -> Self {
        Self { time, alone: false }
    }
}

impl From<SystemTime> for LastModified {
    fn from(time: SystemTime) -> Self {
        Timestamp::from(time).into()
    }
}

/// 9999-12-31T23:59:59Z: an HTTP date has four digits for the year (RFC 9110 §5.6.7).
const LAST_HTTP_SECOND: i64 = 253_402_300_799;
