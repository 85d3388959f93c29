//! The members that the framework writes when a resource changes.

use crate::Timestamp;

/// A type that can tell when a resource was last modified: the type of a `modified` member.
///
/// ```
/// use etag_core::{Modified, Timestamp};
///
/// struct Unix(i64); // microseconds
///
/// impl Modified for Unix {
///     fn modified(&self) -> Timestamp {
///         Timestamp::from_microseconds(self.0)
///     }
///     fn from_stamp(at: Timestamp) -> Self {
///         Self(at.as_microseconds())
///     }
/// }
/// let now = Timestamp::now();
/// assert_eq!(Unix::from_stamp(now).modified(), now);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a last-modified time",
    label = "expected a point in time",
    note = "use `etag_core::Timestamp`, or a time of `chrono`, `jiff` or `time` behind its feature"
)]
pub trait Modified {
    /// The time that is stored.
    fn modified(&self) -> Timestamp;
    /// The member that stores `at`, to the microsecond.
    fn from_stamp(at: Timestamp) -> Self;
}

/// A type that numbers versions: the type of a `revision` member.
///
/// The next revision is the time of the change in microseconds since 1970, or one more than the last
/// one where that is later: a number that is never used twice, not even after the resource was deleted.
/// It is at most 253402207200000000, which is in the year 9999: what has a greater one, such as a time in nanoseconds
/// or a snowflake id, is read and never written over.
///
/// ```
/// use etag_core::{Revision, Timestamp};
///
/// assert_eq!(u64::from_stamp(Timestamp::from_microseconds(7)).revision(), 7);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a revision",
    label = "expected a 64-bit integer or a time",
    note = "a revision is a number that only grows: max(last + 1, now in µs)"
)]
pub trait Revision {
    /// Whether the revision is the modification time too.
    const IS_TIME: bool = false;

    /// The number that is stored.
    fn revision(&self) -> u64;
    /// The member that stores the revision of a change at that time.
    fn from_stamp(at: Timestamp) -> Self;
    /// The modification time, where the revision is one.
    fn modified(&self) -> Option<Timestamp> {
        None
    }
}

impl Modified for Timestamp {
    fn modified(&self) -> Timestamp {
        *self
    }

    fn from_stamp(at: Timestamp) -> Self {
        at
    }
}

impl Revision for Timestamp {
    const IS_TIME: bool = true;

    fn revision(&self) -> u64 {
        self.as_microseconds().max(0).unsigned_abs()
    }

    fn from_stamp(at: Timestamp) -> Self {
        at
    }

    fn modified(&self) -> Option<Timestamp> {
        Some(*self)
    }
}

/// The times of other crates: how many microseconds after 1970 one is, and the one that is so many after it.
macro_rules! times {
    ($($feature:literal $type:ty: |$time:ident| $microseconds:expr, |$number:ident| $made:expr;)*) => {$(
        #[cfg(feature = $feature)]
        impl Modified for $type {
            fn modified(&self) -> Timestamp {
                let $time = self;
                Timestamp::from_microseconds($microseconds)
            }

            fn from_stamp(at: Timestamp) -> Self {
                let $number = at.as_microseconds();
                $made.unwrap_or(Self::UNIX_EPOCH)
            }
        }

        #[cfg(feature = $feature)]
        impl Revision for $type {
            const IS_TIME: bool = true;

            fn revision(&self) -> u64 {
                Modified::modified(self).revision()
            }

            fn from_stamp(at: Timestamp) -> Self {
                Modified::from_stamp(at)
            }

            fn modified(&self) -> Option<Timestamp> {
                Some(Modified::modified(self))
            }
        }
    )*};
}

times! {
    "chrono" chrono::DateTime<chrono::Utc>: |time| time.timestamp_micros(),
        |number| Self::from_timestamp_micros(number);
    "jiff" jiff::Timestamp: |time| time.as_microsecond(),
        |number| Self::from_microsecond(number);
    "time" time::OffsetDateTime: |time| (time.unix_timestamp_nanos().div_euclid(1000)) as i64,
        |number| Self::from_unix_timestamp_nanos(i128::from(number) * 1000);
    "time" time::UtcDateTime: |time| (time.unix_timestamp_nanos().div_euclid(1000)) as i64,
        |number| Self::from_unix_timestamp_nanos(i128::from(number) * 1000);
}

impl Revision for u64 {
    fn revision(&self) -> u64 {
        *self
    }

    fn from_stamp(at: Timestamp) -> Self {
        at.revision()
    }
}

impl Revision for i64 {
    fn revision(&self) -> u64 {
        (*self).max(0).unsigned_abs()
    }

    fn from_stamp(at: Timestamp) -> Self {
        at.as_microseconds().max(0)
    }
}
