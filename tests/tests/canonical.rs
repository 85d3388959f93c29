//! The canonical form: published pairs, derived types against `serde_json`'s words, and what no feature
//! flag may move.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use etag_core::{Describe, Representation, StateTag, Timestamp, Versioned, canonical};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

#[derive(Deserialize)]
struct Pair {
    id: String,
    input: String,
    canonical: String,
}

#[test]
fn the_published_pairs_of_rfc_8785() {
    let pairs: Vec<Pair> = serde_json::from_str(include_str!("../data/rfc8785.json")).unwrap();
    assert!(pairs.len() > 70);
    for Pair { id, input, canonical } in pairs {
        let value: Value = serde_json::from_str(&input).unwrap_or_else(|error| panic!("{id}: {error}"));
        let bytes = canonical::to_vec_serde(&value).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), canonical, "{id}");
    }
}

/// Whatever is derived is what the serializer writes, which the published pairs hold to RFC 8785.
fn same_as_serde<T: Versioned + Serialize>(value: &T) -> String {
    let derived = String::from_utf8(canonical::to_vec(value).unwrap()).unwrap();
    assert_eq!(derived.as_bytes(), canonical::to_vec_serde(value).unwrap());
    derived
}

#[derive(Serialize, Versioned)]
#[serde(rename_all = "camelCase")]
struct Everything<'a, T> {
    zero_first: i64,
    a_text: &'a str,
    #[serde(rename = "\u{20ac}\"\\")]
    euro: Option<T>,
    #[serde(rename = "\u{1f600}")]
    smile: f32,
    #[serde(rename = "\u{fb33}")]
    hebrew: (u8, char, ()),
    #[serde(skip_serializing_if = "Vec::is_empty")]
    absent: Vec<u8>,
    #[serde(skip)]
    #[allow(dead_code)]
    unsent: u8,
    wide: (i128, u128),
    nested: Box<Newtype>,
    units: [Level; 3],
    map: HashMap<i32, BTreeMap<String, Option<bool>>>,
    #[serde(flatten)]
    more: Flattened,
    id: Uuid,
    at: Timestamp,
}

#[derive(Serialize, Versioned)]
struct Newtype(Vec<f64>);

#[derive(Serialize, Versioned)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Level {
    VeryLow,
    #[serde(rename = "hoch")]
    High,
}

#[derive(Serialize, Versioned)]
struct Flattened {
    m: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, Value2>,
}

#[derive(Serialize, Versioned)]
#[serde(transparent)]
struct Value2 {
    value: String,
}

fn everything() -> Everything<'static, Level> {
    Everything {
        zero_first: i64::MIN,
        a_text: "tab\t, \"quote\", \u{7f}, \u{1}, é, \u{2028}",
        euro: Some(Level::High),
        smile: 0.1,
        hebrew: (7, '\u{1f600}', ()),
        absent: vec![],
        unsent: 9,
        wide: (i128::MIN, u128::MAX),
        nested: Box::new(Newtype(vec![
            -0.0,
            1e21,
            1e-7,
            123456789012345680000.0,
            f64::NAN,
            f64::INFINITY,
            5e-324,
        ])),
        units: [Level::VeryLow, Level::High, Level::VeryLow],
        map: HashMap::from([(10, BTreeMap::from([("x".to_owned(), None)])), (9, BTreeMap::new())]),
        more: Flattened {
            m: 1,
            rest: BTreeMap::from([
                ("zz".to_owned(), Value2 { value: "last".to_owned() }),
                ("\u{1}".to_owned(), Value2 { value: "first".to_owned() }),
            ]),
        },
        id: Uuid::from_u128(0xABCD),
        at: Timestamp::from_microseconds(1_772_366_400_250_000),
    }
}

