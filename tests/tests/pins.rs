//! What a test of pinned tags says: each reason for which a tag moves, and no other one.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs, thread};

use etag_core::testing::Pins;
use etag_core::{Representation, Timestamp, Versioned};
use serde::Serialize;

/// Where a process that writes finds its folder.
const FOLDER: &str = "PINS_TEST_FOLDER";

/// A value with these members.
macro_rules! value {
    ($(#[$of_type:meta])* { $($(#[$of_member:meta])* $name:ident: $type:ty = $value:expr),* }) => {{
        #[derive(Versioned)]
        $(#[$of_type])*
        struct Pump { $($(#[$of_member])* $name: $type),* }
        Pump { $($name: $value),* }
    }};
}

/// The lock file's folder, after another process has run this test's first closure with `ETAG_PINS=write`.
fn written<B: FnOnce(Pins) -> Pins>(before: B) -> tempfile::TempDir {
    if let Some(folder) = env::var_os(FOLDER) {
        before(Pins::new(Path::new(&folder).join("tags.lock.json"))).check();
        std::process::exit(0);
    }
    let folder = tempfile::tempdir().unwrap();
    let output = run(test_of::<B>(), folder.path(), "write");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    folder
}

/// The test that a closure is in.
fn test_of<C>() -> &'static str {
    std::any::type_name::<C>().split("::").nth(1).unwrap()
}

fn run(test: &str, folder: &Path, pins: &str) -> Output {
    let program = env::current_exe().unwrap();
    Command::new(program).args([test, "--exact"]).env("ETAG_PINS", pins).env(FOLDER, folder).output().unwrap()
}

/// What is said of `after` where the file was written with `before`.
fn report(before: impl FnOnce(Pins) -> Pins, after: impl FnOnce(Pins) -> Pins) -> String {
    let folder = written(before);
    let file = folder.path().join("tags.lock.json");
    let was = fs::read(&file).unwrap();
    let report = after(Pins::new(&file)).try_check().unwrap_err().to_string();
    assert_eq!(fs::read(&file).unwrap(), was, "a test that compares writes nothing");
    report.replace(&format!("{}\n", file.display()), "")
}

fn reasons(report: &str) -> Vec<&str> {
    report.lines().filter_map(|line| line.strip_prefix("  - ")).collect()
}

const ONLY_THE_VALUE: &str =
    "  The type is described as before: only the value is another one. Hand `pin` the old value.";

#[test]
fn a_report_says_what_moved_and_why_and_what_to_do() {
    let report = report(
        |pins| pins.pin("a pump", &value!({ name: &'static str = "north" })),
        |pins| pins.pin("a pump", &value!({ litres: u8 = 40, name: &'static str = "north" })),
    );
    assert_eq!(
        report,
        "\
The tag of `a pump` moved:
  before \"kZrFXuWn88yzBPtshsF-RlGdO_GMy4ex45ogprWedOc\"
  after  \"OnrGAbQbmT3DxSZUOwSEB9lLK4U9Dhn_WQ5-xyGVoOw\"
  - `/litres` was added: 40
  The type is described in another way:
    `/litres` was added: integer

Not meant? Undo what is named above; the `epoch` stays as it is.
Meant? `ETAG_PINS=write cargo test` writes the new tags; say in the changelog that they move."
    );
}

#[test]
fn a_member_that_is_renamed_is_gone_and_added() {
    let report = report(
        |pins| pins.pin("a pump", &value!({ name: &'static str = "north" })),
        |pins| pins.pin("a pump", &value!({ #[serde(rename = "label/~")] name: &'static str = "north" })),
    );
    assert_eq!(reasons(&report), ["`/label~1~0` was added: \"north\"", "`/name` is gone: it was \"north\""]);
}

#[test]
fn a_type_that_is_written_in_another_way_is_named_beside_the_value() {
    let report = report(
        |pins| pins.pin("a pump", &value!({ litres: u8 = 40, name: &'static str = "n" })),
        |pins| pins.pin("a pump", &value!({ litres: &'static str = "40", name: &'static str = "n" })),
    );
    assert_eq!(reasons(&report), ["`/litres` has another value: 40 → \"40\""]);
    assert!(report.contains("\n    `/litres`: integer → string\n"), "{report}");
}

#[test]
fn where_only_the_value_is_another_one_the_report_says_so() {
    fn pump(litres: i128) -> impl Versioned {
        value!({ litres: i128 = litres, spare: Vec<Option<u8>> = vec![None, Some(1)] })
    }
    // Two numbers that one double stands for.
    let report = report(
        |pins| pins.pin("a pump", &pump(-9_007_199_254_740_993)),
        |pins| pins.pin("a pump", &pump(-9_007_199_254_740_992)),
    );
    assert_eq!(reasons(&report), ["`/litres` has another value: -9007199254740993 → -9007199254740992"]);
    assert!(report.lines().any(|line| line == ONLY_THE_VALUE), "{report}");
}

#[test]
fn a_foreign_member_may_be_the_same_value_written_in_another_way() {
    #[derive(Serialize)]
    struct Foreign(u8);
    fn pump(foreign: Foreign) -> impl Versioned {
        value!({ #[versioned(serde)] place: Foreign = foreign })
    }
    let report =
        report(|pins| pins.pin("a pump", &pump(Foreign(1))), |pins| pins.pin("a pump", &pump(Foreign(2))));
    assert!(
        report.contains("only the value is another one, or `serde` writes it in another way."),
        "{report}"
    );
}

#[test]
fn a_member_that_moves_to_the_variant_is_named_with_both_places() {
    let report = report(
        |pins| pins.pin("a pump", &value!({ name: &'static str = "n", price: u8 = 1 })),
        |pins| pins.pin("a pump", &value!({ name: &'static str = "n", #[versioned(variant)] price: u8 = 1 })),
    );
    assert_eq!(reasons(&report), ["`/price` moved from the state to the variant"]);
}

#[test]
fn a_member_that_moves_out_of_the_tag_weakens_it() {
    let report = report(
        |pins| pins.pin("a pump", &value!({ name: &'static str = "n", views: u8 = 1 })),
        |pins| pins.pin("a pump", &value!({ name: &'static str = "n", #[versioned(skip)] views: u8 = 2 })),
    );
    assert_eq!(reasons(&report), ["strong became weak", "`/views` moved from the state to no tag"]);
}

#[test]
fn a_variant_that_is_left_out_of_the_body_is_a_reason_where_it_is_the_first() {
    let report = report(
        |pins| pins.pin("a pump", &value!({ name: &'static str = "n" })),
        |pins| {
            let pump = value!({
                name: &'static str = "n",
                #[versioned(variant)]
                #[serde(skip_serializing_if = "Option::is_none")]
                price: Option<u8> = None
            });
            pins.pin("a pump", &pump)
        },
    );
    assert_eq!(reasons(&report), ["`/price` is in the variant now"]);
    assert!(
        report.contains("  The state has not moved: a write that the old tag guards still goes through.")
    );
}

#[test]
fn what_is_in_no_tag_is_no_reason() {
    let report = report(
        |pins| pins.pin("a pump", &value!({ name: &'static str = "n", #[versioned(skip)] views: u8 = 1 })),
        |pins| pins.pin("a pump", &value!({ name: &'static str = "s", #[versioned(skip)] views: u8 = 2 })),
    );
    assert_eq!(reasons(&report), ["`/name` has another value: \"n\" → \"s\""]);
}

#[test]
fn an_epoch_is_named_with_both_numbers() {
    let report = report(
        |pins| {
            pins.pin("a new one", &value!({ n: u8 = 1 }))
                .pin("another", &value!(#[versioned(epoch = 2)] { n: u8 = 1 }))
                .pin("a list", &[value!(#[versioned(epoch = 2)] { n: u8 = 1 })])
        },
        |pins| {
            pins.pin("a new one", &value!(#[versioned(epoch = 1)] { n: u8 = 1 }))
                .pin("another", &value!(#[versioned(epoch = 3)] { n: u8 = 1 }))
                .pin("a list", &[value!(#[versioned(epoch = 3)] { n: u8 = 1 })])
        },
    );
    let [list, new, another] =
        ["the epoch of `/*`: 2 → 3", "the epoch of the value: none → 1", "the epoch of the value: 2 → 3"];
    assert_eq!(reasons(&report), [list, new, another]);
    assert_eq!(report.matches("The state has not moved").count(), 3, "{report}");
}

#[test]
fn a_key_is_a_reason_whichever_it_is_and_none_is_needed() {
    let keyed = || value!(#[versioned(keyed)] { n: u8 = 1 });
    let report = report(
        |pins| {
            pins.pin("a new one", &value!({ n: u8 = 1 }))
                .pin("a list", &[value!({ n: u8 = 1 })])
                .pin("another", &keyed())
                .pin("the same", &keyed())
        },
        |pins| {
            pins.pin("a new one", &keyed())
                .pin("a list", &[keyed()])
                .pin("another", &value!({ n: u8 = 1 }))
                .pin("the same", &keyed())
        },
    );
    let is = "it is keyed now: the tag that a key makes is not in this file";
    let was = "it was keyed, and shows the hash of its content now";
    assert_eq!(reasons(&report), [is, is, was]);
    assert!(!report.contains("The state has not moved") && !report.contains("described"), "{report}");
}

#[test]
fn the_shape_is_a_reason_where_a_revision_is_the_state_and_its_members_are_none() {
    let report = report(
        |pins| pins.pin("a pump", &value!({ #[versioned(revision)] at: u64 = 7, litres: u8 = 40 })),
        |pins| {
            pins.pin("a pump", &value!({ #[versioned(revision)] at: u64 = 7, litres: Option<u8> = Some(41) }))
        },
    );
    assert_eq!(
        reasons(&report),
        ["the shape, a revision's variant: `/litres`: integer → option integer"],
        "{report}"
    );
}

#[derive(Versioned)]
struct Tree {
    children: Vec<Tree>,
}

#[derive(Versioned)]
enum Status {
    Active,
}

macro_rules! events {
    ($($(#[$tagging:meta])* $name:ident)*) => {$(
        #[derive(Versioned)]
        $(#[$tagging])*
        #[allow(dead_code)] // Their shape is that of all variants.
        enum $name {
            Unit,
            Newtype(Tree),
            Members {
                at: u8,
                #[serde(skip_serializing_if = "Option::is_none")]
                until: Option<u8>,
            },
        }
    )*};
}

events! {
    External
    #[serde(tag = "type")]
    Internal
    #[serde(tag = "type", content = "of")]
    Adjacent
    #[serde(untagged)]
    Untagged
}

#[derive(Clone, Versioned)]
#[serde(into = "(u8, Status)")]
struct Converted;

impl From<Converted> for (u8, Status) {
    fn from(_: Converted) -> Self {
        (1, Status::Active)
    }
}

/// Pins a revision beside members of these types: each is in the shape, under the name of the one before.
macro_rules! shapes {
    ($pins:expr, $first:expr; $($(#[$of_member:meta])* $type:ty = $value:expr),*) => {{
        let mut number = $first;
        let mut pins = $pins;
        $(
            let pump = value!({ #[versioned(revision)] at: u64 = 7, $(#[$of_member])* it: $type = $value });
            pins = pins.pin(&number.to_string(), &pump);
            number += 1;
        )*
        assert!(number > 0);
        pins
    }};
}

#[test]
fn each_word_that_is_in_the_fingerprint_of_a_shape_is_in_its_words() {
    let all = |pins: Pins, first: u8| {
        shapes!(pins, first;
            u8 = 1, f64 = 1.0, &'static str = "", bool = true, Option<u8> = None, #[serde(skip_serializing_if = "Option::is_none")] Option<u8> = None, Vec<u8> = vec![],
            HashSet<u8> = HashSet::new(), BTreeSet<u8> = BTreeSet::new(), BTreeMap<u8, u8> = BTreeMap::new(),
            BTreeMap<u8, bool> = BTreeMap::new(), BTreeMap<bool, u8> = BTreeMap::new(), (u8, u8) = (1, 1),
            (u8, bool) = (1, true), (u8, Tree) = (1, Tree { children: vec![] }), Tree = Tree { children: vec![] },
            Status = Status::Active, External = External::Unit, Internal = Internal::Unit, Adjacent = Adjacent::Unit,
            Untagged = Untagged::Unit, Converted = Converted, Result<u8, u8> = Ok(1), serde_json::Value = serde_json::Value::Null,
            #[serde(flatten)] BTreeMap<&'static str, u8> = BTreeMap::new(),
            #[serde(flatten)] Tree = Tree { children: vec![] },
            #[versioned(variant)] u8 = 1, #[versioned(skip)] u8 = 1, #[versioned(serde)] u8 = 1,
            #[versioned(modified)] Timestamp = Timestamp::from_microseconds(1), Timestamp = Timestamp::from_microseconds(1)
        )
    };
    // Each is compared with the one before it.
    let report = report(|pins| all(pins, 1), |pins| all(pins, 0));
    let moved = report.matches("The tag of ").count();
    assert_eq!((moved, report.matches("is not in the file").count()), (30, 1));
    assert!(!report.contains("the canonical form itself"), "{report}");
}

#[test]
fn a_member_that_moves_out_of_a_flattened_type_is_in_the_shape_of_a_revision() {
    #[derive(Versioned)]
    struct One {
        a: u8,
    }
    #[derive(Versioned)]
    struct Two {
        a: u8,
        b: u8,
    }
    let report = report(
        |pins| {
            let two = Two { a: 1, b: 1 };
            pins.pin(
                "it",
                &value!({ #[versioned(revision)] at: u64 = 7, #[serde(flatten)] inner: Two = two }),
            )
        },
        |pins| {
            let one = One { a: 1 };
            let pump =
                value!({ #[versioned(revision)] at: u64 = 7, b: u8 = 1, #[serde(flatten)] inner: One = one });
            pins.pin("it", &pump)
        },
    );
    assert_eq!(reasons(&report), ["the shape, a revision's variant: `/b`: flattened integer → integer"]);
}

#[test]
fn a_revision_stays_where_a_member_has_another_type_of_the_same_form() {
    let folder = written(|pins| {
        pins.pin(
            "it",
            &value!({ #[versioned(revision)] at: u64 = 7, a: u32 = 1, b: u32 = 1, c: &'static str = "" }),
        )
    });
    let pins = Pins::new(folder.path().join("tags.lock.json"));
    let boxed = Box::<str>::from("");
    pins.pin(
        "it",
        &value!({ #[versioned(revision)] at: u64 = 7, a: u32 = 1, b: u16 = 1, c: Box<str> = boxed }),
    )
    .check();
}

#[test]
fn a_revision_is_named_with_both_numbers() {
    fn pump(at: u64) -> impl Versioned {
        value!({ #[versioned(revision)] at: u64 = at, litres: u8 = 40 })
    }
    let report = report(|pins| pins.pin("a pump", &pump(7)), |pins| pins.pin("a pump", &pump(8)));
    assert_eq!(reasons(&report), ["the revision: 7 → 8"]);
    assert!(report.lines().any(|line| line == ONLY_THE_VALUE), "{report}");
}

#[test]
fn a_type_that_becomes_a_revision_says_so() {
    let report = report(
        |pins| pins.pin("a pump", &value!({ at: u64 = 7 })),
        |pins| pins.pin("a pump", &value!({ #[versioned(revision)] at: u64 = 7 })),
    );
    assert_eq!(reasons(&report), ["the state is a revision now, and was a hash"]);
}

#[test]
fn a_tag_that_is_shown_is_no_reason_and_neither_are_those_of_items() {
    fn pump(litres: u8) -> impl Versioned {
        value!(#[versioned(embed = "etag")] { litres: u8 = litres })
    }
    let report = report(
        |pins| pins.pin("a pump", &pump(1)).pin("pumps", &[pump(1), pump(2)]),
        |pins| pins.pin("a pump", &pump(3)).pin("pumps", &[pump(3), pump(2)]),
    );
    let [one, item] = ["`/litres` has another value: 1 → 3", "`/0/litres` has another value: 1 → 3"];
    assert_eq!(reasons(&report), [one, item]);
}

#[test]
fn the_roles_of_a_lists_items_are_known() {
    #[derive(Versioned)]
    struct Page<T> {
        items: Vec<T>,
    }
    fn pump(litres: u8, views: u8) -> impl Versioned {
        value!({ litres: u8 = litres, #[versioned(skip)] views: u8 = views })
    }
    let report = report(
        |pins| {
            pins.pin("pumps", &BTreeMap::from([("a", pump(1, 1))]))
                .pin("page", &Page { items: vec![pump(1, 1)] })
        },
        |pins| {
            pins.pin("pumps", &BTreeMap::from([("a", pump(2, 2))]))
                .pin("page", &Page { items: vec![pump(2, 2)] })
        },
    );
    let [page, map] = ["`/items/0/litres` has another value: 1 → 2", "`/a/litres` has another value: 1 → 2"];
    assert_eq!(reasons(&report), [page, map]);
}

#[test]
fn what_nothing_explains_is_the_canonical_form_itself() {
    let folder = written(|pins| pins.pin("a pump", &value!({ n: u8 = 1 })));
    let file = folder.path().join("tags.lock.json");
    let text = fs::read_to_string(&file).unwrap();
    // As if the same value had been written, and hashed, in another way.
    fs::write(&file, text.replacen("\"etag\": \"\\\"", "\"etag\": \"\\\"x", 1)).unwrap();
    let report = Pins::new(&file).pin("a pump", &value!({ n: u8 = 1 })).try_check().unwrap_err().to_string();
    assert_eq!(
        reasons(&report),
        ["no value, member, epoch or word of the shape did: the canonical form itself changed"]
    );
    assert!(!report.contains("only the value"), "{report}");
}

#[test]
fn all_that_moved_is_in_one_report_in_the_order_of_the_names() {
    let report = report(
        |pins| pins.pin("c", &1).pin("b", &2).pin("a", &3),
        |pins| pins.pin("c", &4).pin("b", &2).pin("a", &5),
    );
    assert_eq!(
        reasons(&report),
        ["the value has another value: 3 → 5", "the value has another value: 1 → 4"]
    );
    assert!(!report.contains("`b`"), "{report}");
}

#[test]
fn a_long_list_of_values_is_cut() {
    let report = report(
        |pins| pins.pin("many", &vec![0; 100]).pin("one", "x"),
        |pins| pins.pin("many", &vec![1; 100]).pin("one", &"y".repeat(1000)),
    );
    assert!(reasons(&report).contains(&"and 88 more values"), "{report}");
    assert_eq!(reasons(&report).len(), 12 + 1 + 1);
    assert!(report.lines().all(|line| line.chars().count() < 200), "{report}");
}

#[test]
fn a_pin_that_is_new_and_one_that_nobody_pins_are_named_with_the_command() {
    let report = report(|pins| pins.pin("old", &1), |pins| pins.pin("new", &1));
    assert_eq!(
        report,
        "`new` is not in the file: `ETAG_PINS=write cargo test` adds it\n\n\
         `old` is in the file, and nobody pins it: pin it again, or `ETAG_PINS=write cargo test` removes it"
    );
}

#[test]
fn a_file_that_is_not_there_is_named_with_the_command_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tags.lock.json");
    let report = Pins::new(&file).pin("it", &1).try_check().unwrap_err().to_string();
    assert!(report.ends_with("is not there: `ETAG_PINS=write cargo test` writes it; commit it"), "{report}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn what_is_wrong_with_the_test_itself_is_said_before_any_file_is_read() {
    let keys = BTreeMap::from([(vec![1], 1)]);
    let pins = Pins::new("/nowhere").pin("it", &1).pin("it", &1).pin("a map", &keys);
    assert_eq!(
        pins.try_check().unwrap_err().to_string(),
        "`it` is pinned twice: give each pin a name of its own\n\
         `a map` has no canonical JSON: a map key must be a string, a number or a boolean"
    );
}

#[test]
fn a_file_with_the_marks_of_a_merge_is_refused_with_its_line() {
    let folder = written(|pins| pins.pin("it", &1));
    let file = folder.path().join("tags.lock.json");
    let text = fs::read_to_string(&file).unwrap();
    for (broken, place) in [
        (text.replace("    \"etag\"", "<<<<<<< ours\n    \"etag\""), "line 3 column 1"),
        (String::new(), "line 1 column 0"),
        (text.replace("etag", "tag"), "missing field `etag`"),
        (text.replace("\"body\": 1", "\"body\": 1."), "line 8 column"),
    ] {
        assert_ne!(broken, text);
        fs::write(&file, &broken).unwrap();
        let report = Pins::new(&file).pin("it", &1).try_check().unwrap_err().to_string();
        assert!(report.contains("is no file of pins: ") && report.contains(place), "{report}");
        assert!(report.contains("take it from the last commit"), "{report}");
    }
}

#[test]
#[should_panic = "is pinned twice"]
fn check_panics_with_the_report() {
    Pins::new("/nowhere").pin("it", &1).pin("it", &1).check();
}

#[test]
fn the_file_is_sorted_and_has_a_line_for_each_thing() {
    let folder = written(|pins| {
        let pump = value!(#[versioned(embed = "etag", epoch = 2)] {
            #[versioned(id)] id: u8 = 7,
            litres: f64 = 1e21,
            #[versioned(variant)] price: Option<u8> = None,
            #[versioned(skip)] views: u8 = 3
        });
        pins.pin(
            "second",
            &value!({ #[versioned(revision)] at: Timestamp = Timestamp::from_microseconds(1) }),
        )
        .pin("first", &pump)
    });
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["tags.lock.json"]);
    assert_eq!(fs::read_to_string(folder.path().join("tags.lock.json")).unwrap(), LOCK);
}

const LOCK: &str = r#"{
  "first": {
    "etag": "W/\"dmzWJdLiJbu7xjYHG93FE9A9dFZ2t5UwF4fjyGE2Km8.y4RqDSBgmHezrlbfapzTPCO0T_5D31t8bX0qRaCod8o~\"",
    "epochs": {
      "": "2"
    },
    "members": {
      "/id": "state",
      "/litres": "state",
      "/price": "variant",
      "/views": "no tag"
    },
    "shape": {
      "": "epoch 2",
      "/etag": "embed",
      "/id": "integer",
      "/litres": "double",
      "/price": "variant option integer",
      "/views": "skip integer"
    },
    "body": {
      "id": 7,
      "litres": 1e+21,
      "price": null,
      "views": 3
    }
  },
  "second": {
    "etag": "\"1.0wZ4Ncorr8uH74NAwnnNdH19lkl3XDI7PVixEH_sqJw\"",
    "revision": 1,
    "members": {
      "": "revision",
      "/at": "state"
    },
    "shape": {
      "": "revision",
      "/at": "revision timestamp"
    },
    "body": {
      "at": "1970-01-01T00:00:00.000001Z"
    }
  }
}
"#;

#[test]
fn a_file_that_is_as_it_should_be_is_not_touched() {
    let folder = written(|pins| pins.pin("it", &1));
    let file = folder.path().join("tags.lock.json");
    let before = fs::metadata(&file).unwrap().ino();
    let output = run("a_file_that_is_as_it_should_be_is_not_touched", folder.path(), "write");
    assert!(output.status.success());
    assert_eq!(fs::metadata(&file).unwrap().ino(), before);
}

#[test]
fn another_word_than_write_is_refused() {
    let folder = written(|pins| pins.pin("it", &1));
    let output = run("another_word_than_write_is_refused", folder.path(), "wrte");
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let refusal = "`ETAG_PINS=wrte` means nothing: `ETAG_PINS=write cargo test`, or unset it";
    assert!(output.contains(refusal), "{output}");
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_nothing_is_left_beside_it() {
    if let Some(folder) = env::var_os(FOLDER) {
        return Pins::new(Path::new(&folder).join("tags.lock.json")).pin("it", &1).check();
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "a_file_that_cannot_be_written_is_named_and_nothing_is_left_beside_it";
    let says = |folder: &Path| {
        let output = run(test, folder, "write");
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.contains("tags.lock.json can't be written: "), "{output}");
    };
    says(&folder.path().join("a folder that is not there"));
    // A folder that stands in its place.
    fs::create_dir(folder.path().join("tags.lock.json")).unwrap();
    says(folder.path());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[test]
fn whoever_reads_while_the_file_is_written_finds_the_old_one_whole() {
    if let Some(folder) = env::var_os(FOLDER) {
        return Pins::new(Path::new(&folder).join("tags.lock.json")).pin("it", &1).check();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tags.lock.json");
    fs::write(&file, "the old one").unwrap();
    let mut reader = fs::File::open(&file).unwrap();
    let test = "whoever_reads_while_the_file_is_written_finds_the_old_one_whole";
    assert!(run(test, folder.path(), "write").status.success());
    let mut old = String::new();
    reader.read_to_string(&mut old).unwrap();
    assert_eq!(old, "the old one");
    Pins::new(&file).pin("it", &1).check();
}

#[test]
fn tests_at_the_same_time_write_their_files_and_meet_at_one() {
    let pins = |file: &Path, n: usize| Pins::new(file).pin("many", &vec![n; 100]);
    if let Some(folder) = env::var_os(FOLDER) {
        let file = |name: &str| Path::new(&folder).join(name);
        return thread::scope(|scope| {
            for n in 0..8 {
                scope.spawn(move || {
                    pins(&file(&format!("{n}.json")), n).check();
                    (0..20).for_each(|m| pins(&file("shared.json"), 20 * n + m).check());
                });
            }
        });
    }
    let folder = tempfile::tempdir().unwrap();
    let test = "tests_at_the_same_time_write_their_files_and_meet_at_one";
    assert!(run(test, folder.path(), "write").status.success());
    (0..8).for_each(|n| pins(&folder.path().join(format!("{n}.json")), n).check());
    let is_last = |n: &usize| pins(&folder.path().join("shared.json"), *n).try_check().is_ok();
    assert_eq!((0..160).filter(is_last).count(), 1);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 9);
}

#[test]
fn a_pinned_tag_is_the_one_that_is_sent() {
    let pump = value!(#[versioned(embed = "etag")] { n: u8 = 1 });
    let sent = Representation::of(&pump).unwrap().validators().etag.unwrap().to_string();
    let list = [pump];
    let listed = Representation::of(&list).unwrap().validators().etag.unwrap().to_string();
    let folder = written(|pins| {
        let pump = || value!(#[versioned(embed = "etag")] { n: u8 = 1 });
        pins.pin("a pump", &pump()).pin("pumps", &[pump()])
    });
    let lock = fs::read(folder.path().join("tags.lock.json")).unwrap();
    let lock: serde_json::Value = serde_json::from_slice(&lock).unwrap();
    assert_eq!((&lock["a pump"]["etag"], &lock["pumps"]["etag"]), (&sent.into(), &listed.into()));
}

#[test]
fn a_variant_without_the_revision_of_another_one_is_compared_by_its_members() {
    #[derive(Versioned)]
    struct Draft {
        #[versioned(revision)]
        revision: u64,
    }
    #[derive(Versioned)]
    struct Note {
        note: &'static str,
    }
    #[derive(Versioned)]
    #[serde(tag = "kind")]
    enum Page {
        Draft(Draft),
        Note(Note),
    }
    let report = report(
        |pins| {
            pins.pin("a draft", &Page::Draft(Draft { revision: 7 }))
                .pin("a note", &Page::Note(Note { note: "a" }))
        },
        |pins| {
            pins.pin("a draft", &Page::Draft(Draft { revision: 7 }))
                .pin("a note", &Page::Note(Note { note: "b" }))
        },
    );
    assert_eq!(reasons(&report), [r#"`/note` has another value: "a" → "b""#]);
}
