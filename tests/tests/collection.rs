//! `Collection`: what is in it is what a `BTreeMap` would hold, and its tag follows that alone, at the same cost however
//! much there is.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::ops::Bound;
use std::time::Duration;

use etag_core::{Collection, Key, Selected, StateTag, Versioned, canonical};
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_assert, prop_assert_eq, prop_assert_ne};
use proptest::{prop_oneof, proptest};
use rustix::time::{ClockId, clock_gettime};
use sha2::{Digest, Sha256};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Versioned)]
struct Pump {
    name: String,
    litres: u32,
}

fn pump(litres: u32) -> Pump {
    Pump { name: "north".to_owned(), litres }
}

/// The state as its definition says it, of all items at once.
fn by_hand<K: Key, T: Versioned>(items: &BTreeMap<K, T>) -> StateTag {
    let mut sum = vec![0_u16; 1024];
    for (key, value) in items {
        let key = serde_json::to_string(&key.parts()).unwrap();
        let line = format!("{key} {}\n", StateTag::of(value).unwrap());
        let mut stretched = [0; 2048];
        blake3::Hasher::new().update(&Sha256::digest(line)).finalize_xof().fill(&mut stretched);
        for (lane, bytes) in sum.iter_mut().zip(stretched.chunks(2)) {
            *lane = lane.wrapping_add(u16::from(bytes[0]) + 256 * u16::from(bytes[1]));
        }
    }
    let bytes: Vec<u8> = sum.iter().flat_map(|lane| [*lane as u8, (*lane >> 8) as u8]).collect();
    StateTag::from_hash(Sha256::digest(bytes).into())
}

fn of<K: Key + Ord, T: Versioned>(items: impl IntoIterator<Item = (K, T)>) -> Collection<K, T> {
    Collection::try_from_iter(items).unwrap()
}

/// Compares all that can be read.
fn assert_same<K: Key + Ord, T: Versioned + PartialEq + std::fmt::Debug>(
    collection: &Collection<K, T>,
    expected: &BTreeMap<K, T>,
) {
    assert_eq!((collection.len(), collection.is_empty()), (expected.len(), expected.is_empty()));
    assert!(collection.iter().eq(expected), "{} items", expected.len());
    assert!(collection.iter().rev().eq(expected.iter().rev()), "{} items", expected.len());
    assert!(expected.iter().all(|(key, value)| collection.get(key) == Some(value)));
}

#[derive(Debug, Clone)]
enum Change {
    Insert(u16, u8),
    Remove(u16),
}

/// Changes of few keys and of many, so that values are replaced, and chunks are cut and joined.
fn changes() -> impl Strategy<Value = Vec<Change>> {
    let changes = |keys: u16| {
        let insert = (0..keys, any::<u8>()).prop_map(|(key, value)| Change::Insert(key, value));
        let remove = (0..keys).prop_map(Change::Remove);
        vec(prop_oneof![3 => insert, 2 => remove], 0..600)
    };
    prop_oneof![changes(20), changes(300), changes(u16::MAX)]
}

fn bounds() -> impl Strategy<Value = (Bound<u16>, Bound<u16>)> {
    let bound = || {
        let key = 0..300_u16;
        prop_oneof![
            key.clone().prop_map(Bound::Included),
            key.prop_map(Bound::Excluded),
            Just(Bound::Unbounded)
        ]
    };
    (bound(), bound())
}