#[test]
fn derived_types_are_written_as_serde_writes_them() {
    let text = same_as_serde(&everything());
    let expected = concat!(
        r#"{"\u0001":"first","aText":"tab\t, \"quote\", "#,
        "\u{7f}, \\u0001, é, \u{2028}",
        r#"","at":"2026-03-01T12:00:00.25Z","#
    );
    // The order is that of UTF-16 code units: the smile (D83D) comes before the Hebrew letter (FB33).
    let (smile, hebrew) = (text.find('\u{1f600}').unwrap(), text.find('\u{fb33}').unwrap());
    assert!(smile < hebrew);
    assert!(text.starts_with(expected), "{text}");
    assert!(text.contains(r#""nested":[0,1e+21,1e-7,123456789012345680000,null,null,5e-324]"#), "{text}");
    assert!(text.contains(r#""map":{"10":{"x":null},"9":{}}"#), "{text}");
    assert!(
        text.contains("-170141183460469231731687303715884105728,340282366920938463463374607431768211455")
    );
    assert!(!text.contains("absent") && !text.contains("unsent"));
}

#[test]
fn a_set_is_sorted_and_a_sequence_is_not() {
    let words = ["b", "a", "aa", "\u{e9}"];
    let set: HashSet<String> = words.iter().map(|word| (*word).to_owned()).collect();
    assert_eq!(canonical::to_vec(&set).unwrap(), "[\"a\",\"aa\",\"b\",\"\u{e9}\"]".as_bytes());
    assert_eq!(canonical::to_vec(&words).unwrap(), "[\"b\",\"a\",\"aa\",\"\u{e9}\"]".as_bytes());
    let empty: HashSet<u8> = HashSet::new();
    assert_eq!(canonical::to_vec(&empty).unwrap(), b"[]");
    assert_eq!(canonical::to_vec(&BTreeSet::from([3, 1, 2])).unwrap(), b"[1,2,3]");
}

#[test]
fn what_has_no_json_form_is_an_error() {
    let odd_key = BTreeMap::from([(vec![1], 2)]);
    assert_eq!(canonical::to_vec(&odd_key), Err(canonical::Error::Key));
    assert_eq!(canonical::to_vec_serde(&odd_key), Err(canonical::Error::Key));
    let null_key = BTreeMap::from([(None::<u8>, 2)]);
    assert_eq!(canonical::to_vec(&null_key), Err(canonical::Error::Key));

    #[derive(Versioned)]
    struct Twice {
        name: u8,
        #[serde(flatten)]
        rest: BTreeMap<String, u8>,
    }
    let twice = Twice { name: 1, rest: BTreeMap::from([("name".to_owned(), 2)]) };
    assert_eq!(canonical::to_vec(&twice), Err(canonical::Error::Duplicate("name".to_owned())));

    #[derive(Versioned)]
    struct Flat {
        #[serde(flatten)]
        number: u8,
    }
    assert_eq!(canonical::to_vec(&Flat { number: 1 }), Err(canonical::Error::Flatten));

    #[derive(Versioned)]
    enum Partial {
        #[allow(dead_code)]
        Known,
        #[serde(skip)]
        Unknown,
    }
    assert_eq!(canonical::to_vec(&Partial::Unknown), Err(canonical::Error::SkippedVariant));
}

#[test]
#[cfg(debug_assertions)] // A release does not compare the names.
fn a_description_that_is_out_of_order_or_says_a_member_twice_is_an_error() {
    macro_rules! described {
        ($first:literal, $second:literal) => {{
            struct Described;
            impl Versioned for Described {
                fn describe<D: Describe<Self>>(described: &mut D) {
                    described.member($first, |_| &1);
                    described.member($second, |_| &2);
                }
            }
            canonical::to_vec(&Described)
        }};
    }
    let in_order = [
        described!("a", "b"),
        described!("a", "aa"),
        described!("", "a"),
        described!("Z", "a"),
        described!("\\n", "\\r"),
        described!("a\\u0001", "a\\t"),
        described!("!", "\\\""),
        described!("\\\"", "#"),
        described!("\\\\", "]"),
        described!("z", "é"),
        described!("\u{1f600}", "\u{e000}"),
        described!("a\u{1f600}", "a\u{e000}"),
    ];
    in_order.into_iter().for_each(|written| assert!(written.is_ok(), "{written:?}"));
    let order = |name: &str| Err(canonical::Error::Order(name.to_owned()));
    assert_eq!(described!("b", "a"), order("a"));
    assert_eq!(described!("aa", "a"), order("a"));
    assert_eq!(described!("a", "a"), order("a"));
    assert_eq!(described!("a", "Z"), order("Z"));
    assert_eq!(described!("\\r", "\\n"), order("\\n"));
    assert_eq!(described!("a\\t", "a\\u0001"), order("a\\u0001"));
    assert_eq!(described!("\\\"", "!"), order("!"));
    assert_eq!(described!("]", "\\\\"), order("\\\\"));
    assert_eq!(described!("é", "z"), order("z"));
    assert_eq!(described!("\u{e000}", "\u{1f600}"), order("\u{1f600}"));
}

/// Outside of `when` nothing says whether the value is of that variant: it would be an empty object, or one before what
/// the other variant is.
#[test]
fn a_member_that_a_variant_can_leave_out_needs_to_be_told_which_variant_it_is() {
    enum Event {
        Started,
        Failed(Option<&'static str>),
        Stopped(Option<&'static str>),
    }
    impl Versioned for Event {
        fn describe<D: Describe<Self>>(event: &mut D) {
            event.case_member_unless("why", |event| match event {
                Self::Failed(why) => why.as_ref(),
                _ => None,
            });
            event.unit("started", |event| matches!(event, Self::Started));
        }
    }
    for event in [Event::Started, Event::Failed(None), Event::Failed(Some("rain")), Event::Stopped(None)] {
        assert_eq!(canonical::to_vec(&event), Err(canonical::Error::Case("why".to_owned())));
    }

    struct Told(Event);
    impl Versioned for Told {
        fn describe<D: Describe<Self>>(told: &mut D) {
            told.unit("started", |told| matches!(told.0, Event::Started));
            told.when(
                |told| matches!(told.0, Event::Failed(_)),
                |told| {
                    told.case_member_unless("why", |told| match &told.0 {
                        Event::Failed(why) => why.as_ref(),
                        _ => None,
                    });
                },
            );
            told.when(
                |told| matches!(told.0, Event::Stopped(_)),
                |told| {
                    told.content("stopped", |told| {
                        told.case_member_unless("why", |told| match &told.0 {
                            Event::Stopped(why) => why.as_ref(),
                            _ => None,
                        });
                    });
                },
            );
        }
    }
    let written = |event| String::from_utf8(canonical::to_vec(&Told(event)).unwrap()).unwrap();
    assert_eq!(written(Event::Started), r#""started""#);
    assert_eq!(written(Event::Failed(None)), "{}");
    assert_eq!(written(Event::Failed(Some("rain"))), r#"{"why":"rain"}"#);
    assert_eq!(written(Event::Stopped(None)), r#"{"stopped":{}}"#);
}

#[test]
fn members_that_come_in_the_wrong_order_are_sorted_once_with_their_roles() {
    #[derive(Versioned)]
    struct Inner {
        z: u8,
    }
    #[derive(Versioned)]
    #[versioned(embed = "etag")]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
        #[versioned(variant)]
        m: u8,
        #[versioned(skip)]
        b: u8,
        c: u8,
    }
    let outer = |b, m, z| Representation::of(&Outer { inner: Inner { z }, m, b, c: 3 }).unwrap();
    let first = outer(2, 13, 26);
    let state = StateTag::of(&Plain { c: 3, z: 26 }).unwrap();
    #[derive(Versioned)]
    struct Plain {
        c: u8,
        z: u8,
    }
    assert_eq!(first.version().state, state, "the state is that of the state's members alone");
    let etag = first.validators().etag.unwrap().to_string();
    let body = String::from_utf8(first.body().to_vec()).unwrap();
    let embedded = etag.replace('"', "\\\"");
    assert_eq!(body, format!(r#"{{"b":2,"c":3,"etag":"{embedded}","m":13,"z":26}}"#));
    let tag = |b, m, z| outer(b, m, z).validators().etag.unwrap().to_string();
    assert_eq!(etag, tag(9, 13, 26), "what is skipped is in no tag");
    assert!(etag.starts_with(&format!("W/\"{state}.")) && etag.ends_with("~\""));
    assert_ne!(etag, tag(2, 14, 26), "what is a variant is in the tag's variant");
    assert_eq!(outer(2, 14, 26).version().state, state);
    assert_ne!(outer(2, 13, 27).version().state, state);
}

#[test]
fn a_variant_is_the_sha_256_of_a_canonical_object() {
    use sha2::{Digest, Sha256};
    #[derive(Versioned)]
    #[versioned(epoch = 2)]
    struct View {
        #[versioned(variant)]
        author: &'static str,
        title: &'static str,
    }
    let etag = Representation::of(&View { author: "é", title: "t" }).unwrap().validators().etag.unwrap();
    let hash = |json: &str| StateTag::from_hash(Sha256::digest(json).into());
    let (state, variant) = (hash(r#"{"title":"t"}"#), hash(r#"{"epoch":2,"variant":{"author":"é"}}"#));
    assert_eq!(etag.to_string(), format!("\"{state}.{variant}\""));
}

#[test]
fn the_shape_moves_the_tag_of_a_revision_and_of_nothing_else() {
    mod old {
        #[derive(etag_core::Versioned)]
        pub struct Row {
            #[versioned(revision)]
            pub revision: u64,
            pub name: &'static str,
        }
    }
    mod new {
        #[derive(etag_core::Versioned)]
        pub struct Row {
            #[versioned(revision)]
            pub revision: u64,
            #[serde(rename = "title")]
            pub name: &'static str,
        }
    }
    let old = Representation::of(&old::Row { revision: 7, name: "x" }).unwrap();
    let new = Representation::of(&new::Row { revision: 7, name: "x" }).unwrap();
    assert_eq!(old.version().state, StateTag::from_revision(7));
    assert_eq!(old.version().state, new.version().state);
    assert_ne!(old.validators().etag, new.validators().etag);
}

/// The tag of a type with a revision shows the type's shape, and nothing of its content.
#[test]
fn types_of_the_same_form_have_one_shape_and_others_have_another() {
    #[derive(Versioned)]
    struct Row<T> {
        #[versioned(revision)]
        revision: u64,
        first: &'static str,
        member: T,
    }
    fn tag<T: Versioned>(member: T) -> String {
        let row = Row { revision: 7, first: "a", member };
        Representation::of(&row).unwrap().validators().etag.unwrap().to_string()
    }
    let text = tag("b");
    assert_eq!(text, tag(Box::<str>::from("b")));
    assert_eq!(text, tag(String::from("b")));
    assert_eq!(tag((1_u32, 2_u32)), tag((1_u32, 2_u16)));
    assert_eq!(text, tag('b'));
    assert_ne!(text, tag(1));
    assert_ne!(text, tag(Some("b")));
    assert_ne!(tag([1_u8, 2]), tag([1_u8, 2, 3]));
    assert_ne!(tag(std::time::Duration::ZERO), tag(std::time::UNIX_EPOCH));
    assert_ne!(tag(std::time::Duration::ZERO), tag(Value::Null));

    #[derive(Versioned)]
    struct One {
        one: u8,
    }
    #[derive(Versioned)]
    struct Two {
        two: u8,
    }
    // In whichever order the variants and the flattened types stand, and what a nested value's roles are.
    macro_rules! of {
        ($($item:tt)*) => {{
            #[derive(Versioned)]
            #[allow(dead_code)] // Only its shape is asked for.
            $($item)*
            tag(None::<Nested>)
        }};
    }
    let ordered = of!(
        enum Nested {
            A,
            B(u8),
            C { c: u8 },
        }
    );
    assert_eq!(
        ordered,
        of!(
            enum Nested {
                C { c: u8 },
                A,
                B(u8),
            }
        )
    );
    assert_ne!(
        ordered,
        of!(
            enum Nested {
                A,
                B(u8),
                C { d: u8 },
            }
        )
    );
    let flattened = of!(
        struct Nested {
            #[serde(flatten)]
            one: One,
            #[serde(flatten)]
            two: Two,
        }
    );
    assert_eq!(
        flattened,
        of!(
            struct Nested {
                #[serde(flatten)]
                two: Two,
                #[serde(flatten)]
                one: One,
            }
        )
    );
    let plain = of!(
        struct Nested {
            name: u8,
            n: u64,
        }
    );
    assert_eq!(
        plain,
        of!(
            struct Nested {
                #[versioned(id)]
                name: u8,
                #[versioned(revision)]
                n: u64,
            }
        )
    );

    // Two that contain each other, and the same with another end.
    macro_rules! ends {
        ($end:ty) => {{
            #[derive(Versioned)]
            struct One {
                name: u8,
                other: Option<Box<Other>>,
            }
            #[derive(Versioned)]
            struct Other {
                number: u8,
                one: Option<Box<One>>,
                end: Vec<$end>,
            }
            tag(One { name: 1, other: Some(Box::new(Other { number: 1, one: None, end: vec![] })) })
        }};
    }
    assert_ne!(ends!(One), ends!(Other));
    assert_eq!(ends!(One), ends!(Box<One>));
}

#[test]
fn a_list_is_tagged_by_its_items_and_each_item_shows_its_own_tag() {
    #[derive(Versioned)]
    #[versioned(embed = "etag")]
    struct Item {
        n: u8,
    }
    let list = |numbers: &[u8]| {
        let items: Vec<Item> = numbers.iter().map(|n| Item { n: *n }).collect();
        Representation::of(&items).unwrap()
    };
    let one = Representation::of(&Item { n: 1 }).unwrap();
    let two = Representation::of(&Item { n: 2 }).unwrap();
    let body = [b"[", one.body(), b",", two.body(), b"]"].concat();
    assert_eq!(list(&[1, 2]).body(), body);
    assert_ne!(list(&[1, 2]).version(), list(&[2, 1]).version());
    assert_ne!(list(&[1]).version(), list(&[1, 1]).version());
    assert_eq!(list(&[]).body(), b"[]");
}

proptest::proptest! {
    /// A document that is read back gives the value that was written, to the last bit: else its tag would
    /// move.
    #[test]
    fn a_double_survives_the_way_through_a_document(double: f64) {
        let bytes = canonical::to_vec(&double).unwrap();
        let read: Option<f64> = serde_json::from_slice(&bytes).unwrap();
        let expected = double.is_finite().then_some(double + 0.0);
        proptest::prop_assert_eq!(read.map(f64::to_bits), expected.map(f64::to_bits));
    }
}

#[test]
fn what_has_no_members_can_not_be_flattened_and_a_unit_leaves_nothing() {
    #[derive(Versioned)]
    struct Outer<T> {
        n: u8,
        #[serde(flatten)]
        inner: T,
    }
    for not_flat in [
        canonical::to_vec(&Outer { n: 1, inner: "text" }),
        canonical::to_vec(&Outer { n: 1, inner: [1] }),
        canonical::to_vec(&Outer { n: 1, inner: (1, 2) }),
        canonical::to_vec(&Outer { n: 1, inner: Value::from("text") }),
        canonical::to_vec(&Outer { n: 1, inner: Value::from(vec![1]) }),
        canonical::to_vec(&Outer { n: 1, inner: serde_json::value::to_raw_value(&Value::Null).unwrap() }),
    ] {
        assert_eq!(not_flat, Err(canonical::Error::Flatten));
    }
    assert_eq!(canonical::to_vec(&Outer { n: 1, inner: () }).unwrap(), br#"{"n":1}"#);
    assert_eq!(canonical::to_vec(&Outer { n: 1, inner: Value::Null }).unwrap(), br#"{"n":1}"#);
}

#[test]
fn the_epoch_of_each_type_that_is_flattened_moves_the_tag() {
    macro_rules! tag {
        ($outer:literal, $inner:literal) => {{
            #[derive(Versioned)]
            #[versioned(epoch = $inner)]
            struct Inner {
                n: u8,
            }
            #[derive(Versioned)]
            #[versioned(epoch = $outer)]
            struct Outer {
                #[serde(flatten)]
                inner: Inner,
            }
            Representation::of(&Outer { inner: Inner { n: 1 } }).unwrap().validators().etag.unwrap()
        }};
    }
    let tags = [tag!(1, 1), tag!(1, 2), tag!(2, 1), tag!(2, 2)];
    for (index, tag) in tags.iter().enumerate() {
        assert!(tags[..index].iter().all(|other| other != tag), "{tags:?}");
    }
}

#[test]
fn an_epoch_is_part_of_the_tag_of_any_type() {
    use sha2::Digest;
    #[derive(Versioned)]
    #[versioned(epoch = 2)]
    enum Kind {
        A,
    }
    #[derive(Versioned)]
    #[versioned(epoch = 2)]
    struct Metres(f64);
    let tags = [
        Representation::of(&Kind::A).unwrap().validators().etag.unwrap(),
        Representation::of(&Metres(1.5)).unwrap().validators().etag.unwrap(),
    ];
    let variant = StateTag::from_hash(sha2::Sha256::digest(r#"{"epoch":2}"#).into());
    for tag in tags {
        assert!(tag.to_string().ends_with(&format!(".{variant}\"")), "{tag}");
    }
}

#[test]
fn a_set_of_what_has_no_form_is_an_error_in_any_order() {
    #[derive(Versioned, PartialEq, Eq, Hash)]
    enum Partial {
        Known,
        #[serde(skip)]
        Unknown,
        #[serde(skip)]
        Other,
    }
    // The order of a hash set is another one each time.
    for _ in 0..20 {
        let set = HashSet::from([Partial::Known, Partial::Unknown, Partial::Other]);
        assert_eq!(canonical::to_vec(&set), Err(canonical::Error::SkippedVariant));
    }
}

#[test]
fn a_type_may_be_flattened_into_itself() {
    #[derive(Versioned)]
    struct Node {
        n: u8,
        #[serde(flatten)]
        next: Option<Box<Node>>,
    }
    #[derive(Versioned)]
    struct Chain(Option<Box<Chain>>);
    let node = Node { n: 1, next: None };
    assert_eq!(Representation::of(&node).unwrap().body(), br#"{"n":1}"#);
    let twice = Node { n: 1, next: Some(Box::new(Node { n: 2, next: None })) };
    assert_eq!(Representation::of(&twice).unwrap_err(), canonical::Error::Duplicate("n".to_owned()));
    assert_eq!(Representation::of(&Chain(Some(Box::new(Chain(None))))).unwrap().body(), b"null");
}

#[test]
fn the_tag_is_shown_once_where_the_outer_type_says() {
    #[derive(Versioned)]
    #[versioned(embed = "tag")]
    struct Inner {
        m: u8,
    }
    #[derive(Versioned)]
    #[versioned(embed = "etag")]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
        z: u8,
    }
    let shown = Representation::of(&Outer { inner: Inner { m: 1 }, z: 2 }).unwrap();
    let etag = shown.validators().etag.unwrap().to_string().replace('"', "\\\"");
    let body = String::from_utf8(shown.body().to_vec()).unwrap();
    assert_eq!(body, format!(r#"{{"etag":"{etag}","m":1,"z":2}}"#));
}

#[test]
fn what_only_has_an_unsent_revision_is_an_empty_object() {
    #[derive(Versioned)]
    struct Counted {
        #[serde(skip)]
        #[versioned(revision)]
        revision: u64,
    }
    let counted = Representation::of(&Counted { revision: 7 }).unwrap();
    assert_eq!((counted.body(), counted.version().state), (b"{}".as_slice(), StateTag::from_revision(7)));
}
