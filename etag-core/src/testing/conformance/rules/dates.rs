//! Dates as conditions.

use std::time::{Duration, SystemTime};

use http::header::{HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LAST_MODIFIED};
use jiff::Timestamp;

use super::super::exchange::{Verdict, not_applicable};
use super::super::session::{NO_STATE, Session, guard, line, none_match};

super::rules! {
    60 "§13.1.3" "If-Modified-Since with the date of the resource is answered 304" => same_date;
    26 "§5.6.7" "all three formats of a date are read" => formats;
    26 "§5.6.7" "a year of two digits is at most 50 years ahead" => two_digits;
    56 "§13.1.3" "If-Modified-Since is ignored where there is an If-None-Match" => if_none_match_alone;
    68 "§13.2.2" "If-None-Match decides alone: an older date makes no 200 of its 304" => decides_alone;
    57 "§13.1.3" "an If-Modified-Since that is invalid or repeated is ignored" => invalid;
    59 "§13.1.3" "If-Modified-Since is ignored where there is no date" => without_a_date;
    63 "§13.1.4" "If-Unmodified-Since is ignored where there is no date" => unmodified_without_a_date;
    62 "§13.1.4" "an If-Unmodified-Since that is invalid is ignored" => unmodified_invalid;
    64 "§13.1.4" "If-Unmodified-Since is true up to and with the date itself" => unmodified_since;
    61 "§13.1.4" "If-Unmodified-Since is ignored where there is an If-Match" => if_match_alone;
    64 "§13.1.4" "a write under an older If-Unmodified-Since is not done" => guards_a_write;
    58 "§13.1.3" "If-Modified-Since is ignored on a write" => reads_only;
}

async fn same_date(session: &mut Session) -> Verdict {
    let (shown, _) = session.modified().await?;
    match session.dated().await {
        Ok(_) => Ok(()),
        Err(_) => {
            let date = shown.headers[LAST_MODIFIED].clone();
            let found = session.get([(IF_MODIFIED_SINCE, date)]).await?;
            found.expect(304, "the resource has not changed since, and the second is over")
        }
    }
}

async fn formats(session: &mut Session) -> Verdict {
    let (_, date) = session.dated().await?;
    for format in ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"] {
        let text = written(date, format)?;
        let found = session.get_if(IF_MODIFIED_SINCE, &text).await?;
        found.expect(304, "it is the date of the resource in another format")?;
    }
    Ok(())
}

/// A date in one of the obsolete formats.
fn written(date: SystemTime, format: &str) -> Result<String, super::Finding> {
    match Timestamp::try_from(date) {
        Ok(date) => Ok(date.strftime(format).to_string()),
        Err(_) => not_applicable("the date is beyond all calendars"),
    }
}

async fn two_digits(session: &mut Session) -> Verdict {
    let (_, date) = session.dated().await?;
    if date < SystemTime::UNIX_EPOCH + Duration::from_secs(YEAR_1995) {
        return not_applicable("the resource is older than 1995");
    }
    let found = session.get_if(IF_MODIFIED_SINCE, "Sunday, 06-Nov-94 08:49:37 GMT").await?;
    found.expect(200, "94 is 1994")
}

async fn if_none_match_alone(session: &mut Session) -> Verdict {
    let (shown, _) = session.dated().await?;
    session.known().await?;
    let date = (IF_MODIFIED_SINCE, shown.headers[LAST_MODIFIED].clone());
    session.get([line(IF_NONE_MATCH, NO_STATE), date]).await?.expect(200, "the tag is another one")
}

async fn decides_alone(session: &mut Session) -> Verdict {
    session.modified().await?;
    let tag = session.known().await?;
    let both = session.get([none_match(&tag), line(IF_MODIFIED_SINCE, LONG_AGO)]).await?;
    both.expect(304, "the tag is the current one")
}

async fn invalid(session: &mut Session) -> Verdict {
    let (shown, _) = session.dated().await?;
    session.get_if(IF_MODIFIED_SINCE, "conformance").await?.expect(200, "it is no date")?;
    let date = (IF_MODIFIED_SINCE, shown.headers[LAST_MODIFIED].clone());
    session.get([date.clone(), date]).await?.expect(200, "there are two dates")
}

async fn without_a_date(session: &mut Session) -> Verdict {
    ignored(session, IF_MODIFIED_SINCE, httpdate::fmt_http_date(SystemTime::now())).await
}

async fn unmodified_without_a_date(session: &mut Session) -> Verdict {
    ignored(session, IF_UNMODIFIED_SINCE, LONG_AGO.to_owned()).await
}

/// The header has no effect on a resource without a date.
async fn ignored(session: &mut Session, name: HeaderName, date: String) -> Verdict {
    if session.shown().await?.headers.contains_key(LAST_MODIFIED) {
        return not_applicable("there is a date");
    }
    session.get_if(name, date).await?.expect(200, "the resource has no date")
}

async fn unmodified_invalid(session: &mut Session) -> Verdict {
    session.modified().await?;
    session.get_if(IF_UNMODIFIED_SINCE, "conformance").await?.expect(200, "it is no date")
}

async fn unmodified_since(session: &mut Session) -> Verdict {
    let (shown, _) = session.dated().await?;
    if session.get_if(IF_UNMODIFIED_SINCE, LONG_AGO).await?.status != 412 {
        return not_applicable("If-Unmodified-Since is not evaluated on GET");
    }
    let date = shown.headers[LAST_MODIFIED].clone();
    session.get([(IF_UNMODIFIED_SINCE, date)]).await?.expect(200, "it has not changed since")
}

async fn if_match_alone(session: &mut Session) -> Verdict {
    session.modified().await?;
    let tag = session.writable().await?;
    let write = session.attempt([guard(&tag), line(IF_UNMODIFIED_SINCE, LONG_AGO)]).await?;
    if write.done.status.is_success() {
        Ok(())
    } else {
        write.done.failed("If-Match is true, and counts alone")
    }
}

async fn guards_a_write(session: &mut Session) -> Verdict {
    session.modified().await?;
    session.guarded().await?;
    let write = session.attempt([line(IF_UNMODIFIED_SINCE, LONG_AGO)]).await?;
    write.done.expect_refusal("the resource changed since")?;
    session.expect_unchanged(&write)
}

async fn reads_only(session: &mut Session) -> Verdict {
    session.modified().await?;
    let tag = session.writable().await?;
    let now = httpdate::fmt_http_date(SystemTime::now());
    let write = session.attempt([guard(&tag), line(IF_MODIFIED_SINCE, now)]).await?;
    if write.done.status.is_success() { Ok(()) } else { write.done.failed("it is for GET and HEAD") }
}

const LONG_AGO: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// The first second of 1995, since 1970.
const YEAR_1995: u64 = 788_918_400;
