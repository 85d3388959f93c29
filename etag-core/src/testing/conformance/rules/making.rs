//! Validators: what a 200 has of them, and that they do not move by themselves.

use http::Method;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
    CONTENT_LOCATION, CONTENT_TYPE, ETAG, EXPIRES, HeaderName, LAST_MODIFIED, VARY,
};

use super::super::exchange::{Exchange, Finding, Verdict, not_applicable};
use super::super::session::{HeaderLine, Session, line};

super::rules! {
    22 "§15.3.1" "a 200 to GET has a validator: ETag, Last-Modified, or both" => has_validator;
    20 "§8.8.1" "the tag of what did not change does not move" => tag_stays;
    15 "§8.8.1" "different octets are not sent under one strong tag" => octets_stay;
    77 "§9.3.2" "HEAD has the status and the headers of GET, and no content" => head_is_get;
    16 "§8.8.3.3" "codings of one representation have different strong tags" => codings_differ;
    18 "§8.8.1" "languages and formats have different strong tags" => variants_differ;
    90 "§12.5.5" "Vary names the request header that an answer depends on" => varies;
    105 "RFC 7240 §2" "an unknown preference is ignored" => preference_ignored;
    110 "RFC 9530 §3" "Repr-Digest is that of the content" => digest_is_true;
}

async fn has_validator(session: &mut Session) -> Verdict {
    let shown = session.get([]).await?;
    shown.expect(200, "the resource that is named to the kit is there")?;
    if shown.headers.contains_key(ETAG) || shown.headers.contains_key(LAST_MODIFIED) {
        return Ok(());
    }
    shown.failed("there is neither an ETag nor a Last-Modified")
}

async fn head_is_get(session: &mut Session) -> Verdict {
    let shown = session.shown().await?;
    let path = session.kit.resource.clone();
    let head = session.ask(Method::HEAD, &path, []).await?;
    head.expect(200, "GET is answered 200")?;
    if !head.body.is_empty() {
        return head.failed("a HEAD has no content");
    }
    let same = [ETAG, LAST_MODIFIED, CONTENT_TYPE, CONTENT_LOCATION, CACHE_CONTROL, EXPIRES, VARY];
    for name in same {
        if head.list(&name) != shown.list(&name) {
            return head.failed(format!("`{name}` is {}", differs(&head, &shown, &name)));
        }
    }
    // It may be left out (§8.6).
    if head.headers.contains_key(CONTENT_LENGTH) && head.list(&CONTENT_LENGTH) != shown.list(&CONTENT_LENGTH)
    {
        return head.failed(format!("`content-length` is {}", differs(&head, &shown, &CONTENT_LENGTH)));
    }
    Ok(())
}

fn differs(head: &Exchange, shown: &Exchange, name: &HeaderName) -> String {
    format!("{:?} on HEAD and {:?} on GET", head.list(name), shown.list(name))
}

async fn tag_stays(session: &mut Session) -> Verdict {
    let (first, second) = twice(session).await?;
    if first.body != second.body || first.list(&ETAG) == second.list(&ETAG) {
        return Ok(());
    }
    session.is_unstable = true;
    second.failed(format!("the same octets were tagged {} before", first.list(&ETAG).unwrap_or_default()))
}

async fn octets_stay(session: &mut Session) -> Verdict {
    let (first, second) = twice(session).await?;
    if first.body == second.body {
        return Ok(());
    }
    session.is_unstable = true;
    match (first.etag(), second.etag()) {
        (Some(tag), Some(again)) if tag.strong_eq(&again) => {
            second.failed(format!("other octets were tagged {tag} before, and nobody changed the resource"))
        }
        _ => Ok(()),
    }
}

/// Two GETs, between which nobody changes the resource.
async fn twice(session: &mut Session) -> Result<(Exchange, Exchange), Finding> {
    let (first, second) = (session.get([]).await?, session.get([]).await?);
    if first.status != 200 || second.status != 200 {
        return not_applicable("the resource is not shown: see 22");
    }
    Ok((first, second))
}

async fn codings_differ(session: &mut Session) -> Verdict {
    let (identity, gzip) = both(session, (ACCEPT_ENCODING, "identity", "gzip")).await?;
    if !gzip.headers.contains_key(CONTENT_ENCODING) {
        return not_applicable("the answer is not compressed");
    }
    share_no_strong_tag(&identity, &gzip)
}

async fn variants_differ(session: &mut Session) -> Verdict {
    let mut differed = false;
    for asked in [LANGUAGES, FORMATS] {
        let (one, other) = both(session, asked).await?;
        if one.body != other.body {
            differed = true;
            share_no_strong_tag(&one, &other)?;
        }
    }
    if differed { Ok(()) } else { not_applicable("nothing is negotiated") }
}

async fn varies(session: &mut Session) -> Verdict {
    let mut differed = false;
    for asked in [(ACCEPT_ENCODING, "identity", "gzip"), LANGUAGES, FORMATS] {
        let name = asked.0.clone();
        let (one, other) = both(session, asked).await?;
        if one.body != other.body || one.list(&CONTENT_ENCODING) != other.list(&CONTENT_ENCODING) {
            differed = true;
            if !other.says(&VARY, name.as_str()) && !other.says(&VARY, "*") {
                return other.failed(format!("the answer depends on `{name}`, and `Vary` does not say so"));
            }
        }
    }
    if differed { Ok(()) } else { not_applicable("nothing is negotiated") }
}

/// The two answers to two values of one header.
async fn both(
    session: &mut Session,
    (name, one, other): (HeaderName, &str, &str),
) -> Result<(Exchange, Exchange), Finding> {
    session.stable()?;
    let asked: [HeaderLine; 2] = [line(name.clone(), one), line(name, other)];
    let [one, other] = asked;
    let (one, other) = (session.get([one]).await?, session.get([other]).await?);
    if one.status != 200 || other.status != 200 {
        return not_applicable("not both are acceptable");
    }
    Ok((one, other))
}

fn share_no_strong_tag(one: &Exchange, other: &Exchange) -> Verdict {
    match (one.etag(), other.etag()) {
        (Some(tag), Some(same)) if tag.strong_eq(&same) => {
            other.failed(format!("other octets are tagged {tag} as well: one of the two is a lie"))
        }
        _ => Ok(()),
    }
}

async fn preference_ignored(session: &mut Session) -> Verdict {
    let shown = session.shown().await?;
    let asked = session.get_if(HeaderName::from_static("prefer"), "conformance=unknown").await?;
    asked.expect(200, "the preference is unknown")?;
    if asked.etag() == shown.etag() { Ok(()) } else { asked.failed("the tag is another one") }
}

async fn digest_is_true(session: &mut Session) -> Verdict {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    let wanted = HeaderName::from_static("want-repr-digest");
    let shown = session.get_if(wanted, "sha-256=5").await?;
    let Some(digests) = shown.list(&HeaderName::from_static("repr-digest")) else {
        return not_applicable("there is no Repr-Digest");
    };
    let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&shown.body)));
    if !digests.contains("sha-256=:") {
        return not_applicable("there is no sha-256");
    }
    if digests.contains(&digest) { Ok(()) } else { shown.failed(format!("expected `{digest}`")) }
}

const LANGUAGES: (HeaderName, &str, &str) = (ACCEPT_LANGUAGE, "en", "de");
const FORMATS: (HeaderName, &str, &str) = (ACCEPT, "*/*", "application/json;q=0.1, */*;q=0.2");
