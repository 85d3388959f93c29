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

/// A note whose tenant is a number, and a UUID: each has more than one spelling.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "sealed", authorize = OwnTenant)]
struct Sealed {
    #[versioned(id)]
    tenant: Uuid,
    #[versioned(id)]
    id: u64,
    text: String,
}

/// Callers see and write what is their own tenant's; creating alone shows nothing.
#[derive(Clone)]
struct OwnTenant;

impl Authorize<Sealed> for OwnTenant {
    async fn authorize(
        &self,
        parts: &Parts,
        key: Option<&(Uuid, u64)>,
        access: Access,
    ) -> Result<(), Problem> {
        let tenant = match key {
            Some((tenant, _)) => tenant.to_string(),
            None => parts.extensions.get::<KeyPrefix>().unwrap().parts().concat(),
        };
        let caller = parts.headers.get("x-caller").and_then(|caller| caller.to_str().ok());
        match caller {
            Some(caller) if caller == tenant => Ok(()),
            Some("clerk") if access == Access::Create => Ok(()),
            _ => Err(StatusCode::NOT_FOUND.into()),
        }
    }
}

#[derive(Clone)]
struct Archive(Database);

impl FromRef<Archive> for Database {
    fn from_ref(archive: &Archive) -> Self {
        archive.0.clone()
    }
}

impl FromRef<Archive> for OwnTenant {
    fn from_ref(_: &Archive) -> Self {
        Self
    }
}

const TENANT: &str = "6f1b2a3c-0000-4000-8000-00000000000a";

async fn archive() -> Router {
    let database = Database::connect("memory:").await.unwrap();
    let sealed = |tenant: &str| Sealed { tenant: tenant.parse().unwrap(), id: 1, text: "a".to_owned() };
    let all = vec![sealed(TENANT), sealed("00000000-0000-4000-8000-000000000001")];
    import(&database, all).await;
    let list = get(async |list: FreshList<Sealed>| list)
        .put(async |list: GuardedList<Sealed>| list.save().await)
        .post(async |new: Create<Sealed, InList>| new.save().await);
    Router::new()
        .route("/tenants/{tenant}/sealed", list.clone())
        .route("/orgs/{org}/sealed", list.clone())
        .route("/tenants/{tenant}/sealed/{id}", list)
        .with_state(Archive(database))
}

async fn ask(router: &Router, caller: &str, (method, uri): (&str, &str), tag: &str, body: &Value) -> Answer {
    let conditions = [("x-caller", caller), ("content-type", "application/json"), ("if-match", tag)];
    let headers = if tag.is_empty() { &conditions[..2] } else { &conditions[..] };
    call(router, method, uri, headers, body.to_string()).await
}

#[tokio::test]
async fn a_tenant_in_another_spelling_is_the_same_tenant() {
    let router = archive().await;
    let [plain, capitals] =
        [TENANT.to_owned(), TENANT.to_uppercase()].map(|tenant| format!("/tenants/{tenant}/sealed"));
    let empty = "\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"";
    let list = ask(&router, TENANT, ("GET", &plain), "", &Value::Null).await;
    assert_eq!(items_of(&list).len(), 1);
    for uri in [&plain, &capitals] {
        assert_eq!(ask(&router, TENANT, ("GET", uri), "", &Value::Null).await, {
            let link = format!("<{uri}?limit=50&offset=0>; rel=\"first\"");
            let mut same = list.clone();
            same.headers.insert("link", link.parse().unwrap());
            same
        });
        let new = json!({"id": 2, "text": "b"});
        assert_eq!(ask(&router, TENANT, ("POST", uri), empty, &new).await.status, 412, "{uri}");
        let text = json!([{"id": 1, "text": "a"}]);
        assert_eq!(ask(&router, TENANT, ("PUT", uri), list.header("etag"), &text).await.status, 200, "{uri}");
    }
    let nonsense = ask(&router, TENANT, ("GET", "/tenants/crane/sealed"), "", &Value::Null).await;
    assert_eq!(nonsense.status, 404);
}

#[tokio::test]
async fn a_policy_knows_whose_list_it_is_and_who_may_only_create_learns_nothing_of_it() {
    let router = archive().await;
    let own = format!("/tenants/{TENANT}/sealed");
    let other = "/tenants/00000000-0000-4000-8000-000000000001/sealed";
    for method in ["GET", "PUT", "POST"] {
        for tag in ["", "*", "\"x\""] {
            let refused = ask(&router, TENANT, (method, other), tag, &json!([])).await;
            assert_eq!(refused.status, 404, "{method} {tag}");
        }
    }
    let guess = |text: &str| format!("{own}?text={text}");
    let empty = "\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"";
    for text in ["a", "b"] {
        let probe = ask(&router, "clerk", ("POST", &guess(text)), empty, &json!({})).await;
        assert_eq!((probe.status, probe.header("etag")), (404, ""), "{text}");
    }
    let created = ask(&router, "clerk", ("POST", &own), "", &json!({"id": 7, "text": "c"})).await;
    assert_eq!(created.status, 201);
}

/// A list that would show all tenants' resources, or none ever, is a mistake of the program's.
#[tokio::test]
async fn a_route_that_has_not_the_first_parts_of_the_key_is_an_error() {
    let router = archive().await;
    for uri in [format!("/orgs/{TENANT}/sealed"), format!("/tenants/{TENANT}/sealed/1")] {
        for method in ["GET", "PUT"] {
            let refused = ask(&router, TENANT, (method, &uri), "", &json!([])).await;
            assert_eq!((refused.status, refused.header("etag")), (500, ""), "{method} {uri}");
        }
    }
}

/// The folders as a later release knows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "folders")]
struct FiledLater {
    #[versioned(id)]
    tenant: String,
    #[versioned(id)]
    id: String,
    text: String,
    #[serde(default)]
    colour: String,
}

#[tokio::test]
async fn a_tenants_list_has_only_that_tenants_rows_where_another_release_wrote_them() {
    on_each_database(async |database| {
        file(&database, filed).await;
        let router = folders::<FiledLater>(&database);
        for (tenant, path) in TENANTS {
            let list = show(&router, &format!("/tenants/{path}/notes?sort=text")).await;
            let shown = items_of(&list).into_iter().map(|item| (item["tenant"].clone(), item["id"].clone()));
            let mut expected = IDS;
            expected.sort_unstable();
            assert!(shown.eq(expected.map(|id| (json!(tenant), json!(id)))), "{tenant:?}: {}", list.text());
        }
    })
    .await;
}
