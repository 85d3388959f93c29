//! What a write is refused with, and in which order.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, IF_MATCH};

use super::super::Write;
use super::super::exchange::{Exchange, Finding, Verdict, not_applicable};
use super::super::session::{NO_STATE, Session, line};

super::rules! {
    87 "RFC 5789 §2.2" "a write without a condition is never answered 412" => unconditional;
    94 "RFC 6585 §3" "a write without a condition is answered 428, with the way to resubmit" => required;
    95 "RFC 6585 §3" "a 428 is not stored" => not_stored;
    34 "§13.2.1" "a body of another media type is refused as it is without a condition" => media_type_first;
    96 "RFC 6585 §3" "a 428 is for writes that are fine otherwise" => sole_fault;
    99 "RFC 5789 §2.2" "a PATCH of an unknown media type is answered 415 with Accept-Patch" => accept_patch;
}

/// A write without a condition.
async fn unguarded(session: &mut Session) -> Result<Exchange, Finding> {
    Ok(session.attempt([]).await?.done)
}

async fn unconditional(session: &mut Session) -> Verdict {
    let done = unguarded(session).await?;
    if done.status == 412 { done.failed("there was no condition that could be false") } else { Ok(()) }
}

async fn required(session: &mut Session) -> Verdict {
    let done = unguarded(session).await?;
    if done.status != 428 {
        return match session.kit.requires_if_match {
            _ if done.status == 412 => not_applicable("it is answered 412: see 87"),
            true => done.failed("expected 428: the service is said to require a condition"),
            false => not_applicable("no condition is required"),
        };
    }
    let text = String::from_utf8_lossy(&done.body).to_ascii_lowercase();
    if text.contains(IF_MATCH.as_str()) { Ok(()) } else { done.failed("it does not name If-Match") }
}

async fn not_stored(session: &mut Session) -> Verdict {
    let done = unguarded(session).await?;
    if done.status != 428 {
        return not_applicable("no condition is required");
    }
    if done.says(&CACHE_CONTROL, "no-store") { Ok(()) } else { done.failed("it does not say no-store") }
}

/// The write with a body of a media type that nobody knows.
fn of_unknown_type(session: &Session) -> Result<Write, Finding> {
    Ok(session.next_write()?.header(CONTENT_TYPE.as_str(), UNKNOWN))
}

/// What a write of an unknown media type is refused with, where it names the current tag.
async fn refused_type(session: &mut Session) -> Result<(Write, Exchange), Finding> {
    session.guarded().await?;
    let write = of_unknown_type(session)?;
    let condition = session.passing().await?;
    let refused = session.write(&write, condition).await?;
    if !refused.status.is_client_error() {
        return not_applicable("any media type is taken");
    }
    Ok((write, refused))
}

async fn media_type_first(session: &mut Session) -> Verdict {
    let (write, refused) = refused_type(session).await?;
    let stale = session.write(&write, [line(IF_MATCH, NO_STATE)]).await?;
    stale.expect(refused.status.as_u16(), "so is one that names the current tag")
}

async fn sole_fault(session: &mut Session) -> Verdict {
    if unguarded(session).await?.status != 428 {
        return not_applicable("no condition is required");
    }
    let (write, refused) = refused_type(session).await?;
    let bare = session.write(&write, []).await?;
    bare.expect(refused.status.as_u16(), "so is one that names the current tag")
}

async fn accept_patch(session: &mut Session) -> Verdict {
    session.next_write()?;
    let condition = session.passing().await?;
    let write = Write::patch(UNKNOWN, "{}");
    let refused = session.write(&write, condition).await?;
    if matches!(refused.status.as_u16(), 404 | 405 | 501) || refused.status.is_success() {
        return not_applicable("there is no PATCH, or any media type is taken");
    }
    refused.expect(415, "the media type is unknown")?;
    let is_said = refused.headers.contains_key(HeaderName::from_static("accept-patch"));
    if is_said { Ok(()) } else { refused.failed("there is no Accept-Patch") }
}

const UNKNOWN: &str = "application/x-conformance";
