//! Re-tagging ahead of time: the rows that another program's shape made, in this program's words.

use super::lists::{Foreign, Found, Scope};
use super::rows::{Address, Columns, Entry, Row, Rows};
use super::stored_type::Type;
use super::transaction::within;
use super::{Database, DatabaseError};
use crate::{FromJson, Resource};

impl Database {
    /// Re-tags the rows of a type that another release of the program wrote, as reading them would: run it when a
    /// deploy has changed the type, and no request has to.
    ///
    /// It can run beside this service and others, and beside itself: each row is compared and written in one step, in
    /// short transactions between which others write. What is done stays done: where it was stopped, another call does the rest.
    /// Rows that a program of another release writes meanwhile may keep that one's shape, so call it after the last of
    /// these has ended.
    ///
    /// A row that can't be read is left as it is, and the others are done. After each batch, `progress` is told how far it is,
    /// and which of the batch's rows can't be read.
    ///
    /// ```
    /// use etag_core::{Database, Required, Versioned};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize, Versioned)]
    /// #[versioned(store = Database, collection = "pumps")]
    /// struct Pump {
    ///     #[versioned(id)]
    ///     id: u64,
    ///     litres: f64,
    /// }
    ///
    /// /// The next release.
    /// #[derive(Serialize, Deserialize, Versioned)]
    /// #[versioned(store = Database, collection = "pumps")]
    /// struct NamedPump {
    ///     #[versioned(id)]
    ///     id: u64,
    ///     litres: f64,
    ///     name: Option<String>,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), etag_core::DatabaseError> {
    /// let database = Database::connect("memory:").await?;
    /// database.import(vec![Pump { id: 1, litres: 40.0 }], Required::New, |_| {}).await?;
    /// let retagged = database
    ///     .retag::<NamedPump>(|so_far, unreadable| {
    ///         println!("{} of {}", so_far.seen, so_far.total);
    ///         unreadable.iter().for_each(|error| println!("{error}"));
    ///     })
    ///     .await?;
    /// assert_eq!((retagged.retagged, retagged.unreadable), (1, 0));
    /// assert_eq!(database.retag::<NamedPump>(|_, _| {}).await?.seen, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the database fails: the rows of the batches before are re-tagged.
    pub async fn retag<T: Resource + FromJson>(
        &self,
        progress: impl FnMut(&Retagged, &[DatabaseError]) + Send,
    ) -> Result<Retagged, DatabaseError> {
        let of = Type::of::<T>();
        let total = self.count_foreign(&Scope::of(of, &[])).await?;
        self.retag_up_to(of, total, progress).await
    }
}

/// How far [`Database::retag`] is, and what it did at last.
///
/// What is neither re-tagged nor unreadable was written, re-tagged or deleted by others meanwhile.
///
/// ```
/// let none = etag_core::Retagged::default();
/// assert_eq!((none.total, none.seen, none.retagged, none.unreadable), (0, 0, 0, 0));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retagged {
    /// How many rows there were to look at when it began.
    pub total: u64,
    /// How many rows it looked at: more than `total` where others kept writing.
    pub seen: u64,
    /// How many of these it re-tagged.
    pub retagged: u64,
    /// How many of these can't be read as a value of the type.
    pub unreadable: u64,
}

impl Database {
    /// The same beside requests, for all that it takes.
    pub(super) async fn retag_beside(self, of: Type) -> Result<(), DatabaseError> {
        let warn = |_: &Retagged, unreadable: &[DatabaseError]| {
            for error in unreadable {
                tracing::warn!(%error, "a row is in no form that this program reads");
            }
        };
        self.retag_up_to(of, 0, warn).await.map(drop)
    }

    async fn count_foreign(&self, scope: &Scope) -> Result<u64, DatabaseError> {
        let (mut total, mut after) = (0, Foreign::default());
        loop {
            let rows = self.foreign(scope, &after, COUNTED).await?;
            total += rows.len() as u64;
            match rows.into_iter().next_back() {
                Some(last) => after = last,
                None => return Ok(total),
            }
        }
    }

    /// Goes once through the rows, also past those that stay as they are.
    async fn retag_up_to(
        &self,
        of: Type,
        total: u64,
        mut progress: impl FnMut(&Retagged, &[DatabaseError]) + Send,
    ) -> Result<Retagged, DatabaseError> {
        let scope = Scope::of(of, &[]);
        let mut so_far = Retagged { total, ..Retagged::default() };
        let mut after = Foreign::default();
        loop {
            let rows = self.foreign(&scope, &after, RETAGGED).await?;
            let Some(last) = rows.last() else {
                return Ok(so_far);
            };
            after = last.clone();
            so_far.seen += rows.len() as u64;
            let keys: Vec<String> = rows.into_iter().map(|row| row.key).collect();
            let found = self.find(&scope, &keys).await?;
            // They are read and hashed before anybody has to wait for the writes.
            let (remade, unreadable) = remake_all(of, found);
            so_far.retagged += self.write_tags(remade).await?;
            so_far.unreadable += unreadable.len() as u64;
            progress(&so_far, &unreadable);
            tokio::task::yield_now().await;
        }
    }

    async fn write_tags(&self, remade: Vec<Remade>) -> Result<u64, DatabaseError> {
        if remade.is_empty() {
            return Ok(0);
        }
        let mut transaction = self.transaction().await?;
        let retagged = within!(transaction, |rows| write_tags(rows, &remade))?;
        transaction.commit().await?;
        Ok(retagged)
    }
}

/// How many rows are counted at once.
const COUNTED: u32 = 10_000;

/// How many rows are re-tagged in one transaction: others wait for these writes.
const RETAGGED: u32 = 500;

/// A row as it was found, and what this program makes of it.
struct Remade {
    address: Address,
    old: Columns,
    new: Entry,
}

/// What this program makes of rows that are not in its words, in the order of their keys; and why it can't read others.
fn remake_all(of: Type, mut found: Vec<Found>) -> (Vec<Remade>, Vec<DatabaseError>) {
    found.retain(|found| found.columns.shape != of.outline.shape);
    // As writers of many rows go through them: neither waits for the other in turn.
    found.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let (mut all, mut unreadable) = (Vec::new(), Vec::new());
    for found in found {
        match remake(of, found) {
            Ok(remade) => all.push(remade),
            Err(error) => unreadable.push(error),
        }
    }
    (all, unreadable)
}

fn remake(of: Type, found: Found) -> Result<Remade, DatabaseError> {
    let address = of.address(found.key);
    let row = Row { columns: found.columns, document: found.document.unwrap_or_default() };
    let new = (of.remake)(&address, &row).map_err(|error| match error {
        // Which row it is: what is read and can't be written does not say so itself.
        DatabaseError::Type { .. } | DatabaseError::Canonical(_) => DatabaseError::Document {
            collection: of.collection,
            key: address.key.clone(),
            error: error.to_string(),
        },
        error => error,
    })?;
    Ok(Remade { address, old: row.columns, new })
}

/// Writes over the rows that are still as they were found; says how many.
async fn write_tags(rows: &mut impl Rows, remade: &[Remade]) -> Result<u64, DatabaseError> {
    let mut retagged = 0;
    for Remade { address, old, new } in remade {
        retagged += u64::from(rows.retag(address, old, new).await?);
    }
    Ok(retagged)
}
