//! Collections that are answered with: a body is that of its items, each of which shows its own tag, and the tag of
//! the whole follows the items' states and variants. (Checklist 13, 15, 20, 31, 32, 49.)

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;

use axum::Router;
use axum::routing::get;
use etag_core::axum::Tagged;
use etag_core::{
    Database, EntityTag, Outcome, Preconditions, Representation, StateTag, Versioned, canonical,
};
use http::Method;
use http::header::{HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Strategy, any, prop_assert_eq};
use proptest::sample::select;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tests::call;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Versioned)]
struct Plain {
    n: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Versioned)]
#[versioned(embed = "etag")]
struct Shown {
    n: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Versioned)]
struct View {
    n: u8,
    #[versioned(variant)]
    of: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Versioned)]
struct Loose {
    n: u8,
    #[versioned(skip)]
    views: u8,
}

/// Each role that a view can have, and its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Versioned)]
#[versioned(embed = "etag", epoch = 2)]
struct Full {
    n: u8,
    #[versioned(variant)]
    of: u8,
    #[versioned(skip)]
    views: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Versioned)]
#[versioned(embed = "etag")]
struct Numbered {
    n: u8,
    #[versioned(revision)]
    revision: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Versioned)]
#[versioned(embed = "etag")]
struct Silent {
    n: u8,
    #[serde(skip)]
    #[versioned(revision)]
    revision: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Versioned)]
#[versioned(epoch = 2)]
struct Second {
    n: u8,
}

/// The same with the next epoch.
#[derive(Debug, Clone, Copy, Versioned)]
#[versioned(epoch = 3)]
struct Third {
    n: u8,
}

/// The envelope of a list.
#[derive(Debug, Clone, Versioned)]
struct Page<L> {
    items: L,
    total: u64,
}

#[derive(Versioned)]
struct Newtype<L>(L);

#[derive(Versioned)]
#[serde(transparent)]
struct Transparent<L> {
    list: L,
}

/// A type that is listed in every way: its three values are in the order of their canonical bytes.
trait Item: Versioned + Copy + Debug + Ord + Hash + 'static {
    const IS_PLAIN: bool = false;

    fn new(n: u8) -> Self;

    fn three() -> [Self; 3] {
        [Self::new(1), Self::new(2), Self::new(3)]
    }
}

impl Item for Plain {
    const IS_PLAIN: bool = true;

    fn new(n: u8) -> Self {
        Self { n }
    }
}

impl Item for Shown {
    fn new(n: u8) -> Self {
        Self { n }
    }
}

impl Item for View {
    fn new(n: u8) -> Self {
        Self { n, of: 9 - n }
    }
}

impl Item for Loose {
    fn new(n: u8) -> Self {
        Self { n, views: 9 - n }
    }
}

impl Item for Full {
    fn new(n: u8) -> Self {
        Self { n, of: 9 - n, views: 7 }
    }
}

impl Item for Numbered {
    fn new(n: u8) -> Self {
        Self { n, revision: 7 }
    }
}

impl Item for Silent {
    fn new(n: u8) -> Self {
        Self { n, revision: 7 }
    }
}

impl Item for Second {
    fn new(n: u8) -> Self {
        Self { n }
    }
}

/// Runs a generic check for each type of item.
macro_rules! for_each_item {
    ($check:ident) => {
        $check::<Plain>();
        $check::<Shown>();
        $check::<View>();
        $check::<Loose>();
        $check::<Full>();
        $check::<Numbered>();
        $check::<Silent>();
        $check::<Second>();
    };
}

fn body_of<T: Versioned + ?Sized>(value: &T) -> String {
    String::from_utf8(Representation::of(value).unwrap().into_body()).unwrap()
}

fn tag_of<T: Versioned + ?Sized>(value: &T) -> EntityTag {
    Representation::of(value).unwrap().validators().etag.unwrap()
}

fn state_of<T: Versioned + ?Sized>(value: &T) -> StateTag {
    let representation = Representation::of(value).unwrap();
    let state = representation.version().state;
    let etag = representation.validators().etag.unwrap().to_string();
    let shown = etag.trim_start_matches("W/").trim_matches('"').split('.').next().unwrap().to_owned();
    assert_eq!(shown, state.to_string(), "the state is the first part of the tag");
    state
}

/// What stands behind the state: empty where there is nothing.
fn variant_of<T: Versioned + ?Sized>(value: &T) -> String {
    let etag = tag_of(value).to_string();
    etag.trim_end_matches(['"', '~']).split_once('.').map_or(String::new(), |(_, variant)| variant.to_owned())
}

fn is_weak<T: Versioned + ?Sized>(value: &T) -> bool {
    tag_of(value).is_weak()
}

fn sha_256(text: &str) -> StateTag {
    StateTag::from_hash(Sha256::digest(text).into())
}

