use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::exchange::{Exchange, Finding, Verdict, not_applicable};
use super::{Conformance, Failure, Write};
use crate::EntityTag;

/// A run of the kit: what was sent so far, and what is known of the service by that.
pub(super) struct Session {
    pub(super) kit: Conformance,
    /// All that was exchanged.
    pub(super) log: Vec<Exchange>,
    /// The number of the write that made the current state; 0 is what was there.
    written: usize,
    /// Tag or content move by themselves, so that nothing can be told from what they are after a request.
    pub(super) is_unstable: bool,
    /// Neighbouring states share a strong tag.
    pub(super) collides: bool,
    revalidates: Option<bool>,
    passes: Option<bool>,
    guards: Option<Guards>,
    dates_count: Option<bool>,
}

/// What the service does with a write whose `If-Match` names no state that there ever was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guards {
    /// It carries it out.
    Ignored,
    /// It refuses it, and the resource changes all the same.
    Late,
    Kept,
}

/// A header line of a request.
pub(in crate::testing) type HeaderLine = (HeaderName, HeaderValue);

/// A write, and the resource before and after it.
pub(super) struct Attempt {
    pub(super) before: Exchange,
    pub(super) done: Exchange,
    pub(super) after: Exchange,
}

impl Session {
    pub(super) fn new(kit: Conformance) -> Self {
        Self {
            kit,
            log: Vec::new(),
            written: 0,
            is_unstable: false,
            collides: false,
            revalidates: None,
            passes: None,
            guards: None,
            dates_count: None,
        }
    }

