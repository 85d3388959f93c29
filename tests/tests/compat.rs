//! Tags are a promise: those of a release are those of each later one. `data/tags.json` has them, with the texts that they
//! are the SHA-256 of.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use etag_core::Database;
use etag_core::{Representation, Selected, StateTag, Timestamp, Version, Versioned};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Deserialize)]
struct Golden {
    what: String,
    body: String,
    /// The text whose hash is the state, or a revision, which is one itself.
    state: String,
    /// The text whose hash is the shape that stands in the variant of a type with a revision.
    shape: Option<String>,
    /// The text whose hash is the variant.
    variant: Option<String>,
    etag: String,
}

fn golden() -> Vec<Golden> {
    serde_json::from_str(include_str!("../data/tags.json")).unwrap()
}

#[derive(Clone, Versioned)]
#[serde(rename_all = "camelCase")]
struct Pump {
    serial_number: &'static str,
    litres: f64,
    status: Status,
    tags: Vec<&'static str>,
    place: Option<Place>,
    #[serde(rename = "ö\u{1f600}")]
    note: char,
    count: i128,
}

#[derive(Clone, Versioned)]
#[serde(rename_all = "lowercase")]
enum Status {
    Active,
}

#[derive(Clone, Versioned)]
struct Place(f32, u8);

const PUMP: Pump = Pump {
    serial_number: "A\"7\n",
    litres: 1e21,
    status: Status::Active,
    tags: Vec::new(),
    place: Some(Place(0.1, 255)),
    note: '€',
    count: -9_007_199_254_740_993,
};

#[derive(Versioned)]
struct Dated {
    n: u8,
    #[versioned(modified)]
    changed: Timestamp,
}

#[derive(Versioned)]
#[versioned(embed = "etag")]
struct Shown {
    n: u8,
}

#[derive(Versioned)]
#[versioned(epoch = 2)]
struct Moved {
    n: u8,
}

#[derive(Versioned)]
struct Expanded {
    #[serde(flatten)]
    shown: Shown,
    #[versioned(variant)]
    author: &'static str,
}

#[derive(Versioned)]
struct Counted {
    n: u8,
    #[versioned(skip)]
    views: u64,
}

#[derive(Versioned)]
struct Page<T> {
    items: Vec<T>,
    total: u64,
}

#[derive(Serialize, Deserialize, Versioned)]
#[versioned(store = Database)]
struct Stored {
    #[versioned(id)]
    id: String,
}

#[derive(Versioned)]
struct Numbered {
    #[versioned(revision)]
    revision: u64,
    name: &'static str,
    litres: Option<f64>,
}

#[derive(Versioned)]
enum Event {
    Started,
    Failed(&'static str),
    Moved { x: i8, y: i8 },
}

#[derive(Versioned)]
#[serde(tag = "type")]
enum Shape {
    Circle { radius: f64 },
}

fn of<T: Versioned>(what: &str, value: &T) -> (String, String, String) {
    let made = Representation::of(value).unwrap();
    let etag = made.validators().etag.unwrap().to_string();
    (what.to_owned(), String::from_utf8(made.into_body()).unwrap(), etag)
}

fn made() -> Vec<(String, String, String)> {
    let time = Timestamp::from_microseconds(1_772_366_400_250_000);
    let state = StateTag::of(&Stored { id: "a/1".to_owned() }).unwrap();
    let list = Selected::<Stored>::new(vec![("a/1".to_owned(), Version::from(state))], 1);
    vec![
        of("a plain object", &PUMP),
        of("a date is part of the state", &Dated { n: 7, changed: time }),
        of("an embedded tag is in no hash", &Shown { n: 7 }),
        of("an epoch is in the variant", &Moved { n: 7 }),
        of("a variant beside a flattened type", &Expanded { shown: Shown { n: 7 }, author: "Ada" }),
        of("what is skipped is in no tag", &Counted { n: 7, views: 3 }),
        of("a list of plain items", &[7, 8]),
        of("a list of items that show their tags", &vec![Shown { n: 7 }, Shown { n: 8 }]),
        of("a list whose items have variants", &[Moved { n: 7 }]),
        of(
            "a map of items that show their tags",
            &BTreeMap::from([("b", Shown { n: 8 }), ("a", Shown { n: 7 })]),
        ),
        of("an envelope of plain items", &Page { items: vec![7], total: 1 }),
        of("an envelope of items that show their tags", &Page { items: vec![Shown { n: 7 }], total: 1 }),
        of("nothing", &Vec::<u8>::new()),
        of("a revision, and the shape of its type", &Numbered { revision: 7, name: "n", litres: None }),
        of("variants of an enum", &[Event::Started, Event::Failed("x"), Event::Moved { x: 1, y: -2 }]),
        of("a variant with a tag among its members", &Shape::Circle { radius: 1.5 }),
        (
            "a list of stored resources".to_owned(),
            r#"[{"id":"a/1"}]"#.to_owned(),
            list.validators().etag.unwrap().to_string(),
        ),
    ]
}

#[test]
fn each_tag_is_the_one_that_was_promised() {
    let golden = golden();
    let made = made();
    for ((what, body, etag), golden) in made.iter().zip(&golden) {
        let promised = (&golden.what, &golden.body, &golden.etag);
        assert_eq!((what, body, etag), promised, "a change to a promised tag is a breaking change");
    }
    assert_eq!(made.len(), golden.len());
}

/// What an ordinary tool makes of a text, in base64url without padding.
fn sha256sum(text: &str) -> String {
    let pipe = "sha256sum | cut -c-64 | tr a-f A-F | basenc -d --base16 | basenc --base64url | tr -d '=\\n'";
    let mut shell = Command::new("bash")
        .args(["-c", pipe])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    shell.stdin.take().expect("it is piped").write_all(text.as_bytes()).expect("it reads");
    String::from_utf8(shell.wait_with_output().expect("it ends").stdout).expect("base64")
}

#[test]
fn each_promised_tag_is_what_an_ordinary_tool_makes_of_its_texts() {
    for Golden { what, state, shape, variant, etag, .. } in golden() {
        let mut opaque = if shape.is_some() { state } else { sha256sum(&state) };
        if let (Some(shape), Some(variant)) = (&shape, &variant) {
            assert!(variant.contains(&sha256sum(shape)), "{what}");
        }
        opaque.extend(variant.map(|variant| format!(".{}", sha256sum(&variant))));
        let made = match etag.strip_prefix("W/") {
            Some(_) => format!("W/\"{opaque}.~\""),
            None => format!("\"{opaque}\""),
        };
        assert_eq!(made, etag, "{what}");
    }
}
