//! Whatever breaks, on SQLite and on PostgreSQL: what was acknowledged is there, of a list that was written no half is
//! there, what was not acknowledged is there whole or not at all, and each tag is true. A failure that passes is a 503
//! that says when to come again, another one a 500 that says nothing of the inside; and when it has passed, the same
//! processes go on.

mod broken_connections;
mod disk;
mod failing_database;
mod killed_database;
mod killed_services;
mod relay;

use tests::{postgres_database, sqlite_file};

/// Runs a test on a SQLite file, and then on PostgreSQL.
async fn on_each_durable_database(test: impl AsyncFn(&str)) {
    let (_folder, file) = sqlite_file();
    test(&file).await;
    if let Some(database) = postgres_database() {
        test(&database).await;
    }
}

/// How often something breaks: more often in a long run.
fn rounds(few: usize) -> usize {
    if std::env::var("ETAG_LONG").is_ok_and(|long| long == "1") { 10 * few } else { few }
}
