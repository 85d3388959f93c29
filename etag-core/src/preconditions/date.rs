use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use jiff::fmt::strtime;

/// Reads a date in any of the three formats of RFC 9110 §5.6.7.
pub(super) fn parse(text: &str, now: SystemTime) -> Option<SystemTime> {
    if text.len() > LONGEST {
        return None;
    }
    let text = &*without_leap_second(text);
    let Some((before, year, after)) = two_digit_year(text) else {
        return httpdate::parse_http_date(text).ok().or_else(|| before_1970(text));
    };
    let in_century = |century: u64| {
        let text = format!("{before} {year} {after}", year = century * 100 + year);
        httpdate::parse_http_date(&text).ok()
    };
    let this_century = 19 + u64::from(now >= SystemTime::UNIX_EPOCH + YEAR_2000);
    // What appears to be more than 50 years ahead is the last year in the past with the same two digits.
    let date = in_century(this_century).filter(|date| *date <= now + FIFTY_YEARS);
    date.or_else(|| in_century(this_century - 1))
}

/// `23:59:60` as `23:59:59`: §5.6.7 has leap seconds, and the clock here has none. In each format, the seconds stand
/// before the last space.
fn without_leap_second(text: &str) -> Cow<'_, str> {
    let leap = text.rsplit_once(' ').and_then(|(time, rest)| Some((time.strip_suffix(":60")?, rest)));
    leap.map_or(text.into(), |(time, rest)| format!("{time}:59 {rest}").into())
}

/// A date before 1970 is as early as 1970: nothing here is older.
fn before_1970(text: &str) -> Option<SystemTime> {
    let date = match text.len() {
        IMF_FIXDATE => strtime::parse("%a, %d %b %Y %H:%M:%S GMT", text),
        ASCTIME => strtime::parse("%a %b %e %H:%M:%S %Y", text),
        _ => return None,
    };
    let year = date.ok()?.to_datetime().ok()?.year();
    (year < 1970).then_some(SystemTime::UNIX_EPOCH)
}

/// `Sunday, 06-Nov-94 08:49:37 GMT` as what stands before and after its year: `Sun, 06 Nov`, 94, `08:49:37
/// GMT`.
fn two_digit_year(text: &str) -> Option<(Cow<'_, str>, u64, &str)> {
    let (day, rest) = text.split_once(", ")?;
    let (date, time) = rest.split_once(' ')?;
    let (day_and_month, year) = date.rsplit_once('-')?;
    let is_name = DAYS.contains(&day);
    let is_year = year.len() == 2 && year.bytes().all(|byte| byte.is_ascii_digit());
    let before = format!("{}, {}", day.get(..3)?, day_and_month.replace('-', " "));
    (is_name && is_year).then_some(())?;
    Some((before.into(), year.parse().ok()?, time))
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// From 1970 to 2000.
const YEAR_2000: Duration = Duration::from_secs(946_684_800);

/// Of 365.2425 days.
const FIFTY_YEARS: Duration = Duration::from_secs(50 * 31_556_952);

/// The length of `Sun, 06 Nov 1994 08:49:37 GMT`.
const IMF_FIXDATE: usize = 29;

/// The length of `Sun Nov  6 08:49:37 1994`.
const ASCTIME: usize = 24;

/// The length of `Wednesday, 09-Nov-94 08:49:37 GMT`: no date is longer.
const LONGEST: usize = 33;
