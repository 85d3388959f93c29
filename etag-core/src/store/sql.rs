//! What the databases of sqlx have in common: the statements of lists, and how a row is read.

use sqlx::{ColumnIndex, Decode, Type};

use super::DatabaseError;
use super::lists::{Foreign, Found, Page, Scope};
use super::rows::{Columns, Row, Seen};
use crate::Timestamp;
use crate::selection::{Column, Resolved, Scalar};

/// Where the databases differ.
pub(super) trait Dialect {
    /// The member at that place, in a form whose order is that of [`Scalar`].
    fn member(index: usize) -> String;

    /// Whether a column is among the texts of a parameter.
    fn is_among(column: &str, parameter: &str) -> String;

    /// What is kept of a whole collection, as one text.
    const COLLECTION: &'static str;
}

/// A statement whose values are bound: nothing that was sent is part of its text.
#[derive(Default)]
pub(super) struct Statement {
    pub(super) text: String,
    pub(super) values: Vec<Bound>,
}

/// The value of a parameter.
pub(super) enum Bound {
    Integer(i64),
    Text(String),
    Texts(Vec<String>),
    Member(Scalar),
}

impl Statement {
    /// A page of a list: of one moment, with the number of all items.
    ///
    /// The page comes first, from the columns; then the documents of its rows, where they are wanted.
    ///
    /// ```sql
    /// SELECT (… another shape …) AS is_foreign, (SELECT count(*) FROM etag_rows WHERE …) AS total, page.*, …document
    /// FROM (SELECT 1) AS once
    /// LEFT JOIN (SELECT key, …columns, …sort keys FROM etag_rows WHERE … ORDER BY … LIMIT … OFFSET …) AS page ON TRUE
    /// LEFT JOIN etag_rows AS whole ON whole.collection = … AND whole.key = page.key
    /// ORDER BY …
    /// ```
    pub(super) fn select<D: Dialect>(scope: &Scope, selection: &Resolved, documents: bool) -> Self {
        let mut sql = Self::default();
        sql.push("SELECT ");
        match selection.knows_members() {
            true => sql.push_foreign(scope),
            false => sql.push("FALSE"),
        }
        sql.push(" AS is_foreign, (SELECT count(*) FROM etag_rows");
        sql.push_where::<D>(scope, selection);
        sql.push(") AS total");
        if scope.collection_tag {
            let collection = sql.bind(Bound::Text(scope.collection.to_owned()));
            sql.push(&format!(", ({} {collection}) AS collection_state", D::COLLECTION));
        }
        sql.push(", page.*");
        sql.push(if documents { ", whole.content, whole.document" } else { NO_DOCUMENT });
        sql.push(" FROM (SELECT 1) AS once LEFT JOIN (SELECT key, modified, alone, state, shape, exact");
        for (index, (column, _)) in selection.sort.iter().enumerate() {
            sql.push(&format!(", {} AS sort_{index}", name_of::<D>(*column)));
        }
        sql.push(" FROM etag_rows");
        sql.push_where::<D>(scope, selection);
        sql.push_order(selection, "key");
        let (limit, offset) = (integer(selection.limit), integer(selection.offset));
        let (limit, offset) = (sql.bind(Bound::Integer(limit)), sql.bind(Bound::Integer(offset)));
        sql.push(&format!(" LIMIT {limit} OFFSET {offset}) AS page ON TRUE"));
        if documents {
            let collection = sql.bind(Bound::Text(scope.collection.to_owned()));
            sql.push(" LEFT JOIN etag_rows AS whole ON whole.key = page.key AND whole.collection = ");
            sql.push(&collection);
        }
        sql.push_order(selection, "page.key");
        sql
    }

    /// Those of these rows that are there.
    pub(super) fn find<D: Dialect>(scope: &Scope, keys: &[String], documents: bool) -> Self {
        let mut sql = Self::default();
        sql.push("SELECT key, modified, alone, state, shape, exact");
        sql.push(if documents { ", content, document" } else { NO_DOCUMENT });
        sql.push(" FROM etag_rows");
        sql.push_scope(scope);
        let keys = sql.bind(Bound::Texts(keys.to_vec()));
        sql.push(&format!(" AND {}", D::is_among("key", &keys)));
        sql
    }

