//! In which order conditions are evaluated, and when not at all.

use http::header::{IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, Method};

use super::super::exchange::{Verdict, not_applicable};
use super::super::session::{NO_STATE, Session, guard, line, none_match};

super::rules! {
    48 "§13.1.1" "If-Match is evaluated on GET: another tag is answered 412" => if_match_on_get;
    41 "§13.1.1" "If-Match: * is true where something is there" => wildcard_on_get;
    66 "§13.2.2" "If-Match comes first: where it is false, If-None-Match makes no 304" => if_match_first;
    67 "§13.2.2" "where If-Match is true, If-None-Match is evaluated next" => then_if_none_match;
    37 "§13.2.1" "conditions are ignored on OPTIONS" => ignored_on_options;
    35 "§13.2.1" "conditions are ignored where the answer is a refusal anyway" => ignored_on_refusal;
}

async fn if_match_on_get(session: &mut Session) -> Verdict {
    session.tagged().await?;
    session.get_if(IF_MATCH, NO_STATE).await?.expect(412, "the current tag is another one")
}

/// Whether `If-Match` is evaluated on GET.
async fn on_get(session: &mut Session) -> Verdict {
    if session.get_if(IF_MATCH, NO_STATE).await?.status == 412 {
        return Ok(());
    }
    not_applicable("If-Match is not evaluated on GET: see 48")
}

async fn wildcard_on_get(session: &mut Session) -> Verdict {
    session.tagged().await?;
    session.get_if(IF_MATCH, "*").await?.expect(200, "there is a representation")
}

async fn if_match_first(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    on_get(session).await?;
    let both = session.get([line(IF_MATCH, NO_STATE), none_match(&tag)]).await?;
    both.expect(412, "If-Match is false")
}

async fn then_if_none_match(session: &mut Session) -> Verdict {
    let tag = session.known().await?;
    on_get(session).await?;
    let both = session.get([guard(&tag), none_match(&tag)]).await?;
    both.expect(304, "If-Match is true, and If-None-Match is not")
}

async fn ignored_on_options(session: &mut Session) -> Verdict {
    ignored(session, Method::OPTIONS).await
}

async fn ignored_on_refusal(session: &mut Session) -> Verdict {
    let unknown = Method::from_bytes(b"CONFORMANCE").expect("a method's name");
    ignored(session, unknown).await
}

/// The status is the same with conditions that are false and without.
async fn ignored(session: &mut Session, method: Method) -> Verdict {
    let path = session.kit.resource.clone();
    let plain = session.ask(method.clone(), &path, []).await?;
    if plain.status.is_success() && method != Method::OPTIONS {
        return not_applicable("the method is carried out");
    }
    for false_one in [line(IF_MATCH, NO_STATE), line(IF_NONE_MATCH, "*")] {
        let mut headers = HeaderMap::new();
        headers.insert(false_one.0, false_one.1);
        let found = session.send(method.clone(), &path, headers, bytes::Bytes::new()).await?;
        found.expect(plain.status.as_u16(), "it is the answer without a condition")?;
    }
    Ok(())
}
