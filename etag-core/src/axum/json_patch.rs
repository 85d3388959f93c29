//! JSON Patch (RFC 6902), over text: a number that nobody touches keeps its digits, as in a merge patch.

use jsonptr::{Pointer, PointerBuf};
use serde_json::value::RawValue;

use super::body::{Json, KeyMembers, Members, read_text, without_position};
use super::items::{Elements, MOST};
use super::tree::{DEEPEST, Tree};
use super::unique::Unique;
use crate::outline::Outline;
use crate::problem::cut;
use crate::{FromJson, Problem, Representation, Resource, Timestamp, canonical};

/// The body is a JSON Patch (RFC 6902): operations that are all carried out, in their order, or none is.
///
/// They change what a GET shows; `test` can look at an embedded tag as well, but is no guard: the write needs its
/// `If-Match` all the same. What the server owns is treated as in a merge patch: another id is 422, and stamps and
/// an embedded tag are written anew.
///
/// 400 is answered where the body is no JSON Patch, 409 where a `test` fails, and 422 where there is nothing at
/// an operation's place, where more than 500 operations were sent, or where `copy` makes more than 1 MiB. The
/// problem's `operation` is the index of the operation at fault, and its `pointer` the place.
///
/// ```
/// use axum::{Router, routing::put};
/// use etag_core::axum::{JsonPatch, Problem, Tagged, Update};
/// use http::Request;
/// # use etag_core::{Database, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database, create = "put")]
/// # struct Note { #[versioned(id)] id: String, lines: Vec<String> }
/// # async fn call(app: &axum::Router, request: http::request::Builder, body: &str) -> (u16, String) {
/// #     use tower::ServiceExt;
/// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
/// #     let answer = app.clone().oneshot(request).await.unwrap();
/// #     let etag = answer.headers().get("etag").map(|etag| etag.to_str().unwrap().to_owned());
/// #     (answer.status().as_u16(), etag.unwrap_or_default())
/// # }
///
/// async fn patch(note: Update<Note, JsonPatch>) -> Result<Tagged<Note>, Problem> {
///     note.save().await
/// }
/// # async fn replace(note: Update<Note>) -> Result<Tagged<Note>, Problem> { note.save().await }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = Router::new().route("/notes/{id}", put(replace).patch(patch));
/// let app = app.with_state(Database::connect("memory:").await?);
/// let put = Request::put("/notes/a").header("content-type", "application/json");
/// let (_, etag) = call(&app, put, r#"{"lines":["first"]}"#).await;
/// let patch = || Request::patch("/notes/a").header("content-type", "application/json-patch+json");
/// let append = r#"[
///     {"op": "test", "path": "/lines/0", "value": "first"},
///     {"op": "add", "path": "/lines/-", "value": "second"}
/// ]"#;
/// assert_eq!(call(&app, patch().header("if-match", &etag), append).await.0, 200);
/// assert_eq!(call(&app, patch().header("if-match", &etag), append).await.0, 412);
/// let gone = r#"[{"op": "test", "path": "/lines/0", "value": "gone"}]"#;
/// assert_eq!(call(&app, patch().header("if-match", "*"), gone).await.0, 409);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct JsonPatch {
    operations: Vec<Operation>,
}

#[derive(Debug, Clone)]
struct Operation {
    path: PointerBuf,
    action: Action,
}

#[derive(Debug, Clone)]
enum Action {
    Add(Box<RawValue>),
    Remove,
    Replace(Box<RawValue>),
    Move(PointerBuf),
    Copy(PointerBuf),
    Test(Box<RawValue>),
}

