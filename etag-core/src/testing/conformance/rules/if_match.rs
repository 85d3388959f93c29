//! `If-Match` on writes.

use http::header::{IF_MATCH, IF_NONE_MATCH};

use super::super::exchange::{Exchange, Verdict, not_applicable};
use super::super::session::{Attempt, NO_STATE, Session, guard, line, none_match, octets};

super::rules! {
    42 "§13.1.1" "If-Match: a write that names the current tag is carried out" => current_tag;
    43 "§13.1.1" "If-Match: a write that names another state is not carried out" => stale_tag;
    44 "§13.1.1" "what If-Match forbids changes nothing" => changes_nothing;
    86 "§15.5.13" "what If-Match forbids is answered 412" => is_412;
    42 "§13.1.1" "If-Match is true where any of its tags is the current one" => any_of_a_list;
    31 "§13.1.1" "If-Match compares strongly: a weak tag lets no write through" => compares_strongly;
    41 "§13.1.1" "If-Match: * lets a write of what is there through, or is no guard" => wildcard;
    2 "§8.8.3" "If-Match: w/\"x\" is no tag" => weak_is_in_capitals;
    6 "§8.8.3" "If-Match: a comma inside of quotes is part of the tag" => comma_in_tag;
    7 "§5.3" "If-Match: several lines are one list" => several_lines;
    8 "§5.6.1.2" "If-Match: empty members are passed over" => empty_members;
    9 "§13.1.1" "If-Match: * beside other members is no wildcard" => wildcard_in_list;
    10 "§13.1.1" "If-Match: \"*\" is an ordinary tag" => quoted_wildcard;
    11 "§13.1.1" "a malformed If-Match lets no write through" => malformed;
    52 "§13.1.2" "If-None-Match: a write that names the current tag is answered 412" => forbidden_by_tag;
    53 "§13.1.2" "If-None-Match: * is answered 412 where something is there" => only_creates;
    54 "§13.1.2" "what If-None-Match forbids changes nothing" => if_none_match_changes_nothing;
    67 "§13.2.2" "where If-Match is true, a false If-None-Match is answered 412" => both_hold;
    44 "§13.1.1" "of writes at once that name one state, one is carried out" => one_wins;
    45 "§13.1.1" "a write that is sent twice is answered 412, or as applied already" => sent_twice;
}

fn expect_success(attempt: &Attempt, why: &str) -> Verdict {
    if attempt.done.status.is_success() {
        Ok(())
    } else {
        attempt.done.failed(format!("expected success: {why}"))
    }
}

/// The write is refused, and nothing was done.
async fn expect_refused(session: &mut Session, if_match: impl AsRef<[u8]>, why: &str) -> Verdict {
    let write = session.attempt([line(IF_MATCH, if_match)]).await?;
    write.done.expect_refusal(why)?;
    session.expect_unchanged(&write)
}

async fn current_tag(session: &mut Session) -> Verdict {
    session.next_write()?;
    let (_, tag) = session.tagged().await?;
    if tag.is_weak() {
        return not_applicable("there is no strong tag");
    }
    let write = session.attempt([guard(&tag)]).await?;
    expect_success(&write, "the tag is the current one")
}

async fn stale_tag(session: &mut Session) -> Verdict {
    session.next_write()?;
    session.tagged().await?;
    let write = session.attempt([line(IF_MATCH, NO_STATE)]).await?;
    write.done.expect_refusal("no state ever had this tag")?;
    let tag = session.stale().await?;
    let write = session.attempt([(IF_MATCH, tag.to_header_value())]).await?;
    write.done.expect_refusal("the tag is that of a state that is over")
}

async fn changes_nothing(session: &mut Session) -> Verdict {
    session.guarded().await?;
    let write = session.attempt([line(IF_MATCH, NO_STATE)]).await?;
    if write.is_unchanged() {
        return Ok(());
    }
    write.done.failed("the request was refused, and the resource is another one after it")
}

async fn is_412(session: &mut Session) -> Verdict {
    session.guarded().await?;
    let write = session.attempt([line(IF_MATCH, NO_STATE)]).await?;
    write.done.expect(412, "the condition is false, and the request is fine otherwise")
}

async fn any_of_a_list(session: &mut Session) -> Verdict {
    let tag = session.strong().await?;
    let list = octets([b"\"a\", ", tag.to_header_value().as_bytes(), b", \"b\""]);
    let write = session.attempt([line(IF_MATCH, list)]).await?;
    expect_success(&write, "the second tag is the current one")
}

async fn compares_strongly(session: &mut Session) -> Verdict {
    let tag = session.guarded().await?;
    let weak = octets([b"W/\"", tag.opaque(), b"\""]);
    expect_refused(session, weak, "a weak tag matches nothing").await
}

async fn wildcard(session: &mut Session) -> Verdict {
    session.writable().await?;
    let write = session.attempt([line(IF_MATCH, "*")]).await?;
    if write.done.status == 428 {
        return Ok(());
    }
    expect_success(&write, "there is a representation")
}

async fn weak_is_in_capitals(session: &mut Session) -> Verdict {
    let tag = session.strong().await?;
    let lower = octets([b"w/\"", tag.opaque(), b"\""]);
    expect_refused(session, lower, "what begins with w/ is no tag").await
}