proptest! {
    #[test]
    fn after_any_changes_it_holds_what_a_map_would_and_its_state_is_that_of_its_content(changes in changes()) {
        let (mut collection, mut expected) = (Collection::new(), BTreeMap::new());
        for change in changes {
            match change {
                Change::Insert(key, value) => {
                    prop_assert_eq!(collection.insert(key, value).unwrap(), expected.insert(key, value));
                }
                Change::Remove(key) => prop_assert_eq!(collection.remove(&key), expected.remove(&key)),
            }
        }
        assert_same(&collection, &expected);
        prop_assert_eq!(collection.state(), by_hand(&expected));
        prop_assert_eq!(collection.state(), of(expected).state());
    }

    /// Asked after each change, so that no state is repeated that was made before it.
    #[test]
    fn the_state_is_that_of_the_content_after_each_change(changes in changes()) {
        let (mut collection, mut expected) = (Collection::new(), BTreeMap::new());
        for change in changes.into_iter().take(12) {
            match change {
                Change::Insert(key, value) => {
                    collection.insert(key, value).unwrap();
                    expected.insert(key, value);
                }
                Change::Remove(key) => {
                    collection.remove(&key);
                    expected.remove(&key);
                }
            }
            prop_assert_eq!(collection.state(), by_hand(&expected));
        }
    }

    #[test]
    fn a_range_has_the_items_that_it_has_in_a_map(keys in btree_map(0..300_u16, any::<u8>(), 0..250), range in bounds()) {
        let collection = of(keys.clone());
        let found: Vec<_> = collection.range(range).collect();
        let backwards: Vec<_> = collection.range(range).rev().collect();
        // Of these ranges, a map would panic.
        let is_inverted = match range {
            (Bound::Excluded(start), Bound::Excluded(end)) => start >= end,
            (Bound::Included(start) | Bound::Excluded(start), Bound::Included(end) | Bound::Excluded(end)) => start > end,
            _ => false,
        };
        let expected: Vec<_> = if is_inverted { Vec::new() } else { keys.range(range).collect() };
        prop_assert_eq!(&found, &expected);
        prop_assert!(backwards.iter().rev().eq(&expected));
    }

    #[test]
    fn different_contents_have_different_states(
        one in btree_map(0..4_u8, 0..3_u8, 0..4),
        other in btree_map(0..4_u8, 0..3_u8, 0..4),
    ) {
        let states = (of(one.clone()).state(), of(other.clone()).state());
        match one == other {
            true => prop_assert_eq!(states.0, states.1),
            false => prop_assert_ne!(states.0, states.1),
        }
    }
}

#[test]
fn each_order_of_insertions_leads_to_one_state() {
    let items: Vec<(String, Pump)> = (0..6).map(|n| (format!("pump {n}"), pump(n))).collect();
    let expected = by_hand(&items.iter().cloned().collect());
    // Heap's algorithm, without recursion.
    let (mut order, mut counters) = (items, [0; 6]);
    let (mut orders, mut at) = (1, 0);
    assert_eq!(of(order.clone()).state(), expected);
    while at < counters.len() {
        if counters[at] == at {
            counters[at] = 0;
            at += 1;
            continue;
        }
        order.swap(if at % 2 == 0 { 0 } else { counters[at] }, at);
        counters[at] += 1;
        at = 0;
        orders += 1;
        assert_eq!(of(order.clone()).state(), expected, "{order:?}");
    }
    assert_eq!(orders, 720);
}

/// Texts that would be one if keys, values and items were only put behind one another.
#[test]
fn what_belongs_to_a_key_a_value_or_another_item_is_told_apart() {
    let pairs = |pairs: &[(&str, &str)]| {
        of(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))).state()
    };
    let states = [
        pairs(&[]),
        pairs(&[("a", "")]),
        pairs(&[("a", "b")]),
        pairs(&[("ab", "")]),
        pairs(&[("a", "b"), ("b", "a")]),
        pairs(&[("a", "a"), ("b", "b")]),
        pairs(&[("a", "b"), ("c", "d")]),
        pairs(&[("a", "d"), ("c", "b")]),
        pairs(&[("a\",\"b", "")]),
        of([(("a".to_owned(), "b".to_owned()), String::new())]).state(),
        of([(("a,b".to_owned(), "c".to_owned()), String::new())]).state(),
        of([(("a".to_owned(), "b,c".to_owned()), String::new())]).state(),
        of([((), String::new())]).state(),
    ];
    for (place, state) in states.iter().enumerate() {
        assert!(!states[place + 1..].contains(state), "{place}");
    }
    // As a sum of hashes that are exclusive-ored would forget.
    assert_ne!(pairs(&[("a", "x"), ("b", "x")]), pairs(&[("c", "x"), ("d", "x")]));
}

#[test]
fn the_state_of_a_content_is_the_same_in_each_release() {
    let pumps = of([("north".to_owned(), pump(40)), ("south".to_owned(), pump(35))]);
    assert_eq!(pumps.state().to_string(), "5aIQWW5X5_-vjPPKVkh93VyJDxec4xYAp6mSwiHwtgo");
    assert_eq!(
        Collection::<u8, u8>::new().state().to_string(),
        "5aAKqZkayKXuMQmETYSlVYO9IFcq0__NQnkvPDaxg60"
    );
    // An empty sum is 2 KiB of zeros.
    assert_eq!(Collection::<u8, u8>::new().state(), StateTag::from_hash(Sha256::digest([0; 2048]).into()));
}

