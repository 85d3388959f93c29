use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::ETAG;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::Failure;
use crate::EntityTag;

/// A request, and what came back.
#[derive(Debug, Clone)]
pub(in crate::testing) struct Exchange {
    pub(in crate::testing) method: Method,
    pub(in crate::testing) target: String,
    pub(in crate::testing) sent: HeaderMap,
    pub(in crate::testing) content: Bytes,
    pub(in crate::testing) status: StatusCode,
    pub(in crate::testing) headers: HeaderMap,
    pub(in crate::testing) body: Bytes,
}

/// Why a check did not pass.
#[derive(Debug)]
pub(super) enum Finding {
    Failed(Failure),
    NotApplicable(String),
}

pub(super) type Verdict = Result<(), Finding>;

/// What a rule does not apply to, or can't be judged by.
pub(super) fn not_applicable<T>(why: impl Into<String>) -> Result<T, Finding> {
    Err(Finding::NotApplicable(why.into()))
}

impl Exchange {
    /// This exchange shows that the rule is broken.
    pub(super) fn failed<T>(&self, why: impl Into<String>) -> Result<T, Finding> {
        Err(Finding::Failed(Failure::new(why.into(), self.to_string())))
    }

    /// Fails where the status is another one.
    pub(super) fn expect(&self, status: u16, why: &str) -> Verdict {
        if self.status == status {
            return Ok(());
        }
        self.failed(format!("expected {status}, not {found}: {why}", found = self.status.as_u16()))
    }

    /// Fails where the request was carried out.
    pub(super) fn expect_refusal(&self, why: &str) -> Verdict {
        if self.status.is_client_error() {
            return Ok(());
        }
        self.failed(format!("expected a refusal, not {found}: {why}", found = self.status.as_u16()))
    }

    /// All lines of a header as one list; `None` where there is none.
    pub(super) fn list(&self, name: &HeaderName) -> Option<String> {
        let lines: Vec<_> = self.headers.get_all(name).iter().map(lossy).collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }

    /// Whether a header's list has this word.
    pub(super) fn says(&self, name: &HeaderName, word: &str) -> bool {
        let list = self.list(name).unwrap_or_default();
        list.split([',', ';']).any(|part| part.trim().eq_ignore_ascii_case(word))
    }

    /// The tag of the answer, where it has one that can be read.
    pub(in crate::testing) fn etag(&self) -> Option<EntityTag> {
        self.headers.get(ETAG).and_then(|value| EntityTag::try_from(value).ok())
    }

    /// The date in a header, where it has one that can be read.
    pub(super) fn date(&self, name: &HeaderName) -> Option<SystemTime> {
        httpdate::parse_http_date(self.headers.get(name)?.to_str().ok()?).ok()
    }
}

pub(in crate::testing) fn lossy(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

impl fmt::Display for Exchange {
    /// The request after `>`, the answer after `<`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "> {} {}", self.method, self.target)?;
        part(f, '>', &self.sent, &self.content)?;
        writeln!(f, "< {}", self.status)?;
        part(f, '<', &self.headers, &self.body)
    }
}

fn part(f: &mut fmt::Formatter<'_>, mark: char, headers: &HeaderMap, content: &Bytes) -> fmt::Result {
    for (name, value) in headers {
        writeln!(f, "{mark} {name}: {}", lossy(value))?;
    }
    if content.is_empty() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(content);
    let start: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let rest = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
    writeln!(f, "{mark} {start}{rest}")
}

/// How many characters of a body are shown.
const SHOWN: usize = 200;
