//! The conformance kit: that it finds each mistake, and nothing wrong with what is right.

mod conditions;
mod ours;
mod service;

use axum::Router;
use etag_core::testing::Conformance;
use etag_core::testing::conformance::{Outcome, Report, Write};
use service::Service;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A kit for the service that is written by hand.
fn kit(app: Router) -> Conformance {
    described(Conformance::of(app))
}

fn described(kit: Conformance) -> Conformance {
    kit.resource("/document")
        // Two have the same length, and two are the same number for a double; neither pair are neighbours.
        .put(
            "application/json",
            [r#"{"n":0}"#, r#"{"n":9007199254740993}"#, r#"{"n":1}"#, r#"{"n":9007199254740992}"#],
        )
        .absent("/absent")
        .collection("/collection", Write::post("application/json", r#"{"n":7}"#))
        .requires_if_match()
}

/// The numbers of the rules that failed, each once.
fn failed(report: &Report) -> Vec<u8> {
    let mut rules: Vec<u8> = report.failed().map(|line| line.rule()).collect();
    rules.dedup();
    rules
}

/// Each way to be wrong, and the rules that are broken by it: by most, one.
const MISTAKES: &[(&str, &[u8])] = &[
    ("an unquoted tag", &[1]),
    ("a backslash in the tag", &[4]),
    ("w/ is W/", &[2]),
    ("octets beyond ASCII spoil the list", &[3]),
    ("an empty tag is malformed", &[5]),
    ("the list is split at each comma", &[6]),
    ("the first line only", &[7]),
    ("empty members are malformed", &[8]),
    ("* in a list is a wildcard", &[9]),
    ("\"*\" is a wildcard", &[10]),
    ("malformed members are dropped", &[11, 12]),
    ("what is malformed matches", &[2, 9, 12]),
    ("one tag for all", &[13]),
    ("numbers are read as doubles", &[14]),
    ("the tag is the length", &[14]),
    ("revisions restart", &[14]),
    ("the content moves by itself", &[15]),
    ("codings share a tag", &[16]),
    ("languages share a tag", &[18]),
    ("the tag moves by itself", &[20]),
    ("Last-Modified in the future", &[24]),
    ("one format of a date", &[26]),
    ("a year of two digits is of this century", &[26]),
    ("a date of another form", &[26]),
    ("weak comparison for If-Match", &[31]),
    ("strong comparison for If-None-Match", &[32]),
    ("If-Range is never true", &[33]),
    ("412 before 415", &[34]),
    ("412 before 405", &[35]),
    ("304 for a 404", &[36]),
    ("412 for a DELETE of nothing", &[36]),
    ("conditions on OPTIONS", &[37]),
    ("If-Match: * is false", &[41]),
    ("If-Match is false", &[42]),
    ("the first tag of If-Match only", &[42]),
    ("If-Match is ignored", &[43]),
    ("412 after the write", &[44]),
    ("the check is apart from the write", &[44]),
    ("If-Match creates", &[44]),
    ("an unguarded DELETE", &[44]),
    ("If-Match is ignored on GET", &[48]),
    ("If-None-Match: * is true", &[50, 53]),
    ("the first tag of If-None-Match only", &[51]),
    ("304 for a PUT", &[52, 53]),
    ("a 304 without its tag", &[55]),
    ("If-Modified-Since beside If-None-Match", &[56]),
    ("the first of two dates counts", &[57]),
    ("If-Modified-Since on a write", &[58]),
    ("undated, and If-Modified-Since counts", &[59]),
    ("fractions of a second count", &[60]),
    ("If-Unmodified-Since beside If-Match", &[61]),
    ("an invalid If-Unmodified-Since is false", &[62]),
    ("undated, and If-Unmodified-Since counts", &[63]),
    ("If-Unmodified-Since with <", &[64]),
    ("If-None-Match first", &[66]),
    ("a true If-Match ends the evaluation", &[67]),
    ("If-None-Match and If-Modified-Since are both needed", &[68]),
    ("Range before preconditions", &[69]),
    ("If-Range without Range counts", &[70]),
    ("If-Range compares weakly", &[71]),
    ("If-Range takes a later date", &[72]),
    ("If-Range is ignored", &[71, 72, 73]),
    ("a 304 without Vary", &[74]),
    ("a 304 with the first Vary only", &[74]),
    ("a 304 with a Content-Type", &[75]),
    ("a 304 with the length of nothing", &[75]),
    ("a 304 without CORS", &[76]),
    ("a 304 with a cookie", &[76]),
    ("another tag on HEAD", &[77]),
    ("the tag of a write is another one", &[78]),
    ("a PUT is transformed", &[79]),
    ("what is created is 200", &[80]),
    ("what is replaced is 201", &[80]),
    ("the tag of a 201 is another one", &[81]),
    ("Content-Location of other content", &[83]),
    ("a part is off by one", &[84]),
    ("a part without its tag", &[84]),
    ("a range beyond the end is 404", &[84]),
    ("a tag of what was deleted", &[85]),
    ("409 for 412", &[86]),
    ("412 without a condition", &[87]),
    ("public", &[88]),
    ("no Vary", &[90]),
    ("a 304 with the first tag that was sent", &[93]),
    ("a missing If-Match is an empty one", &[94]),
    ("428 without a way out", &[94]),
    ("428 that is stored", &[95]),
    ("428 before 415", &[96]),
    ("an unknown preference is 400", &[105]),
    ("a digest of something else", &[110]),
    ("a problem that is only JSON", &[115]),
    ("a problem of another status", &[116]),
    ("a problem of a relative type", &[117]),
];

#[tokio::test]
async fn each_mistake_is_reported_as_the_rule_that_it_breaks_and_no_other() {
    let mut wrong = Vec::new();
    for (mistake, rules) in MISTAKES {
        let report = kit(Service::router(mistake)).header("authorization", "Bearer x").run().await;
        if failed(&report) != *rules {
            let lines = report.to_string();
            let lines: Vec<&str> = lines.lines().filter(|line| !line.contains("  passed  ")).collect();
            wrong.push(format!("{mistake}: {:?}, not {rules:?}\n{}", failed(&report), lines.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn a_service_without_a_mistake_keeps_each_rule_in_process_and_over_a_socket() {
    let report = kit(Service::router("")).run().await;
    report.assert();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, Service::router("")).into_future());
    let over_socket = described(Conformance::at(&address)).run().await;
    over_socket.assert();
    let date = over_socket.lines().iter().find(|line| line.rule() == 27).unwrap();
    assert!(matches!(date.outcome(), Outcome::Passed), "{over_socket}");
    let passed = report.lines().iter().filter(|line| matches!(line.outcome(), Outcome::Passed)).count();
    assert!(passed >= 90, "what was to be checked was not:\n{report}");
}

/// What a write does is not seen by its tag: that it ignores `If-Match` is seen all the same.
#[tokio::test]
async fn a_service_whose_tags_never_move_is_held_to_its_guards() {
    let show = async || ([("etag", "\"v1\"")], "text");
    let app = Router::new().route("/", axum::routing::get(show).put(async || ()));
    let report = Conformance::of(app).put("text/plain", ["text", "other"]).run().await;
    assert!(failed(&report).contains(&43), "{report}");
}

/// A server of one answer, or of a 304 to whoever names its tag; `date` is what the 200 says of the time.
async fn without_dates(date: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer_once(socket, date));
        }
    });
    address
}

async fn answer_once(mut socket: TcpStream, date: &str) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") && socket.read_buf(&mut request).await.unwrap_or(0) > 0 {}
    let names_it = String::from_utf8_lossy(&request).contains("if-none-match: \"a\"");
    let status = if names_it { "304 Not Modified\r\n" } else { "200 OK\r\ncontent-length: 0\r\n" };
    let date = if names_it { "" } else { date };
    let answer = format!("HTTP/1.1 {status}{date}etag: \"a\"\r\nconnection: close\r\n\r\n");
    // The client may have left.
    let _ = socket.write_all(answer.as_bytes()).await;
}

#[tokio::test]
async fn a_server_that_sends_no_date_is_seen_through_a_socket() {
    let has_failed = |report: &Report, rule: u8| failed(report).contains(&rule);
    let never = Conformance::at(&without_dates("").await).run().await;
    assert!(has_failed(&never, 27) && !has_failed(&never, 74), "{never}");
    let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    let sometimes = Conformance::at(&without_dates(date).await).run().await;
    assert!(has_failed(&sometimes, 27) && has_failed(&sometimes, 74), "{sometimes}");
}

#[tokio::test]
async fn a_server_that_is_not_there_fails_and_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let report = Conformance::at(&address).run().await;
    let line = report.lines().iter().find(|line| line.rule() == 22).unwrap();
    let Outcome::Failed(failure) = line.outcome() else { panic!("{report}") };
    assert!(failure.why().contains(&address) && failure.exchange().is_empty(), "{report}");
}

