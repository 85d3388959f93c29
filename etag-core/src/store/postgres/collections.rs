//! What is kept of whole collections: when a row of theirs was last changed.
//!
//! A trigger writes it at the end of each transaction that changes a row, whoever wrote: so what others see of the row,
//! they see of this as well, and a transaction holds it only while it is committed. Stamps in sixteen shards keep
//! writers from waiting for one another. A transaction waits for no lock while it holds a shard, so that there is no circle.

use sqlx::{Connection as _, PgConnection};

use crate::store::DatabaseError;

/// Begins to keep a collection. Writers of the table are waited for: what they have changed is older.
pub(super) async fn keep(connection: &mut PgConnection, collection: &str) -> Result<(), DatabaseError> {
    let mut transaction = connection.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('etag_rows'))").execute(&mut *transaction).await?;
    sqlx::query(FUNCTION).execute(&mut *transaction).await?;
    let triggers = sqlx::query_scalar(TRIGGERS).bind(collection);
    let triggers: Vec<String> = triggers.fetch_all(&mut *transaction).await?;
    for trigger in triggers {
        sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(&mut *transaction).await?;
    }
    let shards = sqlx::query(
        "INSERT INTO etag_collections (collection, shard, changed)
        SELECT $1, shard, (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT FROM generate_series(0, 15) AS shard
        ON CONFLICT DO NOTHING",
    );
    shards.bind(collection).execute(&mut *transaction).await?;
    Ok(transaction.commit().await?)
}

pub(super) const TABLE: &str = r#"CREATE TABLE IF NOT EXISTS etag_collections (
    collection TEXT COLLATE "C" NOT NULL,
    shard SMALLINT NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (collection, shard)
) WITH (fillfactor = 50)"#;

/// Once in a transaction is enough: nobody sees its stamp before it ends.
const FUNCTION: &str =
    "CREATE OR REPLACE FUNCTION etag_collection_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE etag_collections
        SET changed = greatest(changed + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT)
        WHERE collection = TG_ARGV[0] AND shard = pg_backend_pid() & 15 AND xmin <> pg_current_xact_id()::xid;
        RETURN NULL;
    END
    $$";

/// The statements that make the collection's triggers, where they are not there.
const TRIGGERS: &str = "SELECT format(
        'CREATE CONSTRAINT TRIGGER %I AFTER %s ON etag_rows DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (%s.collection = %L) EXECUTE FUNCTION etag_collection_changed(%L)',
        name, event, affected, $1, $1
    )
    FROM (VALUES ('INSERT OR UPDATE', 'NEW', 'written'), ('DELETE', 'OLD', 'deleted')) AS kinds (event, affected, kind),
        LATERAL (SELECT 'etag_rows_' || kind || '_' || md5($1)) AS names (name)
    WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'etag_rows'::REGCLASS AND tgname = name)";
