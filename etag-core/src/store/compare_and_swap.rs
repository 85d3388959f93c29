//! Stores over tables of a user's own: what was found is swapped for something else, or found again.

use super::document::stamped;
use super::{Matched, Removed, Written};
use crate::representation::Document;
use crate::{LastModified, Problem, Resource, Revision as _, StateTag, Timestamp, Version, canonical};

/// A place that values of a type are kept in, such as a connection to a database: finds what is there, and swaps it for
/// something else.
///
/// For a table of your own, implement these two; what a [`Store`](super::Store) promises is then
/// [`load`](Self::load), [`replace`](Self::replace) and [`remove`](Self::remove), which compare with what the guard
/// requires, stamp what is written later than what was there, leave alone what is not changed, and try again where
/// somebody was faster. The guide [`own_tables`](crate::guides::own_tables) has three tables.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Arc;
/// use etag_core::{CompareAndSwap, Found, Matched, Problem, Removed, Store, Version, Versioned, Written};
/// use tokio::sync::Mutex;
///
/// #[derive(Clone, PartialEq, Versioned)]
/// #[versioned(store = Counters)]
/// struct Counter {
///     #[versioned(id)]
///     name: String,
///     count: u64,
/// }
///
/// struct Map(HashMap<String, Counter>);
///
/// impl CompareAndSwap<Counter> for Map {
///     async fn find(&mut self, name: &String) -> Result<Found<Counter>, Problem> {
///         Ok(Found { value: self.0.get(name).cloned(), last: None })
///     }
///
///     async fn swap(&mut self, name: &String, old: &Found<Counter>, new: Option<&Counter>) -> Result<bool, Problem> {
///         if self.0.get(name) != old.value.as_ref() {
///             return Ok(false);
///         }
///         match new {
///             Some(new) => self.0.insert(name.clone(), new.clone()),
///             None => self.0.remove(name),
///         };
///         Ok(true)
///     }
/// }
///
/// #[derive(Clone)]
/// struct Counters(Arc<Mutex<Map>>);
///
/// impl Store<Counter> for Counters {
///     type Error = Problem;
///
///     async fn load(&self, name: &String) -> Result<Option<(Counter, Version)>, Problem> {
///         self.0.lock().await.load(name).await
///     }
///
///     async fn replace(&self, matched: Matched<Counter>, new: Counter) -> Result<Written<Counter>, Problem> {
///         self.0.lock().await.replace(matched, new).await
///     }
///
///     async fn remove(&self, matched: Matched<Counter>) -> Result<Removed, Problem> {
///         self.0.lock().await.remove(matched).await
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Problem> {
/// let counters = Counters(Arc::new(Mutex::new(Map(HashMap::new()))));
/// let visits = || Matched::unconditional("visits".to_owned());
/// let counter = |count| Counter { name: "visits".to_owned(), count };
/// assert!(matches!(counters.replace(visits(), counter(1)).await?, Written::Created(..)));
/// assert!(matches!(counters.replace(visits(), counter(1)).await?, Written::Unchanged(..)));
/// assert!(matches!(counters.replace(visits(), counter(2)).await?, Written::Replaced(..)));
/// assert_eq!(counters.remove(visits()).await?, Removed::Removed);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not find and swap `{T}`",
    label = "expected a place that implements `CompareAndSwap<{T}>`",
    note = "implement `etag_core::CompareAndSwap<{T}>` for the connection to the database that has the table"
)]
pub trait CompareAndSwap<T: Resource>: Send {
    /// What is under a key.
    ///
    /// ```
    /// # use etag_core::{CompareAndSwap, Database, Found, Problem, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # use std::collections::HashMap;
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # struct Map(HashMap<u64, Counter>);
    /// # impl CompareAndSwap<Counter> for Map {
    /// #     async fn find(&mut self, id: &u64) -> Result<Found<Counter>, Problem> {
    /// #         Ok(Found { value: self.0.get(id).copied(), last: None })
    /// #     }
    /// #     async fn swap(
    /// #         &mut self, id: &u64, old: &Found<Counter>, new: Option<&Counter>,
    /// #     ) -> Result<bool, Problem> {
    /// #         let is_same = self.0.get(id) == old.value.as_ref();
    /// #         match new.filter(|_| is_same) {
    /// #             Some(new) => drop(self.0.insert(*id, *new)),
    /// #             None if is_same => drop(self.0.remove(id)),
    /// #             None => {}
    /// #         }
    /// #         Ok(is_same)
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Problem> {
    /// let mut map = Map(HashMap::from([(7, Counter { id: 7, count: 1 })]));
    /// assert_eq!(map.find(&7).await?.value, Some(Counter { id: 7, count: 1 }));
    /// assert_eq!(map.find(&8).await?, Found::default()); // nothing is there, nor ever was
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where what is there can't be read.
    fn find(&mut self, key: &T::Key) -> impl Future<Output = Result<Found<T>, Problem>> + Send;

    /// Puts a new value in the place of what was found, or nothing where the resource is to be deleted; says whether it
    /// did.
    ///
    /// It compares and writes in one atomic step, such as an `UPDATE … WHERE id = ? AND revision = ?`. Where there is
    /// something else by now than what was found, it writes nothing: so a value that was deleted meanwhile is not
    /// revived, and where nothing was found, what was created meanwhile stays. Where the transaction keeps all others
    /// from writing since `find`, nothing has to be compared.
    ///
    /// ```
    /// # use etag_core::{CompareAndSwap, Database, Found, Problem, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # use std::collections::HashMap;
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # struct Map(HashMap<u64, Counter>);
    /// # impl CompareAndSwap<Counter> for Map {
    /// #     async fn find(&mut self, id: &u64) -> Result<Found<Counter>, Problem> {
    /// #         Ok(Found { value: self.0.get(id).copied(), last: None })
    /// #     }
    /// #     async fn swap(
    /// #         &mut self, id: &u64, old: &Found<Counter>, new: Option<&Counter>,
    /// #     ) -> Result<bool, Problem> {
    /// #         let is_same = self.0.get(id) == old.value.as_ref();
    /// #         match new.filter(|_| is_same) {
    /// #             Some(new) => drop(self.0.insert(*id, *new)),
    /// #             None if is_same => drop(self.0.remove(id)),
    /// #             None => {}
    /// #         }
    /// #         Ok(is_same)
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Problem> {
    /// let mut map = Map(HashMap::new());
    /// let found = map.find(&7).await?;
    /// assert!(map.swap(&7, &found, Some(&Counter { id: 7, count: 1 })).await?);
    /// // There is something else by now than what was found.
    /// assert!(!map.swap(&7, &found, Some(&Counter { id: 7, count: 2 })).await?);
    /// assert_eq!(map.find(&7).await?.value, Some(Counter { id: 7, count: 1 }));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where it can't be written. Where something else is there by now, it is `false`.
    fn swap(
        &mut self,
        key: &T::Key,
        found: &Found<T>,
        new: Option<&T>,
    ) -> impl Future<Output = Result<bool, Problem>> + Send;

    /// As [`Store::load`](super::Store::load). The date, where there is one, is a weak validator.
    ///
    /// ```
    /// # use etag_core::{CompareAndSwap, Database, Found, Problem, StateTag, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # use std::collections::HashMap;
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # struct Map(HashMap<u64, Counter>);
    /// # impl CompareAndSwap<Counter> for Map {
    /// #     async fn find(&mut self, id: &u64) -> Result<Found<Counter>, Problem> {
    /// #         Ok(Found { value: self.0.get(id).copied(), last: None })
    /// #     }
    /// #     async fn swap(
    /// #         &mut self, id: &u64, old: &Found<Counter>, new: Option<&Counter>,
    /// #     ) -> Result<bool, Problem> {
    /// #         let is_same = self.0.get(id) == old.value.as_ref();
    /// #         match new.filter(|_| is_same) {
    /// #             Some(new) => drop(self.0.insert(*id, *new)),
    /// #             None if is_same => drop(self.0.remove(id)),
    /// #             None => {}
    /// #         }
    /// #         Ok(is_same)
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Problem> {
    /// let counter = Counter { id: 7, count: 1 };
    /// let mut map = Map(HashMap::from([(7, counter)]));
    /// assert_eq!(map.load(&7).await?, Some((counter, StateTag::of(&counter)?.into())));
    /// assert_eq!(map.load(&8).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`find`](Self::find), and where the value has no canonical JSON.
    fn load(&mut self, key: &T::Key) -> impl Future<Output = Result<Option<(T, Version)>, Problem>> + Send {
        async {
            let found = self.find(key).await?;
            let version = found.current()?.map(|current| current.version);
            Ok(found.value.zip(version))
        }
    }

    /// As [`Store::replace`](super::Store::replace).
    ///
    /// ```
    /// # use etag_core::{CompareAndSwap, Database, Found, Matched, Problem, Versioned, Written};
    /// # use serde::{Deserialize, Serialize};
    /// # use std::collections::HashMap;
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # struct Map(HashMap<u64, Counter>);
    /// # impl CompareAndSwap<Counter> for Map {
    /// #     async fn find(&mut self, id: &u64) -> Result<Found<Counter>, Problem> {
    /// #         Ok(Found { value: self.0.get(id).copied(), last: None })
    /// #     }
    /// #     async fn swap(
    /// #         &mut self, id: &u64, old: &Found<Counter>, new: Option<&Counter>,
    /// #     ) -> Result<bool, Problem> {
    /// #         let is_same = self.0.get(id) == old.value.as_ref();
    /// #         match new.filter(|_| is_same) {
    /// #             Some(new) => drop(self.0.insert(*id, *new)),
    /// #             None if is_same => drop(self.0.remove(id)),
    /// #             None => {}
    /// #         }
    /// #         Ok(is_same)
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Problem> {
    /// let mut map = Map(HashMap::new());
    /// let seven = || Matched::unconditional(7);
    /// let mut write = async |count| map.replace(seven(), Counter { id: 7, count }).await;
    /// assert!(matches!(write(1).await?, Written::Created(..)));
    /// assert!(matches!(write(1).await?, Written::Unchanged(..))); // nothing was swapped
    /// assert!(matches!(write(2).await?, Written::Replaced(..)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`find`](Self::find) and [`swap`](Self::swap), where a value has no canonical JSON, and 503 where
    /// others are faster time and again.
    fn replace(
        &mut self,
        matched: Matched<T>,
        mut value: T,
    ) -> impl Future<Output = Result<Written<T>, Problem>> + Send {
        async move {
            let (key, required) = (matched.key(), matched.required());
            value.set_key(key);
            for _ in 0..ATTEMPTS {
                let found = self.find(key).await?;
                let current = found.current()?;
                let is_admitted = match &current {
                    Some(current) => required.admits(current.version.state),
                    None => required.admits_creation(found.last.is_some()),
                };
                if !is_admitted {
                    return Ok(Written::Stale(current.map(|current| current.version)));
                }
                let last = current.as_ref().and_then(Current::stamp).max(found.last);
                let at = Timestamp::now().max(last.map_or(Timestamp::from_microseconds(0), Timestamp::next));
                let new = Current::of(stamped(&mut value, at)?);
                let same = current.as_ref().filter(|current| current.content == new.content);
                if let Some(same) = same
                    && let Some(stored) = found.value
                {
                    return Ok(Written::Unchanged(stored, same.version));
                }
                let is_numbered =
                    current.as_ref().is_none_or(|current| current.revision < Some(at.revision()));
                if !is_numbered || last.is_some_and(|last| at <= last) {
                    return Err(unnumbered(T::COLLECTION));
                }
                if self.swap(key, &found, Some(&value)).await? {
                    let written = if current.is_some() { Written::Replaced } else { Written::Created };
                    return Ok(written(value, new.version));
                }
            }
            Err(overtaken())
        }
    }

    /// As [`Store::remove`](super::Store::remove).
    ///
    /// ```
    /// # use etag_core::{CompareAndSwap, Database, Found, Matched, Problem, Removed, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # use std::collections::HashMap;
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # struct Map(HashMap<u64, Counter>);
    /// # impl CompareAndSwap<Counter> for Map {
    /// #     async fn find(&mut self, id: &u64) -> Result<Found<Counter>, Problem> {
    /// #         Ok(Found { value: self.0.get(id).copied(), last: None })
    /// #     }
    /// #     async fn swap(
    /// #         &mut self, id: &u64, old: &Found<Counter>, new: Option<&Counter>,
    /// #     ) -> Result<bool, Problem> {
    /// #         let is_same = self.0.get(id) == old.value.as_ref();
    /// #         match new.filter(|_| is_same) {
    /// #             Some(new) => drop(self.0.insert(*id, *new)),
    /// #             None if is_same => drop(self.0.remove(id)),
    /// #             None => {}
    /// #         }
    /// #         Ok(is_same)
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Problem> {
    /// let mut map = Map(HashMap::from([(7, Counter { id: 7, count: 1 })]));
    /// assert_eq!(map.remove(Matched::unconditional(7)).await?, Removed::Removed);
    /// assert_eq!(map.remove(Matched::unconditional(7)).await?, Removed::Stale(None));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`replace`](Self::replace).
    fn remove(&mut self, matched: Matched<T>) -> impl Future<Output = Result<Removed, Problem>> + Send {
        async move {
            for _ in 0..ATTEMPTS {
                let found = self.find(matched.key()).await?;
                let version = found.current()?.map(|current| current.version);
                if !version.is_some_and(|version| matched.required().admits(version.state)) {
                    return Ok(Removed::Stale(version));
                }
                if self.swap(matched.key(), &found, None).await? {
                    return Ok(Removed::Removed);
                }
            }
            Err(overtaken())
        }
    }
}

/// What a [`CompareAndSwap`] finds under a key.
///
/// ```
/// use etag_core::{Found, Timestamp};
///
/// let never: Found<String> = Found::default();
/// assert!(never.value.is_none() && never.last.is_none());
/// let deleted = Found::<String> { value: None, last: Some(Timestamp::from_microseconds(7)) };
/// assert!(deleted.last.is_some());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<T> {
    /// The value; `None` where nothing exists, or does no longer.
    pub value: Option<T>,
    /// The last stamp under this key, which the next one is later than: of the value or, where that was deleted, what is
    /// kept of it. `None` where there never was one; a value's own stamp need not be named.
    pub last: Option<Timestamp>,
}

/// Nothing exists under the key, and nothing ever did.
impl<T> Default for Found<T> {
    fn default() -> Self {
        Self { value: None, last: None }
    }
}

impl<T: Resource> Found<T> {
    fn current(&self) -> Result<Option<Current>, canonical::Error> {
        let document = self.value.as_ref().map(Document::of).transpose()?;
        Ok(document.map(Current::of))
    }
}

/// What is compared of a value.
struct Current {
    version: Version,
    content: StateTag,
    revision: Option<u64>,
    modified: Option<Timestamp>,
}

impl Current {
    fn of(document: Document) -> Self {
        let Document { state, content, revision, modified, .. } = document;
        let version = Version { state, modified: modified.map(LastModified::from) };
        Self { version, content, revision, modified }
    }

    fn stamp(&self) -> Option<Timestamp> {
        let revision = self.revision.map(|revision| i64::try_from(revision).unwrap_or(i64::MAX));
        revision.map(Timestamp::from_microseconds).max(self.modified)
    }
}

/// How often a write is tried whose row others keep changing.
const ATTEMPTS: u32 = 64;

fn overtaken() -> Problem {
    Problem::unavailable(format_args!("others wrote the same row at each of {ATTEMPTS} attempts"))
}

/// A number that came twice would name two states by one tag.
fn unnumbered(collection: &str) -> Problem {
    Problem::internal_error(format!(
        "a revision of `{collection}` is beyond the year 9999, in microseconds since 1970: none follows it; number the rows from less"
    ))
}
