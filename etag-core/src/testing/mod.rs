//! For your tests: pins of your types' tags, and for your service a [conformance](mod@conformance) kit and a
//! [race](mod@races) tester.
//!
//! Pins are the entity tags of your own types, kept in a lock file that a test compares.
//!
//! A tag is a promise. Clients hold tags for months, and send them back: one that a refactoring moves costs each of
//! them a whole body where a 304 would have done, and a 412 where a write was fine. So a change that moves the tags of
//! a type is a breaking change of your API, and nothing in the code that makes it looks like one: a field is renamed, an
//! `Option` is added, a number becomes a string.
//!
//! [`Pins`] makes it visible. A test names a few values and a file beside the code:
//!
//! ```no_run
//! use etag_core::Versioned;
//! use etag_core::testing::Pins;
//!
//! #[derive(Versioned)]
//! struct Pump {
//!     name: &'static str,
//!     litres: f64,
//! }
//!
//! // In a `#[test]`:
//! Pins::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tags.lock.json"))
//!     .pin("a pump", &Pump { name: "north", litres: 40.0 })
//!     .pin("no pumps", &Vec::<Pump>::new())
//!     .check();
//! ```
//!
//! - `ETAG_PINS=write cargo test` writes the file: commit it. Without that variable nothing is ever written.
//! - `cargo test` then fails where a tag is another one, and says for each pin what moved it.
//! - One test and one [`Pins`] have a file to themselves: a pin that is only in the file is one that somebody dropped.
//! - A pinned value is the same in each run: no `Uuid::new_v4()`, no `Timestamp::now()`. One for each form that a type's
//!   JSON can take is enough: each member there, each `Option` empty, a list, a list of none.
//!
//! # When it fails
//!
//! The report names the members that were added, are gone, have another value or count for another part of the
//! tag, the epoch, and, for types with a `revision`, the shape. Where only the value that the test hands over is
//! another one, it says that instead: the type's tags have not moved then.
//!
//! - **It was not meant.** Undo what the report names: `#[serde(rename = "…")]` keeps a member's name,
//!   `skip_serializing_if` keeps an empty member out of the JSON and of the tag.
//! - **It was meant.** `ETAG_PINS=write cargo test`, read the file's diff, and tell those who hold tags: a line in the
//!   changelog says that the tags of this type move.
//!
//! # When to change the `epoch`
//!
//! `#[versioned(epoch = 2)]` moves every tag of a type and no state: each client fetches each representation once
//! more, and a write that is guarded by a tag from before still goes through. Change it where bytes change that no
//! hash sees:
//!
//! - the member that shows the tag itself (`embed`) is added, renamed or dropped: it is in no hash;
//! - a `skip` member means something else, and caches should not show the old one: it is in no tag;
//! - what is around the JSON changed, such as a media type or a header that a cached answer repeats;
//! - a `#[versioned(serde)]` member of a type with a `revision` is written in another way: its inner form is not in the
//!   type's shape.
//!
//! Do not change it because a test of pins fails. Where the JSON of a type changes, its tags move by themselves, and a type
//! with a `revision` moves with its shape; an epoch on top of that only moves them once more, and one that is changed
//! "to be safe" takes their caches from all clients for nothing.
//!
//! # What is in the file
//!
//! An object for each pin, sorted by their names. Only `etag` and `keyed` are compared; the rest is there to say why the
//! tag moved:
//!
//! | member | what it says |
//! |---|---|
//! | `etag` | the entity tag, as a header has it where the type is not keyed |
//! | `keyed` | whether the type is [keyed](crate::TagKeys): a header has what the key makes of `etag`; no key is needed here |
//! | `revision` | the revision, where that is the state |
//! | `epochs` | the type's epoch, with those of what it flattens behind it; that of a list's items is under `/*` |
//! | `members` | what each member counts for: `state`, `variant` or `no tag`; an empty name is the value itself |
//! | `shape` | the type in words, by JSON pointer (RFC 6901); `*` is any element |
//! | `body` | the canonical JSON, without the tags that it shows: they move with the tag and are no reason |

pub mod conformance;
pub mod races;

mod json;
mod lock;
mod pin;
mod report;
mod shape;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::{Versioned, canonical};
use lock::Lock;

use pin::Pin;

pub use conformance::Conformance;
pub use races::Races;

/// The tags of some values, to be compared with those in a lock file.
///
/// The [module](self) has the whole story.
///
/// ```should_panic
/// use etag_core::testing::Pins;
///
/// Pins::new("/nowhere/tags.lock.json").pin("a number", &7).check();
/// ```
#[derive(Debug)]
#[must_use = "nothing is compared before `check`"]
pub struct Pins {
    file: PathBuf,
    pins: Vec<(String, Result<Pin, canonical::Error>)>,
}

/// What is pinned and what is made are not the same, or can't be compared: its text is the report.
///
/// ```
/// use etag_core::testing::Pins;
///
/// let mismatch = Pins::new("/nowhere/tags.lock.json").pin("it", &7).pin("it", &8).try_check().unwrap_err();
/// assert!(mismatch.to_string().contains("`it` is pinned twice"));
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Mismatch(String);

