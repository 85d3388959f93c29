//! All rows of one database into another one, as they are.

use sqlx::Acquire as _;

use super::database::Kind;
use super::rows::Row;
use super::{Database, DatabaseError};
use crate::selection::Scalar;

/// A row, whatever its type is; a tombstone has no document.
#[derive(Debug)]
pub(super) struct Copied {
    pub(super) collection: String,
    pub(super) key: String,
    pub(super) row: Row,
    pub(super) members: Vec<Scalar>,
}

/// A database that is copied, or copied to.
pub(super) trait Copies: Send {
    /// Those of the rows behind this collection and key, in their order; at most that many.
    fn rows_after(
        &mut self,
        collection: &str,
        key: &str,
        limit: i64,
    ) -> impl Future<Output = Result<Vec<Copied>, DatabaseError>> + Send;

    /// Inserts a row under a key that has none.
    fn put(&mut self, row: &Copied) -> impl Future<Output = Result<(), DatabaseError>> + Send;
}

/// How many rows are in memory at once.
const LIMIT: i64 = 500;

impl Database {
    /// Copies all rows into a database that has none: values, versions, dates and tombstones stay as they are, and
    /// with them all tags. `done` is told how many rows are copied so far.
    ///
    /// The copy is of one moment, and all of it is written, or nothing. What is written to this database afterwards is
    /// not in it: let nobody write meanwhile where it is to take the place of this one.
    ///
    /// ```
    /// # #[cfg(feature = "sqlite")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), etag_core::DatabaseError> {
    /// # use etag_core::{Database, Matched, Store, Versioned};
    /// # #[derive(serde::Serialize, serde::Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Note { #[versioned(id)] id: u64 }
    /// let (old, new) = (Database::connect("sqlite::memory:").await?, Database::connect("sqlite::memory:").await?);
    /// let _ = old.replace(Matched::unconditional(7), Note { id: 7 }).await?;
    /// assert_eq!(old.copy_to(&new, |_| {}).await?, 1);
    /// assert_eq!(Store::<Note>::version(&new, &7).await?, Store::<Note>::version(&old, &7).await?);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "sqlite"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// Where the other database has rows already, one of the two fails or is in memory, or a key is too long for the
    /// other one.
    pub async fn copy_to(&self, other: &Self, done: impl FnMut(u64) + Send) -> Result<u64, DatabaseError> {
        match &self.kind {
            #[cfg(feature = "sqlite")]
            Kind::Sqlite(pools) => {
                let mut moment = pools.shared.begin().await?;
                copy_from(&mut *moment, other, done).await
            }
            #[cfg(feature = "postgres")]
            Kind::Postgres(pool) => {
                let mut moment = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                copy_from(&mut *moment, other, done).await
            }
            Kind::Memory(_) => Err(DatabaseError::Transaction),
        }
    }
}

async fn copy_from(
    from: &mut impl Copies,
    to: &Database,
    done: impl FnMut(u64) + Send,
) -> Result<u64, DatabaseError> {
    match &to.kind {
        #[cfg(feature = "sqlite")]
        Kind::Sqlite(_) => {
            let mut transaction = to.begin::<sqlx::Sqlite>().await?;
            let copied = copy(from, transaction.acquire().await?, done).await?;
            transaction.commit().await?;
            Ok(copied)
        }
        #[cfg(feature = "postgres")]
        Kind::Postgres(_) => {
            let mut transaction = to.begin::<sqlx::Postgres>().await?;
            let copied = copy(from, transaction.acquire().await?, done).await?;
            transaction.commit().await?;
            Ok(copied)
        }
        Kind::Memory(_) => Err(DatabaseError::Transaction),
    }
}

async fn copy(
    from: &mut impl Copies,
    to: &mut impl Copies,
    mut done: impl FnMut(u64) + Send,
) -> Result<u64, DatabaseError> {
    if !to.rows_after("", "", 1).await?.is_empty() {
        return Err(DatabaseError::NotEmpty);
    }
    let (mut copied, mut last) = (0, (String::new(), String::new()));
    loop {
        let rows = from.rows_after(&last.0, &last.1, LIMIT).await?;
        let Some(end) = rows.last() else {
            return Ok(copied);
        };
        last = (end.collection.clone(), end.key.clone());
        for row in &rows {
            to.put(row).await?;
        }
        copied += rows.len() as u64;
        done(copied);
    }
}
