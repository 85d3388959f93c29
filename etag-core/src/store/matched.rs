use crate::{Resource, StateTag};

/// The proof that a write's guard has passed: its key, and the state that the store must find.
///
/// Only this crate's extractors make one, and a store takes it by value: a write that skips the guard, or
/// uses it twice, does not compile. Whoever wants to overwrite says so with
/// [`unconditional`](Self::unconditional).
///
/// ```
/// use etag_core::{Database, Matched, Required, Store, Versioned, Written};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Versioned)]
/// #[versioned(store = Database)]
/// struct Note {
///     #[versioned(id)]
///     id: u64,
///     text: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), etag_core::DatabaseError> {
/// let database = Database::connect("memory:").await?;
/// let matched = Matched::<Note>::unconditional(7);
/// assert_eq!((matched.key(), matched.required()), (&7, Required::Unconditional));
/// let written = database.replace(matched, Note { id: 7, text: "first".to_owned() }).await?;
/// assert!(matches!(written, Written::Created(..)));
/// assert_eq!(database.get::<Note>(&7).await?.map(|note| note.text), Some("first".to_owned()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is written before a store takes it: pass it to `replace` or `remove`"]
pub struct Matched<T: Resource> {
    key: T::Key,
    required: Required,
}

/// The state that a write requires.
///
/// ```
/// use etag_core::{Required, StateTag};
///
/// let (read, written_since) = (StateTag::from_revision(1), StateTag::from_revision(2));
/// assert!(Required::State(read).admits(read));
/// assert!(!Required::State(read).admits(written_since)); // nothing is lost: 412
/// assert!(Required::Unconditional.admits(written_since)); // it is overwritten
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// The resource exists in this state.
    State(StateTag),
    /// The resource exists in this state, or nothing exists under the key, and nothing ever did.
    StateOrNew(StateTag),
    /// The resource exists (`If-Match: *`).
    Exists,
    /// The resource exists, or nothing exists under the key, and nothing ever did.
    ExistsOrNew,
    /// Nothing exists under the key (`If-None-Match: *`).
    Absent,
    /// Nothing exists under the key, and nothing ever did: what was deleted is not revived.
    New,
    /// Anything: the value is written, or created.
    Unconditional,
}

impl<T: Resource> Matched<T> {
    /// A write that overwrites whatever it finds.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Matched, Store, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// for count in [1, 2] {
    ///     let _ = database.replace(Matched::unconditional(7), Counter { id: 7, count }).await?;
    /// }
    /// assert_eq!(database.get::<Counter>(&7).await?, Some(Counter { id: 7, count: 2 }));
    /// # Ok(())
    /// # }
    /// ```
    pub const fn unconditional(key: T::Key) -> Self {
        Self::new(key, Required::Unconditional)
    }

    pub(crate) const fn new(key: T::Key, required: Required) -> Self {
        Self { key, required }
    }

    pub(crate) fn into_parts(self) -> (T::Key, Required) {
        (self.key, self.required)
    }

    /// What is written.
    ///
    /// ```
    /// # use etag_core::{Database, Matched, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// assert_eq!(Matched::<Counter>::unconditional(7).key(), &7);
    /// ```
    pub const fn key(&self) -> &T::Key {
        &self.key
    }

    /// The state that the store must find, in the step in which it writes.
    ///
    /// ```
    /// # use etag_core::{Database, Matched, Required, StateTag, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let required = Matched::<Counter>::unconditional(7).required();
    /// assert_eq!(required, Required::Unconditional);
    /// assert!(required.admits(StateTag::from_revision(1)) && required.admits_creation(true));
    /// ```
    pub const fn required(&self) -> Required {
        self.required
    }
}

impl Required {
    /// Whether a resource that exists in `state` may be overwritten.
    ///
    /// ```
    /// # use etag_core::{Required, StateTag};
    /// let (read, other) = (StateTag::from_revision(1), StateTag::from_revision(2));
    /// assert!(Required::State(read).admits(read) && !Required::State(read).admits(other));
    /// assert!(Required::Exists.admits(other)); // `If-Match: *`
    /// assert!(!Required::Absent.admits(read)); // `If-None-Match: *`
    /// ```
    pub fn admits(&self, state: StateTag) -> bool {
        match self {
            Self::State(required) | Self::StateOrNew(required) => *required == state,
            Self::Exists | Self::ExistsOrNew | Self::Unconditional => true,
            Self::Absent | Self::New => false,
        }
    }

    /// Whether the value may be created where nothing exists: where a resource was deleted, or where none
    /// ever was.
    ///
    /// ```
    /// # use etag_core::Required;
    /// let was_deleted = true;
    /// assert!(Required::Absent.admits_creation(was_deleted));
    /// assert!(!Required::New.admits_creation(was_deleted)); // what was deleted is not revived
    /// assert!(Required::New.admits_creation(false));
    /// assert!(!Required::Exists.admits_creation(false));
    /// ```
    pub fn admits_creation(&self, was_deleted: bool) -> bool {
        match self {
            Self::State(_) | Self::Exists => false,
            Self::StateOrNew(_) | Self::ExistsOrNew | Self::New => !was_deleted,
            Self::Absent | Self::Unconditional => true,
        }
    }
}
