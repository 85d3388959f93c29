//! What tells one content of a collection from another one: a sum of its rows, as a `Collection` has.
//!
//! The rows themselves are in no `Collection`. That one makes an element of a value, and knows no tombstones; a row has its
//! state already, and stays here when it is deleted.

use std::collections::BTreeMap;

use crate::Timestamp;
use crate::list;
use crate::store::rows::{Columns, Entry, split};
use crate::sum::Sum;

/// The rows that are not deleted: the same for the same ones, whatever was written before.
#[derive(Debug, Clone)]
pub(super) struct Content {
    sum: Sum,
    rows: usize,
    /// How many of them each shape can trust: their bytes, in its words, are in their states.
    trusted: BTreeMap<String, usize>,
}

impl Content {
    pub(super) fn of<'a>(rows: impl Iterator<Item = (&'a str, &'a Entry)>) -> Self {
        let mut content = Self { sum: Sum::new(), rows: 0, trusted: BTreeMap::new() };
        rows.for_each(|(key, entry)| content.change(key, None, entry));
        content
    }

    /// Follows a row that was put in place of another one.
    pub(super) fn change(&mut self, key: &str, old: Option<&Entry>, new: &Entry) {
        let live = |entry: &Entry| !entry.row.columns.deleted;
        let [old, new] = [old, Some(new)].map(|entry| entry.filter(|it| live(it)).map(|it| &it.row.columns));
        let [less, more] = [old, new].map(|columns| columns.map(|columns| element(key, columns)));
        if less != more {
            less.iter().for_each(|element| self.sum.subtract(element));
            more.iter().for_each(|element| self.sum.add(element));
        }
        if let Some(columns) = new {
            self.rows += 1;
            if columns.exact {
                *self.trusted.entry(columns.shape.clone()).or_default() += 1;
            }
        }
        if let Some(columns) = old {
            self.rows -= 1;
            if columns.exact
                && let Some(count) = self.trusted.get_mut(&columns.shape)
            {
                *count -= 1;
            }
        }
    }

    /// A text that is the same where each list is, in the words of that shape.
    ///
    /// What another shape's state says is not all that this one shows: a member that the other one leaves out, a stamp
    /// that it does not have. While there is such a row, the time of the last change tells contents apart.
    pub(super) fn text(&self, shape: &str, changed: Option<Timestamp>) -> String {
        let sum = self.sum.hash();
        match changed {
            Some(changed) if self.trusted.get(shape).copied().unwrap_or_default() < self.rows => {
                format!("{sum} {}", changed.as_microseconds())
            }
            _ => sum.to_string(),
        }
    }
}

