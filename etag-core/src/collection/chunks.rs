//! Items by key in sorted chunks without room to spare, as the leaves of a B-tree would be.
//!
//! The standard library's `BTreeMap` keeps a third to a half of its room free; here that would be more than all else
//! that an item is given. It is what finds the chunk.

use std::borrow::Borrow;
use std::collections::{BTreeMap, btree_map};
use std::mem;
use std::ops::{Bound, RangeBounds};

/// A chunk that has more is cut.
const MOST: usize = 64;

/// A chunk that has fewer is joined with the one before it or the one after it, where they are one chunk together.
const LEAST: usize = 16;

#[derive(Clone)]
pub(super) struct Chunks<K, V> {
    /// What is before each of the others.
    first: Chunk<K, V>,
    /// The others, each by a key that is not after its own, and after those of the chunks before it.
    others: BTreeMap<K, Chunk<K, V>>,
    len: usize,
}

/// As many keys as values; the keys are together, so that a search sees little of the memory.
#[derive(Clone)]
struct Chunk<K, V> {
    keys: Vec<K>,
    values: Vec<V>,
}

impl<K, V> Chunks<K, V> {
    pub(super) const fn new() -> Self {
        let first = Chunk { keys: Vec::new(), values: Vec::new() };
        Self { first, others: BTreeMap::new(), len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// What there is, in order.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        let chunks = [&self.first].into_iter().chain(self.others.values());
        chunks.flat_map(|chunk| chunk.keys.iter().zip(&chunk.values))
    }
}

impl<K: Ord, V> Chunks<K, V> {
    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (_, chunk) = self.others.range(up_to(key)).next_back().unzip();
        let chunk = chunk.unwrap_or(&self.first);
        chunk.search(key).ok().map(|at| &chunk.values[at])
    }

    /// Puts a value under a key; gives back what was there.
    pub(super) fn insert(&mut self, key: K, value: V) -> Option<V>
    where
        K: Clone,
    {
        let is_last = self.others.last_key_value().is_none_or(|(start, _)| *start <= key);
        let chunk = self.chunk_mut(&key);
        let at = match chunk.search(&key) {
            Ok(at) => return Some(mem::replace(&mut chunk.values[at], value)),
            Err(at) => at,
        };
        chunk.insert(at, key, value);
        if chunk.len() > MOST {
            // What ascends fills its chunks.
            let behind = chunk.split_off(if is_last && at == MOST { MOST } else { MOST / 2 });
            self.others.insert(behind.keys[0].clone(), behind);
        }
        self.len += 1;
        None
    }

    /// Takes out what is under a key.
    pub(super) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q> + Clone,
    {
        let chunk = self.chunk_mut(key);
        let at = chunk.search(key).ok()?;
        let value = chunk.remove(at);
        let is_small = chunk.len() < LEAST;
        self.len -= 1;
        if is_small {
            let after = self.others.range((Bound::Excluded(key), Bound::Unbounded)).next();
            let starts = [after, self.others.range(up_to(key)).next_back()];
            for start in starts.map(|chunk| chunk.map(|(start, _)| start.clone())).into_iter().flatten() {
                self.join(start);
            }
        }
        Some(value)
    }

    /// What is in the range, in order; nothing where its start is behind its end.
    pub(super) fn range<'a, Q: Ord + ?Sized, R: RangeBounds<Q>>(
        &'a self,
        range: R,
    ) -> impl DoubleEndedIterator<Item = (&'a K, &'a V)> + use<'a, K, V, Q, R>
    where
        K: Borrow<Q>,
    {
        let start = match range.start_bound() {
            Bound::Included(start) | Bound::Excluded(start) => {
                self.others.range(up_to(start)).next_back().map(|(start, _)| start.borrow())
            }
            Bound::Unbounded => None,
        };
        let first = start.is_none().then_some(&self.first);
        let others = (!is_inverted(&range)).then(|| {
            let start = start.map_or(Bound::Unbounded, Bound::Included);
            self.others.range((start, range.end_bound())).map(|(_, chunk)| chunk)
        });
        let chunks = first.into_iter().chain(others.into_iter().flatten());
        chunks.flat_map(move |chunk| chunk.range(&range))
    }

    /// The chunk that a key is in, or is to be in.
    fn chunk_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> &mut Chunk<K, V>
    where
        K: Borrow<Q>,
    {
        match self.others.range_mut(up_to(key)).next_back() {
            Some((_, chunk)) => chunk,
            None => &mut self.first,
        }
    }

    /// Puts the chunk that starts there behind the one before it, where both are one chunk together.
    fn join(&mut self, start: K) {
        let before = self.others.range(..&start).next_back();
        let before = before.map_or(self.first.len(), |(_, chunk)| chunk.len());
        if let btree_map::Entry::Occupied(chunk) = self.others.entry(start)
            && before + chunk.get().len() <= MOST
        {
            let (start, behind) = chunk.remove_entry();
            self.chunk_mut(&start).append(behind);
        }
    }
}

impl<K, V> Chunk<K, V> {
    fn len(&self) -> usize {
        self.keys.len()
    }

    fn insert(&mut self, at: usize, key: K, value: V) {
        self.keys.reserve_exact(1);
        self.keys.insert(at, key);
        self.values.reserve_exact(1);
        self.values.insert(at, value);
    }

    fn remove(&mut self, at: usize) -> V {
        self.keys.remove(at);
        self.keys.shrink_to_fit();
        let value = self.values.remove(at);
        self.values.shrink_to_fit();
        value
    }

    fn split_off(&mut self, at: usize) -> Self {
        let behind = Self { keys: self.keys.split_off(at), values: self.values.split_off(at) };
        self.keys.shrink_to_fit();
        self.values.shrink_to_fit();
        behind
    }

    fn append(&mut self, mut behind: Self) {
        self.keys.reserve_exact(behind.len());
        self.keys.append(&mut behind.keys);
        self.values.reserve_exact(behind.values.len());
        self.values.append(&mut behind.values);
    }

    /// Where a key is, or where it is to be.
    fn search<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.keys.binary_search_by(|other| other.borrow().cmp(key))
    }

    /// What is in a range.
    fn range<'a, Q: Ord + ?Sized, R: RangeBounds<Q>>(
        &'a self,
        range: &R,
    ) -> impl DoubleEndedIterator<Item = (&'a K, &'a V)> + use<'a, K, V, Q, R>
    where
        K: Borrow<Q>,
    {
        let start = self.keys.partition_point(|key| match range.start_bound() {
            Bound::Included(start) => key.borrow() < start,
            Bound::Excluded(start) => key.borrow() <= start,
            Bound::Unbounded => false,
        });
        let end = self.keys.partition_point(|key| match range.end_bound() {
            Bound::Included(end) => key.borrow() <= end,
            Bound::Excluded(end) => key.borrow() < end,
            Bound::Unbounded => true,
        });
        let end = end.max(start);
        self.keys[start..end].iter().zip(&self.values[start..end])
    }
}

/// Whether a range's start is behind its end: a `BTreeMap` would panic.
fn is_inverted<Q: Ord + ?Sized>(range: &impl RangeBounds<Q>) -> bool {
    match (range.start_bound(), range.end_bound()) {
        (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => {
            start > end
        }
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}

fn up_to<Q: ?Sized>(key: &Q) -> (Bound<&Q>, Bound<&Q>) {
    (Bound::Unbounded, Bound::Included(key))
}