    /// Rows that another shape made: what is before the scope's own shape in the index, and what is behind it. Its rows
    /// are not walked through.
    ///
    /// Each range of the index has one bound: of two, SQLite takes the one that walks through what was there before.
    pub(super) fn foreign(scope: &Scope, after: &Foreign, limit: u32) -> Self {
        let is_behind = after.shape.as_str() > scope.shape;
        let text = if is_behind { FOREIGN_BEHIND } else { FOREIGN };
        let texts = [scope.collection, scope.shape, &after.shape, &after.key];
        let mut values: Vec<Bound> = texts.iter().map(|text| Bound::Text((*text).to_owned())).collect();
        values.push(Bound::Integer(limit.into()));
        Self { text: text.to_owned(), values }
    }

    /// Whether another shape made one of the rows: the first and the last of the index tell.
    fn push_foreign(&mut self, scope: &Scope) {
        for (compare, or) in [("<", " OR "), (">", "")] {
            self.push("EXISTS (SELECT 1 FROM etag_rows");
            self.push_scope(scope);
            let shape = self.bind(Bound::Text(scope.shape.to_owned()));
            self.push(&format!(" AND shape {compare} {shape}){or}"));
        }
    }

    fn push_scope(&mut self, scope: &Scope) {
        let collection = self.bind(Bound::Text(scope.collection.to_owned()));
        // Both forms: of SQLite's indexes one is partial by the first, the other is searched by the second.
        self.push(&format!(" WHERE NOT deleted AND deleted = FALSE AND collection = {collection}"));
        if let Some(after) = after(&scope.prefix) {
            let (from, to) = (self.bind(Bound::Text(scope.prefix.clone())), self.bind(Bound::Text(after)));
            self.push(&format!(" AND key >= {from} AND key < {to}"));
        }
    }

    fn push_where<D: Dialect>(&mut self, scope: &Scope, selection: &Resolved) {
        self.push_scope(scope);
        for (column, values) in &selection.filters {
            let name = name_of::<D>(*column);
            let mut equals = Vec::new();
            for value in values {
                equals.push(match (value, column) {
                    (Scalar::Null, _) => format!("{name} IS NULL"),
                    (Scalar::Integer(time), Column::Modified) => {
                        format!("{name} = {}", self.bind(Bound::Integer(*time)))
                    }
                    (value, _) => format!("{name} = {}", self.bind(Bound::Member(value.clone()))),
                });
            }
            self.push(&format!(" AND ({})", equals.join(" OR ")));
        }
    }

    fn push_order(&mut self, selection: &Resolved, key: &str) {
        self.push(" ORDER BY ");
        for (index, (_, descends)) in selection.sort.iter().enumerate() {
            let direction = if *descends { "DESC NULLS LAST" } else { "ASC NULLS FIRST" };
            self.push(&format!("sort_{index} {direction}, "));
        }
        self.push(key);
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The name of a parameter with that value.
    fn bind(&mut self, value: Bound) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }
}

const FOREIGN: &str = "SELECT * FROM (
        SELECT shape, key FROM etag_rows
        WHERE collection = $1 AND NOT deleted AND shape < $2 AND (shape, key) > ($3, $4)
        ORDER BY shape, key LIMIT $5
    ) AS before UNION ALL SELECT * FROM (
        SELECT shape, key FROM etag_rows
        WHERE collection = $1 AND NOT deleted AND shape > $2
        ORDER BY shape, key LIMIT $5
    ) AS behind ORDER BY shape, key LIMIT $5";

/// The same where `($3, $4)` is behind the own shape already.
const FOREIGN_BEHIND: &str = "SELECT shape, key FROM etag_rows
    WHERE collection = $1 AND NOT deleted AND $2 < $3 AND (shape, key) > ($3, $4)
    ORDER BY shape, key LIMIT $5";

