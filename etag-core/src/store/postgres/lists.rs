//! Lists of rows: each call is one statement, so one moment.

use sqlx::{PgConnection, Postgres};

use super::collections;
use crate::selection::Resolved;
use crate::store::DatabaseError;
use crate::store::lists::{Foreign, Found, Lists, Page, Scope};
use crate::store::sql::{Bound, Dialect, Statement, foreign, found, page};

impl Dialect for Postgres {
    fn member(index: usize) -> String {
        format!("members[{}]", index + 1)
    }

    fn is_among(column: &str, parameter: &str) -> String {
        format!("{column} = ANY({parameter})")
    }

    const COLLECTION: &'static str = "SELECT string_agg(shard || ' ' || changed, ',' ORDER BY shard) FROM etag_collections WHERE collection =";
}

impl Lists for PgConnection {
    async fn select(
        &mut self,
        scope: &Scope,
        selection: &Resolved,
        documents: bool,
    ) -> Result<Option<Page>, DatabaseError> {
        let statement = Statement::select::<Postgres>(scope, selection, documents);
        page(scope, &bound(&statement).fetch_all(self).await?)
    }

    async fn find(
        &mut self,
        scope: &Scope,
        keys: &[String],
        documents: bool,
    ) -> Result<Vec<Found>, DatabaseError> {
        let statement = Statement::find::<Postgres>(scope, keys, documents);
        found(&bound(&statement).fetch_all(self).await?)
    }

    async fn collection(&mut self, scope: &Scope) -> Result<String, DatabaseError> {
        let kept = async |connection: &mut Self| {
            let statement = sqlx::AssertSqlSafe(format!("{} $1", Postgres::COLLECTION));
            let kept: Option<String> =
                sqlx::query_scalar(statement).bind(scope.collection).fetch_one(connection).await?;
            Ok::<_, DatabaseError>(kept)
        };
        if let Some(kept) = kept(&mut *self).await? {
            return Ok(kept);
        }
        collections::keep(&mut *self, scope.collection).await?;
        Ok(kept(self).await?.unwrap_or_default())
    }

    async fn foreign(
        &mut self,
        scope: &Scope,
        after: &Foreign,
        limit: u32,
    ) -> Result<Vec<Foreign>, DatabaseError> {
        foreign(&bound(&Statement::foreign(scope, after, limit)).fetch_all(self).await?)
    }

    /// A lock of the table, which conflicts with that of each write: others wait from here to the transaction's end.
    async fn hold(&mut self) -> Result<(), DatabaseError> {
        let isolation: String =
            sqlx::query_scalar("SHOW transaction_isolation").fetch_one(&mut *self).await?;
        // What is compared must be as it is now, and not as it was when the transaction began.
        if isolation != "read committed" && isolation != "read uncommitted" {
            return Err(DatabaseError::Isolation(isolation));
        }
        sqlx::query("LOCK TABLE etag_rows IN SHARE ROW EXCLUSIVE MODE").execute(self).await?;
        Ok(())
    }
}

fn bound(statement: &Statement) -> super::Query<'_> {
    let query = sqlx::query(sqlx::AssertSqlSafe(statement.text.as_str()));
    statement.values.iter().fold(query, |query, value| match value {
        Bound::Integer(integer) => query.bind(integer),
        Bound::Text(text) => query.bind(text),
        Bound::Texts(texts) => query.bind(texts),
        Bound::Member(member) => query.bind(member.to_bytes()),
    })
}
