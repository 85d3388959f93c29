//! The versions of lists, and what is read for them.

use super::*;

async fn the_selected_version_is_the_answers<T>(database: &Database)
where
    T: Resource<Store = Database, Policy = Anyone, Key = u64> + DeserializeOwned,
{
    let router = routes::<T>().with_state(database.clone());
    let uri = format!("/{}", T::COLLECTION);
    for (id, text) in [(9, "b"), (10, "a"), (11, "c"), (12, "b")] {
        put(&router, &format!("{uri}/{id}"), text).await;
    }
    for query in ["", "sort=text", "sort=-text&limit=2&offset=1", "text=b", "text=none", "limit=0"] {
        let answer = show(&router, &format!("{uri}?{query}")).await;
        let selection = Selection::parse::<T>(query).unwrap();
        let selected: Selected<T> = database.select(&[], &selection).await.unwrap();
        let (values, loaded) = Select::<T, _>::load_selected(database, &[], &selection).await.unwrap();
        for selected in [&selected, &loaded] {
            let validators = selected.validators();
            assert_eq!(validators.etag.unwrap().to_string(), answer.header("etag"), "{uri}?{query}");
            assert_eq!((validators.last_modified, answer.header("last-modified")), (None, ""));
            assert_eq!(selected.total().to_string(), answer.header("x-total-count"));
            assert_eq!(selected.state().to_string(), parts_of(answer.header("etag")).0);
        }
        assert_eq!((selected.items(), values.len()), (loaded.items(), selected.items().len()));
        let (mut bodies, mut states, mut variants) = (Vec::new(), String::new(), String::new());
        for (key, version) in selected.items() {
            assert_eq!(Store::<T>::version(database, key).await.unwrap(), Some(*version));
            let alone = show(&router, &format!("{uri}/{key}")).await;
            let (state, variant) = parts_of(alone.header("etag"));
            states += &format!("[\"{key}\"] {state}\n");
            variants += &format!("{}\n", variant.unwrap_or_default());
            bodies.push(alone.body);
        }
        assert_eq!(answer.body, [b"[", &*bodies.join(&b","[..]), b"]"].concat(), "{uri}?{query}");
        let expected = match variants.trim() {
            "" => format!("\"{}\"", sha_256(&states)),
            _ => format!("\"{}.{}\"", sha_256(&states), sha_256(&variants)),
        };
        assert_eq!(answer.header("etag"), expected, "{uri}?{query}");
    }
}

/// Runs a generic check for each kind of tag.
macro_rules! for_each_kind {
    ($check:ident) => {
        on_each_database(async |database| {
            $check::<Note>(&database).await;
            $check::<Shown>(&database).await;
            $check::<Second>(&database).await;
            $check::<Dated>(&database).await;
            $check::<Counted>(&database).await;
            $check::<Silent>(&database).await;
            $check::<Timed>(&database).await;
        })
        .await
    };
}

#[tokio::test]
async fn the_version_of_what_is_selected_is_that_of_the_answer() {
    for_each_kind!(the_selected_version_is_the_answers);
}

