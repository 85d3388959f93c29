//! What is not there, what is created, and what is deleted.

use http::Method;
use http::header::{CONTENT_LOCATION, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION};

use super::super::Write;
use super::super::exchange::{Exchange, Finding, Verdict, not_applicable};
use super::super::session::{NO_STATE, Session, guard, line};

super::rules! {
    36 "§13.2.1" "what is not there is 404 under any condition on a read" => absent_is_404;
    36 "§13.2.1" "a DELETE of what is not there is 404 under any condition" => delete_is_404;
    44 "§13.1.1" "a PUT that requires a state creates nothing" => requires_a_state;
    53 "§13.1.2" "a PUT with If-None-Match: * creates what is not there, once" => creates_once;
    80 "§9.3.4" "a PUT that creates is answered 201" => created;
    81 "§15.3.2" "the tag of a 201 is that of what was created" => tag_of_201;
    81 "§15.3.2" "the tag of a 201 to POST is that of what is at its Location" => posted;
    85 "§9.3.5" "a DELETE is answered without a tag" => deleted;
    14 "§8.8.1" "what is deleted and created again has no tag that it had with other octets" => no_tag_twice;
    44 "§13.1.1" "a DELETE that names another state deletes nothing" => guarded_delete;
}

fn path(session: &Session) -> Result<String, Finding> {
    session.stable()?;
    match &session.kit.absent {
        Some(path) => Ok(path.clone()),
        None => not_applicable("no path was given where nothing is"),
    }
}

async fn absent_is_404(session: &mut Session) -> Verdict {
    let path = path(session)?;
    let plain = session.ask(Method::GET, &path, []).await?;
    plain.expect(404, "nothing is there")?;
    let conditions = [
        line(IF_NONE_MATCH, "*"),
        line(IF_NONE_MATCH, NO_STATE),
        line(IF_MATCH, "*"),
        line(IF_MATCH, NO_STATE),
        line(IF_MODIFIED_SINCE, "Sun, 06 Nov 1994 08:49:37 GMT"),
    ];
    for condition in conditions {
        let found = session.ask(Method::GET, &path, [condition]).await?;
        found.expect(404, "nothing is there")?;
    }
    Ok(())
}

async fn delete_is_404(session: &mut Session) -> Verdict {
    let path = path(session)?;
    let plain = session.ask(Method::DELETE, &path, []).await?;
    if plain.status != 404 {
        return not_applicable("a DELETE without a condition is not answered 404");
    }
    for tag in ["*", NO_STATE] {
        let found = session.ask(Method::DELETE, &path, [line(IF_MATCH, tag)]).await?;
        found.expect(404, "nothing is there")?;
    }
    Ok(())
}

/// A PUT to where nothing is, under a condition.
async fn put(
    session: &mut Session,
    number: usize,
    condition: super::super::session::HeaderLine,
) -> Result<Exchange, Finding> {
    let path = path(session)?;
    match session.kit.writes.get(number) {
        Some(write) if write.method == Method::PUT => session.write_to(&path, &write, [condition]).await,
        _ => not_applicable("no PUT was given"),
    }
}

async fn requires_a_state(session: &mut Session) -> Verdict {
    let path = path(session)?;
    session.guarded().await?;
    for tag in ["*", NO_STATE] {
        let done = put(session, 1, line(IF_MATCH, tag)).await?;
        done.expect_refusal("nothing is there, so that no condition on it is true")?;
        session.ask(Method::GET, &path, []).await?.expect(404, "the PUT was refused")?;
    }
    Ok(())
}

/// Creates, and says what was answered; the caller deletes it again.
async fn create(session: &mut Session, number: usize) -> Result<Exchange, Finding> {
    let done = put(session, number, line(IF_NONE_MATCH, "*")).await?;
    if done.status.is_success() {
        return Ok(done);
    }
    not_applicable("a PUT creates nothing there")
}

/// Deletes what was created, by its tag.
async fn delete(session: &mut Session, path: &str) -> Result<Exchange, Finding> {
    let shown = session.ask(Method::GET, path, []).await?;
    let condition = shown.etag().map(|tag| guard(&tag));
    session.ask(Method::DELETE, path, condition).await
}

