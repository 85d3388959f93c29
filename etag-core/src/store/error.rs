use std::time::Duration;

use http::StatusCode;

use crate::{InvalidSelection, Problem, canonical};

/// Why a [`Database`](super::Database) call failed.
///
/// ```
/// use etag_core::{Database, DatabaseError, Problem};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), DatabaseError> {
/// let opened = Database::connect("oracle:").await;
/// assert!(matches!(opened, Err(DatabaseError::Url(_))));
/// // As an answer: a retry may help where the row was busy.
/// assert_eq!(Problem::from(DatabaseError::Busy(64)).status(), 503);
/// assert_eq!(Problem::from(DatabaseError::Table).status(), 500);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The URL names no database that this build can open.
    #[error(
        "can't open the database `{0}`: expected `memory:`, with the feature `sqlite` `sqlite:FILE`, or with the feature `postgres` `postgres://HOST/DATABASE`"
    )]
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
    /// A key that is longer than each of the databases can index.
    #[error("a key in `{collection}` has at most {limit} octets")]
    LongKey {
        /// The collection.
        collection: String,
        /// How many octets the key's text may have.
        limit: usize,
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
    /// The database did not answer; what it was asked to write is written or not.
    #[error("the database did not answer in {} s", .0.as_secs())]
    Unresponsive(Duration),
    /// The table of rows has other columns than this version of the crate writes.
    #[error(
        "the table `etag_rows` was made by another version of etag-core: use that version, or import its documents into \
         a new database"
    )]
    Table,
    /// A transaction of another kind of database than this one.
    #[error("this database has no transactions of that kind")]
    Transaction,
    /// Rows can't be copied into a database that has some.
    #[error("the database has rows already: copy into an empty one")]
    NotEmpty,
    /// A list can't be compared in a transaction of this isolation: it would be as it was when that began.
    #[error("a list is compared in a transaction that is `read committed`, and this one is `{0}`")]
    Isolation(String),
    /// SQLite or PostgreSQL failed.
    #[cfg(feature = "_sqlx")]
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
}

impl From<DatabaseError> for Problem {
    /// 503 where a retry can help; else 500, with the reason in the log alone.
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Selection(error) => error.into(),
            DatabaseError::Busy(_) => Self::unavailable(error),
            DatabaseError::Unresponsive(_) => Self::unanswered(error),
            DatabaseError::LongKey { .. } => {
                Self::from(StatusCode::UNPROCESSABLE_ENTITY).detail(error.to_string())
            }
            #[cfg(feature = "_sqlx")]
            DatabaseError::Sqlx(error) => error.into(),
            error => Self::internal_error(error),
        }
    }
}

#[cfg(feature = "_sqlx")]
impl From<sqlx::Error> for Problem {
    /// 503 where the database is busy or out of reach; else 500, with the reason in the log alone.
    fn from(error: sqlx::Error) -> Self {
        match error {
            error if is_cut_off(&error) => Self::unanswered(error),
            error if is_passing(&error) => Self::unavailable(error),
            error => Self::internal_error(error),
        }
    }
}

/// Whether the answer of the database is missing, and with it what became of a write.
#[cfg(feature = "_sqlx")]
fn is_cut_off(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::WorkerCrashed | sqlx::Error::Io(_) => true,
        // A connection that fails, and a server that is shut down or crashes (PostgreSQL's manual, appendix A). SQLite's
        // codes are decimal numbers.
        sqlx::Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            code.starts_with("08") || ["57P01", "57P02"].contains(&&*code)
        }
        _ => false,
    }
}

#[cfg(feature = "_sqlx")]
fn is_passing(error: &sqlx::Error) -> bool {
    use sqlx::Error;
    match error {
        Error::PoolTimedOut | Error::PoolClosed | Error::Tls(_) => true,
        Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            #[cfg(feature = "postgres")]
            if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                return is_passing_state(&code);
            }
            // SQLite's BUSY, LOCKED, IOERR, FULL and CANTOPEN.
            sqlite_code(&code).is_some_and(|code| matches!(code, 5 | 6 | 10 | 13 | 14))
        }
        _ => false,
    }
}

/// SQLite's primary result code: the low byte of an extended one.
#[cfg(feature = "_sqlx")]
pub(super) fn sqlite_code(code: &str) -> Option<u32> {
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

/// Of PostgreSQL (its manual's appendix A): a conflict with other transactions, the server's resources, an operator who
/// stepped in, the system, a standby that takes no writes, and a lock that did not come in time.
#[cfg(feature = "postgres")]
fn is_passing_state(state: &str) -> bool {
    let classes = ["40", "53", "57", "58"];
    classes.iter().any(|class| state.starts_with(class)) || ["25006", "55P03"].contains(&state)
}
