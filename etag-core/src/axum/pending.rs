use http::StatusCode;

use super::Tagged;
use crate::{Problem, Versioned};

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

    /// The answer, once the transaction is committed.
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

    /// 204, once the transaction is committed.
    ///
    /// # Errors
    ///
    /// Where the commit failed: then nothing was deleted.
    pub fn committed<E: Into<Problem>>(self, commit: Result<(), E>) -> Result<StatusCode, Problem> {
        commit.map(|()| StatusCode::NO_CONTENT).map_err(Into::into)
    }
}