    /// Sends a request.
    pub(super) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        content: Bytes,
    ) -> Result<Exchange, Finding> {
        let exchange = exchange(&self.kit, method, path, headers, content).await?;
        self.log.push(exchange.clone());
        Ok(exchange)
    }

    /// Sends a request without a body to any path.
    pub(super) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        lines: impl IntoIterator<Item = HeaderLine>,
    ) -> Result<Exchange, Finding> {
        self.send(method, path, headers(lines), Bytes::new()).await
    }

    /// A GET of the resource.
    pub(super) async fn get(
        &mut self,
        lines: impl IntoIterator<Item = HeaderLine>,
    ) -> Result<Exchange, Finding> {
        let path = self.kit.resource.clone();
        self.ask(Method::GET, &path, lines).await
    }

    /// A GET with one header.
    pub(super) async fn get_if(
        &mut self,
        name: HeaderName,
        value: impl AsRef<[u8]>,
    ) -> Result<Exchange, Finding> {
        self.get([line(name, value)]).await
    }

    /// What is seen after a request comes of the request.
    pub(super) fn stable(&self) -> Verdict {
        if self.is_unstable { not_applicable("the resource moves by itself: see 15 and 20") } else { Ok(()) }
    }

    /// The resource, which has to be there.
    pub(super) async fn shown(&mut self) -> Result<Exchange, Finding> {
        self.stable()?;
        let shown = self.get([]).await?;
        if shown.status == 200 { Ok(shown) } else { not_applicable("the resource is not shown: see 22") }
    }

    /// The resource and its tag.
    pub(super) async fn tagged(&mut self) -> Result<(Exchange, EntityTag), Finding> {
        let shown = self.shown().await?;
        match shown.etag() {
            Some(etag) => Ok((shown, etag)),
            None => not_applicable("there is no tag that can be read: see 1 and 22"),
        }
    }

    /// The tag of a resource that is 304 for whoever names it.
    pub(super) async fn known(&mut self) -> Result<EntityTag, Finding> {
        let (_, tag) = self.tagged().await?;
        if self.revalidates.is_none() {
            self.revalidates = Some(self.get([none_match(&tag)]).await?.status == 304);
        }
        match self.revalidates {
            Some(true) => Ok(tag),
            _ => not_applicable("who names the tag is not answered 304: see 51"),
        }
    }

    /// The 304 for who names the tag, after the 200.
    pub(super) async fn not_modified(&mut self) -> Result<(Exchange, Exchange), Finding> {
        let tag = self.known().await?;
        let shown = self.shown().await?;
        let not_modified = self.get([none_match(&tag)]).await?;
        not_modified.expect(304, "the tag is named")?;
        Ok((shown, not_modified))
    }

    /// The next write, which makes another state than the current one.
    pub(super) fn next_write(&self) -> Result<Write, Finding> {
        match self.kit.writes.get(self.written + 1) {
            Some(write) => Ok(write),
            None => not_applicable("no write was given"),
        }
    }

    /// Sends a write of the resource.
    pub(super) async fn write(
        &mut self,
        write: &Write,
        lines: impl IntoIterator<Item = HeaderLine>,
    ) -> Result<Exchange, Finding> {
        let path = self.kit.resource.clone();
        self.write_to(&path, write, lines).await
    }

    /// Sends a write to any path.
    pub(super) async fn write_to(
        &mut self,
        path: &str,
        write: &Write,
        lines: impl IntoIterator<Item = HeaderLine>,
    ) -> Result<Exchange, Finding> {
        let mut all = write.headers.clone();
        all.extend_lines(lines);
        self.send(write.method.clone(), path, all, write.content.clone()).await
    }

    /// Tries to change the resource under these conditions.
    pub(super) async fn attempt(
        &mut self,
        lines: impl IntoIterator<Item = HeaderLine>,
    ) -> Result<Attempt, Finding> {
        let write = self.next_write()?;
        let before = self.shown().await?;
        let done = self.write(&write, lines).await?;
        let after = self.shown().await?;
        if done.status.is_success() {
            self.written += 1;
        }
        Ok(Attempt { before, done, after })
    }

    /// Changes the resource, by the tag that it has.
    pub(super) async fn advance(&mut self) -> Result<Attempt, Finding> {
        let condition = self.passing().await?;
        let attempt = self.attempt(condition).await?;
        if attempt.done.status.is_success() {
            return Ok(attempt);
        }
        not_applicable("a write that names the current tag is not carried out: see 42")
    }

    /// A condition that the current state satisfies: its tag, if that is strong, or `*`.
    pub(super) async fn passing(&mut self) -> Result<Option<HeaderLine>, Finding> {
        let shown = self.shown().await?;
        Ok(shown.etag().map(|tag| guard(&tag)))
    }

    /// The tag of a state that is over.
    pub(super) async fn stale(&mut self) -> Result<EntityTag, Finding> {
        for _ in 0..3 {
            let (_, before) = self.tagged().await?;
            self.advance().await?;
            let (_, after) = self.tagged().await?;
            if after.opaque() != before.opaque() {
                return Ok(before);
            }
        }
        not_applicable("the writes that were given do not move the tag: see 13")
    }

    /// The tag, where `If-Match` is evaluated on writes at all.
    pub(super) async fn guarded(&mut self) -> Result<EntityTag, Finding> {
        self.next_write()?;
        let (_, tag) = self.tagged().await?;
        if self.guards.is_none() {
            let attempt = self.attempt([line(IF_MATCH, NO_STATE)]).await?;
            self.guards = Some(match attempt.is_unchanged() {
                _ if attempt.done.status.is_success() => Guards::Ignored,
                false => Guards::Late,
                true => Guards::Kept,
            });
        }
        match self.guards {
            Some(Guards::Ignored) => not_applicable("If-Match is not evaluated on writes: see 43"),
            _ => Ok(tag),
        }
    }

    /// The tag, where a write that names the current one is carried out, and one that names another is not.
    pub(super) async fn writable(&mut self) -> Result<EntityTag, Finding> {
        let tag = self.guarded().await?;
        if self.passes.is_none() {
            self.passes = Some(self.attempt([guard(&tag)]).await?.done.status.is_success());
        }
        match self.passes {
            Some(true) => Ok(self.tagged().await?.1),
            _ => not_applicable("a write that names the current tag is not carried out: see 42"),
        }
    }

    /// The same, of a service whose tags are strong.
    pub(super) async fn strong(&mut self) -> Result<EntityTag, Finding> {
        let tag = self.writable().await?;
        if tag.is_weak() { not_applicable("there is no strong tag") } else { Ok(tag) }
    }

    /// Fails where a refused write changed the resource, unless refusals come too late anyway.
    pub(super) fn expect_unchanged(&self, attempt: &Attempt) -> Verdict {
        if attempt.is_unchanged() || self.guards == Some(Guards::Late) {
            return Ok(());
        }
        attempt.done.failed("the request was refused, and the resource is another one after it")
    }

    /// The date of a resource which is 304 for who names that date.
    ///
    /// A date may count only once its second is over, and where the resource changed but once in it (§8.8.2.2): where it
    /// does not, the resource is changed in a second of its own.
    pub(super) async fn dated(&mut self) -> Result<(Exchange, SystemTime), Finding> {
        if self.dates_count == Some(false) {
            return not_applicable("who names the date is not answered 304: see 60");
        }
        let (mut shown, mut date) = self.modified().await?;
        let mut counts = self.counts(&shown).await?;
        if !counts {
            self.renew().await?;
            (shown, date) = self.modified().await?;
            counts = self.counts(&shown).await?;
        }
        self.dates_count = Some(counts);
        if counts {
            Ok((shown, date))
        } else {
            not_applicable("who names the date is not answered 304: see 60")
        }
    }

    /// The resource and its date.
    pub(super) async fn modified(&mut self) -> Result<(Exchange, SystemTime), Finding> {
        let shown = self.shown().await?;
        match shown.date(&LAST_MODIFIED) {
            Some(date) => Ok((shown, date)),
            None => not_applicable("there is no date"),
        }
    }

    async fn counts(&mut self, shown: &Exchange) -> Result<bool, Finding> {
        let date = shown.headers[LAST_MODIFIED].clone();
        Ok(self.get([(IF_MODIFIED_SINCE, date)]).await?.status == 304)
    }

    /// Changes the resource in a second of its own, and lets that pass.
    async fn renew(&mut self) -> Verdict {
        next_second().await;
        if self.next_write().is_ok() {
            self.advance().await?;
        }
        next_second().await;
        Ok(())
    }

    /// Sends writes at once, all under one condition.
    pub(super) async fn race(
        &mut self,
        numbers: &[usize],
        condition: HeaderLine,
    ) -> Result<Vec<Exchange>, Finding> {
        let mut racers = tokio::task::JoinSet::new();
        for number in numbers.iter().copied() {
            let (kit, condition) = (self.kit.clone(), condition.clone());
            let Some(write) = kit.writes.get(number) else {
                return not_applicable("no write was given");
            };
            racers.spawn(async move {
                let mut headers = write.headers;
                headers.extend_lines([condition]);
                let exchange = exchange(&kit, write.method, &kit.resource, headers, write.content).await;
                (number, exchange)
            });
        }
        let mut exchanges = Vec::new();
        for (number, exchange) in racers.join_all().await {
            let exchange = exchange?;
            if exchange.status.is_success() {
                self.written = number;
            }
            self.log.push(exchange.clone());
            exchanges.push(exchange);
        }
        Ok(exchanges)
    }

    /// The numbers of writes that make another state than the current one.
    pub(super) fn others(&self, count: usize) -> Vec<usize> {
        self.kit.writes.others(self.written, count)
    }
}

