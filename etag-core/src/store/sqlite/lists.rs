//! Lists of rows: each call is one statement, so one moment.

use sqlx::{Sqlite, SqliteConnection};

use crate::Timestamp;
use crate::selection::{Resolved, Scalar};
use crate::store::DatabaseError;
use crate::store::lists::{Foreign, Found, Lists, Page, Scope};
use crate::store::sql::{Bound, Dialect, Statement, foreign, found, page};

impl Dialect for Sqlite {
    fn member(index: usize) -> String {
        format!("json_extract(members, '$[{index}]')")
    }

    fn is_among(column: &str, parameter: &str) -> String {
        format!("{column} IN (SELECT value FROM json_each({parameter}))")
    }

    const COLLECTION: &'static str = "SELECT CAST(changed AS TEXT) FROM etag_collections WHERE collection =";
}

impl Lists for SqliteConnection {
    async fn select(
        &mut self,
        scope: &Scope,
        selection: &Resolved,
        documents: bool,
    ) -> Result<Option<Page>, DatabaseError> {
        let statement = Statement::select::<Sqlite>(scope, selection, documents);
        page(scope, &bound(&statement).fetch_all(self).await?)
    }

    async fn find(
        &mut self,
        scope: &Scope,
        keys: &[String],
        documents: bool,
    ) -> Result<Vec<Found>, DatabaseError> {
        let statement = Statement::find::<Sqlite>(scope, keys, documents);
        found(&bound(&statement).fetch_all(self).await?)
    }

    async fn collection(&mut self, scope: &Scope) -> Result<String, DatabaseError> {
        let kept = || {
            let statement = sqlx::AssertSqlSafe(format!("{} $1", Sqlite::COLLECTION));
            sqlx::query_scalar(statement).bind(scope.collection)
        };
        if let Some(kept) = kept().fetch_optional(&mut *self).await? {
            return Ok(kept);
        }
        let begin = sqlx::query(
            "INSERT INTO etag_collections (collection, changed) VALUES ($1, $2) ON CONFLICT (collection) DO NOTHING",
        );
        begin.bind(scope.collection).bind(Timestamp::now().as_microseconds()).execute(&mut *self).await?;
        Ok(kept().fetch_one(self).await?)
    }

    async fn foreign(
        &mut self,
        scope: &Scope,
        after: &Foreign,
        limit: u32,
    ) -> Result<Vec<Foreign>, DatabaseError> {
        foreign(&bound(&Statement::foreign(scope, after, limit)).fetch_all(self).await?)
    }
}

fn bound(statement: &Statement) -> super::Query<'_> {
    let query = sqlx::query(sqlx::AssertSqlSafe(statement.text.as_str()));
    statement.values.iter().fold(query, |query, value| match value {
        Bound::Integer(integer) | Bound::Member(Scalar::Integer(integer)) => query.bind(integer),
        Bound::Text(text) | Bound::Member(Scalar::Text(text)) => query.bind(text),
        Bound::Texts(texts) => query.bind(serde_json::Value::from(texts.clone()).to_string()),
        Bound::Member(Scalar::Null) => query.bind(None::<i64>),
    })
}