async fn the_tag_is_that_of_exactly_this_page<T>(database: &Database)
where
    T: Resource<Store = Database, Policy = Anyone, Key = u64> + DeserializeOwned,
{
    let router = routes::<T>().with_state(database.clone());
    let uri = format!("/{}", T::COLLECTION);
    for (id, text) in [(1, "a"), (2, "b"), (3, "b"), (4, "a")] {
        put(&router, &format!("{uri}/{id}"), text).await;
    }
    let by_filter = show(&router, &format!("{uri}?text=b")).await;
    let by_page = show(&router, &format!("{uri}?offset=1&limit=2")).await;
    let reversed = show(&router, &format!("{uri}?text=b&sort=-id")).await;
    assert_eq!(by_filter.header("etag"), by_page.header("etag"), "the same items in the same order");
    assert_ne!(by_filter.header("x-total-count"), by_page.header("x-total-count"));
    assert_ne!(by_filter.header("etag"), reversed.header("etag"));
    let page = format!("{uri}?text=b&limit=2");
    for method in ["GET", "HEAD"] {
        let again = [("if-none-match", by_filter.header("etag"))];
        let not_modified = call(&router, method, &page, &again, "").await;
        assert_eq!((not_modified.status, not_modified.header("etag")), (304, by_filter.header("etag")));
        assert_eq!((not_modified.header("x-total-count"), not_modified.body.len()), ("2", 0));
    }
    let head = call(&router, "HEAD", &page, &[], "").await;
    assert_eq!((head.headers, head.body.len()), (show(&router, &page).await.headers, 0));

    // What is behind the page moves the total alone.
    put(&router, &format!("{uri}/5"), "b").await;
    let longer = show_if(&router, &page, by_filter.header("etag")).await;
    assert_eq!((longer.status, longer.header("x-total-count")), (304, "3"));
    assert!(longer.header("link").contains("rel=\"next\""), "{:?}", longer.headers);

    for (id, text) in [(2, "changed"), (2, "b"), (0, "b")] {
        let before = show(&router, &page).await;
        put(&router, &format!("{uri}/{id}"), text).await;
        let after = show_if(&router, &page, before.header("etag")).await;
        assert_eq!(after.status, 200, "{page}: {id} is now `{text}`");
    }
    let before = show(&router, &page).await;
    assert_eq!(ids(&before), [0, 2]);
    let gone = call(&router, "DELETE", &format!("{uri}/0"), &[("if-match", "*")], "").await;
    assert_eq!(gone.status, 204);
    let after = show_if(&router, &page, before.header("etag")).await;
    assert_eq!((after.status, ids(&after)), (200, vec![json!(2), json!(3)]));
}

#[tokio::test]
async fn a_page_is_304_until_what_is_on_it_changes() {
    for_each_kind!(the_tag_is_that_of_exactly_this_page);
}

/// Makes the documents unreadable, of all rows or of one key.
async fn break_documents(pool: &SqlitePool, collection: &str, key: &str) -> u64 {
    let broken = sqlx::query("UPDATE etag_rows SET document = x'00' WHERE collection = ? AND key LIKE ?");
    broken.bind(collection).bind(key).execute(pool).await.unwrap().rows_affected()
}

#[tokio::test]
async fn a_304_of_a_list_needs_no_document() {
    let (_folder, url) = sqlite_file();
    let database = Database::connect(&url).await.unwrap();
    let router = routes::<Timed>().merge(routes::<Shown>()).with_state(database.clone());
    for collection in ["timed", "shown"] {
        let mut seen = Vec::new();
        for (id, text) in [(1, "a"), (2, "b"), (3, "a")] {
            put(&router, &format!("/{collection}/{id}"), text).await;
        }
        for query in ["", "?text=a&sort=-text", "?limit=1&offset=1&sort=id", "?text=none", "?limit=0"] {
            let uri = format!("/{collection}{query}");
            let tag = show(&router, &uri).await.header("etag").to_owned();
            seen.push((uri, tag));
        }
        assert_eq!(break_documents(database.pool::<sqlx::Sqlite>().unwrap(), collection, "%").await, 3);
        for (uri, tag) in &seen {
            let if_none_match = [("if-none-match", tag.as_str())];
            let (get, head) = (
                call(&router, "GET", uri, &if_none_match, "").await,
                call(&router, "HEAD", uri, &if_none_match, "").await,
            );
            assert_eq!((get.status, get.header("etag"), head), (304, tag.as_str(), get.clone()), "{uri}");
            let is_empty = uri.ends_with("none") || uri.ends_with("limit=0");
            let whole = call(&router, "GET", uri, &[], "").await;
            assert_eq!(whole.status, if is_empty { 200 } else { 500 }, "{uri}");
        }
        for query in ["", "?text=a&sort=-text"] {
            let selection = Selection::parse::<Shown>(query.trim_start_matches('?')).unwrap();
            let selected: Result<Selected<Shown>, _> = database.select(&[], &selection).await;
            assert!(selected.is_ok(), "{selected:?}");
        }
        let keys = [1, 2, 3];
        assert!(Bulk::<Shown>::versions(&database, &keys).await.is_ok());
    }
    assert!(Bulk::<Shown>::load_all(&database, &[1]).await.is_err());
}

