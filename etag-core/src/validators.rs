use crate::{EntityTag, LastModified, StateTag};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version {
    /// What a write guards.
    pub state: StateTag,
    /// When the resource last changed, where its type says so.
    pub modified: Option<LastModified>,
}

impl From<StateTag> for Version {
    fn from(state: StateTag) -> Self {
        Self { state, modified: None }
    }
}
