//! Dates that are none, or of no year that is likely.

use std::time::SystemTime;

use etag_core::Preconditions;
use http::{HeaderMap, HeaderValue, Method, header::IF_UNMODIFIED_SINCE};

use super::*;

fn read(date: &str) -> Option<SystemTime> {
    let headers = HeaderMap::from_iter([(IF_UNMODIFIED_SINCE, HeaderValue::from_str(date).unwrap())]);
    Preconditions::from_parts(&Method::PUT, &headers).unwrap().if_unmodified_since()
}

/// Checklist 26.
#[test]
fn a_date_of_an_unlikely_year_is_a_date_as_long_as_it_has_four_digits() {
    let since = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    // Nothing is older than 1970, so that what is before is as good as that.
    for date in [
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Sun, 06 Nov 1960 08:49:37 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Sat Jan  1 00:00:00 0000",
        "Sun Nov  6 08:49:37 1960",
        "Wed Dec 31 23:59:59 1969",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Thursday, 01-Jan-70 00:00:00 GMT",
        "Thu Jan  1 00:00:00 1970",
    ] {
        // In 2020, "70" was 50 years ago and as far ahead.
        assert_eq!(read(date), since(0), "{date}");
    }
    for date in ["Fri, 31 Dec 9999 23:59:59 GMT", "Fri Dec 31 23:59:59 9999"] {
        assert_eq!(read(date), since(253_402_300_799), "{date}");
    }
    for date in [
        "Sat, 01 Jan 10000 00:00:00 GMT",
        "Sat, 01 Jan -0001 00:00:00 GMT",
        "Sat, 01 Jan -001 00:00:00 GMT",
        "Sat, 01 Jan +999 00:00:00 GMT",
        "Sun, 06 Nov  960 08:49:37 GMT",
        "Sun, 06 Nov 60 08:49:37 GMT",
        "Sunday, 06-Nov-1960 08:49:37 GMT",
        "Sunday, 06-Nov-9 08:49:37 GMT",
        "Sunday, 06-Nov-+9 08:49:37 GMT",
        "Sat Jan  1 00:00:00 10000",
        "Sat Jan  1 00:00:00 -001",
        "Sun Nov  6 08:49:37 60",
        "Mon, 06 Nov 1960 08:49:37 GMT",
        "Sun, 31 Nov 1960 08:49:37 GMT",
        "Sun, 06 Nov 1960 24:49:37 GMT",
        "Sun, 06 Nov 1960 08:49:37 UTC",
        "sun, 06 nov 1960 08:49:37 gmt",
        "(Sunday) 06 Nov 1960 08:49:37 GMT",
    ] {
        assert_eq!(read(date), None, "{date}");
    }
}

/// A clock here has no leap second; that of §5.6.7 has, and who names one means to guard.
#[test]
fn a_leap_second_is_the_second_before_it() {
    for (leap, before) in [
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_799),
        ("Saturday, 31-Dec-16 23:59:60 GMT", 1_483_228_799),
        ("Sat Dec 31 23:59:60 2016", 1_483_228_799),
        ("Fri, 30 Jun 1972 23:59:60 GMT", 78_796_799),
        ("Friday, 30-Jun-72 23:59:60 GMT", 78_796_799),
        ("Fri Jun 30 23:59:60 1972", 78_796_799),
        ("Wed, 31 Dec 1969 23:59:60 GMT", 0),
    ] {
        assert_eq!(read(leap), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(before)), "{leap}");
    }
    for date in [
        "Sat, 31 Dec 2016 23:59:61 GMT",
        "Sat, 31 Dec 2016 23:60:59 GMT",
        "Sat, 31 Dec 2016 23:59:060 GMT",
        "Sat, 31 Dec 2016 23:59:60",
        "Sat, 31 Dec 2016 :60 GMT",
        "Sun, 31 Dec 2016 23:59:60 GMT",
        ":60 ",
        "\u{e9}:60 GMT",
    ] {
        assert_eq!(read(date), None, "{date}");
    }
}

#[tokio::test]
async fn a_date_of_megabytes_is_none_and_guards_nothing() {
    let service = Service::new().await;
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let many = 1 << 20;
    let long = [
        "9".repeat(many),
        format!("{date}{}x", " ".repeat(many)),
        format!("Sun, 06 Nov {}1994 08:49:37 GMT", "0".repeat(many)),
        format!("Sunday, {}06-Nov-94 08:49:37 GMT", "0".repeat(many)),
        format!("Sunday, 06{}-Nov-94 08:49:37 GMT", "-".repeat(many)),
        format!("Sun, 06 Nov 1960 08:49:37 {}{} GMT", "(".repeat(many / 2), ")".repeat(many / 2)),
        std::iter::repeat_n(date, many / date.len()).collect::<Vec<_>>().join(", "),
    ];
    for date in &long {
        assert_eq!(read(date), None);
        for (method, content_type, body) in WRITES {
            let headers = [content_type, ("if-unmodified-since", date.as_str())];
            assert_eq!(service.send(method, PATH, &headers, body).await.status, 428, "{method}");
        }
        let shown = service.send("GET", PATH, &[("if-modified-since", date)], "").await;
        assert_eq!(shown.status, 200);
    }
    service.assert_untouched().await;
}
