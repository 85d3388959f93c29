//! A collection whose version costs the same, however many items it has.
//!
//! # Why its tag is a sum
//!
//! A list's state is the SHA-256 of a line for each item, and made of all of them each time. To follow one change at a
//! cost that does not grow, the hash must be one that the change can be put into, and the same for each history that
//! leads to one content. There are two kinds of it.
//!
//! A Merkle tree has one shape for one content where the keys' hashes say what that is: a treap, a skip list, a B-tree
//! that is cut at certain hashes. A change costs the hashes of one path. But whoever chooses keys then chooses the shape:
//! keys at whose hashes nothing is cut are all in one leaf, and finding each takes one or two tries. With a bound on the size of a
//! leaf, the shape depends on the order of changes again; with a secret in the hash, on the process. A trie over the
//! hashes of whole items has neither fault, and no order: it is a second structure beside the one that has.
//!
//! A sum has no shape. What an item adds to it is added where the item comes, and subtracted where it goes; the items
//! are in an ordinary balanced tree that is in no tag, so no choice of keys and values makes a change slower. And sums
//! add up: that of two disjoint collections, or of a transaction on top of what it began with, is made without their
//! items. The price is 2 KiB for a collection, and that two hashes are stretched to 2 KiB for each change.
//!
//! A plain sum of 256-bit hashes would not do: of many hashes, some add up to any number that is wanted (Wagner 2002).
//! LtHash is wide enough that this is no way either.

mod chunks;

use std::borrow::Borrow;
use std::fmt;
use std::ops::RangeBounds;
use std::sync::OnceLock;

use crate::outline::Outline;
use crate::representation::{self, Document};
use crate::sum::Sum;
use crate::{Key, StateTag, Validators, Versioned, canonical, list};
use chunks::Chunks;

/// Items by key, with a tag of all of them that costs the same however many there are.
///
/// It is a `BTreeMap` whose [`state`](Self::state) is kept up with each change: the same items have the same state,
/// whatever was inserted, replaced and removed before, and in whatever order.
///
/// ```
/// use etag_core::{Collection, Versioned};
///
/// #[derive(Versioned)]
/// struct Pump {
///     litres: f64,
/// }
///
/// let mut pumps = Collection::new();
/// pumps.insert("north".to_owned(), Pump { litres: 40.0 })?;
/// let one = pumps.state();
///
/// pumps.insert("south".to_owned(), Pump { litres: 35.0 })?;
/// assert_ne!(pumps.state(), one);
/// assert_eq!(pumps.remove("south").map(|pump| pump.litres), Some(35.0));
/// assert_eq!(pumps.state(), one);
/// # Ok::<(), etag_core::canonical::Error>(())
/// ```
///
/// # What the state is
///
/// Of each item there is the line that a [`Selected`](crate::Selected) list has for it: its key's parts as a JSON array,
/// a space, its state and a line feed. Then
///
/// ```text
/// hash(item) = SHA-256(line)
/// sum        = the sum of BLAKE3(hash(item)), each 2048 bytes long, taken for 1024 little-endian numbers modulo 2^16
/// state      = SHA-256(sum)
/// ```
///
/// This is LtHash with the parameters of Lewi, Kim, Maykov and Weis, "Securing Update Propagation with Homomorphic
/// Hashing" (IACR ePrint 2019/227): to find two contents with one sum, they count more than 2^200 steps, where a
/// collision of SHA-256 takes 2^128. The state is the same in each process and on each machine. It does not say in which
/// order the items are: it is another one than that of a list of them.
///
/// # What it costs
///
/// An item has 32 bytes beside its key and its value for its hash, and about three for the tree that it is in. A change
/// writes the new value's canonical JSON once, and nothing of the old one; the first state after it takes one
/// SHA-256 of 2 KiB. Neither depends on the number of items, nor on what the keys are.
///
/// # What it does not do
///
/// - A part of a collection has no tag of its own, and there is no proof that an item is in it.
/// - A value must not change while it is here, through a `Cell` or a lock, as the keys of a `BTreeMap` must not: its
///   change would be in no tag.
/// - It keeps nothing secret: see [`Versioned`].
#[derive(Clone)]
pub struct Collection<K, T> {
    items: Chunks<K, Item<T>>,
    sum: Sum,
    /// The state, where it has been asked for since the last change.
    state: OnceLock<StateTag>,
}

