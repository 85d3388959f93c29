//! What a 304 says, and what caches are told.

use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE, ETAG, EXPIRES, IF_NONE_MATCH, LAST_MODIFIED, ORIGIN,
    SET_COOKIE, VARY,
};

use super::super::exchange::{Verdict, not_applicable};
use super::super::session::{Session, line, none_match, octets};

super::rules! {
    55 "§15.4.5" "a 304 names the current tag" => names_the_tag;
    74 "§15.4.5" "a 304 repeats Content-Location, Vary, Cache-Control and Expires of the 200" => repeats;
    74 "§15.4.5" "a 304 has a Date where the 200 has one" => repeats_date;
    75 "§15.4.5" "a 304 has no content, and says nothing else of it" => says_no_more;
    76 "RFC 9111 §4.3.4" "a 304 has nothing that is one request's: no cookie, no nonce" => is_for_all;
    76 "RFC 9111 §4.3.4" "a 304 keeps the CORS headers of the 200" => keeps_cors;
    88 "RFC 9111 §3.5" "an answer to an authorised request is not public by default" => is_not_public;
    93 "RFC 9111 §4.3.2" "of a list of tags, the 304 names the one that matched" => names_the_match;
}

async fn names_the_tag(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    let (_, not_modified) = session.not_modified().await?;
    match not_modified.etag() {
        Some(named) if named.weak_eq(&tag) => Ok(()),
        _ => not_modified.failed(format!("the current tag is {tag}")),
    }
}

async fn repeats(session: &mut Session) -> Verdict {
    let (shown, not_modified) = session.not_modified().await?;
    for name in [CONTENT_LOCATION, VARY, CACHE_CONTROL, EXPIRES] {
        let (before, now) = (shown.list(&name), not_modified.list(&name));
        // A moving date is as good on either.
        let is_same = if name == EXPIRES { before.is_some() == now.is_some() } else { before == now };
        if !is_same {
            return not_modified.failed(format!("`{name}` of the 200 is {before:?}"));
        }
    }
    Ok(())
}

async fn repeats_date(session: &mut Session) -> Verdict {
    if !session.kit.transport.has_server() {
        return not_applicable("the server around the service sends it");
    }
    let (shown, not_modified) = session.not_modified().await?;
    if !shown.headers.contains_key(DATE) {
        return not_applicable("the 200 has none: see 27");
    }
    if not_modified.headers.contains_key(DATE) { Ok(()) } else { not_modified.failed("there is no Date") }
}

async fn says_no_more(session: &mut Session) -> Verdict {
    let (shown, not_modified) = session.not_modified().await?;
    if !not_modified.body.is_empty() {
        return not_modified.failed("a 304 has no content");
    }
    for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE] {
        if not_modified.headers.contains_key(&name) {
            return not_modified.failed(format!("`{name}` is the content's own, which is not sent"));
        }
    }
    if not_modified.headers.contains_key(ETAG) && not_modified.headers.contains_key(LAST_MODIFIED) {
        return not_modified.failed("a date beside the tag tells a cache nothing");
    }
    let length = not_modified.list(&CONTENT_LENGTH);
    if length.is_some() && length != shown.list(&CONTENT_LENGTH) {
        return not_modified.failed("`content-length` is said of the 200 (§8.6), and is not that");
    }
    Ok(())
}

async fn is_for_all(session: &mut Session) -> Verdict {
    let (_, first) = session.not_modified().await?;
    let (_, second) = session.not_modified().await?;
    if second.headers.contains_key(SET_COOKIE) {
        return second.failed("a cache keeps the cookie with its copy");
    }
    if first.list(&CONTENT_SECURITY_POLICY) != second.list(&CONTENT_SECURITY_POLICY) {
        return second.failed("the nonce is another one than that of the copy");
    }
    Ok(())
}

async fn keeps_cors(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    let origin = line(ORIGIN, "https://conformance.example");
    let shown = session.get([origin.clone()]).await?;
    let not_modified = session.get([origin, none_match(&tag)]).await?;
    not_modified.expect(304, "the tag is named")?;
    let mut names =
        shown.headers.keys().filter(|name| name.as_str().starts_with("access-control-")).peekable();
    if names.peek().is_none() {
        return not_applicable("the 200 has no CORS headers");
    }
    match names.find(|name| shown.list(name) != not_modified.list(name)) {
        Some(name) => not_modified.failed(format!("`{name}` of the 200 is {:?}", shown.list(name))),
        None => Ok(()),
    }
}

async fn is_not_public(session: &mut Session) -> Verdict {
    if !session.kit.headers.contains_key(AUTHORIZATION) {
        return not_applicable("the requests are not authorised");
    }
    let shown = session.shown().await?;
    let cache_control = shown.list(&CACHE_CONTROL).unwrap_or_default();
    if shown.says(&CACHE_CONTROL, "public") || cache_control.contains("s-maxage") {
        return shown.failed("a shared cache may give it to others");
    }
    Ok(())
}

async fn names_the_match(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    if session.not_modified().await?.1.etag().is_none() {
        return not_applicable("a 304 names no tag: see 55");
    }
    let list = octets([b"\"a\", ", tag.to_header_value().as_bytes(), b", \"b\""]);
    let not_modified = session.get_if(IF_NONE_MATCH, list).await?;
    if not_modified.status != 304 {
        return not_applicable("the list is not read: see 51");
    }
    match not_modified.etag() {
        Some(named) if named.weak_eq(&tag) => Ok(()),
        _ => not_modified.failed(format!("the tag that matched is {tag}")),
    }
}
