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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::cmp::Ordering;
    use std::iter;

    use proptest::collection::vec;
    use proptest::prelude::{ProptestConfig, Strategy, any};
    use proptest::proptest;

    use super::*;

    /// Keys that are inserted or removed one after the other.
    #[derive(Debug, Clone)]
    struct Run {
        inserts: bool,
        descends: bool,
        start: u16,
        length: u16,
    }

    impl Run {
        fn keys(&self) -> Vec<u16> {
            let keys = self.start..self.start + self.length;
            if self.descends { keys.rev().collect() } else { keys.collect() }
        }
    }

    fn runs() -> impl Strategy<Value = Vec<Run>> {
        let run = (any::<bool>(), any::<bool>(), 0..600_u16, 1..150_u16)
            .prop_map(|(inserts, descends, start, length)| Run { inserts, descends, start, length });
        vec(run, 1..30)
    }

    fn assert_bounds(chunks: &Chunks<u16, ()>) {
        let all: Vec<_> = iter::once(&chunks.first).chain(chunks.others.values()).collect();
        let sizes: Vec<usize> = all.iter().map(|chunk| chunk.len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), chunks.len);
        assert!(sizes.iter().all(|size| *size <= MOST), "{sizes:?}");
        // All that is left is in the first one: a chunk that is found by a key is never empty.
        assert!(!sizes[1..].contains(&0), "{sizes:?}");
        assert!(sizes.windows(2).all(|two| two[0].max(two[1]) >= LEAST), "{sizes:?}");
        for chunk in &all {
            assert_eq!((chunk.keys.len(), chunk.keys.capacity()), (chunk.values.len(), chunk.keys.len()));
        }
        assert!(all.iter().flat_map(|chunk| &chunk.keys).is_sorted_by(|a, b| a < b));
        for ((start, chunk), before) in chunks.others.iter().zip(&all) {
            assert!(chunk.keys[0] >= *start && before.keys.last() < Some(start), "{start}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn after_each_change_no_chunk_is_too_large_and_no_two_neighbours_are_small(runs in runs()) {
            let mut chunks = Chunks::new();
            for run in runs {
                for key in run.keys() {
                    match run.inserts {
                        true => chunks.insert(key, ()),
                        false => chunks.remove(&key),
                    };
                    assert_bounds(&chunks);
                }
            }
        }
    }

    thread_local! {
        static COMPARED: Cell<u64> = const { Cell::new(0) };
        static COPIED: Cell<u64> = const { Cell::new(0) };
    }

    /// A key that counts how often one is compared and copied.
    #[derive(Debug, PartialEq, Eq)]
    struct Counted(u32);

    impl Ord for Counted {
        fn cmp(&self, other: &Self) -> Ordering {
            COMPARED.set(COMPARED.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl Clone for Counted {
        fn clone(&self) -> Self {
            COPIED.set(COPIED.get() + 1);
            Self(self.0)
        }
    }

    /// How many comparisons and copies of keys an insertion and a removal take together among that many items, and how
    /// many they move at most.
    fn counts(items: u32) -> ([f64; 2], usize) {
        const CHANGES: u32 = 2_000;
        let mut chunks = Chunks::new();
        for key in 0..items {
            chunks.insert(Counted(2 * key), ());
        }
        let before = [COMPARED.get(), COPIED.get()];
        for change in 0..CHANGES {
            // Between two that are there, all over the collection.
            let key = 2 * (change.wrapping_mul(2_654_435_761) % items) + 1;
            chunks.insert(Counted(key), ());
            chunks.remove(&Counted(key));
        }
        let counted = [COMPARED.get() - before[0], COPIED.get() - before[1]];
        let moved = chunks.others.values().map(Chunk::len).max();
        (counted.map(|count| count as f64 / f64::from(CHANGES)), moved.unwrap_or(chunks.first.len()))
    }

    /// That many per doubling at most; a scan would take a thousand times as many for a thousand times the items.
    #[test]
    fn a_change_takes_comparisons_as_the_logarithm_of_the_number_of_items() {
        for items in [10, 1_000, 100_000, 1_000_000] {
            let ([compared, copied], moved) = counts(items);
            println!("{items} items: {compared:.1} comparisons and {copied:.2} copies of keys");
            assert!(compared <= 5.0 * f64::from(items).log2(), "{compared} with {items}");
            assert!(copied <= 2.0 && moved <= 64, "{copied} and {moved} with {items}");
        }
    }
}