/// In place of what only a document's reader needs.
const NO_DOCUMENT: &str = ", '' AS content, NULL AS document";

/// The place of a member is a number of ours.
fn name_of<D: Dialect>(column: Column) -> String {
    match column {
        Column::Modified => "modified".to_owned(),
        Column::Member(index) => D::member(index),
    }
}

fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The first text behind those that begin with a prefix, which ends in a slash; `None` where there is no prefix.
pub(super) fn after(prefix: &str) -> Option<String> {
    // What follows `/` among the characters.
    prefix.strip_suffix('/').map(|parent| format!("{parent}0"))
}

/// The types that a row is made of, as a database of sqlx's reads them.
pub(super) trait Readable: sqlx::Row {
    fn boolean(&self, column: &str) -> sqlx::Result<bool>;
    fn integer(&self, column: &str) -> sqlx::Result<i64>;
    fn text(&self, column: &str) -> sqlx::Result<Option<String>>;
    fn bytes(&self, column: &str) -> sqlx::Result<Option<Vec<u8>>>;
}

impl<R> Readable for R
where
    R: sqlx::Row,
    for<'i> &'i str: ColumnIndex<R>,
    for<'r> bool: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Option<Vec<u8>>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn boolean(&self, column: &str) -> sqlx::Result<bool> {
        self.try_get(column)
    }

    fn integer(&self, column: &str) -> sqlx::Result<i64> {
        self.try_get(column)
    }

    fn text(&self, column: &str) -> sqlx::Result<Option<String>> {
        self.try_get(column)
    }

    fn bytes(&self, column: &str) -> sqlx::Result<Option<Vec<u8>>> {
        self.try_get(column)
    }
}

/// The columns of a row, which is deleted or not.
pub(super) fn columns(row: &impl Readable, deleted: bool) -> Result<Columns, DatabaseError> {
    let text = |column| Ok::<_, sqlx::Error>(row.text(column)?.unwrap_or_default());
    Ok(Columns {
        deleted,
        state: text("state")?,
        content: text("content")?,
        modified: Timestamp::from_microseconds(row.integer("modified")?),
        alone: row.boolean("alone")?,
        shape: text("shape")?,
        exact: row.boolean("exact")?,
    })
}

pub(super) fn whole(row: &impl Readable) -> Result<Row, DatabaseError> {
    let columns = columns(row, row.boolean("deleted")?)?;
    Ok(Row { columns, document: row.bytes("document")?.unwrap_or_default() })
}

pub(super) fn seen(row: &impl Readable) -> Result<Seen, DatabaseError> {
    Ok(Seen { columns: columns(row, row.boolean("deleted")?)?, document: row.bytes("document")? })
}

/// What [`Statement::foreign`] finds.
pub(super) fn foreign(rows: &[impl Readable]) -> Result<Vec<Foreign>, DatabaseError> {
    let foreign = |row: &_| {
        let text = |column| Ok::<_, sqlx::Error>(Readable::text(row, column)?.unwrap_or_default());
        Ok(Foreign { shape: text("shape")?, key: text("key")? })
    };
    rows.iter().map(foreign).collect()
}

/// The page that [`Statement::select`] finds; `None` where members are selected by, and another shape made a row.
pub(super) fn page(scope: &Scope, rows: &[impl Readable]) -> Result<Option<Page>, DatabaseError> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    if first.boolean("is_foreign")? {
        return Ok(None);
    }
    let total = first.integer("total")?.unsigned_abs();
    let collection = if scope.collection_tag { first.text("collection_state")? } else { None };
    Ok(Some(Page { rows: found(rows)?, total, collection }))
}

/// The rows that were found: an empty page is joined to one that has no key.
pub(super) fn found(rows: &[impl Readable]) -> Result<Vec<Found>, DatabaseError> {
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(key) = row.text("key")? {
            all.push(Found { key, columns: columns(row, false)?, document: row.bytes("document")? });
        }
    }
    Ok(all)
}