#[derive(Clone)]
struct Item<T> {
    /// What the item adds to the sum.
    element: [u8; 32],
    value: T,
}

impl<K, T> Collection<K, T> {
    /// A collection without items.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// assert!(Collection::<u64, String>::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self { items: Chunks::new(), sum: Sum::new(), state: OnceLock::new() }
    }

    /// How many items there are.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// let mut letters = Collection::try_from_iter([(1, 'a'), (2, 'b')])?;
    /// letters.insert(2, 'c')?; // in the place of `b`
    /// assert_eq!(letters.len(), 2);
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// let mut letters = Collection::try_from_iter([(1, 'a')])?;
    /// assert!(!letters.is_empty());
    /// letters.remove(&1);
    /// assert!(letters.is_empty());
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items in the order of their keys.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// let letters = Collection::try_from_iter([(2, 'b'), (1, 'a')])?;
    /// assert!(letters.iter().eq([(&1, &'a'), (&2, &'b')]));
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &T)> {
        self.items.iter().map(|(key, item)| (key, &item.value))
    }

    /// The state: what a write of the whole guards.
    ///
    /// The first call after a change makes it, of 2 KiB; others repeat it.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// let [one, other] = [[(1, 'a'), (2, 'b')], [(2, 'b'), (1, 'a')]].map(Collection::try_from_iter);
    /// assert_eq!(one?.state(), other?.state());
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub fn state(&self) -> StateTag {
        *self.state.get_or_init(|| self.sum.hash())
    }
}

impl<K: Key + Ord, T: Versioned> Collection<K, T> {
    /// A collection of these items; of several with one key the last.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// let letters = Collection::try_from_iter([(1, 'a'), (2, 'b'), (1, 'c')])?;
    /// assert_eq!((letters.len(), letters.get(&1)), (2, Some(&'c')));
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn try_from_iter(items: impl IntoIterator<Item = (K, T)>) -> Result<Self, canonical::Error> {
        let mut collection = Self::new();
        for (key, value) in items {
            collection.insert(key, value)?;
        }
        Ok(collection)
    }

