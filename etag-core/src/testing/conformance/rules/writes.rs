//! What a write is answered that is carried out.

use http::Method;
use http::header::{CONTENT_LOCATION, ETAG, HeaderName};

use super::super::exchange::{Exchange, Finding, Verdict, not_applicable};
use super::super::session::{Session, line};

super::rules! {
    13 "§8.8.1" "a strong tag changes where the octets of the 200 do" => tag_moves;
    78 "§8.8" "the tag of a write's answer is that of the next GET" => tag_of_the_new;
    79 "§9.3.4" "a PUT whose content was transformed is answered without a tag, or with the new content" => transformed;
    80 "§9.3.4" "a PUT of what is there is answered 200 or 204" => replaced;
    82 "§15.3.5" "the tag of a 204 is that of the new representation" => tag_of_204;
    83 "§8.7" "where Content-Location is the target, the content is the new representation" => located;
    107 "RFC 7240 §4.2" "return=representation that is applied is answered with the new representation" => prefers_all;
    107 "RFC 7240 §4.2" "return=minimal that is applied is answered without content" => prefers_nothing;
}

/// A write that was carried out, and the GETs around it.
async fn written(session: &mut Session) -> Result<(Exchange, Exchange, Exchange), Finding> {
    let attempt = session.advance().await?;
    Ok((attempt.before, attempt.done, attempt.after))
}

async fn tag_moves(session: &mut Session) -> Verdict {
    for _ in 0..3 {
        let (before, _, after) = written(session).await?;
        if let (Some(was), Some(is)) = (before.etag(), after.etag())
            && before.body != after.body
            && was.strong_eq(&is)
        {
            session.collides = true;
            return after.failed("other octets had this tag before the last write");
        }
    }
    Ok(())
}

async fn tag_of_the_new(session: &mut Session) -> Verdict {
    let (_, done, after) = written(session).await?;
    if !done.headers.contains_key(ETAG) {
        return not_applicable("the answer has no tag");
    }
    if done.list(&ETAG) == after.list(&ETAG) {
        return Ok(());
    }
    done.failed(format!("the next GET is tagged {:?}", after.list(&ETAG).unwrap_or_default()))
}

async fn transformed(session: &mut Session) -> Verdict {
    let (_, done, after) = written(session).await?;
    if done.method != Method::PUT || !done.headers.contains_key(ETAG) {
        return not_applicable("it is no PUT whose answer has a tag");
    }
    if after.body == done.content || (done.body == after.body && is_located(&done)) {
        return Ok(());
    }
    done.failed("the client takes the tag for that of what it sent, and the next GET shows other octets")
}

/// Whether the answer says that its content is the representation of the request's target (§8.7).
fn is_located(done: &Exchange) -> bool {
    done.list(&CONTENT_LOCATION).is_some_and(|location| done.target.ends_with(&location))
}

async fn replaced(session: &mut Session) -> Verdict {
    let (_, done, _) = written(session).await?;
    match done.status.as_u16() {
        _ if done.method != Method::PUT => not_applicable("the write is no PUT"),
        200 | 204 => Ok(()),
        found => done.failed(format!("expected 200 or 204, not {found}")),
    }
}

async fn tag_of_204(session: &mut Session) -> Verdict {
    let (_, done, after) = written(session).await?;
    if done.status != 204 || !done.headers.contains_key(ETAG) {
        return not_applicable("it is no 204 with a tag");
    }
    if done.list(&ETAG) == after.list(&ETAG) { Ok(()) } else { done.failed("the next GET has another tag") }
}

async fn located(session: &mut Session) -> Verdict {
    let (_, done, after) = written(session).await?;
    if done.body.is_empty() || !is_located(&done) {
        return not_applicable("the answer has no content of the target");
    }
    if done.body == after.body { Ok(()) } else { done.failed("the next GET shows other octets") }
}

async fn prefers_all(session: &mut Session) -> Verdict {
    let Some((done, after)) = preferred(session, "return=representation").await? else {
        return not_applicable("it is not applied");
    };
    if done.body == after.body { Ok(()) } else { done.failed("the next GET shows other octets") }
}

async fn prefers_nothing(session: &mut Session) -> Verdict {
    let Some((done, _)) = preferred(session, "return=minimal").await? else {
        return not_applicable("it is not applied");
    };
    if done.body.is_empty() { Ok(()) } else { done.failed("there is content") }
}

/// A write with a preference, where the answer says that it was applied.
async fn preferred(session: &mut Session, preference: &str) -> Result<Option<(Exchange, Exchange)>, Finding> {
    session.writable().await?;
    let condition = session.passing().await?;
    let prefer = line(HeaderName::from_static("prefer"), preference);
    let attempt = session.attempt(condition.into_iter().chain([prefer])).await?;
    let is_applied = attempt.done.says(&HeaderName::from_static("preference-applied"), preference);
    Ok(is_applied.then_some((attempt.done, attempt.after)))
}
