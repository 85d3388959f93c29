//! Ranges, where the service has them.

use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_LOCATION, CONTENT_RANGE, DATE, ETAG, EXPIRES, IF_MATCH, IF_RANGE, LAST_MODIFIED,
    RANGE, VARY,
};

use super::super::exchange::{Exchange, Finding, Verdict, not_applicable};
use super::super::session::{HeaderLine, NO_STATE, Session, line, none_match, octets};

super::rules! {
    84 "§15.3.7" "a 206 is the part that was asked for, and says which" => is_the_part;
    84 "§15.3.7" "a 206 repeats Date, Cache-Control, ETag, Expires, Content-Location and Vary" => repeats;
    84 "§15.5.17" "a range beyond the end is answered 416 with the length" => beyond_the_end;
    69 "§14.2" "preconditions come before Range: 304 and 412 win" => after_preconditions;
    70 "§13.1.5" "If-Range without Range is ignored" => needs_range;
    33 "§13.1.5" "If-Range with the current strong tag is answered 206" => same_tag;
    71 "§13.1.5" "If-Range with a weak tag is answered with the whole" => weak_tag;
    72 "§13.1.5" "If-Range with another date is answered with the whole" => other_date;
    73 "§13.1.5" "If-Range with another tag is answered with the whole" => other_tag;
}

/// The whole, of a resource of which parts are sent.
async fn ranged(session: &mut Session) -> Result<Exchange, Finding> {
    let shown = session.shown().await?;
    if shown.body.len() < 2 || session.get([first_octet()]).await?.status != 206 {
        return not_applicable("no parts are sent");
    }
    Ok(shown)
}

fn first_octet() -> HeaderLine {
    line(RANGE, "bytes=0-0")
}

/// The answer is the whole.
fn expect_whole(found: &Exchange, whole: &Bytes, why: &str) -> Verdict {
    found.expect(200, why)?;
    if found.body == *whole { Ok(()) } else { found.failed("it is not the whole") }
}

async fn is_the_part(session: &mut Session) -> Verdict {
    let whole = ranged(session).await?.body;
    let last = whole.len() - 1;
    for (range, first) in
        [("bytes=0-0".to_owned(), 0), ("bytes=1-".to_owned(), 1), ("bytes=-1".to_owned(), last)]
    {
        let end = if range == "bytes=0-0" { 0 } else { last };
        let part = session.get_if(RANGE, range).await?;
        part.expect(206, "the range is one of the representation")?;
        let says = format!("bytes {first}-{end}/{}", whole.len());
        if part.list(&CONTENT_RANGE).as_deref() != Some(&says) {
            return part.failed(format!("expected `content-range: {says}`"));
        }
        if part.body != whole.slice(first..=end) {
            return part.failed("these are other octets than those of the whole");
        }
    }
    Ok(())
}

async fn repeats(session: &mut Session) -> Verdict {
    let whole = ranged(session).await?;
    let part = session.get([first_octet()]).await?;
    for name in [CACHE_CONTROL, ETAG, CONTENT_LOCATION, VARY] {
        if part.list(&name) != whole.list(&name) {
            return part.failed(format!("`{name}` of the 200 is {:?}", whole.list(&name)));
        }
    }
    for name in [DATE, EXPIRES] {
        if whole.headers.contains_key(&name) && !part.headers.contains_key(&name) {
            return part.failed(format!("the 200 has `{name}`"));
        }
    }
    Ok(())
}

async fn beyond_the_end(session: &mut Session) -> Verdict {
    let length = ranged(session).await?.body.len();
    let beyond = session.get_if(RANGE, format!("bytes={length}-")).await?;
    beyond.expect(416, "the range begins where the representation ends")?;
    let says = format!("bytes */{length}");
    if beyond.list(&CONTENT_RANGE).as_deref() == Some(&says) {
        return Ok(());
    }
    beyond.failed(format!("expected `content-range: {says}`"))
}

async fn after_preconditions(session: &mut Session) -> Verdict {
    ranged(session).await?;
    let tag = session.known().await?;
    let known = session.get([first_octet(), none_match(&tag)]).await?;
    known.expect(304, "the client has it")?;
    if session.get_if(IF_MATCH, NO_STATE).await?.status == 412 {
        let other = session.get([first_octet(), line(IF_MATCH, NO_STATE)]).await?;
        other.expect(412, "If-Match is false")?;
    }
    Ok(())
}

async fn needs_range(session: &mut Session) -> Verdict {
    let whole = ranged(session).await?.body;
    let found = session.get_if(IF_RANGE, NO_STATE).await?;
    expect_whole(&found, &whole, "no range is asked for")
}

async fn same_tag(session: &mut Session) -> Verdict {
    let whole = ranged(session).await?;
    match whole.etag() {
        Some(tag) if !tag.is_weak() => {
            let part = session.get([first_octet(), (IF_RANGE, tag.to_header_value())]).await?;
            part.expect(206, "the tag is the current one")
        }
        _ => not_applicable("there is no strong tag"),
    }
}

async fn weak_tag(session: &mut Session) -> Verdict {
    let whole = ranged(session).await?;
    let Some(tag) = whole.etag() else {
        return not_applicable("there is no tag");
    };
    let weak = octets([b"W/\"", tag.opaque(), b"\""]);
    let found = session.get([first_octet(), line(IF_RANGE, weak)]).await?;
    expect_whole(&found, &whole.body, "a weak tag promises no equal octets")
}

async fn other_date(session: &mut Session) -> Verdict {
    let whole = ranged(session).await?;
    let Some(date) = whole.date(&LAST_MODIFIED) else {
        return not_applicable("there is no date");
    };
    for date in [date + Duration::from_secs(1), date - Duration::from_secs(1)] {
        let date = line(IF_RANGE, httpdate::fmt_http_date(date));
        let found = session.get([first_octet(), date]).await?;
        expect_whole(&found, &whole.body, "the date is not exactly the current one")?;
    }
    Ok(())
}

async fn other_tag(session: &mut Session) -> Verdict {
    let whole = ranged(session).await?.body;
    let found = session.get([first_octet(), line(IF_RANGE, NO_STATE)]).await?;
    expect_whole(&found, &whole, "the part would be spliced to one of another version")
}
