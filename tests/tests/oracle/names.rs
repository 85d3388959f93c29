//! Names that sort differently in UTF-8 and in UTF-16, that have to be escaped, or that are empty.

use etag_core::Versioned;
use proptest_derive::Arbitrary;
use serde::Serialize;

use crate::shape::Shape;
use crate::values::Text;

pub fn shapes() -> Vec<Shape> {
    vec![
        Shape::of::<Members>(),
        Shape::of::<Variants>(),
        Shape::of::<OddTag>(),
        Shape::of::<OddTagAndContent>(),
        Shape::of::<OddFlattened>(),
        Shape::of::<LikeSerdeJson>(),
    ]
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct Members {
    #[serde(rename = "\u{fb33}")]
    hebrew: u8,
    #[serde(rename = "\u{1f600}")]
    smile: u8,
    #[serde(rename = "\u{e000}")]
    private: u8,
    #[serde(rename = "\u{10ffff}")]
    last: u8,
    #[serde(rename = "\u{d7ff}")]
    before_surrogates: u8,
    #[serde(rename = "")]
    empty: Text,
    #[serde(rename = "\"")]
    quote: u8,
    #[serde(rename = "\\")]
    backslash: u8,
    #[serde(rename = "\\u0041")]
    no_escape: u8,
    #[serde(rename = "\n")]
    newline: u8,
    #[serde(rename = "\0")]
    nul: u8,
    #[serde(rename = "\u{1f}")]
    control: u8,
    #[serde(rename = "\u{7f}")]
    delete: u8,
    #[serde(rename = "!")]
    before_quote: u8,
    #[serde(rename = "#")]
    after_quote: u8,
    #[serde(rename = "]")]
    after_backslash: u8,
    #[serde(rename = "/")]
    slash: u8,
    #[serde(rename = "\u{2028}")]
    line_separator: u8,
    #[serde(rename = "a")]
    a: u8,
    #[serde(rename = "a\0")]
    a_nul: u8,
    #[serde(rename = "é")]
    composed: u8,
    #[serde(rename = "e\u{301}")]
    decomposed: u8,
    #[serde(rename = "1")]
    one: u8,
    #[serde(rename = "10")]
    ten: u8,
    #[serde(rename = "9")]
    nine: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
enum Variants {
    #[serde(rename = "")]
    Empty,
    #[serde(rename = "\"\\\u{1}")]
    Escaped(u8),
    #[serde(rename = "\u{1f600}")]
    Smile { a: u8 },
    #[serde(rename = "\u{2028}\u{7f}/")]
    Unescaped(u8, u8),
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "\"\u{1f600}")]
enum OddTag {
    #[serde(rename = "\t")]
    Tab,
    Fields {
        #[serde(rename = "\"\u{fb33}")]
        after: u8,
        #[serde(rename = "\"")]
        before: u8,
    },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
#[serde(tag = "\u{fb33}", content = "\u{1f600}")]
enum OddTagAndContent {
    Unit,
    Newtype(Text),
    Fields { z: u8, a: u8 },
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OddFlattened {
    #[serde(rename = "\u{fb33}")]
    after: u8,
    #[serde(flatten)]
    inner: OddInner,
    #[serde(rename = "\u{1}")]
    before: u8,
}

#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct OddInner {
    #[serde(rename = "\u{1f600}")]
    smile: u8,
    #[serde(rename = "")]
    empty: u8,
    #[serde(rename = "\u{1}\"")]
    escaped: u8,
}

/// Names that look as if they were `serde_json`'s own.
#[derive(Debug, Arbitrary, Serialize, Versioned)]
struct LikeSerdeJson {
    #[serde(rename = "$serde_json::private::Number")]
    number: u8,
    #[serde(rename = "$serde_json::private::RawValue")]
    raw: Text,
}
