//! A store of a user's own that finds and swaps: what is made of the two, whatever others do in between.

use std::sync::Arc;

use axum::Router;
use axum::routing::put;
use etag_core::axum::{Tagged, Update};
use etag_core::{
    CompareAndSwap, Found, Matched, Problem, Removed, StateTag, Store, Timestamp, Version, Versioned, Written,
};
use serde::{Deserialize, Serialize};
use tests::call;
use tokio::sync::Mutex;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Shared, create = "put, ignore-if-match")]
struct Note {
    #[versioned(id)]
    id: u64,
    text: String,
    #[versioned(revision)]
    revision: u64,
}

fn note(text: &str, revision: u64) -> Note {
    Note { id: 1, text: text.to_owned(), revision }
}

fn any() -> Matched<Note> {
    Matched::unconditional(1)
}

/// One row, and what others make of it before each swap.
struct Row {
    found: Found<Note>,
    meanwhile: Vec<Found<Note>>,
    swaps: usize,
}

impl Row {
    fn new(value: Option<Note>, last: Option<i64>) -> Self {
        let found = Found { value, last: last.map(Timestamp::from_microseconds) };
        Self { found, meanwhile: Vec::new(), swaps: 0 }
    }

    fn overtaken_by(mut self, value: Option<Note>, last: i64) -> Self {
        self.meanwhile.push(Self::new(value, Some(last)).found);
        self
    }
}

impl CompareAndSwap<Note> for Row {
    async fn find(&mut self, _: &u64) -> Result<Found<Note>, Problem> {
        Ok(self.found.clone())
    }

    async fn swap(&mut self, _: &u64, found: &Found<Note>, new: Option<&Note>) -> Result<bool, Problem> {
        assert_eq!(*found, self.found, "what was found last is compared");
        self.swaps += 1;
        if let Some(others) = self.meanwhile.pop() {
            self.found = others;
            return Ok(false);
        }
        let last = new.map(|note| Timestamp::from_microseconds(note.revision.cast_signed()));
        self.found = Found { value: new.cloned(), last: last.or(found.last.map(Timestamp::next)) };
        Ok(true)
    }
}

/// The row as a store.
#[derive(Clone)]
struct Shared(Arc<Mutex<Row>>);

impl Store<Note> for Shared {
    type Error = Problem;

    async fn load(&self, id: &u64) -> Result<Option<(Note, Version)>, Problem> {
        self.0.lock().await.load(id).await
    }

    async fn replace(&self, matched: Matched<Note>, note: Note) -> Result<Written<Note>, Problem> {
        self.0.lock().await.replace(matched, note).await
    }

    async fn remove(&self, matched: Matched<Note>) -> Result<Removed, Problem> {
        self.0.lock().await.remove(matched).await
    }
}

