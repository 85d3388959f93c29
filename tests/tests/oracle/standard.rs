//! The standard library's types, bare and as members.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, LinkedList, VecDeque};
use std::ffi::{CStr, CString, OsStr, OsString};
use std::fmt;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{NonZero, Saturating, Wrapping};
use std::ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use etag_core::Versioned;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::shape::Shape;
use crate::values::{Double, Integer, Text, few, texts};

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<Numbers>(),
        Shape::of::<NonZeros>(),
        Shape::of::<Pointers>(),
        Shape::of::<Sequences>(),
        Shape::of::<Wrappers>(),
        Shape::of::<Ranges>(),
        Shape::of::<Addresses>(),
        Shape::of::<Times>(),
        Shape::of::<Paths>(),
        Shape::of::<Options>(),
        Shape::of::<Cases>(),
        Shape::of::<FlattenedCases>(),
        Shape::of::<SystemTexts>(),
        Shape::of::<(Text,)>(),
        Shape::of::<(u8, Text, (Integer, Double))>(),
        Shape::of::<[Option<Text>; 3]>(),
        Shape::of::<[Integer; 32]>(),
        Shape::of::<[Text; 0]>(),
        Shape::from_strategy(long),
        Shape::from_strategy(any::<PhantomData<Text>>),
        Shape::from_strategy(times_before_1970).never_written(),
        #[cfg(unix)]
        Shape::from_strategy(paths_that_are_no_unicode).never_written(),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Numbers {
    bytes: (i8, u8),
    shorts: (i16, u16),
    words: (i32, u32),
    longs: (i64, u64),
    wides: (i128, u128),
    sizes: (isize, usize),
    floats: (f32, f64),
    texts: (char, String, bool),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct NonZeros {
    #[proptest(strategy = "any::<u8>().prop_map(NonZero::new)")]
    byte: Option<NonZero<u8>>,
    #[proptest(strategy = "any::<i128>().prop_map(NonZero::new)")]
    wide: Option<NonZero<i128>>,
    #[proptest(
        strategy = "any::<i64>().prop_map(|number| NonZero::new(number).unwrap_or(NonZero::<i64>::MIN))"
    )]
    long: NonZero<i64>,
    #[proptest(strategy = "any::<usize>().prop_map(NonZero::new)")]
    size: Option<NonZero<usize>>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Pointers {
    boxed: Box<Text>,
    shared: Rc<Integer>,
    across: Arc<Option<Text>>,
    #[proptest(strategy = "texts().prop_map(Into::into)")]
    boxed_text: Box<str>,
    #[proptest(strategy = "texts().prop_map(Into::into)")]
    shared_text: Rc<str>,
    #[proptest(strategy = "few()")]
    boxed_list: Box<[u8]>,
    #[proptest(strategy = "few()")]
    shared_list: Arc<[Text]>,
    #[proptest(strategy = "texts().prop_map(Cow::Owned)")]
    cow: Cow<'static, str>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Sequences {
    #[proptest(strategy = "few()")]
    vec: Vec<Text>,
    #[proptest(strategy = "few()")]
    deque: VecDeque<Double>,
    #[proptest(strategy = "few()")]
    list: LinkedList<Integer>,
    #[proptest(strategy = "few()")]
    heap: BinaryHeap<Integer>,
    #[proptest(strategy = "few()")]
    set: BTreeSet<Text>,
    array: [Text; 2],
    #[proptest(strategy = "few()")]
    nested: Vec<Option<Box<[u8; 3]>>>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Wrappers {
    reverse: Reverse<Text>,
    #[proptest(strategy = "any::<i64>().prop_map(Wrapping)")]
    wrapping: Wrapping<i64>,
    #[proptest(strategy = "any::<u16>().prop_map(Saturating)")]
    saturating: Saturating<u16>,
    marker: PhantomData<Text>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Ranges {
    #[proptest(strategy = "any::<(Text, Text)>().prop_map(|(start, end)| start..end)")]
    range: Range<Text>,
    #[proptest(strategy = "any::<(i64, i64)>().prop_map(|(start, end)| start..=end)")]
    inclusive: RangeInclusive<i64>,
    #[proptest(strategy = "any::<Double>().prop_map(|start| start..)")]
    from: RangeFrom<Double>,
    #[proptest(strategy = "any::<u8>().prop_map(|end| ..end)")]
    to: RangeTo<u8>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Addresses {
    any: IpAddr,
    four: Ipv4Addr,
    six: Ipv6Addr,
    socket: SocketAddr,
    socket_four: SocketAddrV4,
    socket_six: SocketAddrV6,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Times {
    duration: Duration,
    #[proptest(strategy = "times_since_1970()")]
    time: SystemTime,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Paths {
    #[proptest(strategy = "texts().prop_map(PathBuf::from)")]
    owned: PathBuf,
    #[proptest(strategy = "texts().prop_map(|text| Box::from(Path::new(&text)))")]
    boxed: Box<Path>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Options {
    maybe: Option<Text>,
    #[allow(clippy::option_option)]
    twice: Option<Option<Integer>>,
    unit: Option<()>,
    boxed: Option<Box<Option<char>>>,
}

/// The enums of the standard library, as enums.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Cases {
    result: Result<Text, Option<u8>>,
    #[proptest(strategy = "bounds()")]
    bound: Bound<Text>,
    #[proptest(strategy = "few()")]
    results: Vec<Result<(), Integer>>,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct FlattenedCases {
    #[serde(rename = "Excluded")]
    excluded: u8,
    #[serde(flatten)]
    result: Result<Text, u8>,
    #[serde(flatten)]
    #[proptest(strategy = "bounds()")]
    bound: Bound<Text>,
}

fn bounds() -> impl Strategy<Value = Bound<Text>> {
    prop_oneof![
        Just(Bound::Unbounded),
        any::<Text>().prop_map(Bound::Included),
        any::<Text>().prop_map(Bound::Excluded),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct SystemTexts {
    #[proptest(strategy = "octets()")]
    octets: CString,
    #[proptest(strategy = "octets().prop_map(CString::into_boxed_c_str)")]
    boxed: Box<CStr>,
    #[proptest(strategy = "texts().prop_map(OsString::from)")]
    text: OsString,
    #[proptest(strategy = "texts().prop_map(|text| OsString::from(text).into_boxed_os_str())")]
    boxed_text: Box<OsStr>,
}

fn octets() -> impl Strategy<Value = CString> {
    few::<NonZero<u8>, Vec<_>>().prop_map(CString::from)
}

/// The longest tuple that serde knows.
#[derive(Serialize, Versioned)]
struct Long(Sixteen);

type Sixteen =
    (u8, i8, Text, bool, char, (), Double, u64, i64, Integer, u8, u8, Option<u8>, [u8; 1], Text, u128);

impl fmt::Debug for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).unwrap())
    }
}

fn long() -> impl Strategy<Value = Long> {
    type Half = (u8, i8, Text, bool, char, (), Double, u64);
    type OtherHalf = (i64, Integer, u8, u8, Option<u8>, [u8; 1], Text, u128);
    any::<(Half, OtherHalf)>().prop_map(|((a, b, c, d, e, f, g, h), (i, j, k, l, m, n, o, p))| {
        Long((a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p))
    })
}

fn times_since_1970() -> impl Strategy<Value = SystemTime> {
    let since = (0..1_u64 << 40, 0..1_000_000_000_u32);
    since.prop_map(|(seconds, nanos)| SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos))
}

fn times_before_1970() -> impl Strategy<Value = SystemTime> {
    (1..1_u64 << 40).prop_map(|nanos| SystemTime::UNIX_EPOCH - Duration::from_nanos(nanos))
}

#[cfg(unix)]
fn paths_that_are_no_unicode() -> impl Strategy<Value = PathBuf> {
    use std::os::unix::ffi::OsStringExt;

    Just(PathBuf::from(OsString::from_vec(b"a\xff".to_vec())))
}