impl JsonPatch {
    /// Whether an operation writes an outermost member, or something in it; `test` does not.
    ///
    /// ```
    /// # use axum::Router;
    /// # use etag_core::{Database, Problem, Required, Versioned};
    /// # use etag_core::axum::{JsonPatch, Tagged, Update};
    /// # use http::{Request, StatusCode};
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Note { #[versioned(id)] id: u64, text: String }
    /// # async fn send(app: &Router, request: http::request::Builder, body: &str) -> http::Response<String> {
    /// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    /// #     let answer = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
    /// #     let (parts, body) = answer.into_parts();
    /// #     let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    /// #     http::Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
    /// # }
    /// async fn patch(note: Update<Note, JsonPatch>) -> Result<Tagged<Note>, Problem> {
    ///     match note.body().names("text") {
    ///         true => Err(StatusCode::FORBIDDEN.into()),
    ///         false => note.save().await,
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", axum::routing::patch(patch)).with_state(database);
    /// # let patch = || Request::patch("/notes/1")
    /// #     .header("content-type", "application/json-patch+json").header("if-match", "*");
    /// let replace = r#"[{"op":"replace","path":"/text","value":"second"}]"#;
    /// assert_eq!(send(&app, patch(), replace).await.status(), 403);
    /// let test = r#"[{"op":"test","path":"/text","value":"first"}]"#;
    /// assert_eq!(send(&app, patch(), test).await.status(), 200);
    /// # Ok(())
    /// # }
    /// ```
    pub fn names(&self, member: &str) -> bool {
        self.last_to_write(member).is_some()
    }

    /// The places that the operations write, as JSON Pointers (RFC 6901), in their order.
    ///
    /// ```
    /// # use axum::Router;
    /// # use etag_core::{Database, Required, Versioned};
    /// # use etag_core::axum::{JsonPatch, Update};
    /// # use http::Request;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Note { #[versioned(id)] id: u64, text: String }
    /// # async fn send(app: &Router, request: http::request::Builder, body: &str) -> http::Response<String> {
    /// #     let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
    /// #     let answer = tower::ServiceExt::oneshot(app.clone(), request).await.unwrap();
    /// #     let (parts, body) = answer.into_parts();
    /// #     let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    /// #     http::Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
    /// # }
    /// async fn patch(note: Update<Note, JsonPatch>) -> String {
    ///     note.body().pointers().collect::<Vec<_>>().join(" ")
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let database = Database::connect("memory:").await?;
    /// # database.import(vec![Note { id: 1, text: "first".to_owned() }], Required::New, |_| {}).await?;
    /// # let app = Router::new().route("/notes/{id}", axum::routing::patch(patch)).with_state(database);
    /// # let patch = Request::patch("/notes/1")
    /// #     .header("content-type", "application/json-patch+json").header("if-match", "*");
    /// let operations = r#"[
    ///     {"op": "test", "path": "/id", "value": 1},
    ///     {"op": "move", "from": "/text", "path": "/body"},
    ///     {"op": "add", "path": "/text", "value": "second"},
    ///     {"op": "remove", "path": "/body"}
    /// ]"#;
    /// assert_eq!(send(&app, patch, operations).await.body(), "/text /body /text /body");
    /// # Ok(())
    /// # }
    /// ```
    pub fn pointers(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().flat_map(Operation::written).map(|pointer| pointer.as_str())
    }

    /// 400 where the body is no JSON Patch, 422 where it is too much of one. Whether it is of this key is seen when it
    /// is applied.
    pub(super) fn read(json: Json, _key: &[String]) -> Result<Self, Problem> {
        let elements = match json {
            Json::Other(json) => serde_json::from_str(json.get()).ok(),
            Json::Object(_) => None,
        };
        let Some(Elements(elements)) = elements else {
            return Err(Problem::malformed_request("a JSON Patch is an array of operations"));
        };
        if elements.len() > MOST {
            let detail = format!("at most {MOST} operations are carried out at once");
            return Err(Problem::invalid_member("", detail));
        }
        let operations = elements.iter().enumerate().map(|(index, element)| {
            Operation::read(element).map_err(|problem| problem.member("operation", index))
        });
        Ok(Self { operations: operations.collect::<Result<_, _>>()? })
    }

    /// Applies all operations to a value, or says which can't be: 409, 422.
    pub(super) fn apply<T: Resource + FromJson>(&self, stored: T) -> Result<T, Problem> {
        let patched = self.patched(&shown(&stored)?, KeyMembers::of::<T>(), Outline::of::<T>())?;
        patched.to_resource(Timestamp::now())
    }

    /// What becomes of the JSON that a GET shows, with what the server owns.
    fn patched(&self, shown: &[u8], key: KeyMembers, outline: &Outline) -> Result<Json, Problem> {
        let shown = Json::parse(shown)?;
        let mut tree =
            Tree::from(RawValue::from_string(shown.to_text().into_owned()).map_err(Problem::internal_error)?);
        let mut copied = 0;
        for (index, operation) in self.operations.iter().enumerate() {
            operation.apply(&mut tree, &mut copied).map_err(|problem| problem.member("operation", index))?;
        }
        let mut patched = Json::parse(tree.to_text().as_bytes())?;
        self.keep_key(&shown, &mut patched, key, outline)?;
        Ok(patched)
    }

    /// Sees that the key's members stayed as they were, and puts in what the server owns.
    fn keep_key(
        &self,
        shown: &Json,
        patched: &mut Json,
        key: KeyMembers,
        outline: &Outline,
    ) -> Result<(), Problem> {
        if let Json::Object(members) = &*patched {
            for (_, name) in key.shown().filter(|(_, name)| members.get(name).is_none()) {
                let is_whole = |index: usize| self.operations[index].path.is_root();
                if let Some(index) = self.last_to_write(name).filter(|index| !is_whole(*index)) {
                    let detail = format!("`{name}` identifies the resource: it can't be taken away");
                    return Err(Problem::invalid_member(name, detail).member("operation", index));
                }
            }
        }
        let filled = patched.fill_in(key, outline, &shown.parts_of(key), Timestamp::now());
        filled.map_err(|problem| {
            let mut names = key.shown().map(|(_, name)| name);
            match names.find_map(|name| self.last_to_write(name)) {
                Some(index) => problem.member("operation", index),
                None => problem,
            }
        })
    }

    /// The index of the last operation that writes a member, or something in it.
    fn last_to_write(&self, member: &str) -> Option<usize> {
        let is_named = |pointer: &Pointer| pointer.first().is_none_or(|first| first.decoded() == member);
        self.operations.iter().rposition(|operation| operation.written().any(is_named))
    }
}

/// What a GET shows: with the embedded tag, where the type has one.
fn shown<T: Resource>(value: &T) -> Result<Vec<u8>, Problem> {
    Ok(match Outline::of::<T>().embed {
        Some(_) => Representation::of(value)?.into_body(),
        None => canonical::to_vec(value)?,
    })
}

/// How many bytes of JSON `copy` may make in all: each of a chain of them can double the value.
const MOST_COPIED: usize = 1 << 20;

impl Operation {
    /// Members that the operation does not have are ignored (RFC 6902 §4).
    fn read(json: &RawValue) -> Result<Self, Problem> {
        let members: Members = serde_json::from_str(json.get()).map_err(|error| {
            Problem::malformed_request(format!("an operation is an object: {}", without_position(&error)))
        })?;
        let action = match text(&members, "op")?.as_str() {
            "add" => Action::Add(value(&members)?),
            "remove" => Action::Remove,
            "replace" => Action::Replace(value(&members)?),
            "move" => Action::Move(pointer(&members, "from")?),
            "copy" => Action::Copy(pointer(&members, "from")?),
            "test" => Action::Test(value(&members)?),
            other => return Err(Problem::malformed_request(format!("there is no operation `{other}`"))),
        };
        Ok(Self { path: pointer(&members, "path")?, action })
    }

