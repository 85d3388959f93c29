use crate::{InvalidSelection, Problem, canonical};

/// Why a [`Database`](super::Database) call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The URL names no database that this build can open.
    #[error("can't open the database `{0}`: expected `memory:` or, with the feature `sqlite`, `sqlite:FILE`")]
    Url(String),
    /// A stored document is not what its type can be read from.
    #[error("the document of `{collection}/{key}` can't be read: {error}")]
    Document {
        /// The row's collection.
        collection: &'static str,
        /// The row's key.
        key: String,
        /// What was wrong with it.
        error: String,
    },
    /// A key whose text is not read as the same key, or a value without one.
    #[error("`{key}` can't identify a resource in `{collection}`")]
    Key {
        /// The collection.
        collection: &'static str,
        /// The key's text; empty where the value has none.
        key: String,
    },
    /// A type that can't be stored, for what it flattens or lists.
    #[error("`{collection}` can't be stored: {reason}")]
    Type {
        /// The collection.
        collection: &'static str,
        /// What stands in the way, and the way out.
        reason: &'static str,
    },
    /// A row's columns say other than its document (found by builds with debug assertions).
    #[error("the columns of `{collection}/{key}` differ from its document: {difference}")]
    Mismatch {
        /// The row's collection.
        collection: &'static str,
        /// The row's key.
        key: String,
        /// What differs.
        difference: String,
    },
    /// A list is selected by something that its type has not.
    #[error(transparent)]
    Selection(#[from] InvalidSelection),
    /// The value can't be written.
    #[error(transparent)]
    Canonical(#[from] canonical::Error),
    /// Others kept writing the same row.
    #[error("the row was written by others at each of {0} attempts")]
    Busy(u32),
    /// The table of rows has other columns than this version of the crate writes.
    #[error(
        "the table `etag_rows` was made by another version of etag-core: use that version, or import its documents into \
         a new database"
    )]
    Table,
    /// A transaction of SQLite's for a database in memory.
    #[error("a database in memory has no transactions")]
    Transaction,
    /// SQLite failed.
    #[cfg(feature = "sqlite")]
    #[error(transparent)]
    Sqlite(#[from] sqlx::Error),
}

impl From<DatabaseError> for Problem {
    /// 503 where a retry can help; else 500, with the reason in the log alone.
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Selection(error) => error.into(),
            DatabaseError::Busy(_) => Self::unavailable(error),
            #[cfg(feature = "sqlite")]
            DatabaseError::Sqlite(error) => error.into(),
            error => Self::internal_error(error),
        }
    }
}

#[cfg(feature = "sqlite")]
impl From<sqlx::Error> for Problem {
    /// 503 where the database is busy or out of reach; else 500, with the reason in the log alone.
    fn from(error: sqlx::Error) -> Self {
        if is_passing(&error) { Self::unavailable(error) } else { Self::internal_error(error) }
    }
}

#[cfg(feature = "sqlite")]
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
        // SQLITE_BUSY, LOCKED, IOERR, FULL and CANTOPEN, in the low byte of an extended code.
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13 | 14)),
        _ => false,
    }
}
