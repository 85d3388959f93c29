//! Lists within a part of the key.

use super::*;

/// A note in a tenant's own folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "folders")]
struct Filed {
    #[versioned(id)]
    tenant: String,
    #[versioned(id)]
    id: String,
    text: String,
}

/// The same, whose tenant only the path tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "discreet")]
struct Discreet {
    #[versioned(id)]
    #[serde(skip)]
    tenant: String,
    #[versioned(id)]
    id: String,
    text: String,
}

/// Tenants whose names could run into one another's, and how they stand in a path.
const TENANTS: [(&str, &str); 9] = [
    ("a", "a"),
    ("a/b", "a%2Fb"),
    ("a0", "a0"),
    ("a%2F", "a%252F"),
    ("a%2Fb", "a%252Fb"),
    ("a.", "a%2E"),
    ("A", "A"),
    ("a\0", "a%00"),
    ("\u{e1}", "%C3%A1"),
];

/// Names of their own in each tenant's folder.
const IDS: [&str; 4] = ["1", "b/1", "/1", "0"];

fn folders<T>(database: &Database) -> Router
where
    T: Resource<Store = Database, Policy = Anyone> + DeserializeOwned,
{
    let list = get(async |list: FreshList<T>| list)
        .put(async |list: GuardedList<T>| list.save().await)
        .patch(async |list: GuardedList<T, MergePatch>| list.save().await);
    Router::new().route("/tenants/{tenant}/notes", list).with_state(database.clone())
}

async fn file<T: Resource + DeserializeOwned>(database: &Database, new: fn(String, String) -> T) {
    let keys = TENANTS.iter().flat_map(|(tenant, _)| IDS.map(|id| (*tenant, id)));
    import(database, keys.map(|(tenant, id)| new(tenant.to_owned(), id.to_owned())).collect()).await;
}

fn filed(tenant: String, id: String) -> Filed {
    Filed { text: format!("{tenant} {id}"), tenant, id }
}

#[tokio::test]
async fn a_tenants_list_has_only_that_tenants_rows() {
    on_each_database(async |database| {
        file(&database, filed).await;
        let router = folders::<Filed>(&database);
        let mut tags = BTreeSet::new();
        for (tenant, path) in TENANTS {
            let uri = format!("/tenants/{path}/notes");
            let list = show(&router, &uri).await;
            let shown: BTreeSet<(String, String)> = items_of(&list)
                .into_iter()
                .map(|item| serde_json::from_value::<Filed>(item).unwrap())
                .map(|note| (note.tenant, note.id))
                .collect();
            let expected = BTreeSet::from(IDS.map(|id| (tenant.to_owned(), id.to_owned())));
            assert_eq!((shown, list.header("x-total-count")), (expected, "4"), "{tenant:?}");
            let selection = Selection::new().with_filter("id", "1");
            let within = [tenant.to_owned()];
            let selected: Selected<Filed> = database.select(&within, &selection).await.unwrap();
            assert_eq!(selected.items()[0].0, (tenant.to_owned(), "1".to_owned()));
            assert_eq!(selected.total(), 1);
            tags.insert(list.header("etag").to_owned());
            // A filter selects among the tenant's own rows.
            let others = TENANTS.iter().filter(|(other, _)| *other != tenant);
            for (_, other) in others {
                let list = show(&router, &format!("{uri}?tenant={other}")).await;
                assert_eq!((list.text(), list.header("x-total-count")), ("[]", "0"), "{tenant:?} {other}");
            }
        }
        assert_eq!(tags.len(), TENANTS.len());
        let all: Selected<Filed> = database.select(&[], &Selection::new()).await.unwrap();
        assert_eq!(all.total() as usize, TENANTS.len() * IDS.len());
    })
    .await;
}

#[tokio::test]
async fn a_bulk_in_a_tenants_folder_touches_no_other_tenants_rows() {
    on_each_database(async |database| {
        file(&database, filed).await;
        let router = folders::<Filed>(&database);
        for (tenant, path) in TENANTS {
            let uri = format!("/tenants/{path}/notes");
            let before = database.all::<Filed>().await.unwrap();
            let tag = show(&router, &uri).await.header("etag").to_owned();
            for (other, other_path) in TENANTS.into_iter().filter(|(other, _)| *other != tenant) {
                let others = show(&router, &format!("/tenants/{other_path}/notes")).await;
                let items = json!([{"tenant": other, "id": "1", "text": "stolen"}]);
                for method in ["PUT", "PATCH"] {
                    for (tag, status) in [("*", 422), (others.header("etag"), 412)] {
                        let refused = send(&router, method, &uri, ("if-match", tag), &items).await;
                        assert_eq!(refused.status, status, "{method} {uri}: {}", refused.text());
                    }
                    let own = json!(IDS.map(|id| json!({"id": id, "text": "stolen"})));
                    let refused =
                        send(&router, method, &uri, ("if-match", others.header("etag")), &own).await;
                    assert_eq!(refused.status, 412, "{method} {uri} with the tag of {other:?}");
                }
            }
            for id in ["2", "../a/1", "a/1", "%2F1", ""] {
                let items = json!([{"id": id, "text": "stolen"}]);
                assert_eq!(send(&router, "PUT", &uri, ("if-match", "*"), &items).await.status, 422, "{id}");
            }
            assert_eq!(database.all::<Filed>().await.unwrap(), before);

            let items: Vec<Value> = items_of(&show(&router, &uri).await)
                .into_iter()
                .map(|item| json!({"id": item["id"], "text": "own"}))
                .collect();
            let written = send(&router, "PUT", &uri, ("if-match", &tag), &json!(items)).await;
            assert_eq!(written.status, 200, "{uri}: {}", written.text());
            let is_own = |note: &Filed| note.tenant == tenant;
            let (own, others): (Vec<_>, Vec<_>) = database.all().await.unwrap().into_iter().partition(is_own);
            assert!(own.iter().all(|note| note.text == "own") && own.len() == IDS.len());
            let untouched = before.iter().filter(|note| !is_own(note));
            assert!(others.iter().eq(untouched), "{tenant:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_part_of_the_key_that_only_the_path_tells_need_not_be_in_a_bulk() {
    on_each_database(async |database| {
        let new = |tenant, id| Discreet { tenant, id, text: "same".to_owned() };
        file(&database, new).await;
        let router = folders::<Discreet>(&database);
        let lists = [show(&router, "/tenants/a/notes").await, show(&router, "/tenants/A/notes").await];
        assert_eq!(lists[0].body, lists[1].body);
        assert_ne!(lists[0].header("etag"), lists[1].header("etag"), "they are others' notes");
        let items = json_of(&lists[0]);
        let stale =
            send(&router, "PUT", "/tenants/A/notes", ("if-match", lists[0].header("etag")), &items).await;
        assert_eq!(stale.status, 412, "{}", stale.text());
        let own =
            send(&router, "PUT", "/tenants/a/notes", ("if-match", lists[0].header("etag")), &items).await;
        assert_eq!((own.status, own.header("etag")), (200, lists[0].header("etag")), "{}", own.text());
    })
    .await;
}
