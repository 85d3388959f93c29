//! Lists of rows: each call is one statement, so one moment.

use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _, Sqlite, SqliteConnection};

use super::{after, columns};
use crate::selection::{Column, Resolved, Scalar};
use crate::store::DatabaseError;
use crate::store::lists::{Found, Lists, Page, Scope};

impl Lists for SqliteConnection {
    /// The page comes first, from the columns: then the documents of its rows.
    ///
    /// ```sql
    /// SELECT (… another shape …) AS is_foreign, (SELECT count(*) FROM etag_rows WHERE …) AS total, page.*, …document
    /// FROM (SELECT 1)
    /// LEFT JOIN (SELECT key, …columns, …sort keys FROM etag_rows WHERE … ORDER BY … LIMIT … OFFSET …) AS page
    /// LEFT JOIN etag_rows AS whole ON whole.collection = … AND whole.key = page.key
    /// ORDER BY …
    /// ```
    async fn select(
        &mut self,
        scope: &Scope,
        selection: &Resolved,
        documents: bool,
    ) -> Result<Option<Page>, DatabaseError> {
        let mut sql = QueryBuilder::<Sqlite>::new("SELECT ");
        match selection.knows_members() {
            true => push_foreign(&mut sql, scope),
            false => drop(sql.push("FALSE")),
        }
        sql.push(" AS is_foreign, (SELECT count(*) FROM etag_rows");
        push_where(&mut sql, scope, selection);
        sql.push(") AS total, page.*");
        push_document(&mut sql, "page", scope, documents);
        sql.push(
            " FROM (SELECT 1) LEFT JOIN (SELECT key, deleted, modified, alone, state, content, shape, exact",
        );
        for (index, (column, _)) in selection.sort.iter().enumerate() {
            sql.push(", ");
            push_column(&mut sql, *column);
            sql.push(format_args!(" AS sort_{index}"));
        }
        sql.push(" FROM etag_rows");
        push_where(&mut sql, scope, selection);
        push_order(&mut sql, selection);
        sql.push(" LIMIT ").push_bind(integer(selection.limit));
        sql.push(" OFFSET ").push_bind(integer(selection.offset));
        sql.push(
            ") AS page ON TRUE LEFT JOIN etag_rows AS whole ON whole.key = page.key AND whole.collection = ",
        );
        sql.push_bind(scope.collection);
        push_order(&mut sql, selection);
        let rows = sql.build().fetch_all(self).await?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        if first.try_get("is_foreign")? {
            return Ok(None);
        }
        let total: i64 = first.try_get("total")?;
        let rows = rows.iter().filter_map(|row| found(row).transpose());
        Ok(Some(Page { rows: rows.collect::<Result<_, _>>()?, total: total.unsigned_abs() }))
    }

    async fn find(
        &mut self,
        scope: &Scope,
        keys: &[String],
        documents: bool,
    ) -> Result<Vec<Found>, DatabaseError> {
        let mut sql =
            QueryBuilder::<Sqlite>::new("SELECT key, deleted, modified, alone, state, content, shape, exact");
        push_document(&mut sql, "whole", scope, documents);
        sql.push(" FROM etag_rows AS whole WHERE NOT deleted AND collection = ").push_bind(scope.collection);
        let keys = serde_json::Value::from(keys.to_vec()).to_string();
        sql.push(" AND key IN (SELECT value FROM json_each(").push_bind(keys).push("))");
        let rows = sql.build().fetch_all(self).await?;
        rows.iter().filter_map(|row| found(row).transpose()).collect()
    }

    async fn foreign(&mut self, scope: &Scope, limit: u32) -> Result<Vec<String>, DatabaseError> {
        let keys = sqlx::query_scalar(
            "SELECT key FROM etag_rows
            WHERE collection = ?1 AND NOT deleted AND (shape < ?2 OR shape > ?2) LIMIT ?3",
        );
        Ok(keys.bind(scope.collection).bind(scope.shape).bind(limit).fetch_all(self).await?)
    }
}

/// Whether another shape made one of the rows: the first and the last of the index tell.
fn push_foreign(sql: &mut QueryBuilder<Sqlite>, scope: &Scope) {
    for (compare, or) in [("<", " OR "), (">", "")] {
        sql.push("EXISTS (SELECT 1 FROM etag_rows");
        push_scope(sql, scope);
        sql.push(format_args!(" AND shape {compare} ")).push_bind(scope.shape).push(")").push(or);
    }
}

fn push_scope(sql: &mut QueryBuilder<Sqlite>, scope: &Scope) {
    sql.push(" WHERE NOT deleted AND collection = ").push_bind(scope.collection);
    if let Some(after) = after(&scope.prefix) {
        sql.push(" AND key >= ").push_bind(scope.prefix.clone());
        sql.push(" AND key < ").push_bind(after);
    }
}

fn push_where(sql: &mut QueryBuilder<Sqlite>, scope: &Scope, selection: &Resolved) {
    push_scope(sql, scope);
    for (column, values) in &selection.filters {
        sql.push(" AND (");
        for (index, value) in values.iter().enumerate() {
            sql.push(if index == 0 { "" } else { " OR " });
            push_column(sql, *column);
            match value {
                Scalar::Null => drop(sql.push(" IS NULL")),
                Scalar::Integer(integer) => drop(sql.push(" = ").push_bind(*integer)),
                Scalar::Text(text) => drop(sql.push(" = ").push_bind(text.clone())),
            }
        }
        sql.push(")");
    }
}

fn push_order(sql: &mut QueryBuilder<Sqlite>, selection: &Resolved) {
    sql.push(" ORDER BY ");
    for (index, (_, descends)) in selection.sort.iter().enumerate() {
        let direction = if *descends { " DESC" } else { "" };
        sql.push(format_args!("sort_{index}{direction}, "));
    }
    sql.push("key");
}

/// The place of a member is a number of ours: nothing that was sent is part of a statement's text.
fn push_column(sql: &mut QueryBuilder<Sqlite>, column: Column) {
    match column {
        Column::Modified => sql.push("modified"),
        Column::Member(index) => sql.push(format_args!("json_extract(members, '$[{index}]')")),
    };
}

fn push_document(sql: &mut QueryBuilder<Sqlite>, columns: &str, scope: &Scope, documents: bool) {
    sql.push(", CASE WHEN ").push_bind(documents);
    sql.push(format_args!(" OR NOT {columns}.exact OR {columns}.shape <> ")).push_bind(scope.shape);
    sql.push(" THEN whole.document END AS document");
}

fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// `None` where the page is empty: it is joined to a row in any case.
fn found(row: &SqliteRow) -> Result<Option<Found>, DatabaseError> {
    let Some(key) = row.try_get("key")? else {
        return Ok(None);
    };
    Ok(Some(Found { key, columns: columns(row)?, document: row.try_get("document")? }))
}