#[test]
fn keys_of_each_kind_have_their_own_order_and_any_tag_only_their_texts() {
    let numbers = of([(10_u64, 'a'), (9, 'b'), (100, 'c')]);
    assert!(numbers.iter().map(|(key, _)| *key).eq([9, 10, 100]));
    let texts = of([("10".to_owned(), 'a'), ("9".to_owned(), 'b'), ("100".to_owned(), 'c')]);
    assert!(texts.iter().map(|(key, _)| key.as_str()).eq(["10", "100", "9"]));
    assert_eq!(numbers.state(), texts.state());
    assert_eq!((texts.get("9"), texts.contains_key("8")), (Some(&'b'), false));

    let id = Uuid::from_u128(7);
    let of_tenants = of([(("b".to_owned(), id), 1), (("a".to_owned(), id), 2)]);
    assert!(of_tenants.iter().map(|(key, value)| (key.0.as_str(), *value)).eq([("a", 2), ("b", 1)]));
    assert_eq!(of([((), 1)]).remove(&()), Some(1));
}

#[test]
fn a_change_that_changes_nothing_and_one_that_is_undone_leave_the_state() {
    let mut pumps = of([(1, pump(40)), (2, pump(35))]);
    let state = pumps.state();
    assert_eq!(pumps.insert(1, pump(40)).unwrap(), Some(pump(40)));
    assert_eq!(pumps.remove(&3), None);
    assert_eq!(pumps.state(), state);
    let before = pumps.clone();
    pumps.insert(1, pump(0)).unwrap();
    assert_ne!(pumps.state(), state);
    assert_eq!((before.state(), before.get(&1)), (state, Some(&pump(40))));
    pumps.insert(1, pump(40)).unwrap();
    assert_eq!(pumps.state(), state);
    assert!(format!("{pumps:?}").starts_with("{1: Pump {"));
}

/// It has canonical JSON only where it is no refusal.
#[derive(Debug, Clone, PartialEq, Versioned)]
struct Foreign(#[versioned(serde)] Answer);

#[derive(Debug, Clone, PartialEq)]
enum Answer {
    Number(u8),
    Refusal,
}

impl serde::Serialize for Answer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_u8(*number),
            Self::Refusal => Err(serde::ser::Error::custom("not today")),
        }
    }
}

#[test]
fn where_a_value_has_no_canonical_form_nothing_is_changed() {
    let number = |number| Foreign(Answer::Number(number));
    let mut answers = of([(1, number(1)), (2, number(2))]);
    let (before, state) = (answers.clone(), answers.state());
    let expected = canonical::Error::Custom("not today".to_owned());
    for key in [1, 3] {
        assert_eq!(answers.insert(key, Foreign(Answer::Refusal)), Err(expected.clone()));
    }
    let items = [(2, number(7)), (3, number(3)), (4, Foreign(Answer::Refusal)), (5, number(5))];
    assert_eq!(answers.try_extend(items.clone()), Err(expected.clone()));
    assert!(answers.iter().eq(before.iter()));
    assert_eq!((answers.state(), answers.len()), (state, 2));
    assert_eq!(Collection::try_from_iter(items).map(|_| ()), Err(expected));
    answers.try_extend([(2, number(7)), (3, number(3))]).unwrap();
    assert_eq!(answers.state(), of([(1, number(1)), (2, number(7)), (3, number(3))]).state());
}

#[derive(Debug, PartialEq, Versioned)]
struct Priced {
    litres: u32,
    #[versioned(variant)]
    price: u32,
}

#[derive(Debug, PartialEq, Versioned)]
struct Seen {
    litres: u32,
    #[versioned(skip)]
    views: u32,
}

/// Their changes would be in no tag of the whole.
#[test]
fn a_view_is_refused() {
    let mut views = Collection::new();
    assert_eq!(views.insert(1, Priced { litres: 1, price: 2 }), Err(canonical::Error::View));
    assert_eq!(Collection::new().insert(1, Seen { litres: 1, views: 2 }), Err(canonical::Error::View));
    let listed = Collection::new().insert(1, vec![Priced { litres: 1, price: 2 }]);
    assert_eq!(listed, Err(canonical::Error::View));
    assert_eq!((views.len(), views.state()), (0, Collection::<u8, u8>::new().state()));
}

