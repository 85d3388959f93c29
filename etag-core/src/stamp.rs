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
    note = "use `etag_core::Timestamp`, or chrono's or jiff's time behind its feature"
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

#[cfg(feature = "chrono")]
impl Modified for chrono::DateTime<chrono::Utc> {
    fn modified(&self) -> Timestamp {
        Timestamp::from_microseconds(self.timestamp_micros())
    }

    fn from_stamp(at: Timestamp) -> Self {
        Self::from_timestamp_micros(at.as_microseconds()).unwrap_or(Self::UNIX_EPOCH)
    }
}

#[cfg(feature = "chrono")]
impl Revision for chrono::DateTime<chrono::Utc> {
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

#[cfg(feature = "jiff")]
impl Modified for jiff::Timestamp {
    fn modified(&self) -> Timestamp {
        Timestamp::from_microseconds(self.as_microsecond())
    }

    fn from_stamp(at: Timestamp) -> Self {
        Self::from_microsecond(at.as_microseconds()).unwrap_or(Self::UNIX_EPOCH)
    }
}

#[cfg(feature = "jiff")]
impl Revision for jiff::Timestamp {
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
