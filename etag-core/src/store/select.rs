//! Lists of a store's resources: [`Select`], and what it gives.

use std::fmt;

use crate::{Resource, StateTag, Store, Validators, Version, list, outline::Outline, representation};

/// A store that answers for lists of its resources, as a query of type `Q` selects them.
///
/// [`Database`](crate::Database) takes a [`Selection`](crate::Selection). `within` are the parts of the key that
/// the list's path has: only resources whose keys begin with them belong to the list, whatever the query says.
///
/// A store of your own, over a map:
///
/// ```
/// use etag_core::{Select, Selected, StateTag};
/// # use std::collections::BTreeMap;
/// # use etag_core::{Matched, Problem, Removed, Store, Version, Versioned, Written};
/// # #[derive(Clone, Versioned)]
/// # #[versioned(store = Counters)]
/// # struct Counter { #[versioned(id)] name: String, count: u64 }
/// # #[derive(Clone, Default)]
/// # struct Counters(BTreeMap<String, Counter>);
/// # impl Store<Counter> for Counters {
/// #     type Error = Problem;
/// #     async fn version(&self, _: &String) -> Result<Option<Version>, Problem> { Ok(None) }
/// #     async fn load(&self, _: &String) -> Result<Option<(Counter, Version)>, Problem> { Ok(None) }
/// #     async fn replace(&self, _: Matched<Counter>, _: Counter) -> Result<Written<Counter>, Problem> { Ok(Written::Stale(None)) }
/// #     async fn remove(&self, _: Matched<Counter>) -> Result<Removed, Problem> { Ok(Removed::Stale(None)) }
/// # }
///
/// #[derive(serde::Deserialize)]
/// struct AtLeast {
///     count: u64,
/// }
///
/// impl Select<Counter, AtLeast> for Counters {
///     async fn select(&self, _: &[String], query: &AtLeast) -> Result<Selected<Counter>, Problem> {
///         let counters = self.0.values().filter(|counter| counter.count >= query.count);
///         let items = counters.map(|counter| Ok((counter.name.clone(), StateTag::of(counter)?.into())));
///         let items: Vec<_> = items.collect::<Result<_, Problem>>()?;
///         let total = items.len() as u64;
///         Ok(Selected::new(items, total))
///     }
///
///     async fn load_selected(
///         &self,
///         within: &[String],
///         query: &AtLeast,
///     ) -> Result<(Vec<Counter>, Selected<Counter>), Problem> {
///         let selected = self.select(within, query).await?;
///         let values = selected.items().iter().map(|(name, _)| self.0[name].clone()).collect();
///         Ok((values, selected))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Problem> {
/// let visits = Counter { name: "visits".to_owned(), count: 7 };
/// let counters = Counters([(visits.name.clone(), visits)].into());
/// assert_eq!(counters.select(&[], &AtLeast { count: 8 }).await?.total(), 0);
/// assert_eq!(counters.load_selected(&[], &AtLeast { count: 7 }).await?.0.len(), 1);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not select lists of `{T}` by `{Q}`",
    label = "expected a store that implements `Select<{T}, {Q}>`",
    note = "`Database` selects by `Selection`"
)]
pub trait Select<T: Resource, Q>: Store<T> {
    /// The keys and versions of a list, in order, without reading the values where they can be told apart.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Required, Select, Selected, Selection, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let counters = [1, 2, 3].map(|id| Counter { id, count: 10 * id });
    /// database.import(counters.into(), Required::New, |_| {}).await?;
    /// let greatest = Selection::new().with_sort("-count").with_limit(2);
    /// let selected: Selected<Counter> = database.select(&[], &greatest).await?;
    /// let keys: Vec<u64> = selected.items().iter().map(|(key, _)| *key).collect();
    /// assert_eq!((keys, selected.total()), (vec![3, 2], 3));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the store fails, or the query selects by something that the type has not.
    fn select(
        &self,
        within: &[String],
        query: &Q,
    ) -> impl Future<Output = Result<Selected<T>, Self::Error>> + Send;

    /// The same with the values, all of one moment.
    ///
    /// ```
    /// # use etag_core::{Database, DatabaseError, Required, Select, Selection, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// let counters = [1, 2, 3].map(|id| Counter { id, count: 10 * id });
    /// database.import(counters.into(), Required::New, |_| {}).await?;
    /// let twenty = Selection::new().with_filter("count", "20");
    /// let (values, selected): (Vec<Counter>, _) = database.load_selected(&[], &twenty).await?;
    /// assert_eq!((values, selected.total()), (vec![Counter { id: 2, count: 20 }], 1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`select`](Self::select).
    fn load_selected(
        &self,
        within: &[String],
        query: &Q,
    ) -> impl Future<Output = Result<(Vec<T>, Selected<T>), Self::Error>> + Send;
}

