//! Rows that another release of a program wrote.

use super::*;

/// A program: the collection `things` as one of its releases knows it.
macro_rules! release {
    ($release:ident { $($members:tt)* }) => {
        mod $release {
            use super::*;

            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
            #[versioned(store = Database, collection = "things", create = "put")]
            pub struct Thing {
                #[versioned(id)]
                pub id: u64,
                #[versioned(modified)]
                pub modified: Timestamp,
                $($members)*
            }
        }
    };
}

release!(before { pub name: String });
release!(added { pub name: String, #[serde(default = "grey")] pub colour: String });
release!(renamed { #[serde(alias = "name")] pub title: String });

fn grey() -> String {
    "grey".to_owned()
}

fn before(id: u64, name: &str) -> before::Thing {
    before::Thing { id, modified: Timestamp::now(), name: name.to_owned() }
}

fn added(id: u64, name: &str, colour: &str) -> added::Thing {
    added::Thing { id, modified: Timestamp::now(), name: name.to_owned(), colour: colour.to_owned() }
}

/// Waits until the rows of `things` are all in the words of one program, where they can be looked at.
async fn are_all_re_tagged(database: &Database) {
    let Some(pool) = database.pool::<sqlx::Sqlite>() else {
        return;
    };
    let are_of_one_shape = async || {
        let shapes = "SELECT count(DISTINCT shape) = 1 FROM etag_rows WHERE collection = 'things'";
        sqlx::query_scalar(shapes).fetch_one(pool).await.unwrap()
    };
    let wait = async {
        while !are_of_one_shape().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("rows are re-tagged beside the request");
}

/// What a program lists of rows that another one wrote, and what it does of them afterwards.
async fn assert_listed<T>(database: &Database, query: &str, expected: &[u64])
where
    T: Resource<Store = Database, Policy = Anyone, Key = u64> + DeserializeOwned,
{
    let router = routes::<T>().with_state(database.clone());
    let uri = format!("/things?{query}");
    let selection = Selection::parse::<T>(query).unwrap();
    let first: Selected<T> = database.select(&[], &selection).await.unwrap();
    let answer = show(&router, &uri).await;
    let (values, again) = Select::<T, _>::load_selected(database, &[], &selection).await.unwrap();
    assert_eq!(first.items().iter().map(|(id, _)| *id).collect::<Vec<_>>(), expected, "{query}");
    assert_eq!(first.items(), again.items(), "{query}: it is the same once rows are re-tagged");
    assert_eq!(first.validators().etag.unwrap().to_string(), answer.header("etag"));
    assert_eq!(show_if(&router, &uri, answer.header("etag")).await.status, 304);
    let mut bodies = Vec::new();
    for ((id, version), value) in first.items().iter().zip(&values) {
        assert_eq!((version.state, value.key()), (StateTag::of(value).unwrap(), Some(*id)));
        assert_eq!(Store::<T>::version(database, id).await.unwrap(), Some(*version), "{query} {id}");
        bodies.push(show(&router, &format!("/things/{id}")).await.body);
    }
    assert_eq!(answer.body, [b"[", &*bodies.join(&b","[..]), b"]"].concat());
}

#[tokio::test]
async fn rows_of_another_program_are_listed_by_their_new_members() {
    on_each_database(async |database| {
        import(&database, vec![before(1, "b"), before(2, "a"), before(3, "c")]).await;
        assert_listed::<added::Thing>(&database, "colour=grey&sort=-name", &[3, 1, 2]).await;
        import(&database, vec![added(4, "b", "red"), added(5, "a", "blue")]).await;
        assert_listed::<added::Thing>(&database, "sort=colour,-name", &[5, 3, 1, 2, 4]).await;
        assert_listed::<added::Thing>(&database, "colour=red", &[4]).await;
        assert_listed::<renamed::Thing>(&database, "title=b&sort=-id", &[4, 1]).await;
        assert_listed::<renamed::Thing>(&database, "sort=title&limit=2&offset=2", &[1, 4]).await;
        assert_listed::<before::Thing>(&database, "sort=-name&limit=4", &[3, 1, 4, 2]).await;
        let unknown = Selection::parse::<before::Thing>("colour=red").unwrap_err();
        assert_eq!(unknown.parameter(), "colour");
        assert_listed::<added::Thing>(&database, "colour=blue", &[5]).await;
    })
    .await;
}

#[tokio::test]
async fn a_row_that_is_listed_in_other_words_has_a_weak_date() {
    on_each_database(async |database| {
        import(&database, vec![before(1, "a")]).await;
        let selection = Selection::new();
        let own: Selected<before::Thing> = database.select(&[], &selection).await.unwrap();
        assert!(own.items()[0].1.modified.unwrap().is_alone());
        for _ in 0..2 {
            let other: Selected<added::Thing> = database.select(&[], &selection).await.unwrap();
            let (date, others) = (own.items()[0].1.modified.unwrap(), other.items()[0].1.modified.unwrap());
            assert_eq!((others.time(), others.is_alone()), (date.time(), false));
        }
    })
    .await;
}

#[tokio::test]
async fn the_rows_of_another_program_are_all_re_tagged_after_a_list_of_them() {
    on_each_database(async |database| {
        let mut rows: Vec<before::Thing> = (0..1000).map(|id| before(id, "a")).collect();
        rows.push(before(1000, "b"));
        import(&database, rows).await;
        import(&database, vec![added(1001, "b", "red")]).await;
        let selection =
            Selection::parse::<added::Thing>("colour=grey&sort=-name&limit=500&offset=600").unwrap();
        let first: Selected<added::Thing> = database.select(&[], &selection).await.unwrap();
        assert_eq!((first.items().len(), first.total()), (401, 1001));
        are_all_re_tagged(&database).await;
        let again: Selected<added::Thing> = database.select(&[], &selection).await.unwrap();
        assert_eq!(again, first);
        assert_listed::<added::Thing>(&database, "name=b&sort=colour", &[1000, 1001]).await;
    })
    .await;
}

/// The tag and the ids of what a program lists.
async fn look<T>(database: &Database, query: &str) -> (String, Vec<Value>)
where
    T: Resource<Store = Database, Policy = Anyone> + DeserializeOwned,
{
    let router = routes::<T>().with_state(database.clone());
    let list = show(&router, &format!("/things?{query}")).await;
    (list.header("etag").to_owned(), ids(&list))
}

#[tokio::test]
async fn two_programs_that_take_turns_keep_right_lists() {
    const OLD: &str = "sort=-name";
    const NEW: &str = "sort=colour,-name";
    on_each_database(async |database| {
        import(&database, (0..6).map(|id| before(id, "x")).collect()).await;
        let old = routes::<before::Thing>().with_state(database.clone());
        let new = routes::<added::Thing>().with_state(database.clone());
        for turn in 0..24_u64 {
            let (old_tag, _) = look::<before::Thing>(&database, OLD).await;
            let (new_tag, _) = look::<added::Thing>(&database, NEW).await;
            assert_ne!(old_tag, new_tag);
            for (router, query, tag) in [(&old, OLD, &old_tag), (&new, NEW, &new_tag)] {
                let again = show_if(router, &format!("/things?{query}"), tag).await;
                assert_eq!(again.status, 304, "the other one only looked");
            }
            let writer = if turn % 2 == 0 { &old } else { &new };
            let colour = if turn % 3 == 0 { "red" } else { "blue" };
            let body = json!({"name": (turn * 7 % 10).to_string(), "colour": colour});
            let uri = format!("/things/{}", turn * 5 % 6);
            assert_eq!(send(writer, "PUT", &uri, ("if-match", "*"), &body).await.status, 200);

            let mut things = database.all::<added::Thing>().await.unwrap();
            things.sort_by(|a, b| (&a.colour, &b.name, a.id).cmp(&(&b.colour, &a.name, b.id)));
            let expected: Vec<Value> = things.iter().map(|thing| json!(thing.id)).collect();
            assert_eq!(look::<added::Thing>(&database, NEW).await.1, expected);
            things.sort_by(|a, b| (&b.name, a.id).cmp(&(&a.name, b.id)));
            let expected: Vec<Value> = things.iter().map(|thing| json!(thing.id)).collect();
            assert_eq!(look::<before::Thing>(&database, OLD).await.1, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_bulk_over_rows_of_another_program_is_guarded_by_this_programs_tags() {
    on_each_database(async |database| {
        import(&database, vec![before(1, "a"), before(2, "b")]).await;
        let new = routes::<added::Thing>().with_state(database.clone());
        let (old_tag, _) = look::<before::Thing>(&database, "").await;
        let (new_tag, _) = look::<added::Thing>(&database, "").await;
        // The other program looks, which may put all rows into its words.
        look::<before::Thing>(&database, "").await;
        let patches = json!([{"id": 1, "colour": "red"}, {"id": 2}]);
        let refused = send(&new, "PATCH", "/things", ("if-match", &old_tag), &patches).await;
        assert_eq!(refused.status, 412, "what it names is not what this program shows");
        let patched = send(&new, "PATCH", "/things", ("if-match", &new_tag), &patches).await;
        assert_eq!(patched.status, 200, "{}", patched.text());
        assert_eq!(patched.header("etag"), look::<added::Thing>(&database, "").await.0);
        assert_listed::<added::Thing>(&database, "colour=red", &[1]).await;
        let (tag, _) = look::<added::Thing>(&database, "").await;
        look::<before::Thing>(&database, "").await;
        let body = json!({"id": 3, "name": "c"});
        let created = send(&new, "POST", "/things", ("if-match", &tag), &body).await;
        assert_eq!(created.status, 201, "{}", created.text());
        assert_eq!(send(&new, "POST", "/things", ("if-match", &tag), &body).await.status, 412);
    })
    .await;
}