/// What a row adds to the sum: the hash of its line in a list.
///
/// A list can be sorted by a stamp that is shown, and with another `serde` form it may be shown to the second only: such
/// a state does not say the order.
fn element(key: &str, columns: &Columns) -> [u8; 32] {
    let Columns { state, content, modified, .. } = columns;
    let name = list::name_of_parts(&split(key));
    match state == content {
        true => list::hash_line(name, state),
        false => list::hash_line(name, format_args!("{state} {}", modified.as_microseconds())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{Just, ProptestConfig, Strategy, any};
    use proptest::{prop_oneof, proptest};
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::store::lists::{self, Lists, Scope};
    use crate::store::stored_type::Type;
    use crate::store::transaction::Kind;
    use crate::{
        BulkIn, Database, DatabaseError, FromJson, InsertIn, Matched, Required, Resource, Selection,
        StateTag, Store, StoreIn, Transaction, Versioned, Written, WrittenAll,
    };

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
    #[versioned(crate = "crate", store = Database, collection = "notes", collection_tag)]
    struct Note {
        #[versioned(id)]
        id: u8,
        text: u8,
    }

    #[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
    #[versioned(crate = "crate", store = Database, collection = "dated", collection_tag)]
    struct Dated {
        #[versioned(id)]
        id: u8,
        text: u8,
        #[versioned(modified)]
        changed: Timestamp,
    }

    #[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
    #[versioned(crate = "crate", store = Database, collection = "numbered", collection_tag)]
    struct Numbered {
        #[versioned(id)]
        id: u8,
        text: u8,
        #[versioned(revision)]
        revision: u64,
    }

    trait Item: Resource<Key = u8> + FromJson {
        fn new(id: u8, text: u8) -> Self;
    }

    impl Item for Note {
        fn new(id: u8, text: u8) -> Self {
            Self { id, text }
        }
    }

    impl Item for Dated {
        fn new(id: u8, text: u8) -> Self {
            Self { id, text, changed: Timestamp::now() }
        }
    }

    impl Item for Numbered {
        fn new(id: u8, text: u8) -> Self {
            Self { id, text, revision: 0 }
        }
    }

    #[derive(Debug, Clone)]
    enum Step {
        Put(u8, u8),
        Remove(u8),
        /// All of it or, where one item must be in a state that none has, nothing.
        Bulk(Vec<(u8, u8)>, bool),
        /// Where the list is as it is, or as it never was.
        Insert(u8, u8, bool),
        /// A look at the list.
        List,
    }

    #[derive(Debug, Clone)]
    enum Steps {
        Alone(Step),
        Together { steps: Vec<Step>, is_committed: bool },
    }

    fn steps() -> impl Strategy<Value = Vec<Steps>> {
        let (id, text) = (|| 0..6_u8, || 0..3_u8);
        let step = prop_oneof![
            4 => (id(), text()).prop_map(|(id, text)| Step::Put(id, text)),
            2 => id().prop_map(Step::Remove),
            2 => (vec((id(), text()), 1..4), any::<bool>()).prop_map(|(items, is_stale)| Step::Bulk(items, is_stale)),
            1 => (id(), text(), any::<bool>()).prop_map(|(id, text, is_stale)| Step::Insert(id, text, is_stale)),
            1 => Just(Step::List),
        ];
        let together = (vec(step.clone(), 0..6), any::<bool>());
        let together = together.prop_map(|(steps, is_committed)| Steps::Together { steps, is_committed });
        vec(prop_oneof![3 => step.prop_map(Steps::Alone), 2 => together], 0..20)
    }

    /// The state of the collection, and the one that its definition makes of what a list says.
    async fn states<T: Item>(rows: &mut impl Lists) -> Result<[StateTag; 3], DatabaseError> {
        let selected = lists::list(rows, Type::of::<T>(), &[], &Selection::new(), false).await?;
        let (_, selected) = selected.read::<T>()?;
        assert_eq!(selected.total(), selected.items().len() as u64);
        let mut sum = Sum::new();
        for (id, version) in selected.items() {
            let shown = version.modified.map(|modified| modified.time().as_microseconds().to_string());
            let stamp = shown.or(version.state.revision().map(|revision| revision.to_string()));
            let stamp = stamp.map(|stamp| format!(" {stamp}")).unwrap_or_default();
            sum.add(&list::hash_line(format!("[\"{id}\"]"), format!("{}{stamp}", version.state)));
        }
        let kept = rows.collection(&Scope::of(Type::of::<T>(), &[])).await?;
        let by_hand = lists::collection_state(Type::of::<T>(), &sum.hash().to_string());
        Ok([selected.state(), lists::collection_state(Type::of::<T>(), &kept), by_hand])
    }

    async fn assert_states<T: Item>(rows: &mut impl Lists) -> Result<StateTag, DatabaseError> {
        let [listed, kept, by_hand] = states::<T>(rows).await?;
        assert_eq!((listed, kept), (by_hand, by_hand));
        Ok(kept)
    }

    async fn take<T: Item>(
        database: &Database,
        transaction: &mut Transaction,
        step: Step,
    ) -> Result<(), DatabaseError> {
        let within = &mut *transaction;
        match step {
            Step::Put(id, text) => {
                let new = T::new(id, text);
                let _: Written<T> = database.replace_in(within, Matched::unconditional(id), new).await?;
            }
            Step::Remove(id) => {
                let _ = database.remove_in(within, Matched::<T>::unconditional(id)).await?;
            }
            Step::Bulk(items, is_stale) => {
                let mut writes: Vec<_> = items
                    .into_iter()
                    .map(|(id, text)| (Matched::unconditional(id), T::new(id, text)))
                    .collect();
                if is_stale {
                    let none = Required::State(StateTag::from_hash([0; 32]));
                    writes.push((Matched::new(9, none), T::new(9, 9)));
                }
                let written: WrittenAll<T> = database.replace_all_in(within, writes).await?;
                assert_eq!(matches!(written, WrittenAll::Stale(_)), is_stale);
            }
            Step::Insert(id, text, is_stale) => {
                let required = match is_stale {
                    true => StateTag::from_hash([0; 32]),
                    false => assert_states::<T>(rows_of(within)).await?,
                };
                let list = (&[], &Selection::new(), required);
                let matched = Matched::unconditional(id);
                let new = T::new(id, text);
                let inserted = database.insert_in(within, list.0, list.1, list.2, matched, new).await?;
                assert_eq!(matches!(inserted, crate::Inserted::Stale(..)), is_stale);
            }
            Step::List => {
                assert_states::<T>(rows_of(within)).await?;
            }
        }
        Ok(())
    }

    fn rows_of(transaction: &mut Transaction) -> &mut super::super::Draft {
        match &mut transaction.0 {
            Kind::Memory(draft) => draft,
            #[cfg(feature = "_sqlx")]
            _ => unreachable!("it is of a database in memory"),
        }
    }

    /// Writes in a transaction of its own.
    async fn take_alone<T: Item>(database: &Database, step: Step) -> Result<(), DatabaseError> {
        match step {
            Step::Put(id, text) => {
                let _ = Store::<T>::replace(database, Matched::unconditional(id), T::new(id, text)).await?;
            }
            Step::Remove(id) => {
                let _ = Store::<T>::remove(database, Matched::unconditional(id)).await?;
            }
            step => {
                let mut transaction = database.transaction().await?;
                take::<T>(database, &mut transaction, step).await?;
                transaction.commit().await?;
            }
        }
        Ok(())
    }

    fn memory(database: &Database) -> &super::super::Memory {
        match &database.kind {
            crate::store::database::Kind::Memory(memory) => memory,
            #[cfg(feature = "_sqlx")]
            _ => unreachable!("it is in memory"),
        }
    }

    async fn follow<T: Item>(steps: Vec<Steps>) -> Result<(), DatabaseError> {
        let database = Database::connect("memory:").await?;
        let mut rows = memory(&database);
        for steps in steps {
            match steps {
                Steps::Alone(step) => take_alone::<T>(&database, step).await?,
                Steps::Together { steps, is_committed } => {
                    let before = states::<T>(&mut rows).await?;
                    let mut transaction = database.transaction().await?;
                    for step in steps {
                        take::<T>(&database, &mut transaction, step).await?;
                        assert_eq!(states::<T>(&mut rows).await?, before, "nothing is seen of a draft");
                    }
                    match is_committed {
                        true => transaction.commit().await?,
                        false => drop(transaction),
                    }
                }
            }
            assert_states::<T>(&mut rows).await?;
        }
        Ok(())
    }

    fn run<R>(run: impl Future<Output = Result<R, DatabaseError>>) -> R {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("there are threads");
        runtime.block_on(run).expect("memory does not fail")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn after_any_writes_the_state_is_what_its_definition_makes_of_a_list(steps in steps()) {
            run(follow::<Note>(steps.clone()));
            run(follow::<Dated>(steps.clone()));
            run(follow::<Numbered>(steps));
        }

        #[test]
        fn the_same_content_has_the_same_state_whatever_was_written_before(steps in steps()) {
            run(async {
                let (database, other) = (Database::connect("memory:").await?, Database::connect("memory:").await?);
                for step in steps.into_iter().filter_map(|steps| match steps {
                    Steps::Alone(step) => Some(step),
                    Steps::Together { .. } => None,
                }) {
                    take_alone::<Note>(&database, step).await?;
                }
                other.import(database.all::<Note>().await?, Required::New, |_| {}).await?;
                let [one, same] = [&database, &other].map(Store::<Note>::collection_state);
                assert_eq!(one.await?, same.await?);
                Ok(())
            });
        }
    }

    /// One definition: whoever has the items has the state.
    #[cfg(feature = "collections")]
    #[test]
    fn the_sum_is_that_of_a_collection_of_the_same_items() -> Result<(), crate::canonical::Error> {
        let notes = [Note::new(1, 7), Note::new(2, 8), Note::new(3, 7)];
        let database = run(async {
            let database = Database::connect("memory:").await?;
            database.import(notes.to_vec(), Required::New, |_| {}).await?;
            Ok(database)
        });
        let kept = run(memory(&database).collection(&Scope::of(Type::of::<Note>(), &[])));
        let collection = crate::Collection::try_from_iter(notes.map(|note| (note.id, note)))?;
        assert_eq!(kept, collection.state().to_string());
        Ok(())
    }

    /// The same rows without a tag of all of them.
    #[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
    #[versioned(crate = "crate", store = Database, collection = "notes")]
    struct Plain {
        #[versioned(id)]
        id: u8,
        text: u8,
    }

    impl Item for Plain {
        fn new(id: u8, text: u8) -> Self {
            Self { id, text }
        }
    }

    /// The tag of a million items is made as fast as that of ten, also for the first time.
    #[test]
    fn what_is_kept_follows_each_write_from_the_first_one_on() {
        let scope = Scope::of(Type::of::<Note>(), &[]);
        let is_kept = |rows: &super::super::Memory| rows.lock().kept(&scope).is_some();
        run(async {
            for first in [Step::Put(1, 1), Step::Bulk(vec![(1, 1), (2, 1)], false)] {
                let database = Database::connect("memory:").await?;
                let mut rows = memory(&database);
                take_alone::<Note>(&database, first).await?;
                assert!(is_kept(rows));
                take_alone::<Plain>(&database, Step::Put(3, 1)).await?;
                assert_states::<Note>(&mut rows).await?;
            }
            Ok(())
        });
    }

    #[test]
    fn where_others_wrote_first_it_is_kept_since_it_was_asked_for() {
        let scope = Scope::of(Type::of::<Note>(), &[]);
        let is_kept = |rows: &super::super::Memory| rows.lock().kept(&scope).is_some();
        run(async {
            let database = Database::connect("memory:").await?;
            let mut rows = memory(&database);
            take_alone::<Plain>(&database, Step::Put(1, 1)).await?;
            take_alone::<Note>(&database, Step::Put(2, 1)).await?;
            assert!(!is_kept(rows));
            assert_states::<Note>(&mut rows).await?;
            assert!(is_kept(rows));
            take_alone::<Plain>(&database, Step::Put(1, 2)).await?;
            assert_states::<Note>(&mut rows).await?;
            Ok(())
        });
    }

    #[test]
    fn a_row_that_another_shape_made_has_the_time_of_the_last_change_in_the_text() {
        let columns = |shape: &str, exact| Columns {
            deleted: false,
            state: "a".to_owned(),
            content: "a".to_owned(),
            modified: Timestamp::from_microseconds(1),
            alone: true,
            shape: shape.to_owned(),
            exact,
        };
        let entry = |shape, exact| {
            let row = crate::store::rows::Row { columns: columns(shape, exact), document: Vec::new() };
            Entry { row, members: Vec::new() }
        };
        let (own, other, inexact) = (entry("own", true), entry("other", true), entry("own", false));
        let text = |rows: &[&Entry], at| {
            let keys = ["1", "2"];
            let content = Content::of(keys.into_iter().zip(rows.iter().copied()));
            content.text("own", Some(Timestamp::from_microseconds(at)))
        };
        assert_eq!(text(&[&own, &own], 1), text(&[&own, &own], 2));
        for foreign in [&other, &inexact] {
            assert_ne!(text(&[&own, foreign], 1), text(&[&own, foreign], 2));
        }
        let mut content = Content::of([("1", &own), ("2", &other)].into_iter());
        content.change("2", Some(&other), &own);
        assert_eq!(content.text("own", Some(Timestamp::from_microseconds(3))), text(&[&own, &own], 1));
    }
}