    /// Inserts all of these items, or none of them.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// let mut letters = Collection::try_from_iter([(1, 'a')])?;
    /// letters.try_extend([(2, 'b'), (3, 'c')])?;
    /// assert_eq!(letters.len(), 3);
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert), and nothing is inserted.
    pub fn try_extend(&mut self, items: impl IntoIterator<Item = (K, T)>) -> Result<(), canonical::Error> {
        let items = items.into_iter().map(|(key, value)| Ok((Item::of(&key, value)?, key)));
        for (item, key) in items.collect::<Result<Vec<_>, canonical::Error>>()? {
            self.put(key, item);
        }
        Ok(())
    }

    /// Puts a value under a key; gives back what was there.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// let mut letters = Collection::new();
    /// assert_eq!(letters.insert(1, 'a')?, None);
    /// assert_eq!(letters.insert(1, 'b')?, Some('a'));
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where the value has no canonical JSON, and where it shows what is in no state, as a view does
    /// ([`canonical::Error::View`]). The collection is as it was.
    pub fn insert(&mut self, key: K, value: T) -> Result<Option<T>, canonical::Error> {
        let item = Item::of(&key, value)?;
        Ok(self.put(key, item))
    }

    fn put(&mut self, key: K, item: Item<T>) -> Option<T> {
        let element = item.element;
        let old = self.items.insert(key, item);
        if old.as_ref().is_none_or(|old| old.element != element) {
            self.state.take();
            self.sum.add(&element);
            if let Some(old) = &old {
                self.sum.subtract(&old.element);
            }
        }
        old.map(|old| old.value)
    }

    /// The validators of the whole: a tag, and no date, for that would miss what left the collection.
    ///
    /// There is no tag where the values' type is keyed, and there is no [key](crate::TagKeys).
    ///
    /// ```
    /// use etag_core::{Collection, Outcome, Preconditions};
    /// use http::{HeaderMap, Method, header::IF_NONE_MATCH};
    ///
    /// let mut letters = Collection::try_from_iter([(1, 'a')])?;
    /// let etag = letters.validators().etag.unwrap().to_string();
    /// let headers = HeaderMap::from_iter([(IF_NONE_MATCH, etag.parse()?)]);
    /// let pre = Preconditions::from_parts(&Method::GET, &headers)?;
    /// assert_eq!(pre.evaluate(Some(&letters.validators())), Outcome::NotModified);
    ///
    /// letters.insert(2, 'b')?;
    /// assert_eq!(pre.evaluate(Some(&letters.validators())), Outcome::Proceed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn validators(&self) -> Validators {
        let outline = Outline::of::<T>();
        let etag = representation::tag_of(outline, self.state(), outline.fixed_variant, false);
        Validators { etag, last_modified: None }
    }
}

impl<K: Ord, T> Collection<K, T> {
    /// The value under a key.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// let litres = Collection::try_from_iter([("north".to_owned(), 40)])?;
    /// assert_eq!(litres.get("north"), Some(&40)); // no `String` is made to look
    /// assert_eq!(litres.get("south"), None);
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&T>
    where
        K: Borrow<Q>,
    {
        self.items.get(key).map(|item| &item.value)
    }

    /// Whether there is a value under a key.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// let litres = Collection::try_from_iter([("north".to_owned(), 40)])?;
    /// assert!(litres.contains_key("north") && !litres.contains_key("south"));
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// Takes out what is under a key.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// let mut letters = Collection::try_from_iter([(1, 'a'), (2, 'b')])?;
    /// assert_eq!(letters.remove(&1), Some('a'));
    /// assert_eq!(letters.remove(&1), None);
    /// assert_eq!(letters.state(), Collection::try_from_iter([(2, 'b')])?.state());
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<T>
    where
        K: Borrow<Q> + Clone,
    {
        let item = self.items.remove(key)?;
        self.state.take();
        self.sum.subtract(&item.element);
        Some(item.value)
    }

    /// The items whose keys are in a range, in their order; none where its start is behind its end.
    ///
    /// ```
    /// use etag_core::Collection;
    ///
    /// let letters = Collection::try_from_iter([(1, 'a'), (2, 'b'), (3, 'c')])?;
    /// assert!(letters.range(2..).rev().eq([(&3, &'c'), (&2, &'b')]));
    /// # Ok::<(), etag_core::canonical::Error>(())
    /// ```
    pub fn range<'a, Q: Ord + ?Sized, R: RangeBounds<Q>>(
        &'a self,
        range: R,
    ) -> impl DoubleEndedIterator<Item = (&'a K, &'a T)> + use<'a, K, T, Q, R>
    where
        K: Borrow<Q>,
    {
        self.items.range(range).map(|(key, item)| (key, &item.value))
    }
}

impl<T: Versioned> Item<T> {
    fn of<K: Key>(key: &K, value: T) -> Result<Self, canonical::Error> {
        let document = Document::of(&value)?;
        if document.shows_more {
            return Err(canonical::Error::View);
        }
        Ok(Self { element: list::hash_line(list::name_of(key), document.state), value })
    }
}

impl<K, T> Default for Collection<K, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, T: fmt::Debug> fmt::Debug for Collection<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
