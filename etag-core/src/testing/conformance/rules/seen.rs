//! What holds for all answers: those of the whole run are looked through.

use std::collections::HashMap;

use http::Method;
use http::header::{CONTENT_TYPE, DATE, ETAG, LAST_MODIFIED};
use serde_json::Value;

use super::super::exchange::{Exchange, Verdict, lossy, not_applicable};
use super::super::session::Session;
use crate::EntityTag;

super::rules! {
    1 "§8.8.3" "a tag is in double quotes, with W/ before them or nothing" => tags_are_quoted;
    4 "§8.8.3" "there is no backslash in a tag" => no_backslash;
    14 "§8.8.1" "no strong tag is that of two different contents" => tags_are_unique;
    24 "§8.8.2.1" "Last-Modified is not later than Date" => not_in_the_future;
    26 "§5.6.7" "dates are sent as IMF-fixdate" => dates_are_fixed;
    27 "§6.6.1" "each answer has a Date" => has_a_date;
    115 "RFC 9457 §3" "a problem is sent as application/problem+json" => problems_are_typed;
    116 "RFC 9457 §3.1.2" "the status in a problem is that of the answer" => problems_tell_their_status;
    117 "RFC 9457 §3.1.1" "the type of a problem is an absolute URI" => problems_have_absolute_types;
}

/// Looks for an answer that breaks a rule; a rule that no answer is concerned by does not apply.
fn each(
    session: &Session,
    concerned: impl Fn(&Exchange) -> bool,
    check: impl Fn(&Exchange) -> Verdict,
) -> Verdict {
    let mut concerned = session.log.iter().filter(|exchange| concerned(exchange)).peekable();
    if concerned.peek().is_none() {
        return not_applicable("no answer is concerned");
    }
    concerned.try_for_each(check)
}

fn has_tag(exchange: &Exchange) -> bool {
    exchange.headers.contains_key(ETAG)
}

async fn tags_are_quoted(session: &mut Session) -> Verdict {
    each(session, has_tag, |exchange| {
        let mut values = exchange.headers.get_all(ETAG).iter();
        match (values.next().map(EntityTag::try_from), values.next()) {
            (Some(Ok(_)), None) => Ok(()),
            (_, None) => exchange.failed("the ETag is none"),
            (_, Some(_)) => exchange.failed("there are two ETags"),
        }
    })
}

async fn no_backslash(session: &mut Session) -> Verdict {
    each(session, has_tag, |exchange| match exchange.etag() {
        Some(tag) if tag.opaque().contains(&b'\\') => exchange.failed("some clients take it for an escape"),
        _ => Ok(()),
    })
}

async fn tags_are_unique(session: &mut Session) -> Verdict {
    session.stable()?;
    if session.collides {
        return not_applicable("neighbouring states share a tag: see 13");
    }
    let mut contents: HashMap<(String, Vec<u8>), &Exchange> = HashMap::new();
    for exchange in session.log.iter().filter(|e| e.method == Method::GET && e.status == 200) {
        let Some(tag) = exchange.etag().filter(|tag| !tag.is_weak()) else {
            continue;
        };
        let key = (exchange.target.clone(), tag.opaque().to_vec());
        let first = contents.entry(key).or_insert(exchange);
        if first.body != exchange.body && is_new(session, first, exchange) {
            return exchange.failed(format!("the same tag was that of:\n{first}"));
        }
    }
    if contents.is_empty() { not_applicable("there is no strong tag") } else { Ok(()) }
}

/// Whether a collision is none that rules 13, 15, 16 and 18 see: those of neighbours, and of what is negotiated.
fn is_new(session: &Session, first: &Exchange, second: &Exchange) -> bool {
    let gets = session.log.iter().filter(|e| e.method == Method::GET && e.status == 200);
    let mut between = gets.skip_while(|e| !std::ptr::eq(*e, first)).take_while(|e| !std::ptr::eq(*e, second));
    first.sent == second.sent && between.any(|e| e.target == first.target && e.etag() != first.etag())
}

async fn not_in_the_future(session: &mut Session) -> Verdict {
    let has_both = |e: &Exchange| e.headers.contains_key(LAST_MODIFIED) && e.headers.contains_key(DATE);
    each(session, has_both, |exchange| match (exchange.date(&LAST_MODIFIED), exchange.date(&DATE)) {
        (Some(modified), Some(date)) if modified > date => {
            exchange.failed("Last-Modified is later than Date")
        }
        _ => Ok(()),
    })
}

async fn dates_are_fixed(session: &mut Session) -> Verdict {
    let has_date = |e: &Exchange| e.headers.contains_key(LAST_MODIFIED) || e.headers.contains_key(DATE);
    each(session, has_date, |exchange| {
        for name in [LAST_MODIFIED, DATE] {
            let Some(value) = exchange.headers.get(&name) else {
                continue;
            };
            if exchange.date(&name).map(httpdate::fmt_http_date) != Some(lossy(value)) {
                return exchange
                    .failed(format!("`{name}` is not of the form `Sun, 06 Nov 1994 08:49:37 GMT`"));
            }
        }
        Ok(())
    })
}

async fn has_a_date(session: &mut Session) -> Verdict {
    if !session.kit.transport.has_server() {
        return not_applicable("the server around the service sends it");
    }
    let concerned = |e: &Exchange| !e.status.is_informational() && !e.status.is_server_error();
    each(session, concerned, |exchange| {
        if exchange.headers.contains_key(DATE) { Ok(()) } else { exchange.failed("there is no Date") }
    })
}

/// The problem in an answer, whatever its media type.
fn problem(exchange: &Exchange) -> Option<Value> {
    let is_error = exchange.status.is_client_error() || exchange.status.is_server_error();
    let value: Value = serde_json::from_slice(&exchange.body).ok().filter(|_| is_error)?;
    (value.get("type").is_some() && value.get("title").is_some()).then_some(value)
}

async fn problems_are_typed(session: &mut Session) -> Verdict {
    each(
        session,
        |exchange| problem(exchange).is_some(),
        |exchange| {
            if exchange.says(&CONTENT_TYPE, "application/problem+json") {
                return Ok(());
            }
            exchange.failed("it is a problem of another media type")
        },
    )
}

async fn problems_tell_their_status(session: &mut Session) -> Verdict {
    each(
        session,
        |exchange| problem(exchange).is_some(),
        |exchange| match problem(exchange).and_then(|problem| problem.get("status")?.as_u64()) {
            Some(status) if status != u64::from(exchange.status.as_u16()) => {
                exchange.failed(format!("the problem says {status}"))
            }
            _ => Ok(()),
        },
    )
}

async fn problems_have_absolute_types(session: &mut Session) -> Verdict {
    each(
        session,
        |exchange| problem(exchange).is_some(),
        |exchange| {
            let problem = problem(exchange).unwrap_or_default();
            match problem["type"].as_str() {
                Some(kind) if kind.split_once(':').is_some_and(|(scheme, _)| !scheme.contains('/')) => Ok(()),
                _ => exchange.failed("the type is no absolute URI"),
            }
        },
    )
}
