//! Who is asked, and when.

use super::*;

/// What was called, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, call: impl Into<String>) {
        self.0.lock().unwrap().push(call.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// A note with a policy; of those with an even key, the members alone may change them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Watched, collection = "kept", authorize = Keeper, embed = "etag", query = "etag")]
struct Kept {
    #[versioned(id)]
    id: u64,
    text: String,
}

/// A database whose calls are written down.
#[derive(Clone)]
struct Watched {
    database: Database,
    log: Log,
}

impl Store<Kept> for Watched {
    type Error = DatabaseError;

    async fn version(&self, key: &u64) -> Result<Option<Version>, DatabaseError> {
        self.log.add("version");
        Store::<Kept>::version(&self.database, key).await
    }

    async fn load(&self, key: &u64) -> Result<Option<(Kept, Version)>, DatabaseError> {
        self.log.add("load");
        self.database.load(key).await
    }

    async fn replace(&self, matched: Matched<Kept>, kept: Kept) -> Result<Written<Kept>, DatabaseError> {
        self.log.add("replace");
        self.database.replace(matched, kept).await
    }

    async fn remove(&self, matched: Matched<Kept>) -> Result<Removed, DatabaseError> {
        self.log.add("remove");
        self.database.remove(matched).await
    }
}

impl Select<Kept, Selection> for Watched {
    async fn select(&self, within: &[String], query: &Selection) -> Result<Selected<Kept>, DatabaseError> {
        self.log.add("select");
        self.database.select(within, query).await
    }

    async fn load_selected(
        &self,
        within: &[String],
        query: &Selection,
    ) -> Result<(Vec<Kept>, Selected<Kept>), DatabaseError> {
        self.log.add("load_selected");
        self.database.load_selected(within, query).await
    }
}

impl Insert<Kept, Selection> for Watched {
    async fn insert(
        &self,
        within: &[String],
        query: &Selection,
        required: StateTag,
        matched: Matched<Kept>,
        kept: Kept,
    ) -> Result<Inserted<Kept>, DatabaseError> {
        self.log.add("insert");
        self.database.insert(within, query, required, matched, kept).await
    }
}

impl Bulk<Kept> for Watched {
    async fn versions(&self, keys: &[u64]) -> Result<Vec<Option<Version>>, DatabaseError> {
        self.log.add("versions");
        Bulk::<Kept>::versions(&self.database, keys).await
    }

    async fn load_all(&self, keys: &[u64]) -> Result<Loaded<Kept>, DatabaseError> {
        self.log.add("load_all");
        self.database.load_all(keys).await
    }

    async fn replace_all(
        &self,
        writes: Vec<(Matched<Kept>, Kept)>,
    ) -> Result<WrittenAll<Kept>, DatabaseError> {
        self.log.add("replace_all");
        self.database.replace_all(writes).await
    }
}

/// Lets `alice` do everything, `bob` everything but with a note whose key is even, and others nothing.
#[derive(Clone)]
struct Keeper(Log);

impl Authorize<Kept> for Keeper {
    async fn authorize(&self, parts: &Parts, key: Option<&u64>, access: Access) -> Result<(), Problem> {
        self.0.add(format!("policy {key:?} {access:?}"));
        let caller = parts.headers.get("x-caller").and_then(|caller| caller.to_str().ok());
        match (caller, key, access) {
            (Some("alice"), _, _) => Ok(()),
            (Some("bob"), None, _) => Ok(()),
            (Some("bob"), Some(key), _) if key % 2 == 1 => Ok(()),
            (_, _, Access::Read) => Err(StatusCode::NOT_FOUND.into()),
            _ => Err(Problem::from(StatusCode::FORBIDDEN).detail("only the keeper may")),
        }
    }
}

#[derive(Clone)]
struct Guardhouse {
    store: Watched,
    policy: Keeper,
}

impl FromRef<Guardhouse> for Watched {
    fn from_ref(house: &Guardhouse) -> Self {
        house.store.clone()
    }
}

impl FromRef<Guardhouse> for Keeper {
    fn from_ref(house: &Guardhouse) -> Self {
        house.policy.clone()
    }
}

/// A list of the notes 1 to 4, and what is called when it is asked for.
async fn kept() -> (Router, Log) {
    let log = Log::default();
    let database = Database::connect("memory:").await.unwrap();
    let notes = (1..=4).map(|id| Kept { id, text: "draft".to_owned() }).collect();
    database.import(notes, Required::New, |_| {}).await.unwrap();
    let methods = get(async |list: FreshList<Kept>| list)
        .put(async |list: GuardedList<Kept>| list.save().await)
        .patch(async |list: GuardedList<Kept, MergePatch>| list.save().await)
        .post(async |kept: Create<Kept, InList>| kept.save().await);
    let house = Guardhouse { store: Watched { database, log: log.clone() }, policy: Keeper(log.clone()) };
    (Router::new().route("/kept", methods).with_state(house), log)
}

async fn ask(
    router: &Router,
    caller: &str,
    (method, uri): (&str, &str),
    conditions: &[(&str, &str)],
    body: &str,
) -> Answer {
    let content_type = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
    let headers = [&[("x-caller", caller), ("content-type", content_type)], conditions].concat();
    call(router, method, uri, &headers, body.to_owned()).await
}

const STALE: &str = "\"Wqpcd7ifa1NxSQdjdXYSJg7hmkQPGnM80pSVIV3OxBs\"";

/// Conditions, that hold and that do not, and that can't be read.
fn conditions(current: &str) -> Vec<Vec<(&str, &str)>> {
    let mut conditions = vec![vec![], vec![("if-match", current), ("if-none-match", current)]];
    for name in ["if-match", "if-none-match"] {
        conditions.extend([current, STALE, "*", "W/\"a\"", "v1", "*, \"a\""].map(|tag| vec![(name, tag)]));
    }
    for name in ["if-modified-since", "if-unmodified-since"] {
        conditions.extend(["Sun, 06 Nov 1994 08:49:37 GMT", "yesterday"].map(|date| vec![(name, date)]));
    }
    conditions
}

#[tokio::test]
async fn who_may_not_see_a_list_gets_one_answer_and_the_store_is_not_asked() {
    let (router, log) = kept().await;
    let list = ask(&router, "alice", ("GET", "/kept"), &[], "").await;
    let tag = list.header("etag");
    let bodies = [
        list.text().to_owned(),
        r#"[{"id":1,"text":"x"}]"#.to_owned(),
        r#"{"id":7,"text":"x"}"#.to_owned(),
        r#"[{"id":1,"etag":"stale"}]"#.to_owned(),
        "[".to_owned(),
        String::new(),
    ];
    let rights =
        [("GET", "Read", 404), ("HEAD", "Read", 404), ("PUT", "Write", 403), ("PATCH", "Write", 403)];
    for (method, access, status) in rights.into_iter().chain([("POST", "Create", 403)]) {
        let plain = ask(&router, "mallory", (method, "/kept"), &[], "").await;
        assert_eq!(plain.status, status);
        assert_eq!(plain.header("etag"), "");
        log.take();
        for query in ["", "?text=draft", "?limit=x", "?colour=red", "?etag=%22"] {
            for body in &bodies {
                for conditions in conditions(tag) {
                    let uri = format!("/kept{query}");
                    let answer = ask(&router, "mallory", (method, &uri), &conditions, body).await;
                    assert_eq!(answer, plain, "{method} {uri} {conditions:?} {body}");
                    assert_eq!(log.take(), [format!("policy None {access}")], "{method} {uri}");
                }
            }
        }
    }
    let unchanged = ask(&router, "alice", ("GET", "/kept"), &[], "").await;
    assert_eq!(unchanged, list);
}

#[tokio::test]
async fn a_bulk_is_authorised_for_each_key_before_the_store_is_asked() {
    let (router, log) = kept().await;
    let list = ask(&router, "alice", ("GET", "/kept"), &[], "").await;
    let mut answers = Vec::new();
    for (method, key) in [("PUT", 2), ("PUT", 102), ("PATCH", 2), ("PATCH", 102)] {
        for state in ["", &format!(r#","etag":{}"#, json!(STALE))] {
            let body =
                format!(r#"[{{"id":1,"text":"x"}},{{"id":{key},"text":"x"{state}}},{{"id":3,"text":1}}]"#);
            for conditions in conditions(list.header("etag")) {
                log.take();
                answers.push(ask(&router, "bob", (method, "/kept"), &conditions, &body).await);
                let refused = format!("policy Some({key}) Write");
                assert_eq!(log.take(), ["policy None Write", "policy Some(1) Write", &refused]);
            }
        }
    }
    assert_eq!(answers[0].status, 403);
    for answer in &answers {
        assert_eq!(*answer, answers[0], "what exists, and in which state, makes no difference");
    }
    let unchanged = ask(&router, "alice", ("GET", "/kept"), &[], "").await;
    assert_eq!(unchanged, list);
    let odd = r#"[{"id":3,"text":"x"},{"id":1,"text":"x"}]"#;
    let allowed = ask(&router, "bob", ("PUT", "/kept"), &[("if-match", "*")], odd).await;
    assert_eq!(allowed.status, 200, "{}", allowed.text());
}

#[tokio::test]
async fn who_may_see_a_list_is_asked_for_once_and_before_the_store() {
    let (router, log) = kept().await;
    let list = ask(&router, "alice", ("GET", "/kept?limit=2"), &[], "").await;
    let tag = list.header("etag").to_owned();
    assert_eq!(log.take(), ["policy None Read", "load_selected"]);
    for (conditions, status, calls) in [
        ([("if-none-match", tag.as_str())], 304, &["select"][..]),
        ([("if-none-match", STALE)], 200, &["select", "load_selected"]),
        ([("if-match", STALE)], 412, &["select"]),
    ] {
        let answer = ask(&router, "alice", ("GET", "/kept?limit=2"), &conditions, "").await;
        assert_eq!(answer.status, status, "{conditions:?}");
        assert_eq!(log.take(), [&["policy None Read"], calls].concat());
    }
    let keys = ["policy None Write", "policy Some(1) Write", "policy Some(2) Write"];
    let patches = r#"[{"id":1,"text":"patched"},{"id":2,"text":"patched"}]"#;
    let patched = ask(&router, "alice", ("PATCH", "/kept"), &[("if-match", &tag)], patches).await;
    assert_eq!(patched.status, 200, "{}", patched.text());
    assert_eq!(log.take(), [&keys[..], &["load_all", "replace_all"]].concat());
    let current = [("if-match", patched.header("etag"))];
    let stale = ask(&router, "alice", ("PUT", "/kept"), &current, list.text()).await;
    assert_eq!(stale.status, 412, "its items show the tags from before: {}", stale.text());
    assert_eq!(log.take(), [&keys[..], &["versions"]].concat());
    let put = ask(&router, "alice", ("PUT", "/kept"), &current, patched.text()).await;
    assert_eq!(put.status, 200, "{}", put.text());
    assert_eq!(log.take(), [&keys[..], &["versions", "replace_all"]].concat());
    let guarded = ["policy None Read", "select", "insert"];
    for (id, conditions, calls) in [(7, &[][..], &["replace"][..]), (8, &current, &guarded)] {
        let body = format!(r#"{{"id":{id},"text":"new"}}"#);
        let created = ask(&router, "alice", ("POST", "/kept?limit=2"), conditions, &body).await;
        assert_eq!(created.status, 201, "{}", created.text());
        assert_eq!(log.take(), [&["policy None Create"], calls].concat());
    }
}