/// The number, the section, the outcome and the requirement of each line, and what was sent and came back.
#[tokio::test]
async fn a_report_is_a_table_with_what_was_sent_and_what_came_back() {
    let app = Router::new().fallback(async || ([("etag", "W/\"a\"")], "text"));
    let report = Conformance::of(app.clone()).resource("/it?all").tolerating(52, "for now").run().await;
    let text = report.to_string();
    let mut lines = text.lines().skip_while(|line| !line.starts_with(" 51  "));
    let line = lines.next().unwrap();
    assert!(
        line.contains("  §13.1.2  ") && line.contains("  FAILED     If-None-Match: the current tag"),
        "{text}"
    );
    let below: Vec<&str> = lines.map(str::trim).take_while(|line| !line.starts_with("52 ")).collect();
    let expected =
        ["expected 304, not 200: the tag is the current one", "> GET /it?all", "> if-none-match: W/\"a\""];
    assert_eq!(below[..3], expected, "{text}");
    assert!(
        below[3] == "< 200 OK" && below.contains(&"< etag: W/\"a\"") && below.contains(&"< text"),
        "{text}"
    );
    assert!(text.ends_with(" n/a"), "{text}");
    let caught = std::panic::catch_unwind(|| report.assert());
    assert!(caught.is_err());
}
