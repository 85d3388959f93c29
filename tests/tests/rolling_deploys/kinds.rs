//! What the two releases differ in, and what may be seen of it while both serve.

use serde_json::{Value, json};

/// One of the two programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    Before,
    After,
}

/// A collection that the releases know in different words.
#[derive(Debug)]
pub struct Kind {
    pub collection: &'static str,
    /// The members that each release sends beside `id` and `count`.
    before: &'static [&'static str],
    after: &'static [&'static str],
    /// Whether the release before can't read what the one after writes: it answers 500, or 422 to such a body.
    pub is_unreadable_before: bool,
    /// Whether a tag of one release guards a write in the other one: the state has not moved.
    pub keeps_states: bool,
    pub has_date: bool,
}

pub const KINDS: [Kind; 7] = [
    Kind {
        before: &["modified", "name"],
        after: &["colour", "modified", "name"],
        has_date: true,
        ..kind("added")
    },
    Kind { before: &["colour", "name"], ..kind("removed") },
    Kind { after: &["title"], ..kind("renamed") },
    Kind { after: &["title"], is_unreadable_before: true, ..kind("renamed-at-once") },
    Kind {
        before: &["status"],
        after: &["status"],
        is_unreadable_before: true,
        keeps_states: true,
        ..kind("choices")
    },
    Kind { keeps_states: true, ..kind("epochs") },
    Kind {
        before: &["name", "revision"],
        after: &["colour", "name", "revision"],
        keeps_states: true,
        ..kind("revised")
    },
];

const fn kind(collection: &'static str) -> Kind {
    Kind {
        collection,
        before: &["name"],
        after: &["name"],
        is_unreadable_before: false,
        keeps_states: false,
        has_date: false,
    }
}

impl Kind {
    /// A resource as the release before is given it.
    pub fn first(&self) -> Value {
        match self.collection {
            "choices" => json!({"count": 0, "status": "active"}),
            _ => json!({"count": 0, "name": NAME}),
        }
    }

    /// Asserts that a release can have sent this: its members, and what was never changed in either's words.
    #[track_caller]
    pub fn assert_is_of(&self, release: Release, value: &Value) {
        let members = match release {
            Release::Before => self.before,
            Release::After => self.after,
        };
        let found = value.as_object().expect("a resource is an object");
        let found: Vec<&str> = found.keys().map(String::as_str).collect();
        let mut expected = [&["count", "id"], members].concat();
        expected.sort_unstable();
        assert_eq!(found, expected, "{} of the release {release:?}", self.collection);
        for name in ["name", "title"] {
            assert!(value.get(name).is_none_or(|name| name == NAME), "{value}");
        }
    }

    /// What the release after writes, and the other one has no word for.
    pub fn news(&self, number: u64) -> Option<(&'static str, Value)> {
        let status = ["active", "retired", "maintenance"][(number % 3) as usize];
        (self.collection == "choices").then(|| ("status", json!(status)))
    }
}

const NAME: &str = "Prüfpumpe";
