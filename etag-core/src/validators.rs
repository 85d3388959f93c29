use crate::outline::Outline;
use crate::{EntityTag, LastModified, StateTag, Versioned, representation};

/// What a request's preconditions are evaluated against: the current representation's validators
/// (RFC 9110 §8.8).
///
/// ```
/// use etag_core::{EntityTag, Validators};
///
/// let validators = Validators::from(EntityTag::strong("v1")?);
/// assert!(validators.last_modified.is_none());
/// # Ok::<(), etag_core::InvalidEntityTag>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The entity tag, where there is one.
    pub etag: Option<EntityTag>,
    /// The date, where one is known.
    pub last_modified: Option<LastModified>,
}

impl From<EntityTag> for Validators {
    fn from(etag: EntityTag) -> Self {
        Self { etag: Some(etag), last_modified: None }
    }
}

/// A version of a resource, as a store hands it over: the entity tag is made of it in one place.
///
/// ```
/// use etag_core::{LastModified, StateTag, Timestamp, Version, Versioned};
///
/// #[derive(Versioned)]
/// struct Pump {
///     litres: f64,
/// }
///
/// let updated_at: Timestamp = "2026-03-01T12:00:00Z".parse()?; // of a row
/// let state = StateTag::from_revision(7);
/// let version = Version { state, modified: Some(LastModified::from(updated_at)) };
/// let validators = version.validators::<Pump>();
/// assert_eq!(validators.etag.map(|etag| etag.to_string()), Some("\"7\"".to_owned()));
/// assert_eq!(validators.last_modified, version.modified);
/// # Ok::<(), etag_core::InvalidTimestamp>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// What a write guards.
    pub state: StateTag,
    /// When the resource last changed, where its type says so.
    pub modified: Option<LastModified>,
}

impl Version {
    /// The validators of a value of type `T` in this version.
    ///
    /// The value need not be at hand: what is stored has no members that are not in its state.
    ///
    /// ```
    /// use etag_core::{Representation, StateTag, Version, Versioned};
    ///
    /// #[derive(Versioned)]
    /// struct Pump {
    ///     litres: f64,
    /// }
    ///
    /// let pump = Pump { litres: 40.0 };
    /// let version = Version::from(StateTag::of(&pump)?);
    /// assert_eq!(version.validators::<Pump>(), Representation::of(&pump)?.validators());
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub fn validators<T: Versioned + ?Sized>(&self) -> Validators {
        representation::validators_of(Outline::of::<T>(), self)
    }
}

impl From<StateTag> for Version {
    fn from(state: StateTag) -> Self {
        Self { state, modified: None }
    }
}
