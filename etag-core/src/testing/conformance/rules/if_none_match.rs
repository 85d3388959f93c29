//! `If-None-Match` on reads: the grammar of its list, and how it is compared.

use http::Method;
use http::header::IF_NONE_MATCH;

use super::super::exchange::{Verdict, not_applicable};
use super::super::session::{NO_STATE, Session, line, none_match, octets};

super::rules! {
    51 "§13.1.2" "If-None-Match: the current tag is answered 304, another one 200" => answers_304;
    52 "§13.1.2" "HEAD is answered 304 where GET is" => head_is_304;
    50 "§13.1.2" "If-None-Match: * is answered 304" => wildcard;
    32 "§13.1.2" "If-None-Match compares weakly: W/ makes no difference" => compares_weakly;
    2 "§8.8.3" "W/ is in capitals: w/\"x\" is no tag" => weak_is_in_capitals;
    3 "§8.8.3" "octets from 0x80 may stand in a tag, and spoil no list" => octets_beyond_ascii;
    5 "§8.8.3" "\"\" is a tag" => empty_tag;
    6 "§8.8.3" "a comma inside of quotes is part of the tag" => comma_in_tag;
    7 "§5.3" "several lines are one list" => several_lines;
    8 "§5.6.1.2" "empty members of a list are passed over" => empty_members;
    9 "§13.1.2" "* beside other members is no wildcard" => wildcard_in_list;
    10 "§13.1.2" "\"*\" is an ordinary tag" => quoted_wildcard;
    12 "§13.1.2" "a malformed If-None-Match matches nothing" => malformed;
    51 "§13.1.2" "a list of tags is answered 304 where any is the current one" => any_of_a_list;
}

async fn answers_304(session: &mut Session) -> Verdict {
    let (shown, tag) = session.tagged().await?;
    session.get([none_match(&tag)]).await?.expect(304, "the tag is the current one")?;
    let other = session.get_if(IF_NONE_MATCH, NO_STATE).await?;
    other.expect(200, "the tag is another one")?;
    if other.body == shown.body { Ok(()) } else { other.failed("the content is another one") }
}

async fn head_is_304(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    let path = session.kit.resource.clone();
    let head = session.ask(Method::HEAD, &path, [none_match(&tag)]).await?;
    head.expect(304, "GET is answered 304")
}

async fn wildcard(session: &mut Session) -> Verdict {
    session.known().await?;
    session.get_if(IF_NONE_MATCH, "*").await?.expect(304, "there is a representation")
}

async fn compares_weakly(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    let start: &[u8] = if tag.is_weak() { b"\"" } else { b"W/\"" };
    let toggled = octets([start, tag.opaque(), b"\""]);
    session.get_if(IF_NONE_MATCH, toggled).await?.expect(304, "the tags differ in W/ only")
}

async fn weak_is_in_capitals(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    let lower = octets([b"w/\"", tag.opaque(), b"\""]);
    session.get_if(IF_NONE_MATCH, lower).await?.expect(200, "what begins with w/ is no tag")
}

async fn octets_beyond_ascii(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    let list = octets([tag.to_header_value().as_bytes(), b", ", b"\"caf\xc3\xa9\""]);
    session.get_if(IF_NONE_MATCH, list).await?.expect(304, "the list names the current tag as well")
}

async fn empty_tag(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    if !tag.opaque().is_empty() {
        session.get_if(IF_NONE_MATCH, "\"\"").await?.expect(200, "the current tag is not empty")?;
    }
    let list = octets([tag.to_header_value().as_bytes(), b", ", b"\"\""]);
    session.get_if(IF_NONE_MATCH, list).await?.expect(304, "the list names the current tag as well")
}

async fn comma_in_tag(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    let one_tag = octets([b"\"a,", tag.opaque(), b",b\""]);
    session.get_if(IF_NONE_MATCH, one_tag).await?.expect(200, "it is one tag with commas in it")?;
    let list = octets([tag.to_header_value().as_bytes(), b", ", b"\"a,b\""]);
    session.get_if(IF_NONE_MATCH, list).await?.expect(304, "the first tag is the current one")
}

async fn several_lines(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    let list = octets([NO_STATE.as_bytes(), b", ", tag.to_header_value().as_bytes()]);
    if session.get_if(IF_NONE_MATCH, list).await?.status != 304 {
        return not_applicable("a list is not read: see 51");
    }
    let (this, other) = (none_match(&tag), line(IF_NONE_MATCH, NO_STATE));
    let last = session.get([other.clone(), this.clone()]).await?;
    last.expect(304, "the last line names the current tag")?;
    let first = session.get([this, other]).await?;
    first.expect(304, "the first line names the current tag")
}

async fn empty_members(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    let list = octets([b", ,", tag.to_header_value().as_bytes(), b" ,, "]);
    let list = list.trim_ascii().to_vec();
    session.get_if(IF_NONE_MATCH, list).await?.expect(304, "the list names the current tag")
}

async fn wildcard_in_list(session: &mut Session) -> Verdict {
    session.known().await?;
    let list = format!("*, {NO_STATE}");
    session.get_if(IF_NONE_MATCH, list).await?.expect(200, "the list can't be read")
}

async fn quoted_wildcard(session: &mut Session) -> Verdict {
    if session.known().await?.opaque() == b"*" {
        return not_applicable("it is the current tag");
    }
    session.get_if(IF_NONE_MATCH, "\"*\"").await?.expect(200, "the current tag is another one")
}

async fn malformed(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    let value = tag.to_header_value();
    let lists = [
        tag.opaque().to_vec(),
        octets([b"\"", tag.opaque(), b""]),
        octets([value.as_bytes(), b", ", b"xyzzy"]),
    ];
    for list in lists.into_iter().filter(|list| !list.is_empty() && list != b"*") {
        session.get_if(IF_NONE_MATCH, list).await?.expect(200, "the list can't be read")?;
    }
    Ok(())
}

async fn any_of_a_list(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    let value = tag.to_header_value();
    for parts in [[&b"\"a\","[..], b" ", value.as_bytes()], [value.as_bytes(), b", ", b"W/\"a\""]] {
        let found = session.get_if(IF_NONE_MATCH, octets(parts)).await?;
        found.expect(304, "one of the tags is the current one")?;
    }
    Ok(())
}
