//! Many resources that are changed together.

use super::*;

#[tokio::test]
async fn versions_and_values_come_in_the_order_in_which_they_are_asked_for() {
    on_each_database(async |database| {
        import(&database, vec![dated(1, "a"), dated(2, "b"), dated(10, "c"), dated(3, "gone")]).await;
        let removed = Store::<Dated>::remove(&database, Matched::unconditional(3)).await.unwrap();
        assert_eq!(removed, Removed::Removed);
        import(&database, vec![note(4, "of another collection")]).await;
        let keys = [10, 3, 1, 4, 2];
        let versions = Bulk::<Dated>::versions(&database, &keys).await.unwrap();
        let loaded: Loaded<Dated> = database.load_all(&keys).await.unwrap();
        assert_eq!((versions.len(), loaded.len()), (5, 5));
        for ((key, version), loaded) in keys.iter().zip(&versions).zip(&loaded) {
            assert_eq!(Store::<Dated>::version(&database, key).await.unwrap(), *version, "{key}");
            assert_eq!(Store::<Dated>::load(&database, key).await.unwrap(), *loaded, "{key}");
        }
        assert_eq!(
            versions.iter().map(Option::is_some).collect::<Vec<_>>(),
            [true, false, true, false, true]
        );
        assert_eq!(Bulk::<Dated>::versions(&database, &[]).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn many_resources_are_found_and_written_whatever_their_keys() {
    on_each_database(async |database| {
        import(&database, ODD.iter().map(|id| ByText::new(id, "a")).collect()).await;
        let keys = ODD.map(str::to_owned);
        let loaded: Loaded<ByText> = database.load_all(&keys).await.unwrap();
        let found: Vec<String> = loaded.into_iter().map(|found| found.unwrap().0.id).collect();
        assert_eq!(found, ODD);
        let write = |id: &str| (Matched::unconditional(id.to_owned()), ByText::new(id, "b"));
        let WrittenAll::Written(written) = database.replace_all(ODD.map(write).into()).await.unwrap() else {
            panic!("nothing was required");
        };
        assert!(written.iter().map(|(value, _)| value.id.as_str()).eq(ODD));
        let versions = Bulk::<ByText>::versions(&database, &keys).await.unwrap();
        assert!(written.iter().map(|(_, version)| Some(*version)).eq(versions));
    })
    .await;
}

#[tokio::test]
async fn many_are_created_replaced_or_left_as_they_are_together() {
    on_each_database(async |database| {
        import(&database, vec![dated(1, "a"), dated(2, "b")]).await;
        let before = Bulk::<Dated>::versions(&database, &[1, 2]).await.unwrap();
        let write = |dated: Dated| (Matched::unconditional(dated.id), dated);
        let writes = vec![write(dated(3, "new")), write(dated(2, "changed")), write(dated(1, "a"))];
        let WrittenAll::Written(written) = database.replace_all(writes).await.unwrap() else {
            panic!("nothing was required");
        };
        let texts: Vec<(u64, &str)> =
            written.iter().map(|(value, _)| (value.id, value.text.as_str())).collect();
        assert_eq!(texts, [(3, "new"), (2, "changed"), (1, "a")]);
        assert_eq!(Some(written[2].1), before[0], "it is what was there, and keeps its date");
        assert_ne!(Some(written[1].1), before[1]);
        let after = Bulk::<Dated>::versions(&database, &[3, 2, 1]).await.unwrap();
        assert_eq!(after, written.iter().map(|(_, version)| Some(*version)).collect::<Vec<_>>());
        let nothing: WrittenAll<Dated> = database.replace_all(vec![]).await.unwrap();
        assert_eq!(nothing, WrittenAll::Written(vec![]));
    })
    .await;
}

#[tokio::test]
async fn a_value_that_can_not_be_stored_keeps_the_others_from_being_written() {
    on_each_database(async |database| {
        let large = |id, double| (Matched::unconditional(id), Large { id, double, ..LARGE });
        let unreadable = vec![large(1, 1.5), large(2, f64::NAN), large(3, 1.5)];
        assert!(database.replace_all(unreadable).await.is_err());
        assert_eq!(database.all::<Large>().await.unwrap(), []);
    })
    .await;
}

/// What somebody else does to the item 1 between a guard and its write.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
enum Meanwhile {
    #[default]
    Nothing,
    Changes,
    Deletes,
}

impl Meanwhile {
    async fn happens(self, database: &Database) {
        let matched = Matched::<Dated>::unconditional(1);
        match self {
            Self::Nothing => {}
            Self::Changes => {
                let current: Dated = database.get(&1).await.unwrap().unwrap();
                let faster = Dated { text: format!("{}, faster", current.text), ..current };
                let written = database.replace(matched, faster).await.unwrap();
                assert!(matches!(written, Written::Replaced(..)));
            }
            Self::Deletes => assert_eq!(database.remove(matched).await.unwrap(), Removed::Removed),
        }
    }
}

/// What a handler does with the list before it is saved.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
enum Edit {
    #[default]
    Nothing,
    Texts,
    Keys,
}

/// The query string of a write.
#[derive(Deserialize)]
struct Course {
    #[serde(default)]
    meanwhile: Meanwhile,
    #[serde(default)]
    edit: Edit,
    #[serde(default)]
    end: End,
}

/// What becomes of a transaction.
#[derive(Debug, Default, Clone, Copy, PartialEq, Deserialize)]
enum End {
    /// It is committed where the list was written.
    #[default]
    Commit,
    CommitInAnyCase,
    Rollback,
}

async fn save<B: ChangeEach<Dated>>(
    State(database): State<Database>,
    Query(course): Query<Course>,
    mut list: GuardedList<Dated, B>,
) -> Result<Tagged<Vec<Dated>>, Problem> {
    match course.edit {
        Edit::Nothing => {}
        Edit::Texts => list.iter_mut().for_each(|dated| dated.text += ", edited"),
        Edit::Keys => list.iter_mut().for_each(|dated| dated.id += 70),
    }
    course.meanwhile.happens(&database).await;
    list.save().await
}

/// Writes a note and the list in one transaction.
async fn save_in(
    State(database): State<Database>,
    Query(course): Query<Course>,
    list: GuardedList<Dated>,
) -> Result<Response, Problem> {
    course.meanwhile.happens(&database).await;
    let mut transaction = database.transaction().await?;
    let written = database.replace_in(&mut transaction, Matched::unconditional(1), note(1, "beside")).await?;
    assert!(matches!(written, Written::Created(..)));
    let pending = match (list.save_in(&mut transaction).await, course.end) {
        (Ok(pending), End::Commit | End::CommitInAnyCase) => pending,
        (Ok(pending), End::Rollback) => return Ok(Json(pending.value().len()).into_response()),
        (Err(problem), End::CommitInAnyCase) => {
            transaction.commit().await?;
            return Err(problem);
        }
        (Err(problem), _) => return Err(problem),
    };
    Ok(pending.committed(transaction.commit().await)?.into_response())
}

/// The same in a transaction of sqlx's.
async fn save_in_sqlx(
    State(database): State<Database>,
    Query(course): Query<Course>,
    list: GuardedList<Dated>,
) -> Result<Response, Problem> {
    course.meanwhile.happens(&database).await;
    let mut transaction = database.begin::<sqlx::Sqlite>().await?;
    let written = database.replace_in(&mut transaction, Matched::unconditional(1), note(1, "beside")).await?;
    assert!(matches!(written, Written::Created(..)));
    let pending = match (list.save_in(&mut transaction).await, course.end) {
        (Ok(pending), End::Commit | End::CommitInAnyCase) => pending,
        (Ok(pending), End::Rollback) => {
            transaction.rollback().await?;
            return Ok(Json(pending.value().len()).into_response());
        }
        (Err(problem), End::CommitInAnyCase) => {
            transaction.commit().await?;
            return Err(problem);
        }
        (Err(problem), _) => return Err(problem),
    };
    Ok(pending.committed(transaction.commit().await)?.into_response())
}

/// Hands the proofs to the store itself, which says which one is stale.
async fn replace_all(
    State(database): State<Database>,
    Query(course): Query<Course>,
    list: GuardedList<Dated>,
) -> Result<String, Problem> {
    let writes = list.into_parts();
    course.meanwhile.happens(&database).await;
    Ok(match database.replace_all(writes).await? {
        WrittenAll::Written(written) => format!("{} written", written.len()),
        WrittenAll::Stale(place) => format!("stale {place}"),
    })
}

/// The items 5, 3 and 1, and routes that change them in each way.
async fn three(database: &Database) -> (Router, Answer) {
    import(database, vec![dated(1, "a"), dated(3, "b"), dated(5, "c")]).await;
    let router = Router::new()
        .route("/save", routing::put(save::<Whole>).patch(save::<MergePatch>))
        .route("/save-in", routing::put(save_in))
        .route("/save-in-sqlx", routing::put(save_in_sqlx))
        .route("/replace-all", routing::put(replace_all))
        .merge(routes::<Dated>())
        .with_state(database.clone());
    let list = show(&router, "/dated?sort=-text").await;
    assert_eq!(ids(&list), [5, 3, 1]);
    (router, list)
}

/// The same list, with other texts.
fn changed(list: &Answer) -> Value {
    let change = |item: Value| json!({"id": item["id"], "text": format!("{} changed", item["text"])});
    items_of(list).into_iter().map(change).collect()
}

fn texts(list: &Answer) -> Vec<Value> {
    items_of(list).iter().map(|item| item["text"].clone()).collect()
}

#[tokio::test]
async fn a_bulk_whose_third_write_is_stale_changes_nothing() {
    on_each_database(async |database| {
        let (router, mut list) = three(&database).await;
        for uri in ["/replace-all", "/save", "/save-in"] {
            for meanwhile in ["Changes", "Deletes"] {
                let others = show(&router, "/dated?sort=-id&limit=2").await;
                let course = format!("{uri}?meanwhile={meanwhile}");
                let condition = ("if-match", list.header("etag"));
                let answer = send(&router, "PUT", &course, condition, &changed(&list)).await;
                match uri {
                    "/replace-all" => assert_eq!(answer.text(), "stale 2"),
                    _ => assert_eq!((answer.status, &json_of(&answer)["items"]), (412, &json!([2]))),
                }
                let after = show(&router, "/dated?sort=-id&limit=2").await;
                assert_eq!(after.body, others.body, "{course}");
                let is_there = call(&router, "GET", "/dated/1", &[], "").await.status == 200;
                assert_eq!(is_there, meanwhile == "Changes", "{course}");
                put(&router, "/dated/1", "a").await;
                list = show(&router, "/dated?sort=-text").await;
            }
        }
        let condition = ("if-match", list.header("etag"));
        let answer = send(&router, "PUT", "/replace-all", condition, &changed(&list)).await;
        assert_eq!(answer.text(), "3 written");
        let written = show(&router, "/dated?sort=-id").await;
        assert_eq!(texts(&written), ["\"c\" changed", "\"b\" changed", "\"a\" changed"]);
    })
    .await;
}

#[tokio::test]
async fn a_refused_bulk_names_the_tag_that_the_list_has_now() {
    on_each_database(async |database| {
        let (router, list) = three(&database).await;
        let condition = ("if-match", list.header("etag"));
        let refused = send(&router, "PUT", "/save?meanwhile=Changes", condition, &changed(&list)).await;
        let current = show(&router, "/dated?sort=-id").await;
        assert_eq!((refused.status, refused.header("etag")), (412, current.header("etag")));
        assert_eq!(json_of(&refused)["etag"], current.header("etag"));
        let condition = ("if-match", refused.header("etag"));
        let written = send(&router, "PUT", "/save", condition, &changed(&list)).await;
        assert_eq!(written.status, 200, "{}", written.text());
    })
    .await;
}

#[tokio::test]
async fn a_bulk_in_a_transaction_is_written_when_that_is_committed() {
    on_each_database(async |database| {
        let (router, mut list) = three(&database).await;
        for uri in ["/save-in", "/save-in-sqlx"] {
            let condition = ("if-match", list.header("etag"));
            let put = async |query: &str| {
                send(&router, "PUT", &format!("{uri}{query}"), condition, &changed(&list)).await
            };
            let is_beside = async || database.get::<Note>(&1).await.unwrap().is_some();
            if uri == "/save-in-sqlx" && database.pool::<sqlx::Sqlite>().is_none() {
                assert_eq!(put("").await.status, 500, "there is no such transaction in memory");
                continue;
            }
            let rolled_back = put("?end=Rollback").await;
            assert_eq!((rolled_back.status, rolled_back.text()), (200, "3"));
            let shown = show(&router, "/dated?sort=-id").await;
            assert_eq!((&shown.body, is_beside().await), (&list.body, false));

            let committed = put("").await;
            assert_eq!(committed.status, 200, "{}", committed.text());
            let shown = show(&router, "/dated?sort=-id").await;
            assert_eq!((&committed.body, committed.header("etag")), (&shown.body, shown.header("etag")));
            assert!(is_beside().await);
            assert_eq!(put("").await.status, 412);
            list = shown;
            let removed = Store::<Note>::remove(&database, Matched::unconditional(1)).await.unwrap();
            assert_eq!(removed, Removed::Removed);
        }
    })
    .await;
}

#[tokio::test]
async fn a_stale_bulk_leaves_its_transaction_as_it_was_before() {
    on_each_database(async |database| {
        let (router, mut list) = three(&database).await;
        for uri in ["/save-in", "/save-in-sqlx"] {
            if uri == "/save-in-sqlx" && database.pool::<sqlx::Sqlite>().is_none() {
                continue;
            }
            let others = show(&router, "/dated?sort=-id&limit=2").await;
            let course = format!("{uri}?meanwhile=Changes&end=CommitInAnyCase");
            let condition = ("if-match", list.header("etag"));
            let refused = send(&router, "PUT", &course, condition, &changed(&list)).await;
            assert_eq!(refused.status, 412, "{uri}: {}", refused.text());
            assert_eq!(show(&router, "/dated?sort=-id&limit=2").await, others, "{uri}");
            let removed = Store::<Note>::remove(&database, Matched::unconditional(1)).await.unwrap();
            assert_eq!(removed, Removed::Removed, "{uri}: what was written beside it was committed");
            list = show(&router, "/dated?sort=-id").await;
        }
    })
    .await;
}

#[tokio::test]
async fn what_a_handler_edits_is_written_and_an_item_keeps_its_key() {
    on_each_database(async |database| {
        let (router, list) = three(&database).await;
        let condition = ("if-match", list.header("etag"));
        let written = send(&router, "PUT", "/save?edit=Texts", condition, &changed(&list)).await;
        assert_eq!(
            texts(&written),
            ["\"c\" changed, edited", "\"b\" changed, edited", "\"a\" changed, edited"]
        );
        assert_eq!(show(&router, "/dated?sort=-id").await.header("etag"), written.header("etag"));
        let patches = json!([{"id": 5, "text": "patched"}, {"id": 3, "text": "b"}, {"id": 1}]);
        let condition = ("if-match", written.header("etag"));
        let patched = send(&router, "PATCH", "/save?edit=Texts", condition, &patches).await;
        assert_eq!(texts(&patched), ["patched, edited", "b, edited", "\"a\" changed, edited, edited"]);
        let condition = ("if-match", patched.header("etag"));
        let moved = send(&router, "PUT", "/save?edit=Keys", condition, &changed(&list)).await;
        assert_eq!((moved.status, ids(&moved)), (200, vec![json!(5), json!(3), json!(1)]));
        assert_eq!(ids(&show(&router, "/dated?sort=id").await), [1, 3, 5]);
    })
    .await;
}

#[tokio::test]
async fn patches_for_whatever_is_there_are_applied_again_unless_the_handler_edited_them() {
    const ANY: (&str, &str) = ("if-match", "*");
    on_each_database(async |database| {
        let (router, _) = three(&database).await;
        let patches = json!([{"id": 5, "text": "patched"}, {"id": 3, "text": "patched"}, {"id": 1}]);
        let applied = send(&router, "PATCH", "/save?meanwhile=Changes", ANY, &patches).await;
        assert_eq!(texts(&applied), ["patched", "patched", "a, faster"], "{}", applied.text());

        let others = show(&router, "/dated?sort=-id&limit=2").await;
        let lost = send(&router, "PATCH", "/save?meanwhile=Changes&edit=Texts", ANY, &patches).await;
        assert_eq!(lost.status, 409, "what the handler saw is not there any more: {}", lost.text());
        assert_eq!(show(&router, "/dated?sort=-id&limit=2").await, others);

        let whole = json!([{"id": 1, "text": "x"}]);
        let overwritten = send(&router, "PUT", "/save?meanwhile=Changes", ANY, &whole).await;
        assert_eq!(texts(&overwritten), ["x"], "{}", overwritten.text());
        for (method, status) in [("PUT", 409), ("PATCH", 422)] {
            let items = json!([{"id": 5, "text": "lost"}, {"id": 1, "text": "lost"}]);
            let refused = send(&router, method, "/save?meanwhile=Deletes", ANY, &items).await;
            assert_eq!(refused.status, status, "{method}: {}", refused.text());
            assert_eq!(show(&router, "/dated?sort=-id&limit=2").await.body, others.body, "{method}");
            put(&router, "/dated/1", "a").await;
        }
    })
    .await;
}