    fn apply(&self, tree: &mut Tree, copied: &mut usize) -> Result<(), Problem> {
        let path = &*self.path;
        match &self.action {
            Action::Add(value) => add(tree, path, value.clone().into()),
            Action::Remove => tree.remove(path).map(drop).ok_or_else(|| absent(path)),
            Action::Replace(value) => {
                *tree.find(path).ok_or_else(|| absent(path))? = value.clone().into();
                Ok(())
            }
            Action::Move(from) if from == path => tree.find(from).map(drop).ok_or_else(|| absent(from)),
            Action::Move(from) if path.starts_with(from) => {
                Err(unprocessable(path, "what is moved can't become a part of itself"))
            }
            Action::Move(from) => {
                let moved = tree.remove(from).ok_or_else(|| absent(from))?;
                if path.count() + moved.height() > DEEPEST {
                    return Err(unprocessable(path, "the value would be nested too deep"));
                }
                add(tree, path, moved)
            }
            Action::Copy(from) => {
                let copy = tree.find(from).ok_or_else(|| absent(from))?.to_text();
                *copied += copy.len();
                if *copied > MOST_COPIED {
                    let detail = format!("operations can copy {MOST_COPIED} bytes at most");
                    return Err(unprocessable(path, &detail));
                }
                add(tree, path, RawValue::from_string(copy).map_err(Problem::internal_error)?.into())
            }
            Action::Test(value) => {
                let found = tree.find(path).ok_or_else(|| test_failed(path, "nothing is there"))?;
                match found.equals(&mut value.clone().into()) {
                    true => Ok(()),
                    false => Err(test_failed(path, "another value is there")),
                }
            }
        }
    }