#[tokio::test]
async fn what_was_deleted_is_not_revived_by_a_tag_and_what_never_was_is_created() {
    async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> {
        note.save().await
    }
    for (last, status) in [(None, 201), (Some(7), 412)] {
        let store = Shared(Arc::new(Mutex::new(Row::new(None, last))));
        let router = Router::new().route("/{id}", put(replace)).with_state(store.clone());
        let headers = [("if-match", "\"6\""), ("content-type", "application/json")];
        let answer = call(&router, "PUT", "/1", &headers, r#"{"text":"a"}"#).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        let version = store.version(&1).await.unwrap();
        assert_eq!(version, store.load(&1).await.unwrap().map(|(_, version)| version));
        assert_eq!(version.is_some(), status == 201);
    }
}

/// A time that no clock has come to.
const IN_2100: i64 = 4_102_444_800_000_000;

#[tokio::test]
async fn a_stamp_is_now_or_later_than_the_last_one_also_of_what_was_deleted() {
    let before = Timestamp::now().as_microseconds().cast_unsigned();
    let Written::Created(created, version) = Row::new(None, None).replace(any(), note("a", 0)).await.unwrap()
    else {
        panic!("nothing was there")
    };
    assert!(created.revision >= before);
    assert_eq!(version.state, StateTag::of(&created).unwrap());

    let in_2100 = IN_2100.cast_unsigned();
    let of_the_value = Row::new(Some(note("a", in_2100)), None);
    let of_the_row = Row::new(Some(note("a", 7)), Some(IN_2100));
    let of_what_was_deleted = Row::new(None, Some(IN_2100));
    for (mut row, is_there) in [(of_the_value, true), (of_the_row, true), (of_what_was_deleted, false)] {
        let written = match row.replace(any(), note("b", 0)).await.unwrap() {
            Written::Replaced(note, _) if is_there => note,
            Written::Created(note, _) if !is_there => note,
            written => panic!("{written:?}"),
        };
        assert_eq!(written.revision, in_2100 + 1);
        assert_eq!(row.found.value, Some(written));
    }
}

/// Nanoseconds and snowflake ids are later than any time: the next one would be less, and a tag would come again.
#[tokio::test]
async fn a_revision_that_none_can_follow_is_not_written_over() {
    let (year_9999, nanoseconds) = (253_402_207_200_000_000, 1_795_000_000_000_000_000);
    for revision in [year_9999, nanoseconds, i64::MAX.cast_unsigned(), u64::MAX] {
        let stored = note("a", revision);
        for last in [None, Some(revision.cast_signed())] {
            let mut row = Row::new(Some(stored.clone()), last);
            let refused = row.replace(any(), note("b", 0)).await.unwrap_err();
            assert_eq!((refused.status().as_u16(), row.swaps), (500, 0), "{revision}");
            assert!(matches!(row.replace(any(), note("a", 0)).await.unwrap(), Written::Unchanged(..)));
        }
    }
    let mut deleted = Row::new(None, Some(i64::MAX));
    assert_eq!(deleted.replace(any(), note("a", 0)).await.unwrap_err().status(), 500);
    let mut last_but_one = Row::new(Some(note("a", year_9999 - 1)), None);
    assert!(matches!(last_but_one.replace(any(), note("b", 0)).await.unwrap(), Written::Replaced(..)));
}

#[tokio::test]
async fn what_changes_nothing_is_not_swapped() {
    let mut row = Row::new(Some(note("a", 7)), Some(7));
    let unchanged = row.replace(any(), note("a", 0)).await.unwrap();
    let version = StateTag::from_revision(7).into();
    assert_eq!((unchanged, row.swaps), (Written::Unchanged(note("a", 7), version), 0));
}

#[tokio::test]
async fn a_value_is_written_under_the_key_of_the_write() {
    let mut row = Row::new(None, None);
    let written = row.replace(any(), Note { id: 9, ..note("a", 0) }).await.unwrap();
    assert!(matches!(written, Written::Created(Note { id: 1, .. }, _)), "{written:?}");
}

#[tokio::test]
async fn what_was_overtaken_is_compared_and_stamped_again() {
    let mut row = Row::new(None, None).overtaken_by(Some(note("faster", 9)), IN_2100);
    let Written::Replaced(written, _) = row.replace(any(), note("a", 0)).await.unwrap() else {
        panic!("somebody else has created it")
    };
    assert_eq!((written.revision, row.swaps), (IN_2100.cast_unsigned() + 1, 2));

    let mut row = Row::new(Some(note("a", 7)), Some(7)).overtaken_by(Some(note("b", 8)), 8);
    let written = row.replace(any(), note("b", 0)).await.unwrap();
    assert_eq!(written, Written::Unchanged(note("b", 8), StateTag::from_revision(8).into()));

    let mut row = Row::new(Some(note("a", 7)), Some(7)).overtaken_by(None, 8);
    assert_eq!(row.remove(any()).await.unwrap(), Removed::Stale(None), "somebody else has deleted it");
}

#[tokio::test]
async fn who_is_overtaken_time_and_again_is_told_to_come_back() {
    let mut row = Row::new(None, None);
    for revision in (1..1000).rev() {
        row = row.overtaken_by(Some(note("faster", revision)), revision.cast_signed());
    }
    assert_eq!(row.replace(any(), note("a", 0)).await.unwrap_err().status(), 503);
    assert_eq!(row.remove(any()).await.unwrap_err().status(), 503);
}

#[tokio::test]
async fn what_is_loaded_has_the_version_of_its_value() {
    let mut row = Row::new(Some(note("a", 7)), Some(9));
    let (loaded, version) = row.load(&1).await.unwrap().unwrap();
    assert_eq!((loaded, version), (note("a", 7), StateTag::from_revision(7).into()));
    assert_eq!(Row::new(None, Some(7)).load(&1).await.unwrap(), None);
}