impl Pins {
    /// No pins yet, and the file that they are kept in.
    ///
    /// A path that begins with `env!("CARGO_MANIFEST_DIR")` is the same wherever the test is run from.
    ///
    /// ```
    /// use etag_core::testing::Pins;
    ///
    /// // Neither read nor written before `check` or `try_check`, which names it.
    /// let pins = Pins::new("/nowhere/tags.lock.json");
    /// assert!(pins.try_check().unwrap_err().to_string().starts_with("/nowhere/tags.lock.json "));
    /// ```
    pub fn new(file: impl AsRef<Path>) -> Self {
        Self { file: file.as_ref().to_owned(), pins: Vec::new() }
    }

    /// Adds a value under a name of its own.
    ///
    /// ```
    /// use etag_core::testing::Pins;
    ///
    /// # if std::env::var_os("ETAG_PINS").is_some() { return Ok(()); } // Nothing is compared then.
    /// # let file = format!("etag-core-pin-{}.lock.json", std::process::id());
    /// # let file = std::env::temp_dir().join(file);
    /// std::fs::write(&file, "{}")?;
    /// let mismatch = Pins::new(&file).pin("a number", &7).pin("a text", "seven").try_check();
    /// let report = mismatch.unwrap_err().to_string();
    /// assert!(report.contains("`a number` is not in the file"));
    /// assert!(report.contains("`a text` is not in the file"));
    /// # std::fs::remove_file(&file)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn pin<T: Versioned + ?Sized>(mut self, name: &str, value: &T) -> Self {
        self.pins.push((name.to_owned(), Pin::of(value)));
        self
    }

    /// Compares the tags of all pins with those in the file; with `ETAG_PINS=write`, writes the file instead.
    ///
    /// ```
    /// use etag_core::testing::Pins;
    ///
    /// let check = || Pins::new("/nowhere/tags.lock.json").pin("a number", &7).check();
    /// let panic = std::panic::catch_unwind(check).unwrap_err();
    /// assert!(panic.downcast_ref::<String>().unwrap().starts_with("/nowhere/tags.lock.json "));
    /// ```
    ///
    /// # Panics
    ///
    /// Where [`try_check`](Self::try_check) fails, with the whole report.
    #[track_caller]
    pub fn check(self) {
        if let Err(mismatch) = self.try_check() {
            panic!("{mismatch}");
        }
    }

    /// Compares the tags of all pins with those in the file; with `ETAG_PINS=write`, writes the file instead.
    ///
    /// ```
    /// use etag_core::testing::Pins;
    ///
    /// # if std::env::var_os("ETAG_PINS").is_some() { return Ok(()); } // Nothing is compared then.
    /// # let file = format!("etag-core-try-check-{}.lock.json", std::process::id());
    /// # let file = std::env::temp_dir().join(file);
    /// let etag = r#""\"eQJpm-Qsio5G-7tFAXJlF-hrIsVqGJ92JabaSQgbJFE\"""#; // the SHA-256 of `7`
    /// let lock = format!(r#"{{"it": {{"etag": {etag}, "shape": {{}}, "body": 7}}}}"#);
    /// std::fs::write(&file, lock)?;
    /// Pins::new(&file).pin("it", &7).try_check()?;
    /// let mismatch = Pins::new(&file).pin("it", &8).try_check().unwrap_err();
    /// assert!(mismatch.to_string().contains("The tag of `it` moved"));
    /// # std::fs::remove_file(&file)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Where a tag moved, the file is not there or can't be read or written, it has other pins than these, two pins
    /// have one name, a value has no canonical JSON, or `ETAG_PINS` is something else than `write`.
    pub fn try_check(self) -> Result<(), Mismatch> {
        let writes = match std::env::var_os(VARIABLE) {
            None => false,
            Some(value) if value.is_empty() => false,
            Some(value) if value == "write" => true,
            Some(value) => {
                let value = value.display();
                return Err(Mismatch(format!("`{VARIABLE}={value}` means nothing: `{WRITE}`, or unset it")));
            }
        };
        let Self { file, pins } = self;
        let pins = distinct(pins)?;
        if writes {
            return lock::write(&file, &pins);
        }
        match report::of(&lock::read(&file)?, &pins) {
            None => Ok(()),
            Some(report) => Err(Mismatch(format!("{}\n{report}", file.display()))),
        }
    }
}

/// The pins by their names; what is wrong with the test itself is said first, and all of it.
fn distinct(pins: Vec<(String, Result<Pin, canonical::Error>)>) -> Result<Lock, Mismatch> {
    let mut by_name = BTreeMap::new();
    let mut wrong = Vec::new();
    for (name, pin) in pins {
        match pin {
            Err(error) => wrong.push(format!("`{name}` has no canonical JSON: {error}")),
            Ok(_) if by_name.contains_key(&name) => {
                wrong.push(format!("`{name}` is pinned twice: give each pin a name of its own"));
            }
            Ok(pin) => {
                by_name.insert(name, pin);
            }
        }
    }
    if wrong.is_empty() { Ok(by_name) } else { Err(Mismatch(wrong.join("\n"))) }
}

const VARIABLE: &str = "ETAG_PINS";

/// The command that writes a lock file.
const WRITE: &str = "ETAG_PINS=write cargo test";