/// Deletes, or says that what was created stays.
async fn clean(session: &mut Session) -> Result<Exchange, Finding> {
    let path = path(session)?;
    let deleted = delete(session, &path).await?;
    if !deleted.status.is_success() {
        // There is one more resource now, and no path where nothing is.
        session.kit.absent = None;
        return not_applicable("what was created can't be deleted");
    }
    Ok(deleted)
}

async fn creates_once(session: &mut Session) -> Verdict {
    create(session, 1).await?;
    let again = put(session, 2, line(IF_NONE_MATCH, "*")).await?;
    clean(session).await.ok();
    again.expect(412, "it is there since the last PUT")
}

async fn created(session: &mut Session) -> Verdict {
    let done = create(session, 1).await?;
    clean(session).await.ok();
    done.expect(201, "nothing was there")
}

async fn tag_of_201(session: &mut Session) -> Verdict {
    let path = path(session)?;
    let done = create(session, 1).await?;
    let shown = session.ask(Method::GET, &path, []).await?;
    clean(session).await.ok();
    is_tagged_as(&done, &shown)
}

fn is_tagged_as(done: &Exchange, shown: &Exchange) -> Verdict {
    if !done.headers.contains_key(ETAG) {
        return not_applicable("the answer has no tag");
    }
    if done.list(&ETAG) == shown.list(&ETAG) {
        return Ok(());
    }
    done.failed(format!("the next GET is tagged {:?}", shown.list(&ETAG).unwrap_or_default()))
}

/// Creates by POST: the answer, and where the new resource is.
async fn post(session: &mut Session) -> Result<(Exchange, String), Finding> {
    session.stable()?;
    let Some((path, write)): Option<(String, Write)> = session.kit.collection.clone() else {
        return not_applicable("no collection was given");
    };
    let done = session.write_to(&path, &write, []).await?;
    let place = done.list(&LOCATION).or_else(|| done.list(&CONTENT_LOCATION));
    match place {
        Some(place) if done.status == 201 => Ok((done, place)),
        _ => done.failed("expected 201 with Location: the POST is said to create"),
    }
}

async fn posted(session: &mut Session) -> Verdict {
    let (done, path) = post(session).await?;
    let shown = session.ask(Method::GET, &path, []).await?;
    delete(session, &path).await?;
    shown.expect(200, "it was created")?;
    is_tagged_as(&done, &shown)
}

async fn deleted(session: &mut Session) -> Verdict {
    let deleted = if session.kit.collection.is_some() {
        let (_, path) = post(session).await?;
        delete(session, &path).await?
    } else {
        create(session, 1).await?;
        clean(session).await?
    };
    if !deleted.status.is_success() {
        return not_applicable("there is no DELETE");
    }
    if deleted.headers.contains_key(ETAG) { deleted.failed("nothing is left that has a tag") } else { Ok(()) }
}

async fn no_tag_twice(session: &mut Session) -> Verdict {
    let path = path(session)?;
    if session.collides {
        return not_applicable("neighbouring states share a tag: see 13");
    }
    create(session, 1).await?;
    let first = session.ask(Method::GET, &path, []).await?;
    clean(session).await?;
    create(session, 2).await?;
    let second = session.ask(Method::GET, &path, []).await?;
    clean(session).await?;
    match (first.etag(), second.etag()) {
        (Some(was), Some(is)) if was.strong_eq(&is) && first.body != second.body => {
            second.failed("other octets had this tag before they were deleted")
        }
        _ => Ok(()),
    }
}

async fn guarded_delete(session: &mut Session) -> Verdict {
    let path = path(session)?;
    session.guarded().await?;
    create(session, 1).await?;
    let refused = session.ask(Method::DELETE, &path, [line(IF_MATCH, NO_STATE)]).await?;
    let shown = session.ask(Method::GET, &path, []).await?;
    if refused.status.is_success() {
        return refused.failed("no state ever had this tag");
    }
    clean(session).await.ok();
    shown.expect(200, "the DELETE was refused")
}
