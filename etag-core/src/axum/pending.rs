use http::StatusCode;

use super::Tagged;
use crate::{Problem, Transaction, Versioned};

/// A write in a transaction that is not committed yet: no answer before it is.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # mod with_sqlite {
/// use axum::extract::State;
/// use etag_core::axum::{Problem, Tagged, Update};
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database, create = "put")]
/// # struct Note { #[versioned(id)] id: String, text: String }
///
/// async fn audited(State(database): State<Database>, note: Update<Note>) -> Result<Tagged<Note>, Problem> {
///     let mut transaction = database.begin::<sqlx::Sqlite>().await?;
///     let saved = note.save_in(&mut transaction).await?;
///     sqlx::query("INSERT INTO audit (note) VALUES (?)").bind(&saved.value().id).execute(&mut *transaction).await?;
///     saved.committed(transaction.commit().await)
/// }
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is written before the transaction is committed: answer with `committed(transaction.commit().await)`"]
pub struct Pending<T: Versioned>(Tagged<T>);

impl<T: Versioned> Pending<T> {
    pub(super) fn new(tagged: Tagged<T>) -> Self {
        Self(tagged)
    }

    /// Commits the transaction, and answers.
    ///
    /// ```
    /// # #[cfg(feature = "postgres")]
    /// # mod with_postgres {
    /// # use axum::extract::State;
    /// # use etag_core::axum::{Problem, Tagged, Update};
    /// # use etag_core::{Database, Versioned};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database, create = "put")]
    /// # struct Note { #[versioned(id)] id: String, text: String }
    /// async fn replace(State(database): State<Database>, note: Update<Note>) -> Result<Tagged<Note>, Problem> {
    ///     let mut transaction = database.begin::<sqlx::Postgres>().await?;
    ///     let saved = note.save_in(&mut transaction).await?;
    ///     saved.commit(transaction).await
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the commit failed, or a statement failed before in a transaction of PostgreSQL: then nothing was written.
    pub async fn commit(self, transaction: impl Into<Transaction>) -> Result<Tagged<T>, Problem> {
        self.committed(transaction.into().commit().await)
    }

    /// The answer, once the transaction is committed.
    ///
    /// PostgreSQL takes `COMMIT` for a `ROLLBACK` where a statement of the transaction failed, and sqlx calls that a
    /// success: hand on each error with `?`, or call [`commit`](Self::commit), which sees it.
    ///
    /// # Errors
    ///
    /// Where the commit failed: then nothing was written.
    pub fn committed<E: Into<Problem>>(self, commit: Result<(), E>) -> Result<Tagged<T>, Problem> {
        match commit {
            Ok(()) => Ok(self.0),
            Err(error) => Err(error.into()),
        }
    }

    /// The value as it will be stored, with its stamps.
    pub fn value(&self) -> &T {
        &self.0
    }
}

/// A deletion in a transaction that is not committed yet.
#[derive(Debug)]
#[must_use = "nothing is deleted before the transaction is committed: answer with `committed(transaction.commit().await)`"]
pub struct PendingDeletion(());

impl PendingDeletion {
    pub(super) fn new() -> Self {
        Self(())
    }

    /// Commits the transaction; 204.
    ///
    /// # Errors
    ///
    /// As [`Pending::commit`]: then nothing was deleted.
    pub async fn commit(self, transaction: impl Into<Transaction>) -> Result<StatusCode, Problem> {
        self.committed(transaction.into().commit().await)
    }

    /// 204, once the transaction is committed; as [`Pending::committed`].
    ///
    /// # Errors
    ///
    /// Where the commit failed: then nothing was deleted.
    pub fn committed<E: Into<Problem>>(self, commit: Result<(), E>) -> Result<StatusCode, Problem> {
        commit.map(|()| StatusCode::NO_CONTENT).map_err(Into::into)
    }
}