#[tokio::test]
async fn a_list_with_an_unreadable_row_is_a_500_and_other_pages_are_not() {
    let (_folder, url) = sqlite_file();
    let database = Database::connect(&url).await.unwrap();
    let router = routes::<Dated>().with_state(database.clone());
    for (id, text) in [(1, "a"), (2, "b"), (3, "c")] {
        put(&router, &format!("/dated/{id}"), text).await;
    }
    let before = show(&router, "/dated").await;
    assert_eq!(break_documents(database.pool::<sqlx::Sqlite>().unwrap(), "dated", "2").await, 1);
    for (uri, status) in
        [("/dated", 500), ("/dated?text=b", 500), ("/dated?limit=1", 200), ("/dated?offset=2", 200)]
    {
        let answer = call(&router, "GET", uri, &[("if-none-match", "\"stale\"")], "").await;
        assert_eq!(answer.status, status, "{uri}: {}", answer.text());
        assert_eq!(answer.header("etag").is_empty(), status == 500, "{uri}: what can't be read has no tag");
        assert!(status == 200 || !answer.text().contains("document"), "the log alone says why");
    }
    // Whole new values are written over what can't be read, for the client has seen it.
    let mended = send(&router, "PUT", "/dated", ("if-match", before.header("etag")), &json_of(&before)).await;
    assert_eq!(mended.status, 500, "what is unchanged is read: {}", mended.text());
    let mut items = json_of(&before);
    items[1]["text"] = json!("mended");
    let mended = send(&router, "PUT", "/dated", ("if-match", before.header("etag")), &items).await;
    assert_eq!((mended.status, mended.header("etag")), (200, show(&router, "/dated").await.header("etag")));
}

/// The answer to a request, and the first words of the statements that it took.
async fn logged(
    router: &Router,
    pool: &SqlitePool,
    (method, uri, condition): (&str, &str, (&str, &str)),
    body: &Value,
) -> (Answer, Vec<String>) {
    let request = send(router, method, uri, condition, body);
    let (answer, statements) = statements_of(pool, request).await;
    let verbs = verbs(&statements).into_iter().map(str::to_owned);
    (answer, verbs.filter(|verb| ["SELECT", "INSERT", "UPDATE", "DELETE"].contains(&&**verb)).collect())
}

#[tokio::test]
async fn a_list_is_one_select_and_a_bulk_one_more_statement_for_each_item() {
    let (_folder, url) = sqlite_file();
    let pool = SqlitePoolOptions::new().max_connections(1).connect(&format!("{url}?mode=rwc")).await.unwrap();
    let router = routes::<Dated>().with_state(Database::from_pool(pool.clone()).await.unwrap());
    for id in 1..=3 {
        put(&router, &format!("/dated/{id}"), "a").await;
    }
    let uri = "/dated?text=a&sort=-at&limit=3";
    let (list, verbs) = logged(&router, &pool, ("GET", uri, NO_CONDITION), &Value::Null).await;
    assert_eq!((list.status, verbs), (200, vec!["SELECT".to_owned()]));
    let tag = list.header("etag");
    for method in ["GET", "HEAD"] {
        let condition = ("if-none-match", tag);
        let (answer, verbs) = logged(&router, &pool, (method, uri, condition), &Value::Null).await;
        assert_eq!((answer.status, verbs), (304, vec!["SELECT".to_owned()]), "{method}");
    }
    let mut items = json_of(&list);
    for item in items.as_array_mut().unwrap() {
        item["text"] = json!("b");
    }
    let guarded = ("PUT", "/dated", ("if-match", tag));
    let (written, verbs) = logged(&router, &pool, guarded, &items).await;
    assert_eq!(
        (written.status, verbs),
        (200, ["SELECT", "UPDATE", "UPDATE", "UPDATE"].map(str::to_owned).into())
    );
    let (refused, verbs) = logged(&router, &pool, guarded, &items).await;
    assert_eq!((refused.status, verbs), (412, vec!["SELECT".to_owned()]), "nothing is tried");
}

/// What a page's statement looks through, of the indexes and the table.
async fn looks(pool: &SqlitePool, statement: &str) -> Vec<String> {
    let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain).fetch_all(pool).await.unwrap();
    plan.into_iter().map(|(.., look)| look).filter(|look| look.contains("etag_rows")).collect()
}

/// That only the index is looked through, and nothing in it that is deleted.
async fn assert_reads_the_index_alone(pool: &SqlitePool, statement: &str) {
    let looks = looks(pool, statement).await;
    assert!(!looks.is_empty());
    let page = "COVERING INDEX etag_rows_live (collection=? AND deleted=?";
    assert!(looks.iter().all(|look| look.contains(page)), "{looks:?}");
}