/// One after another, in each type that keeps an order.
fn sequences<T: Item>(items: &[T]) -> Vec<(&'static str, Representation)> {
    let vec = items.to_vec();
    let deque = VecDeque::from(vec.clone());
    let array: [T; 3] = vec.clone().try_into().unwrap();
    let of = |name, representation: Result<Representation, canonical::Error>| (name, representation.unwrap());
    vec![
        of("slice", Representation::of(items)),
        of("Vec", Representation::of(&vec)),
        of("VecDeque", Representation::of(&deque)),
        of("array", Representation::of(&array)),
        of("BTreeSet", Representation::of(&items.iter().copied().collect::<BTreeSet<T>>())),
        of("Box", Representation::of(&vec.clone().into_boxed_slice())),
        of("Option", Representation::of(&Some(vec.clone()))),
        of("newtype", Representation::of(&Newtype(deque))),
        of("newtype of a newtype", Representation::of(&Newtype(Newtype(vec.clone())))),
        of("transparent", Representation::of(&Transparent { list: vec })),
    ]
}

fn a_sequence_is_its_items<T: Item>() {
    let items = T::three();
    let expected = format!("[{}]", items.map(|item| body_of(&item)).join(","));
    for (name, list) in sequences(&items) {
        assert_eq!(list.body(), expected.as_bytes(), "{name}");
        assert_eq!(list.validators().etag, Some(tag_of(&items[..])), "{name}");
        assert_eq!(list.validators().last_modified, None, "{name}");
    }
}

#[test]
fn the_body_of_a_sequence_is_that_of_its_items_and_all_sequences_have_one_tag() {
    for_each_item!(a_sequence_is_its_items);
}

fn a_set_is_its_items<T: Item>() {
    let items = T::three();
    let expected = format!("[{}]", items.map(|item| body_of(&item)).join(","));
    let first = HashSet::from(items);
    assert_eq!(body_of(&first), expected);
    // Each set has a seed, and so an order, of its own.
    for _ in 0..20 {
        let again: HashSet<T> = items.into_iter().rev().collect();
        assert_eq!((body_of(&again), tag_of(&again)), (expected.clone(), tag_of(&first)));
        assert_eq!(tag_of(&Newtype(again)), tag_of(&first));
    }
    let sorted: BTreeSet<T> = items.into_iter().rev().collect();
    assert_eq!((body_of(&sorted), tag_of(&sorted)), (expected, tag_of(&items[..])));
}

#[test]
fn the_body_of_a_set_is_that_of_its_items_in_one_order() {
    for_each_item!(a_set_is_its_items);
}

