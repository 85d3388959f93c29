//! The SQL statements that a request takes, as sqlx logs them.

use std::sync::{Mutex, Once};

use sqlx::{Database, Executor, IntoArguments, Pool};
use tracing::field::{Field, Visit};
use tracing::{Event, Instrument, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// What comes of a future, and the statements that it ran over the pool's one connection.
pub async fn statements_of<F: Future, DB: Database>(pool: &Pool<DB>, future: F) -> (F::Output, Vec<String>)
where
    DB::Arguments: IntoArguments<DB>,
    for<'p> &'p Pool<DB>: Executor<'p, Database = DB>,
{
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Statements);
        tracing::subscriber::set_global_default(subscriber).expect("no test has another subscriber");
    });
    let span = tracing::info_span!("request");
    let output = future.instrument(span.clone()).await;
    // A connection logs a statement after its last row: the next one begins when that is done.
    sqlx::query("SELECT 1").execute(pool).await.expect("the connection is free");
    let id = span.id().expect("the span is recorded");
    let mut statements = STATEMENTS.lock().expect("no test panics with the lock");
    (output, statements.extract_if(.., |(span, _)| *span == id).map(|(_, sql)| sql).collect())
}

/// The first word of each statement.
pub fn verbs(statements: &[String]) -> Vec<&str> {
    statements.iter().filter_map(|sql| sql.split_whitespace().next()).collect()
}

/// Keeps the statements that run in a span.
struct Statements;

/// Each statement, after the span in which it ran.
static STATEMENTS: Mutex<Vec<(tracing::Id, String)>> = Mutex::new(Vec::new());

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event).filter(|_| event.metadata().target() == "sqlx::query")
        else {
            return;
        };
        let mut sql = Sql::default();
        event.record(&mut sql);
        STATEMENTS.lock().expect("no test panics with the lock").push((span.id(), sql.0));
    }
}

/// The statement of an event: its field `db.statement`, or `summary` where that has all of it.
#[derive(Default)]
struct Sql(String);

impl Visit for Sql {
    fn record_str(&mut self, field: &Field, text: &str) {
        let is_longer = text.len() > self.0.len();
        if ["db.statement", "summary"].contains(&field.name()) && is_longer {
            text.trim().clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