/// The answer to a page whose tag is known, and the one statement that it takes.
async fn known_page(router: &Router, pool: &SqlitePool) -> String {
    let uri = "/dated?limit=2&offset=1";
    let tag = call(router, "GET", uri, &[], "").await.header("etag").to_owned();
    let conditions = [("if-none-match", tag.as_str())];
    let (answer, mut statements) = statements_of(pool, call(router, "GET", uri, &conditions, "")).await;
    assert_eq!((answer.status, statements.len()), (304, 1), "{statements:?}");
    statements.remove(0)
}

#[tokio::test]
async fn the_tag_of_a_page_is_read_from_the_index_alone() {
    let (_folder, url) = sqlite_file();
    let pool = SqlitePoolOptions::new().max_connections(1).connect(&format!("{url}?mode=rwc")).await.unwrap();
    let router = routes::<Dated>().with_state(Database::from_pool(pool.clone()).await.unwrap());
    for id in 1..=3 {
        put(&router, &format!("/dated/{id}"), "a").await;
    }
    assert_reads_the_index_alone(&pool, &known_page(&router, &pool).await).await;
}

async fn indexes(pool: &SqlitePool) -> BTreeSet<String> {
    let names =
        "SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE 'etag~_rows~_%' ESCAPE '~'";
    sqlx::query_scalar(names).fetch_all(pool).await.unwrap().into_iter().collect()
}

/// The index of pages of an older version, which makes it whenever it starts.
const OLDER: &str = "CREATE INDEX IF NOT EXISTS etag_rows_page
    ON etag_rows (collection, key, deleted, state, modified, alone, shape, exact)";

#[tokio::test]
async fn a_file_of_an_older_version_gets_this_ones_indexes_beside_a_process_of_the_older_one() {
    let (_folder, url) = sqlite_file();
    let pool = SqlitePoolOptions::new().max_connections(1).connect(&format!("{url}?mode=rwc")).await.unwrap();
    let older = routes::<Dated>().with_state(Database::from_pool(pool.clone()).await.unwrap());
    let current = indexes(&pool).await;
    let execute = async |statement: String| {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&pool).await.unwrap();
    };
    for name in current.iter().filter(|name| *name != "etag_rows_shape") {
        execute(format!("DROP INDEX {name}")).await;
    }
    execute(OLDER.to_owned()).await;
    for id in 1..=3 {
        put(&older, &format!("/dated/{id}"), "a").await;
    }
    // The older process's connection keeps its statements as they were prepared.
    let page = known_page(&older, &pool).await;
    assert!(looks(&pool, &page).await.iter().all(|look| look.contains("etag_rows_page")));

    for round in ["it is started beside the older one", "the older one has started again"] {
        let newer = Database::connect(&url).await.unwrap();
        assert_eq!(indexes(&pool).await, current, "{round}");
        assert_reads_the_index_alone(&pool, &page).await;
        let newer = routes::<Dated>().with_state(newer);
        for router in [&older, &newer] {
            put(router, "/dated/2", round).await;
            known_page(&older, &pool).await;
        }
        execute(OLDER.to_owned()).await;
        assert_reads_the_index_alone(&pool, &page).await;
        for router in [&older, &newer] {
            put(router, "/dated/2", "again").await;
            assert_eq!(show(router, "/dated?text=again").await.header("x-total-count"), "1", "{round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_an_older_version_is_opened_by_many_at_once() {
    let (_folder, url) = sqlite_file();
    let database = Database::connect(&url).await.unwrap();
    let pool = database.pool::<sqlx::Sqlite>().unwrap();
    let current = indexes(pool).await;
    for _ in 0..8 {
        for statement in ["DROP INDEX etag_rows_live", OLDER] {
            sqlx::query(statement).execute(pool).await.unwrap();
        }
        let mut processes = JoinSet::new();
        for _ in 0..4 {
            let url = url.clone();
            processes.spawn(async move { Database::connect(&url).await.map(drop) });
        }
        for opened in processes.join_all().await {
            opened.unwrap();
        }
        assert_eq!(indexes(pool).await, current);
    }
}
