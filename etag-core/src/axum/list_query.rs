use axum::extract::Query;
use http::header::{HeaderMap, HeaderName, HeaderValue, LINK};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::target::original_path;
use crate::{Problem, Resource, Selection};

/// What the query string of a list is read into: a [`Selection`], or any type that implements `Deserialize`.
///
/// A store says by [`Select`](crate::Select) which of these it takes.
///
/// ```
/// use etag_core::axum::ListQuery;
/// # use etag_core::{Database, Selection, Versioned};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Debug, Serialize, Deserialize, Versioned)]
/// # #[versioned(store = Database)]
/// # struct Note { #[versioned(id)] id: u64, text: String }
///
/// /// What a store of your own selects by.
/// #[derive(Deserialize)]
/// struct Containing {
///     word: String,
/// }
///
/// fn read<Q: ListQuery<Note>>(query: &str) -> Option<Q> {
///     Q::parse(query).ok()
/// }
///
/// assert_eq!(read::<Containing>("word=kind").map(|query| query.word), Some("kind".to_owned()));
/// assert_eq!(read("limit=7"), Some(Selection::new().with_limit(7)));
/// ```
#[diagnostic::on_unimplemented(
    message = "no query string can be read into `{Self}`",
    label = "expected `Selection`, or a type that implements `Deserialize`",
    note = "if `{Self}` is yours, add `#[derive(serde::Deserialize)]` to it"
)]
pub trait ListQuery<T: Resource>: Sized + Send + Sync + 'static {
    /// Reads a query string.
    ///
    /// ```
    /// # use etag_core::{Database, Problem, Selection, Versioned};
    /// # use etag_core::axum::ListQuery;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Note { #[versioned(id)] id: u64, text: String }
    /// let query: Selection = ListQuery::<Note>::parse("text=first&limit=7")?;
    /// assert_eq!(query, Selection::new().with_filter("text", "first").with_limit(7));
    /// let wrong: Result<Selection, Problem> = ListQuery::<Note>::parse("colour=red");
    /// assert_eq!(wrong.map_err(|problem| problem.status().as_u16()), Err(400));
    /// # Ok::<(), etag_core::Problem>(())
    /// ```
    ///
    /// # Errors
    ///
    /// 400, naming the parameter that is wrong.
    fn parse(query: &str) -> Result<Self, Problem>;

    /// How many items a page has at most, and how many come before it; `None` for a list without pages.
    ///
    /// ```
    /// # use etag_core::{Database, Selection, Versioned};
    /// # use etag_core::axum::ListQuery;
    /// # use serde::{Deserialize, Serialize};
    /// # #[derive(Debug, Serialize, Deserialize, Versioned)]
    /// # #[versioned(store = Database)]
    /// # struct Note { #[versioned(id)] id: u64, text: String }
    /// #[derive(Deserialize)]
    /// struct Containing {
    ///     word: String,
    /// }
    ///
    /// let third_page = Selection::new().with_limit(20).with_offset(40);
    /// assert_eq!(ListQuery::<Note>::page(&third_page), Some((20, 40)));
    /// let all = Containing { word: "kind".to_owned() };
    /// assert_eq!(ListQuery::<Note>::page(&all), None);
    /// ```
    fn page(&self) -> Option<(u64, u64)> {
        None
    }
}

impl<T: Resource> ListQuery<T> for Selection {
    fn parse(query: &str) -> Result<Self, Problem> {
        Ok(Selection::parse::<T>(query)?)
    }

    fn page(&self) -> Option<(u64, u64)> {
        Some((self.limit(), self.offset()))
    }
}

// Else the compiler would go on to serde's trait, and list the types that have it.
#[diagnostic::do_not_recommend]
impl<T: Resource, Q: DeserializeOwned + Send + Sync + 'static> ListQuery<T> for Q {
    fn parse(query: &str) -> Result<Self, Problem> {
        let uri = format!("/?{query}")
            .parse()
            .map_err(|_| Problem::malformed_request("the query string is malformed"))?;
        let Query(query) = Query::try_from_uri(&uri)
            .map_err(|rejection| Problem::malformed_request(rejection.body_text()))?;
        Ok(query)
    }
}

/// The query string of a list, without the parameter that counts as `If-Match` on a write.
pub(super) fn query_of<T: Resource, Q: ListQuery<T>>(parts: &Parts) -> Result<Q, Problem> {
    let query = parts.uri.query().unwrap_or_default();
    match T::QUERY {
        Some(tag) if !parts.method.is_safe() => {
            let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != tag);
            Q::parse(&form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
        }
        _ => Q::parse(query),
    }
}

/// How many items there are, and where the pages next to this one are (RFC 8288).
pub(super) fn page_headers(parts: &Parts, page: Option<(u64, u64)>, total: u64) -> HeaderMap {
    let mut headers = HeaderMap::from_iter([(TOTAL, HeaderValue::from(total))]);
    let Some((limit, offset)) = page else {
        return headers;
    };
    // A cache that merges a 304 keeps the links that it does not name: there is one in any case.
    let first = Some(link(parts, limit, 0, "first"));
    let next = offset.saturating_add(limit);
    let next = (limit > 0 && next < total).then(|| link(parts, limit, next, "next"));
    let previous = offset.min(total).saturating_sub(limit);
    let previous = (limit > 0 && offset > 0).then(|| link(parts, limit, previous, "prev"));
    let links: Vec<String> = first.into_iter().chain(next).chain(previous).collect();
    if let Ok(value) =
        HeaderValue::from_str(&links.join(", ")).map(|value| (!value.is_empty()).then_some(value))
    {
        headers.extend(value.map(|value| (LINK, value)));
    }
    headers
}

const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// The same path and query string, but for the place of the page.
fn link(parts: &Parts, limit: u64, offset: u64, relation: &str) -> String {
    let query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let others = query.filter(|(name, _)| name != "limit" && name != "offset");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(others)
        .append_pair("limit", &limit.to_string())
        .append_pair("offset", &offset.to_string())
        .finish();
    format!("<{}?{query}>; rel=\"{relation}\"", original_path(parts))
}