/// The keys and versions of a list, in order, and how many there are on all of its pages.
///
/// ```
/// use etag_core::{Selected, StateTag};
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database)]
/// # struct Counter { #[versioned(id)] id: u64, count: u64 }
///
/// let versions = [1, 2].map(|key| (key, StateTag::from_revision(key).into()));
/// let page = Selected::<Counter>::new(versions.into(), 20);
/// assert_eq!((page.items().len(), page.total()), (2, 20));
/// ```
pub struct Selected<T: Resource> {
    items: Vec<(T::Key, Version)>,
    total: u64,
    collection: Option<StateTag>,
}

impl<T: Resource> Selected<T> {
    /// A page of a list of `total` items.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, StateTag, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let versions = vec![(7, StateTag::from_revision(1).into())];
    /// let page = Selected::<Counter>::new(versions, 20); // one item of 20
    /// assert_eq!((page.items()[0].0, page.total()), (7, 20));
    /// ```
    pub const fn new(items: Vec<(T::Key, Version)>, total: u64) -> Self {
        Self { items, total, collection: None }
    }

    /// The same page, of a collection that is in that state as a whole: its own state is then that one
    /// ([`Resource::COLLECTION_TAG`]). Both are of one moment.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, StateTag, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let whole = StateTag::from_revision(9);
    /// let version = StateTag::from_revision(1).into();
    /// let page = |key| Selected::<Counter>::new(vec![(key, version)], 2);
    /// assert_ne!(page(7).state(), page(8).state());
    /// assert_eq!(page(7).of_collection(whole).state(), whole);
    /// assert_eq!(page(8).of_collection(whole).state(), whole);
    /// ```
    pub fn of_collection(self, state: StateTag) -> Self {
        Self { collection: Some(state), ..self }
    }

    /// Whether its state is that of the whole collection.
    #[cfg(feature = "axum")]
    pub(crate) const fn is_of_collection(&self) -> bool {
        self.collection.is_some()
    }

    /// The page's items.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, StateTag, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let versions = [8, 7].map(|key| (key, StateTag::from_revision(key).into()));
    /// let page = Selected::<Counter>::new(versions.into(), 2);
    /// assert_eq!(page.items(), versions); // in the list's order
    /// ```
    pub fn items(&self) -> &[(T::Key, Version)] {
        &self.items
    }

    /// How many items the list has on all of its pages.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let behind_the_last = Selected::<Counter>::new(Vec::new(), 20);
    /// assert_eq!(behind_the_last.total(), 20);
    /// ```
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The state of the page: the SHA-256 of a line for each item, its key's parts as a JSON array, a space and its
    /// state.
    ///
    /// It is the same for the same items in the same order, whatever selected them; or that of the whole collection.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, StateTag, Version, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let [a, b] = [7, 8].map(|key| (key, Version::from(StateTag::from_revision(key))));
    /// let state = |items, total| Selected::<Counter>::new(items, total).state();
    /// assert_eq!(state(vec![a, b], 2), state(vec![a, b], 20));
    /// assert_ne!(state(vec![a, b], 2), state(vec![b, a], 2)); // another order
    /// ```
    pub fn state(&self) -> StateTag {
        if let Some(state) = self.collection {
            return state;
        }
        let named = |(key, version): &(T::Key, Version)| (Some(list::name_of(key)), version.state);
        list::hash_states(self.items.iter().map(named))
    }

    /// The page's validators: a tag, and no date, for that would miss what left the list.
    ///
    /// ```
    /// # use etag_core::{Database, Selected, StateTag, Validators, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Counter { #[versioned(id)] id: u64, count: u64 }
    /// let page = Selected::<Counter>::new(vec![(7, StateTag::from_revision(1).into())], 1);
    /// let Validators { etag, last_modified } = page.validators();
    /// assert_eq!(etag.map(|etag| etag.to_string()), Some(format!("\"{}\"", page.state())));
    /// assert_eq!(last_modified, None);
    /// ```
    pub fn validators(&self) -> Validators {
        if let Some(state) = self.collection {
            return collection_validators(Outline::of::<T>(), state);
        }
        let outline = Outline::of::<T>();
        let variant = list::hash_variants(self.items.iter().map(|_| outline.fixed_variant));
        let etag = representation::tag_of(outline, self.state(), variant, false);
        Validators { etag, last_modified: None }
    }
}

/// The validators of each list of a collection in that state.
pub(crate) fn collection_validators(outline: &Outline, state: StateTag) -> Validators {
    let etag = representation::tag_of(outline, state, outline.fixed_variant, false);
    Validators { etag, last_modified: None }
}

impl<T: Resource> Clone for Selected<T> {
    fn clone(&self) -> Self {
        Self { items: self.items.clone(), ..*self }
    }
}

impl<T: Resource> fmt::Debug for Selected<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Selected")
            .field("items", &self.items)
            .field("total", &self.total)
            .field("collection", &self.collection)
            .finish()
    }
}

impl<T: Resource> PartialEq for Selected<T> {
    fn eq(&self, other: &Self) -> bool {
        (&self.items, self.total, self.collection) == (&other.items, other.total, other.collection)
    }
}
