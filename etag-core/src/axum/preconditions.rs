use std::borrow::Cow;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::refusal::NotModified;
use super::withheld_range::WithheldRange;
use super::{Refusal, Tagged, guard};
use crate::outline::Outline;
use crate::{Outcome, Preconditions, Problem, Resource, Tolerate, Validators, Versioned};

/// Never rejects: what is malformed is answered by [`respond`](Preconditions::respond) and
/// [`check`](Preconditions::check), after the policy has spoken.
impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of_parts(parts, Tolerate::Nothing))
    }
}

/// What the router says, in an `Extension`, before what the type says.
fn tolerance(parts: &Parts, otherwise: Tolerate) -> Tolerate {
    parts.extensions.get().copied().unwrap_or(otherwise)
}

impl Preconditions {
    /// The conditions of a request for a resource of this type.
    pub(super) fn of<T: Resource>(parts: &Parts) -> Self {
        Self::of_parts(parts, T::TOLERATE)
    }

    fn of_parts(parts: &Parts, otherwise: Tolerate) -> Self {
        let conditions = Self::read(&parts.method, &parts.headers).tolerating(tolerance(parts, otherwise));
        WithheldRange::restore(parts, conditions)
    }

    /// Answers a GET or a HEAD: 200 with the value and its tag, 304 where the client has it, 412, or 400 for
    /// an `If-Match` that can't be read.
    ///
    /// On other methods the value is sent with its tag: a condition is no use after the handler ran. Call
    /// [`check`](Self::check) before a change.
    ///
    /// ```
    /// use axum::body::Body;
    /// use axum::response::Response;
    /// use axum::{Router, routing::get};
    /// use etag_core::axum::Tagged;
    /// use etag_core::{Preconditions, Versioned};
    /// use http::{Request, header::{ETAG, IF_NONE_MATCH}};
    /// use tower::ServiceExt;
    ///
    /// #[derive(Versioned)]
    /// struct Motd {
    ///     text: &'static str,
    /// }
    ///
    /// async fn motd(pre: Preconditions) -> Response {
    ///     pre.respond(Tagged::new(Motd { text: "be kind" }))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let app = Router::new().route("/motd", get(motd));
    /// let first = app.clone().oneshot(Request::get("/motd").body(Body::empty())?).await?;
    /// let again = Request::get("/motd").header(IF_NONE_MATCH, &first.headers()[ETAG]);
    /// assert_eq!(app.oneshot(again.body(Body::empty())?).await?.status(), 304);
    /// # Ok(())
    /// # }
    /// ```
    pub fn respond<T: Versioned>(&self, tagged: Tagged<T>) -> Response {
        if !self.selects() {
            return tagged.asked(self.asked()).into_response();
        }
        match tagged.asked(self.asked()).render() {
            Ok(rendered) => match self.check(Some(&rendered.validators)) {
                Ok(()) => rendered.into_response(),
                Err(Refusal::NotModified(_)) => {
                    let held = self.held(Some(&rendered.validators)).cloned();
                    rendered.into_not_modified(held).into_response()
                }
                Err(refusal) => refusal.into_response(),
            },
            Err(problem) => problem.into_response(),
        }
    }

    /// Evaluates the conditions, and answers where the request is not to be carried out.
    ///
    /// Call it right before acting, when the request is otherwise fine (RFC 9110 §13.2.1): with the current
    /// representation's validators, or `None` where there is no current representation.
    ///
    /// ```
    /// use etag_core::axum::Refusal;
    /// use etag_core::{EntityTag, Preconditions, Validators};
    /// use http::{HeaderMap, HeaderValue, Method, header::IF_MATCH};
    ///
    /// let headers = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(r#""v1""#))]);
    /// let pre = Preconditions::from_parts(&Method::PUT, &headers)?;
    /// let current = Validators::from(EntityTag::strong("v2")?);
    /// let Err(Refusal::Problem(problem)) = pre.check(Some(&current)) else { panic!() };
    /// assert_eq!(problem.status(), 412);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// 400 where a condition can't be read, 412 where one is false, and 304 for a GET or a HEAD of what the
    /// client has.
    pub fn check(&self, current: Option<&Validators>) -> Result<(), Refusal> {
        self.check_for(current.map(Cow::Borrowed), &Outline::default())
    }

    /// As [`check`](Self::check); the type says what a 304 repeats.
    pub(super) fn check_for(
        &self,
        current: Option<Cow<'_, Validators>>,
        outline: &Outline,
    ) -> Result<(), Refusal> {
        if let Some(malformed) = self.malformed() {
            return Err(Problem::malformed_precondition(malformed.to_string()).into());
        }
        match (self.evaluate(current.as_deref()), current) {
            (Outcome::Proceed, _) => Ok(()),
            (Outcome::NotModified, Some(current)) => {
                let held = self.held(Some(&current));
                let not_modified = NotModified::new(current.into_owned(), None, outline);
                Err(Refusal::NotModified(not_modified.naming(held)))
            }
            (_, current) => Err(guard::failed(self, current.as_deref()).into()),
        }
    }
}
