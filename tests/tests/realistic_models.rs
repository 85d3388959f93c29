//! What models like those of real programs meet.

use std::collections::HashSet;
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use etag_core::axum::{FreshList, Problem, Tagged, Update};
use etag_core::{Database, Representation, Versioned};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tests::{Answer, call};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "services", create = "put")]
struct Service {
    #[versioned(id)]
    id: u64,
    #[serde(default)]
    grants: HashSet<Grant>,
    #[serde(default = "port")]
    port: Port,
    #[serde(default = "stage")]
    stage: Stage,
    #[serde(default)]
    more: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Versioned)]
enum Grant {
    Admin,
    Scope { name: String },
}

/// A number or a name: a scalar in each of its forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[serde(untagged)]
enum Port {
    Number(u16),
    Name(String),
}

/// Known names, and whatever comes later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Versioned)]
#[serde(rename_all = "lowercase")]
enum Stage {
    Live,
    #[serde(untagged)]
    Other(String),
}

/// An enum as the stored value itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "switches", key = u64, create = "put")]
enum Switch {
    On,
    Off,
}

fn port() -> Port {
    Port::Number(80)
}

fn stage() -> Stage {
    Stage::Live
}

async fn replace(service: Update<Service>) -> Result<Tagged<Service>, Problem> {
    service.save().await
}

async fn list(services: FreshList<Service>) -> Tagged<Vec<Service>> {
    services.into()
}

async fn turn(switch: Update<Switch>) -> Result<Tagged<Switch>, Problem> {
    switch.save().await
}

async fn router() -> Router {
    Router::new()
        .route("/services", get(list))
        .route("/services/{id}", get(list).put(replace))
        .route("/switches/{id}", axum::routing::put(turn))
        .with_state(Database::connect("memory:").await.unwrap())
}

async fn put(router: &Router, uri: &str, body: &str) -> Answer {
    call(router, "PUT", uri, &[("content-type", "application/json")], body.to_owned()).await
}