impl Attempt {
    pub(super) fn is_unchanged(&self) -> bool {
        self.before.body == self.after.body && self.before.etag() == self.after.etag()
    }
}

async fn exchange(
    kit: &Conformance,
    method: Method,
    path: &str,
    mut headers: HeaderMap,
    content: Bytes,
) -> Result<Exchange, Finding> {
    for (name, value) in &kit.headers {
        headers.append(name.clone(), value.clone());
    }
    let done = kit.transport.exchange(method, path, headers, content).await;
    done.map_err(|why| Finding::Failed(Failure::new(why, String::new())))
}

/// A header line; its octets are those of a header.
pub(in crate::testing) fn line(name: HeaderName, value: impl AsRef<[u8]>) -> HeaderLine {
    (name, HeaderValue::from_bytes(value.as_ref()).expect("the value of a header"))
}

/// `If-None-Match` with one tag.
pub(super) fn none_match(tag: &EntityTag) -> HeaderLine {
    (IF_NONE_MATCH, tag.to_header_value())
}

/// `If-Match` that is true where the tag is the current one: a weak tag never matches (§13.1.1).
pub(super) fn guard(tag: &EntityTag) -> HeaderLine {
    if tag.is_weak() { line(IF_MATCH, "*") } else { (IF_MATCH, tag.to_header_value()) }
}

/// The value of a header, of its parts.
pub(super) fn octets(parts: [&[u8]; 3]) -> Vec<u8> {
    parts.concat()
}

fn headers(lines: impl IntoIterator<Item = HeaderLine>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.extend_lines(lines);
    headers
}

/// Lines that stand beside those of the same name.
trait ExtendLines {
    fn extend_lines(&mut self, lines: impl IntoIterator<Item = HeaderLine>);
}

impl ExtendLines for HeaderMap {
    fn extend_lines(&mut self, lines: impl IntoIterator<Item = HeaderLine>) {
        for (name, value) in lines {
            self.append(name, value);
        }
    }
}

/// Waits until the next second has begun.
async fn next_second() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let rest = Duration::from_secs(1) - Duration::from_nanos(u64::from(now.subsec_nanos()));
    tokio::time::sleep(rest + Duration::from_millis(20)).await;
}

/// A tag that no service has.
pub(super) const NO_STATE: &str = "\"conformance-names-no-state\"";