#[derive(Versioned)]
#[versioned(epoch = 2)]
struct Epoch {
    litres: u32,
}

#[derive(Versioned)]
#[versioned(keyed)]
struct Keyed {
    litres: u32,
}

#[derive(Versioned)]
struct Row {
    #[versioned(revision)]
    revision: u64,
}

#[test]
fn its_tag_is_its_state_and_what_else_the_type_says_of_its_bytes() {
    let plain = of([(1, pump(40))]);
    assert_eq!(plain.validators().etag.unwrap().to_string(), format!("\"{}\"", plain.state()));
    assert_eq!(plain.validators().last_modified, None);

    let epoch = of([(1, Epoch { litres: 1 })]);
    let etag = epoch.validators().etag.unwrap().to_string();
    let variant = etag.strip_prefix(&format!("\"{}.", epoch.state())).expect("the state comes first");
    assert_eq!(variant.trim_end_matches('"').len(), 43, "{etag}");
    assert_eq!(epoch.state(), of([(1, EpochOfNone { litres: 1 })]).state());

    // There is no key in this process.
    assert_eq!(of([(1, Keyed { litres: 1 })]).validators().etag, None);

    let [one, other] = [7, 8].map(|revision| of([(1, Row { revision })]));
    assert_ne!(one.state(), other.state());
}

#[derive(Versioned)]
struct EpochOfNone {
    litres: u32,
}

#[test]
fn keys_in_any_order_are_all_found_and_all_removed() {
    const COUNT: u32 = 3_000;
    let ascending = || 0..COUNT;
    let outwards = || ascending().map(|n| if n % 2 == 0 { COUNT + n } else { COUNT - n });
    // Each is between the last one and what was there before it.
    let inwards = || ascending().map(|n| if n == 0 { 0 } else { COUNT - n });
    let spread = || ascending().map(|n| n * 1_009 % COUNT);
    let orders: [Vec<u32>; 5] = [
        ascending().collect(),
        ascending().rev().collect(),
        outwards().collect(),
        inwards().collect(),
        spread().collect(),
    ];
    for (order, keys) in orders.iter().enumerate() {
        for (removal, removed) in orders.iter().enumerate() {
            let (mut collection, mut expected) = (of(keys.iter().map(|key| (*key, *key))), BTreeMap::new());
            expected.extend(keys.iter().map(|key| (*key, *key)));
            assert_same(&collection, &expected);
            for (place, key) in removed.iter().enumerate() {
                assert_eq!(collection.remove(key), expected.remove(key), "{order} {removal} {key}");
                if place % 500 == 7 {
                    assert_same(&collection, &expected);
                    // Removed and put back, a key is where it was.
                    if let Some(first) = expected.keys().next().copied() {
                        assert_eq!(collection.remove(&first), Some(first));
                        assert_eq!(collection.insert(first, first).unwrap(), None);
                    }
                }
            }
            assert_eq!(collection.state(), by_hand(&expected), "{order} {removal}");
        }
    }
}

/// The least time on the CPU that some runs take.
fn least(mut run: impl FnMut()) -> Duration {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).expect("it is not negative");
    let time = |_| {
        let started = now();
        run();
        now() - started
    };
    (0..5).map(time).min().unwrap_or_default()
}

/// A list of a thousand times as many items would take a thousand times as long.
#[test]
fn the_tag_after_a_change_takes_no_longer_with_more_items() {
    let time = |count: u64| {
        let mut numbers = of((0..count).map(|n| (n, 0)));
        let mut change = 0;
        least(|| {
            for _ in 0..300 {
                change += 1;
                numbers.insert(change * 7_919 % count, change).unwrap();
                black_box(numbers.state());
            }
        })
    };
    let (few, many) = (time(100), time(100_000));
    assert!(many < 4 * few, "{few:?} with 100, {many:?} with 100000");
}

/// The two are not to be mixed up: the one goes by order and page.
#[test]
fn its_state_is_not_that_of_a_list() {
    #[derive(Versioned, serde::Serialize, serde::Deserialize)]
    #[versioned(store = etag_core::Database)]
    struct Note {
        #[versioned(id)]
        id: u64,
    }
    let state = StateTag::of(&Note { id: 1 }).unwrap();
    let selected = Selected::<Note>::new(vec![(1, state.into())], 1);
    assert_ne!(of([(1, Note { id: 1 })]).state(), selected.state());
}