/// A set has no order: which of its members is compared with which can't depend on that of the body.
#[tokio::test]
async fn a_set_of_names_and_objects_is_taken_in_any_order() {
    let router = router().await;
    for (id, grants) in
        [r#"["Admin",{"Scope":{"name":"a"}}]"#, r#"[{"Scope":{"name":"a"}},"Admin"]"#].into_iter().enumerate()
    {
        let answer = put(&router, &format!("/services/{id}"), &format!(r#"{{"grants":{grants}}}"#)).await;
        assert_eq!(answer.status, 201, "{grants}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_list_is_selected_by_an_untagged_member_whose_forms_are_scalars() {
    let router = router().await;
    put(&router, "/services/1", r#"{"port":80}"#).await;
    put(&router, "/services/2", r#"{"port":"http"}"#).await;
    for (query, ids) in [("port=80", vec![1]), ("port=http", vec![2]), ("sort=-port", vec![2, 1])] {
        let answer = call(&router, "GET", &format!("/services?{query}"), &[], "").await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        assert_eq!(ids_of(&answer), ids, "{query}");
    }
}

#[tokio::test]
async fn a_list_is_selected_by_a_name_that_may_be_another_one() {
    let router = router().await;
    put(&router, "/services/1", r#"{"stage":"live"}"#).await;
    put(&router, "/services/2", r#"{"stage":"beta"}"#).await;
    for (query, ids) in [("stage=live", vec![1]), ("stage=beta", vec![2]), ("sort=stage", vec![2, 1])] {
        let answer = call(&router, "GET", &format!("/services?{query}"), &[], "").await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        assert_eq!(ids_of(&answer), ids, "{query}");
    }
}

fn ids_of(answer: &Answer) -> Vec<u64> {
    let items: Vec<Service> = serde_json::from_slice(&answer.body).unwrap();
    items.iter().map(|item| item.id).collect()
}

/// `serde_json::Value` reads the string in such a member as JSON, with a limit of depth of its own: JSON in JSON in
/// JSON is deeper than any stack.
#[tokio::test]
async fn a_member_of_any_json_is_read_as_the_json_that_was_sent() {
    let name = "$serde_json::private::RawValue";
    let router = router().await;
    let sent = format!(r#"{{"more":{{"{name}":"[1]"}}}}"#);
    let answer = put(&router, "/services/1", &sent).await;
    let shown: Value = serde_json::from_slice(&answer.body).unwrap();
    assert!(answer.status == 422 || shown["more"][name] == "[1]", "{}: {shown}", answer.status);

    let mut more = "1".to_owned();
    for _ in 0..2 {
        let json = serde_json::to_string(&more).unwrap();
        more = format!("{}{{\"{name}\":{json}}}{}", "[".repeat(100), "]".repeat(100));
    }
    let answer = put(&router, "/services/2", &format!(r#"{{"more":{more}}}"#)).await;
    assert_ne!(answer.status, 500, "what a client sends is no failure of the server");
}

/// What many APIs take: one, or a list of them, of which one alone is shown without brackets.
mod one_or_many {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany<T> {
        Many(Vec<T>),
        One(T),
    }

    pub fn serialize<T: Serialize, S: Serializer>(values: &Vec<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match values.as_slice() {
            [one] => one.serialize(serializer),
            many => many.serialize(serializer),
        }
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<T>, D::Error> {
        OneOrMany::deserialize(deserializer).map(|sent| match sent {
            OneOrMany::Many(many) => many,
            OneOrMany::One(one) => vec![one],
        })
    }
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
#[versioned(store = Database, collection = "hosts", create = "put")]
struct Host {
    #[versioned(id)]
    id: u64,
    #[serde(with = "one_or_many")]
    grants: Vec<Grant>,
    place: Place,
}

#[derive(Debug, Serialize, Deserialize, Versioned)]
struct Place {
    room: u64,
}

#[tokio::test]
async fn what_a_function_reads_is_in_a_form_of_its_own() {
    let host = get(async || ()).put(async |host: Update<Host>| host.save().await);
    let router = Router::new().route("/hosts/{id}", host);
    let router = router.with_state(Database::connect("memory:").await.unwrap());
    let scope = r#"{"Scope":{"name":"a"}}"#;
    for (id, sent) in
        [scope.to_owned(), format!("[{scope}]"), format!("[{scope},{scope}]")].iter().enumerate()
    {
        let body = format!(r#"{{"grants":{sent},"place":{{"room":1}}}}"#);
        let answer = put(&router, &format!("/hosts/{id}"), &body).await;
        assert_eq!(answer.status, 201, "{sent}: {}", answer.text());
    }
    // What the derive describes has the form that it describes.
    let answer = put(&router, "/hosts/9", &format!(r#"{{"grants":{scope},"place":[1]}}"#)).await;
    let problem: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((answer.status, &problem["detail"]), (422, &Value::from("`place`: expected an object")));
}

#[tokio::test]
async fn what_is_wrong_with_a_whole_body_is_said_without_the_name_of_a_member() {
    let answer = put(&router().await, "/switches/1", r#"{"On":null}"#).await;
    let problem: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((answer.status, &problem["detail"]), (422, &Value::from("expected a string")));
}

/// Types that name each other, as those of a syntax tree or of FHIR do; each three of the others.
macro_rules! name_each_other {
    ($($name:ident $one:ident $two:ident $three:ident;)*) => {$(
        #[derive(Default, Versioned)]
        struct $name {
            one: Option<Box<$one>>,
            two: Option<Box<$two>>,
            three: Vec<$three>,
        }
    )*};
}

name_each_other! {
    A B C D; B C D E; C D E F; D E F G; E F G H; F G H I; G H I J; H I J K; I J K L; J K L M; K L M N; L M N O;
    M N O P; N O P Q; O P Q R; P Q R S; Q R S T; R S T A; S T A B; T A B C;
}

#[test]
fn types_that_name_each_other_have_a_tag_at_once() {
    at_once(|| Representation::of(&A::default()).unwrap().body().len());
}

/// Each is one of two boxes of the next one.
macro_rules! alternatives {
    ($($name:ident $next:ident;)*) => {$(
        #[derive(Versioned)]
        #[serde(tag = "type")]
        #[allow(dead_code)]
        enum $name {
            One(Box<$next>),
            Two(Box<$next>),
            Neither { at: u8 },
        }
    )*};
}

alternatives! {
    E0 E1; E1 E2; E2 E3; E3 E4; E4 E5; E5 E6; E6 E7; E7 E8; E8 E9; E9 E10; E10 E11; E11 E12; E12 E13; E13 E14;
    E14 E15; E15 E16; E16 E17; E17 E18; E18 E19; E19 E20; E20 E21; E21 E22; E22 E23; E23 A;
}

#[test]
fn enums_that_hold_one_another_have_a_tag_at_once() {
    at_once(|| Representation::of(&E0::Neither { at: 1 }).unwrap().body().len());
}

/// A type's outline is made before its first answer: a request waits for it.
#[track_caller]
fn at_once(make: impl FnOnce() -> usize + Send + 'static) {
    let (done, made) = mpsc::channel();
    std::thread::spawn(move || done.send(make()));
    assert!(made.recv_timeout(Duration::from_secs(3)).is_ok(), "it takes longer than three seconds");
}

macro_rules! model {
    ($serde:meta, $versioned:meta) => {
        #[derive(Serialize, Versioned)]
        #[serde($serde)]
        #[versioned($versioned)]
        struct Renamed {
            some_field: u8,
        }
    };
}

model!(rename_all = "camelCase", epoch = 2);

#[test]
fn attributes_may_come_from_a_macro() {
    let made = Representation::of(&Renamed { some_field: 1 }).unwrap();
    assert_eq!(made.body(), br#"{"someField":1}"#);
    assert!(made.validators().etag.unwrap().to_string().contains('.'), "the epoch is in the tag");
}