fn a_map_is_its_items<T: Item>() {
    let [a, b, c] = T::three();
    // In the order of UTF-16, which is not that of the keys.
    let expected = format!(r#"{{"10":{},"9":{},"é\"":{}}}"#, body_of(&a), body_of(&b), body_of(&c));
    let entries = || [("9", b), ("10", a), ("é\"", c)];
    let sorted = BTreeMap::from(entries());
    for _ in 0..20 {
        let map: HashMap<String, T> =
            entries().into_iter().map(|(name, item)| (name.to_owned(), item)).collect();
        assert_eq!((body_of(&map), tag_of(&map)), (expected.clone(), tag_of(&sorted)));
        assert_eq!(tag_of(&Newtype(map)), tag_of(&sorted));
    }
    let numbered = BTreeMap::from([(9, b), (10, a)]);
    let named = HashMap::from([("10", a), ("9", b)]);
    assert_eq!((body_of(&numbered), tag_of(&numbered)), (body_of(&named), tag_of(&named)));
}

#[test]
fn the_body_of_a_map_is_that_of_its_items_and_all_maps_have_one_tag() {
    for_each_item!(a_map_is_its_items);
}

fn an_envelope_is_its_items<T: Item>() {
    let items = T::three();
    let list = body_of(&items[..]);
    let expected = format!(r#"{{"items":{list},"total":7}}"#);
    let page = Page { items: items.to_vec(), total: 7 };
    assert_eq!(body_of(&page), expected);
    assert_eq!(body_of(&Page { items: Newtype(VecDeque::from(items)), total: 7 }), expected);
    assert_eq!(tag_of(&Page { items: Newtype(VecDeque::from(items)), total: 7 }), tag_of(&page));
    assert_eq!(tag_of(&Newtype(page.clone())), tag_of(&page));
    let map = BTreeMap::from([("b", items[1]), ("a", items[0])]);
    let expected = format!(r#"{{"items":{},"total":2}}"#, body_of(&map));
    assert_eq!(body_of(&Page { items: map, total: 2 }), expected);
    let set = HashSet::from(items);
    let expected = format!(r#"{{"items":{},"total":3}}"#, body_of(&set));
    assert_eq!(body_of(&Page { items: set, total: 3 }), expected);
    assert_eq!(body_of(&Page { items: None::<Vec<T>>, total: 0 }), r#"{"items":null,"total":0}"#);
}

#[test]
fn the_body_of_an_envelope_is_that_of_its_list() {
    for_each_item!(an_envelope_is_its_items);
}

fn lists_of_lists_are_their_items<T: Item>() {
    let [a, b, c] = T::three();
    let nested = vec![vec![a, b], vec![], vec![c]];
    let bodies: Vec<String> = nested.iter().map(body_of).collect();
    assert_eq!(body_of(&nested), format!("[{}]", bodies.join(",")));
    assert_ne!(state_of(&nested), state_of(&vec![vec![a], vec![b], vec![c]]));
    assert_ne!(state_of(&nested), state_of(&vec![vec![a, b], vec![c], vec![]]));
    let maps = vec![BTreeMap::from([("x", a)]), BTreeMap::from([("y", b)])];
    assert_eq!(body_of(&maps), format!("[{},{}]", body_of(&maps[0]), body_of(&maps[1])));
    let of_lists = BTreeMap::from([("x", vec![a, b]), ("y", vec![])]);
    assert_eq!(body_of(&of_lists), format!(r#"{{"x":{},"y":[]}}"#, body_of(&vec![a, b])));
    let pages = vec![Page { items: vec![a], total: 1 }, Page { items: vec![b, c], total: 2 }];
    assert_eq!(body_of(&pages), format!("[{},{}]", body_of(&pages[0]), body_of(&pages[1])));
}

#[test]
fn lists_of_lists_of_maps_and_of_envelopes_are_their_items() {
    for_each_item!(lists_of_lists_are_their_items);
}

fn a_list_of_options_is_its_items<T: Item>() {
    let [a, b, _] = T::three();
    let optional = vec![Some(a), None, Some(b)];
    assert_eq!(body_of(&optional), format!("[{},null,{}]", body_of(&a), body_of(&b)));
    assert_ne!(state_of(&optional), state_of(&vec![None, Some(a), Some(b)]));
}

#[test]
fn an_item_that_may_be_absent_shows_the_tag_that_it_has_alone() {
    for_each_item!(a_list_of_options_is_its_items);
}

#[test]
fn each_item_of_a_list_of_lists_shows_its_own_tag() {
    let nested = Page { items: vec![vec![Shown { n: 1 }], vec![Shown { n: 2 }, Shown { n: 1 }]], total: 2 };
    let body: Value = serde_json::from_str(&body_of(&nested)).unwrap();
    for (at, n) in [([0, 0], 1), ([1, 0], 2), ([1, 1], 1)] {
        assert_eq!(body["items"][at[0]][at[1]]["etag"], tag_of(&Shown { n }).to_string());
    }
}

/// S is the SHA-256 of the bytes sent, and there is nothing else in the tag.
fn assert_plain<T: Versioned + ?Sized>(value: &T) {
    let expected = format!("\"{}\"", sha_256(&body_of(value)));
    assert_eq!(tag_of(value).to_string(), expected, "{}", body_of(value));
}

#[test]
fn a_list_of_plain_items_is_tagged_by_the_bytes_sent() {
    let items = Plain::three();
    for (_, list) in sequences(&items) {
        let hash = StateTag::from_hash(Sha256::digest(list.body()).into());
        assert_eq!(list.validators().etag.unwrap().to_string(), format!("\"{hash}\""));
    }
    let [a, b, _] = items;
    assert_plain(&HashSet::from(items));
    assert_plain(&HashMap::from([("x", a), ("y", b)]));
    assert_plain(&Page { items: items.to_vec(), total: 7 });
    assert_plain(&Page { items: HashMap::from([("x", a)]), total: 7 });
    assert_plain(&vec![vec![a, b], vec![]]);
    assert_plain(&vec![Some(a), None]);
    assert_plain(&vec![Page { items: vec![a], total: 1 }]);
    assert_plain(&BTreeMap::from([("x", vec![1, 2]), ("y", vec![])]));
    assert_plain(&["text", "\"quoted\"\n"]);
}

#[test]
fn an_empty_list_is_tagged_by_its_bytes_whatever_it_could_hold() {
    assert_plain::<[Full]>(&[]);
    assert_plain(&HashSet::<Full>::new());
    assert_plain(&BTreeMap::<String, Numbered>::new());
    assert_plain(&Page { items: Vec::<Loose>::new(), total: 0 });
    assert_plain(&vec![Vec::<View>::new(), Vec::new()]);
}

/// The words that the tags are made of: a change to these moves the tags of every client.
#[test]
fn a_lists_state_and_variant_are_hashes_of_a_line_for_each_item() {
    let [a, b, _] = Full::three();
    let (first, second) = (state_of(&a), state_of(&b));
    let variants = format!("{}\n{}\n", variant_of(&a), variant_of(&b));
    let expected = format!("W/\"{}.{}~\"", sha_256(&format!("{first}\n{second}\n")), sha_256(&variants));
    assert_eq!(tag_of(&vec![a, b]).to_string(), expected);

    let named = sha_256(&format!("\"x\" {first}\n\"é\\\"\" {second}\n"));
    let expected = format!("W/\"{named}.{}~\"", sha_256(&variants));
    assert_eq!(tag_of(&HashMap::from([("é\"", b), ("x", a)])).to_string(), expected);

    let of_items = sha_256(&format!("{first}\n{second}\n"));
    let enveloped = sha_256(&format!("{{\"total\":7}}{of_items}"));
    let expected = format!("W/\"{enveloped}.{}~\"", sha_256(&variants));
    assert_eq!(tag_of(&Page { items: vec![a, b], total: 7 }).to_string(), expected);

    let strong = sha_256(&format!("{}\n{}\n", state_of(&Shown { n: 1 }), state_of(&Shown { n: 2 })));
    assert_eq!(tag_of(&vec![Shown { n: 1 }, Shown { n: 2 }]).to_string(), format!("\"{strong}\""));
}

fn the_order_of_a_sequence_matters<T: Item>() {
    let [a, b, c] = T::three();
    let state = state_of(&[a, b, c]);
    for other in [vec![b, a, c], vec![a, c, b], vec![a, b], vec![a, b, c, c], vec![a, b, b], vec![]] {
        assert_ne!(state_of(&other), state, "{other:?}");
        let page = |items: &[T]| state_of(&Page { items: items.to_vec(), total: 3 });
        assert_ne!(page(&other), page(&[a, b, c]), "{other:?}");
    }
}

#[test]
fn the_order_and_the_number_of_a_sequences_items_are_in_its_state() {
    for_each_item!(the_order_of_a_sequence_matters);
}

fn the_names_of_a_map_matter<T: Item>() {
    let [a, b, _] = T::three();
    let map = |entries: &[(&'static str, T)]| entries.iter().copied().collect::<BTreeMap<_, _>>();
    let first = map(&[("x", a), ("y", b)]);
    let others =
        [&[("x", b), ("y", a)][..], &[("x", a), ("z", b)], &[("x", a)], &[("x", a), ("y", b), ("z", b)], &[]];
    for other in others {
        assert_ne!(state_of(&map(other)), state_of(&first), "{other:?}");
        let page = |items| state_of(&Page { items, total: 7 });
        assert_ne!(page(map(other)), page(first.clone()), "{other:?}");
    }
}

#[test]
fn the_names_of_a_map_are_in_its_state() {
    for_each_item!(the_names_of_a_map_matter);
}

fn the_total_of_an_envelope_matters<T: Item>() {
    let items = T::three().to_vec();
    let page = |total| Page { items: items.clone(), total };
    assert_ne!(state_of(&page(3)), state_of(&page(4)));
    assert_eq!(variant_of(&page(3)), variant_of(&items), "the items' variant is that of the page");
    assert_eq!(is_weak(&page(3)), is_weak(&items));
    assert_eq!(T::IS_PLAIN, state_of(&page(3)) == sha_256(&body_of(&page(3))));
}

#[test]
fn the_other_members_of_an_envelope_are_in_its_state() {
    for_each_item!(the_total_of_an_envelope_matters);
}

/// Each way to list the same items: what a change to one of them does is the same in all.
fn ways<T: Item>(items: [T; 3]) -> Vec<(&'static str, StateTag, String, bool)> {
    fn parts<C: Versioned>(name: &'static str, list: &C) -> (&'static str, StateTag, String, bool) {
        (name, state_of(list), variant_of(list), is_weak(list))
    }
    let [a, b, c] = items;
    let map = BTreeMap::from([("x", a), ("y", b), ("z", c)]);
    vec![
        parts("Vec", &items.to_vec()),
        parts("VecDeque", &VecDeque::from(items)),
        parts("array", &items),
        parts("HashMap", &HashMap::from([("x", a), ("y", b), ("z", c)])),
        parts("BTreeMap", &map),
        parts("newtype", &Newtype(items.to_vec())),
        parts("nested", &vec![vec![a], vec![b, c]]),
        parts("options", &items.map(Some)),
        parts("envelope", &Page { items: items.to_vec(), total: 3 }),
        parts("envelope of a map", &Page { items: map, total: 3 }),
        parts("list of envelopes", &items.map(|item| Page { items: vec![item], total: 1 })),
    ]
}

#[test]
fn what_an_item_skips_is_in_no_tag_and_makes_it_weak() {
    let items = Loose::three();
    let changed = items.map(|item| Loose { views: item.views - 1, ..item });
    assert_eq!(ways(items), ways(changed));
    for (name, _, variant, weak) in ways(items) {
        assert!(weak && variant.is_empty(), "{name}");
    }
    assert_ne!(body_of(&items), body_of(&changed), "it is shown");
    for (name, _, _, weak) in ways(View::three()) {
        assert!(!weak, "{name}: a variant is in the tag");
    }
}

#[test]
fn the_variant_of_an_item_is_in_the_lists_variant_and_not_in_its_state() {
    let items = View::three();
    for changed in 0..3 {
        let mut others = items;
        others[changed].of += 1;
        for ((name, state, variant, _), (_, other_state, other_variant, _)) in
            ways(items).into_iter().zip(ways(others))
        {
            assert_eq!(state, other_state, "{name}");
            assert_ne!(variant, other_variant, "{name}");
            assert!(!variant.is_empty(), "{name}");
        }
    }
    let swapped = [View { of: items[1].of, ..items[0] }, View { of: items[0].of, ..items[1] }, items[2]];
    for (first, second) in ways(items).into_iter().zip(ways(swapped)) {
        assert_ne!(first, second, "which item has which variant is told apart");
    }
}

#[test]
fn an_epoch_of_the_items_moves_the_lists_variant_and_not_its_state() {
    let (second, third) = (vec![Second { n: 1 }, Second { n: 2 }], vec![Third { n: 1 }, Third { n: 2 }]);
    assert_eq!((state_of(&second), body_of(&second)), (state_of(&third), body_of(&third)));
    assert_ne!(variant_of(&second), variant_of(&third));
    let (second, third) = (Page { items: second, total: 2 }, Page { items: third, total: 2 });
    assert_eq!((state_of(&second), body_of(&second)), (state_of(&third), body_of(&third)));
    assert_ne!(variant_of(&second), variant_of(&third));
}

#[test]
fn a_revision_that_is_shown_moves_the_list() {
    let items = Numbered::three();
    let mut changed = items;
    changed[1].revision += 1;
    for (before, after) in ways(items).into_iter().zip(ways(changed)) {
        assert_ne!(before.1, after.1, "{}", before.0);
        assert_eq!(before.2, after.2, "{}: the shape is the same", before.0);
        assert!(!before.2.is_empty(), "{}: the shape is in the variant", before.0);
    }
}

/// Its bytes show it: each item has its own tag in them.
#[test]
fn a_revision_that_is_kept_out_of_the_body_moves_the_list() {
    let items = Silent::three();
    let mut changed = items;
    changed[1].revision += 1;
    assert_ne!(body_of(&items), body_of(&changed));
    for (before, after) in ways(items).into_iter().zip(ways(changed)) {
        assert_ne!(before.1, after.1, "{}", before.0);
    }
}

/// A revision tells the versions of one resource apart, and not two resources.
#[test]
fn other_items_with_the_same_revisions_are_another_list() {
    let [a, b, _] = Numbered::three();
    assert_eq!(state_of(&a), state_of(&b));
    assert_ne!(state_of(&vec![a]), state_of(&vec![b]));
    assert_ne!(state_of(&vec![a, b]), state_of(&vec![b, a]));
    let [a, b, _] = Silent::three();
    assert_ne!(state_of(&vec![a]), state_of(&vec![b]));
}

#[test]
fn one_weak_item_makes_the_list_weak() {
    let loose = Loose { n: 1, views: 0 };
    assert!(!is_weak(&vec![Vec::<Loose>::new(), Vec::new()]), "there is none");
    assert!(is_weak(&vec![vec![], vec![loose], vec![]]));
    assert!(is_weak(&BTreeMap::from([("x", vec![]), ("y", vec![loose])])));
    assert!(is_weak(&Page { items: vec![vec![], vec![loose]], total: 2 }));
    assert!(!is_weak(&Page { items: vec![Vec::<Loose>::new()], total: 2 }));
}

/// What is skipped, or a variant, comes first in the items' bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Versioned)]
struct Counted {
    #[versioned(skip)]
    count: u8,
    n: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Versioned)]
struct Authored {
    #[versioned(variant)]
    by: u8,
    n: u8,
}

#[test]
fn what_the_items_of_a_set_skip_is_in_no_tag() {
    let set = |counts: [u8; 2]| HashSet::from([1, 2].map(|n| Counted { n, count: counts[n as usize - 1] }));
    assert_eq!(tag_of(&set([1, 2])), tag_of(&set([3, 4])));
    assert_eq!(tag_of(&set([1, 2])), tag_of(&set([2, 1])), "another count comes first in the body");
}

#[test]
fn the_variant_of_an_item_is_not_in_the_state_of_a_set() {
    let set = |by: [u8; 2]| HashSet::from([1, 2].map(|n| Authored { n, by: by[n as usize - 1] }));
    let (first, second) = (set([1, 2]), set([2, 1]));
    assert_ne!(tag_of(&first), tag_of(&second));
    assert_eq!(state_of(&first), state_of(&second), "another author comes first in the body");
}

/// Envelopes with more than a list and a total.
#[derive(Versioned)]
#[versioned(embed = "etag", epoch = 4)]
struct Report {
    items: Vec<Full>,
    #[versioned(variant)]
    language: &'static str,
    #[versioned(skip)]
    took: u8,
    total: u64,
}

#[test]
fn an_envelope_has_roles_and_a_tag_of_its_own() {
    let report =
        |items: [Full; 3], language, took, total| Report { items: items.to_vec(), language, took, total };
    let items = Full::three();
    let first = report(items, "en", 1, 3);
    let body: Value = serde_json::from_str(&body_of(&first)).unwrap();
    assert_eq!(body["etag"], tag_of(&first).to_string());
    for (shown, item) in body["items"].as_array().unwrap().iter().zip(&items) {
        assert_eq!(shown["etag"], tag_of(item).to_string());
    }
    assert_eq!(tag_of(&first), tag_of(&report(items.map(|item| Full { views: 0, ..item }), "en", 2, 3)));
    let in_variant =
        [report(items, "de", 1, 3), report(items.map(|item| Full { of: item.of + 1, ..item }), "en", 1, 3)];
    for other in in_variant {
        assert_eq!(state_of(&other), state_of(&first));
        assert_ne!(variant_of(&other), variant_of(&first));
    }
    for other in
        [report(items, "en", 1, 4), report(items.map(|item| Full { n: item.n + 1, ..item }), "en", 1, 3)]
    {
        assert_ne!(state_of(&other), state_of(&first));
        assert_eq!(variant_of(&other), variant_of(&first));
    }
}

/// Another envelope's members, which come before and behind its own.
#[derive(Versioned)]
struct Linked<L> {
    first: &'static str,
    #[serde(flatten)]
    page: Page<L>,
    next: &'static str,
}

#[test]
fn an_envelope_that_is_flattened_is_one() {
    let [a, b, _] = Full::three();
    let linked = |items: Vec<Full>, next, total| Linked { first: "/", page: Page { items, total }, next };
    let first = linked(vec![a, b], "/2", 7);
    let expected =
        format!(r#"{{"first":"/","items":[{},{}],"next":"/2","total":7}}"#, body_of(&a), body_of(&b));
    assert_eq!(body_of(&first), expected);
    let seen = Full { views: 0, ..a };
    assert_eq!(tag_of(&linked(vec![seen, b], "/2", 7)), tag_of(&first));
    for other in [linked(vec![b, a], "/2", 7), linked(vec![a, b], "/3", 7), linked(vec![a, b], "/2", 8)] {
        assert_ne!(state_of(&other), state_of(&first));
    }
    assert_plain(&Linked { first: "/", page: Page { items: Plain::three().to_vec(), total: 3 }, next: "" });
}

#[derive(Versioned)]
struct Renamed {
    #[serde(rename = "items")]
    entries: Vec<Shown>,
    total: u64,
}

/// An envelope that leaves out an empty list.
#[derive(Versioned)]
struct Sparse {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<Shown>,
    total: u64,
}

#[test]
fn an_envelope_is_known_by_the_name_that_is_sent() {
    let items = Shown::three().to_vec();
    let page = Page { items: items.clone(), total: 3 };
    let renamed = Renamed { entries: items, total: 3 };
    assert_eq!((body_of(&renamed), tag_of(&renamed)), (body_of(&page), tag_of(&page)));
}

#[test]
fn an_envelope_may_leave_out_an_empty_list() {
    let items = Shown::three().to_vec();
    let page = Page { items: items.clone(), total: 3 };
    let sparse = Sparse { items, total: 3 };
    assert_eq!((body_of(&sparse), tag_of(&sparse)), (body_of(&page), tag_of(&page)));
    assert_eq!(body_of(&Sparse { items: vec![], total: 0 }), r#"{"total":0}"#);
}

#[derive(Versioned)]
struct Shelf<L> {
    books: L,
}

#[derive(Versioned)]
#[versioned(store = Database)]
struct Cart {
    #[versioned(id)]
    id: u8,
    items: Vec<Shown>,
}

/// What is inside of a member is state as a whole: no tag is shown in it, and nothing is left out of the hash.
#[test]
fn a_list_that_is_nested_is_plain_state() {
    let [a, b, _] = Full::three();
    let item = |Full { n, of, views }: Full| format!(r#"{{"n":{n},"of":{of},"views":{views}}}"#);
    let list = format!("[{},{}]", item(a), item(b));
    let shelf = Shelf { books: vec![a, b] };
    assert_eq!(body_of(&shelf), format!(r#"{{"books":{list}}}"#));
    assert_plain(&shelf);
    let map = Shelf { books: BTreeMap::from([("x", a)]) };
    assert_eq!(body_of(&map), format!(r#"{{"books":{{"x":{}}}}}"#, item(a)));
    assert_plain(&map);
    let inside = Shelf { books: Page { items: vec![a, b], total: 2 } };
    assert_eq!(body_of(&inside), format!(r#"{{"books":{{"items":{list},"total":2}}}}"#));
    assert_plain(&inside);
    let pair = (vec![a, b], 7);
    assert_eq!(body_of(&pair), format!("[{list},7]"));
    assert_plain(&pair);
    let item_with_a_list = vec![Shelf { books: vec![a, b] }];
    assert_eq!(body_of(&item_with_a_list), format!(r#"[{{"books":{list}}}]"#));
    assert_plain(&item_with_a_list);
    let not_a_list = Page { items: Shelf { books: vec![a, b] }, total: 2 };
    assert_eq!(body_of(&not_a_list), format!(r#"{{"items":{{"books":{list}}},"total":2}}"#));
    assert_plain(&not_a_list);
}

#[test]
fn the_items_of_a_stored_type_are_plain_state() {
    let cart = Cart { id: 1, items: vec![Shown { n: 1 }] };
    assert_eq!(body_of(&cart), r#"{"id":1,"items":[{"n":1}]}"#);
    assert_plain(&cart);
    assert_plain(&vec![cart]);
}

#[test]
fn a_list_may_have_a_tag_or_a_state_that_it_is_given() {
    let items = Full::three().to_vec();
    let given = EntityTag::strong("v1.2").unwrap();
    let under = Representation::under(&items, given.clone()).unwrap();
    assert_eq!((under.body(), under.validators().etag), (body_of(&items).as_bytes(), Some(given)));
    let known = Representation::in_state(&items, StateTag::from_revision(7)).unwrap();
    assert_eq!(known.body(), body_of(&items).as_bytes());
    let expected = format!("W/\"7.{}~\"", variant_of(&items));
    assert_eq!(known.validators().etag.unwrap().to_string(), expected);
}

#[test]
fn an_item_that_has_no_form_is_an_error() {
    let odd = BTreeMap::from([(vec![1], Shown { n: 1 })]);
    assert_eq!(Representation::of(&odd).unwrap_err(), canonical::Error::Key);
    let inside = vec![Shelf { books: BTreeMap::from([(None::<u8>, 1)]) }];
    assert_eq!(Representation::of(&inside).unwrap_err(), canonical::Error::Key);
}

fn evaluate<T: Versioned>(method: &Method, name: &HeaderName, tag: &str, list: &T) -> Outcome {
    let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_str(tag).unwrap())]);
    let validators = Representation::of(list).unwrap().validators();
    Preconditions::from_parts(method, &headers).unwrap().evaluate(Some(&validators))
}

#[test]
fn if_match_compares_the_state_of_a_list_and_if_none_match_the_whole_tag() {
    let items = View::three();
    let mut other_variant = items;
    other_variant[0].of += 1;
    let mut other_state = items;
    other_state[0].n += 5;
    let of_items = |items: [View; 3]| Page { items: items.to_vec(), total: 3 };
    let page = of_items(items);
    let own = tag_of(&page).to_string();
    let state = format!("\"{}\"", state_of(&page));
    let sibling = tag_of(&of_items(other_variant)).to_string();
    let stale = tag_of(&of_items(other_state)).to_string();
    let weakened = format!("W/{own}");
    let item = tag_of(&items[0]).to_string();
    let (proceed, failed) = (Outcome::Proceed, Outcome::PreconditionFailed);
    let expected = [
        (&own, proceed, Outcome::NotModified),
        (&state, proceed, proceed),
        (&sibling, proceed, proceed),
        (&stale, failed, proceed),
        (&weakened, failed, Outcome::NotModified),
        (&item, failed, proceed),
    ];
    for (tag, if_match, if_none_match) in expected {
        assert_eq!(evaluate(&Method::PUT, &IF_MATCH, tag, &page), if_match, "{tag}");
        assert_eq!(evaluate(&Method::GET, &IF_NONE_MATCH, tag, &page), if_none_match, "{tag}");
    }
}

#[test]
fn a_weak_list_guards_nothing_and_is_not_sent_twice() {
    let loose = Loose::three().to_vec();
    let own = tag_of(&loose).to_string();
    let stripped = own.trim_start_matches("W/").to_owned();
    for tag in [&own, &stripped] {
        assert_eq!(evaluate(&Method::PUT, &IF_MATCH, tag, &loose), Outcome::PreconditionFailed, "{tag}");
        assert_eq!(evaluate(&Method::GET, &IF_NONE_MATCH, tag, &loose), Outcome::NotModified, "{tag}");
    }
}

#[tokio::test]
async fn an_answer_of_a_list_has_its_body_and_its_tag() {
    let handler = async |pre: Preconditions| pre.respond(Tagged::new(Full::three().to_vec()));
    let mapped =
        async |pre: Preconditions| pre.respond(Tagged::new(Newtype(BTreeMap::from([("x", View::new(1))]))));
    let router: Router = Router::new().route("/list", get(handler)).route("/map", get(mapped));
    let map = Newtype(BTreeMap::from([("x", View::new(1))]));
    let list = Full::three().to_vec();
    let expected = [
        ("/list", body_of(&list), tag_of(&list).to_string(), 412),
        ("/map", body_of(&map), tag_of(&map).to_string(), 200),
    ];
    for (uri, body, etag, if_match) in expected {
        let answer = call(&router, "GET", uri, &[], "").await;
        assert_eq!((answer.text(), answer.header("etag")), (body.as_str(), etag.as_str()));
        assert_eq!(answer.header("last-modified"), "");
        let again = call(&router, "GET", uri, &[("if-none-match", &etag)], "").await;
        assert_eq!((again.status, again.header("etag")), (304, etag.as_str()));
        let guarded = call(&router, "GET", uri, &[("if-match", &etag)], "").await;
        assert_eq!(guarded.status, if_match, "{uri}: a weak tag matches nothing");
    }
}

fn full() -> impl Strategy<Value = Full> {
    (0..2_u8, 0..2_u8, 0..2_u8).prop_map(|(n, of, views)| Full { n, of, views })
}

/// Names that would run into one another, or into a state, were they not written as JSON.
fn name() -> impl Strategy<Value = String> {
    select(vec!["", "a", "b", "a b", "\"", "a\n", "a\nb", "\\", "\\\"", "é", "\u{1f600}", "\u{fb33}"])
        .prop_map(str::to_owned)
}

/// What is state, and what is a variant, projected by hand.
#[derive(Debug, PartialEq, Eq)]
struct Projected<P> {
    state: P,
    variant: P,
}

fn project<P>(of_items: impl Fn(fn(&Full) -> u8) -> P) -> Projected<P> {
    Projected { state: of_items(|item| item.n), variant: of_items(|item| item.of) }
}

/// Equal states have equal projections, and the other way round; so have equal tags.
fn assert_tells_apart<T: Versioned, P: PartialEq + Debug>(
    [a, b]: [&T; 2],
    [of_a, of_b]: [Projected<P>; 2],
) -> Result<(), proptest::test_runner::TestCaseError> {
    prop_assert_eq!(state_of(a) == state_of(b), of_a.state == of_b.state, "{:?} {:?}", &of_a, &of_b);
    prop_assert_eq!(tag_of(a) == tag_of(b), of_a == of_b, "{:?} {:?}", &of_a, &of_b);
    Ok(())
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 2000, ..Default::default() })]

    #[test]
    fn sequences_with_one_state_have_the_same_states_in_the_same_order(
        a in vec(full(), 0..4), b in vec(full(), 0..4),
    ) {
        let of = |list: &[Full]| project(|role| list.iter().map(role).collect::<Vec<_>>());
        assert_tells_apart([&a, &b], [of(&a), of(&b)])?;
    }

    #[test]
    fn options_with_one_state_have_the_same_states_in_the_same_places(
        a in vec(proptest::option::of(full()), 0..4), b in vec(proptest::option::of(full()), 0..4),
    ) {
        let of = |list: &[Option<Full>]| {
            project(|role| list.iter().map(|item| item.as_ref().map(role)).collect::<Vec<_>>())
        };
        assert_tells_apart([&a, &b], [of(&a), of(&b)])?;
    }

    #[test]
    fn lists_of_lists_with_one_state_have_the_same_states_in_the_same_lists(
        a in vec(vec(full(), 0..3), 0..3), b in vec(vec(full(), 0..3), 0..3),
    ) {
        let of = |lists: &[Vec<Full>]| {
            project(|role| lists.iter().map(|list| list.iter().map(role).collect()).collect::<Vec<Vec<_>>>())
        };
        assert_tells_apart([&a, &b], [of(&a), of(&b)])?;
    }

    #[test]
    fn maps_with_one_state_have_the_same_states_under_the_same_names(
        a in btree_map(name(), full(), 0..3), b in btree_map(name(), full(), 0..3), same_names in any::<bool>(),
    ) {
        let b = if same_names { a.keys().cloned().zip(b.into_values()).collect() } else { b };
        let of = |map: &BTreeMap<String, Full>| {
            project(|role| map.iter().map(|(name, item)| (name.clone(), role(item))).collect::<Vec<_>>())
        };
        let hashed = |map: &BTreeMap<String, Full>| map.clone().into_iter().collect::<HashMap<_, _>>();
        assert_tells_apart([&hashed(&a), &hashed(&b)], [of(&a), of(&b)])?;
        assert_tells_apart([&a, &b], [of(&a), of(&b)])?;
    }

    #[test]
    fn envelopes_with_one_state_have_the_same_states_and_the_same_total(
        a in proptest::option::of(vec(full(), 0..3)), b in proptest::option::of(vec(full(), 0..3)),
        totals in (0..2_u64, 0..2_u64),
    ) {
        let (a, b) = (Page { items: a, total: totals.0 }, Page { items: b, total: totals.1 });
        let of = |page: &Page<Option<Vec<Full>>>| {
            let list = |role: fn(&Full) -> u8| {
                page.items.as_ref().map(|list| list.iter().map(role).collect::<Vec<_>>())
            };
            Projected { state: (page.total, list(|item| item.n)), variant: (0, list(|item| item.of)) }
        };
        assert_tells_apart([&a, &b], [of(&a), of(&b)])?;
    }
}