    /// The places that it writes.
    fn written(&self) -> impl Iterator<Item = &Pointer> {
        let (from, path) = match &self.action {
            Action::Test(_) => (None, None),
            Action::Move(from) => (Some(from), Some(&self.path)),
            _ => (None, Some(&self.path)),
        };
        from.into_iter().chain(path).map(|pointer| &**pointer)
    }
}

fn add(tree: &mut Tree, path: &Pointer, value: Tree) -> Result<(), Problem> {
    tree.add(path, value).ok_or_else(|| unprocessable(path, "there is nothing that this can be added to"))
}

fn absent(pointer: &Pointer) -> Problem {
    unprocessable(pointer, "nothing is there")
}

fn unprocessable(pointer: &Pointer, detail: &str) -> Problem {
    let names: Vec<_> = pointer.tokens().map(|token| token.decoded().into_owned()).collect();
    let problem = Problem::invalid_member(&names.join("."), format!("`{pointer}`: {detail}"));
    problem.member("pointer", cut(pointer.as_str()))
}

fn test_failed(pointer: &Pointer, detail: &str) -> Problem {
    let detail = format!("the `test` of `{pointer}` fails: {detail}");
    Problem::test_failed(detail).member("pointer", cut(pointer.as_str()))
}

fn text(members: &Members, name: &str) -> Result<String, Problem> {
    let json = member(members, name)?;
    serde_json::from_str(json.get())
        .map_err(|_| Problem::malformed_request(format!("the `{name}` of an operation is a string")))
}

fn pointer(members: &Members, name: &str) -> Result<PointerBuf, Problem> {
    let text = text(members, name)?;
    let pointer = PointerBuf::parse(text.as_str())
        .map_err(|_| Problem::malformed_request(format!("the `{name}` `{text}` is no JSON Pointer")))?;
    match pointer.count() > DEEPEST {
        true => Err(unprocessable(&pointer, "nothing is nested so deep")),
        false => Ok(pointer),
    }
}

fn value(members: &Members) -> Result<Box<RawValue>, Problem> {
    let json = member(members, "value")?;
    // One that `serde_json` reads is not nested without end, nor has it a member twice.
    let Unique = read_text(json.get(), "value")?;
    Ok(json.to_owned())
}

fn member<'a>(members: &'a Members, name: &str) -> Result<&'a RawValue, Problem> {
    members.get(name).ok_or_else(|| Problem::malformed_request(format!("an operation has no `{name}`")))
}