async fn comma_in_tag(session: &mut Session) -> Verdict {
    let tag = session.strong().await?;
    let one_tag = octets([b"\"a,", tag.opaque(), b",b\""]);
    expect_refused(session, one_tag, "it is one tag with commas in it").await?;
    let list = octets([tag.to_header_value().as_bytes(), b", ", b"\"a,b\""]);
    let write = session.attempt([line(IF_MATCH, list)]).await?;
    expect_success(&write, "the first tag is the current one")
}

async fn several_lines(session: &mut Session) -> Verdict {
    let tag = session.strong().await?;
    let list = octets([NO_STATE.as_bytes(), b", ", tag.to_header_value().as_bytes()]);
    if !session.attempt([line(IF_MATCH, list)]).await?.done.status.is_success() {
        return not_applicable("a list is not read: see 42");
    }
    for is_first in [false, true] {
        let tag = session.strong().await?;
        let mut lines = [line(IF_MATCH, NO_STATE), guard(&tag)];
        if is_first {
            lines.reverse();
        }
        let write = session.attempt(lines).await?;
        expect_success(&write, "one of the lines names the current tag")?;
    }
    Ok(())
}

async fn empty_members(session: &mut Session) -> Verdict {
    let tag = session.strong().await?;
    let list = octets([b", ,", tag.to_header_value().as_bytes(), b",,"]);
    let write = session.attempt([line(IF_MATCH, list)]).await?;
    expect_success(&write, "the list names the current tag")
}

async fn wildcard_in_list(session: &mut Session) -> Verdict {
    session.guarded().await?;
    expect_refused(session, format!("*, {NO_STATE}"), "the list can't be read").await
}

async fn quoted_wildcard(session: &mut Session) -> Verdict {
    if session.guarded().await?.opaque() == b"*" {
        return not_applicable("it is the current tag");
    }
    expect_refused(session, "\"*\"", "the current tag is another one").await
}

async fn malformed(session: &mut Session) -> Verdict {
    let tag = session.strong().await?;
    let value = tag.to_header_value();
    let lists = [
        Vec::new(),
        b",".to_vec(),
        tag.opaque().to_vec(),
        octets([b"\"", tag.opaque(), b""]),
        octets([b"xyzzy, ", value.as_bytes(), b""]),
        octets([value.as_bytes(), b" ", b"\"a\""]),
    ];
    for list in lists.into_iter().filter(|list| list != b"*") {
        expect_refused(session, list, "the list can't be read").await?;
    }
    Ok(())
}

async fn forbidden_by_tag(session: &mut Session) -> Verdict {
    let tag = session.guarded().await?;
    let write = session.attempt([none_match(&tag)]).await?;
    write.done.expect(412, "the tag is the current one, and it is a write")
}

async fn only_creates(session: &mut Session) -> Verdict {
    session.guarded().await?;
    let write = session.attempt([line(IF_NONE_MATCH, "*")]).await?;
    write.done.expect(412, "something is there")
}

async fn if_none_match_changes_nothing(session: &mut Session) -> Verdict {
    let tag = session.guarded().await?;
    for condition in [none_match(&tag), line(IF_NONE_MATCH, "*")] {
        let write = session.attempt([condition]).await?;
        if write.done.status.is_success() {
            return not_applicable("If-None-Match is not evaluated on writes: see 52 and 53");
        }
        session.expect_unchanged(&write)?;
    }
    Ok(())
}

async fn both_hold(session: &mut Session) -> Verdict {
    let tag = session.strong().await?;
    if session.attempt([none_match(&tag)]).await?.done.status != 412 {
        return not_applicable("If-None-Match is not evaluated on writes: see 52");
    }
    let tag = session.strong().await?;
    let write = session.attempt([guard(&tag), none_match(&tag)]).await?;
    write.done.expect(412, "If-None-Match is evaluated after If-Match")
}

async fn one_wins(session: &mut Session) -> Verdict {
    let tag = session.strong().await?;
    let others = session.others(RACERS);
    let exchanges = session.race(&others, guard(&tag)).await?;
    let winners: Vec<&Exchange> = exchanges.iter().filter(|exchange| exchange.status.is_success()).collect();
    match winners[..] {
        [_] => Ok(()),
        [] => exchanges[0].failed(format!("none of {RACERS} writes at once was carried out")),
        // §13.1.1: a write that is applied already may succeed, and looks the same where the bodies are the same.
        [_, last, ..] if session.kit.writes.are_distinct(RACERS) || !session.accepts_replays().await? => {
            last.failed(format!("{} of {RACERS} writes at once were carried out", winners.len()))
        }
        _ => not_applicable(format!("applied writes succeed again: give {RACERS} writes that differ")),
    }
}

async fn sent_twice(session: &mut Session) -> Verdict {
    let tag = session.strong().await?;
    let write = session.next_write()?;
    expect_success(&session.attempt([guard(&tag)]).await?, "the tag is the current one")?;
    let before = session.shown().await?;
    let again = session.write(&write, [guard(&tag)]).await?;
    let after = session.shown().await?;
    if !again.status.is_success() {
        return again.expect_refusal("the tag is that of a state that is over");
    }
    if before.body == after.body { Ok(()) } else { again.failed("it was applied a second time") }
}

impl Session {
    /// Whether a write that is applied already succeeds.
    async fn accepts_replays(&mut self) -> Result<bool, super::Finding> {
        let tag = self.strong().await?;
        let write = self.next_write()?;
        self.attempt([guard(&tag)]).await?;
        Ok(self.write(&write, [guard(&tag)]).await?.status.is_success())
    }
}

/// How many write at once.
const RACERS: usize = 8;
